"""Who may ring and be rung (requirements D22, I11, B10). Emergency and guardian calls are the safety floor's."""

from firmware.policy.decision import allow, event
from firmware.policy.rule import Rule, stopped
from firmware.policy.rules.blocking import LIMITED
from firmware.policy.rules.contacts import GUARDIAN, STRANGER

UNKNOWN = "calls.unknown"
CLOSED = "calls.closed"
BLOCKED = "calls.blocked"
LIMITED_REASON = "calls.limited"

_NUMBER = (("number", "s", 24),)


class Calls(Rule):
    """Calls pass only between the child and approved contacts that are neither blocked nor limited."""

    name = "calls"

    def __init__(self, context):
        super().__init__(context)
        self._contacts = context.rules["contacts"]
        self._blocking = context.rules["blocking"]
        self.requests = {"incoming": (self._incoming, _NUMBER), "outgoing": (self._outgoing, _NUMBER)}

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
        if self._blocking.is_blocked(party.tag):
            return BLOCKED
        if self._blocking.refuses(party):
            return CLOSED
        if party.who == STRANGER:
            return UNKNOWN
        return LIMITED_REASON if self._blocking.grade(party.tag) >= LIMITED else ""
