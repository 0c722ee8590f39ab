"""Six digits to be read out: those of a pairing (B5), or the number of a request for an approval (D12)."""

from firmware.ui.canvas import CARD, NIGHT, SEA, SKY, SUN
from firmware.ui.font import CLOCK, TITLE
from firmware.ui.screen import Screen
from firmware.ui.widgets import Digits, label


class Number(Screen):
    """subject: (number, "read_out" or "type_in": what to do with it)."""

    def build(self, page):
        number, words = self.subject
        digits = "%06d" % number
        y = page.top
        if page.canvas.round:
            x, width = page.span(y, 34)
            page.add(label(page.canvas, digits[:3] + " " + digits[3:], x, y, width, TITLE, SUN))
            y += 38
        else:  # three above three
            for half in (digits[:3], digits[3:]):
                self._put(page, half, y, 44)
                y += 58
        page.paragraph(page.text(words), y)
        if words == "read_out":
            page.bar(("back", "back", CARD, ""), ("enter", "lock", SEA, page.text("code")))
        else:
            page.bar(("back", "back", CARD, ""), ("help", "heart", SKY, ""))

    def _put(self, page, digits, y, pitch):
        """Digits of the size of the time, in the middle."""
        wide = pitch * len(digits)
        row = page.add(Digits(CLOCK, len(digits), (page.canvas.width - wide) // 2, y, wide, 56, SUN, NIGHT, pitch))
        for at in range(len(digits)):
            row.set(at, ord(digits[at]))

    def act(self, name):
        if name != "enter":
            return False
        self.shell.show("keypad", self.subject[0])
        return True


SCREEN: type = Number
