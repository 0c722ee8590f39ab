"""Somebody calls: take it, leave it, or block (D22, F5)."""

from firmware.ui.canvas import CARD, LEAF, RED, SKY, WHITE
from firmware.ui.screen import Screen


class Call(Screen):
    """subject: the number. What was refused never came here."""

    place = "call"

    def __init__(self, shell, subject):
        super().__init__(shell, subject)
        contacts = shell.watch.engine.rules["contacts"]
        self._tag = contacts.caller(subject).tag
        card = contacts.card(self._tag)
        self._address = card[1] if card else ""
        self._guardian = card is None or contacts.is_guardian(self._tag)
        self._talking = False

    def build(self, page):
        big = page.canvas.height >= 280 or not page.touch
        y = page.icon("guardian" if self._guardian else "person", page.top + 4, SKY if self._guardian else WHITE, big)
        name = self.shell.name(self._tag) if self._address else page.text("guardian")
        if not self._guardian and self.shell.watch.lock.shut:  # who a friend is is nobody else's business (B16)
            name = page.text("somebody")
        y = page.title(name, y + 2)
        page.line(page.text("talking" if self._talking else "calling"), y)
        over = ("over", "hangup", RED, "")
        if self._talking:
            page.bar(("over", "hangup", RED, page.text("hang_up")))
        elif self._guardian:
            page.bar(over, ("answer", "phone", LEAF, page.text("answer")))
        else:
            page.bar(over, ("block", "block", CARD, ""), ("answer", "phone", LEAF, ""))

    def block(self):
        if not self._address:
            return True
        self.shell.watch.messaging.press("call", party=self._address)
        return True

    def act(self, name):
        calls = self.shell.watch.calls
        if name == "answer":
            self._talking = True
            calls.connected()
            self.shell.build(0)
        elif name in ("over", "back"):
            calls.ended()
            self.shell.back()
        elif name == "block":
            self.block()
        else:
            return False
        return True


SCREEN: type = Call
