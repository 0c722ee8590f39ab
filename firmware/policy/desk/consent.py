"""Asking for, giving, refusing and withdrawing consent (requirements A4-A8, A14)."""

from micropython import const

from firmware.policy.decision import allow, event
from firmware.policy.request import choice
from firmware.policy.rule import stopped
from firmware.policy.rules.consent import HELD, MANIFEST, PURPOSES

_OUTDATED = const("consent.outdated")
_GIVEN = const("consent.given")
_ASKED_LATELY = const("consent.asked_lately")
_NOTHING_TO_ERASE = const("consent.nothing_to_erase")

_QUIET_DAYS = const(30)  # A7, inferred


def decide(rule, verb, request):
    """All requests about consent are the desk's. Only the owner agrees or withdraws; the child does neither."""
    if verb == "erased":
        return _erased(rule, choice(request, "what", HELD))
    purpose = choice(request, "purpose", PURPOSES)
    number = PURPOSES.index(purpose)
    if verb == "prompt":
        return _prompt(rule, purpose, number)
    if not rule.credentials.proved(request):
        return rule.credentials.refusal()
    until = rule.context.clock.day() + _QUIET_DAYS
    if verb == "refuse":
        return allow([event("consent.refused", purpose, until)])
    if verb == "withdraw":
        return allow([event("consent.withdrawn", purpose, until)], ("erase",))
    if request["manifest"] != MANIFEST[number]:
        return stopped(_OUTDATED)  # the guardian has read another declaration than the one this firmware keeps to
    return allow([event("consent.given", purpose, request["manifest"])])


def _erased(rule, what):
    """The privacy service has erased it."""
    if not rule.to_erase[HELD.index(what)]:
        return stopped(_NOTHING_TO_ERASE)
    return allow([event("consent.erased", what)])


def _prompt(rule, purpose, number):
    """May the watch ask the guardian for this consent by itself?"""
    if rule.has(purpose):
        return stopped(_GIVEN)
    if rule.context.clock.day() < rule.quiet_until[number]:
        return stopped(_ASKED_LATELY)
    return allow((), ("ask_guardian",))
