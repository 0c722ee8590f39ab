"""Buttons between a pin and ground, and the key of a power chip, which is told by its interrupt line.

Edges are noted in an interrupt, with their time, so that a press counts from its beginning even if the watch looks a
second later. `changed` tells each press and each release once: `down` and `when` say what and when.
"""

from micropython import const

_BOUNCE_MS = const(15)
_TICKS = const(0x3FFFFFFF)
_PRESSED, _RELEASED = const(1), const(2)
_SHORT = const(600)  # milliseconds
_GAP = const(350)


class Button:
    """name: for the shell; pin: an input, low while pressed; ticks(): milliseconds."""

    def __init__(self, name, pin, ticks):
        self.name = name
        self.down = False
        self.when = 0
        self._pin, self._ticks = pin, ticks
        self._edge = -1  # time of the first edge that nobody has looked at yet
        self._last = -1  # of any edge: contacts bounce
        pin.irq(self._interrupt, pin.IRQ_FALLING | pin.IRQ_RISING)

    def _interrupt(self, pin):
        now = self._ticks()
        if self._edge < 0 and (self._last < 0 or (now - self._last) & _TICKS >= _BOUNCE_MS):
            self._edge = now
        self._last = now

    @property
    def stirred(self):
        """Whether `changed` may have something to tell."""
        return self._edge >= 0

    def changed(self):
        edge, self._edge = self._edge, -1
        down = not self._pin()
        if edge < 0:
            if down == self.down or (self._last >= 0 and (self._ticks() - self._last) & _TICKS < _BOUNCE_MS):
                return False
            edge = self._ticks()  # its edge got lost
        elif down == self.down:
            down = not down  # there and back since the last look: the way back is told next time
        self.down, self.when = down, edge
        return True


class PowerKey:
    """power: a driver whose `clear` says what has happened; pin: its interrupt line, low while there is something."""

    def __init__(self, name, pin, power, ticks):
        self.name = name
        self.down = False
        self.when = 0
        self._pin, self._power, self._ticks = pin, power, ticks
        self._edge = -1
        self._more = 0  # what is still to be told
        pin.irq(self._interrupt, pin.IRQ_FALLING)

    def _interrupt(self, pin):
        if self._edge < 0:
            self._edge = self._ticks()

    @property
    def stirred(self):
        """Whether `changed` may have something to tell."""
        return self._edge >= 0 or self._more > 0

    def changed(self):
        if not self._pin():
            edge, self._edge = self._edge, -1
            self._more |= self._power.clear()
            self.when = edge if edge >= 0 else self._ticks()
        wanted = _RELEASED if self.down else _PRESSED
        if not self._more & wanted:
            self._more = 0  # an edge without the other before it
            return False
        self._more &= ~wanted
        self.down = not self.down
        return True


class OneButton:
    """Three buttons out of one, for boards that have no other and no touch.

    A press that nothing follows is a press of "a". Two presses are "b". A press and then one held for a second is "c".
    Holding is holding "a" from the first moment, whatever it was meant to be, so SOS is never later than elsewhere.
    taker: button(name, down) and let_go()."""

    def __init__(self, taker):
        self._taker = taker
        self._count = 0  # presses in this group
        self._since = 0
        self._down = False

    def button(self, down, when):
        """The one button went down or up at `when`."""
        held = (when - self._since) & _TICKS
        self._since, self._down = when, down
        if down:
            self._count += 1
            if self._count == 1:
                self._taker.button("a", True)
        elif self._count == 1:
            if held >= _SHORT:
                self._end()
        else:
            self._taker.let_go()
            self._count = 0
            self._taker.button("b" if held < _SHORT else "c", True)
            self._taker.button("b" if held < _SHORT else "c", False)

    def _end(self):
        self._count = 0
        self._taker.button("a", False)

    def step(self, now):
        """Whether a press was followed by another is known after a while. Milliseconds until then, or -1."""
        if self._down or not self._count:
            return -1
        left = _GAP - ((now - self._since) & _TICKS)
        if left > 0:
            return left
        self._end()
        return -1
