"""Trusted time: wall time, powered time and trust are three separate values.

Wall time is whole seconds since 2020-01-01T00:00Z (ESP32 small ints have 31 bits; epochs differ by port). Powered time
is whole seconds this watch has been running in its life: it never jumps and never runs backwards, so lock-outs and
windows count it. Trust says what the wall time is worth:

    set    a guardian session set it, or a battery-backed RTC kept it
    stale  resumed at the last journalled time: it may be late, it is never early
    none   never set
"""

from micropython import const

SET = "set"
STALE = "stale"
NONE = "none"

_DAY = const(86400)
_MONTHS_BEFORE = (0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334)


def month_of(day):
    """Months since January 2020 of a day counted from 2020-01-01 (proleptic Gregorian, good for 2020-2099)."""
    years = day * 4 // 1461  # the four-year cycle of 1,461 days begins with the leap year 2020
    if years * 365 + (years + 3) // 4 > day:
        years -= 1
    rest = day - years * 365 - (years + 3) // 4
    if years % 4 == 0:
        if rest == 59:
            return years * 12 + 1
        if rest > 59:
            rest -= 1
    month = 11
    while _MONTHS_BEFORE[month] > rest:
        month -= 1
    return years * 12 + month


class Clock:
    """The watch's time. Only `tick` moves it by itself; `set` is a guardian's act."""

    def __init__(self):
        self.wall = 0
        self.powered = 0
        self.trust = NONE
        self.started = 0  # powered time at which this run of the watch began: what was open before was cut off
        self.zone = 0  # minutes east of UTC: the guardian's zone, fixed in the policy
        # While the time is not trusted a new day begins only after 24 h of powered time since this anchor.
        self._anchor_day = 0
        self._anchor_powered = 0

    def start(self, wall, powered, trust):
        """Begin after boot, with what storage and the RTC say."""
        self.wall = wall
        self.powered = powered
        self.trust = trust

    def anchor(self, day, powered):
        """Remember when the last journalled day began."""
        self._anchor_day = day
        self._anchor_powered = powered

    def tick(self, seconds):
        """Let `seconds` of powered time pass."""
        self.wall += seconds
        self.powered += seconds

    def set(self, wall):
        """The guardian sets the time, forwards or back (both honest mistakes exist)."""
        self.wall = wall
        self.trust = SET

    def day_at(self, wall):
        """Day number of a wall time in the guardian's zone."""
        return (wall + self.zone * 60) // _DAY

    def day(self):
        """Today's number, from 2020-01-01 = 0, in the guardian's zone."""
        if self.trust == SET:
            return self.day_at(self.wall)
        return self._anchor_day + (self.powered - self._anchor_powered) // _DAY

    def month(self):
        """This month's number, from January 2020 = 0, in the guardian's zone."""
        return month_of(self.day())


class Span:
    """A bounded time that ends at the earlier of two clocks: wall time (where trusted) or powered time.

    A clock put back cannot lengthen it, and a watch that lies switched off does not keep it open."""

    def __init__(self, wall_until, powered_until):
        self.wall_until = wall_until
        self.powered_until = powered_until

    def over(self, clock):
        return clock.powered >= self.powered_until or (clock.trust == SET and clock.wall >= self.wall_until)
