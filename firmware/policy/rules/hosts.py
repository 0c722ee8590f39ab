"""Which computers and phones a guardian has paired with this watch (requirements B2-B6).

Each has a pairing key of its own, which both ends prove before anything else is said (firmware/link/session.py). A host
is no guardian: what only the owner may do needs the owner's passphrase besides.
"""

import json

from micropython import const

from firmware.policy.decision import allow, deny, event
from firmware.policy.rule import Rule, stopped
from firmware.policy.rules.credentials import DELAYS
from firmware.policy.table import Table, hexed
from firmware.storage.journal import encode

_LOCKED = const("hosts.locked")
_WRONG_CODE = const("hosts.wrong_code")
_REFUSED = const("hosts.refused")
_TOO_MANY = const("hosts.too_many")
_UNKNOWN = const("hosts.unknown")

CAP = 4
_KEY = const(32)
_TRIES = const(3)  # at the digits (B5); afterwards each try costs a growing delay


class Hosts(Rule):
    """The paired hosts by their 8-byte ids, and the tries at the six digits of a pairing."""

    name = "hosts"
    FORMS = """
code
failed
refused what=s8
add host=h8 key=h32 name=s32 channel?=s8
remove host=h8 channel?=s8
"""

    def __init__(self, context):
        super().__init__(context)
        self._credentials = context.rules["credentials"]
        self.table = Table(_KEY, CAP)
        self.names = []
        self.fails = 0
        self.locked_until = 0  # powered time

    def key(self, host):
        """The pairing key of a host (8 bytes), or None."""
        row = self.table.find(host)
        return self.table.field(row, 0, _KEY) if row >= 0 else None

    def decide(self, verb, request):
        """Pairing and parting: what a host asks for, and what the line has noticed."""
        now = self.context.clock.powered
        if verb == "code":
            if self.locked_until > now:
                return stopped(_LOCKED, wait=self.locked_until - now)
            return allow((), ("show_code",))
        if verb == "failed":
            late = self.fails + 1 - _TRIES
            wait = DELAYS[min(late, len(DELAYS) - 1)] if late >= 0 else 0
            return deny(_WRONG_CODE, [event("hosts.failed", self.fails + 1, now + wait)], wait=wait)
        if verb == "refused":
            return stopped(_REFUSED, request["what"])
        known = self.key(bytes.fromhex(request["host"])) is not None
        if not self._credentials.proved(request):
            return self._credentials.refusal()
        if verb == "remove":
            return allow([event("hosts.removed", request["host"])]) if known else stopped(_UNKNOWN)
        if not known and len(self.names) >= CAP:
            return stopped(_TOO_MANY)
        return allow([event("hosts.added", request["host"], private=encode([request["name"], request["key"]]))])

    def due(self):
        return None if self.locked_until <= self.context.clock.powered else self.locked_until

    def apply(self, verb, record):
        fields = record.fields
        if verb == "failed":
            self.fails, self.locked_until = fields
            return
        row = self.table.find(bytes.fromhex(fields[0]))
        if row >= 0:
            self.table.remove(row)
            self.names.pop(row)
        if verb == "added":
            name, key = json.loads(record.private)
            self.table.put_field(self.table.add(bytes.fromhex(fields[0])), 0, bytes.fromhex(key))
            self.names.append(name)
            self.fails = self.locked_until = 0

    def snapshot(self):
        return encode([self.fails, self.locked_until, hexed(self.table.dump())] + self.names)

    def restore(self, blob):
        values = json.loads(blob)
        self.fails, self.locked_until = values[:2]
        self.table.load(bytes.fromhex(values[2]))
        self.names = values[3:]


RULE = Hosts
