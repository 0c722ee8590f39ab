"""A longer text: a lesson, a safety notice, something of the child pool."""

from firmware.ui.canvas import CARD, SEA
from firmware.ui.screen import Screen


class Read(Screen):
    """subject: (picture, text, item of the pool or None)."""

    def build(self, page):
        picture, text, item = self.subject
        y = page.icon(picture, page.top, SEA, False) if page.canvas.height >= 280 or not page.touch else page.top
        page.paragraph(text, y)
        if item:
            page.bar(("drop", "erase", CARD, ""), ("back", "yes", SEA, page.text("good")))
        else:
            page.bar(("help", "heart", CARD, ""), ("back", "yes", SEA, page.text("good")))

    def act(self, name):
        if name != "drop":
            return False
        self.shell.watch.content().dismiss(self.subject[2])
        self.shell.back()
        return True


SCREEN: type = Read
