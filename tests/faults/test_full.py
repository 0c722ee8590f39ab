"""Slow, full and failing flash under the whole watch, on littlefs in the real MicroPython; see full.py."""

from pathlib import Path

import pytest

from simulator import micropython

SCRIPT = Path(__file__).with_name("full.py")


@pytest.mark.parametrize("case", ["block_time", "no_evidence", "no_room_at_all", "failing_partition"])
def test_flash_never_stops_the_watch(case: str, micropython_binary: str, mpy_root: Path, source_root: Path) -> None:
    done = micropython.run(SCRIPT, case, path=f"{mpy_root}:{source_root}", heap="8M")
    assert done.returncode == 0, done.stdout
    lines = done.stdout.splitlines()
    assert lines, "the case did nothing"
    assert all(line.startswith(case) for line in lines), done.stdout
    print(done.stdout)
