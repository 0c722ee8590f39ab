"""What guardians are told, kept until it is delivered (requirements F3, F7, H7, G12).

An alert holds a code, the party's tag, a class and a count: never a text. The child sees every alert about it word for
word, because both sides render the same entry through the same text.
"""

import json

from micropython import const

from firmware.policy.decision import allow, event
from firmware.policy.rule import Rule, stopped
from firmware.storage.journal import encode
from firmware.text import reading

_UNKNOWN_ALERT = const("alerts.unknown")
_CAP = const(32)
_WIDTH = const(6)

BLOCKED = "blocked"
WATCH_TAKEN = "watch_taken"
_BULLYING = const("bullying")
_DOXXING = const("doxxing")
_STRANGER = const("stranger")
PROTECTIVE = "protective_mode"
NO_ROOM = "evidence_no_room"
EMERGENCY_READ = "emergency_read"


def raised(code, tag, severity=0):
    """The event of an alert about the party `tag` (bytes, or b"" for none)."""
    return event("alerts.raised", code, tag.hex(), severity)


def code_for(classes):
    """The alert's code for the classes of a reading (bits of firmware/text/reading.py)."""
    if classes & reading.DOXX:
        return _DOXXING
    return _STRANGER if classes & reading.STRANGER else _BULLYING


class Alerts(Rule):
    """The queue of undelivered alerts: [id, code, tag, severity, count, wall time of the first]."""

    name = "alerts"
    FORMS = """
delivered alert=i
tell message=i
"""

    def __init__(self, context):
        super().__init__(context)
        self.pending = []

    def decide(self, verb, request):
        return self._delivered(request) if verb == "delivered" else None

    def _delivered(self, request):
        for alert in self.pending:
            if alert[0] == request["alert"]:
                return allow([event("alerts.delivered", alert[0])])
        return stopped(_UNKNOWN_ALERT)

    def apply(self, verb, record):
        if verb == "delivered":
            self.pending = [alert for alert in self.pending if alert[0] != record.fields[0]]
            return
        code, tag, severity = record.fields
        for alert in self.pending:
            if alert[1] == code and (alert[2] == tag or len(self.pending) >= _CAP):
                alert[3] = max(alert[3], severity)
                alert[4] += 1
                return
        if len(self.pending) >= _CAP:
            self.pending.pop(0)
        self.pending.append([record.seq, code, tag, severity, 1, record.t])

    def snapshot(self):
        return encode([value for alert in self.pending for value in alert])

    def restore(self, blob):
        values = json.loads(blob)
        self.pending = [values[at : at + _WIDTH] for at in range(0, len(values), _WIDTH)]
