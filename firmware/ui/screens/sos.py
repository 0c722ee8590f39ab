"""SOS: the seconds in which it can still be stopped, then the plain truth about the signal (I1, I3, I9)."""

from firmware.ui.canvas import CARD, LEAF, NIGHT, RED, SEA, SUN, WHITE
from firmware.ui.font import CLOCK
from firmware.ui.screen import Screen
from firmware.ui.widgets import Digits

_SECONDS = 5
_LOOKS = {
    "counting": ("sos", RED, "notice.sos"),
    "delivered": ("yes", LEAF, "notice.sos_delivered"),
    "not_delivered": ("wait", SUN, "notice.sos_not_delivered"),
}


class SosScreen(Screen):
    """subject: ticks at which the counting began, or None."""

    def build(self, page):
        self._state = state = self.shell.watch.sos.state
        picture, colour, words = _LOOKS.get(state, _LOOKS["not_delivered"])
        y = page.top
        if state == "counting":
            y = page.title("SOS", y, SUN)
            self._digit = Digits(CLOCK, 1, page.canvas.width // 2 - 22, y - 2, 44, 56, WHITE, NIGHT, 44)
            page.add(self._digit)
            self.moving = [self._digit]
            self._digit.set(0, 48 + self._left(self.shell.now))
            y += 56
            page.paragraph(page.text("sos_stop"), y)
            page.bar(("cancel", "no", RED, page.text("stop")))
            return
        self.moving = []
        y = page.heading(picture, page.text("sos_" + state), y, colour)
        text = page.text(words)
        if not self.shell.telephony:
            numbers = self.shell.watch.engine.floor.help_numbers()  # for whoever helps
            text = "%s\n%s\n%s" % (page.text("sos_cannot_call"), " ".join(numbers[:3]), text)
        page.paragraph(text, y)
        acts = [("help", "heart", CARD, "")]
        if self.shell.telephony:  # the public number at once, beside the guardians (I4)
            number = self.shell.watch.engine.floor.help_numbers()[0]
            acts.append(("+" + number, "phone", RED, number))
        if state == "delivered":
            acts.append(("end", "yes", LEAF, page.text("safe")))
        elif not self.shell.telephony:
            acts = [("help", "heart", SEA, page.text("help"))]
        page.bar(*acts)

    def _left(self, now):
        if self.subject is None:
            return 0
        return max(_SECONDS - ((now - self.subject) & 0x3FFFFFFF) // 1000, 0)

    def tick(self, now):
        if self.shell.watch.sos.state != self._state:
            self.shell.build(0)
        elif self.moving and self._digit.set(0, 48 + self._left(now)):
            self.shell.draw(self._digit)
        return 1000

    def act(self, name):
        sos = self.shell.watch.sos
        if name == "cancel":
            sos.cancel()
        elif name == "end":
            sos.end()
        elif name[0] == "+":
            self.shell.watch.calls.outgoing(name[1:])
        elif name == "back":  # this screen stays while the signal is not over
            return sos.state != "idle"
        else:
            return False
        return True


SCREEN: type = SosScreen
