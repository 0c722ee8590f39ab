"""SOS: acts first, tells the truth about it, journals afterwards (requirements I1, I3, I9)."""

from micropython import const

from firmware.services.enforce import discharge

_CANCEL_SECONDS = const(5)
_RETRY_SECONDS = const(25)
_TRIES = const(72)  # half an hour

_IDLE = const("idle")
_COUNTING = const("counting")
_DELIVERED = const("delivered")
_NOT_DELIVERED = const("not_delivered")


class Sos:
    """A deadline machine. `state` is what the screen may claim: _DELIVERED only once a carrier has confirmed it."""

    def __init__(self, engine, carriers, screen, others):
        self._engine = engine
        self._others = others
        self._carriers = carriers
        self._screen = screen
        self.state = _IDLE
        self._deadline = 0
        self._tries = 0
        self._changes = 0  # of the carriers, at the last try

    def press(self, now):
        """The SOS gesture is complete at `now` (powered seconds)."""
        decision = self._engine.ask({"kind": "emergency.sos"})
        return discharge(decision, {"sos": lambda: self._start(now)})

    def _start(self, now):
        if self.state == _COUNTING:
            return  # a frightened child presses again and again: that puts nothing off
        waits, self._tries = self._waits(), 0
        if waits:
            self._deadline = now  # at once, and nothing to cancel: nobody calls off what no guardian has yet
            return
        self.state = _COUNTING
        self._deadline = now + _CANCEL_SECONDS
        self._screen.notice("sos", {"seconds": _CANCEL_SECONDS, "numbers": list(self._engine.floor.help_numbers())})

    def cancel(self):
        """Only while the seconds are counted; a signal that is out stays out."""
        if self.state == _COUNTING:
            self.state = _IDLE
            self._screen.notice("sos_cancelled", {})

    def _waits(self):
        """True while a signal is out that nobody has, and that is tried again."""
        return self.state == _NOT_DELIVERED and self._tries < _TRIES

    def end(self):
        """The child is safe: no more positions go out. Before a guardian has the signal, nobody can call it off."""
        if self.state == _DELIVERED:
            self.state = _IDLE
            self._screen.notice("sos_ended", {})
            self._others.locator.end_sos()

    def step(self, now):
        """Send when it is time. Returns the powered time of the next need, or None."""
        if self.state != _COUNTING and not self._waits():
            return None
        changes = sum([carrier.changes for carrier in self._carriers])
        if now < self._deadline and (self.state == _COUNTING or changes == self._changes):
            return self._deadline
        self._changes = changes
        first = self._tries == 0
        self._tries += 1
        for carrier in self._carriers:
            if carrier.send_sos({"time": self._engine.clock.wall}):
                self._report(_DELIVERED, carrier.name)
                return None
        if first:
            self._report(_NOT_DELIVERED, "")
        self._deadline = now + _RETRY_SECONDS
        return self._deadline if self._tries < _TRIES else None

    def _report(self, state, carrier):
        self.state = state
        self._screen.notice("sos_" + state, {})
        done = self._engine.ask({"kind": "emergency.sos_done", "delivered": state == _DELIVERED, "carrier": carrier})
        self._engine.note(done)
        if self._tries == 1:
            self._locate()

    def _locate(self):
        """After the signal, which waits for no receiver, nor for the code that reads one."""
        try:
            self._others.locator.begin_sos()
        except (MemoryError, ImportError, OSError):
            pass
