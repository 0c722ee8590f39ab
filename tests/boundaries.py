"""A table of limits: for every number that a guardian can set, and for every time that is fixed in the code, what
happens below it, at it and above it (tests/test_boundaries.py runs it).

A boundary of a setting is a function that gets the limit and writes the steps of a scenario around it: what still
passes at the limit, and what no longer does. Of a fixed time there is a scenario already; its name stands here.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from host_tools.settings import load_settings

ROOT = Path(__file__).resolve().parent.parent
TABLE: dict[str, dict[str, Any]] = {row["key"]: row for row in load_settings()["setting"]}

PEOPLE = """
[people.mama]
standing = "guardian"
[people.ming]
standing = "friend"
[people.bao]
standing = "friend"
[people.wei]
standing = "friend"
[people.lan]
standing = "friend"
[people.lin]
standing = "asked"
[people.mo]
standing = "asked"
[people.yan]
standing = "asked"
[people.xu]
"""


class Boundary(NamedTuple):
    """write(limit) -> steps, parted by blank lines; before: steps by which a guardian has prepared the watch; values:
    of other settings."""

    key: str
    limit: int
    write: Callable[[int], str]
    before: str
    values: dict[str, int]


BOUNDARIES: dict[str, Boundary] = {}
# No request is decided by these; the test that shows what they do.
ELSEWHERE = {"network.check_minutes": "tests/carriers/test_radio.py"}


def boundary(
    key: str, limit: int, before: str = "", **values: int
) -> Callable[[Callable[[int], str]], Callable[[int], str]]:
    """Enter the function as the boundary of a setting. values: other settings, with __ for the dot."""

    def enter(write: Callable[[int], str]) -> Callable[[int], str]:
        others = {name.replace("__", "."): value for name, value in values.items()}
        BOUNDARIES[key] = Boundary(key, limit, write, before, others)
        return write

    return enter


def around(key: str, by: int = 0) -> str:
    """The scenario around a setting's limit; by: the watch has another limit than the steps are written for."""
    one = BOUNDARIES[key]
    values = ", ".join('"%s" = %d' % item for item in {**one.values, key: one.limit + by}.items())
    opened = 'host_login = true\n\npolicy = { values = { %s }, channel = "host" }\n%s' % (values, _YES)
    steps = "\n\n".join((one.before, opened, one.write(one.limit)))
    return 'title = "around %s"\n%s\n%s' % (key, PEOPLE, _scenario_steps(steps, TABLE[key]["rows"]))


def at_the_bounds(band: int, born: str) -> str:
    """The scenario in which a guardian tries each setting's smallest and largest value, and those beyond."""
    steps = ["host_login = true"]
    for key, row in TABLE.items():
        low, top = row.get("min", 0), row["max"][band] if isinstance(row["max"], list) else row["max"]
        for value in (low - 1, top + 1, low, top):
            ends = _YES if low <= value <= top else 'expect = { bad = "%s" }' % key
            steps.append('policy = { values = { "%s" = %d }, channel = "host" }\n%s' % (key, value, ends))
    head = 'title = "all bounds of band %d"\n[setup]\nborn = "%s"\n' % (band, born)
    return head + _scenario_steps("\n\n".join(steps), ["E8", "D2"])


def _scenario_steps(text: str, rows: list[str]) -> str:
    """Steps as TOML; a blank line parts them, and those that check something name the rows."""
    named = "rows = [%s]" % ", ".join('"%s"' % row for row in rows[:3])
    steps = []
    for step in text.split("\n\n"):
        lines = [line.strip() for line in step.split("\n") if line.strip()]
        checks = any(line.split(" ")[0] in _CHECKS for line in lines)
        if lines:
            steps.append("\n".join(["[[step]]", *lines, named if checks else "", ""]))
    return "\n".join(steps)


_CHECKS = ("expect", "state", "usage", "packages", "journal", "seen", "reports", "clock", "answer", "grade", "setting")
_YES = 'expect = { verdict = "allow" }'


def _no(reason: str, more: str = "") -> str:
    return 'expect = { verdict = "deny", reason = "%s"%s }' % (reason, more)


def _in_days(days: int, time: str = "00:00:00") -> str:
    """The local time so many days after the Monday on which the watch is set up."""
    return (datetime(2026, 9, 7) + timedelta(days=days)).strftime("%Y-%m-%d ") + time


def _minute(of_day: int, second: int = 0) -> str:
    """A minute of the day as hours and minutes, moved by some seconds."""
    seconds = of_day * 60 + second
    return "%02d:%02d:%02d" % (seconds // 3600, seconds // 60 % 60, seconds % 60)


def _many(count: int, step: Callable[[int], str]) -> str:
    return "\n\n".join(step(number) for number in range(1, count + 1))


# --- contacts and messages


@boundary("contacts.cap", 10)  # the eight people of the table are there already
def _(limit: int) -> str:
    def ask(number: int) -> str:
        yes = 'expect = { verdict = "allow", obligations = ["ask_other_side"] }'
        card = 'name = "New", address = "new%d", key = "%s"' % (number, "%02x" % number * 32)
        return 'ask = { kind = "contacts.ask", %s }\n%s' % (card, yes if number + 8 <= limit else _no("contacts.full"))

    return _many(limit + 1 - 8, ask)


@boundary("contacts.pending_days", 3)
def _(limit: int) -> str:
    agreed = 'ask = { kind = "contacts.agreed", address = "{%s}", mac = "{%s.agreement}" }\n%s'
    return """
        at = "%s"

        %s

        at = "%s"

        %s

        at = "%s"

        %s
    """ % (
        _in_days(limit - 1), agreed % ("lin", "lin", _YES),
        _in_days(limit - 1, "23:59:59"), agreed % ("mo", "mo", _YES),
        _in_days(limit), agreed % ("yan", "yan", _no("contacts.unknown")),
    )  # fmt: skip


@boundary("contacts.groups", 2)
def _(limit: int) -> str:
    add = 'ask = { kind = "contacts.group_add", group = 0, address = "{%s}", channel = "host" }\n'
    names = ("ming", "bao", "wei", "lan")
    yes = 'expect = { verdict = "allow", records = ["contacts.grouped"] }'
    return _many(limit + 1, lambda n: add % names[n - 1] + (yes if n <= limit else _no("contacts.group_full")))


_BY_SEVERITY = {1: "you are stupid", 2: "nobody likes you, go away", 3: "you should kill yourself"}


@boundary("messages.collapse_from", 2, alerts__severity_from=1)
def _(limit: int) -> str:
    """Each severity from somebody else: the grade of the one does not weigh on the next."""
    who = {1: "ming", 2: "bao", 3: "wei"}

    def one(severity: int) -> str:
        notices = '"collapsed", "offer_help"' if severity >= limit else '"warning", "message"'
        text = 'message = { from = "%s", text = "%s" }\n' % (who[severity], _BY_SEVERITY[severity])
        return text + "seen = { notices = [%s] }" % notices

    return _many(3, one)


@boundary("alerts.severity_from", 2)
def _(limit: int) -> str:
    who = {1: "ming", 2: "bao", 3: "wei"}

    def one(severity: int) -> str:
        first = 'message = { from = "%s", text = "you are stupid" }\n\n' % who[severity]
        text = first + 'message = { from = "%s", text = "%s" }\n' % (who[severity], _BY_SEVERITY[severity])
        return text + 'journal = { count = { "alerts.raised" = %d } }' % max(severity - limit + 1, 0)

    return _many(3, one)


@boundary("messages.think_seconds", 7)
def _(limit: int) -> str:
    write = 'write = { to = "ming", text = "you are stupid", confirmed = true }\n'
    sent = 'expect = { verdict = "allow", obligations = ["send"] }'
    return """
        write = { to = "ming", text = "you are stupid" }
        %s

        advance = "%ds"

        %s%s

        advance = "1s"

        %s%s

        write = { to = "ming", text = "you are stupid" }

        advance = "%ds"

        %s%s
    """ % (
        _no("messages.think", ", wait = %d" % limit), limit - 1, write, _no("messages.think", ", wait = 1"),
        write, sent, limit + 1, write, sent,
    )  # fmt: skip


@boundary("messages.keep_days", 2)
def _(limit: int) -> str:
    """The key of a month goes when its last day has been kept so long."""
    opened = 'open = { message = "late" }\n'
    return """
        at = "2026-09-30 23:50:00"

        message = { from = "ming", text = "see you at the lake" }
        as = "late"

        at = "2026-10-%02d 12:00:00"

        %sseen = { notices = ["message", "opened"] }

        at = "2026-10-%02d 23:59:59"

        %sseen = { notices = ["opened"] }

        at = "2026-10-%02d 00:00:01"

        %s%s
    """ % (limit - 1, opened, limit, opened, limit + 1, opened, _no("content_access.gone"))


# --- network

_ENDPOINT = 'purpose = "messages", host = "127.0.0.1", port = 1883, name = "", authority = ""'
_WIFI = (
    """
    host_login = true

    ask = { kind = "network.wifi", name = "herons", password = "seven grey herons", channel = "host" }

    ask = { kind = "network.endpoint", %s, account = "", secret = "", path = "", channel = "host" }
"""
    % _ENDPOINT
)


def _radio(time: str, on: bool) -> str:
    ends = _YES if on else _no("network.rests")
    return 'at = "%s"\n\nask = { kind = "network.radio", why = "wanted" }\n%s' % (time, ends)


@boundary("network.off_from", 1290, _WIFI, network__off_to=390)
def _(limit: int) -> str:
    times = (
        (_minute(limit - 1), True),
        (_minute(limit, -1), True),
        (_minute(limit), False),
        (_minute(limit + 1), False),
    )
    return "\n\n".join(_radio(time, on) for time, on in times)


@boundary("network.off_to", 390, _WIFI, network__off_from=1290)
def _(limit: int) -> str:
    times = (
        (_minute(limit - 1), False),
        (_minute(limit, -1), False),
        (_minute(limit), True),
        (_minute(limit + 1), True),
    )
    return "\n\n".join(_radio("2026-09-08 " + time, on) for time, on in times)


# --- blocking


@boundary("blocking.undo_seconds", 6)
def _(limit: int) -> str:
    def one(number: int) -> str:
        who, after = ("ming", "bao", "wei")[number - 1], limit - 2 + number
        undone = 'expect = { verdict = "allow", obligations = ["show"] }'
        return """
            press = { party = "%s", place = "contact" }

            advance = "%ds"

            undo = { party = "%s" }
            %s
        """ % (who, after, who, undone if after <= limit else _no("blocking.too_late"))

    return _many(3, one)


@boundary("blocking.burst", 4)
def _(limit: int) -> str:
    flood = 'flood = { from = "xu", text = "hello there", count = %d }\nstate = { mode = "%s" }'
    return "\n\n".join((flood % (limit - 1, ""), flood % (1, "protective"), flood % (1, "protective")))


@boundary("blocking.calm_minutes", 61)
def _(limit: int) -> str:
    return """
        flood = { from = "xu", text = "hello there", count = 5 }
        state = { mode = "protective" }

        advance = "%dm"
        state = { mode = "protective" }

        advance = "59s"
        state = { mode = "protective" }

        advance = "1s"
        state = { mode = "" }

        advance = "1m"
        state = { mode = "" }
    """ % (limit - 1)


@boundary("blocking.shield_days", 3)
def _(limit: int) -> str:
    return """
        ask = { kind = "blocking.protect", mode = "shield" }

        at = "%s"
        state = { mode = "shield" }

        at = "%s"
        state = { mode = "shield" }

        advance = "1s"
        state = { mode = "" }

        at = "%s"
        state = { mode = "" }
    """ % (_in_days(limit - 1, "08:00"), _in_days(limit, "07:59:59"), _in_days(limit + 1, "08:00"))


@boundary("blocking.decay_days", 31)
def _(limit: int) -> str:
    return """
        flood = { from = "bao", text = "you are an idiot", count = 4, every = "11m" }
        grade = { bao = { grade = 2 } }

        at = "%s"
        grade = { bao = { grade = 2 } }

        at = "%s"
        grade = { bao = { grade = 2 } }

        advance = "1s"

        message = { from = "bao", text = "hello" }
        grade = { bao = { grade = 1 } }

        at = "%s"
        grade = { bao = { grade = 1 } }
    """ % (_in_days(limit - 1, "12:00"), _in_days(limit - 1, "23:59:59"), _in_days(limit + 1))


@boundary("evidence.keep_days", 31)
def _(limit: int) -> str:
    return """
        message = { from = "bao", text = "you are a loser" }

        press = { party = "bao", place = "conversation" }

        at = "%s"
        packages = [1]

        at = "%s"
        packages = [1]

        advance = "1s"

        step = true
        packages = []

        at = "%s"
        packages = []
    """ % (_in_days(limit - 1, "12:00"), _in_days(limit - 1, "23:59:59"), _in_days(limit + 1))


# --- guardians


@boundary("credentials.tries", 4)
def _(limit: int) -> str:
    def wrong(number: int) -> str:
        return "pin = false\n" + _no("credentials.wrong", ", wait = %d" % (0 if number < limit else 60))

    return _many(limit, wrong) + "\n\npin = false\n" + _no("credentials.locked", ", wait = 60")


@boundary("credentials.proof_seconds", 100)
def _(limit: int) -> str:
    """Each second with a proof of its own, and with something that needs one."""
    asked = ("contacts.mode", 2), ("contacts.unknown", 1), ("contacts.groups", 2)

    def one(number: int) -> str:
        after = limit - 2 + number
        ends = _YES if after < limit else _no("credentials.proof_needed")
        policy = 'policy = { values = { "%s" = %d }, channel = "host" }' % asked[number - 1]
        return 'host_login = true\n\nadvance = "%ds"\n\n%s\n%s' % (after, policy, ends)

    return _many(3, one)


@boundary("administration.grant_minutes", 30)
def _(limit: int) -> str:
    ask = (
        'ask = { kind = "administration.grant", key = "contacts.unknown", value = 1, minutes = %d, channel = "host" }\n'
    )
    too_long = _no("administration.grant_too_long")
    return "\n\n".join(
        (
            ask % (limit - 1) + _YES, ask % limit + _YES, ask % (limit + 1) + too_long,
            'advance = "%dm"' % (limit - 1), 'advance = "59s"\nsetting = { "contacts.unknown" = 1 }',
            'advance = "1s"\nsetting = { "contacts.unknown" = 0 }',
        )
    )  # fmt: skip


@boundary("administration.clock_tolerance", 60)
def _(limit: int) -> str:
    def hint(seconds: int) -> str:
        wall = (datetime(2026, 9, 7, 8) + timedelta(seconds=seconds)).strftime("%Y-%m-%d %H:%M:%S")
        ends = _YES if abs(seconds) <= limit else _no("administration.clock_not_yours")
        return 'ask = { kind = "administration.time_hint", wall = "{wall %s}" }\n%s' % (wall, ends)

    return "\n\n".join(hint(sign * (limit + by)) for sign in (1, -1) for by in (-1, 0, 1))


@boundary("administration.zone_minutes", 481)
def _(limit: int) -> str:
    """The guardian's midnight, a minute earlier than the clock of China's."""
    return """
        at = "2026-09-07 23:58:59"
        clock = { day = 2441 }

        advance = "1s"
        clock = { day = 2442 }

        advance = "1m"
        clock = { day = 2442 }
    """


_KEY = 'host_login = true\n\napproval_key = { channel = "host" }'


@boundary("approval.per_day", 4, _KEY, approval__minutes=5)
def _(limit: int) -> str:
    def ask(number: int) -> str:
        yes = 'expect = { verdict = "allow", obligations = ["show_request"] }'
        ends = yes if number <= limit else _no("approval.tomorrow")
        return 'ask_approval = { what = "payment", value = 1 }\n%s\n\nadvance = "5m"' % ends

    return _many(limit + 1, ask)


@boundary("approval.minutes", 10, _KEY)
def _(limit: int) -> str:
    asked = _many(3, lambda number: 'ask_approval = { what = "payment", value = 5, name = "nr%d" }' % number)
    yes = 'expect = { verdict = "allow", obligations = ["show_approved"] }'
    return """
        %s

        advance = "%dm"

        code = { name = "nr1" }
        %s

        advance = "59s"

        code = { name = "nr2" }
        %s

        advance = "1s"

        code = { name = "nr3" }
        %s
    """ % (asked, limit - 1, yes, yes, _no("approval.unknown"))


# --- minutes and hours


@boundary("usage.daily_minutes", 45, usage__rest_after=60)
def _(limit: int) -> str:
    return """
        use = "other"
        expect = { verdict = "allow", wait = %d }

        advance = "%dm"
        usage = { front = "other", minutes = 1, why = "usage.limit" }

        advance = "59s"
        usage = { front = "other", minutes = 0, next = 1 }

        advance = "1s"
        usage = { front = "", mode = "limit", used = %d }

        use = "other"
        %s
    """ % (limit * 60, limit - 1, limit * 60, _no("usage.limit"))


@boundary("usage.share", 50, usage__rest_after=60)
def _(limit: int) -> str:
    """Of sixty minutes."""
    return """
        use = "other"
        expect = { verdict = "allow", wait = %d }

        advance = "%ds"
        usage = { front = "other", next = 1 }

        advance = "1s"
        usage = { front = "", mode = "limit" }

        advance = "1s"
        usage = { front = "", mode = "limit", used = %d }
    """ % (limit * 36, limit * 36 - 1, limit * 36)


@boundary("usage.rest_after", 25)
def _(limit: int) -> str:
    return """
        use = "other"

        advance = "%dm"
        usage = { front = "other", why = "usage.rest" }

        advance = "59s"
        usage = { front = "other", next = 1 }

        advance = "1s"
        usage = { front = "", mode = "rest" }

        use = "education"
        %s
    """ % (limit - 1, _no("usage.rest"))


@boundary("usage.rest_gap", 7, usage__daily_minutes=120)
def _(limit: int) -> str:
    used = 'use = "other"\n\nadvance = "10m"\n\nleave = true\n\nadvance = "%ds"\n\nuse = "other"\n%s\n\nleave = true'
    pause = '\n\nadvance = "1h"\n\n'
    return pause.join(
        used % (limit * 60 + by, 'expect = { verdict = "allow", wait = %d }' % (1800 if by >= 0 else 1200))
        for by in (-1, 0, 1)
    )


def _closes(minute: int, cls: str, reason: str, day: str = "") -> str:
    """A class that is open until a minute of the day: one second before it, then it and the next."""
    return """
        at = "%s%s"

        use = "%s"
        %s

        leave = true

        advance = "1s"

        use = "%s"
        %s

        advance = "1s"

        use = "%s"
        %s
    """ % (
        day, _minute(minute, -1), cls, 'expect = { verdict = "allow", obligations = ["warn"], reason = "%s" }' % reason,
        cls, _no(reason), cls, _no(reason),
    )  # fmt: skip


def _opens(minute: int, cls: str, reason: str, day: str = "") -> str:
    return """
        at = "%s%s"

        use = "%s"
        %s

        advance = "1s"

        use = "%s"
        %s

        leave = true

        advance = "1s"

        use = "%s"
        %s
    """ % (day, _minute(minute, -1), cls, _no(reason, ", wait = 1"), cls, _YES, cls, _YES)


@boundary("usage.curfew_from", 1290)
def _(limit: int) -> str:
    return _closes(limit, "other", "usage.curfew")


@boundary("usage.curfew_to", 390)
def _(limit: int) -> str:
    return _opens(limit, "other", "usage.curfew", "2026-09-08 ")


@boundary("usage.weekday_from", 600)
def _(limit: int) -> str:
    return _opens(limit, "other", "usage.period", "2026-09-11 ")


@boundary("usage.weekday_to", 1140)
def _(limit: int) -> str:
    return _closes(limit, "other", "usage.period", "2026-09-11 ")


@boundary("usage.weekend_from", 600)
def _(limit: int) -> str:
    return _opens(limit, "other", "usage.period", "2026-09-12 ")


@boundary("usage.weekend_to", 1140)
def _(limit: int) -> str:
    return _closes(limit, "other", "usage.period", "2026-09-13 ")


@boundary("usage.school_from", 500, usage__school=1)
def _(limit: int) -> str:
    return _closes(limit, "system", "usage.school", "2026-09-08 ")


@boundary("usage.school_to", 960, usage__school=1)
def _(limit: int) -> str:
    return _opens(limit, "system", "usage.school").replace(", wait = 1", "")


# --- money

_WALLET = 'wallet = { values = { "payments.single_limit" = 1000 } }'
_PAID = 'expect = { verdict = "allow", obligations = ["confirm"] }'


def _buy(amount: int, ends: str) -> str:
    return 'buy = { at = "kiosk", amount = %d }\n%s' % (amount, ends)


@boundary("payments.single_limit", 700, _WALLET)
def _(limit: int) -> str:
    ends = _PAID, _PAID, _no("payments.single_limit")
    return "\n\nvoid = {}\n\n".join(_buy(limit - 1 + by, ends[by]) for by in range(3))


def _total(limit: int, reason: str) -> str:
    """A total that stands two below its limit: three more is too much, one and one more are not, then nothing is."""
    return "\n\n".join(
        (
            _buy(1000, _PAID), "capture = {}", _buy(limit - 1002, _PAID), "capture = {}", _buy(3, _no(reason)),
            _buy(1, _PAID), "capture = {}", _buy(1, _PAID), "capture = {}", _buy(1, _no(reason)),
        )
    )  # fmt: skip


@boundary("payments.daily_limit", 1500, _WALLET)
def _(limit: int) -> str:
    return _total(limit, "payments.daily_limit")


@boundary("payments.monthly_limit", 1600, _WALLET)
def _(limit: int) -> str:
    return _total(limit, "payments.monthly_limit")


# --- position, microphone and camera


def _consented(purpose: str) -> str:
    return 'host_login = true\n\nconsent = { purpose = "%s", channel = "host" }' % purpose


_LOCATED = _consented("location") + '\n\nreport_key = "host"\n\nplace = [3990415, 11640738, 12, 3]'


@boundary("location.looks_per_hour", 3, _LOCATED)
def _(limit: int) -> str:
    """The looks lie apart by their part of the hour: none a second before."""
    once = 'reports = [{ why = "interval" }]'
    return """
        advance = "1s"
        %s

        advance = "%ds"
        reports = []

        advance = "1s"
        %s

        advance = "1s"
        reports = []
    """ % (once, 3600 // limit - 2, once)


_MAPS = _LOCATED + '\n\nask = { kind = "location.app", app = "maps", allowed = true, channel = "host" }'


@boundary("location.keep_hours", 5, _MAPS, location__on_request=1, location__apps=1)
def _(limit: int) -> str:
    rough = 'app_asks = "maps"\nanswer = { given = [3990500, 11641000] }'
    return """
        look = "host"

        step = true

        advance = "%dh"

        %s

        advance = "59m59s"

        %s

        advance = "1s"

        host_login = true

        history = "host"
        answer = { given = [] }

        advance = "1s"

        history = "host"
        answer = { given = [] }
    """ % (limit - 1, rough, rough)


def _recorded(owner: str, device: str, purpose: str, limit: int) -> str:
    """One second less, the limit, one more; and what is open closes by itself."""
    ask = 'record = { owner = "%s", device = "%s", purpose = "%s", seconds = %%d }\n' % (owner, device, purpose)
    opened = 'journal = { count = { "capture.opened" = %d } }'
    return "\n\n".join(
        (
            ask % (limit - 1) + opened % 1, 'close = "%s"' % owner, ask % limit + opened % 2, 'close = "%s"' % owner,
            ask % (limit + 1) + _no("capture.too_long"),
        )
    )  # fmt: skip


@boundary("capture.voice_seconds", 20, _consented("voice"))
def _(limit: int) -> str:
    return _recorded("messages", "mic", "voice_message", limit)


@boundary("capture.photo_seconds", 20, _consented("photo"))
def _(limit: int) -> str:
    return _recorded("camera", "camera", "photo", limit)


# --- content and assistant


@boundary(
    "content.stale_days", 8, 'host_login = true\n\ntrust = { who = "pool", channel = "host" }', content__stories=1
)
def _(limit: int) -> str:
    said = 'wake = true\njournal = { count = { "content.stale" = %d } }'
    return """
        item = { id = "tale", keep_days = 100, age_days = 0, body = "a long tale" }

        at = "%s"

        %s

        at = "%s"

        %s

        at = "%s"

        %s
    """ % (
        _in_days(limit - 1, "12:00"), said % 0, _in_days(limit, "12:00"), said % 0,
        _in_days(limit + 1, "12:00"), said % 1,
    )  # fmt: skip


_TALK = "assistant = {}"
_OPENED = 'expect = { verdict = "allow", obligations = ["remind_ai", "open"]%s }'


@boundary("assistant.talks", 3, _TALK, assistant__cool_minutes=1)
def _(limit: int) -> str:
    def talk(number: int) -> str:
        ends = _OPENED % "" if number <= limit else _no("assistant.conversations")
        return 'talk = {}\n%s\n\nstop_button = true\n\nadvance = "1m"' % ends

    return _many(limit + 1, talk)


@boundary("assistant.turns", 3, _TALK)
def _(limit: int) -> str:
    def say(number: int) -> str:
        duties = '"remind_ai", "ask_provider"' if number == limit else '"ask_provider"'
        yes = 'expect = { verdict = "allow", obligations = [%s] }' % duties
        ends = yes if number <= limit else _no("assistant.turns")
        return 'say = "What is %d?"\n%s\n\nstep = true' % (number, ends)

    return "talk = {}\n\n" + _many(limit + 1, say)


_LAST = 'say = "Still there?"\n%s'
_ANSWERED = 'expect = { verdict = "allow", obligations = ["remind_ai", "ask_provider"], wait = 1 }'


@boundary("assistant.talk_minutes", 4, _TALK)
def _(limit: int) -> str:
    return 'talk = {}\n%s\n\nadvance = "%ds"\n\n%s\n\nstep = true\n\nadvance = "1s"\n\n%s' % (
        _OPENED % (", wait = %d" % (limit * 60)),
        limit * 60 - 1,
        _LAST % _ANSWERED,
        _LAST % _no("assistant.closed"),
    )


@boundary("assistant.day_minutes", 6, _TALK, assistant__cool_minutes=1, assistant__talk_minutes=5)
def _(limit: int) -> str:
    return """
        talk = {}

        advance = "5m"

        advance = "1m"

        talk = {}
        %s

        advance = "%ds"

        %s

        step = true

        advance = "1s"

        %s

        advance = "1m"

        talk = {}
        %s
    """ % (
        _OPENED % (", wait = %d" % ((limit - 5) * 60)), (limit - 5) * 60 - 1,
        _LAST % _ANSWERED.replace('"remind_ai", ', ""), _LAST % _no("assistant.closed"), _no("assistant.minutes"),
    )  # fmt: skip


@boundary("assistant.cool_minutes", 3, _TALK)
def _(limit: int) -> str:
    return """
        talk = {}

        stop_button = true

        advance = "%ds"

        talk = {}
        %s

        advance = "1s"

        talk = {}
        %s

        stop_button = true

        advance = "%ds"

        talk = {}
        %s
    """ % (limit * 60 - 1, _no("assistant.cool_down", ", wait = 1"), _OPENED % "", limit * 60 + 1, _OPENED % "")


@boundary("assistant.extend_minutes", 6, _TALK)
def _(limit: int) -> str:
    ask = 'extend = { minutes = %d, channel = "host" }\n'
    return "\n\n".join((ask % (limit - 1) + _YES, ask % limit + _YES, ask % (limit + 1) + _no("assistant.too_long")))


@boundary("assistant.remind_minutes", 2, _TALK)
def _(limit: int) -> str:
    plain = 'expect = { verdict = "allow", obligations = ["ask_provider"] }'
    reminded = 'expect = { verdict = "allow", obligations = ["remind_ai", "ask_provider"] }'
    say = 'say = "What is %d?"\n%s\n\nstep = true'
    return 'talk = {}\n\nadvance = "%ds"\n\n%s\n\nadvance = "1s"\n\n%s\n\nadvance = "1s"\n\n%s' % (
        limit * 60 - 1, say % (1, plain), say % (2, reminded), say % (3, plain)
    )  # fmt: skip


# --- what no guardian can set


class Fixed(NamedTuple):
    """A time in the code: the scenario that notices it off by one, downwards ("-"), upwards ("+") or either way."""

    scenario: str
    sides: str = "-+"


# By module below firmware/policy and name. Of what counts for nobody outside the watch the reason stands here.
FIXED: dict[str, Fixed | str] = {
    "engine._FOLD_SECONDS": Fixed("engine/denials_fold"),
    "rules.apps._NOTE_SECONDS": Fixed("apps/last_use"),
    "rules.assistant._YEAR": Fixed("assistant/opened_by_a_guardian"),
    "rules.blocking._DAY_SECONDS": Fixed("blocking/protective_mode_24_hours"),
    "rules.blocking._WINDOW": Fixed("blocking/three_presses"),
    "rules.content._AGAIN_DAYS": Fixed("content/lessons"),
    "rules.content._WINDOW_SECONDS": Fixed("content/discovery"),
    "rules.content_access._BANNER": Fixed("content_access/the_child_is_told"),
    "rules.credentials._FRESH": Fixed("content_access/a_fresh_proof"),
    "rules.firmware.TRIAL_SECONDS": Fixed("firmware/a_day_confirms"),
    "rules.firmware._WELL_SECONDS": Fixed("firmware/update"),
    "rules.location._LOOK_DAYS": Fixed("location/looks_of_thirty_days"),
    "rules.location._OLD_FIX": Fixed("location/how_old_a_fix_may_be"),
    "rules.location._SOS_EVERY": Fixed("location/sos_half_an_hour"),
    "rules.location._SOS_SECONDS": Fixed("location/sos_half_an_hour", "+"),  # a position a minute: 1,799 s are as many
    "rules.payments._HOLD_SECONDS": Fixed("payments/held_for_half_an_hour"),
    "rules.usage._MORNING": Fixed("usage/games_at_night"),
    "rules.usage._NIGHT": Fixed("usage/games_at_night"),
    "rules.usage._ONLINE_FROM": Fixed("usage/online_games"),
    "rules.usage._ONLINE_TO": Fixed("usage/online_games"),
    "desk.consent._QUIET_DAYS": Fixed("consent/a_refusal_is_kept"),
    "desk.content_access._EMERGENCY": Fixed("content_access/emergency_grant"),
    "desk.credentials._RECOVERY_SECONDS": Fixed("credentials/recovery_takes_a_day"),
    "engine._RTC_SLACK": Fixed("administration/the_battery_backed_clock"),
    "engine._SAVE_SECONDS": "how often minutes are saved: tests/bypass and tests/faults cut the power between",
    "rules.assistant._SECONDS": "a column",
    "rules.location._HOUR": "the seconds of an hour",
    "rules.location._ONCE_SECONDS": "the receiver gives up before",
}


# Days and months: for each edge the scenario, and what it notices. "second": the guardian's midnight is a second off,
# either way; "day": so are the months by a day; "leap": there is no 29th of February.
CALENDAR = {
    "a day of the limits begins": ("payments/daily_limit", "second"),
    "a month of the limits begins": ("payments/monthly_limit", "second day"),
    "the 29th of February": ("payments/leap_day", "second day leap"),
    "a sitting over the 29th of February": ("usage/leap_day", "second"),
    "midnight": ("usage/midnights", "second"),
    "the month ends in another zone": ("payments/another_zone_at_the_end_of_a_month", "second day"),
    "summer time begins and ends, with money": ("payments/summer_time", "second"),
    "summer time begins over a birthday": ("administration/summer_time_over_a_birthday", "second day"),
    "the first day of the 8th birthday's month, and of the next": (
        "administration/the_month_of_the_eighth_birthday",
        "second day",
    ),
    "the first day of the 12th birthday's month, and of the next": (
        "administration/the_month_of_the_twelfth_birthday",
        "second day",
    ),
    "a birthday in the February of a leap year": ("administration/a_birthday_in_a_leap_february", "second day leap"),
    "payments open after the birthday's month": ("payments/from_eight_on", "second day"),
    "talks open after the birthday's month": ("assistant/never_under_eight", "second day"),
    "reading ends with the birthday's month": ("content_access/eighth_birthday", "second day"),
}
