"""One-time approvals: a guardian far away, without any network, allows one thing by a code read out on the phone
(requirements D7, D12).

The child asks, the watch shows a six-digit request number; the guardian's tool computes the code from that number, what
is asked and a key that only it and the watch hold (`ward approve`); the child types the code. It is good once, for this
request only; three wrong ones end the request. The decisions are the desk's.
"""

import json

from micropython import const

from firmware.policy.decision import allow, event
from firmware.policy.rule import Rule
from firmware.storage.journal import encode

AI_MINUTES = "ai_minutes"
PAYMENT = "payment"
UNBLOCK = "unblock"
GRANT = "grant"
WHAT = (AI_MINUTES, PAYMENT, UNBLOCK, GRANT)

KEY = 8  # number of the key among the secrets that lie with the keys
PENDING = 3
TRIES = 3
_ALLOWANCES = const(4)
_NUMBERS = const(1000000)
# Prime to a million: the number of a request is its journal number, shuffled, so that none comes twice in a million
# records, and no code of an older request ever fits again.
_SHUFFLE = const(611953)


class Approval(Rule):
    """Requests that wait for their code, and allowances that wait for their use.

    pending: [number, what, value, minutes, detail, powered time of the end, wrong tries]
    granted: [number, what, value, detail, powered time of the end]"""

    name = "approval"
    FORMS = """
ask what=s12 value=i minutes?=i1440 detail?=s64
enter request=i999999 code=s8
key key=h32 channel?=s8
"""

    def __init__(self, context):
        super().__init__(context)
        self.credentials = context.rules["credentials"]
        self.pending: list = []
        self.granted: list = []
        self.mark = ""  # of the key in force
        self.day = 0  # of the last request, and how many there have been that day
        self.asked = 0

    # --- for the other rules

    def allowance(self, what):
        """What a guardian has approved and nobody has used: [number, what, value, detail, powered time of its end] or
        None. ai_minutes: value more minutes. payment: one of at most value fen, to the payee `detail` ("": any)."""
        for entry in self.granted:
            if entry[1] == what and entry[4] > self.context.clock.powered:
                return entry
        return None

    def used(self, number):
        """The event that uses an allowance up; it belongs into the flush of what it was used for."""
        return event("approval.used", number)

    # --- time

    def step(self):
        now = self.context.clock.powered
        over = [event("approval.ended", number) for end, number in self._ends() if end <= now]
        return allow(over) if over else None

    def due(self):
        ends = self._ends()
        return min(ends)[0] if ends else None

    def _ends(self):
        """[(powered time, number)] of all that ends by itself."""
        return [(entry[5], entry[0]) for entry in self.pending] + [(entry[4], entry[0]) for entry in self.granted]

    # --- state

    def apply(self, verb, record):
        fields = record.fields
        if verb == "asked":
            what, value, minutes, end, day = fields
            number = record.seq * _SHUFFLE % _NUMBERS
            self.pending.append([number, what, value, minutes, json.loads(record.private)[0], end, 0])
            self.asked = self.asked + 1 if day == self.day else 1
            self.day = day
            return
        if verb == "key":
            self.mark, self.pending, self.granted = fields[0], [], []
            return
        waiting = [entry for entry in self.pending if entry[0] == fields[0]]
        if verb == "failed" and fields[1] < TRIES:
            waiting[0][6] = fields[1]
            return
        # failed for the last time, granted, ended or used: the number is gone
        self.pending = [entry for entry in self.pending if entry[0] != fields[0]]
        self.granted = [entry for entry in self.granted if entry[0] != fields[0]]
        if verb == "granted" and fields[1]:
            number, what, value, _, detail, _, _ = waiting[0]
            self.granted = self.granted[1 - _ALLOWANCES :] + [[number, what, value, detail, fields[1]]]

    def snapshot(self):
        values = [self.mark, self.day, self.asked, len(self.pending)]
        for entry in self.pending + self.granted:
            values += entry
        return encode(values)

    def restore(self, blob):
        values = json.loads(blob)
        self.mark, self.day, self.asked, count = values[:4]
        at = 4 + 7 * count
        self.pending = [values[start : start + 7] for start in range(4, at, 7)]
        self.granted = [values[start : start + 5] for start in range(at, len(values), 5)]
