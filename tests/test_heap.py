"""Engine, storage, text and rules with full state in a small heap of the real MicroPython, from .mpy, on littlefs.

The workload is in tests/bench/heap_probe.py; docs/measurements.md says where the bytes go. What the workload's own code
takes is measured and added to the heap, so that these sizes are those of the firmware alone: code, names, state,
littlefs and the room that all of it needs for a moment.
"""

import shutil
from pathlib import Path

import pytest

from tests.bench.harness import Failed, InPlace, Target

# The smallest heaps that pass today, rounded up, with all rules: the compiled code loaded into the heap, and executed
# where it lies. The aim is 192 KB.
HEAP_KB = 222
IN_PLACE_KB = 166
HISTORIES = (1000, 3000)  # records; the second one fills every segment that is kept


@pytest.fixture(scope="module")
def target(micropython_binary: str, tmp_path_factory: pytest.TempPathFactory) -> Target:
    return Target(tmp_path_factory.mktemp("compiled"))


@pytest.fixture(scope="module", params=HISTORIES)
def image(request: pytest.FixtureRequest, target: Target, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A flash image of a watch with the fullest state and a history."""
    path = tmp_path_factory.mktemp("flash") / "image"
    made = target.json("heap_probe", "prepare", str(path), str(request.param))
    assert made.pop("journal_records") >= request.param
    assert made == {"contacts": 50, "graded": 200, "packages": 32, "alerts": 32, "tampered": ""}
    return path


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


@pytest.mark.parametrize("image", HISTORIES[1:], indirect=True)
def test_code_that_stays_in_flash_takes_a_quarter_less(micropython_binary: str, copy: str, tmp_path: Path) -> None:
    found = InPlace(tmp_path).json("heap_probe", "run", copy, heap=IN_PLACE_KB)
    assert (found["status"], found["contacts"], found["sealed"], found["rotated_to"]) == ("ok", 50, 20, 1)


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
