"""One person's messages, one at a time, newest first. Answering and blocking are always in reach (F5)."""

from firmware.policy.recent import OUTGOING
from firmware.ui.canvas import CARD, RED, SEA, SKY, SOFT
from firmware.ui.screen import Screen
from firmware.ui.screens.messages import newest


class Conversation(Screen):
    """subject: the number of a message of the person's."""

    def __init__(self, shell, subject):
        super().__init__(shell, subject)
        recent = shell.watch.engine.recent
        self._tag = recent.tag(recent.find(subject))
        self._numbers = [(number, entry) for entry, number in newest(recent) if recent.tag(entry) == self._tag]
        self._at = 0
        for at in range(len(self._numbers)):
            if self._numbers[at][0] == subject:
                self._at = at
        self._text = None
        self._last = False  # behind this page comes an older message

    def build(self, page):
        shell = self.shell
        recent, rules = shell.watch.engine.recent, shell.watch.engine.rules
        number, entry = self._numbers[self._at]
        blocked, guardian = rules["blocking"].holds(self._tag), rules["contacts"].is_guardian(self._tag)
        outgoing = recent.flags(entry) & OUTGOING
        if self._text is None:
            shell.opened = (0, "")
            decision = shell.watch.messaging.open(number)
            self._text = shell.opened[1] if decision.allowed else ""
            if decision.allowed:
                shell.read(number)
        y = page.title(shell.name(self._tag), page.top, SKY if guardian else 0xFFFFFF)
        if outgoing or blocked:
            y = page.line(page.text("you" if outgoing else "is_blocked"), y - 4)
        several = len(self._numbers) > 1
        page.paragraph(self._text or page.text("folded_text"), y, SOFT if outgoing else 0xFFFFFF, several)
        self._last = several and not page.more
        acts = [("back", "back", CARD, "")]
        card = rules["contacts"].card(self._tag)
        if card and self._text and not blocked:
            acts.append(("write", "pen", SKY, ""))
        if not self._text:
            acts.append(("open", "eye", CARD, page.text("open")))
        elif blocked:
            acts.append(("release", "lock", CARD, page.text("guardian")))
        elif guardian:
            acts.append(("call", "phone", SEA, page.text("call")))
        else:
            acts.append(("block", "block", RED, page.text("block")))
        page.bar(*acts)

    def party(self):
        return self._numbers[self._at][0]

    def act(self, name):
        shell, number = self.shell, self._numbers[self._at][0]
        if name == "block":
            shell.watch.messaging.press("conversation", message=number)
        elif name == "more" and self._last:
            self._at = (self._at + 1) % len(self._numbers)
            self._text = None
            shell.build(0)
        elif name == "write":
            card = shell.watch.engine.rules["contacts"].card(self._tag)
            shell.show("write", [card[1], None])
        elif name == "open":
            shell.show("folded", (number, "notice.collapsed"))
        elif name == "release":
            shell.show("keypad", {"kind": "blocking.release", "message": number, "channel": "keypad"})
        elif name == "call":
            card = shell.watch.engine.rules["contacts"].card(self._tag)
            shell.watch.calls.outgoing(card[2])
        else:
            return False
        return True


SCREEN: type = Conversation
