"""The guardian's PIN, then the one act that it is for (D7). Six keys a page keep every key nine millimetres wide."""

from firmware.ui.canvas import CARD, NIGHT, SEA, SOFT, WHITE
from firmware.ui.font import BODY, TITLE
from firmware.ui.page import FINGER
from firmware.ui.screen import Screen
from firmware.ui.widgets import Box, Icon, label

_LEAST, _MOST = 6, 9
_ENTER = {False: (170, 16, 66, 56), True: (148, 16, 48, 46)}


class Keypad(Screen):
    """subject: the guardian's request, carried out once the PIN was right."""

    def __init__(self, shell, subject):
        super().__init__(shell, subject)
        self._pin = ""
        self._half = 0

    def build(self, page):
        canvas, count = page.canvas, len(self._pin)
        wide, flat = canvas.width, not page.touch
        side = 66 if canvas.round else wide // 3
        high = 66 if canvas.round else 60 if flat else FINGER
        top = 66 if canvas.round else canvas.height - 2 * high
        left = (wide - 3 * side) // 2
        middle = wide // 2
        # What was typed, between the way back and, once there is enough, the key that ends it.
        page.add(label(canvas, page.text("guardian"), middle - 60, 6, 120, BODY, SOFT))
        y = 34 if not flat else 30
        for dot in range(count):
            page.add(Box(middle + dot * 11 - count * 11 // 2, y + 8, 8, 8, WHITE, NIGHT, True))
        part = wide // 2 if count >= _LEAST else wide
        low = top if not flat else 66
        page.add(Icon("erase" if count else "back", 26 if not canvas.round else 62, y + 12 if not flat else 80, SOFT))
        page.target("erase", 0, 0, part, low if not flat else top, None)
        if count >= _LEAST:
            x, y, w, h = _ENTER[canvas.round] if not flat else (middle, 60, middle - 4, 40)
            box = page.add(Box(x, y, w, h, SEA, NIGHT))
            page.add(Icon("yes", x + w // 2, y + h // 2, WHITE, SEA))
            page.target("enter", part, 0, wide - part, top, box)
        keys = "12345" if self._half == 0 else "67890"
        for at in range(6):
            x, y = left + at % 3 * side, top + at // 3 * high
            colour = CARD if at < 5 else SEA
            box = page.add(Box(x + 2, y + 2, side - 4, high - 4, colour, NIGHT))
            if at < 5:
                page.add(label(canvas, keys[at], x, y + high // 2 - 17, side, TITLE, WHITE, colour))
            else:
                page.add(Icon("back" if self._half else "next", x + side // 2, y + high // 2, WHITE, colour))
            page.target(keys[at] if at < 5 else "half", x, y, side, high, box)

    def act(self, name):
        if name in ("back", "more"):
            return False
        if name == "erase":
            if not self._pin:
                self.shell.back()
                return True
            self._pin = self._pin[:-1]
        elif name == "half":
            self._half = 1 - self._half
        elif name == "enter":
            self._enter()
            return True
        elif len(self._pin) < _MOST:
            self._pin += name
        self.shell.build(0)
        return True

    def _enter(self):
        shell, guardians = self.shell, self.shell.watch.guardians
        decision, _ = guardians.act({"kind": "credentials.pin", "pin": self._pin})
        if decision.allowed:
            decision, _ = guardians.act(self.subject)
        shell.back()
        if decision.allowed:
            shell.say("ui.done", "yes")
        else:
            shell.say(decision.reason, "lock")
