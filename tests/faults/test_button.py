"""The one button in every mode and from every place, on CPython and on the real MicroPython; see button.py."""

from pathlib import Path

from simulator import micropython
from tests.faults import button


def test_the_button_stops_what_is_on_its_way(tmp_path: Path) -> None:
    button.main(str(tmp_path / "watch"))


def test_the_button_on_micropython(micropython_binary: str, mpy_root: Path, source_root: Path, tmp_path: Path) -> None:
    done = micropython.run(button.__file__, str(tmp_path / "watch"), path=f"{mpy_root}:{source_root}", heap="8M")
    assert done.returncode == 0, done.stdout
    assert [line.split()[:2] for line in done.stdout.splitlines()] == [
        ["mode", "normal"],
        ["mode", "protective"],
        ["mode", "shield"],
        ["mode", "guardians"],
        ["places", "5"],
    ]
