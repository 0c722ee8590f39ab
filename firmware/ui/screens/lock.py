"""The lock screen: what anybody may see of this watch (B18, I13). Whoever is in trouble needs no secret."""

from firmware.ui.canvas import CARD, SEA, SKY, SUN
from firmware.ui.screen import Screen


class Lock(Screen):
    """The guardian's words to a finder, and the emergency card if there is one; else the time is the next touch."""

    place = "lock"

    def build(self, page):
        shown = self.shell.watch.guardians.lock_screen()
        lost = shown["lost"]
        y = page.icon("pin" if lost else "lock", page.top + 2, SUN if lost else SKY, page.canvas.height >= 280)
        y = page.title(page.text("lost" if lost else "locked"), y)
        count = len(self.shell.unread)
        words = shown["message"] if lost else shown["card"]
        if shown["recovery"]:
            words = "%s %d h\n%s" % (page.text("notice.recovery"), -(-shown["recovery"] // 3600), words)
        page.paragraph(words or (page.text("notice.message") if count else page.text("locked_hint")), y)
        if lost:
            page.bar(("help", "heart", SKY, page.text("help")))
        else:
            page.bar(("help", "heart", CARD, ""), ("home", "up", SEA, page.text("unlock")))

    def act(self, name):
        return name == "back"  # nothing lies under it


SCREEN: type = Lock
