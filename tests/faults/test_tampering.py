"""Damage to every part of the stored watch, on CPython and on the real MicroPython; see tampering.py.

A bit of every seventh byte, or every 61st on MicroPython: `make test` takes half as many of them as `make thorough`."""

from pathlib import Path

import pytest

from simulator import micropython
from tests.faults import tampering
from tests.thorough import THOROUGH

SCRIPT = Path(tampering.__file__)
EACH, EACH_ON_MICROPYTHON = (7, 61) if THOROUGH else (15, 251)


@pytest.mark.parametrize("group", tampering.GROUPS)
def test_damage_is_noticed(group: str, tmp_path: Path) -> None:
    tampering.main(str(tmp_path / "watch"), EACH, [group])


def test_damage_is_noticed_on_micropython(
    micropython_binary: str, mpy_root: Path, source_root: Path, tmp_path: Path
) -> None:
    stride = str(EACH_ON_MICROPYTHON)
    done = micropython.run(SCRIPT, str(tmp_path / "watch"), stride, path=f"{mpy_root}:{source_root}", heap="8M")
    assert done.returncode == 0, done.stdout
    print(done.stdout)
    assert len(done.stdout.splitlines()) >= 24
