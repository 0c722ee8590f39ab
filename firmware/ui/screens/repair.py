"""The way to the recovery on the watch itself, for a guardian who repairs it: ten touches in a row, then the PIN (B14).
The touches are no secret; they keep a watch in a pocket from restarting."""

from firmware.ui.canvas import CARD, SEA, SUN
from firmware.ui.screen import Screen

_TOUCHES = 10


class Repair(Screen):
    """Leaving the screen begins anew."""

    def __init__(self, shell, subject):
        super().__init__(shell, subject)
        self._left = _TOUCHES

    def build(self, page):
        y = page.heading("info", page.text("repair"), page.top, SUN)
        page.paragraph(page.text("repair_what").replace("{count}", str(self._left)), y)
        page.bar(("back", "back", CARD, ""), ("go", "info", SEA, str(self._left)))

    def act(self, name):
        if name != "go":
            return False
        self._left -= 1
        if self._left:
            self.shell.build(0)
        else:
            self.shell.back()
            self.shell.show("keypad", {"kind": "firmware.service", "channel": "keypad"})
        return True


SCREEN: type = Repair
