"""What the display is sent for each thing that happens, beside the smallest rectangle that changed."""

import base64
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from tests.boards import story
from tests.ui import tour

WIRE_HZ = 40_000_000
FRAME = 2  # bytes of a pixel


class Update(NamedTuple):
    """sent: bytes on the wire; smallest: bytes of the smallest rectangle around what changed; frame: of a whole one."""

    name: str
    sent: int
    smallest: int
    frame: int

    @property
    def wire_ms(self) -> float:
        return self.sent * 8000 / WIRE_HZ


def measure(board: str, folder: Path) -> list[Update]:
    """The updates of a few minutes with a board, on CPython: bytes are equal on both runtimes."""
    watch = story.watch(board, folder, "cpython")
    hand = story.Hand(watch, board)
    width, height = hand.facts["display"]["width"], hand.facts["display"]["height"]
    found: list[Update] = []

    def update(name: str, act: Callable[[], object]) -> None:
        hand.chips()
        before = base64.b64decode(watch.picture()["data"])
        sent = hand.chips()["sent"]
        act()
        hand.chips(**{"pass": 600})  # the loop has its turn
        after = base64.b64decode(watch.picture()["data"])
        sent = hand.chips()["sent"] - sent
        found.append(Update(name, sent, _smallest(before, after, width), width * height * FRAME))

    friend = tour.start(watch, "en")[2]
    watch.advance(2)
    update("help opens", lambda: hand.tap("help"))
    hand.tap("back")
    hand.tap("back")  # from the lesson that is offered at the first look of the day
    update("a message comes", lambda: watch.message(friend, "See you tomorrow at the gate."))
    hand.tap("home" if "home" in story._names(watch) else "back")
    left = 60 - watch.do("clock")["wall"] % 60
    watch.advance(left - 5 if left > 10 else left + 55)
    hand.press("a", 700)  # lights the display; it blocks nobody: the friend's message is older than ten minutes, or not
    while hand.screen() != "dial":
        names = story._names(watch)
        hand.tap(next(name for name in ("undo", "home", "back", "no") if name in names))
    update("a minute passes", lambda: watch.advance(8))
    hand.watch.do("button", name="a", down=True)
    watch.advance(4)
    hand.watch.do("button", name="a", down=False)
    update("a second of SOS", lambda: watch.advance(1))
    return found


def _smallest(before: bytes, after: bytes, width: int) -> int:
    """Bytes of the smallest rectangle in which two pictures differ."""
    changed = [at // 2 for at in range(0, len(before), 2) if before[at : at + 2] != after[at : at + 2]]
    if not changed:
        return 0
    rows = [at // width for at in changed]
    columns = [at % width for at in changed]
    return (max(rows) - min(rows) + 1) * (max(columns) - min(columns) + 1) * FRAME
