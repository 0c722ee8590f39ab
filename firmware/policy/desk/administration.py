"""Set-up, policy, exceptions, clock, damage, lost mode and wiping (requirements D2-D7, D9, D12, I9, I13, B18).

Weakening needs a fresh proof of the owner each time; strengthening needs none. An older policy version is refused.
"""

from micropython import const

from firmware.policy.clock import SET, month_of
from firmware.policy.decision import BadRequest, allow, event
from firmware.policy.request import choice
from firmware.policy.rule import stopped
from firmware.policy.rules.administration import GRANT_TOO_LONG, NO_BIRTH, YEAR, band_at, is_private_at
from firmware.policy.rules.emergency import NUMBERS, REGIONS
from firmware.policy.settings import STRICT
from firmware.policy.settings_rows import PROFILES
from firmware.storage.journal import encode

_ALREADY_SET_UP = const("administration.already_set_up")
_OLD_POLICY = const("administration.old_policy")
_CLOCK_NOT_YOURS = const("administration.clock_not_yours")
_NOTHING_TO_ACKNOWLEDGE = const("administration.nothing_to_acknowledge")
_AGE_KNOWN = const("administration.age_known")
_BAND_ONLY_RISES = const("administration.band_only_rises")

_LANGUAGES = ("zh", "en")


def decide(rule, verb, request):
    """All requests of the administration are the desk's."""
    if verb == "setup":
        return _setup(rule, request)
    if verb == "policy":
        return _set_policy(rule, request)
    if verb == "grant":
        return _grant(rule, request)
    if verb == "end_grant":
        return _end_grant(rule, request)
    if verb == "clock":
        return _clock(rule, request)
    if verb == "time_hint":
        return _time_hint(rule, request)
    if verb == "floor":
        return _floor(rule, request)
    if verb == "acknowledge":
        return _acknowledge(rule, request)
    if verb == "lost":
        return _lost(rule, request)
    if verb == "found":
        return _owners(rule, request, event("administration.found"))
    if verb == "card":
        return _owners(rule, request, event("administration.card", private=encode([request["text"]])))
    if verb == "band":
        return _band(rule, request)
    return _wipe(rule, request)


def _setup(rule, request):
    from firmware.policy.desk.credentials import WEAK_PIN, verifier  # a large module that nothing else here needs

    if rule.is_set_up:
        return stopped(_ALREADY_SET_UP)
    profile = choice(request, "profile", PROFILES + (STRICT,))
    language = choice(request, "language", _LANGUAGES)
    region, numbers = _floor_of(request)
    zone = rule.context.settings.default("administration.zone_minutes", profile)
    zone_day = (request["wall"] + zone * 60) // 86400
    birth, band, private = _age(request, month_of(zone_day))
    blob = verifier(rule.context.rules["credentials"], request)
    if blob is None:
        return stopped(WEAK_PIN)
    about = encode([birth, language, request["owner"]])
    decision = allow([event("administration.set_up", profile, band, private, zone_day, private=about)])
    decision.wall = request["wall"]
    decision.create = (blob, region, numbers)
    return decision


def _age(request, month):
    """(month of birth, band, private) from a month of birth, or from an age band alone (D9).

    A band alone has no birthday: it rises only when a guardian says so, and guardians read no messages, because nobody
    could tell the watch that the child has become eight (X8: in doubt the stricter)."""
    if "band" in request:
        if "birth_year" in request or "birth_month" in request:
            raise BadRequest("band", "or month of birth, not both")
        return NO_BIRTH, request["band"], 1
    for name in ("birth_year", "birth_month"):
        if name not in request:
            raise BadRequest(name, "or band is missing")
    birth = (request["birth_year"] - 2020) * 12 + request["birth_month"] - 1
    if request["birth_month"] < 1 or not 0 <= month - birth < 18 * YEAR:
        raise BadRequest("birth_year", "must make the child younger than 18 years")
    return birth, band_at(month, birth), 1 if is_private_at(month, birth) else 0


def _band(rule, request):
    """A guardian confirms that a child of unknown birthday has grown into a higher band."""
    if not rule.credentials.proved(request):
        return rule.credentials.refusal()
    if rule.birth_month != NO_BIRTH:
        return stopped(_AGE_KNOWN)
    if request["band"] <= rule.context.settings.band:
        return stopped(_BAND_ONLY_RISES)
    return allow([event("administration.age", request["band"], 1)])


def _set_policy(rule, request):
    settings = rule.context.settings
    values = request["values"]
    weaker = 0
    for item in values:
        if not isinstance(item, list) or len(item) != 2:
            raise BadRequest("values", "must be a list of [key, value]")
        settings.check(item[0], item[1])
        weaker += settings.weakens(item[0], item[1])
    if request["version"] <= rule.version:
        return stopped(_OLD_POLICY)
    # Without a proof only a stricter next version: a leap would use the numbers up, an expiry is a guardian's to set.
    plain = request["version"] == rule.version + 1 and request["expires"] == rule.expires
    proved = rule.credentials.proved(request)
    if (weaker or rule.expired or not plain or not rule.room_unproved()) and not proved:
        return rule.credentials.refusal()
    flat = [request["issuer"]]
    for item in values:
        flat += item
    return allow(
        [
            event(
                "administration.policy",
                request["version"],
                request["expires"],
                len(values),
                weaker,
                1 if proved else 0,
                private=encode(flat),
            )
        ]
    )


def _grant(rule, request):
    key, value = request["key"], request["value"]
    rule.context.settings.check(key, value)
    if not rule.credentials.proved(request):
        return rule.credentials.refusal()
    if not 1 <= request["minutes"] <= rule.context.settings["administration.grant_minutes"]:
        return stopped(GRANT_TOO_LONG)
    clock, seconds = rule.context.clock, request["minutes"] * 60
    return allow([event("administration.grant", key, value, clock.wall + seconds, clock.powered + seconds)])


def _end_grant(rule, request):
    if not rule.credentials.may(request):
        return rule.credentials.refusal()
    for key, value, _, _ in rule.grants:
        if key == request["key"]:
            # An exception may also be the stricter value: to end that one takes an owner.
            if not rule.context.settings.weakens(key, value) and not rule.credentials.proved(request):
                return rule.credentials.refusal()
            return allow([event("administration.grant_end", key)])
    return allow()


def _clock(rule, request):
    if not rule.credentials.proved(request):
        return stopped(_CLOCK_NOT_YOURS)
    clock, wall = rule.context.clock, request["wall"]
    decision = allow([event("administration.clock", clock.wall, wall, clock.day_at(wall))])
    decision.wall = wall
    return decision


def _time_hint(rule, request):
    """A network's idea of the time. It never sets the clock; a large step is reported (D4)."""
    clock = rule.context.clock
    step = request["wall"] - clock.wall
    if clock.trust == SET and abs(step) <= rule.context.settings["administration.clock_tolerance"]:
        return allow()
    return stopped(_CLOCK_NOT_YOURS)


def _floor(rule, request):
    region, numbers = _floor_of(request)
    if not rule.credentials.proved(request):
        return rule.credentials.refusal()
    return allow(
        [event("administration.floor", region, len(numbers))], then=lambda: rule.context.save_floor(region, numbers)
    )


def _acknowledge(rule, request):
    if not rule.tampered:
        return stopped(_NOTHING_TO_ACKNOWLEDGE)
    if not rule.credentials.proved(request):
        return rule.credentials.refusal()
    return allow([event("administration.acknowledged", rule.tampered)], then=rule.context.start_afresh)


def _owners(rule, request, act):
    """What takes nothing but an owner's proof: the end of lost mode, the emergency card (an empty one deletes it)."""
    if not rule.credentials.proved(request):
        return rule.credentials.refusal()
    return allow([act], ("lock_screen",))


def _lost(rule, request):
    if not rule.credentials.may(request):
        return rule.credentials.refusal()
    role = rule.credentials.role(request)
    return allow([event("administration.lost", role, private=encode([request["message"]]))], ("lock_screen",))


def _wipe(rule, request):
    if not rule.credentials.proved(request):
        return rule.credentials.refusal()
    return allow((), ("reboot",), then=rule.context.wipe)


def _floor_of(request):
    """(region, numbers) of a request, checked: an owner sets at most four guardian numbers and no emergency number."""
    region = choice(request, "region", REGIONS)
    for number in request["numbers"]:
        if not isinstance(number, str) or not 3 <= len(number) <= 15 or not all("0" <= d <= "9" for d in number):
            raise BadRequest("numbers", "must be texts of 3 to 15 digits")
        if number in NUMBERS:
            raise BadRequest("numbers", "holds an emergency number, which is always there")
    return region, request["numbers"]
