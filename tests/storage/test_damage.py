"""What a thief, a child with a cable or worn flash can do to the stored bytes is found at the next start (D11, D5)."""

import shutil
from binascii import crc32
from collections.abc import Callable
from pathlib import Path

import pytest

from firmware.storage import floor
from firmware.storage.crypto import Broken
from firmware.storage.files import Files
from firmware.storage.journal import Journal, JournalBroken, Record, encode
from firmware.storage.key_table import kek, wrap
from firmware.storage.keys import Keys
from firmware.storage.store import Report, Store
from firmware.storage.vault import NoRoom, Vault
from simulator.portable.flash import Partition, Power
from tests.storage.sequence import SECRET, Counter

PARTS = [("settings", b"s" * 40)]


class Watch:
    """The storage of one watch: a folder, a key partition, and what the last start has replayed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.partition = Partition(None, Power())
        self.random = Counter()
        self.replayed: list[tuple] = []
        self.store: Store
        self.start()

    def start(self) -> Report:
        self.store = Store(Files(str(self.folder)), self.partition, SECRET, self.random)
        self.replayed = []
        return self.store.open(
            lambda name, plain: self.replayed.append((name, plain)),
            lambda record: self.replayed.append((record.seq, record.kind, record.fields, record.private)),
        )

    def set_up(self) -> None:
        self.store.create(100, 60, 72, PARTS, b"credentials")

    def commit(self, text: str = "hello", month: int = 72) -> Record:
        events = [("received", [text], text.encode(), "m"), ("graded", [1], b"g", "p")]
        return self.store.commit(200, 120, month, 1, events)[0]

    def code(self) -> str:
        report = self.start()
        return report.code if report.status == "broken" else report.status

    def path(self, name: str) -> Path:
        return self.folder / name


@pytest.fixture
def watch(tmp_path: Path) -> Watch:
    watch = Watch(tmp_path / "flash")
    watch.set_up()
    return watch


def flipped(data: bytes, at: int, bit: int = 0) -> bytes:
    return data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :]


# The journal


@pytest.mark.parametrize("name", ["j000001", "d000001"])
def test_each_flipped_byte_of_a_journal_is_found(watch: Watch, name: str) -> None:
    watch.commit()
    watch.store.deny(1, 1, 1, ["payments.off"])
    data = watch.path(name).read_bytes()
    for at in range(len(data)):
        for bit in (at % 8, 7):
            watch.path(name).write_bytes(flipped(data, at, bit))
            assert watch.start().status == "broken", at
    watch.path(name).write_bytes(data)
    assert watch.code() == "ok"


def test_each_cut_of_the_journal_is_found(watch: Watch) -> None:
    for _ in range(3):
        watch.commit()
    whole = watch.replayed[:]
    data = watch.path("j000001").read_bytes()
    assert watch.code() == "ok"
    whole = watch.replayed
    start = watch.store.main.start
    for size in range(len(data)):
        watch.path("j000001").write_bytes(data[:size])
        assert watch.code() == ("rollback" if size >= start else "segment"), size
        assert watch.replayed == whole[: len(watch.replayed)]


def test_a_cut_denial_ring_is_found(watch: Watch) -> None:
    watch.store.deny(1, 1, 1, ["first"])
    old = watch.path("d000001").read_bytes()
    watch.store.deny(1, 1, 1, ["second"])
    watch.path("d000001").write_bytes(old)
    assert watch.code() == "rollback"


def test_a_cut_journal_takes_no_events_before_it_is_rebuilt(watch: Watch) -> None:
    data = watch.path("j000001").read_bytes()
    watch.commit()
    watch.path("j000001").write_bytes(data)
    assert watch.code() == "rollback"
    for refused in (
        watch.commit,
        lambda: watch.store.deny(1, 1, 1, []),
        lambda: watch.store.rotate(1, 1, 72, PARTS),
    ):
        with pytest.raises(JournalBroken):
            refused()
    watch.store.save_powered(500)
    watch.store.rebuild_after_tamper(300, 200, 72, PARTS)
    assert watch.commit().seq == 3
    assert watch.code() == "ok"
    assert watch.start().powered == 500 * 60


def test_an_unfinished_frame_is_left_out_and_cut_at_the_next_event(watch: Watch) -> None:
    watch.commit()
    data = watch.path("j000001").read_bytes()
    watch.path("j000001").write_bytes(data + b"\x00\x20\x00\x00[3,20")
    report = watch.start()
    assert (report.status, report.torn, report.seq) == ("ok", True, 2)
    assert watch.path("j000001").read_bytes() != data
    watch.commit()
    assert watch.path("j000001").read_bytes().startswith(data)
    report = watch.start()
    assert (report.status, report.torn, report.seq) == ("ok", False, 4)


def test_records_cannot_change_places(watch: Watch) -> None:
    watch.commit("aa")
    watch.commit("bb")
    data = watch.path("j000001").read_bytes()
    ends = []
    offset = 0
    while found := watch.store.main.read(1, offset):
        offset = found[0].end
        ends.append(offset)
    frames = [data[start:end] for start, end in zip([0, *ends], ends, strict=False)]
    assert b"".join(frames) == data
    for at in range(len(frames) - 1):
        changed = frames[:at] + [frames[at + 1], frames[at]] + frames[at + 2 :]
        watch.path("j000001").write_bytes(b"".join(changed))
        assert watch.start().status == "broken", at
        watch.path("j000001").write_bytes(b"".join(frames[: at + 1] + frames[at:]))
        assert watch.start().status == "broken", at


def rotated(watch: Watch, times: int = 4) -> None:
    for number in range(times):
        watch.commit("segment %d" % number)
        watch.store.rotate(300, 200, 72, PARTS)
    watch.commit()


def background_check(watch: Watch) -> str:
    """Start, and check all older segments as long as nothing is wrong."""
    code = watch.code()
    if code == "ok":
        try:
            while watch.store.check_next():
                pass
        except JournalBroken as error:
            return error.code
    return code


def test_segments_missing_emptied_swapped_doubled(watch: Watch) -> None:
    rotated(watch)
    names = ["j%06d" % number for number in range(1, 6)]
    whole = {name: watch.path(name).read_bytes() for name in names}
    assert background_check(watch) == "ok"

    def after(**changed: bytes | None) -> str:
        for name, data in {**whole, "j000006": None, "j000007": None, **changed}.items():
            watch.path(name).unlink(missing_ok=True)
            if data is not None:
                watch.path(name).write_bytes(data)
        return background_check(watch)

    for name in names:
        assert after(**{name: None}) == "missing", name
        assert after(**{name: b""}) in ("segment", "mac"), name
        for other in names:
            if other != name:
                assert after(**{name: whole[other]}) in ("mac", "segment"), (name, other)
                assert after(**{name: whole[other], other: whole[name]}) in ("mac", "segment"), (name, other)
    assert after(j000006=whole["j000005"]) == "mac"
    assert after(j000007=whole["j000005"]) == "segment"
    assert after() == "ok"


def test_each_flipped_byte_of_an_older_segment_is_found(watch: Watch) -> None:
    rotated(watch, 2)
    for name in ("j000001", "j000002"):
        data = watch.path(name).read_bytes()
        for at in range(len(data)):
            watch.path(name).write_bytes(flipped(data, at))
            assert background_check(watch) == "mac", at
        watch.path(name).write_bytes(data)


def test_an_older_copy_of_all_files_is_found(watch: Watch, tmp_path: Path) -> None:
    def restored(then: Callable[[], object]) -> str:
        shutil.rmtree(tmp_path / "copy", ignore_errors=True)
        shutil.copytree(watch.folder, tmp_path / "copy")
        then()
        shutil.rmtree(watch.folder)
        shutil.copytree(tmp_path / "copy", watch.folder)
        code = watch.code()
        watch.store.rebuild_after_tamper(1, 1, 72, PARTS)
        return code

    assert restored(watch.commit) == "rollback"
    assert restored(lambda: watch.store.deny(1, 1, 1, ["x"])) == "rollback"
    assert restored(lambda: rotated(watch, 1)) == "missing"
    assert restored(lambda: rotated(watch, 3)) == "missing"


def test_another_watch_s_files_are_refused(watch: Watch, tmp_path: Path) -> None:
    other = Watch(tmp_path / "other")
    other.random.count = 1000
    other.set_up()
    for name in ("j000001", "d000001"):
        shutil.copy(other.path(name), watch.path(name))
    assert watch.code() == "mac"


# Keys and marks


def test_each_flipped_bit_of_the_key_partition_is_found_or_harmless(watch: Watch) -> None:
    place = watch.commit()
    image = watch.partition.flash.image()
    assert watch.code() == "ok"
    whole = watch.replayed
    used = [at for at in range(len(image)) if image[at] != 0xFF]
    broken = 0
    for at in used + [used[-1] + 16, 4095, 4096, 8191, 12287, 12288]:
        watch.partition.flash.load(flipped(image, at, at % 8))
        report = watch.start()
        broken += report.status == "broken"
        if report.status == "ok":
            assert watch.replayed == whole
            lost = watch.store.read((place.segment, place.offset))[1] is None
            assert lost or at >= 8192 or watch.store._keys.numbers("C") == [] or image[at] == 0xFF, at
    # Head, journal, denial, tag and private-state keys: 8 + 4 * 48 bytes, less those that happen to be 0xFF.
    assert broken >= 190


def test_erased_or_swapped_key_sectors_are_found(watch: Watch) -> None:
    watch.commit()
    image = watch.partition.flash.image()
    blank = b"\xff" * 4096
    sectors = [image[at : at + 4096] for at in range(0, 16384, 4096)]
    for order, code in (
        ([blank, blank, *sectors[2:]], "key"),
        ([*sectors[:2], blank, blank], "rollback"),
        ([blank] * 4, "key"),
        ([sectors[1], sectors[0], sectors[3], sectors[2]], "ok"),
    ):
        watch.partition.flash.load(b"".join(order))
        assert watch.code() == code
    with_other_secret = Store(
        Files(str(watch.folder)), watch.partition, b"another device's secret, 32 byte", watch.random
    )
    assert with_other_secret.open(None, None).code == "key"


def test_an_entry_of_the_table_means_nothing_under_another_name(watch: Watch) -> None:
    keys = Keys(Partition(None, Power()), SECRET)
    keys.load()
    keys.add("m", 1, b"1" * 32)
    forged = bytearray(keys._flash.flash.image())
    head = bytes(forged[8:12])
    assert head == b"m\x04\x00\x01"
    forged[8:12] = b"m\x04\x00\x02"
    forged[12:16] = crc32(bytes(forged[16:56]), crc32(bytes(forged[8:12]))).to_bytes(4, "big")
    keys._flash.flash.load(forged)
    keys.load()
    assert keys.numbers("m") == []


def test_dropped_keys_leave_the_flash(watch: Watch) -> None:
    keys = watch.store._keys
    watch.commit(month=72)
    secret = keys.get("m", 72)
    wrapped = wrap(kek(SECRET, ord("m") << 16 | 72), secret)
    assert wrapped in watch.partition.flash.image()
    place = watch.commit(month=73)
    watch.store.expire("m", 73)
    image = watch.partition.flash.image()
    assert wrapped[:16] not in image and wrapped[-16:] not in image and secret not in image
    assert watch.store.read((1, place.offset))[1] == b"hello"
    journal_key = keys.get("j", 1)
    watch.store.rotate(1, 1, 73, PARTS)
    assert wrap(kek(SECRET, ord("j") << 16 | 1), journal_key)[:16] not in watch.partition.flash.image()


def test_the_marks_change_sectors_for_ever(watch: Watch) -> None:
    keys = watch.store._keys
    before = watch.partition.flash.erases
    for minutes in range(1, 2000):
        keys.mark(0, 0, 1, minutes)
    assert watch.partition.flash.erases - before == 1999 // 256 - 1
    keys.load()
    assert keys.marks == (0, 0, 1, 1999)
    keys.mark(5, 0, 0, 0)
    keys.load()
    assert keys.marks == (5, 0, 1, 1999)


def test_worn_placesare_passed_over(watch: Watch) -> None:
    keys = Keys(Partition(None, Power()), SECRET)
    keys.load()
    keys.add("m", 1, b"1" * 32)
    keys._flash.program(0, 70, b"\x00")
    keys._flash.program(2, 5, b"\x00")
    keys._flash.program(2, 24, b"\x00")
    keys.add("m", 2, b"2" * 32)
    keys.mark(1, 2, 3, 4)
    keys.load()
    assert (keys.numbers("m"), keys.get("m", 2), keys.marks) == ([1, 2], b"2" * 32, (1, 2, 3, 4))


def test_a_full_table_is_refused_and_kept(watch: Watch) -> None:
    keys = watch.store._keys
    count = 0
    with pytest.raises(OSError, match="28"):
        while True:
            keys.add("x", count, b"x" * 32)
            count += 1
    assert count > 60
    assert watch.code() == "ok"
    assert watch.store._keys.numbers("x") == list(range(count))


# Evidence, floor, messages


def test_each_flipped_byte_of_evidence_is_found(watch: Watch) -> None:
    place = watch.commit()
    places = [(place.segment, place.offset), (1, watch.commit("again").offset), (9, 0)]
    count, digest = watch.store.evidence(72, 2400, places, 1)
    assert count == 2
    assert [text for _, text in watch.store.package(72, 1)] == [b"hello", b"again"]
    data = watch.path("e0072").read_bytes()
    for at in range(len(data)):
        watch.path("e0072").write_bytes(flipped(data, at))
        with pytest.raises(Broken):
            watch.store.package(72, 1)
        try:
            assert watch.store.digest_of(72, 1) != digest
        except Broken:
            pass
    # A damaged or unfinished package does not hide the ones behind it.
    watch.path("e0072").write_bytes(flipped(data, 70) + data[:-20])
    watch.store.evidence(72, 2400, places, 1)
    assert len(watch.store.package(72, 1)) == 2


def test_evidence_leaves_room_for_the_journal(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    place = watch.commit()
    monkeypatch.setattr(Files, "free", lambda self: 65536 + 100)
    with pytest.raises(NoRoom):
        watch.store.evidence(72, 2400, [(place.segment, place.offset)], 1)
    assert not watch.path("e0072").exists()


def test_expired_evidence_is_gone(watch: Watch) -> None:
    place = watch.commit()
    for month in (72, 73):
        watch.store.evidence(month, 2400, [(place.segment, place.offset)], month)
    watch.store.expire("e", 73)
    with pytest.raises(Broken):
        watch.store.package(72, 72)
    assert len(watch.store.package(73, 73)) == 1
    assert not watch.path("e0072").exists()


def test_sealed_records_cannot_change_places(watch: Watch) -> None:
    vault = Vault(watch.store._keys, watch.random)
    blob = vault.seal("m", 72, 5, b"text")
    assert vault.unseal(5, blob) == b"text"
    for seq, changed in ((6, blob), (5, b"p" + blob[1:]), (5, blob[:2] + b"\x49" + blob[3:]), (5, b""), (5, blob[:3])):
        with pytest.raises(Broken):
            vault.unseal(seq, changed)


def test_the_floor_survives_damage_of_one_file(watch: Watch) -> None:
    files = Files(str(watch.folder))
    assert floor.load(files, SECRET) == ("", [])
    floor.save(files, SECRET, "CN", ["1"])
    floor.save(files, SECRET, "CN", ["1", "2"])
    newest = watch.path("floor1").read_bytes()
    for at in range(len(newest)):
        watch.path("floor1").write_bytes(flipped(newest, at))
        assert floor.load(files, SECRET) == ("CN", ["1"])
    watch.path("floor0").write_bytes(b"")
    assert floor.load(files, SECRET) == ("", [])
    assert floor.load(files, b"x" * 32) == ("", [])
    floor.save(files, SECRET, "DE", [])
    assert floor.load(files, SECRET) == ("DE", [])
    with pytest.raises(ValueError, match="numbers"):
        floor.save(files, SECRET, "CN", ["1", "2", "3", "4", "5"])


def test_no_message_lies_in_the_flash_as_plain_text(watch: Watch) -> None:
    watch.store.commit(1, 1, 72, 1, [("received", ["tag"], b"MARKER TEXT", "m"), ("state", [], b"MARKER TEXT", "p")])
    watch.store.rotate(1, 1, 72, [("state", b"MARKER TEXT")])
    for path in watch.folder.iterdir():
        assert b"MARKER TEXT" not in path.read_bytes()


# Rules of the interface


def test_wipe_leaves_nothing_but_the_count_of_set_ups(watch: Watch) -> None:
    watch.commit()
    watch.store.wipe()
    assert [path.name for path in watch.folder.iterdir()] == ["setups"]
    assert watch.partition.flash.image() == b"\xff" * 16384
    assert watch.code() == "new"
    watch.store.save_powered(5)
    assert watch.code() == "new"
    with pytest.raises(JournalBroken):
        watch.store.tag("x")


def test_nobody_else_can_order_a_wipe(watch: Watch) -> None:
    watch.path("wipe").write_bytes(b"x" * 32)
    assert watch.code() == "ok"


def test_set_up_happens_once(watch: Watch) -> None:
    with pytest.raises(ValueError, match="set up"):
        watch.set_up()


def test_a_refused_event_changes_nothing(watch: Watch) -> None:
    watch.commit()
    before = watch.path("j000001").read_bytes()
    for fields in (["x" * 180], [1.5], [True], [None], [b"x"], ["\ud800"]):
        with pytest.raises(ValueError):
            watch.store.commit(1, 1, 72, 1, [("fine", [], None, None), ("bad", fields, None, None)])
    assert watch.path("j000001").read_bytes() == before
    assert watch.commit().seq == 3
    assert watch.code() == "ok"


def test_a_failed_write_is_cut_before_the_next(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    watch.commit()
    append = Files.append

    def half(self: Files, name: str, pieces: list[bytes]) -> None:
        data = b"".join(pieces)
        append(self, name, data[: len(data) // 2])
        raise OSError(28)

    with monkeypatch.context() as patch:
        patch.setattr(Files, "append", half)
        with pytest.raises(OSError, match="28"):
            watch.commit()
    assert watch.commit().seq == 3
    assert watch.code() == "ok"


def test_segments_are_kept_for_a_month_of_records(watch: Watch) -> None:
    rotated(watch, 15)
    assert watch.store.main.segments() == list(range(8, 17))  # nine of them
    assert background_check(watch) == "ok"
    assert watch.store.read((1, 0)) == (None, None)


def test_when_a_segment_is_due(watch: Watch) -> None:
    assert [watch.store.due(month) for month in (72, 73)] == [False, True]
    while not watch.store.full:
        watch.store.commit(1, 1, 72, 1, [("e", [], None, None)])
    assert watch.store.main.count == 370
    watch.store.rotate(1, 1, 73, [("big", b"b" * 50000)])
    assert [watch.store.due(month) for month in (72, 73)] == [True, False]
    assert watch.code() == "ok"
    assert [watch.store.due(month) for month in (72, 73)] == [True, False]


def test_credentials(watch: Watch) -> None:
    for blob in (b"", b"x", b"y" * 7, b"z" * 8, b"w" * 191):
        watch.store.set_credentials(blob)
        assert watch.code() == "ok"
        assert watch.store.credentials() == blob
    with pytest.raises(ValueError, match="long"):
        watch.store.set_credentials(b"w" * 192)
    assert watch.store.credentials(1) == b""


def test_encoding_is_canonical() -> None:
    assert encode([1, -2, "a", '"\\', "\n\x1f", "é😀"]) == '[1,-2,"a","\\"\\\\","\\u000a\\u001f","é😀"]'.encode()
    assert encode([]) == b"[]"


def test_interrupted_rotation_with_a_foreign_segment_is_refused(watch: Watch) -> None:
    watch.path("j000002").write_bytes(watch.path("j000001").read_bytes())
    assert watch.code() == "mac"


def test_a_journal_that_was_not_opened_takes_nothing(watch: Watch) -> None:
    journal = Journal(Files(str(watch.folder)), watch.store._keys, "j", "j")
    with pytest.raises(JournalBroken, match="closed"):
        journal.append(1, 1, [("e", [], b"")])
