"""One-time approvals at the watch: the child asks, reads the number out, types the code in (requirements D7, D12)."""

from firmware.services.enforce import discharge


class Approvals:
    """engine, screen.notice(kind, fields)."""

    def __init__(self, engine, screen):
        self._engine = engine
        self._screen = screen

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
