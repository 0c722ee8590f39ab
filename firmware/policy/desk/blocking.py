"""Lifting blocks, unmarking and removing parties, and the modes (requirements F6, F9, F10, H6)."""

from micropython import const

from firmware.policy.decision import allow, event
from firmware.policy.request import choice
from firmware.policy.rule import stopped
from firmware.policy.rules.blocking import CHILD, GUARDIANS, IS_GUARDIAN, NO_SUCH_MESSAGE, NONE, NOT_BLOCKED, SHIELD
from firmware.policy.rules.contacts import GUARDIAN

_NOT_YOURS = const("blocking.not_yours")
_DAY = const(86400)


def decide(rule, verb, request):
    """release, unmark and remove are a guardian's; protect and protect_end also the child's."""
    if verb == "release":
        return _release(rule, request)
    if verb == "unmark":
        return _unmark(rule, request)
    if verb == "remove":
        return _remove(rule, request)
    if verb == "protect":
        return _protect(rule, request)
    return _protect_end(rule, request)


def _guardians(rule, request):
    """(tag, refusal) for an act on a party that only a guardian may do."""
    tag, _ = rule.tag_of(request)
    if tag is None:
        return None, stopped(NO_SUCH_MESSAGE)
    return tag, None if rule.credentials.proved(request) else rule.credentials.refusal()


def _release(rule, request):
    tag, refused = _guardians(rule, request)
    if refused:
        return refused
    if not rule.holds(tag):
        return stopped(NOT_BLOCKED)
    return allow([event("blocking.released", tag.hex(), rule.before(tag))])


def _unmark(rule, request):
    tag, refused = _guardians(rule, request)
    if refused:
        return refused
    if rule.grade(tag) == NONE:
        return stopped(NOT_BLOCKED)
    return allow([event("blocking.unmarked", tag.hex())])


def _remove(rule, request):
    tag, refused = _guardians(rule, request)
    if refused:
        return refused
    if rule.contacts.is_guardian(tag):
        return stopped(IS_GUARDIAN, GUARDIAN)
    return allow([event("blocking.removed", tag.hex(), rule.context.clock.day())])


def _protect(rule, request):
    mode = choice(request, "mode", (SHIELD, GUARDIANS))
    by = GUARDIAN if rule.credentials.proved(request) else CHILD
    if rule.started[0] and rule.started[1] == GUARDIAN and by == CHILD:
        return stopped(_NOT_YOURS)
    clock = rule.context.clock
    seconds = rule.context.settings["blocking.shield_days"] * _DAY if mode == SHIELD else 0
    ends = (clock.wall + seconds, clock.powered + seconds) if seconds else (0, 0)
    return allow([event("blocking.mode", mode, by, ends[0], ends[1])], ("show",))


def _protect_end(rule, request):
    """The child, at the watch, may end what it has started; a guardian may end any."""
    mode, by = rule.started[:2]
    if not mode:
        mode, by = rule.mode, ""
    if not mode:
        return allow()
    if (by != CHILD or "channel" in request) and not rule.credentials.proved(request):
        return stopped(_NOT_YOURS)
    return allow([event("blocking.mode_end", mode)], ("show",))
