"""Ringing and dialling. The safety floor is always asked first (requirements I1, I11, D22)."""

from micropython import const

from firmware.policy.decision import BadRequest
from firmware.services.enforce import discharge

_RINGS = const(180)  # seconds; a call that connects later was not the one that the rules let pass


class CallService:
    """phone: object with ring(number), dial(number) -> bool and hear(memoryview), which takes what the microphone
    hears during a call; or None where the board has no telephony. The phone calls `connected` and `ended`. others: has
    the service `capture`."""

    def __init__(self, engine, phone, screen, others):
        self._engine = engine
        self._phone = phone
        self._screen = screen
        self._others = others
        self._passed = None  # the decision that let the last call through, and how long it may ring
        self._passed_until = 0

    def incoming(self, number):
        """Somebody calls. What is refused is refused silently."""
        return self._call(number, "emergency.incoming", "calls.incoming")

    def outgoing(self, number):
        """The child dials."""
        return self._call(number, "emergency.call", "calls.outgoing")

    def connected(self):
        """The other side has answered, or the child has: only now is the microphone open, with its sign (B9, I6)."""
        if self._passed is None or self._engine.clock.powered >= self._passed_until:
            return False
        return self._others.capture.open_for_call(self._passed, self._phone.hear)

    def ended(self):
        """The call is over."""
        self._passed = None
        if self._others.awake("capture"):
            self._others.capture.close("calls")

    def _call(self, number, floor_kind, kind):
        try:
            decision = self._engine.ask({"kind": floor_kind, "number": number})
            on_floor = decision.allowed
            if not on_floor:
                decision = self._engine.ask({"kind": kind, "number": number})
        except BadRequest:
            return None
        capture = self._others.awake("capture")
        if decision.allowed and not (capture and capture.owner == "calls"):
            self._passed = decision
            self._passed_until = self._engine.clock.powered + _RINGS
        discharge(decision, {"ring": lambda: self._ring(number), "dial": lambda: self._dial(number)})
        if on_floor:
            self._engine.note(decision)  # acted first, journalled afterwards
        return decision

    def _ring(self, number):
        if self._phone:
            self._phone.ring(number)

    def _dial(self, number):
        if self._phone and self._phone.dial(number):
            self._screen.notice("dialling", {"number": number})
        else:
            self._screen.notice("cannot_call", {"number": number})
