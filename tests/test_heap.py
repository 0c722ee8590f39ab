"""What fits into which heap of the real MicroPython, from .mpy, on littlefs: engine, storage, text and rules with full
state; and the whole firmware with drivers, device loop and screens.

The workloads are in tests/bench/heap_probe.py and whole_probe.py; docs/measurements.md says where the bytes go. What a
workload's own code takes is measured and added to the heap, so that these sizes are those of the firmware alone: code,
names, state, littlefs and the room that all of it needs for a moment.
"""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from host_tools import boards
from simulator import micropython
from tests.bench.harness import Failed, Frozen, InPlace, Target
from tests.thorough import THOROUGH

# The smallest heaps that pass today, rounded up, with all rules: the compiled code loaded into the heap, and executed
# where it lies. The aim is 192 KB.
HEAP_KB = 224
IN_PLACE_KB = 166
# The whole firmware, as release.py builds it: a day from the set-up on with ten contacts (at most 384 KB, better 320),
# and one with the fullest state.
DAY_KB = 370
FULL_KB = 392
# The core, for boards without PSRAM (aim 192 KB), its code loaded, executed where it lies, and frozen; by the bits of
# a word. An ESP32 has 32: those figures hold with a MicroPython that WARDWATCH_MICROPYTHON names.
CORE_KB = {64: (331, 232, 202), 32: (231, 182, 146)}
_CORE_BOARD = "esp32-devkitc-st7789"
_BOARD = "lilygo-t-watch-s3"  # the one with most drivers
# Records; so many fill every segment that is kept. `make thorough` has a shorter history too.
FULL_HISTORY = 3000
HISTORIES = (1000, FULL_HISTORY) if THOROUGH else (FULL_HISTORY,)
_ONLY_THOROUGH = pytest.mark.skipif(not THOROUGH, reason="up to half a minute each: make thorough")
Once = Callable[[str, Callable[[Path], object]], Path]


@pytest.fixture(scope="module")
def target(micropython_binary: str, once: Once) -> Target:
    return Target(once("compiled", Target), made=True)


@pytest.fixture(scope="module", params=HISTORIES)
def image(request: pytest.FixtureRequest, target: Target, once: Once) -> Path:
    """A flash image of a watch with the fullest state and a history."""

    def prepare(folder: Path) -> None:
        folder.mkdir()
        made = target.json("heap_probe", "prepare", str(folder / "image"), str(request.param))
        assert made.pop("journal_records") >= request.param
        assert made == {"contacts": 50, "graded": 200, "packages": 32, "alerts": 32, "tampered": ""}

    return once("flash%d" % request.param, prepare) / "image"


@pytest.fixture
def copy(image: Path, tmp_path: Path) -> str:
    """A copy of the image that a run may change."""
    for name in ("image", "image.keys"):
        shutil.copy(image.with_name(name), tmp_path / name)
    return str(tmp_path / "image")


def test_full_state_boots_and_works_in_a_small_heap(target: Target, copy: str) -> None:
    found = target.json("heap_probe", "run", copy, heap=HEAP_KB)
    state = {name: found[name] for name in ("status", "contacts", "graded", "packages", "alerts", "tampered")}
    assert state == {"status": "ok", "contacts": 50, "graded": 200, "packages": 32, "alerts": 32, "tampered": ""}
    assert found["sealed"] == 20 and found["rotated_to"] == 1
    assert 350 < found["records"] <= 500, "a boot replays one snapshot and at most 500 records, whatever the history"
    assert found["opened"] == 2, "a boot opens the newest segment of each journal and no older one"


@_ONLY_THOROUGH
@pytest.mark.parametrize("image", [FULL_HISTORY], indirect=True)
def test_code_that_stays_in_flash_takes_a_quarter_less(target: Target, copy: str, tmp_path: Path) -> None:
    found = InPlace(tmp_path, made=target).json("heap_probe", "run", copy, heap=IN_PLACE_KB)
    assert (found["status"], found["contacts"], found["sealed"], found["rotated_to"]) == ("ok", 50, 20, 1)


@pytest.fixture(scope="module")
def released(micropython_binary: str, once: Once) -> Target:
    def build(folder: Path) -> None:
        target = Target(folder, lines=False)
        (target.folder / "board.json").write_bytes(boards.load(_BOARD).packed())

    return Target(once("released", build), made=True)


def _lived(found: dict) -> None:
    """The day came to its end, with pictures all the way."""
    assert (found["status"], found["tampered"], found["screen"], found["sos"]) == ("ok", "", "sos", "delivered")
    assert found["short"] == 0, "memory was too short for a decision"
    assert found["sent"] > 100 * 240 * 240 * 2, "more than a hundred frames were drawn"
    assert {"message", "collapsed", "hidden", "assistant", "ring", "not_sent", "sos_delivered"} <= set(found["seen"])


def test_the_whole_firmware_lives_a_day_with_its_screens(released: Target, tmp_path: Path) -> None:
    found = released.json("whole_probe", "day", str(tmp_path / "image"), "board.json", heap=DAY_KB)
    _lived(found)
    assert found["contacts"] == 10


@_ONLY_THOROUGH
@pytest.mark.parametrize("image", [FULL_HISTORY], indirect=True)
def test_the_whole_firmware_with_full_state(released: Target, copy: str) -> None:
    found = released.json("whole_probe", "full", copy, "board.json", heap=FULL_KB)
    _lived(found)
    assert (found["contacts"], found["graded"], found["packages"]) == (50, 199, 32), "one graded account was released"


@_ONLY_THOROUGH
@pytest.mark.parametrize("how", [Target, InPlace, Frozen])
def test_the_core_lives_a_day_with_its_screens(micropython_binary: str, how: type[Target], tmp_path: Path) -> None:
    """On the board without PSRAM, with its detector and its one button; what is beyond the core is never loaded."""
    bits = _bits(tmp_path)
    target = how(tmp_path / "made", lines=False, small=True)
    board = target.folder / "board.json"
    board.write_bytes(boards.load(_CORE_BOARD).packed())
    heap = CORE_KB[bits][(Target, InPlace, Frozen).index(how)]
    found = target.json("whole_probe", "core", str(tmp_path / "image"), str(board), heap=heap)
    assert (found["status"], found["tampered"], found["screen"], found["sos"]) == ("ok", "", "sos", "delivered")
    assert found["short"] == 0, "memory was too short for a decision"
    assert found["contacts"] == 10 and found["packages"] == 1
    assert {"message", "collapsed", "hidden", "not_sent", "sos_delivered"} <= set(found["seen"])


def _bits(folder: Path) -> int:
    """Of a word of the MicroPython that is there."""
    script = folder / "bits.py"
    script.write_text("import sys\nprint(64 if sys.maxsize >> 32 else 32)\n")
    return int(micropython.run(script).stdout)


def test_a_heap_too_small_is_no_damage(target: Target, copy: str) -> None:
    """A boot that runs out of memory must not destroy what it could not load."""
    failed = 0
    for less in (24, 40, 56, 72):
        try:
            target.json("heap_probe", "boot", copy, "1", heap=HEAP_KB - less)
        except Failed:
            failed += 1
    assert failed, "one of these sizes has to be too small, or nothing is tested: lower HEAP_KB"
    found = target.json("heap_probe", "boot", copy, "1")
    assert (found["status"], found["contacts"], found["graded"], found["packages"]) == ("ok", 50, 200, 32)
