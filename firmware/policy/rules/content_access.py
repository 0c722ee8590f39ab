"""Every exit of content asks here (requirements D27, D28, F11, F13, I10, X5).

Under 8 a guardian may read on the child's behalf, marked. From the month of the 8th birthday on, message text leaves only
by the child's own act on the watch, package by package, or under the emergency grant of I10: a fresh proof, a written
reason, one hour, a banner for the child.
"""

import json

from micropython import const

from firmware.policy.clock import Span
from firmware.policy.decision import BadRequest, allow, event
from firmware.policy.recent import COLLAPSED, OPENED
from firmware.policy.request import choice
from firmware.policy.rule import Rule, stopped
from firmware.policy.rules import alerts
from firmware.storage.journal import encode

_PRIVATE = const("content_access.private")
_WARNING = const("content_access.warning")
_GONE = const("content_access.gone")
_CHILD_ONLY_ON_WATCH = const("content_access.child_only_on_watch")

# Every way by which content can leave flash. A new exit is a new name here, and a test lists them all.
EXITS = ("screen", "voice", "cable", "export", "alert")
_ON_WATCH = ("screen", "voice")
READERS = ("child", "guardian")
WHAT = ("message", "evidence")

_EMERGENCY = const(3600)  # seconds
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
        self._emergency = Span(0, 0)

    def decide(self, verb, request):
        if verb == "read":
            return self._read(request)
        if verb == "hand_over":
            return self._hand_over(request)
        return self._grant(request)

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

    # --- requests

    def _read(self, request):
        what = choice(request, "what", WHAT)
        exit_ = choice(request, "exit", EXITS)
        if choice(request, "reader", READERS) == "child":
            return self._read_by_child(request, what, exit_)
        if not self._credentials.proved(request):
            return self._credentials.refusal()
        number = request["id"]
        opened = [event("content_access.read", what, number, exit_)]
        if self._exists(what, number) is None:
            return stopped(_GONE)
        if not self._administration.is_private:
            return allow(opened, ("mark_as_read_by_guardian",))
        if what == "evidence" and self.package(number)[5]:
            return allow(opened, ("tell_child",))
        if not self._emergency.over(self.context.clock):
            return allow(opened, ("tell_child",))
        return stopped(_PRIVATE, "guardian")

    def _exists(self, what, number):
        if what == "evidence":
            return self.package(number)
        entry = self._recent.find(number)
        return entry if entry >= 0 else None

    def _read_by_child(self, request, what, exit_):
        number = request["id"]
        if exit_ not in _ON_WATCH:
            return stopped(_CHILD_ONLY_ON_WATCH, "child")
        found = self._exists(what, number)
        if found is None:
            return stopped(_GONE, "child")
        if what == "message":
            flags = self._recent.flags(found)
            if flags & COLLAPSED and not flags & OPENED:
                if not request.get("confirmed"):
                    return stopped(_WARNING, "child")
                return allow([event("content_access.opened", number)], ("show",))
        return allow((), ("show",))

    def _hand_over(self, request):
        package = self.package(request["package"])
        if package is None:
            return stopped(_GONE, "child")
        return allow([event("content_access.handed_over", package[0])], ("show",))

    def _grant(self, request):
        if len(request["reason"].strip()) < 10:
            raise BadRequest("reason", "must say in at least 10 characters what the emergency is")
        if not self._credentials.proved(request):
            return self._credentials.refusal()
        clock = self.context.clock
        return allow([event("content_access.emergency", clock.wall + _EMERGENCY, clock.powered + _EMERGENCY,
                            private=encode([request["reason"]])), alerts.raised(alerts.EMERGENCY_READ, b"")], ("tell_child",))

    # --- time

    def due(self):
        return None if self._emergency.over(self.context.clock) else self._emergency.powered_until

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
            self._emergency = Span(fields[0], fields[1])
        elif verb == "opened":
            entry = self._recent.find(fields[0])
            if entry >= 0:
                self._recent.add_flag(entry, OPENED)

    def snapshot(self):
        values = [self._next, self._emergency.wall_until, self._emergency.powered_until]
        for package in self._packages:
            values += package
        return encode(values)

    def restore(self, blob):
        values = json.loads(blob)
        self._next = values[0]
        self._emergency = Span(values[1], values[2])
        self._packages = [values[at : at + _WIDTH] for at in range(3, len(values), _WIDTH)]
