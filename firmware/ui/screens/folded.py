"""A message that was folded away, or that a warning comes before: reading it is up to the child (F1, F4)."""

from firmware.ui.canvas import CARD, RED, SUN
from firmware.ui.screen import Screen


class Folded(Screen):
    """subject: (number of the message, id of the words), and the id of an offer that came with it."""

    def build(self, page):
        shell, number = self.shell, self.subject[0]
        recent = shell.watch.engine.recent
        y = page.title(shell.name(recent.tag(recent.find(number))), page.top)
        if page.canvas.height >= 280 or page.canvas.width < 200:
            y = page.icon("folded", y, SUN)
        page.paragraph("\n".join([page.text(id_) for id_ in self.subject[1:]]), y)
        page.bar(("back", "back", CARD, ""), ("open", "eye", CARD, ""), ("block", "block", RED, page.text("block")))

    def party(self):
        return self.subject[0]

    def act(self, name):
        shell, number = self.shell, self.subject[0]
        if name == "block":
            shell.watch.messaging.press("message", message=number)
        elif name == "open":
            shell.watch.messaging.open(number, confirmed=True)
            shell.back()
            shell.show("conversation", number)
        else:
            return False
        return True


SCREEN: type = Folded
