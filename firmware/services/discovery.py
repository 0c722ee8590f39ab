"""Being found by another watch: off, and for one minute at most when a guardian allows it (requirements C5, C6, C7).

radio: advertise(frame) until silence(); None on a board without one. What is sent is a number that is different in
each window: no name, no address, nothing that is the same tomorrow.
"""

from firmware.services.enforce import discharge


class Discovery:
    """Holds the radio while a window is open. After a reboot it is closed."""

    def __init__(self, engine, radio, screen):
        self._engine = engine
        self._radio = radio
        self._screen = screen
        self._until = 0

    @property
    def busy(self):
        """True while a window is open."""
        return self._until > 0

    def open(self, channel=None):
        """A guardian opens the window."""
        request = {"kind": "content.window"}
        if channel:
            request["channel"] = channel
        decision = self._engine.ask(request)
        discharge(decision, {"advertise": lambda: self._begin(decision.records[0].fields[0])})
        return decision

    def _begin(self, until):
        self._until = until
        if self._radio:
            # Powered time never comes twice, so no two windows have the same number.
            self._radio.advertise(self._engine.context.tag("window %d" % until)[:6])
        self._screen.notice("findable", {})

    def step(self, now):
        """Close the window when it is time. Returns the powered time of that, or None."""
        if not self._until:
            return None
        if now < self._until and not self._engine.rules["blocking"].mode:
            return self._until
        self._until = 0
        if self._radio:
            self._radio.silence()
        self._screen.notice("not_findable", {})
        return None
