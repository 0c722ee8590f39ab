"""Who looked where the watch is, and when (C4). The child may let the watch forget the places."""

from firmware.ui.canvas import CARD, SEA, SUN
from firmware.ui.screen import Screen


class Looks(Screen):
    """One entry a look, the newest first."""

    def build(self, page):
        watch = self.shell.watch
        rows = []
        for time, count, why, name in reversed(watch.locator.looks()):
            words = name or page.text("look_" + why)
            when = page.moment(watch.engine.clock, time)
            rows.append(("look%d" % len(rows), "pin", SUN, words, when + (" x%d" % count if count > 1 else "")))
        if rows:
            page.rows(rows, [("back", "back", CARD, ""), ("forget", "erase", CARD, "")])
            return
        page.message("pin", SEA, page.text("looks_none"))
        page.bar(("back", "back", CARD, page.text("back")))

    def act(self, name):
        if name == "forget":
            self.shell.watch.locator.clear()
        return name[:4] == "look" or name == "forget"


SCREEN: type = Looks
