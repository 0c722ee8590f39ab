"""What else the watch has, in six tiles a page; the privacy rules are the first, two taps from the dial (A1)."""

from firmware.ui.canvas import CARD, SEA
from firmware.ui.screen import Screen

# Name, which is the screen's too, and icon.
_TILES = (
    (("privacy", "shield"), ("assistant", "robot"), ("learn", "school"), ("told", "guardian"), ("looks", "pin")),
    (("held", "folded"), ("asked", "lock"), ("mylock", "lock"), ("about", "info"), ("help", "heart")),
    (("talks", "message"), ("wifi", "signal")),
)
_BEYOND_CORE = ("assistant", "learn", "looks", "talks")
_REPAIR = (("repair", "info"),)  # only where there is a recovery to restart into


class Menu(Screen):
    """Tiles where the display can be touched, a list where it cannot."""

    def __init__(self, shell, subject):
        super().__init__(shell, subject)
        tiles: tuple | list = _TILES[:-1] + (_TILES[-1] + _REPAIR,) if shell.watch.slots else _TILES
        if shell.watch.core:
            tiles = [[tile for tile in half if tile[0] not in _BEYOND_CORE] for half in tiles]
        self._tiles = tiles
        self._half = 0

    def build(self, page):
        if not page.touch:
            rows = [(name, picture, SEA, page.text(name), "") for half in self._tiles for name, picture in half]
            page.rows(rows, [("back", "back", CARD, "")])
            return
        entries = [(name, picture, CARD, page.text(name)) for name, picture in self._tiles[self._half]]
        last = self._half + 1 == len(self._tiles)
        entries.append(("half", "back" if last else "next", SEA, ""))
        page.keys(page.text("menu"), ("back", "back"), None, entries)

    def act(self, name):
        if name == "half":
            self._half = (self._half + 1) % len(self._tiles)
            self.shell.build(0)
        elif name == "assistant":
            self.shell.assist()
        elif name in ("back", "more", "help"):
            return False
        else:
            self.shell.show(name)
        return True


SCREEN: type = Menu
