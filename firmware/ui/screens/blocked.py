"""After a block: a calm word, what happens now, and help (F4, F5, F11)."""

from firmware.ui.canvas import CARD, LEAF, SKY
from firmware.ui.screen import Screen


class Blocked(Screen):
    """subject: a message of whom was blocked, or None."""

    def build(self, page):
        y = page.heading("shield", page.text("blocked"), page.top, LEAF)
        words = page.text("notice.comfort") + "\n" + page.text("blocked_now")
        page.paragraph(words, y)
        page.bar(("home", "home", CARD, ""), ("undo", "undo", CARD, ""), ("help", "heart", SKY, page.text("help")))

    def act(self, name):
        shell = self.shell
        if name == "back":
            shell.home()
        elif name == "undo":
            subject = self.subject[0] if isinstance(self.subject, tuple) else self.subject
            shell.home()
            if subject:
                shell.watch.messaging.undo(message=subject)
        else:
            return False
        return True


SCREEN: type = Blocked
