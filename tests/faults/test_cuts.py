"""Power cuts at every flash operation of the whole watch, on littlefs in the real MicroPython; see cuts.py."""

from pathlib import Path

import pytest

from simulator import micropython
from tests import thorough

SCRIPT = Path(__file__).with_name("cuts.py")
LEAST = {
    "Setup": 20,
    "Block": 45,
    "Grant": 12,
    "Policy": 12,
    "Rotation": 50,
    "NewMonth": 20,
    "Tries": 25,
    "ClockSet": 12,
    "Wipe": 8,
    "Sitting": 12,
    "Recover": 25,
    "Recovered": 25,
}


@pytest.mark.parametrize("operation", LEAST)
def test_every_cut_leaves_before_or_after(
    operation: str, micropython_binary: str, mpy_root: Path, source_root: Path
) -> None:
    done = micropython.run(SCRIPT, *thorough.cuts(operation), path=f"{mpy_root}:{source_root}", heap="8M")
    lines = [line.split() for line in done.stdout.splitlines()]
    assert [line[:2] for line in lines] == [[operation, name] for name in ("dropped", "half", "mixed")], done.stdout
    for _, variant, cuts, again in lines:
        assert int(cuts) >= LEAST[operation], "too few cut points: the operation no longer does what it says"
        print("%s, last operation %s: %s cuts, %s more during recovery" % (operation, variant, cuts, again))
