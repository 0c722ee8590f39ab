"""What is delivered to the child: the pool, push, lessons, discovery (requirements C6-C11, D70-D74, F16, F19-F22, H10,
H12, A18, I15).

Content comes from the publisher of the child pool whose key a guardian has pinned, each item with a label under its
signature. A label that this file does not list is refused, so harmful and doubtful classes reach no slot. Safety
notices come from the maker's own key, pass every switch, and stay until they are read.

There is no store of what the child reads. The only tags are topics that the child has picked, while personalisation is
on; switching it off deletes them. Everybody else sees the newest first.
"""

import json
from hashlib import sha256

from micropython import const

from firmware.policy.clock import SET
from firmware.policy.decision import BadRequest, allow, event
from firmware.policy.request import choice
from firmware.policy.rule import Rule, stopped
from firmware.policy.rules import alerts
from firmware.policy.settings import STRICT
from firmware.policy.table import Table, hexed
from firmware.storage import crypto, signature
from firmware.storage.journal import encode

_NOT_SIGNED = const("content.not_signed")
_NOT_FOR_CHILDREN = const("content.not_for_children")
_TOO_OLD = const("content.age")
_EXPIRED = const("content.expired")
_OLD_LIST = const("content.old_list")
_WITHDRAWN = const("content.withdrawn")
_FULL = const("content.full")
_CHANNEL_OFF = const("content.channel_off")
_PUSH_OFF = const("content.push_off")
_RECOMMENDATION_OFF = const("content.recommendation_off")
_UNKNOWN = const("content.unknown")
_READ_FIRST = const("content.read_first")
_NO_LESSON = const("content.no_lesson")
_NO_BROWSER = const("content.no_browser")
_PERSONAL_OFF = const("content.personalisation_off")
_NO_WINDOW = const("content.no_window")

PUBLISHERS = ("pool", "maker")  # in the order of the labels that each may use
CHANNELS = ("stories", "news", "notices")
SLOTS = ("page", "home", "popup", "recommended", "push")
TOPICS = ("nature", "science", "sport", "music", "art", "history", "language", "crafts")
# The labels under which an item may be here at all. What publishers call the classes that RPMO 22 and the four classes
# of 2026 keep from children (F20, F21, D73, H12) need not be known: no other word passes.
LABELS = ("plain", "safety")
HEAD = "wardwatch item"
LIST_HEAD = "wardwatch items withdrawn"
LESSONS: tuple = (4, 5)  # lessons under 8 years and from 8 on, as in texts/lessons.tsv
AGES = (3, 8, 12)

_SAFETY = const(1)  # index in LABELS
_AGAIN_DAYS = const(7)  # after which a lesson that was put off is offered again
_WINDOW_SECONDS = const(60)  # C6
_NEW = ["", "", 0, "", 0, 0, 0, 0, -1, 0, 0]  # the head of a snapshot before anything has happened
_CAP = const(24)
_WITHDRAWN_CAP = const(512)  # bytes: 64 tags

# Columns of the packed row: channel, label, age, topic, days, has been read, hash of the body.
_CHANNEL = const(0)
_LABEL = const(1)
_AGE = const(2)
_TOPIC = const(3)
_DAY = const(4)
_EXPIRES = const(6)
_READ = const(8)
_HASH = const(9)
_ROW = const(41)


class Content(Rule):
    """The pool, the lessons' turn, the topics that the child has picked."""

    name = "content"
    FORMS = """
trust publisher=s8 key=h384 channel?=s8
offer item=s300 key=h384 signature=h384
withdraw list=s1000 key=h384 signature=h384
show item=h8 slot=s12 hash=h32
dismiss item=h8
wake
lesson
link url=s500
personalise on=b channel?=s8
topics topics=i255
window channel?=s8
"""

    def __init__(self, context):
        super().__init__(context)
        self._credentials = context.rules["credentials"]
        self._table = Table(_ROW, _CAP)
        self._keys = [b"", b""]  # SHA-256 of the publishers' public keys
        self._list = 0  # number of the last list of withdrawn items
        self._withdrawn = b""  # joined tags
        self._stale_told = 0  # day of the newest item when a guardian was told that the pool is stale
        self._personal = 0
        self._topics = 0  # bits of TOPICS
        self._lesson = list(_NEW[7:])  # next lesson, month and day of the last offer, waiting to be read

    # --- for the enforcement point

    def pool(self):
        """All items as [tag, channel, label, day, expiry day, read], in the order of recommendation: the newest first;
        while personalisation is on, what has one of the child's topics before the others."""
        table, rows = self._table, []
        for row in range(len(table)):
            rows.append([self._topics >> table.byte(row, _TOPIC) & 1, table.number(row, _DAY, 2), row])
        rows.sort(reverse=True)
        return [
            [
                table.tag(row).hex(),
                CHANNELS[table.byte(row, _CHANNEL)],
                LABELS[table.byte(row, _LABEL)],
                day,
                table.number(row, _EXPIRES, 2),
                table.byte(row, _READ),
            ]
            for _, day, row in rows
        ]

    def tag(self, name):
        """The tag of an item, by which the rest of the watch calls it."""
        return self.context.tag("!" + name)

    def topics(self):
        """The tag store: bits of TOPICS, 0 when there is none."""
        return self._topics

    # --- requests

    def decide(self, verb, request):
        if verb == "trust":
            return self._trust(request)
        if verb == "offer":
            return self._offer(request)
        if verb == "withdraw":
            return self._withdraw(request)
        if verb == "wake":
            return self._wake()
        if verb == "lesson":
            return self._read_lesson()
        if verb == "link":
            return stopped(_NO_BROWSER)  # there is none to give it to, whoever sent the link (D72)
        if verb == "personalise":
            return self._personalise(request)
        if verb == "topics":
            return self._pick(request["topics"])
        if verb == "window":
            return self._window(request)
        row = self._table.find(bytes.fromhex(request["item"]))
        if row < 0:
            return stopped(_UNKNOWN)
        return self._show(row, request) if verb == "show" else self._dismiss(row)

    def _trust(self, request):
        publisher = PUBLISHERS.index(choice(request, "publisher", PUBLISHERS))
        key = bytes.fromhex(request["key"])
        if not signature.sound(key):
            raise BadRequest("key", "is no modulus of 3072 bits")
        if not self._credentials.proved(request):
            return self._credentials.refusal()
        return allow([event("content.trusted", publisher, sha256(key).digest().hex())])

    # --- the pool

    def _signed(self, request, field):
        """(items, hash of the key) of a text that one of the two publishers signed, or (None, b"")."""
        for pinned in self._keys:
            items = signature.signed_list(request[field], request["key"], request["signature"], pinned)
            if items is not None:
                return items, pinned
        return None, b""

    def _offer(self, request):
        items, pinned = self._signed(request, "item")
        if items is None:
            return stopped(_NOT_SIGNED)
        name, channel, label, age, topic, day, expires, digest = _item(items)
        if label not in LABELS:
            return stopped(_NOT_FOR_CHILDREN)
        kind = LABELS.index(label)
        if pinned != self._keys[kind]:  # the pool's for plain items, the maker's for safety notices
            return stopped(_NOT_SIGNED)
        tag = self.tag(name)
        today = self.context.clock.day()
        if self._is_withdrawn(tag):
            return stopped(_WITHDRAWN)
        if age > AGES[self.context.settings.band]:
            return stopped(_TOO_OLD)
        if expires <= today:
            return stopped(_EXPIRED)
        if self._table.find(tag) >= 0:
            return allow((), ("keep",))  # a sync brings the same item again
        events = []
        if len(self._table) >= _CAP:
            oldest = self._oldest()
            if oldest < 0:
                return stopped(_FULL)
            events.append(event("content.dropped", self._table.tag(oldest).hex()))
        events.append(
            event(
                "content.added",
                tag.hex(),
                CHANNELS.index(channel),
                kind,
                age,
                TOPICS.index(topic),
                day,
                expires,
                digest,
            )
        )
        if kind == _SAFETY:
            events.append(alerts.raised(alerts.SAFETY_NOTICE, b""))  # the guardian reads that there is one, too (A18)
        return allow(events, ("keep", "show_safety") if kind == _SAFETY else ("keep",))

    def _oldest(self):
        """The row that makes room: the oldest that is no safety notice, or -1."""
        found, day = -1, 65536
        for row in range(len(self._table)):
            if self._table.byte(row, _LABEL) != _SAFETY and self._table.number(row, _DAY, 2) < day:
                found, day = row, self._table.number(row, _DAY, 2)
        return found

    def _is_withdrawn(self, tag):
        at = self._withdrawn.find(tag)
        while at > 0 and at % len(tag):
            at = self._withdrawn.find(tag, at + 1)
        return at >= 0

    def _withdraw(self, request):
        """A publisher takes items back, after checking them again (F22)."""
        items, pinned = self._signed(request, "list")
        if items is None or pinned != self._keys[0]:
            return stopped(_NOT_SIGNED)
        if len(items) < 2 or items[0] != LIST_HEAD or not _number(items[1], 1, 0x3FFFFFFF):
            raise BadRequest("list", "is no list of withdrawn items")
        if items[1] <= self._list:
            return stopped(_OLD_LIST)
        tags = b""
        for name in items[2:]:
            if not isinstance(name, str):
                raise BadRequest("list", "holds something else than ids")
            tags += self.tag(name)
        return allow([event("content.withdrawn", items[1], private=tags)], ("sweep",))

    def _show(self, row, request):
        """May this item appear in this slot now? hash: of the body as it lies on flash."""
        table, settings = self._table, self.context.settings
        slot = choice(request, "slot", SLOTS)
        if not crypto.equal(table.field(row, _HASH, 32), bytes.fromhex(request["hash"])):
            return stopped(_NOT_SIGNED)
        if table.byte(row, _LABEL) == _SAFETY:
            seen = event("content.read", table.tag(row).hex())
            return allow(() if table.byte(row, _READ) else (seen,), ("show",))
        if slot == "popup" or (slot == "push" and not settings["content.push"]):
            return stopped(_PUSH_OFF)
        if slot == "recommended" and not settings["content.recommendation"]:
            return stopped(_RECOMMENDATION_OFF)
        if not settings["content." + CHANNELS[table.byte(row, _CHANNEL)]]:
            return stopped(_CHANNEL_OFF)
        if table.number(row, _EXPIRES, 2) <= self.context.clock.day():
            return stopped(_EXPIRED)
        return allow((), ("show",))

    def _dismiss(self, row):
        if self._table.byte(row, _LABEL) == _SAFETY and not self._table.byte(row, _READ):
            return stopped(_READ_FIRST)
        return allow([event("content.dropped", self._table.tag(row).hex())], ("sweep",))

    # --- once a day, when the child first looks at the watch

    def _wake(self):
        """What has expired goes, a guardian hears of a pool that nobody refreshes, a lesson may be due."""
        table, day = self._table, self.context.clock.day()
        events, newest, obligations, expired = [], 0, [], False
        for row in range(len(table)):
            is_safety = table.byte(row, _LABEL) == _SAFETY
            if is_safety and not table.byte(row, _READ):
                if "show_safety" not in obligations:
                    obligations.append("show_safety")
            elif table.number(row, _EXPIRES, 2) <= day:
                events.append(event("content.dropped", table.tag(row).hex()))
                expired = True
            if not is_safety:
                newest = max(newest, table.number(row, _DAY, 2))
        if expired:
            obligations.append("sweep")
        if newest and newest != self._stale_told and day - newest > self.context.settings["content.stale_days"]:
            events += [event("content.stale", newest), alerts.raised(alerts.STALE_POOL, b"")]
        lesson = self._due_lesson()
        if lesson:
            events.append(lesson)
            obligations.append("offer_lesson")
        return allow(events, obligations)

    def _due_lesson(self):
        """The event of offering a lesson: one a month; one that was put off comes again after a week (F16)."""
        clock = self.context.clock
        if not self.context.settings["content.lessons"] or clock.trust != SET:
            return None
        number, month, day, waiting = self._lesson
        too_early = clock.day() - day < _AGAIN_DAYS if waiting else clock.month() <= month
        if too_early:
            return None
        return event("content.lesson", number, clock.month(), clock.day())

    def lesson(self):
        """The id of the lesson that waits in texts/lessons.tsv, or "". Children under 8 have their own."""
        band = 1 if self.context.settings.band else 0
        if not self._lesson[3]:
            return ""
        return "lesson.%s.%d" % (("young", "older")[band], self._lesson[0] % LESSONS[band] + 1)

    def _read_lesson(self):
        """The child opens the lesson that waits. Lessons are no app: no time is counted for them."""
        if not self._lesson[3]:
            return stopped(_NO_LESSON)
        return allow([event("content.learned", self._lesson[0])], ("show_lesson",))

    # --- personalisation, discovery

    def _personalise(self, request):
        """The one switch (C8, C9). Off needs nobody's leave and deletes the topics with the same record."""
        if not request["on"]:
            return allow([event("content.personal", 0)] if self._personal else ())
        if self.context.settings.band == 0 or self.context.settings.strict or self.context.settings.profile == STRICT:
            return stopped(_PERSONAL_OFF)
        if not self._credentials.proved(request):
            return self._credentials.refusal()
        return allow([event("content.personal", 1)])

    def _pick(self, topics):
        if not self._personal:
            return stopped(_PERSONAL_OFF)
        return allow([event("content.topics", private=bytes((topics,)))] if topics != self._topics else ())

    def _window(self, request):
        """A guardian lets the watch be found by another one for a minute (C6). The end is the service's to keep: it
        holds the radio, and after a reboot the radio is silent."""
        settings = self.context.settings
        if settings.band == 0 or not settings["contacts.mode"] or self.context.rules["blocking"].mode:
            return stopped(_NO_WINDOW)
        if not self._credentials.proved(request):
            return self._credentials.refusal()
        return allow([event("content.window", self.context.clock.powered + _WINDOW_SECONDS)], ("advertise",))

    # --- state

    def apply(self, verb, record):
        fields = record.fields
        if verb == "trusted":
            self._keys[fields[0]] = bytes.fromhex(fields[1])
            if fields[0] == 0:
                self._list, self._withdrawn = 0, b""
        elif verb == "added":
            self._add(fields)
        elif verb == "withdrawn":
            self._take_back(fields[0], record.private)
        elif verb == "stale":
            self._stale_told = fields[0]
        elif verb == "lesson":
            self._lesson = fields + [1]
        elif verb == "learned":
            self._lesson[0] = fields[0] + 1
            self._lesson[3] = 0
        elif verb == "personal":
            self._personal = fields[0]
            if not self._personal:
                self._topics = 0
        elif verb == "topics":
            self._topics = record.private[0]
        elif verb in ("dropped", "read"):
            row = self._table.find(bytes.fromhex(fields[0]))
            if row >= 0 and verb == "read":
                self._table.put_byte(row, _READ, 1)
            elif row >= 0:
                self._table.remove(row)

    def _add(self, fields):
        table = self._table
        row = table.add(bytes.fromhex(fields[0]))
        for column in (_CHANNEL, _LABEL, _AGE, _TOPIC):
            table.put_byte(row, column, fields[1 + column])
        table.put_number(row, _DAY, 2, fields[5])
        table.put_number(row, _EXPIRES, 2, fields[6])
        table.put_field(row, _HASH, bytes.fromhex(fields[7]))

    def _take_back(self, number, tags):
        self._list = number
        for at in range(0, len(tags), 8):
            tag = bytes(tags[at : at + 8])
            row = self._table.find(tag)
            if row >= 0:
                self._table.remove(row)
            if not self._is_withdrawn(tag):  # its own expiry keeps out what this list has no room for any more
                self._withdrawn = (self._withdrawn + tag)[-_WITHDRAWN_CAP:]

    def snapshot(self):
        head = [hexed(self._keys[0]), hexed(self._keys[1]), self._list, hexed(self._withdrawn), self._stale_told]
        head += [self._personal, self._topics] + self._lesson
        return b"" if head == _NEW else encode(head) + b"\n" + self._table.dump()

    def restore(self, blob):
        end = blob.find(b"\n")
        values = json.loads(blob[:end])
        pool, maker, self._list, withdrawn, self._stale_told, self._personal, self._topics = values[:7]
        self._keys, self._withdrawn = [bytes.fromhex(pool), bytes.fromhex(maker)], bytes.fromhex(withdrawn)
        self._lesson = values[7:]
        self._table.load(blob[end + 1 :])


def _number(value, low, high):
    return isinstance(value, int) and low <= value <= high


def _item(items):
    """(id, channel, label, age, topic, day, expiry day, hash) of an item: ["wardwatch item", id, channel, label, age,
    topic, day, expiry day, SHA-256 of its body]; days count from 2020-01-01. BadRequest if it is none."""
    bad = BadRequest("item", "is no item of the pool")
    if len(items) != 9 or items[0] != HEAD:
        raise bad
    name, channel, label, age, topic, day, expires, digest = items[1:]
    for text in (name, label, digest):
        if not isinstance(text, str) or not text:
            raise bad
    if channel not in CHANNELS or age not in (3, 8, 12, 16, 18) or topic not in TOPICS:
        raise bad
    if not _number(day, 1, 65535) or not _number(expires, 1, 65535) or len(digest) != 64:
        raise bad
    if digest.strip("0123456789abcdef"):
        raise bad
    return items[1:]


RULE = Content
