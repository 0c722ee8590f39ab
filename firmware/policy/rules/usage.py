"""When the watch may be used, and for how long (requirements D40-D50, E12, X2-X4, X19, I14).

What is in the foreground is one *sitting* of a class. Classes stand in the order in which they are closed: a call
never, games first. Seconds are counted in powered time, so moving the clock neither gives nor takes any; a new day of
the guardian's zone brings new ones. Nothing here can touch a guardian, a call that is on, or the safety floor.

A sitting is one journal record when it begins and one when it ends. A sitting that a power cut broke off is charged up
to the next full minute of powered time: that is when the watch would have saved it, so the count is never below the
truth, and at most 60 seconds above it (D48).
"""

import json

from micropython import const

from firmware.policy.clock import SET, Span
from firmware.policy.decision import allow, deny, event
from firmware.policy.request import choice
from firmware.policy.rule import Rule
from firmware.policy.table import TAG
from firmware.policy.totals import Totals
from firmware.storage.journal import encode

_LIMIT = const("usage.limit")
_REST = const("usage.rest")
_CURFEW = const("usage.curfew")
_PERIOD = const("usage.period")
_SCHOOL = const("usage.school")
_CHARGING = const("usage.charging")
_GAMES_OFF = const("usage.games_off")
_GAME_HOURS = const("usage.game_hours")
_ONLINE_HOURS = const("usage.online_hours")
_CLOCK_UNKNOWN = const("usage.clock_unknown")
_TAMPERED = const("administration.tampered")

CLASSES = (
    "call",
    "safety",
    "communication",
    "system",
    "education",
    "exempt",
    "entertainment",
    "other",
    "game_offline",
    "game_online",
)
COMMUNICATION = const(2)  # from here on charging may close
SYSTEM = const(3)  # from here on school mode closes
_TIMED = const(4)  # from here on the time of day and the rest hold (X19)
_COUNTED = const(6)  # from here on the daily minutes hold (D46)
_OTHER = const(7)
_GAME = const(8)
_ONLINE = const(9)
NOTHING = const(-1)

_DAY = const(86400)
_SATURDAY = const(5)  # Monday is 0; the first day of 2020 was a Wednesday
_FRIDAY = const(4)
# D44: no setting and no exception reaches these.
_NIGHT = const(1320)
_MORNING = const(480)
_ONLINE_FROM = const(72000)
_ONLINE_TO = const(75600)

_DAYS_KEPT = const(8)
_USED = const(1)  # columns of the totals: seconds here, and on the child's other watches
_ELSEWHERE = const(2)


class Usage(Rule):
    """The sitting in the foreground, the seconds of the last days, and the seconds without a rest."""

    name = "usage"
    FORMS = """
start class=s16
stop
charging on=b
elsewhere day=i65535 seconds=i86400
at_school address=s64 allowed=b channel?=s8
"""

    def __init__(self, context):
        super().__init__(context)
        self.front = NOTHING  # number of the class; one below _TIMED lives in RAM only, as nobody counts it
        self._since = 0  # powered time at which the sitting began, and its day
        self._day = 0
        self._streak = 0  # seconds without a rest when it began, or when the last one ended at `_rested`
        self._rested = [0, 0]  # wall and powered time
        self._days = Totals(_DAYS_KEPT, _DAY, 2)
        self.marked = b""  # tags of the contacts that pass in school mode (D47)
        self.charging = False  # as the charger's input says now
        self._alive = False  # the sitting was begun since the last boot: none before the first `start`
        self._warned = 9  # the last warning for this sitting, in minutes

    # --- for the other rules, services and screens

    def quiet(self, tag):
        """The reason why a contact who is no guardian must wait now (school, charging), or ""."""
        left, why, _ = self.left(SYSTEM)
        return why if left <= 0 and not (why == _SCHOOL and self.marked.find(tag) % TAG == 0) else ""

    def marked_but(self, tag):
        """The tags of the marked contacts without one of them."""
        tags = [self.marked[at : at + TAG] for at in range(0, len(self.marked), TAG)]
        return b"".join([other for other in tags if other != tag])

    def forget(self, tag):
        """A contact has been removed: the mark goes with it."""
        self.marked = self.marked_but(tag)

    def used(self, day):
        """Seconds that count on a day, without the sitting that runs."""
        return self._days.counted(day, _USED, self.context.clock.powered)

    def days(self):
        """[day, seconds here, seconds on the child's other watches] of the last days."""
        return [row[:3] for row in self._days.rows]

    def elsewhere(self, day):
        """Seconds used on a day on the child's other watches."""
        row = self._days.find(day)
        return row[_ELSEWHERE] if row else 0

    def state(self):
        """(mode, minutes left today, seconds until the next change, its reason) as a metered app would find it.

        mode: "free", or what closes it, as in the reasons' names ("limit", "rest", "curfew", "school", ...)."""
        left, why, wait = self.left(_OTHER)
        today = self._today(self.context.settings.__getitem__, self.context.clock.day())
        return why.split(".")[1] if left <= 0 else "free", max(today, 0) // 60, left if left > 0 else wait, why

    def left(self, cls):
        """(seconds until a class closes, for which reason, seconds until it may open again where that is known).

        0 or less: it is closed now. A day and "": nothing closes it before midnight."""
        settings, clock = self.context.settings, self.context.clock
        found = self._nearest(cls, settings.__getitem__)
        for key, _, wall_until, powered_until in self.context.rules["administration"].grants:
            if key.startswith("usage."):  # when an exception ends, what it held open closes: that is warned of too
                ends = min(wall_until - clock.wall, powered_until - clock.powered)
                after = self._nearest(cls, settings.lasting)
                if max(ends, after[0]) < found[0]:
                    found = max(ends, after[0]), after[1], 0
        return found

    # --- what closes a class, and when

    def _nearest(self, cls, get):
        found = _DAY, "", 0
        for bound in self._bounds(cls, get):
            if bound[0] < found[0]:
                found = bound
        return found

    def _bounds(self, cls, get):
        """Every bound that holds for a class, as `left` gives it. get(key) -> the setting."""
        context, clock = self.context, self.context.clock
        if self.charging and cls >= COMMUNICATION:
            mode = get("usage.charging")
            if mode < 2 and cls >= COMMUNICATION + 2 * mode:
                yield 0, _CHARGING, 0
        if cls >= _TIMED and context.rules["administration"].tampered:
            yield 0, _TAMPERED, 0
        if clock.trust != SET:
            if cls >= _TIMED:
                yield 0, _CLOCK_UNKNOWN, 0
            return
        if cls < SYSTEM:
            return
        day, now = clock.day(), (clock.wall + clock.zone * 60) % _DAY
        weekday = (day + 2) % 7
        if get("usage.school") and weekday < _SATURDAY:
            yield _window(now, get("usage.school_from"), get("usage.school_to"), _SCHOOL)
        if cls < _TIMED:
            return
        if cls >= _GAME:
            if get("usage.games") <= cls - _GAME:
                yield 0, _GAMES_OFF, 0
            yield _window(now, _NIGHT, _MORNING, _GAME_HOURS)
        if cls == _ONLINE and context.settings.profile[:2] not in ("eu", "us"):
            if weekday >= _FRIDAY and _ONLINE_FROM <= now < _ONLINE_TO:
                yield _ONLINE_TO - now, _ONLINE_HOURS, 0
            else:  # there is no list of public holidays on the watch: they open nothing
                yield 0, _ONLINE_HOURS, _ONLINE_FROM - now if weekday >= _FRIDAY and now < _ONLINE_FROM else 0
        if get("usage.curfew"):
            yield _window(now, get("usage.curfew_from"), get("usage.curfew_to"), _CURFEW)
        opens, closes = _period(get, weekday)
        if not opens <= now < closes:
            yield 0, _PERIOD, (opens - now) % _DAY
        elif closes < _DAY or _period(get, (weekday + 1) % 7)[0]:
            yield closes - now, _PERIOD, 0
        if cls >= _COUNTED:
            yield self._today(get, day), _LIMIT, _DAY - now
        gap = get("usage.rest_gap") * 60
        wait = self._rested[1] + gap - clock.powered
        yield get("usage.rest_after") * 60 - self._without_rest(gap), _REST, max(wait, 0)

    def _today(self, get, day):
        """Seconds left of the daily minutes, the running sitting included (D41, D49)."""
        limit, own = get("usage.daily_minutes") * 60, self.used(day)
        if self.front >= _COUNTED and self._day >= day:
            own += self._running()
        return min(limit * get("usage.share") // 100, limit - self.elsewhere(day)) - own

    def _running(self):
        """Seconds of the sitting so far; of one that a power cut broke off, up to when it would have been saved."""
        powered = self.context.clock.powered
        return (powered if self._alive else (powered // 60 + 1) * 60) - self._since

    def _without_rest(self, gap):
        """Seconds of use without a pause of `gap` seconds (D43)."""
        if self.front >= _TIMED:
            return self._streak + self._running()
        return 0 if Span(self._rested[0] + gap, self._rested[1] + gap).over(self.context.clock) else self._streak

    # --- requests

    def decide(self, verb, request):
        if verb == "start":
            return self._start(CLASSES.index(choice(request, "class", CLASSES)))
        if verb == "stop":
            return allow(self._change(NOTHING, ""), then=lambda: self._show(NOTHING, 9))
        if verb == "charging":
            on = request["on"]
            return allow(then=lambda: self._plug(on))
        return None

    def _start(self, cls):
        """May a class be, or stay, in the foreground? Asked at each step, as the warnings come with the answer."""
        left, why, wait = self.left(cls)
        if left <= 0:
            return deny(why, wait=wait)
        stays = cls == self.front and (self._alive or cls < _TIMED)
        before = self._warned if stays else 9
        level = 9 if left > 300 else 5 if left > 60 else 1
        decision = allow(
            () if stays else self._change(cls, ""),
            ("warn",) if level < before else (),
            reason=why if level < before else "ok",
            then=lambda: self._show(cls, level),
        )
        decision.wait = left
        return decision

    def _show(self, cls, warned):
        if cls < _TIMED:
            self.front = cls
        self._warned = warned
        self._alive = True

    def _plug(self, on):
        self.charging = on

    def _change(self, cls, why):
        """The events by which another class, or none, comes to the foreground; why the sitting before was closed."""
        if cls < _TIMED and self.front < _TIMED:
            return []
        seconds, streak = 0, self._without_rest(self.context.settings["usage.rest_gap"] * 60)
        if self.front >= _TIMED:
            seconds = max(self._running(), 1)  # or sittings of half a second would be free
            streak = self._streak + seconds
        name = CLASSES[cls] if cls >= _TIMED else ""
        return [event("usage.now", name, self.context.clock.day(), seconds, streak, why)]

    # --- time

    def step(self):
        if self.front >= _TIMED and not self._alive:
            return allow(self._change(NOTHING, "power_cut"))
        if self.front < SYSTEM:
            return None
        left, why, _ = self.left(self.front)
        if left <= 0:
            events = self._change(NOTHING, why)
            if self.front < _TIMED:
                self.front = NOTHING
            return allow(events)
        if self.front >= _TIMED and self._day != self.context.clock.day():
            return allow(self._change(self.front, ""))  # midnight: the seconds so far belong to the day before
        return None

    def due(self):
        if self.front < SYSTEM:
            return None
        clock = self.context.clock
        left = self.left(self.front)[0]
        if self.front < _TIMED and left >= _DAY:
            return None
        if left > 60:
            left -= 300 if left > 300 else 60  # the warnings
        return clock.powered + min(left, _DAY - (clock.wall + clock.zone * 60) % _DAY)

    # --- state

    def apply(self, verb, record):
        fields = record.fields
        if verb == "marked":
            self.marked = bytes.fromhex(fields[0])
            return
        if verb == "elsewhere":
            self._days.add(fields[0], _ELSEWHERE, fields[1] - self.elsewhere(fields[0]), record.powered)
            return
        name, day, seconds, self._streak, _ = fields
        if self.front >= _COUNTED:
            self._days.add(self._day, _USED, seconds, record.powered)
        if self.front >= _TIMED:
            self._rested = [record.t, record.powered]
        self.front = CLASSES.index(name) if name else NOTHING
        self._day, self._since = day, record.powered

    def snapshot(self):
        values = [self.front if self.front >= _TIMED else NOTHING, self._since, self._day, self._streak] + self._rested
        return bytes([len(self.marked)]) + self.marked + encode(values + self._days.dump())

    def restore(self, blob):
        at = 1 + blob[0]
        self.marked = blob[1:at]
        values = json.loads(blob[at:])
        self.front, self._since, self._day, self._streak = values[:4]
        self._rested = values[4:6]
        self._days.load(values[6:])


def _window(now, start, end, reason):
    """The bound of a time of day, in minutes and possibly across midnight, during which something is closed."""
    start *= 60
    end *= 60
    if start <= now < end if start < end else not end <= now < start:
        return 0, reason, (end - now) % _DAY
    return start - now if now < start else _DAY, reason, 0


def _period(get, weekday):
    """(from, to) in seconds of the day: when the guardian allows metered apps."""
    if weekday < _SATURDAY:
        return get("usage.weekday_from") * 60, get("usage.weekday_to") * 60
    return get("usage.weekend_from") * 60, get("usage.weekend_to") * 60
