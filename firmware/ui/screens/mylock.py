"""The child's own code for the screen: set it, change it, take it away (B16)."""

from firmware.ui.canvas import CARD, SEA, SKY
from firmware.ui.screen import Screen


class MyLock(Screen):
    """Entries open screens/keypad.py."""

    def build(self, page):
        if self.shell.watch.lock.has_code:
            rows = [
                ("change", "pen", SEA, page.text("lock_change"), ""),
                ("clear", "erase", SKY, page.text("lock_clear"), ""),
            ]
            page.rows(rows, [("back", "back", CARD, "")])
            return
        y = page.heading("lock", page.text("mylock"), page.top, SKY)
        page.paragraph(page.text("lock_what"), y)
        page.bar(("back", "back", CARD, ""), ("set", "lock", SEA, page.text("lock_set")))

    def act(self, name):
        if name not in ("set", "change", "clear"):
            return False
        self.shell.back()
        self.shell.show("keypad", ("new" if name == "set" else "old", name == "clear", "", ""))
        return True


SCREEN: type = MyLock
