"""A short text of the catalogue, with a picture for who cannot read yet."""

from firmware.ui.canvas import CARD, LEAF, RED, SEA, SKY, SUN
from firmware.ui.screen import Screen

_COLOURS = {"yes": LEAF, "no": SUN, "wait": SUN, "lock": SKY}


class Note(Screen):
    """subject: (id of the text, picture), and a message of whom the text offers to block."""

    def build(self, page):
        id_, picture = self.subject[:2]
        y = page.icon(picture, page.top + 4, _COLOURS.get(picture, SEA), not page.canvas.round)
        page.paragraph(page.text(id_), y)
        if self.party():
            page.bar(
                ("back", "back", CARD, ""), ("help", "heart", SKY, ""), ("block", "block", RED, page.text("block"))
            )
        else:
            page.bar(("help", "heart", CARD, ""), ("back", "yes", SEA, page.text("good")))

    def party(self):
        return self.subject[2] if len(self.subject) > 2 else 0

    def act(self, name):
        if name != "block":
            return False
        self.shell.watch.messaging.press("message", message=self.party())
        return True
