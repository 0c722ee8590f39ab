"""A write to the journal ends with a block of the flash where the next one would not fit behind it.

The places of blocks in a file are littlefs's: checked against its published formula, and on the real littlefs.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from firmware.storage.frames import fill
from simulator import micropython
from tests.conftest import ROOT

BLOCK = 4096
FILL = 512


def room(size: int) -> int:
    """Bytes free in the last block of a file of this size, found by littlefs/lfs.c, lfs_ctz_index."""
    last = size - 1
    index = last // (BLOCK - 8)
    if index:
        index = (last - 4 * (bin(index - 1).count("1") + 2)) // (BLOCK - 8)
    place = last - (BLOCK - 8) * index - 4 * bin(index).count("1") if index else last
    return BLOCK - 1 - place


def test_the_fill_is_the_rest_of_the_block() -> None:
    for size in range(1, 40 * BLOCK):
        left = room(size)
        assert fill(size) == (left if left < FILL else 0), size
        assert fill(size + fill(size)) == 0


@pytest.fixture
def wear(micropython_binary: str) -> Callable[[int, bool], tuple[int, int]]:
    def run(size: int, filled: bool) -> tuple[int, int]:
        script = Path(__file__).with_name("appends.py")
        done = micropython.run(script, str(size), str(int(filled)), path=ROOT)
        assert done.returncode == 0, done.stdout
        first, second = done.stdout.split()
        return int(first), int(second)

    return run


@pytest.mark.parametrize("size", [80, 390])
def test_on_littlefs_a_write_then_takes_one_block(size: int, wear: Callable[[int, bool], tuple[int, int]]) -> None:
    """Of so many appends, so many took a second block."""
    appends, seconds = wear(size, True)
    assert seconds == 0 and appends > 200
    assert wear(size, False)[1] > appends * size // BLOCK - 2
