"""Every screen of every board, with the board's own hands: there is a way back, and holding the one button is SOS."""

from pathlib import Path
from typing import Any

import pytest

from firmware.ui import screens
from host_tools import boards
from tests.boards import story
from tests.thorough import THOROUGH
from tests.ui import tour

# What a screen is of, where it is of something; "message" stands for the number of one.
SUBJECTS: dict[str, Any] = {
    "note": ["notice.comfort", "heart", None],
    "conversation": "message",
    "folded": ["message", "notice.collapsed"],
    "number": [123456, "read_out"],
    "pay": {"name": "Corner Kiosk", "amount": 550, "class": "food"},
    "read": ["school", "One line of a lesson. " * 20, None],
    "why": "message",
    "write": ["rain", "draft"],
    "closed": ["usage.curfew", 3600],
    "keypad": {"kind": "credentials.logout", "channel": "keypad"},
    "call": "13900000102",
    "sos": 0,
}
# "setup" is of a watch that is not set up; "blocked" and "assistant" are of an act (tests/ui/test_crawler.py).
SCREENS = sorted(
    {path.stem for path in Path(screens.__file__).parent.glob("[a-z]*.py")} - {"setup", "blocked", "assistant", "sos"}
)
WAYS = ("back", "home", "cancel", "change", "erase", "over")
SHARE = 1 if THOROUGH else 6


@pytest.mark.parametrize("board", boards.names())
def test_a_way_back_and_sos(board: str, tmp_path: Path) -> None:
    """In the short run each board shows a sixth of the screens, all boards together all of them."""
    first = boards.names().index(board) % SHARE
    with story.watch(board, tmp_path, "cpython") as watch:
        hand = story.Hand(watch, board)
        friend = tour.start(watch, "en")[2]
        watch.advance(2)
        message = watch.message(friend, "hello")["records"][0][0]
        for name in SCREENS[first::SHARE]:
            _home(hand)
            subject = SUBJECTS.get(name)
            if subject == "message":
                subject = message
            elif isinstance(subject, list):
                subject = [message if part == "message" else part for part in subject]
            watch.do("open_screen", name=name, subject=subject)
            assert hand.screen() == name
            if name != "dial":
                for _ in range(10):  # what has been written is erased first
                    if hand.screen() == name:
                        _take_the_way_out(hand)
                assert hand.screen() != name, "no way back from %s" % name
                watch.do("open_screen", name=name, subject=subject)
            held = hand.hold_until(lambda: hand.screen() == "sos", 4000)
            assert held <= 3100, "SOS from %s after %d ms" % (name, held)
            watch.do("button", name="a", down=False)
            hand.chips(**{"pass": 500})
            hand.tap("cancel")
            assert hand.chips()["sos"] == "idle"


def _home(hand: story.Hand) -> None:
    for _ in range(8):
        if hand.screen() == "dial":
            return
        _take_the_way_out(hand)
    raise AssertionError("no way home from " + hand.screen())


def _take_the_way_out(hand: story.Hand) -> None:
    names = story._names(hand.watch)
    hand.tap(next(name for name in WAYS if name in names))
