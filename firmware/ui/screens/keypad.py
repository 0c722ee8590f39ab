"""A secret of digits, then the one act that it is for: the guardian's PIN (D7), the payment password (D32), the code of
a one-time approval (D12). Six keys a page keep every key nine millimetres wide."""

from firmware.ui.canvas import CARD, NIGHT, SEA, WHITE
from firmware.ui.screen import Screen
from firmware.ui.widgets import Box

_LEAST, _MOST, _CODE = 6, 12, 8


class Keypad(Screen):
    """subject: the guardian's request, carried out once the PIN was right; "pay"; or the number of an approval."""

    def __init__(self, shell, subject):
        super().__init__(shell, subject)
        self._typed = ""
        self._half = 0

    def build(self, page):
        count = len(self._typed)
        what, least = "guardian", _LEAST
        if self.subject == "pay":
            what = "payment_password"
        elif isinstance(self.subject, int):
            what, least = "code", _CODE
        entries = [(digit, "", CARD, digit) for digit in ("12345" if self._half == 0 else "67890")]
        entries.append(("half", "back" if self._half else "next", SEA, ""))
        right = ("enter", "yes") if count >= least else None
        x, y, width = page.keys(page.text(what), ("erase", "erase" if count else "back"), right, entries)
        step = min(11, width // _MOST)
        for dot in range(count):
            page.add(Box(x + width // 2 + dot * step - count * step // 2, y + 9, 7, 8, WHITE, NIGHT, True))

    def act(self, name):
        if name in ("back", "more"):
            return False
        if name == "erase":
            if not self._typed:
                self.shell.back()
                return True
            self._typed = self._typed[:-1]
        elif name == "half":
            self._half = 1 - self._half
        elif name == "enter":
            self._enter()
            return True
        elif len(self._typed) < (_CODE if isinstance(self.subject, int) else _MOST):
            self._typed += name
        self.shell.build(0)
        return True

    def _enter(self):
        """What comes of it the services tell, but for a guardian's act."""
        shell, watch = self.shell, self.shell.watch
        shell.back()
        if self.subject == "pay":
            watch.wallet.pay(self._typed)
        elif isinstance(self.subject, int):
            watch.approvals.enter(self.subject, self._typed)
        else:
            decision, _ = watch.guardians.act({"kind": "credentials.pin", "pin": self._typed})
            if decision.allowed:
                decision, _ = watch.guardians.act(self.subject)
            if decision.allowed:
                shell.say("ui.done", "yes")
            else:
                shell.say(decision.reason, "lock")


SCREEN: type = Keypad
