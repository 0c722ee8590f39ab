"""Lessons, safety notices and what a guardian has opened of the child pool (F16, D71, I15)."""

from firmware.ui.canvas import CARD, LEAF, SEA, SUN
from firmware.ui.screen import Screen

_MOST = 12


class Learn(Screen):
    """The lesson that waits comes first, then safety notices, then the pool in the order of recommendation."""

    def build(self, page):
        content = self.shell.watch.content()
        rows = []
        if content.lesson_waits():
            rows.append(("lesson", "school", LEAF, page.text("lesson"), page.text("new")))
        for item, channel, label, day, _, read in content.pool()[:_MOST]:
            if label == "safety":
                rows.insert(0, ("=" + item, "warning", SUN, page.text("safety"), page.text("read" if read else "new")))
            else:
                rows.append(("=" + item, "book", SEA, page.text("pool_" + channel), page.day(day)))
        if rows:
            page.rows(rows, [("back", "back", CARD, "")])
            return
        page.message("school", SEA, page.text("learn_none"))
        page.bar(("back", "back", CARD, page.text("back")))

    def act(self, name):
        content = self.shell.watch.content()
        if name == "lesson":
            content.lesson()
        elif name[0] == "=":
            content.show(name[1:], "page")
        else:
            return False
        return True


SCREEN: type = Learn
