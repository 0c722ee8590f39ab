"""What else the watch has, in six tiles a page; the privacy rules are the first, two taps from the dial (A1)."""

from firmware.ui.canvas import CARD, SEA
from firmware.ui.screen import Screen

# Name, which is the screen's too, and icon.
_TILES = (
    (("privacy", "shield"), ("assistant", "robot"), ("learn", "school"), ("told", "guardian"), ("looks", "pin")),
    (("held", "folded"), ("asked", "lock"), ("talks", "message"), ("about", "info"), ("help", "heart")),
)


class Menu(Screen):
    """Tiles where the display can be touched, a list where it cannot."""

    def __init__(self, shell, subject):
        super().__init__(shell, subject)
        self._half = 0

    def build(self, page):
        if not page.touch:
            rows = [(name, picture, SEA, page.text(name), "") for half in _TILES for name, picture in half]
            page.rows(rows, [("back", "back", CARD, "")])
            return
        entries = [(name, picture, CARD, page.text(name)) for name, picture in _TILES[self._half]]
        entries.append(("half", "back" if self._half else "next", SEA, ""))
        page.keys(page.text("menu"), ("back", "back"), None, entries)

    def act(self, name):
        if name == "half":
            self._half = 1 - self._half
            self.shell.build(0)
        elif name == "assistant":
            self.shell.assist()
        elif name in ("back", "more", "help"):
            return False
        else:
            self.shell.show(name)
        return True


SCREEN: type = Menu
