"""Set-up, policy, exceptions, clock, tampering and wiping: what only a guardian may do (D2-D7, D9, D12, I9).

Weakening needs a fresh proof of the owner each time; strengthening needs none. An older policy version is refused.
"""

import json

from micropython import const

from firmware.policy.clock import SET, Span, month_of
from firmware.policy.decision import BadRequest, allow, event
from firmware.policy.request import choice
from firmware.policy.rule import Rule, stopped
from firmware.policy.rules.credentials import VERIFIER, WEAK_PIN
from firmware.policy.rules.emergency import NUMBERS, REGIONS
from firmware.policy.settings import STRICT
from firmware.policy.settings_rows import PROFILES
from firmware.storage.journal import encode

_ALREADY_SET_UP = const("administration.already_set_up")
SET_UP_FIRST = "administration.set_up_first"
_OLD_POLICY = const("administration.old_policy")
_GRANT_TOO_LONG = const("administration.grant_too_long")
_CLOCK_NOT_YOURS = const("administration.clock_not_yours")
TAMPERED = "administration.tampered"
_NOTHING_TO_ACKNOWLEDGE = const("administration.nothing_to_acknowledge")

LANGUAGES = ("zh", "en")
_YEAR = const(12)


def band_at(month, birth_month):
    """Age band 0, 1, 2 (3-8, 8-12, 12-14). What a higher age opens, opens on the first day of the next month (X8)."""
    age = month - birth_month
    return (1 if age > 8 * _YEAR else 0) + (1 if age > 12 * _YEAR else 0)


def is_private_at(month, birth_month):
    """True from the first day of the month of the 8th birthday: guardians no longer read messages (LPM 63, D27)."""
    return month - birth_month >= 8 * _YEAR


class Administration(Rule):
    """The policy administration point's door on the watch."""

    name = "administration"
    FORMS = """
policy version=i65535 issuer=s16 expires=i65535 values=l64 channel?=s8
grant key=s40 value=i65535 minutes=i1440 channel?=s8
end_grant key=s40
clock wall=i channel?=s8
time_hint wall=i
floor region=s2 numbers=l4 channel?=s8
acknowledge channel?=s8
wipe channel?=s8
setup wall=i birth_year=i2100 birth_month=i12 profile=s16 language=s2 owner=s32 region=s2 numbers=l4 """ + VERIFIER + "\n"

    def __init__(self, context):
        super().__init__(context)
        self._credentials = context.rules["credentials"]
        self.is_set_up = False
        self.is_private = False  # the child is in or past the month of the 8th birthday
        self.version = 0
        self.tampered = ""  # code of the damage that no guardian has acknowledged yet
        self.owner = ""
        self.language = "zh"
        self._birth_month = 0  # months since January 2020, mostly negative
        self._expires = 0
        self._expired = False
        self._grants = []  # [key, value, wall_until, powered_until]
        self._day = 0  # the last journalled day, and when it began in powered time
        self._day_powered = 0

    def decide(self, verb, request):
        if verb == "setup":
            return self._setup(request)
        if verb == "policy":
            return self._set_policy(request)
        if verb == "grant":
            return self._grant(request)
        if verb == "end_grant":
            return self._end_grant(request)
        if verb == "clock":
            return self._clock(request)
        if verb == "time_hint":
            return self._time_hint(request)
        if verb == "floor":
            return self._floor(request)
        if verb == "acknowledge":
            return self._acknowledge(request)
        return self._wipe_all(request)

    def doubt(self, code, version):
        """The state is damaged: strict until the guardian acknowledges it, and never open to a new set-up.

        version: the highest policy version known from elsewhere; an older policy stays refused."""
        self.tampered = code
        self.version = max(self.version, version)
        if not self.is_set_up:
            self.is_set_up = self.is_private = True  # what is lost is taken to be the stricter
        self._refresh()

    def _refresh(self):
        settings = self.context.settings
        settings.strict = not self.is_set_up or self.tampered != "" or self._expired
        settings.refresh()
        self.context.clock.zone = settings["administration.zone_minutes"]

    # --- requests

    def _setup(self, request):
        if self.is_set_up:
            return stopped(_ALREADY_SET_UP)
        profile = choice(request, "profile", PROFILES + (STRICT,))
        language = choice(request, "language", LANGUAGES)
        region, numbers = _floor_of(request)
        birth = (request["birth_year"] - 2020) * 12 + request["birth_month"] - 1
        zone = self.context.settings.default("administration.zone_minutes", profile)
        zone_day = (request["wall"] + zone * 60) // 86400
        if request["birth_month"] < 1 or not 0 <= month_of(zone_day) - birth < 18 * _YEAR:
            raise BadRequest("birth_year", "must make the child younger than 18 years")
        blob = self._credentials.verifier(request)
        if blob is None:
            return stopped(WEAK_PIN)
        month = month_of(zone_day)
        private = encode([birth, language, request["owner"]])
        decision = allow([event("administration.set_up", profile, band_at(month, birth),
                                1 if is_private_at(month, birth) else 0, private=private)])
        decision.create = (blob, request["wall"], region, numbers)
        return decision

    def _set_policy(self, request):
        settings = self.context.settings
        values = request["values"]
        weaker = 0
        for item in values:
            if not isinstance(item, list) or len(item) != 2:
                raise BadRequest("values", "must be a list of [key, value]")
            settings.check(item[0], item[1])
            weaker += settings.weakens(item[0], item[1])
        if request["version"] <= self.version:
            return stopped(_OLD_POLICY)
        if (weaker or self._expired) and not self._credentials.proved(request):
            return self._credentials.refusal()
        flat = [request["issuer"]]
        for item in values:
            flat += item
        return allow([event("administration.policy", request["version"], request["expires"], len(values), weaker,
                            private=encode(flat))])

    def _grant(self, request):
        key, value = request["key"], request["value"]
        self.context.settings.check(key, value)
        if not self._credentials.proved(request):
            return self._credentials.refusal()
        if not 1 <= request["minutes"] <= self.context.settings["administration.grant_minutes"]:
            return stopped(_GRANT_TOO_LONG)
        clock, seconds = self.context.clock, request["minutes"] * 60
        return allow([event("administration.grant", key, value, clock.wall + seconds, clock.powered + seconds)])

    def _end_grant(self, request):
        for grant in self._grants:
            if grant[0] == request["key"]:
                return allow([event("administration.grant_end", grant[0])])
        return allow()

    def _clock(self, request):
        if not self._credentials.proved(request):
            return stopped(_CLOCK_NOT_YOURS)
        clock, wall = self.context.clock, request["wall"]
        return allow([event("administration.clock", clock.wall, wall, clock.day_at(wall))], then=lambda: clock.set(wall))

    def _time_hint(self, request):
        """A network's idea of the time. It never sets the clock; a large step is reported (D4)."""
        clock = self.context.clock
        step = request["wall"] - clock.wall
        if clock.trust == SET and abs(step) <= self.context.settings["administration.clock_tolerance"]:
            return allow()
        return stopped(_CLOCK_NOT_YOURS)

    def _floor(self, request):
        region, numbers = _floor_of(request)
        if not self._credentials.proved(request):
            return self._credentials.refusal()
        return allow([event("administration.floor", region, len(numbers))], then=lambda: self.context.save_floor(region, numbers))

    def _acknowledge(self, request):
        if not self.tampered:
            return stopped(_NOTHING_TO_ACKNOWLEDGE)
        if not self._credentials.proved(request):
            return self._credentials.refusal()
        return allow([event("administration.acknowledged", self.tampered)], then=self.context.start_afresh)

    def _wipe_all(self, request):
        if not self._credentials.proved(request):
            return self._credentials.refusal()
        return allow((), ("reboot",), then=self.context.wipe)

    # --- time

    def step(self):
        clock = self.context.clock
        if not self.is_set_up or self.tampered:
            return None
        events = []
        day = clock.day()
        if day > self._day:
            month = month_of(day)
            events.append(event("administration.day", day))
            band = max(self.context.settings.band, band_at(month, self._birth_month))
            private = 1 if self.is_private or is_private_at(month, self._birth_month) else 0
            if band != self.context.settings.band or bool(private) != self.is_private:
                events.append(event("administration.age", band, private))
        if self._expires and day >= self._expires and not self._expired:
            events.append(event("administration.expired", self.version))
        for key, _, wall_until, powered_until in self._grants:
            if Span(wall_until, powered_until).over(clock):
                events.append(event("administration.grant_end", key))
        return allow(events) if events else None

    def due(self):
        ends = [grant[3] for grant in self._grants]
        return min(ends) if ends else None

    # --- state

    def apply(self, verb, record):
        settings, fields = self.context.settings, record.fields
        if verb == "set_up":
            settings.profile, settings.band = fields[0], fields[1]
            self.is_private = fields[2] == 1
            self._birth_month, self.language, self.owner = json.loads(record.private)
            self.is_set_up = True
        elif verb == "policy":
            self.version, self._expires, self._expired = fields[0], fields[1], False
            flat = json.loads(record.private)
            for at in range(1, len(flat), 2):
                settings.choose(flat[at], flat[at + 1])
        elif verb == "grant":
            self._grants = [grant for grant in self._grants if grant[0] != fields[0]] + [fields]
            settings.grant(fields[0], fields[1])
        elif verb == "grant_end":
            self._grants = [grant for grant in self._grants if grant[0] != fields[0]]
            settings.grant(fields[0], None)
        elif verb == "age":
            settings.band, self.is_private = fields[0], fields[1] == 1
        elif verb == "expired":
            self._expired = True
        elif verb == "tampered":
            self.doubt(fields[0], 0)
            self._credentials.lock(record.powered)
        elif verb == "acknowledged":
            self.tampered = ""
        elif verb in ("day", "clock"):
            self._day = fields[0] if verb == "day" else fields[2]
            self._day_powered = record.powered
            self.context.clock.anchor(self._day, self._day_powered)
        self._refresh()

    def snapshot(self):
        settings = self.context.settings
        values = [1 if self.is_set_up else 0, settings.profile, settings.band, 1 if self.is_private else 0, self.version,
                  self._expires, 1 if self._expired else 0, self._birth_month, self.language, self.owner, self._day,
                  self._day_powered, self.tampered, len(self._grants)]
        for grant in self._grants:
            values += grant
        for choice_ in settings.chosen():
            values += choice_
        return encode(values)

    def restore(self, blob):
        settings, values = self.context.settings, json.loads(blob)
        (is_set_up, settings.profile, settings.band, is_private, self.version, self._expires, expired, self._birth_month,
         self.language, self.owner, self._day, self._day_powered, self.tampered,
         grants) = values[:14]
        self.is_set_up, self.is_private, self._expired = is_set_up == 1, is_private == 1, expired == 1
        self.context.clock.anchor(self._day, self._day_powered)
        at = 14 + 4 * grants
        self._grants = [values[start : start + 4] for start in range(14, at, 4)]
        for key, value, _, _ in self._grants:
            settings.grant(key, value)
        for start in range(at, len(values), 2):
            settings.choose(values[start], values[start + 1])
        self._refresh()


def _floor_of(request):
    """(region, numbers) of a request, checked: an owner sets at most four guardian numbers and no emergency number."""
    region = choice(request, "region", REGIONS)
    for number in request["numbers"]:
        if not isinstance(number, str) or not 3 <= len(number) <= 15 or not all("0" <= d <= "9" for d in number):
            raise BadRequest("numbers", "must be texts of 3 to 15 digits")
        if number in NUMBERS:
            raise BadRequest("numbers", "holds an emergency number, which is always there")
    return region, request["numbers"]
