"""Who may ring and be rung (requirements D22, D47, I11, B10). Emergency and guardian calls are the safety floor's."""

from micropython import const

from firmware.policy.decision import allow, event
from firmware.policy.rule import Rule, stopped
from firmware.policy.rules.blocking import LIMITED
from firmware.policy.rules.contacts import GUARDIAN, STRANGER

_UNKNOWN = const("calls.unknown")
_CLOSED = const("calls.closed")
_BLOCKED = const("calls.blocked")
_LIMITED_REASON = const("calls.limited")


class Calls(Rule):
    """Calls pass only between the child and approved contacts that are neither blocked nor limited; at school only with
    those whom a guardian has marked. Nothing here ends a call that is on (D50)."""

    name = "calls"
    FORMS = """
incoming number=s24
outgoing number=s24
"""

    def __init__(self, context):
        super().__init__(context)
        self._contacts = context.rules["contacts"]
        self._blocking = context.rules["blocking"]
        self._usage = context.rules["usage"]

    def decide(self, verb, request):
        if verb == "incoming":
            return self._incoming(request)
        return self._outgoing(request)

    def _incoming(self, request):
        party = self._contacts.caller(request["number"])
        refused = self._refused(party)
        if refused:
            return self._blocking.tried(stopped(refused, party.who), party)
        return allow([event("calls.in", party.tag.hex())], ("ring",), who=party.who)

    def _outgoing(self, request):
        party = self._contacts.caller(request["number"])
        refused = self._refused(party)
        if refused:
            return stopped(refused, party.who)
        return allow([event("calls.out", party.tag.hex())], ("dial",), who=party.who)

    def _refused(self, party):
        if party.who == GUARDIAN:
            return ""
        if self._blocking.is_blocked(party):
            return _BLOCKED
        if self._blocking.refuses(party):
            return _CLOSED
        if party.who == STRANGER:
            return _UNKNOWN
        if self._blocking.grade(party.tag) >= LIMITED:
            return _LIMITED_REASON
        return self._usage.quiet(party.tag)
