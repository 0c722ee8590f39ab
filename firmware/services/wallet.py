"""Paying: between a shop's terminal, the child and `rules/payments.py` (requirements D30-D37).

The terminal's contract stands in services/transport. One request at a time waits for the password, and nothing that a
terminal sends can change it meanwhile, so the child pays what the screen shows.
"""

from micropython import const

from firmware.policy.decision import BadRequest
from firmware.policy.resting import copy_of
from firmware.services.enforce import discharge
from firmware.storage.journal import JournalBroken

_WAIT_SECONDS = const(60)
_WRONG_PASSWORD = const("payments.wrong_password")  # the child may try again


class Wallet:
    """engine, store (for merchants' names), terminal (services/transport) or None, screen.notice(kind, fields)."""

    def __init__(self, engine, store, terminal, screen):
        self._engine = engine
        self._store = store
        self._terminal = terminal
        self._screen = screen
        self._waiting = None  # the request that the screen shows
        self._until = 0

    @property
    def busy(self):
        """True while a request waits for the password."""
        return self._waiting is not None

    # --- what a terminal asks

    def request(self, payment):
        """A terminal asks for money: {"key", "merchant", "name", "amount", "class"}. The Decision; None if it is
        malformed or another one is being shown."""
        return None if self._waiting else self._ask("request", payment)

    def capture(self, payment):
        """{"key", "merchant", "amount"}: the goods are handed over, so much is paid. Repeating it is harmless."""
        return self._ask("capture", payment)

    def void(self, payment):
        """{"key", "merchant"}: nothing is paid. Repeating it is harmless."""
        return self._ask("void", payment)

    def refund(self, payment):
        """{"key", "merchant", "total"}: so much has been given back altogether. Repeating it is harmless."""
        return self._ask("refund", payment)

    # --- what the child does

    def pay(self, password):
        """The child has typed the payment password. The Decision; None if nothing is shown or it is no password."""
        payment = self._waiting
        if payment is None:
            return None
        with_password = dict(payment)
        with_password["password"] = password
        decision = self._ask("authorise", with_password)
        if decision and decision.reason != _WRONG_PASSWORD:
            self._waiting = None
        return decision

    def cancel(self):
        """The child does not want to pay, or the time for it is over."""
        if self._waiting:
            key, self._waiting = self._waiting["key"], None
            self._screen.notice("not_paid", {"reason": "", "wait": 0})
            self._answer(key, "request", False)

    def left(self):
        """Fen that the limits still allow in one payment now."""
        return copy_of(self._engine.rules["payments"]).left()

    def step(self, now):
        """Forget a request that nobody answered. Returns the powered time of the next need, or None."""
        if self._waiting and now >= self._until:
            self.cancel()
        return self._until if self._waiting else None

    def bill(self, reader, channel=None):
        """The lines of the bill (rules/payments.py) for "child" or "guardian", None if refused. A payment's last two
        items, its place in the journal, become the merchant's name: "" once that has expired."""
        request = {"kind": "payments.bill", "reader": reader}
        if channel:
            request["channel"] = channel
        decision = self._engine.ask(request)
        lines = []
        if not discharge(decision, {"show": lambda: lines.extend(decision.details)}):
            return None
        return [line[:8] + [self._name((line[8], line[9]))] if line[0] == "payment" else line for line in lines]

    def _name(self, place):
        try:
            record, sealed = self._store.read(place)
        except (OSError, JournalBroken):  # the bill goes without a name
            return ""
        return sealed.decode() if sealed and record.kind.startswith("payments.") else ""

    # --- one way out

    def _ask(self, verb, payment):
        """Ask the engine and carry its word to screen and terminal. A terminal hears yes or no, never why: limits, age
        and lock are the family's business."""
        try:
            request = dict(payment)
        except (TypeError, ValueError):  # the terminal sent no object
            return None
        request["kind"] = "payments." + verb
        try:
            decision = self._engine.ask(request)
        except BadRequest:
            return None
        step = "request" if verb == "authorise" else verb

        def show():
            self._waiting = dict(payment)
            self._until = self._engine.clock.powered + _WAIT_SECONDS
            self._screen.notice("pay", {name: payment[name] for name in ("name", "amount", "class")})

        def confirm():
            if step == "request":
                self._screen.notice("paid", {"amount": request["amount"]})
            self._answer(request["key"], step, True)

        if not discharge(decision, {"ask_password": show, "confirm": confirm}):
            if step == "request":
                fields = {"reason": decision.reason, "wait": decision.wait}
                fields.update({name: request[name] for name in ("name", "amount")})
                self._screen.notice("not_paid", fields)
            if decision.reason != _WRONG_PASSWORD:
                self._answer(request["key"], step, False)
        return decision

    def _answer(self, key, step, accepted):
        """A terminal that is out of reach asks again with the same key."""
        if self._terminal:
            self._terminal.result(key, step, accepted)
