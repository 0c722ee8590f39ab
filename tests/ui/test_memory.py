"""On the real MicroPython: drawing allocates nothing after a screen is open, and a closed screen leaves nothing behind,
not even its code: the heap is below the megabyte at which code may stay (firmware/loading.py).

On the one that differs most from the others; with `make thorough` on all."""

from pathlib import Path

import pytest

from firmware.ui import screens
from simulator import micropython
from tests.thorough import THOROUGH
from tests.ui import tour

_SCREENS = {path.stem for path in Path(screens.__file__).parent.glob("[a-z]*.py")} - {"setup"}  # of a watch in use


@pytest.mark.parametrize("display", tour.DISPLAYS if THOROUGH else ["narrow"])
def test_drawing_allocates_nothing_and_screens_go_away(display: str, micropython_binary: str, tmp_path: Path) -> None:
    root = Path(__file__).resolve().parent.parent.parent
    width, height, is_round = tour.DISPLAYS[display]
    script = root / "tests" / "ui" / "allocation.py"
    done = micropython.run(
        script, str(tmp_path / "flash"), str(width), str(height), "round" if is_round else "flat", heap="1M", path=root
    )
    assert done.returncode == 0, done.stdout + done.stderr
    rows = [line.split() for line in done.stdout.splitlines()]
    assert {row[0] for row in rows} == _SCREENS
    assert [row for row in rows if row[1] != "0"] == [], "drawing allocated"
    assert [row for row in rows if int(row[2]) > 0] == [], "the heap grew"
