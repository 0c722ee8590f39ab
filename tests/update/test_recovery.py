"""The recovery: the safety floor lives, a signed package mends, nothing else is to be had (B14, E2, I1)."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from firmware.link.frames import Reader, frame
from firmware.recovery import Recovery
from firmware.storage import floor
from firmware.storage.files import Files
from firmware.update.slots import SERVICE, Slots
from host_tools.console import Failure
from host_tools.guardian import update
from host_tools.link.line import Line
from simulator.portable.board import Board, Drbg
from simulator.portable.display import Display
from tests.update import packs
from tests.update.device import files_of


class Bench:
    """A watch in recovery, and the host's end of its line."""

    def __init__(self, folder: Path, why: str) -> None:
        packs.write(folder / "flash", packs.first(100))
        self.root = str(folder / "flash") + "/"
        self.board = Board(str(folder / "data"), "recovery")
        self.dialled: list[str] = []
        phone: Any = SimpleNamespace(dial=self.dialled.append)
        self.board.phone = phone
        self.display = Display(135, 240, False)
        self.recovery = Recovery(self.board, self.display, why, Slots(self.root))
        self.now = 0x3FFFFF00  # near the wrap
        self.line = Line(self, b"host--id", Drbg("host"))

    def write(self, data: bytes) -> None:
        self.board.port.came += data

    def read(self, size: int) -> bytes:
        self.recovery.step(self.now)
        data, self.board.port.gone = self.board.port.gone, b""
        return data

    def wait(self, milliseconds: int) -> None:
        for _ in range(milliseconds // 100):
            self.now = (self.now + 100) & 0x3FFFFFFF
            self.recovery.step(self.now)

    def hold(self, milliseconds: int) -> None:
        self.recovery.button("a", True, self.now)
        self.wait(milliseconds)
        self.recovery.button("a", False, self.now)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path, "crashes")


def sos(bench: Bench) -> int:
    """How often help was called for; the carrier takes nothing while it is offline."""
    return len(bench.dialled)


def test_the_one_button_calls_for_help_from_the_recovery(bench: Bench) -> None:
    floor.save(Files(bench.board.root), bench.board.device_secret, "cn", ["13900000001"])
    bench.board.carrier.online = False
    bench.hold(2900)
    assert sos(bench) == 0
    bench.hold(3000)
    assert bench.dialled == ["13900000001"]
    bench.wait(24000)
    assert sos(bench) == 1
    bench.wait(2000)
    assert sos(bench) == 2, "it goes on until help is reached"
    bench.board.carrier.online = True
    bench.wait(60000)
    assert sos(bench) == 3, "and ends when it has been"


def test_without_a_guardian_it_calls_the_emergency_number(bench: Bench) -> None:
    bench.hold(3100)
    assert bench.dialled == ["112"]


def test_other_buttons_call_nobody(bench: Bench) -> None:
    bench.recovery.button("b", True, bench.now)
    bench.recovery.touch(1, 1, True)
    bench.recovery.wrist()
    bench.wait(9000)
    assert sos(bench) == 0


def test_it_shows_what_is_the_matter(bench: Bench) -> None:
    pixels = [bytes(bench.display.frame[at : at + 2]) for at in range(0, len(bench.display.frame), 2)]
    assert set(pixels) == {b"\xd8\x00", b"\xff\xff"}
    assert 500 < pixels.count(b"\xff\xff") < len(pixels) // 4


def test_after_a_minute_the_next_switching_on_tries_once_more(bench: Bench) -> None:
    for _ in range(3):
        Slots(bench.root).begin_try()
    bench.wait(59900)
    assert Slots(bench.root).choose() == (None, "crashes")
    bench.wait(300)
    assert Slots(bench.root).choose()[0]


def test_service_ends_by_itself_but_not_while_help_is_called(tmp_path: Path) -> None:
    for name, held in (("a", 0), ("b", 3100)):
        bench = Bench(tmp_path / name, SERVICE)
        bench.board.carrier.online = False
        bench.hold(held)
        bench.wait(900000 - held)
        bench.wait(200)
        assert bench.recovery.over == (held == 0)
        assert "slots/tries" not in files_of(bench.root)


def mend(bench: Bench, package: Path) -> None:
    talk: Any = SimpleNamespace(line=bench.line)
    assert bench.line.hello().recovery == "crashes"
    update.send(talk, update.read(package), "crashes")


def test_a_signed_package_mends_a_watch_whose_slot_is_damaged(bench: Bench, tmp_path: Path) -> None:
    """Without any passphrase, and the same version too: it is the signature that counts."""
    path = Path(bench.root, "slots", "a")
    data = path.read_bytes()
    path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    assert Slots(bench.root).choose() == (None, "damaged")
    package = tmp_path / "update.ward"
    package.write_bytes(packs.package(100).bytes)
    mend(bench, package)
    assert bench.recovery.over, "it restarts"
    manifest, _ = Slots(bench.root).choose()
    assert manifest and manifest.version == 100


@pytest.mark.parametrize(("reason", "options"), [("old", {"version": 99}), ("key", {"version": 101, "key": "other"})])
def test_it_takes_no_older_and_no_foreign_one(bench: Bench, tmp_path: Path, reason: str, options: Any) -> None:
    before = files_of(bench.root)
    package = tmp_path / "update.ward"
    package.write_bytes(packs.package(**options).bytes)
    with pytest.raises(Failure, match="firmware." + reason):
        mend(bench, package)
    assert files_of(bench.root) == before and not bench.recovery.over


def test_it_answers_garbage_and_knows_nothing_else(bench: Bench) -> None:
    bodies = [b"", b"[]", b"5", b"{", b"null", b"\xff\xfe", b"[" * 500, b'{"method":5}', b'{"method":"status.read"}']
    bodies += [b'{"method":"firmware.open"}', b'{"method":"firmware.head","params":5}', b'{"method":"firmware.piece"}']
    for body in bodies:
        bench.write(frame(body) + b"\x1e\x00garbage\n")
        answers = [json.loads(found) for found in Reader().feed(bench.read(0))]
        assert len(answers) == 1 and "error" in answers[0], (body, answers)
    assert bench.line.hello().recovery == "crashes"
