"""What a watch takes and what it refuses, with the reason, and with nothing written (requirements E1, E2)."""

import hashlib
from pathlib import Path
from typing import Any

import pytest

from firmware.storage.frames import encode
from firmware.update.package import CODE
from firmware.update.slots import Slots
from host_tools.making import image
from simulator import publisher
from tests.thorough import THOROUGH
from tests.update import packs
from tests.update.device import files_of, head_end, send


@pytest.fixture
def root(tmp_path: Path) -> str:
    packs.write(tmp_path, packs.first(100))
    return str(tmp_path) + "/"


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def dense(size: int) -> bytes:
    """Bytes that cannot be compressed."""
    return b"".join(hashlib.sha256(b"%d" % number).digest() for number in range(size // 32 + 1))[:size]


def running(root: str) -> tuple[int, bool]:
    """(version that starts now, on trial)."""
    slots = Slots(root)
    manifest, why = slots.choose()
    assert manifest, why
    return manifest.version, slots.trial


def test_a_newer_package_is_taken_and_runs_on_trial(root: str) -> None:
    assert send(root, packs.package(101).bytes) == ""
    assert running(root) == (101, True)


PATHS = ("firmware/../boot.py", "/firmware/x.mpy", "firmware//x.mpy", "boot.py", "firmware/./x.mpy", "firmware\\..\\x")

REFUSED: dict[str, tuple[str, Any]] = {
    "the running version": ("old", lambda: packs.package(100)),
    "an older version": ("old", lambda: packs.package(99)),
    "another board": ("board", lambda: packs.package(101, board="another-board")),
    "another key": ("key", lambda: packs.package(101, key="other")),
    "too much code": ("big", lambda: packs.package(101, files={**packs.code(), "firmware/x.mpy": dense(CODE)})),
    **{
        "code at " + path: ("path", lambda path=path: packs.package(101, files={**packs.code(), path: b"x"}))
        for path in PATHS
    },
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_package_is_refused_with_its_reason(root: str, name: str) -> None:
    before = files_of(root)
    reason, make = REFUSED[name]
    assert send(root, make().bytes) == reason
    assert files_of(root) == before
    assert running(root) == (100, False)


def test_an_asset_outside_of_the_firmware_is_refused_before_anything_is_written(root: str) -> None:
    before = files_of(root)
    for path in PATHS:
        made = image.make_package(packs.BOARD, 101, packs.code(), {path: b"x"}, publisher.private_key("maker"))
        assert send(root, made.bytes) == "path"
    assert files_of(root) == before


def test_one_changed_byte_anywhere_is_refused_and_leaves_nothing(root: str) -> None:
    """A seventh of the head's bytes, and some of each part; with `make thorough` all."""
    package = packs.package(101).bytes
    before = files_of(root)
    head = head_end(package)
    places = [*range(0, head, 7), *range(head, len(package), 61), len(package) - 1]
    if THOROUGH:
        places = [*range(len(package))]
    reasons = {send(root, flipped(package, at)) for at in places}
    assert "" not in reasons and reasons <= {"form", "key", "signature", "damaged"}
    assert len(reasons) == 4, reasons
    assert files_of(root) == before


def test_a_signed_text_of_another_kind_is_no_manifest(root: str) -> None:
    """The same key signs nothing else that a watch would take for firmware; and numbers have bounds."""
    key = publisher.private_key("maker")
    good: list[Any] = ["wardwatch firmware", packs.BOARD, 101, 0, 1, "", 9, "00" * 32]
    for at, value in (
        (0, "wardwatch app"), (1, 5), (2, "101"), (2, -1), (2, 65536), (3, 65536), (4, ""), (5, "zz" * 32), (6, 0),
        (6, 1 << 24), (7, "00"),
    ):  # fmt: skip
        items = [*good[:at], value, *good[at + 1 :]]
        assert send(root, image.head_of(items, key) + b"x" * 9) == "form", items
    assert send(root, image.head_of([*good, "firmware/x"], key) + b"x" * 9) == "form"
    assert send(root, image.head_of(good, key).replace(b",0,", b", 0,") + b"x" * 9) == "signature"
    assert encode(good) in image.head_of(good, key)


def test_what_is_no_package(root: str) -> None:
    for data in (
        b"",
        b"WARD1\n",
        b"WARD1\n\n\n\n",
        b"x" * 5000,
        b"WARD1\n[]\nzz\nzz\n",
        b"WARD2" + packs.package(101).bytes,
    ):
        assert send(root, data) == "form" or data == b"WARD1\n\n\n\n"
    assert send(root, b"WARD1\n\n\n\n") == "key"


def test_no_room(root: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system that has not enough left, with the reserve of the journal, is told before anything is written."""
    from firmware.storage.files import Files

    package = packs.package(101)
    needed = 65536 + len(package.slot) + 4096 + len(package.assets[packs.WORDS]) + 4096
    before = files_of(root)
    monkeypatch.setattr(Files, "free", lambda self: needed - 1)
    assert send(root, package.bytes) == "big"
    assert files_of(root) == before
    monkeypatch.setattr(Files, "free", lambda self: needed)
    assert send(root, package.bytes) == ""


# --- trial, confirmation, way back


def boot(root: str, times: int = 1) -> tuple[int, bool]:
    """Boots that crash after they have begun; what the next one starts."""
    for _ in range(times):
        slots = Slots(root)
        assert slots.choose()[0]
        slots.begin_try()
    return running(root)


def test_a_trial_that_crashes_goes_back_once(root: str) -> None:
    send(root, packs.package(101).bytes)
    assert boot(root, 2) == (101, True)
    assert boot(root) == (100, False)
    assert boot(root, 2) == (100, False)


def test_after_confirmation_there_is_no_way_back(root: str) -> None:
    send(root, packs.package(101).bytes)
    slots = Slots(root)
    slots.confirm(slots.choose()[0])
    assert running(root) == (101, False)
    assert "slots/a" not in files_of(root), "the old version is gone"
    assert len([path for path in files_of(root) if path.startswith("assets/")]) == 1, "and what only it used"
    assert boot(root, 2) == (101, False)
    slots = Slots(root)
    slots.begin_try()
    assert slots.choose() == (None, "crashes")
    slots.spare_try()
    assert running(root) == (101, False), "one more try at the next switching on"


def test_an_older_version_put_back_by_hand_does_not_start(root: str) -> None:
    """Somebody with a computer lays the old, genuine version into the slot: the recovery, not the old rules."""
    send(root, packs.package(101).bytes)
    slots = Slots(root)
    slots.confirm(slots.choose()[0])
    old = packs.package(100)
    packs.write(Path(root), {"slots/b": old.slot, **{
        path: data for path, data in packs.first(100).items() if path.startswith("assets/")
    }})  # fmt: skip
    assert Slots(root).choose() == (None, "damaged")


def test_a_minimum_closes_the_way_back(root: str) -> None:
    """A version that mends a hole may say that what was before must not run any more."""
    send(root, packs.package(101, minimum=101).bytes)
    slots = Slots(root)
    for _ in range(3):
        slots.begin_try()
    assert Slots(root).choose() == (None, "crashes")


@pytest.mark.parametrize("name", ["slots/a", "slots/now", "assets/"])
def test_what_is_damaged_does_not_start(root: str, name: str) -> None:
    path = next(path for path in files_of(root) if path.startswith(name))
    data = Path(root, path).read_bytes()
    Path(root, path).write_bytes(data[: len(data) // 2])
    manifest, why = Slots(root).choose()
    assert manifest is None and why == ("pointer" if name == "slots/now" else "damaged")


@pytest.mark.parametrize("at", [0, 100, 2000, -1])
def test_a_changed_byte_in_the_slot_does_not_start(root: str, at: int) -> None:
    path = Path(root, "slots/a")
    data = path.read_bytes()
    path.write_bytes(flipped(data, at % len(data)))
    assert Slots(root).choose() == (None, "damaged")


# --- keys


def test_keys_rotate_and_the_old_one_is_refused_afterwards(root: str) -> None:
    def take(package: image.Package) -> str | None:
        done = send(root, package.bytes)
        if done == "":
            slots = Slots(root)
            slots.confirm(slots.choose()[0])
        return done

    assert take(packs.package(101, key="store")) == "key"
    assert take(packs.package(101, next_key="store")) == ""
    assert take(packs.package(102, key="store")) == ""
    assert take(packs.package(103)) == "key", "the old key is revoked once a version of the new one is confirmed"
    assert take(packs.package(103, key="store", next_key="pool")) == ""
    assert running(root) == (103, False)


def test_a_next_key_counts_only_for_good_after_confirmation(root: str) -> None:
    send(root, packs.package(101, next_key="store").bytes)
    assert boot(root, 3) == (100, False)
    assert packs.pin("maker") in Slots(root).pins


# --- a broken transfer


def test_a_broken_transfer_goes_on_where_it_was(root: str) -> None:
    package = packs.package(101).bytes
    assert send(root, package, stop_after=1) is None
    assert running(root) == (100, False)
    size = len(files_of(root)["slots/new"])
    assert send(root, package, stop_after=1) is None
    assert len(files_of(root)["slots/new"]) > size, "it began again"
    assert send(root, packs.package(102).bytes, stop_after=0) is None
    assert files_of(root)["slots/new"] in packs.package(102).slot, "another package begins anew"
    assert send(root, package) == ""
    assert running(root) == (101, True)


def test_pieces_that_are_not_wanted_change_nothing(root: str) -> None:
    from firmware.update.receive import Receiver, judge

    package = packs.package(101).bytes
    head = package[: head_end(package)]
    problem, manifest = judge(Slots(root), head, 101)
    assert problem == ""
    receiver = Receiver(Slots(root), head, manifest)
    receiver.begin()
    before = files_of(root)
    for part, at, data in (
        (0, 1, b"x"),
        (0, 0, b""),
        (0, 0, bytes(300000)),
        (1, 9, b"x"),
        (2, 0, b"x"),
        ("0", 0, b"x"),
    ):
        assert receiver.piece(part, at, data) is False
    assert files_of(root) == before
    assert receiver.check() == "damaged"
