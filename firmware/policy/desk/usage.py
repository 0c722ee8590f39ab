"""Usage: what a guardian's host tells now and then (requirements D47, D49)."""

from micropython import const

from firmware.policy.decision import BadRequest, allow, event
from firmware.policy.rule import stopped
from firmware.policy.rules.contacts import STRANGER
from firmware.policy.table import hexed

_NOT_A_CONTACT = const("usage.not_a_contact")

_MARKED = const(24)  # bytes: three contacts beside a new one


def decide(rule, verb, request):
    if verb == "elsewhere":
        return _elsewhere(rule, request)
    return _at_school(rule, request)


def _elsewhere(rule, request):
    """What the child has used today on other watches. It only grows, so it takes no proof: it makes stricter. By full
    minutes, or a host that tells every second would push all else out of the journal."""
    day = request["day"]
    if day != rule.context.clock.day():
        raise BadRequest("day", "must be today")  # another one would push the days that count out of the table
    seconds = (request["seconds"] + 59) // 60 * 60
    return allow([event("usage.elsewhere", day, seconds)] if seconds > rule.elsewhere(day) else ())


def _at_school(rule, request):
    """Mark a contact who passes in school mode, or take the mark away; of more than four the oldest mark goes."""
    credentials, contacts = rule.context.rules["credentials"], rule.context.rules["contacts"]
    party = contacts.party(request["address"])
    if request["allowed"]:
        if not credentials.proved(request):
            return credentials.refusal(party.who)
        if party.who == STRANGER:
            return stopped(_NOT_A_CONTACT, STRANGER)
    marked = rule.marked_but(party.claimed)
    if request["allowed"]:
        marked = marked[-_MARKED:] + party.claimed
    return allow([event("usage.marked", hexed(marked))], who=party.who)
