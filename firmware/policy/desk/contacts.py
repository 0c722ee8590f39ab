"""Adding, approving and removing contacts; groups; the child's card (requirements D20, D21, D24, C5, H5)."""

from micropython import const

from firmware.policy.decision import BadRequest, allow, event
from firmware.policy.request import choice
from firmware.policy.rule import stopped
from firmware.policy.rules.contacts import (
    GROUPS_OFF,
    GUARDIAN,
    NOT_VERIFIED,
    OTHER_SIDE,
    ROLES,
    STRANGER,
    THIS_SIDE,
    UNKNOWN,
    agreement_mac,
)
from firmware.policy.table import TAG
from firmware.storage import crypto
from firmware.storage.journal import encode

_OFF = const("contacts.off")
_FULL = const("contacts.full")
_ALREADY = const("contacts.already")
_BLOCKED = const("contacts.blocked")
_CARD_CLOSED = const("contacts.card_closed")
_NOT_APPROVED = const("contacts.not_approved")
_GROUP_FULL = const("contacts.group_full")


def decide(rule, verb, request):
    """All requests but `incoming`."""
    if verb == "add":
        return _add(rule, request)
    if verb == "ask":
        return _ask(rule, request)
    if verb == "approve":
        return _approve(rule, request)
    if verb == "agreed":
        return _agreed(rule, request)
    if verb == "remove":
        return _remove(rule, request)
    if verb == "card":
        return _show_card(rule, request)
    return _group_add(rule, request)


def _room(rule, request):
    """None, or why no further contact fits."""
    if rule.table.find(rule.tag_of(request["address"])) >= 0:
        return stopped(_ALREADY)
    if rule.context.rules["blocking"].is_blocked(rule.party(request["address"])):
        return stopped(_BLOCKED)  # released first, by a guardian, or asking again would be a way round the block
    if len(rule.table) >= rule.context.settings["contacts.cap"]:
        return stopped(_FULL)
    return None


def _added(rule, request, role, missing):
    address, number = request["address"], request.get("number", "")
    if not address:
        raise BadRequest("address", "is empty")
    number_tag = rule.context.tag("#" + number).hex() if number else ""
    private = encode([request["name"], address, number, request["key"]])
    return allow(
        [
            event(
                "contacts.added",
                rule.tag_of(address).hex(),
                role,
                missing,
                rule.context.clock.day(),
                number_tag,
                private=private,
            )
        ],
        ("ask_other_side",) if missing & OTHER_SIDE else (),
    )


def _add(rule, request):
    role = choice(request, "role", ROLES)
    if not rule.credentials.proved(request):
        return rule.credentials.refusal()
    refused = _room(rule, request)
    if refused:
        return refused
    return _added(rule, request, ROLES.index(role), 0 if role == GUARDIAN else OTHER_SIDE)


def _ask(rule, request):
    mode = rule.context.settings["contacts.mode"]
    if mode == 0:
        return stopped(_OFF)
    refused = _room(rule, request)
    if refused:
        return refused
    return _added(rule, request, 0, OTHER_SIDE | (THIS_SIDE if mode == 1 else 0))


def _pending(rule, address):
    """Row of a known contact, or -1."""
    return rule.table.find(rule.tag_of(address))


def _approve(rule, request):
    row = _pending(rule, request["address"])
    if row < 0:
        return stopped(UNKNOWN)
    if not rule.credentials.proved(request):
        return rule.credentials.refusal()
    return allow([event("contacts.approved", rule.table.tag(row).hex(), THIS_SIDE)])


def _agreed(rule, request):
    row = _pending(rule, request["address"])
    if row < 0:
        return stopped(UNKNOWN, STRANGER)
    if not crypto.equal(agreement_mac(rule.key(row), request["address"]), bytes.fromhex(request["mac"])):
        return stopped(NOT_VERIFIED, STRANGER)
    return allow([event("contacts.approved", rule.table.tag(row).hex(), OTHER_SIDE)])


def _remove(rule, request):
    row = _pending(rule, request["address"])
    if row < 0:
        return stopped(UNKNOWN)
    if rule.is_guardian(rule.table.tag(row)) and not rule.credentials.proved(request):
        return rule.credentials.refusal()
    return allow([event("contacts.removed", rule.table.tag(row).hex())])


def _show_card(rule, request):
    """May the child's card (nickname, picture, key and nothing else: C5, H5) be shown to this party?"""
    party = rule.party(request["to"])
    if party.who == STRANGER or not rule.context.settings["contacts.card_visible"]:
        return stopped(_CARD_CLOSED, party.who)
    return allow(who=party.who)


def _group_add(rule, request):
    party = rule.party(request["address"])
    most = rule.context.settings["contacts.groups"]
    if most == 0:
        return stopped(GROUPS_OFF)
    if party.who == STRANGER:
        return stopped(_NOT_APPROVED, STRANGER)
    if len(rule.groups[request["group"]]) >= most * TAG:
        return stopped(_GROUP_FULL)
    if not rule.credentials.proved(request):
        return rule.credentials.refusal()
    return allow([event("contacts.grouped", request["group"], party.tag.hex())])
