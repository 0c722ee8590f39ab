"""Ten touches in a row, then the guardian's PIN: for what must not happen in a pocket. The touches are no secret."""

from firmware.ui.canvas import CARD, SUN
from firmware.ui.screen import Screen

_TOUCHES = 10


class Touches(Screen):
    """Leaving the screen begins anew. A screen of this kind says what it is about."""

    TEXT = ""  # its name among the texts
    WHAT = ""  # what it explains
    ICON = ""  # of the heading
    KEY = ("", "", 0)  # name, icon and colour of what is touched
    ASKS: object = ""  # subject of the keypad

    def __init__(self, shell, subject):
        super().__init__(shell, subject)
        self._left = _TOUCHES

    def build(self, page):
        y = page.heading(self.ICON, page.text(self.TEXT), page.top, SUN)
        page.paragraph(page.text(self.WHAT).replace("{count}", str(self._left)), y)
        page.bar(("back", "back", CARD, ""), self.KEY + (str(self._left),))

    def act(self, name):
        if name != self.KEY[0]:
            return False
        self._left -= 1
        if self._left:
            self.shell.build(0)
        else:
            self.shell.back()
            self.shell.show("keypad", self.ASKS)
        return True
