"""Damage to every part of the stored watch, on CPython and on the real MicroPython; see tampering.py."""

from pathlib import Path

import pytest

from simulator import micropython
from tests.faults import tampering

SCRIPT = Path(tampering.__file__)


@pytest.mark.parametrize("group", tampering.GROUPS)
def test_damage_is_noticed(group: str, tmp_path: Path) -> None:
    tampering.main(str(tmp_path / "watch"), 7, [group])


def test_damage_is_noticed_on_micropython(
    micropython_binary: str, mpy_root: Path, source_root: Path, tmp_path: Path
) -> None:
    done = micropython.run(SCRIPT, str(tmp_path / "watch"), "61", path=f"{mpy_root}:{source_root}", heap="8M")
    assert done.returncode == 0, done.stdout
    print(done.stdout)
    assert len(done.stdout.splitlines()) >= 24
