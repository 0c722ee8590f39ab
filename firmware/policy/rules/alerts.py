"""What guardians are told, kept until it is delivered (requirements F3, F7, H7, G12).

An alert holds a code, the party's tag, a class and a count: never a text. The child sees every alert about it word for
word, because both sides render the same entry through the same text.
"""

from micropython import const

from firmware.policy.decision import allow, event
from firmware.policy.rule import Rule, stopped
from firmware.policy.table import TAG, Table, hexed
from firmware.text import reading

_UNKNOWN_ALERT = const("alerts.unknown")
_CAP = const(32)

# Columns of the packed row: id, wall time of the first, code, severity, count.
_ID = const(0)
_TIME = const(4)
_CODE = const(8)
_SEVERITY = const(9)
_COUNT = const(10)
_ROW = const(12)

BLOCKED = "blocked"
WATCH_TAKEN = "watch_taken"
_BULLYING = const("bullying")
_DOXXING = const("doxxing")
_STRANGER = const("stranger")
PROTECTIVE = "protective_mode"
NO_ROOM = "evidence_no_room"
EMERGENCY_READ = "emergency_read"
CODE_GUESSED = "code_guessed"
PAYMENT_MADE = "payment_made"
PAYMENT_REFUSED = "payment_refused"
WALLET_LOCKED = "wallet_locked"
APP_ASKED = "app_asked"
APP_PERMISSION = "app_permission"
APP_WITHDRAWN = "app_withdrawn"
STALE_POOL = "content_stale"
SAFETY_NOTICE = "safety_notice"
SELF_HARM = "self_harm"
UNSUITED = "ai_unsuited"
RECOVERY = "recovery"
RECOVERED = "recovered"
CLOCK_LOST = "clock_lost"
CONSENT_OFF = "consent_off"
# Numbered in the snapshot: new codes go to the end.
_CODES = (
    (BLOCKED, WATCH_TAKEN, _BULLYING, _DOXXING, _STRANGER, PROTECTIVE, NO_ROOM, EMERGENCY_READ, CODE_GUESSED)
    + (PAYMENT_MADE, PAYMENT_REFUSED, WALLET_LOCKED, APP_ASKED, APP_PERMISSION, APP_WITHDRAWN, STALE_POOL)
    + (SAFETY_NOTICE, SELF_HARM, UNSUITED, RECOVERY, RECOVERED, CLOCK_LOST, CONSENT_OFF)
)  # fmt: skip
_NOBODY = bytes(TAG)


def raised(code, tag, severity=0):
    """The event of an alert about the party `tag` (bytes, or b"" for none)."""
    return event("alerts.raised", code, hexed(tag), severity)


def code_for(classes):
    """The alert's code for the classes of a reading (bits of firmware/text/reading.py)."""
    if classes & reading.DOXX:
        return _DOXXING
    return _STRANGER if classes & reading.STRANGER else _BULLYING


class Alerts(Rule):
    """The queue of undelivered alerts. The same code about the same party is one alert with a count."""

    name = "alerts"
    FORMS = """
delivered alert=i
tell message=i
"""

    def __init__(self, context):
        super().__init__(context)
        self._table = Table(_ROW, _CAP)

    def __len__(self):
        return len(self._table)

    def alert(self, row):
        """[id, code, party tag in hex or "", severity, count, wall time of the first] of the row-th oldest alert."""
        table = self._table
        tag = table.tag(row)
        return [
            table.number(row, _ID, 4),
            _CODES[table.byte(row, _CODE)],
            "" if tag == _NOBODY else tag.hex(),
            table.byte(row, _SEVERITY),
            table.number(row, _COUNT, 2),
            table.number(row, _TIME, 4),
        ]

    def pending(self):
        """All alerts that wait for delivery, oldest first, as `alert` gives them."""
        return [self.alert(row) for row in range(len(self))]

    def decide(self, verb, request):
        return self._delivered(request) if verb == "delivered" else None

    def _delivered(self, request):
        if self._row_of(request["alert"]) < 0:
            return stopped(_UNKNOWN_ALERT)
        return allow([event("alerts.delivered", request["alert"])])

    def _row_of(self, number):
        for row in range(len(self)):
            if self._table.number(row, _ID, 4) == number:
                return row
        return -1

    def apply(self, verb, record):
        if verb == "delivered":
            row = self._row_of(record.fields[0])
            if row >= 0:
                self._table.remove(row)
            return
        code, tag, severity = record.fields
        self._count(record, _CODES.index(code), bytes.fromhex(tag) or _NOBODY, severity)

    def _count(self, record, code, tag, severity):
        """One more alert: folded into its like, or, when the queue is full, into any of the same code."""
        table = self._table
        full = len(self) >= _CAP
        for row in range(len(self)):
            if table.byte(row, _CODE) == code and (full or table.tag(row) == tag):
                table.put_byte(row, _SEVERITY, max(table.byte(row, _SEVERITY), severity))
                table.put_number(row, _COUNT, 2, min(table.number(row, _COUNT, 2) + 1, 65535))
                return
        if full:
            table.remove(0)
        row = table.add(tag)
        table.put_number(row, _ID, 4, record.seq)
        table.put_number(row, _TIME, 4, record.t)
        table.put_byte(row, _CODE, code)
        table.put_byte(row, _SEVERITY, severity)
        table.put_number(row, _COUNT, 2, 1)

    def snapshot(self):
        return self._table.dump()

    def restore(self, blob):
        self._table.load(blob)
