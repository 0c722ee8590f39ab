"""Shows the digits of a pairing on the watch, and counts who got them wrong (requirements B3-B5)."""

from micropython import const

from firmware.policy.rule import stopped
from firmware.services.enforce import discharge

_LOCKED = const("hosts.locked")
_IN_VAIN = const(3)
_QUIET = const(60)  # seconds of powered time


class HostService:
    """engine, screen, random(n) -> n bytes; vain: [requests for digits that nobody pressed for, powered time of the
    last one], which outlives this service: a strange charger must not keep the screen for itself."""

    def __init__(self, engine, screen, random, vain):
        self._engine = engine
        self._screen = screen
        self._random = random
        self._vain = vain
        self._code = ""

    def show_code(self):
        """(six digits or "", Decision): the screen has them, for whoever presses there."""
        self._code = ""
        vain, now = self._vain, self._engine.clock.powered
        if vain[0] >= _IN_VAIN and now - vain[1] < _QUIET:
            return "", stopped(_LOCKED, wait=_QUIET - (now - vain[1]))
        decision = self._engine.ask({"kind": "hosts.code"})

        def show():
            self._code = "%06d" % (int.from_bytes(self._random(8), "big") % 1000000)
            self._screen.notice("pairing_code", {"code": self._code})

        if discharge(decision, {"show_code": show}):
            vain[0], vain[1] = vain[0] + 1, now
        return self._code, decision

    def pressed(self):
        """Somebody wants the digits."""
        self._vain[0] = 0

    def hide_code(self):
        """The digits are used or too old."""
        self._code = ""
        self._screen.notice("pairing_over", {})

    def wrong_code(self):
        """Somebody typed other digits; the Decision's wait says when new ones can be shown."""
        return self._engine.ask({"kind": "hosts.failed"})

    def refused(self, what):
        """Something was turned away: a "proof" that is none, a sealed "frame" that does not open, or broken frames on
        the "line"."""
        return self._engine.ask({"kind": "hosts.refused", "what": what})
