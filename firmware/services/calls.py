"""Ringing and dialling. The safety floor is always asked first (requirements I1, I11, D22)."""

from firmware.policy.decision import BadRequest
from firmware.services.enforce import discharge


class CallService:
    """phone: object with ring(number) and dial(number) -> bool, or None where the board has no telephony."""

    def __init__(self, engine, phone, screen):
        self._engine = engine
        self._phone = phone
        self._screen = screen

    def incoming(self, number):
        """Somebody calls. What is refused is refused silently."""
        return self._call(number, "emergency.incoming", "calls.incoming")

    def outgoing(self, number):
        """The child dials."""
        return self._call(number, "emergency.call", "calls.outgoing")

    def _call(self, number, floor_kind, kind):
        try:
            decision = self._engine.ask({"kind": floor_kind, "number": number})
            on_floor = decision.allowed
            if not on_floor:
                decision = self._engine.ask({"kind": kind, "number": number})
        except BadRequest:
            return None
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
