"""The child's own word to a guardian."""

from micropython import const

from firmware.policy.decision import allow
from firmware.policy.rule import stopped
from firmware.policy.rules.alerts import code_for, raised

_NO_SUCH_MESSAGE = const("alerts.no_such_message")


def decide(rule, verb, request):
    """tell: the child decides to tell a guardian about a mild message, which raises no alert by itself."""
    recent = rule.context.recent
    entry = recent.find(request["message"])
    if entry < 0:
        return stopped(_NO_SUCH_MESSAGE)
    return allow([raised(code_for(recent.classes(entry)), recent.tag(entry), 1)], ("show",))
