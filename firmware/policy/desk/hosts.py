"""Pairing and parting with hosts (requirements B2-B6)."""

from micropython import const

from firmware.policy.decision import allow, deny, event
from firmware.policy.rule import stopped
from firmware.policy.rules.credentials import DELAYS
from firmware.policy.rules.hosts import CAP
from firmware.storage.journal import encode

_LOCKED = const("hosts.locked")
_WRONG_CODE = const("hosts.wrong_code")
_REFUSED = const("hosts.refused")
_TOO_MANY = const("hosts.too_many")
_UNKNOWN = const("hosts.unknown")

_TRIES = const(3)  # B5; afterwards each try costs a growing delay


def decide(rule, verb, request):
    """All requests about hosts are the desk's."""
    now = rule.context.clock.powered
    if verb == "code":
        if rule.locked_until > now:
            return stopped(_LOCKED, wait=rule.locked_until - now)
        return allow((), ("show_code",))
    if verb == "failed":
        late = rule.fails + 1 - _TRIES
        wait = DELAYS[min(late, len(DELAYS) - 1)] if late >= 0 else 0
        return deny(_WRONG_CODE, [event("hosts.failed", rule.fails + 1, now + wait)], wait=wait)
    if verb == "refused":
        return stopped(_REFUSED, request["what"])
    known = rule.key(bytes.fromhex(request["host"])) is not None
    if not rule.credentials.proved(request):
        return rule.credentials.refusal()
    if verb == "remove":
        return allow([event("hosts.removed", request["host"])]) if known else stopped(_UNKNOWN)
    if not known and len(rule.names) >= CAP:
        return stopped(_TOO_MANY)
    return allow([event("hosts.added", request["host"], private=encode([request["name"], request["key"]]))])
