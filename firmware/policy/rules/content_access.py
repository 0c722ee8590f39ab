"""Every exit of content asks here (requirements D27, D28, F11, F13, I10, X5).

Under 8 a guardian may read on the child's behalf, marked. From the month of the 8th birthday on, message text leaves only
by the child's own act on the watch, package by package, or under the emergency grant of I10: a fresh proof, a written
reason, one hour, a banner for the child.
"""

import json

from micropython import const

from firmware.policy.clock import Span
from firmware.policy.decision import allow, event
from firmware.policy.recent import OPENED
from firmware.policy.rule import Rule
from firmware.storage.journal import encode

# Every way by which content can leave flash. A new exit is a new name here, and a test lists them all.
EXITS = ("screen", "voice", "cable", "export", "alert")

_CAP = const(32)
_WIDTH = const(6)


class ContentAccess(Rule):
    """Knows the sealed packages: [number, month, tag, count, expiry day, handed over]."""

    name = "content_access"
    FORMS = """
read what=s8 id=i exit=s8 reader=s8 confirmed?=b channel?=s8
hand_over package=i
emergency reason=s140 channel?=s8
"""

    def __init__(self, context):
        super().__init__(context)
        self._credentials = context.rules["credentials"]
        self._administration = context.rules["administration"]
        self._recent = context.recent
        self._packages = []
        self._next = 1
        self.emergency = Span(0, 0)

    # --- for the engine, which seals before the journal is written

    @property
    def next_package(self):
        return self._next

    def sealed(self, month, tag, count, expiry_day, digest):
        """The event of a package that has just been sealed."""
        return event("content_access.sealed", self._next, month, tag.hex(), count, expiry_day, digest)

    def package(self, number):
        """[number, month, tag, count, expiry day, handed over], or None."""
        for package in self._packages:
            if package[0] == number:
                return package
        return None

    def packages(self):
        """All packages, oldest first."""
        return self._packages

    # --- time

    def due(self):
        return None if self.emergency.over(self.context.clock) else self.emergency.powered_until

    def step(self):
        day = self.context.clock.day()
        gone = [event("content_access.expired", package[0]) for package in self._packages if package[4] <= day]
        return allow(gone) if gone else None

    # --- state

    def apply(self, verb, record):
        fields = record.fields
        if verb == "sealed":
            number, month, tag, count, expiry_day, _ = fields
            self._packages = self._packages[1 - _CAP :] + [[number, month, tag, count, expiry_day, 0]]
            self._next = number + 1
        elif verb == "handed_over":
            package = self.package(fields[0])
            if package:
                package[5] = 1
        elif verb == "expired":
            self._packages = [package for package in self._packages if package[0] != fields[0]]
        elif verb == "emergency":
            self.emergency = Span(fields[0], fields[1])
        elif verb == "opened":
            entry = self._recent.find(fields[0])
            if entry >= 0:
                self._recent.add_flag(entry, OPENED)

    def snapshot(self):
        values = [self._next, self.emergency.wall_until, self.emergency.powered_until]
        for package in self._packages:
            values += package
        return encode(values)

    def restore(self, blob):
        values = json.loads(blob)
        self._next = values[0]
        self.emergency = Span(values[1], values[2])
        self._packages = [values[at : at + _WIDTH] for at in range(3, len(values), _WIDTH)]
