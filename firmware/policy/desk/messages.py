"""The child's answer to a collapsed or warned message."""

from micropython import const

from firmware.policy.decision import allow, event
from firmware.policy.recent import ANSWERED, HIT
from firmware.policy.rule import stopped

_NO_SUCH_MESSAGE = const("messages.no_such_message")
_NOTHING_TO_ANSWER = const("messages.nothing_to_answer")


def decide(rule, verb, request):
    """not_bullying: the child knows better. The sender's grade goes back by one, recorded, once per message."""
    recent = rule.context.recent
    entry = recent.find(request["message"])
    if entry < 0:
        return stopped(_NO_SUCH_MESSAGE)
    flags, tag = recent.flags(entry), recent.tag(entry)
    if not flags & HIT or flags & ANSWERED:
        return stopped(_NOTHING_TO_ANSWER)
    back = rule.context.rules["blocking"].answered(tag)
    points, grade = back if back else (-1, -1)
    return allow([event("messages.answered", request["message"], tag.hex(), points, grade)], ("show",))
