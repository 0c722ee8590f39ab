"""Six digits to be read out: those of a pairing (B5), or the number of a request for an approval (D12)."""

from firmware.ui.canvas import CARD, NIGHT, SEA, SKY, SUN
from firmware.ui.font import CLOCK, TITLE
from firmware.ui.screen import Screen
from firmware.ui.widgets import Digits, label


class Number(Screen):
    """subject: (number, "read_out" or "type_in": what to do with it). The digits of a pairing are shown to whoever
    asks for them here, with a finger or a button: so a computer is paired only by somebody who holds the watch (B6)."""

    def __init__(self, shell, subject):
        super().__init__(shell, subject)
        self._asked = subject[1] == "type_in"

    def build(self, page):
        number, words = self.subject
        if self._asked:
            page.message("lock", SUN, page.text("pairing"))
            page.bar(
                ("back", "no", CARD, ""), ("help", "heart", SKY, ""), ("show", "eye", SEA, page.text("pairing_show"))
            )
            return
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
        if name == "show":
            self._asked = False
            self.shell.watch.in_hand()
            self.shell.build(0)
            return True
        if name != "enter":
            return False
        self.shell.show("keypad", self.subject[0])
        return True


SCREEN: type = Number
