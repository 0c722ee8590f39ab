"""Set-up, policy, exceptions, clock, tampering, lost mode and wiping: what only a guardian may do (D2-D7, D9, D12, I9,
B18).

Weakening needs a fresh proof of the owner each time; strengthening needs none. An older policy version is refused.
"""

import json

from micropython import const

from firmware.policy.clock import SET, Span, month_of
from firmware.policy.decision import allow, event
from firmware.policy.rule import Rule
from firmware.policy.rules import alerts
from firmware.policy.rules.credentials import VERIFIER
from firmware.storage.journal import encode

SET_UP_FIRST = "administration.set_up_first"
TAMPERED = "administration.tampered"
LOST = "administration.lost_mode"
GRANT_TOO_LONG = "administration.grant_too_long"

# Not damage, but a heap too small, a flash that does not answer, or a journal written by newer firmware.
UNREADABLE = ("memory", "flash", "kind")

YEAR = 12  # months
# Policies without a proof in 24 hours of powered time: the 65,535 numbers then last for eleven years, and no host can
# push what matters out of the journal with them.
_UNPROVED = const(16)
_DAY = const(86400)
NO_BIRTH = 9999  # "month of birth" of a child of whom only the age band was told: no birthday ever comes (X8)


def band_at(month, birth_month):
    """Age band 0, 1, 2 (3-8, 8-12, 12-14). What a higher age opens, opens on the first day of the next month (X8)."""
    age = month - birth_month
    return (1 if age > 8 * YEAR else 0) + (1 if age > 12 * YEAR else 0)


def is_private_at(month, birth_month):
    """True from the first day of the month of the 8th birthday: guardians no longer read messages (LPM 63, D27)."""
    return month - birth_month >= 8 * YEAR


class Administration(Rule):
    """The policy administration point's door on the watch."""

    name = "administration"
    FORMS = (
        """
policy version=i65535 issuer=s16 expires=i65535 values=l64 channel?=s8
grant key=s40 value=i65535 minutes=i1440 channel?=s8
end_grant key=s40 channel?=s8
clock wall=i channel?=s8
time_hint wall=i
floor region=s2 numbers=l4 channel?=s8
acknowledge channel?=s8
wipe channel?=s8
lost message=s80 channel?=s8
found channel?=s8
card text=s140 channel?=s8
band band=i2 channel?=s8
setup wall=i birth_year?=i2100 birth_month?=i12 band?=i2 profile=s16 language=s2 owner=s32 region=s2 numbers=l4 """
        + VERIFIER
        + "\n"
    )

    def __init__(self, context):
        super().__init__(context)
        self.credentials = context.rules["credentials"]
        self.is_set_up = False
        self.is_private = False  # the child is in or past the month of the 8th birthday
        self.version = 0
        self.tampered = ""  # code of the damage that no guardian has acknowledged yet
        self.owner = ""
        self.language = "zh"
        self.birth_month = 0  # months since January 2020, mostly negative, or NO_BIRTH
        self.lost = False  # the gate then lets little more through than the safety floor and guardians
        self.message = ""  # what a lost watch says to its finder
        self.card = ""  # the emergency card on the lock screen, as the guardian wrote it (I13)
        self.expires = 0
        self.expired = False
        self._unproved = [0, 0]  # policies without a proof since that powered time
        self.rtc_lost = False  # the battery-backed clock is not believed until a guardian sets the time
        self.rtc_differs = False  # it was found to show another time, which is not written down yet
        self.grants = []  # [key, value, wall_until, powered_until]
        self._day = 0  # the last journalled day, and when it began in powered time
        self._day_powered = 0

    def doubt(self, code, version):
        """The state is damaged: strict until the guardian acknowledges it, and never open to a new set-up.

        version: the highest policy version known from elsewhere; an older policy stays refused."""
        self.tampered = code
        self.version = max(self.version, version)
        if not self.is_set_up:
            self.is_set_up = self.is_private = True  # what is lost is taken to be the stricter
            self.birth_month = NO_BIRTH  # and no birthday comes to a child whose age is lost
        self._refresh()

    def room_unproved(self):
        """True if a policy that only makes stricter may come without a proof."""
        count, since = self._unproved
        return count < _UNPROVED or self.context.clock.powered - since >= _DAY

    def _refresh(self):
        settings = self.context.settings
        settings.strict = not self.is_set_up or self.tampered != "" or self.expired
        settings.refresh()
        self.context.clock.zone = settings["administration.zone_minutes"]

    # --- time

    def step(self):
        clock = self.context.clock
        if not self.is_set_up or self.tampered:
            return None
        events = []
        if (clock.trust != SET or self.rtc_differs) and not self.rtc_lost:
            events += [event("administration.clock_lost"), alerts.raised(alerts.CLOCK_LOST, b"")]
        day = clock.day()
        month = month_of(day)
        if day > self._day:
            events.append(event("administration.day", day))
        band = self.context.settings.band
        if self.birth_month != NO_BIRTH:  # also down: a clock that was years fast makes nobody older for good (D39)
            band = band_at(month, self.birth_month)
        private = 1 if self.is_private or is_private_at(month, self.birth_month) else 0
        if band != self.context.settings.band or bool(private) != self.is_private:
            events.append(event("administration.age", band, private))
        if self.expires and day >= self.expires and not self.expired:
            events.append(event("administration.expired", self.version))
        for key, _, wall_until, powered_until in self.grants:
            if Span(wall_until, powered_until).over(clock):
                events.append(event("administration.grant_end", key))
        return allow(events) if events else None

    def due(self):
        ends = [grant[3] for grant in self.grants]
        return min(ends) if ends else None

    # --- state

    def apply(self, verb, record):
        settings, fields = self.context.settings, record.fields
        if verb == "set_up":
            settings.profile, settings.band = fields[0], fields[1]
            self.is_private = fields[2] == 1
            self.birth_month, self.language, self.owner = json.loads(record.private)
            self.is_set_up = True
            self._begin_day(fields[3], record.powered)
        elif verb == "policy":
            self.version, self.expires, self.expired = fields[0], fields[1], False
            if not fields[4]:
                if record.powered - self._unproved[1] >= _DAY:
                    self._unproved = [0, record.powered]
                self._unproved[0] += 1
            flat = json.loads(record.private)
            for at in range(1, len(flat), 2):
                settings.choose(flat[at], flat[at + 1])
        elif verb == "grant":
            self.grants = [grant for grant in self.grants if grant[0] != fields[0]] + [fields]
            settings.grant(fields[0], fields[1])
        elif verb == "grant_end":
            self.grants = [grant for grant in self.grants if grant[0] != fields[0]]
            settings.grant(fields[0], None)
        elif verb == "age":
            settings.band, self.is_private = fields[0], fields[1] == 1
        elif verb == "lost":
            self.lost, self.message = True, json.loads(record.private)[0]
        elif verb == "found":
            self.lost, self.message = False, ""
        elif verb == "card":
            self.card = json.loads(record.private)[0]
        elif verb == "expired":
            self.expired = True
        elif verb == "tampered":
            self.doubt(fields[0], 0)
            self.credentials.lock(record.powered)
        elif verb == "acknowledged":
            self.tampered = ""
        elif verb == "clock_lost":
            self.rtc_lost = True
        elif verb in ("day", "clock"):
            if verb == "clock":
                self.rtc_lost = self.rtc_differs = False
            self._begin_day(fields[0] if verb == "day" else fields[2], record.powered)
        self._refresh()

    def _begin_day(self, day, powered):
        self._day, self._day_powered = day, powered
        self.context.clock.anchor(day, powered)

    def snapshot(self):
        settings = self.context.settings
        values = [
            1 if self.is_set_up else 0,
            settings.profile,
            settings.band,
            1 if self.is_private else 0,
            self.version,
            self.expires,
            1 if self.expired else 0,
            self.birth_month,
            self.language,
            self.owner,
            self._day,
            self._day_powered,
            self.tampered,
            1 if self.lost else 0,
            self.message,
            self.card,
            1 if self.rtc_lost else 0,
            self._unproved[0],
            self._unproved[1],
            len(self.grants),
        ]
        for grant in self.grants:
            values += grant
        for choice_ in settings.chosen():
            values += choice_
        return encode(values)

    def restore(self, blob):
        settings, values = self.context.settings, json.loads(blob)
        (
            is_set_up,
            settings.profile,
            settings.band,
            is_private,
            self.version,
            self.expires,
            expired,
            self.birth_month,
            self.language,
            self.owner,
            self._day,
            self._day_powered,
            self.tampered,
            lost,
            self.message,
            self.card,
            rtc_lost,
            self._unproved[0],
            self._unproved[1],
            grants,
        ) = values[:20]
        self.is_set_up, self.is_private, self.expired = is_set_up == 1, is_private == 1, expired == 1
        self.lost, self.rtc_lost = lost == 1, rtc_lost == 1
        self.context.clock.anchor(self._day, self._day_powered)
        at = 20 + 4 * grants
        self.grants = [values[start : start + 4] for start in range(20, at, 4)]
        for key, value, _, _ in self.grants:
            settings.grant(key, value)
        for start in range(at, len(values), 2):
            settings.choose(values[start], values[start + 1])
        self._refresh()
