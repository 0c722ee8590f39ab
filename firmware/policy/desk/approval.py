"""Asking for a one-time approval, and entering its code (requirements D7, D12)."""

from micropython import const

from firmware.policy.decision import BadRequest, allow, deny, event
from firmware.policy.request import choice
from firmware.policy.rule import stopped
from firmware.policy.rules import alerts
from firmware.policy.rules.administration import GRANT_TOO_LONG
from firmware.policy.rules.approval import AI_MINUTES, GRANT, KEY, PAYMENT, PENDING, TRIES, UNBLOCK, WHAT
from firmware.policy.rules.blocking import NOT_BLOCKED
from firmware.policy.rules.credentials import HOST, mark_of
from firmware.storage import crypto
from firmware.storage.journal import encode

_OFF = const("approval.off")
_WAITING = const("approval.waiting")
_TOMORROW = const("approval.tomorrow")
_UNKNOWN = const("approval.unknown")
_WRONG = const("approval.wrong")

_MOST = {AI_MINUTES: 60, PAYMENT: 10000000}  # largest value


def decide(rule, verb, request):
    """ask and enter are the child's, key is an owner's."""
    if verb == "ask":
        return _ask(rule, request)
    if verb == "enter":
        return _enter(rule, request)
    return _key(rule, request)


def code(key, number, what, value, minutes, detail):
    """The eight digits that approve one request; watch and guardian's tool compute them with this function.

    HMAC-SHA-256 over the request as canonical JSON, truncated as in RFC 4226 section 5.3 (and RFC 6238 for SHA-256).
    number, value and minutes are whole numbers, what and detail texts; a field that a request has not is 0 or ""."""
    mac = crypto.hmac_sha256(key, encode(["wardwatch approval 1", number, what, value, minutes, detail]))
    at = mac[31] & 15
    return "%08d" % ((int.from_bytes(mac[at : at + 4], "big") & 0x7FFFFFFF) % 100000000)


def _secret(rule):
    """The key in force, or b""."""
    key = rule.context.secrets(KEY)
    return key if rule.mark and mark_of(key) == rule.mark else b""


def _ask(rule, request):
    settings, clock = rule.context.settings, rule.context.clock
    what, value = choice(request, "what", WHAT), request["value"]
    minutes, detail = request.get("minutes", 0), request.get("detail", "")
    refused = _check(rule, what, value, minutes, detail)
    if settings.strict or not settings["approval.per_day"] or not _secret(rule):
        return stopped(_OFF)
    if refused:
        return stopped(refused)
    if len(rule.pending) >= PENDING:
        return stopped(_WAITING)
    if clock.day() == rule.day and rule.asked >= settings["approval.per_day"]:
        return stopped(_TOMORROW)
    end = clock.powered + settings["approval.minutes"] * 60
    asked = event("approval.asked", what, value, minutes, end, clock.day(), private=encode([detail]))
    return allow([asked], ("show_request",))


def _check(rule, what, value, minutes, detail):
    """BadRequest for what makes no sense; the reason why this cannot be approved, or ""."""
    if minutes and what != GRANT:
        raise BadRequest("minutes", "belong to a grant")
    if what == GRANT:
        rule.context.settings.check(detail, value)
        if not 1 <= minutes <= rule.context.settings["administration.grant_minutes"]:
            return GRANT_TOO_LONG
    elif what == UNBLOCK:
        if value or not detail:
            raise BadRequest("detail", "must be the address, and value 0")
        if not rule.context.rules["blocking"].holds(_tag_of(rule, detail)):
            return NOT_BLOCKED
    elif not 1 <= value <= _MOST[what]:
        raise BadRequest("value", "must be from 1 to %d" % _MOST[what])
    return ""


def _tag_of(rule, address):
    return rule.context.rules["blocking"].tag_of({"party": address})[0]


def _enter(rule, request):
    number = request["request"]
    for entry in rule.pending:
        if entry[0] == number:
            return _try(rule, entry, request["code"])
    return stopped(_UNKNOWN)


def _try(rule, entry, typed):
    number, what, value, minutes, detail, _, tries = entry
    key = _secret(rule)
    if not key or rule.context.settings.strict:
        return stopped(_OFF)
    if not crypto.equal(typed.encode(), code(key, number, what, value, minutes, detail).encode()):
        events = [event("approval.failed", number, tries + 1)]
        if tries + 1 >= TRIES:
            events.append(alerts.raised(alerts.CODE_GUESSED, b""))
        return deny(_WRONG, events)
    clock = rule.context.clock
    if what == GRANT:
        seconds = minutes * 60
        ends = clock.wall + seconds, clock.powered + seconds
        return _granted(number, 0, [event("administration.grant", detail, value, ends[0], ends[1])])
    if what == UNBLOCK:
        blocking, tag = rule.context.rules["blocking"], _tag_of(rule, detail)
        done = [event("blocking.released", tag.hex(), blocking.before(tag))] if blocking.holds(tag) else []
        return _granted(number, 0, done)
    return _granted(number, clock.powered + rule.context.settings["approval.minutes"] * 60, [])


def _granted(number, end, events):
    """One flush: the number is used up and what it was for is done, or waits until `end` (powered time) to be used."""
    return allow([event("approval.granted", number, end)] + events, ("show_approved",))


def _key(rule, request):
    """A new key, of a paired host only: nobody types 32 bytes. All that waits under the old one ends."""
    key = bytes.fromhex(request["key"])
    if len(set(key)) < 8:
        raise BadRequest("key", "must be random")
    if request.get("channel") != HOST or not rule.credentials.proved(request):
        return rule.credentials.refusal()
    return allow([event("approval.key", mark_of(key))], then=lambda: rule.context.keep_secrets(key, KEY))
