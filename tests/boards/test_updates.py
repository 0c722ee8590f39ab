"""Only what changes is sent to the display."""

from pathlib import Path

import pytest

from tests.boards import updates

LARGEST_MINUTE = 15  # percent of a frame
LARGEST_OPENING = 115  # one whole frame, and the frame around the box that was touched


@pytest.mark.parametrize("board", ["simulator", "m5stickc-plus2", "waveshare-s3-touch-lcd-1.28"])
def test_a_minute_sends_little(board: str, tmp_path: Path) -> None:
    found = {update.name: update for update in updates.measure(board, tmp_path)}
    assert set(found) == {"help opens", "a message comes", "a minute passes", "a second of SOS"}
    for update in found.values():
        assert update.sent >= update.smallest > 0, update
    for name in ("help opens", "a message comes"):
        assert found[name].sent * 100 <= LARGEST_OPENING * found[name].frame, found[name]
    minute = found["a minute passes"]
    assert minute.sent * 100 <= LARGEST_MINUTE * minute.frame, minute
    assert minute.sent <= 2 * minute.smallest
    assert found["a second of SOS"].sent * 100 <= LARGEST_MINUTE * minute.frame
