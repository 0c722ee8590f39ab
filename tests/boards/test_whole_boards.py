"""Every board runs the whole watch on its chips, and both runtimes tell the same story."""

from pathlib import Path

import pytest

from host_tools import boards
from simulator.watch import Watch
from tests.boards import story


@pytest.mark.parametrize("board", boards.names())
def test_an_afternoon_on_both_runtimes(board: str, micropython_binary: str, tmp_path: Path) -> None:
    told = {}
    for runtime in ("cpython", "micropython"):
        with story.watch(board, tmp_path / runtime, runtime) as watch:
            told[runtime] = story.tell(watch, board)
    assert told["cpython"] == told["micropython"]
    assert len({digest for entry in told["cpython"] if isinstance(entry, tuple) for digest in entry[1:2]}) >= 6


@pytest.mark.parametrize("board", boards.names())
def test_the_picture_behind_the_chips_is_the_picture_that_was_drawn(board: str, tmp_path: Path) -> None:
    """Window, direction, inversion, byte order: the panel shows what a display without any of that shows."""
    facts = story.facts(board)
    part = facts["display"]
    battery = 40 if "battery" in facts else 80 if facts["power"]["driver"] != "none" else -1
    plain = [part["width"], part["height"], part["round"]]
    with (
        story.watch(board, tmp_path / "chips", "cpython") as watch,
        Watch(tmp_path / "plain", watch.now, display=plain, battery=battery, language="en") as other,
    ):
        assert watch.picture() == other.picture()
