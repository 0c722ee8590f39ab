"""One-time approvals at the watch: the child asks, reads the number out, types the code in (requirements D7, D12).

Where a carrier reaches a guardian, the request goes there too, and the code may come back the same way: it is the same
code, judged by the same rule, and wrong ones count as if they had been typed.
"""

from micropython import const

from firmware.policy.decision import BadRequest
from firmware.services.enforce import discharge

_RETRY_SECONDS = const(60)


class Approvals:
    """engine, carrier (services/transport), screen.notice(kind, fields)."""

    busy = False  # what waits, waits in the rule

    def __init__(self, engine, carrier, screen):
        self._engine = engine
        self._carrier = carrier
        self._screen = screen
        self._told = []  # numbers that a guardian's device has
        self._next_try = 0
        self._changes = 0  # of the carrier, at the last try

    def step(self, now):
        """Tell guardians what waits. Returns the powered time of the next try, or None if all is told."""
        waiting = self.waiting()
        self._told = [one["request"] for one in waiting if one["request"] in self._told]
        left = [one for one in waiting if one["request"] not in self._told]
        if not left:
            self._next_try = 0
            return None
        changes = self._carrier.changes
        if now >= self._next_try or changes != self._changes:
            self._changes, self._next_try = changes, now + _RETRY_SECONDS
            self._told += [one["request"] for one in left if self._carrier.send_request(one)]
        return self._next_try

    def answered(self, envelope):
        """A guardian's answer came over the carrier: approve, code. None if it is malformed."""
        try:
            return self.enter(envelope["approve"], envelope["code"])
        except (BadRequest, KeyError, TypeError):
            return None

    def ask(self, what, value=0, **more):
        """The child asks for something that was refused. more: minutes, detail (firmware/policy/rules/approval.py)."""
        request = dict(more)
        request.update({"kind": "approval.ask", "what": what, "value": value})
        decision = self._engine.ask(request)
        discharge(decision, {"show_request": lambda: self._screen.notice("approval_request", self.waiting()[-1])})
        return decision

    def enter(self, request, code):
        """The child types the code for a request number."""
        decision = self._engine.ask({"kind": "approval.enter", "request": request, "code": code})
        if not discharge(decision, {"show_approved": lambda: self._screen.notice("approved", {"request": request})}):
            self._screen.notice("not_approved", {"reason": decision.reason})
        return decision

    def waiting(self):
        """What the child can read out: every request that waits for its code, oldest first."""
        keys = ("request", "what", "value", "minutes", "detail")
        return [dict(zip(keys, entry)) for entry in self._engine.rules["approval"].pending]
