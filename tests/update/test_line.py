"""An update over the line: cut at every frame, refused with reasons, confirmed by a guardian; and `ward update`."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from firmware.policy.settings import Settings
from firmware.update.slots import Slots
from host_tools.commands import update as command
from host_tools.console import Failure
from host_tools.guardian import backup, update
from host_tools.link.line import Line, Refused
from host_tools.link.login import log_in
from host_tools.link.talk import Talk
from simulator import EPOCH
from simulator.portable.board import Drbg
from simulator.watch import RUNTIMES, Watch
from tests.link.test_whole_watch import HOST, PASSPHRASE, START, WatchStream, set_up
from tests.update import packs
from tests.update.device import files_of
from tests.ward.home import PASSPHRASE as WARD_PASSPHRASE
from tests.ward.home import Home, a_home
from tests.ward.home import set_up as set_up_home


class Cut(Exception):
    """The cable was pulled."""


class Cable(WatchStream):
    """A line that ends before frame number `frames` (from 0) reaches the watch."""

    def __init__(self, watch: Watch, frames: int = -1) -> None:
        super().__init__(watch)
        self.frames = frames
        self.sent = 0

    def write(self, data: bytes) -> None:
        if self.sent == self.frames:
            raise Cut
        self.sent += 1
        super().write(data)


class Session:
    """What host_tools/guardian/update.py needs of a Talk."""

    def __init__(self, watch: Watch, key: bytes, frames: int = -1) -> None:
        self.cable = Cable(watch)
        self.line = Line(self.cable, HOST, Drbg("host"))
        self.line.hello()
        self.line.open(key)
        self.cable.sent, self.cable.frames = 0, frames

    def log_in(self) -> None:
        log_in(self.line, "owner", PASSPHRASE)

    def send(self, package: Path) -> None:
        update.send(self, update.read(package), "")  # type: ignore[arg-type]


@pytest.fixture
def ours(tmp_path: Path) -> Iterator[tuple[Watch, bytes, Path, Path]]:
    """(a watch that is set up, on version 100; the host's key; its slots; a package of version 101)."""
    slots, package = tmp_path / "slots", tmp_path / "update.ward"
    packs.write(slots, packs.first(100))
    package.write_bytes(packs.package(101).bytes)
    with Watch(tmp_path / "watch", START, slots=str(slots)) as watch:
        _, _, key = set_up(watch)
        watch.reboot()  # from now on the journal knows what runs
        watch.advance(61)  # and the boots before count no more
        yield watch, key, slots, package


def reboot(watch: Watch, slots: Path) -> tuple[int, bool]:
    """(version, on trial) after power was off."""
    assert watch.reboot()["status"] == "ok"
    assert watch._rig is not None
    return watch._rig.board.version, Slots(str(slots) + "/").trial


def test_cut_at_every_frame(
    ours: tuple[Watch, bytes, Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The watch boots the old version or the new one, with its rules as they were; the next try goes on and ends."""
    watch, key, slots, package = ours
    monkeypatch.setattr(update, "_PIECE", 300)
    rules = watch.do("state")["digest"], watch.do("state")["strict"]
    flash = tmp_path / "watch" / "flash"
    kept = tmp_path / "kept"
    shutil.copytree(flash, kept / "flash")
    shutil.copytree(slots, kept / "slots")
    shutil.copy(str(flash) + ".keys", kept / "keys")
    cut = 0
    while True:
        for folder, name in ((flash, "flash"), (slots, "slots")):
            shutil.rmtree(folder)
            shutil.copytree(kept / name, folder)
        shutil.copy(kept / "keys", str(flash) + ".keys")
        watch.do("new", root=str(flash), seed="day", wall=START, keep=True, slots=str(slots))
        session = Session(watch, key, cut)
        try:
            session.send(package)
            break
        except Cut:
            pass
        assert reboot(watch, slots) == (100, False), cut
        assert (watch.do("state")["digest"], watch.do("state")["strict"]) == rules, cut
        Session(watch, key).send(package)
        assert reboot(watch, slots) == (101, True), cut
        assert (watch.do("state")["digest"], watch.do("state")["strict"]) != rules, "the trial is part of the state"
        cut += 1
    assert cut >= 20, "too few frames"
    assert reboot(watch, slots) == (101, True)


def test_a_guardian_confirms_after_a_minute(ours: tuple[Watch, bytes, Path, Path]) -> None:
    watch, key, slots, package = ours
    Session(watch, key).send(package)
    reboot(watch, slots)
    line = Session(watch, key).line
    assert line.call("firmware.state")["trial"] is True
    early = line.call("firmware.confirm")
    assert (early["reason"], early["wait"]) == ("firmware.too_early", 60)
    watch.advance(60)
    assert line.call("firmware.confirm")["verdict"] == "allow"
    assert line.call("firmware.state") | {"wants": None} == {
        "version": 101, "trial": False, "board": packs.BOARD, "least": 101, "wants": None,
    }  # fmt: skip
    assert "a" not in [path.split("/")[-1] for path in files_of(str(slots) + "/")]
    kinds = [row[3] for row in watch.journal()["records"]]
    assert [kind for kind in kinds if kind.startswith("firmware.")] == [
        "firmware.ended", "firmware.switched", "firmware.trial", "firmware.ended",
    ]  # fmt: skip


def test_a_day_confirms_by_itself(ours: tuple[Watch, bytes, Path, Path]) -> None:
    watch, key, slots, package = ours
    Session(watch, key).send(package)
    reboot(watch, slots)
    watch.advance(86399)
    assert Slots(str(slots) + "/").trial
    watch.advance(120)
    assert not Slots(str(slots) + "/").trial and Slots(str(slots) + "/").least == 101


def test_no_snapshot_is_written_on_trial(ours: tuple[Watch, bytes, Path, Path]) -> None:
    """What the new version keeps may have another form, which the old one could not read (C12)."""
    watch, key, slots, package = ours
    Session(watch, key).send(package)
    reboot(watch, slots)
    assert watch._rig is not None
    store = watch._rig.watch.store
    before = store.main.segment
    store._month = -1  # as if the month had changed: a new segment is due
    watch.advance(3600)
    assert store.main.segment == before
    Session(watch, key).line.call("firmware.confirm")
    watch.advance(120)
    assert store.main.segment == before + 1


def test_what_the_watch_refuses(ours: tuple[Watch, bytes, Path, Path], tmp_path: Path) -> None:
    """Each reason reaches the host and the journal, and nothing lies on the flash afterwards."""
    watch, key, slots, package = ours
    before = files_of(str(slots) + "/")
    for reason, made in (
        ("old", packs.package(100)),
        ("key", packs.package(101, key="other")),
        ("board", packs.package(101, board="other")),
        ("path", packs.package(101, files={**packs.code(), "firmware/../boot.py": b"x"})),
    ):
        package.write_bytes(made.bytes)
        with pytest.raises(Failure, match="firmware." + reason):
            Session(watch, key).send(package)
        assert {path: data for path, data in files_of(str(slots) + "/").items() if path != "slots/tries"} == {
            path: data for path, data in before.items() if path != "slots/tries"
        }
        denied = [row[5] for row in watch.journal()["denials"]]
        assert "firmware." + reason in denied
    assert reboot(watch, slots) == (100, False)


def test_without_a_proof_nothing_begins(ours: tuple[Watch, bytes, Path, Path]) -> None:
    watch, key, slots, package = ours
    session, made = Session(watch, key), update.read(package)
    for method in ("firmware.begin", "firmware.finish"):
        with pytest.raises(Refused):
            session.line.call(method)
    with pytest.raises(Refused):
        session.line.call("firmware.piece", part=0, at=0, data="AAAA")
    for at in range(0, len(made.head), 2000):
        session.line.call("firmware.head", at=at, data=update._base64(made.head[at : at + 2000]))
    assert session.line.call("firmware.begin")["reason"] == "credentials.proof_needed"
    with pytest.raises(Refused):
        session.line.call("firmware.piece", part=0, at=0, data="AAAA")
    assert "slots/new" not in files_of(str(slots) + "/")
    for bad in ({}, {"data": 5}, {"data": "*"}, {"at": "0", "data": "AAAA"}, {"at": 1, "data": "AAAA"}):
        with pytest.raises(Refused):
            session.line.call("firmware.head", **bad)
    for method in ("firmware.service", "firmware.open"):
        assert session.line.call(method, what="repl")["reason"] == "credentials.proof_needed"


def test_opening_the_prompt_wipes_first(ours: tuple[Watch, bytes, Path, Path]) -> None:
    watch, key, slots, _ = ours
    session = Session(watch, key)
    session.log_in()
    assert session.line.call("firmware.open", what="repl")["verdict"] == "allow"
    assert Slots(str(slots) + "/").ordered() == "repl"
    assert watch._rig is not None
    assert watch._rig.board.partition.flash.image() == b"\xff" * 16384, "a key is left"


def test_a_watch_without_slots_has_no_such_methods(tmp_path: Path) -> None:
    with Watch(tmp_path, START) as watch:
        line, _, _ = set_up(watch)
        with pytest.raises(Refused, match="no such method"):
            line.call("firmware.state")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda data: data[:-1], "damaged"),
        (lambda data: data + b"x", "longer"),
        (lambda data: data[:2000] + b"\x00" + data[2001:], "damaged|signature"),
        (lambda data: b"x" + data, "no package"),
        (lambda data: b"", "no package"),
    ],
)
def test_a_bad_file_does_not_reach_the_watch(tmp_path: Path, change: Any, words: str) -> None:
    path = tmp_path / "update.ward"
    path.write_bytes(change(packs.package(101).bytes))
    with pytest.raises(Failure, match=words):
        update.read(path)


def test_rules_that_a_version_changes_by_itself_need_a_yes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """C12: another default, a new rule and one that is gone are listed; what is equal is not."""
    changed = update.differing({"a": 1, "b": 2, "c": 3}, {"a": 1, "b": 5, "d": 4})
    assert changed == [["b", 2, 5], ["c", 3, "–"], ["d", "–", 4]]
    monkeypatch.setattr(update.click, "confirm", lambda *words, **options: False)
    update.agree([], yes=False)
    update.agree(changed, yes=True)
    with pytest.raises(Failure, match="on trial"):
        update.agree(changed, yes=False)
    assert "before" in capsys.readouterr().err


def test_a_guardian_is_asked_before_other_rules_are_confirmed(
    ours: tuple[Watch, bytes, Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole way, with a watch whose new version has another default."""
    watch, key, slots, package = ours
    session = Session(watch, key)
    line: Any = session.line
    talk: Any = SimpleNamespace(
        line=line, read=lambda method: Talk.read(talk, method), greet=lambda: SimpleNamespace(recovery=""),
        open_greeted=lambda: None, log_in=session.log_in,
    )  # fmt: skip
    asked: list[list[Any]] = []
    monkeypatch.setattr(command, "agree", lambda changed, yes: asked.extend(changed))

    def come_back(talk: Any) -> None:
        reboot(watch, slots)
        talk.line = Session(watch, key).line
        monkeypatch.setattr(
            Settings, "__getitem__", lambda self, name: 17 if name == "contacts.cap" else get(self, name)
        )
        watch.advance(60)

    get = Settings.__getitem__
    monkeypatch.setattr(command, "come_back", come_back)
    command.update.callback.__wrapped__(talk, package, False, False, False)  # type: ignore[union-attr]
    assert [row[0] for row in asked] == ["contacts.cap"] and asked[0][2] == 17


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_ward_update(runtime: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """The commands themselves, at a watch's port."""
    if runtime == "micropython":
        request.getfixturevalue("micropython_binary")
    slots, package = tmp_path / "slots", tmp_path / "update.ward"
    packs.write(slots, packs.first(100))
    package.write_bytes(packs.package(101).bytes)
    with a_home(tmp_path / "home", runtime) as home:
        now = int(time.time()) - EPOCH
        flash = tmp_path / "home" / "watch" / "flash"
        home.watch.do("new", root=str(flash), seed="update", wall=now, slots=str(slots))
        set_up_home(home)
        _update(home, package)
    assert Slots(str(slots) + "/").least == 101


def _update(home: Home, package: Path) -> None:
    assert home.ward("update").code == 2
    assert "no version" in home.ward("update", "--confirm").err.lower()
    done = home.ward("update", str(package), "--no-wait", "--json", secret=WARD_PASSPHRASE)
    assert done.ok().data == {"version": 101, "trial": True}
    assert home.ward("update", "--confirm").code == 3
    home.watch.do("advance", seconds=60)
    assert home.ward("update", "--confirm", "--json").ok().data == {"version": 101, "trial": False}
    assert home.ward("workshop", "repl", "--yes").code != 0, "it takes the passphrase"
    again = home.ward("update", str(package), "--no-wait", secret=WARD_PASSPHRASE)
    assert again.code == 3 and "firmware.old" in again.err
    assert home.ward("workshop", "service", "--json", secret=WARD_PASSPHRASE).ok().data == {"open": "service"}
    slots = Slots(str(package.parent / "slots") + "/")
    assert slots.ordered() == "service" and slots.ordered() == ""
    sealed = package.parent / "rules.sealed"
    taken = home.ward("workshop", "bootloader", "--yes", "--export", str(package), secret=WARD_PASSPHRASE)
    assert taken.code == 1 and slots.ordered() == "" and home.watch.do("state")["set_up"] is True, "no export: no"
    done = home.ward("workshop", "bootloader", "--yes", "--json", "--export", str(sealed), secret=WARD_PASSPHRASE)
    assert done.ok().data == {"open": "bootloader", "export": str(sealed)} and slots.ordered() == "bootloader"
    assert "settings" in backup.opened(sealed.read_bytes(), WARD_PASSPHRASE)
    assert home.watch.do("state")["set_up"] is False
