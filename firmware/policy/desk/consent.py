"""Asking for, giving, refusing and withdrawing consent (requirements A4-A8, A14).

Giving takes an owner's proof. Taking back must be as easy at least, so it takes none: any paired host, whoever sits at
it, switches a purpose off at once, and the owner is told. What it cannot do without an owner is destroy what is the
child's: the talks with the assistant.
"""

from micropython import const

from firmware.policy.decision import allow, event
from firmware.policy.request import choice
from firmware.policy.rule import stopped
from firmware.policy.rules import alerts
from firmware.policy.rules.consent import HELD, MANIFEST, PURPOSES
from firmware.policy.rules.credentials import HOST

_OUTDATED = const("consent.outdated")
_GIVEN = const("consent.given")
_ASKED_LATELY = const("consent.asked_lately")
_NOTHING_TO_ERASE = const("consent.nothing_to_erase")
_KEPT = const("consent.kept")

_QUIET_DAYS = const(30)  # A7, inferred


def decide(rule, verb, request):
    """All requests about consent are the desk's. The child neither agrees nor withdraws."""
    if verb == "erased":
        return _erased(rule, choice(request, "what", HELD))
    purpose = choice(request, "purpose", PURPOSES)
    number = PURPOSES.index(purpose)
    if verb == "prompt":
        return _prompt(rule, purpose, number)
    if verb != "give":
        return _off(rule, request, verb, purpose, number)
    if not rule.credentials.proved(request):
        return rule.credentials.refusal()
    if request["manifest"] != MANIFEST[number]:
        return stopped(_OUTDATED)  # the guardian has read another declaration than the one this firmware keeps to
    return allow([event("consent.given", purpose, request["manifest"])])


def _off(rule, request, verb, purpose, number):
    """Refuse or withdraw. Repeating it writes nothing, so that no host can fill the journal."""
    owner = rule.credentials.proved(request)
    if not owner and request.get("channel") != HOST:
        return rule.credentials.refusal()
    given, until = rule.given[number], rule.context.clock.day() + _QUIET_DAYS
    kept = verb == "withdraw" and not owner and purpose == "ai" and rule.context.rules["content_access"].chats
    told = [alerts.raised(alerts.CONSENT_OFF, b"")] if given and not owner else []
    if verb == "withdraw" and not kept and (owner or given):
        return allow([event("consent.withdrawn", purpose, until)] + told, ("erase",))
    if given or rule.quiet_until[number] != until:
        told.insert(0, event("consent.refused", purpose, until))
    return allow(told, (), _KEPT if kept else "ok")


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
