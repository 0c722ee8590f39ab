"""Opening messages, evidence and talks with the assistant (requirements D27, D28, F13, G13, G14, I10, X5, X21).

Under 8 a guardian may read on the child's behalf, marked. From the month of the 8th birthday on, message text leaves
only by the child's own act on the watch, package by package, or under the emergency grant of I10: an owner's proof of
the last minute, a written reason, one hour, a banner for the child.
"""

from micropython import const

from firmware.policy.decision import BadRequest, allow, event
from firmware.policy.recent import COLLAPSED, OPENED
from firmware.policy.request import choice
from firmware.policy.rule import stopped
from firmware.policy.rules import alerts
from firmware.policy.rules.content_access import ALL, CHAT, EXITS, HANDED_OVER, WRITTEN_BY_AI, place_of
from firmware.storage.journal import encode

_PRIVATE = const("content_access.private")
_WARNING = const("content_access.warning")
_GONE = const("content_access.gone")
_CHILD_ONLY_ON_WATCH = const("content_access.child_only_on_watch")

_CASE_OPEN = const("content_access.case_open")

_ON_WATCH = ("screen", "voice")
_READERS = ("child", "guardian")
_WHAT = ("message", "evidence", "chat")
_EMERGENCY = const(3600)  # seconds


def decide(rule, verb, request):
    """All requests of this rule are the desk's."""
    if verb == "read":
        return _read(rule, request)
    if verb == "hand_over":
        return _hand_over(rule, request)
    if verb == "hand_over_chats":
        return allow([event("content_access.chats_handed_over")], ("show",)) if rule.chats else stopped(_GONE, "child")
    if verb == "close":
        return _close(rule, request)
    if verb == "delete_chats":
        return _delete_chats(rule, request)
    return _grant(rule, request)


def _read(rule, request):
    what = choice(request, "what", _WHAT)
    exit_ = choice(request, "exit", EXITS)
    if choice(request, "reader", _READERS) == "child":
        return _read_by_child(rule, request, what, exit_)
    if not rule.credentials.proved(request):
        return rule.credentials.refusal()
    number = request["id"]
    opened = [event("content_access.read", what, number, exit_)]
    if _exists(rule, what, number) is None:
        return stopped(_GONE)
    if not rule.context.rules["administration"].is_private:
        return allow(opened, ("mark_as_read_by_guardian",))
    handed = what == "evidence" and rule.package(number)[5]
    handed = handed or (what == "chat" and chat(rule, number)[1] & HANDED_OVER)
    if handed or not rule.emergency.over(rule.context.clock):
        return allow(opened, ("tell_child",))
    return stopped(_PRIVATE, "guardian")


def _exists(rule, what, number):
    """The package, the entry of a talk, or the place among the recent messages; None if it is not there or its key has
    been erased, by age or by a guardian."""
    context = rule.context
    if what == "evidence":
        return _package(rule, number)
    if what == "chat":
        found = chat(rule, number)
        return found if found and context.readable(found[0]) else None
    entry = context.recent.find(number)
    return entry if entry >= 0 and context.readable(context.recent.place(entry)) else None


def _package(rule, number):
    package = rule.package(number)
    if package and (not package[3] or rule.context.holds_key("e", package[1])):  # one without messages has no key
        return package
    return None


def chat(rule, number):
    """((segment, offset) in the journal, flags) of an entry of a talk by its journal sequence number, or None."""
    chats = rule.chats
    for at in range(0, len(chats), CHAT):
        if int.from_bytes(chats[at : at + 4], "little") == number:
            return place_of(chats, at), chats[at + 10]
    return None


def _read_by_child(rule, request, what, exit_):
    number = request["id"]
    if exit_ not in _ON_WATCH:
        return stopped(_CHILD_ONLY_ON_WATCH, "child")
    found = _exists(rule, what, number)
    if found is None:
        return stopped(_GONE, "child")
    if what == "message":
        flags = rule.context.recent.flags(found)
        if flags & COLLAPSED and not flags & OPENED:
            if not request.get("confirmed"):
                return stopped(_WARNING, "child")
            return allow([event("content_access.opened", number)], ("show",))
    return allow((), ("label_ai", "show") if what == "chat" and found[1] & WRITTEN_BY_AI else ("show",))


def _hand_over(rule, request):
    package = _package(rule, request["package"])
    if package is None:
        return stopped(_GONE, "child")
    return allow([event("content_access.handed_over", package[0])], ("show",))


def _close(rule, request):
    """A guardian says that the case is over (X10). The package opens nowhere any more; its month's key is erased when
    it expires, or at once with the last package."""
    package = rule.package(request["package"])
    if not rule.credentials.proved(request):
        return rule.credentials.refusal()
    if package is None:
        return stopped(_GONE)
    if not request.get("confirmed"):
        return stopped(_CASE_OPEN)
    events = [event("content_access.expired", package[0])]
    if len(rule.packages()) > 1:
        return allow(events, ("show",))
    return allow(events + [event("consent.erase", "evidence")], ("erase", "show"))


def _delete_chats(rule, request):
    """By the child on the watch, or by a guardian, who names a channel. The texts go with the keys that sealed them; if
    power fails in between, the daily expiry finishes it."""
    if "channel" in request and not rule.credentials.proved(request):
        return rule.credentials.refusal()
    return allow([event("content_access.chats_deleted")], ("show",), then=lambda: rule.context.expire("a", ALL))


def _grant(rule, request):
    if len(request["reason"].strip()) < 10:
        raise BadRequest("reason", "must say in at least 10 characters what the emergency is")
    if not rule.credentials.fresh(request):
        return rule.credentials.refusal()
    clock = rule.context.clock
    return allow(
        [
            event(
                "content_access.emergency",
                clock.wall + _EMERGENCY,
                clock.powered + _EMERGENCY,
                private=encode([request["reason"]]),
            ),
            alerts.raised(alerts.EMERGENCY_READ, b""),
        ],
        ("tell_child",),
    )
