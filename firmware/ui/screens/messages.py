"""Who has written, newest first: one entry a person."""

from micropython import const

from firmware.policy.recent import COLLAPSED, OPENED, OUTGOING
from firmware.ui.canvas import CARD, LEAF, RED, SEA, SKY, SUN
from firmware.ui.screen import Screen

_MOST = const(12)


class Messages(Screen):
    """Entries are named by the number of the person's newest message."""

    place = "contact"

    def build(self, page):
        shell = self.shell
        recent, rules = shell.watch.engine.recent, shell.watch.engine.rules
        seen: list = []
        entries = []
        for entry, number in newest(recent):
            tag = recent.tag(entry)
            if tag in seen or (recent.flags(entry) & OUTGOING and rules["contacts"].card(tag) is None):
                continue
            seen.append(tag)
            flags = recent.flags(entry)
            if rules["blocking"].holds(tag):
                look = ("shield", RED, "is_blocked")
            elif flags & COLLAPSED and not flags & OPENED:
                look = ("folded", SUN, "folded")
            elif number in shell.unread:
                look = ("message", LEAF, "new")
            elif rules["contacts"].is_guardian(tag):
                look = ("guardian", SKY, "guardian")
            else:
                look = ("person", SEA, "read")
            entries.append((str(number), look[0], look[1], shell.name(tag), page.text(look[2])))
            if len(entries) == _MOST:
                break
        if entries:
            page.rows(entries, [("back", "back", CARD, "")])
            return
        page.message("empty", SEA, page.text("no_messages"))
        page.bar(("back", "back", CARD, page.text("back")))

    def act(self, name):
        if name[0] < ":":
            self.shell.show("conversation", int(name))
            return True
        return False


def newest(recent):
    """(entry, message number), newest first."""
    found = []
    for entry in range(len(recent)):
        found.append((recent.number(entry), entry))
    found.sort()
    found.reverse()
    return [(entry, number) for number, entry in found]


SCREEN: type = Messages
