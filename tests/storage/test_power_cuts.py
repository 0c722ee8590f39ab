"""Power cuts at every flash operation, on littlefs in the real MicroPython; see power_cuts.py."""

from pathlib import Path

import pytest

from simulator import micropython
from tests import thorough

SCRIPT = Path(__file__).with_name("power_cuts.py")
SCENARIOS = {
    "KeyChange": 6,
    "KeyAdd": 3,
    "Marks": 6,
    "Segments": 60,
    "Packages": 30,
    "Create": 15,
    "Commit": 40,
    "Rotate": 40,
    "Deny": 30,
    "Rebuild": 15,
    "Wipe": 6,
    "Floor": 3,
}


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_cut_leaves_a_whole_state(
    scenario: str, micropython_binary: str, mpy_root: Path, source_root: Path
) -> None:
    path = "%s:%s" % (mpy_root, source_root / "simulator" / "portable")
    done = micropython.run(SCRIPT, *thorough.cuts(scenario), path=path, heap="8M")
    lines = [line.split() for line in done.stdout.splitlines()]
    assert [line[:2] for line in lines] == [[scenario, name] for name in ("dropped", "half", "mixed")], done.stdout
    for _, variant, cuts, again in lines:
        assert int(cuts) >= SCENARIOS[scenario], "too few cut points: the scenario no longer does what it says"
        print("%s, last operation %s: %s cuts, %s more during recovery" % (scenario, variant, cuts, again))
