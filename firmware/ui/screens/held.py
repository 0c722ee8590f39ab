"""What was held back lately, and why (D13, F1, F4): messages that were folded away or came with a warning, then what
the watch did not let through."""

from firmware.policy.recent import COLLAPSED, OUTGOING, WARNED
from firmware.ui.canvas import CARD, SEA, SKY, SUN
from firmware.ui.screen import Screen

_MOST = 12


class Held(Screen):
    """Entries open screens/why.py."""

    def __init__(self, shell, subject):
        super().__init__(shell, subject)
        recent = shell.watch.engine.recent
        found = []
        for entry in range(len(recent)):
            flags = recent.flags(entry)
            if flags & (COLLAPSED | WARNED) and not flags & OUTGOING:
                found.append(recent.number(entry))
        found.sort()
        found.reverse()
        self._messages = found[:_MOST]
        self._refused = shell.watch.privacy.refusals()

    def build(self, page):
        shell, rows = self.shell, []
        recent = shell.watch.engine.recent
        for number in self._messages:
            entry = recent.find(number)
            folded = recent.flags(entry) & COLLAPSED
            look = "folded" if folded else "warning"
            rows.append((str(number), look, SUN, shell.name(recent.tag(entry)), page.text(look)))
        for at in range(len(self._refused)):
            rows.append(("-%d" % at, "shield", SKY, page.text(self._refused[at][0]), None))
        if rows:
            page.rows(rows, [("back", "back", CARD, "")])
            return
        page.message("empty", SEA, page.text("held_none"))
        page.bar(("back", "back", CARD, page.text("back")))

    def act(self, name):
        if name[0] == "-":
            self.shell.show("why", self._refused[int(name[1:])])
        elif name[0] < ":":
            self.shell.show("why", int(name))
        else:
            return False
        return True


SCREEN: type = Held
