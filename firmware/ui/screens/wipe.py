"""Erasing the watch without any computer, as before it is given away: ten touches in a row, then the guardian's PIN
(B19, A12). The touches are no secret; they keep what cannot be undone from happening in a pocket."""

from firmware.ui.canvas import CARD, RED, SUN
from firmware.ui.screen import Screen

_TOUCHES = 10


class Wipe(Screen):
    """Leaving the screen begins anew."""

    def __init__(self, shell, subject):
        super().__init__(shell, subject)
        self._left = _TOUCHES

    def build(self, page):
        y = page.heading("warning", page.text("wipe"), page.top, SUN)
        page.paragraph(page.text("wipe_what").replace("{count}", str(self._left)), y)
        page.bar(("back", "back", CARD, ""), ("erase", "erase", RED, str(self._left)))

    def act(self, name):
        if name != "erase":
            return False
        self._left -= 1
        if self._left:
            self.shell.build(0)
        else:
            self.shell.back()
            self.shell.show("keypad", "wipe")
        return True


SCREEN: type = Wipe
