"""Every exit of content asks here (requirements D27, D28, F11, F13, G14, I10, X5).

The state: sealed packages, the last entries of talks with the assistant, the emergency grant, and for 30 days what
guardians have read. The decisions are the desk's.
"""

import json

from micropython import const

from firmware.policy.clock import Span
from firmware.policy.decision import allow, event
from firmware.policy.recent import OPENED, READ
from firmware.policy.rule import Rule
from firmware.policy.table import Table
from firmware.storage.journal import encode

# Every way by which content can leave flash. A new exit is a new name here, and a test lists them all.
EXITS = ("screen", "voice", "cable", "export", "alert")

ALL = const(0xFFFF)  # a month behind all others: keys of every month are erased

_CAP = const(32)

# A talk's entry: sequence in the journal 4, segment 2, offset 4, flags 1.
CHAT = const(11)
_CHATS = const(64)
WRITTEN_BY_AI = const(1)
HANDED_OVER = const(2)

# Columns of the packed row.
_NUMBER = const(0)
_MONTH = const(2)
_COUNT = const(4)
_EXPIRY = const(5)
_HANDED = const(7)
_SEALED = const(8)  # wall time
_DIGEST = const(12)  # outlives the record of the sealing, which newer ones push out of the journal
_ROW = const(28)

_BANNER = const(2592000)  # 30 days (I10), of powered time: no clock set forward takes the banner away
_TOLD = const(16)


def place_of(chats, at):
    """(segment, offset) in the journal of the entry of a talk that begins at a byte of `chats`."""
    return int.from_bytes(chats[at + 4 : at + 6], "little"), int.from_bytes(chats[at + 6 : at + 10], "little")


class ContentAccess(Rule):
    """Knows the sealed packages: [number, month, tag, count, expiry day, handed over]. `chats` packs the last entries
    of talks with the assistant, oldest first; their texts lie sealed in the journal, as messages do."""

    name = "content_access"
    FORMS = """
read what=s8 id=i exit=s8 reader=s8 confirmed?=b channel?=s8
hand_over package=i
hand_over_chats
close package=i confirmed?=b channel?=s8
delete_chats channel?=s8
emergency reason=s140 channel?=s8
"""

    def __init__(self, context):
        super().__init__(context)
        self.credentials = context.rules["credentials"]
        self._recent = context.recent
        self._table = Table(_ROW, _CAP)
        self._next = 1
        self.chats = b""
        self._stepped = -1  # the last day on which expired packages were looked for
        self.emergency = Span(0, 0)
        self._told: list = []  # [what, number, wall time, powered time]; an emergency grant has number 0

    def told(self):
        """What the child is shown: each reading and emergency grant of the last 30 days, oldest first, as
        [what ("message", "evidence", "emergency"), number, wall time]."""
        since = self.context.clock.powered - _BANNER
        return [entry[:3] for entry in self._told if entry[3] > since]

    def _tell(self, entry, record):
        told = [one for one in self._told if one[3] > record.powered - _BANNER]
        if len(told) >= _TOLD:  # readings give way to one another, a grant only to grants
            told.remove(([one for one in told if one[1]] or told)[0])
        self._told = told + [entry + [record.t, record.powered]]

    # --- for the engine, which seals before the journal is written

    @property
    def next_package(self):
        return self._next

    def sealed(self, month, tag, count, expiry_day, digest):
        """The event of a package that has just been sealed."""
        return event("content_access.sealed", self._next, month, tag.hex(), count, expiry_day, digest)

    def package(self, number):
        """[number, month, tag in hex, count, expiry day, handed over], or None."""
        row = self._row_of(number)
        return self._package(row) if row >= 0 else None

    def packages(self):
        """All packages, oldest first, as `package` gives them."""
        return [self._package(row) for row in range(len(self._table))]

    def _package(self, row):
        table = self._table
        return [
            table.number(row, _NUMBER, 2),
            table.number(row, _MONTH, 2),
            table.tag(row).hex(),
            table.byte(row, _COUNT),
            table.number(row, _EXPIRY, 2),
            table.byte(row, _HANDED),
        ]

    def seal_of(self, number):
        """[digest in hex, wall time of the sealing] of a package that is there."""
        table, row = self._table, self._row_of(number)
        digest = [table.byte(row, _DIGEST + at) for at in range(_ROW - _DIGEST)]
        return [bytes(digest).hex(), table.number(row, _SEALED, 4)]

    def _row_of(self, number):
        for row in range(len(self._table)):
            if self._table.number(row, _NUMBER, 2) == number:
                return row
        return -1

    # --- time

    def due(self):
        return None if self.emergency.over(self.context.clock) else self.emergency.powered_until

    def step(self):
        day = self.context.clock.day()
        if day == self._stepped:
            return None
        self._stepped = day
        gone = [event("content_access.expired", package[0]) for package in self.packages() if package[4] <= day]
        return allow(gone) if gone else None

    # --- state

    def apply(self, verb, record):
        fields = record.fields
        if verb == "sealed":
            number, month, tag, count, expiry_day, digest = fields
            if len(self._table) >= _CAP:
                self._table.remove(0)
            row = self._table.add(bytes.fromhex(tag))
            self._table.put_number(row, _NUMBER, 2, number)
            self._table.put_number(row, _MONTH, 2, month)
            self._table.put_byte(row, _COUNT, count)
            self._table.put_number(row, _EXPIRY, 2, expiry_day)
            self._table.put_number(row, _SEALED, 4, record.t)
            digest = bytes.fromhex(digest)
            for at in range(len(digest)):
                self._table.put_byte(row, _DIGEST + at, digest[at])
            self._next = number + 1
        elif verb == "handed_over":
            row = self._row_of(fields[0])
            if row >= 0:
                self._table.put_byte(row, _HANDED, 1)
        elif verb == "expired":
            row = self._row_of(fields[0])
            if row >= 0:
                self._table.remove(row)
        elif verb == "emergency":
            self.emergency = Span(fields[0], fields[1])
            self._tell(["emergency", 0], record)
        elif verb == "read":
            self._tell(fields[:2], record)
            if fields[0] == "message":
                self._flag(fields[1], READ)
        elif verb == "chat":
            entry = record.seq.to_bytes(4, "little") + record.segment.to_bytes(2, "little")
            entry += record.offset.to_bytes(4, "little") + bytes((fields[0],))
            self.chats = (self.chats + entry)[-CHAT * _CHATS :]
        elif verb == "chats_handed_over":
            chats = bytearray(self.chats)
            for at in range(CHAT - 1, len(chats), CHAT):
                chats[at] |= HANDED_OVER
            self.chats = bytes(chats)
        elif verb == "chats_deleted":
            self.chats = b""
        elif verb == "opened":
            self._flag(fields[0], OPENED)

    def _flag(self, number, flag):
        entry = self._recent.find(number)
        if entry >= 0:
            self._recent.add_flag(entry, flag)

    def snapshot(self):
        values = [self._next, self.emergency.wall_until, self.emergency.powered_until, len(self.chats)]
        for entry in self._told:
            values += entry
        head = encode(values)
        return len(head).to_bytes(2, "big") + head + self.chats + self._table.dump()

    def restore(self, blob):
        size = int.from_bytes(blob[:2], "big") + 2
        head = json.loads(blob[2:size])
        self._next, self.emergency = head[0], Span(head[1], head[2])
        self._told = [head[at : at + 4] for at in range(4, len(head), 4)]
        self.chats = bytes(blob[size : size + head[3]])
        size += head[3]
        self._table.load(blob[size:])
