"""Who may reach the child (requirements D20-D24, D27, D29, B10, C5).

A contact becomes reachable only after this side's guardian and the other side have agreed. Each contact has a key; a
message carries the sender's address, a counter and a MAC under that key. What does not verify comes from a stranger:
it never raises, lowers or marks a contact's grade. Names, addresses and numbers are sealed in the journal, keys never
leave the watch (no request reads one).
"""

import json

from firmware.policy.decision import BadRequest, allow, event
from firmware.policy.request import choice
from firmware.policy.rule import Rule, stopped
from firmware.policy.table import TAG, Table
from firmware.storage import crypto
from firmware.storage.journal import encode

OFF = "contacts.off"
FULL = "contacts.full"
ALREADY = "contacts.already"
UNKNOWN = "contacts.unknown"
NOT_VERIFIED = "contacts.not_verified"
CARD_CLOSED = "contacts.card_closed"
CLOSED = "contacts.closed"
NOT_APPROVED = "contacts.not_approved"
GROUP_FULL = "contacts.group_full"
GROUPS_OFF = "contacts.groups_off"

GUARDIAN = "guardian"
CONTACT = "contact"
STRANGER = "stranger"
ROLES = ("friend", GUARDIAN)

# Columns of the packed row: key, role, what is still missing, day of the request, counters in and out, number's tag.
_KEY = 0
_ROLE = 32
_MISSING = 33
_DAY = 34
_COUNT_IN = 36
_COUNT_OUT = 40
_NUMBER = 44
_ROW = 52
_CAP = 50

_THIS_SIDE = 1
_OTHER_SIDE = 2
_MAX_GROUPS = 4
INCOMING = ("request", "invite", "mention", "comment")

_ADDRESS = ("address", "s", 64)
_CHANNEL = ("channel?", "s", 8)
_CARD = (("name", "s", 20), _ADDRESS, ("number?", "s", 16), ("key", "h", 32))


class Party:
    """The other side of a request: who ("guardian", "contact" or "stranger"), tag, row in the contact table or -1."""

    def __init__(self, who, tag, row):
        self.who = who
        self.tag = tag
        self.row = row


def envelope_mac(key, sender, counter, text):
    """The 16 bytes that a message carries: HMAC-SHA256 over sender, counter and text under the contact's key."""
    return crypto.hmac_sha256(key, sender.encode(), b"\0", counter.to_bytes(4, "big"), text.encode())[:16]


def agreement_mac(key, address):
    """The 16 bytes by which the other side's guardian agrees to the contact (D21)."""
    return crypto.hmac_sha256(key, b"agree\0", address.encode())[:16]


class Contacts(Rule):
    """Approved and pending contacts, and small groups of them."""

    name = "contacts"

    def __init__(self, context):
        super().__init__(context)
        self._credentials = context.rules["credentials"]
        self._table = Table(_ROW, _CAP)
        self._cards = []  # per row: JSON [name, address, number]
        self._groups = [b""] * _MAX_GROUPS  # joined tags of the members
        self._stepped = -1  # the last day on which pending requests were looked through
        self.requests = {
            "add": (self._add, _CARD + (("role", "s", 8), _CHANNEL)),
            "ask": (self._ask, _CARD),
            "approve": (self._approve, (_ADDRESS, _CHANNEL)),
            "agreed": (self._agreed, (_ADDRESS, ("mac", "h", 16))),
            "remove": (self._remove, (_ADDRESS, _CHANNEL)),
            "card": (self._show_card, (("to", "s", 64),)),
            "incoming": (self._incoming, (_ADDRESS, ("what", "s", 8))),
            "group_add": (self._group_add, (("group", "i", _MAX_GROUPS - 1), _ADDRESS, _CHANNEL)),
        }

    # --- for the other rules

    def __len__(self):
        return len(self._table)

    def party(self, address):
        """The party behind an address, without any proof that a message is really theirs."""
        tag = self.context.tag(address)
        row = self._table.find(tag)
        if row < 0 or self._table.byte(row, _MISSING):
            return Party(STRANGER, self.context.tag("?" + address), -1)
        return Party(GUARDIAN if self._table.byte(row, _ROLE) else CONTACT, tag, row)

    def sender(self, address, counter, mac, text):
        """(party, reason) of a received message: verified, or a stranger with the reason why not."""
        party = self.party(address)
        if party.row < 0:
            return party, UNKNOWN
        known = envelope_mac(self._table.field(party.row, _KEY, 32), address, counter, text)
        if not crypto.equal(known, bytes.fromhex(mac)) or counter <= self._table.number(party.row, _COUNT_IN, 4):
            return Party(STRANGER, self.context.tag("?" + address), -1), NOT_VERIFIED
        return party, ""

    def caller(self, number):
        """The party behind a phone number."""
        wanted = self.context.tag("#" + number)
        for row in range(len(self._table)):
            if self._table.field(row, _NUMBER, TAG) == wanted and not self._table.byte(row, _MISSING):
                return Party(GUARDIAN if self._table.byte(row, _ROLE) else CONTACT, self._table.tag(row), row)
        return Party(STRANGER, self.context.tag("?" + number), -1)

    def is_guardian(self, tag):
        row = self._table.find(tag)
        return row >= 0 and self._table.byte(row, _ROLE) == ROLES.index(GUARDIAN)

    def next_counter(self, row):
        """The counter of the next message to this contact."""
        return self._table.number(row, _COUNT_OUT, 4) + 1

    def key(self, row):
        """The contact's key, for the messaging service that seals an outgoing envelope."""
        return self._table.field(row, _KEY, 32)

    def card(self, tag):
        """[name, address, number] of a contact, for the watch's own screen; None for others."""
        row = self._table.find(tag)
        return json.loads(self._cards[row]) if row >= 0 else None

    def heard(self, tag, counter):
        """A verified message with this counter is in the journal: it cannot be played again."""
        row = self._table.find(tag)
        if row >= 0:
            self._table.put_number(row, _COUNT_IN, 4, counter)

    def wrote(self, tag, counter):
        row = self._table.find(tag)
        if row >= 0:
            self._table.put_number(row, _COUNT_OUT, 4, counter)

    def in_group(self, group, tag):
        """True if the party is a member of the group and group chat is open."""
        return self.context.settings["contacts.groups"] > 0 and self._groups[group].find(tag) % TAG == 0

    # --- requests

    def _room(self, request):
        """None, or why no further contact fits."""
        if self._table.find(self.context.tag(request["address"])) >= 0:
            return stopped(ALREADY)
        if len(self._table) >= self.context.settings["contacts.cap"]:
            return stopped(FULL)
        return None

    def _added(self, request, role, missing):
        address, number = request["address"], request.get("number", "")
        if not address:
            raise BadRequest("address", "is empty")
        number_tag = self.context.tag("#" + number).hex() if number else ""
        private = encode([request["name"], address, number, request["key"]])
        return allow([event("contacts.added", self.context.tag(address).hex(), role, missing, self.context.clock.day(),
                            number_tag, private=private)], ("ask_other_side",) if missing & _OTHER_SIDE else ())

    def _add(self, request):
        role = choice(request, "role", ROLES)
        if not self._credentials.proved(request):
            return self._credentials.refusal()
        refused = self._room(request)
        if refused:
            return refused
        return self._added(request, ROLES.index(role), 0 if role == GUARDIAN else _OTHER_SIDE)

    def _ask(self, request):
        mode = self.context.settings["contacts.mode"]
        if mode == 0:
            return stopped(OFF)
        refused = self._room(request)
        if refused:
            return refused
        return self._added(request, 0, _OTHER_SIDE | (_THIS_SIDE if mode == 1 else 0))

    def _pending(self, address):
        """Row of a known contact, or -1."""
        return self._table.find(self.context.tag(address))

    def _approve(self, request):
        row = self._pending(request["address"])
        if row < 0:
            return stopped(UNKNOWN)
        if not self._credentials.proved(request):
            return self._credentials.refusal()
        return allow([event("contacts.approved", self._table.tag(row).hex(), _THIS_SIDE)])

    def _agreed(self, request):
        row = self._pending(request["address"])
        if row < 0:
            return stopped(UNKNOWN, STRANGER)
        if not crypto.equal(agreement_mac(self.key(row), request["address"]), bytes.fromhex(request["mac"])):
            return stopped(NOT_VERIFIED, STRANGER)
        return allow([event("contacts.approved", self._table.tag(row).hex(), _OTHER_SIDE)])

    def _remove(self, request):
        row = self._pending(request["address"])
        if row < 0:
            return stopped(UNKNOWN)
        if self._table.byte(row, _ROLE) and not self._credentials.proved(request):
            return self._credentials.refusal()
        return allow([event("contacts.removed", self._table.tag(row).hex())])

    def _show_card(self, request):
        """May the child's card (nickname, picture, key and nothing else: C5, H5) be shown to this party?"""
        party = self.party(request["to"])
        if party.who == STRANGER or not self.context.settings["contacts.card_visible"]:
            return stopped(CARD_CLOSED, party.who)
        return allow(who=party.who)

    def _incoming(self, request):
        """A request, group invite, mention or comment from somebody else."""
        what = choice(request, "what", INCOMING)
        party = self.party(request["address"])
        blocking = self.context.rules["blocking"]
        if blocking.refuses(party) or blocking.closes_extras(party):
            return blocking.tried(stopped(CLOSED, party.who), party)
        if what == "request":
            if self.context.settings["contacts.mode"] == 0 or party.who != STRANGER:
                return blocking.tried(stopped(OFF, party.who), party)
            return blocking.tried(allow((), ("ask_guardian",), who=party.who), party)
        if party.who == STRANGER:
            return blocking.tried(stopped(UNKNOWN, party.who), party)
        if self.context.settings["contacts.groups"] == 0:
            return stopped(GROUPS_OFF, party.who)
        return allow((), ("show",), who=party.who)

    def _group_add(self, request):
        party = self.party(request["address"])
        most = self.context.settings["contacts.groups"]
        if most == 0:
            return stopped(GROUPS_OFF)
        if party.who == STRANGER:
            return stopped(NOT_APPROVED, STRANGER)
        if len(self._groups[request["group"]]) >= most * TAG:
            return stopped(GROUP_FULL)
        if not self._credentials.proved(request):
            return self._credentials.refusal()
        return allow([event("contacts.grouped", request["group"], party.tag.hex())])

    # --- time

    def step(self):
        day = self.context.clock.day()
        if day == self._stepped:
            return None
        self._stepped = day
        last = day - self.context.settings["contacts.pending_days"]
        dropped = [event("contacts.removed", self._table.tag(row).hex()) for row in range(len(self._table))
                   if self._table.byte(row, _MISSING) and self._table.number(row, _DAY, 2) <= last]
        return allow(dropped) if dropped else None

    # --- state

    def apply(self, verb, record):
        fields = record.fields
        if verb == "grouped":
            self._groups[fields[0]] += bytes.fromhex(fields[1])
            return
        tag = bytes.fromhex(fields[0])
        if verb == "added":
            name, address, number, key = json.loads(record.private)
            row = self._table.add(tag)
            self._table.put_field(row, _KEY, bytes.fromhex(key))
            self._table.put_byte(row, _ROLE, fields[1])
            self._table.put_byte(row, _MISSING, fields[2])
            self._table.put_number(row, _DAY, 2, fields[3])
            self._table.put_field(row, _NUMBER, bytes.fromhex(fields[4]))
            self._cards.append(encode([name, address, number]))
        elif verb == "approved":
            row = self._table.find(tag)
            self._table.put_byte(row, _MISSING, self._table.byte(row, _MISSING) & ~fields[1])
        elif verb == "removed":
            row = self._table.find(tag)
            self._table.remove(row)
            self._cards.pop(row)
            for group in range(_MAX_GROUPS):
                members = self._groups[group]
                self._groups[group] = b"".join([members[at : at + TAG] for at in range(0, len(members), TAG)
                                                if members[at : at + TAG] != tag])

    def snapshot(self):
        parts = [self._table.dump()] + self._groups + self._cards
        return b"".join([len(part).to_bytes(2, "big") + part for part in parts])

    def restore(self, blob):
        parts, at = [], 0
        while at < len(blob):
            size = int.from_bytes(blob[at : at + 2], "big")
            parts.append(blob[at + 2 : at + 2 + size])
            at += 2 + size
        self._table.load(parts[0])
        self._groups = parts[1 : 1 + _MAX_GROUPS]
        self._cards = parts[1 + _MAX_GROUPS :]
