"""A secret of digits, then the one act that it is for: the guardian's PIN (D7, B19), the payment password (D32), the
code of a one-time approval (D12), the child's own code (B16). Six keys a page keep every key nine millimetres wide."""

from firmware.ui.canvas import CARD, NIGHT, SEA, WHITE
from firmware.ui.screen import Screen
from firmware.ui.widgets import Box

# What is asked for: words, least and most digits.
_PIN = ("guardian", 6, 12)
_APPROVAL = ("code", 8, 8)
_ASKED = {
    "pay": ("payment_password", 6, 12),
    "wipe": _PIN,
    "lock": ("lock_old", 4, 8),
    "old": ("lock_old", 4, 8),
    "new": ("lock_new", 4, 8),
    "again": ("lock_again", 4, 8),
}


class Keypad(Screen):
    """subject: the guardian's request, carried out once the PIN was right; "wipe"; "pay"; the number of an approval;
    "lock" opens the child's lock; ("old", "new" or "again", True to take the code away, old code, new code) sets it."""

    def __init__(self, shell, subject):
        super().__init__(shell, subject)
        self._typed = ""
        self._half = 0
        if isinstance(subject, int):
            self._asked = _APPROVAL
        elif isinstance(subject, dict):
            self._asked = _PIN
        else:
            self._asked = _ASKED[subject[0] if isinstance(subject, tuple) else subject]

    def build(self, page):
        count = len(self._typed)
        what, least, most = self._asked
        entries = [(digit, "", CARD, digit) for digit in ("12345" if self._half == 0 else "67890")]
        entries.append(("half", "back" if self._half else "next", SEA, ""))
        right = ("enter", "yes") if count >= least else None
        x, y, width = page.keys(page.text(what), ("erase", "erase" if count else "back"), right, entries)
        step = min(11, width // most)
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
            self.shell.back()
            self._enter()
            return True
        elif len(self._typed) < self._asked[2]:
            self._typed += name
        self.shell.build(0)
        return True

    def _enter(self):
        """What comes of paying and approvals the services tell."""
        shell, watch, subject = self.shell, self.shell.watch, self.subject
        if subject == "pay":
            watch.wallet.pay(self._typed)
        elif isinstance(subject, int):
            watch.approvals.enter(subject, self._typed)
        elif subject == "lock":
            decision = watch.lock.open(self._typed)
            if decision.allowed:
                shell.unlocked()
            else:
                shell.say(decision.reason, "lock")
        elif isinstance(subject, tuple):
            self._code(*subject)
        elif subject == "wipe":
            self._said(watch.guardians.wipe_here(self._typed))
        else:
            decision, _ = watch.guardians.act({"kind": "credentials.pin", "pin": self._typed})
            if decision.allowed:
                decision, _ = watch.guardians.act(subject)
            self._said(decision)

    def _said(self, decision):
        self.shell.say("ui.done" if decision.allowed else decision.reason, "yes" if decision.allowed else "lock")

    def _code(self, asked, clear, old, new):
        """One step of setting the child's code: the old one, the new one, the new one again."""
        shell, lock, typed = self.shell, self.shell.watch.lock, self._typed
        if asked == "old" and clear:
            self._said(lock.clear(typed))
        elif asked == "old":
            shell.show("keypad", ("new", False, typed, ""))
        elif asked == "new":
            shell.show("keypad", ("again", False, old, typed))
        elif typed == new:
            self._said(lock.set(new, old))
        else:
            shell.say("ui.lock_differ", "lock")


SCREEN: type = Keypad
