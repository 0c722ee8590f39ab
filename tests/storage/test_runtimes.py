"""The same history leaves the same bytes on CPython and on MicroPython, from source and compiled."""

from pathlib import Path

import pytest

from simulator import micropython
from tests.storage import sequence


@pytest.mark.parametrize("compiled", [False, True], ids=["source", "mpy"])
def test_stored_bytes_are_equal(
    compiled: bool,
    source_root: Path,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    micropython_binary: str,
) -> None:
    root = request.getfixturevalue("mpy_root") if compiled else source_root
    sequence.run(str(tmp_path / "cpython"))
    expected = capsys.readouterr().out
    done = micropython.run(sequence.__file__, str(tmp_path / "unix"), path=root, heap="192K")
    assert done.stdout.splitlines() == expected.splitlines(), done.stderr
    assert expected.splitlines()[1].startswith("ok ") and expected.count("\n") > 15
