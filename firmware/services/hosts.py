"""Shows the digits of a pairing on the watch, and counts who got them wrong (requirements B3-B5)."""

from firmware.services.enforce import discharge


class HostService:
    """engine, screen, random(n) -> n bytes."""

    def __init__(self, engine, screen, random):
        self._engine = engine
        self._screen = screen
        self._random = random
        self._code = ""

    def show_code(self):
        """(six digits or "", Decision): the screen has them, for whoever presses there."""
        self._code = ""
        decision = self._engine.ask({"kind": "hosts.code"})

        def show():
            self._code = "%06d" % (int.from_bytes(self._random(8), "big") % 1000000)
            self._screen.notice("pairing_code", {"code": self._code})

        discharge(decision, {"show_code": show})
        return self._code, decision

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
