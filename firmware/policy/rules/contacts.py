"""Who may reach the child (requirements D20-D24, D27, D29, B10, C5).

A contact becomes reachable only after this side's guardian and the other side have agreed. Each contact has a key; a
message carries the sender's address, a counter and a MAC under that key. What does not verify comes from a stranger:
it never raises, lowers or marks a contact's grade. Names, addresses and numbers are sealed in the journal, keys never
leave the watch (no request reads one).
"""

import json

from micropython import const

from firmware.policy.decision import allow, event
from firmware.policy.request import choice
from firmware.policy.rule import PIECE, Rule, stopped
from firmware.policy.table import TAG, Table, split
from firmware.storage import crypto
from firmware.storage.journal import encode

UNKNOWN = "contacts.unknown"
NOT_VERIFIED = "contacts.not_verified"
_OFF = const("contacts.off")
_CLOSED = const("contacts.closed")
GROUPS_OFF = "contacts.groups_off"

GUARDIAN = "guardian"
CONTACT = "contact"
STRANGER = "stranger"
ROLES = ("friend", GUARDIAN)

# Columns of the packed row: key, role, what is still missing, day of the request, counters in and out, number's tag.
_KEY = const(0)
_ROLE = const(32)
_MISSING = const(33)
_DAY = const(34)
_COUNT_IN = const(36)
_COUNT_OUT = const(40)
_NUMBER = const(44)
_ROW = const(52)
_CAP = const(50)

THIS_SIDE = 1
OTHER_SIDE = 2
_MAX_GROUPS = const(4)
INCOMING = ("request", "invite", "mention", "comment")


class Party:
    """The other side of a request: who ("guardian", "contact" or "stranger"), tag, row in the contact table or -1.

    A stranger's tag is never a contact's; `claimed` is the tag that a contact of the same address has or would have."""

    def __init__(self, who, tag, row, claimed):
        self.who = who
        self.tag = tag
        self.row = row
        self.claimed = claimed


def envelope_mac(key, sender, counter, text, group=None):
    """The 16 bytes that a message carries: HMAC-SHA256 over sender, group, counter and text under the contact's key."""
    to = b"\0" if group is None else bytes((1, group))
    return crypto.hmac_sha256(key, sender.encode(), to, counter.to_bytes(4, "big"), text.encode())[:16]


def agreement_mac(key, address):
    """The 16 bytes by which the other side's guardian agrees to the contact (D21)."""
    return crypto.hmac_sha256(key, b"agree\0", address.encode())[:16]


class Contacts(Rule):
    """Approved and pending contacts, and small groups of them."""

    name = "contacts"
    FORMS = """
add name=s20 address=s64 number?=s16 key=h32 role=s8 channel?=s8
ask name=s20 address=s64 number?=s16 key=h32
approve address=s64 channel?=s8
agreed address=s64 mac=h16
remove address=s64 channel?=s8
card to=s64
incoming address=s64 what=s8
group_add group=i3 address=s64 channel?=s8
"""

    def __init__(self, context):
        super().__init__(context)
        self.credentials = context.rules["credentials"]
        self.table = Table(_ROW, _CAP)
        self._cards = []  # per row: JSON [name, address, number]
        self.groups = [b""] * _MAX_GROUPS  # joined tags of the members
        self._stepped = -1  # the last day on which pending requests were looked through

    def decide(self, verb, request):
        return self._incoming(request) if verb == "incoming" else None

    # --- for the other rules

    def __len__(self):
        return len(self.table)

    def tag_of(self, address):
        """The tag that a contact of this address has or would have; strangers' begin with "?", numbers' with "#"."""
        return self.context.tag("@" + address)

    def party(self, address):
        """The party behind an address, without any proof that a message is really theirs."""
        tag = self.tag_of(address)
        row = self.table.find(tag)
        if row < 0 or self.table.byte(row, _MISSING):
            return Party(STRANGER, self.context.tag("?" + address), -1, tag)
        return Party(GUARDIAN if self.table.byte(row, _ROLE) else CONTACT, tag, row, tag)

    def sender(self, address, counter, mac, text, group):
        """(party, reason) of a received message: verified, or a stranger with the reason why not."""
        party = self.party(address)
        if party.row < 0:
            return party, UNKNOWN
        known = envelope_mac(self.table.field(party.row, _KEY, 32), address, counter, text, group)
        if not crypto.equal(known, bytes.fromhex(mac)) or self.came_before(party.row, counter):
            return Party(STRANGER, self.context.tag("?" + address), -1, party.tag), NOT_VERIFIED
        return party, ""

    def caller(self, number):
        """The party behind a phone number."""
        wanted = self.context.tag("#" + number)
        for row in range(len(self.table)):
            if self.table.field(row, _NUMBER, TAG) == wanted and not self.table.byte(row, _MISSING):
                tag = self.table.tag(row)
                return Party(GUARDIAN if self.table.byte(row, _ROLE) else CONTACT, tag, row, tag)
        return Party(STRANGER, self.context.tag("?" + number), -1, wanted)

    def is_guardian(self, tag):
        row = self.table.find(tag)
        return row >= 0 and self.table.byte(row, _ROLE) == ROLES.index(GUARDIAN)

    def next_counter(self, row):
        """The counter of the next message to this contact."""
        return self.table.number(row, _COUNT_OUT, 4) + 1

    def key(self, row):
        """The contact's key, for the messaging service that seals an outgoing envelope."""
        return self.table.field(row, _KEY, 32)

    def knows(self, tag):
        """True if the tag is a contact's, approved or pending."""
        return self.table.find(tag) >= 0

    def address(self, row):
        """The address of an approved contact, "" for one that is still pending."""
        return "" if self.table.byte(row, _MISSING) else json.loads(self._cards[row])[1]

    def card(self, tag):
        """[name, address, number] of a contact, for the watch's own screen; None for others."""
        row = self.table.find(tag)
        return json.loads(self._cards[row]) if row >= 0 else None

    def heard(self, tag, counter):
        """A verified message with this counter is in the journal: it cannot be played again."""
        row = self.table.find(tag)
        if row >= 0:
            self.table.put_number(row, _COUNT_IN, 4, counter)

    def came_before(self, row, counter):
        """True for the counter of a message that has been received, or was overtaken."""
        return counter <= self.table.number(row, _COUNT_IN, 4)

    def wrote(self, tag, counter):
        row = self.table.find(tag)
        if row >= 0:
            self.table.put_number(row, _COUNT_OUT, 4, counter)

    def in_group(self, group, tag):
        """True if the party is a member of the group and group chat is open."""
        return self.context.settings["contacts.groups"] > 0 and self.groups[group].find(tag) % TAG == 0

    # --- requests

    def _incoming(self, request):
        """A request, group invite, mention or comment from somebody else."""
        what = choice(request, "what", INCOMING)
        party = self.party(request["address"])
        blocking = self.context.rules["blocking"]
        if blocking.refuses(party) or blocking.closes_extras(party):
            return blocking.tried(stopped(_CLOSED, party.who), party)
        if what == "request":
            if self.context.settings["contacts.mode"] == 0 or party.who != STRANGER:
                return blocking.tried(stopped(_OFF, party.who), party)
            return blocking.tried(allow((), ("ask_guardian",), who=party.who), party)
        if party.who == STRANGER:
            return blocking.tried(stopped(UNKNOWN, party.who), party)
        if self.context.settings["contacts.groups"] == 0:
            return stopped(GROUPS_OFF, party.who)
        return allow((), ("show",), who=party.who)

    # --- time

    def step(self):
        day = self.context.clock.day()
        if day == self._stepped:
            return None
        self._stepped = day
        last = day - self.context.settings["contacts.pending_days"]
        dropped = [
            event("contacts.removed", self.table.tag(row).hex())
            for row in range(len(self.table))
            if self.table.byte(row, _MISSING) and self.table.number(row, _DAY, 2) <= last
        ]
        return allow(dropped) if dropped else None

    # --- state

    def apply(self, verb, record):
        fields = record.fields
        if verb == "grouped":
            self.groups[fields[0]] += bytes.fromhex(fields[1])
            return
        tag = bytes.fromhex(fields[0])
        if verb == "added":
            name, address, number, key = json.loads(record.private)
            row = self.table.add(tag)
            self.table.put_field(row, _KEY, bytes.fromhex(key))
            self.table.put_byte(row, _ROLE, fields[1])
            self.table.put_byte(row, _MISSING, fields[2])
            self.table.put_number(row, _DAY, 2, fields[3])
            self.table.put_field(row, _NUMBER, bytes.fromhex(fields[4]))
            self._cards.append(encode([name, address, number]))
        elif verb == "approved":
            row = self.table.find(tag)
            self.table.put_byte(row, _MISSING, self.table.byte(row, _MISSING) & ~fields[1])
        elif verb == "renamed":
            row = self.table.find(tag)
            name, number = json.loads(record.private)
            self.table.put_field(row, _NUMBER, bytes.fromhex(fields[1]) or bytes(TAG))
            self._cards[row] = encode([name, self.card(tag)[1], number])
        elif verb == "removed":
            row = self.table.find(tag)
            self.table.remove(row)
            self._cards.pop(row)
            self.context.rules["usage"].forget(tag)
            for group in range(_MAX_GROUPS):
                members = self.groups[group]
                self.groups[group] = b"".join(
                    [members[at : at + TAG] for at in range(0, len(members), TAG) if members[at : at + TAG] != tag]
                )

    def pieces(self):
        size = len(self.table) * (TAG + _ROW)
        yield from self.table.pieces(size.to_bytes(2, "big"), PIECE)
        out = bytearray()
        for part in self.groups + self._cards:
            out += len(part).to_bytes(2, "big")
            out += part
            if len(out) >= PIECE:
                yield out
                out = bytearray()
        yield out

    def restore(self, blob):
        parts = split(blob)
        self.table.load(parts[0])
        self.groups = parts[1 : 1 + _MAX_GROUPS]
        self._cards = parts[1 + _MAX_GROUPS :]
