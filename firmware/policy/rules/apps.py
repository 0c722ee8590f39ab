"""Which apps may be on the watch, be opened, and be given a sensor (requirements C1, C2, D60-D67, E3, E4, E7, G2).

A package comes from the one source whose key a guardian has pinned, by a signed manifest, and no other way: a QR code,
a link or an NFC tag never reaches the installer. The child asks, a guardian approves, each version by itself. Neither
of them lifts an age rating. Every permission is denied until a guardian grants it.

All apps share one Python interpreter. What is decided here holds for what the watch hands over; it is no wall inside
the memory, and only packages that the source has checked (`host_tools/making/packages.py`) are let in.
"""

import json
from hashlib import sha256

from micropython import const

from firmware.policy.clock import SET
from firmware.policy.decision import BadRequest, allow, deny, event
from firmware.policy.request import choice
from firmware.policy.rule import Rule, stopped
from firmware.policy.rules import alerts
from firmware.policy.table import Table, hexed
from firmware.storage import crypto, signature
from firmware.storage.journal import encode

_CLOSED = const("apps.closed")
_SOURCE = const("apps.source")
_NOT_SIGNED = const("apps.not_signed")
_WITHDRAWN = const("apps.withdrawn")
_LIST_FULL = const("apps.list_full")
_CLASS_CLOSED = const("apps.class_closed")
_TOO_OLD = const("apps.age")
_OLD_VERSION = const("apps.old_version")
_FULL = const("apps.full")
_GUARDIAN_ONLY = const("apps.guardian_only")
_UNKNOWN = const("apps.unknown")
_NOT_APPROVED = const("apps.not_approved")
_CHANGED = const("apps.changed")
_BLOCKED = const("apps.blocked")
_ALWAYS_TIMED = const("apps.always_timed")
_NOT_DECLARED = const("apps.not_declared")
_NOT_GRANTED = const("apps.not_granted")
_NO_CONSENT = const("apps.no_consent")

# Numbered in manifests' records and in the snapshot: new ones go to the end.
CLASSES = ("education", "tool", "communication", "entertainment", "game", "photo_search", "genai_voice")
PERMISSIONS = ("microphone", "camera", "location", "motion", "network", "notifications")
AVAILABILITY = ("blocked", "timed", "available")
SOURCES = ("store", "qr", "link", "nfc", "message", "cable")
AGES = (3, 8, 12, 16, 18)  # the bands of the minor-mode guide, by the age at which each begins
HEAD = "wardwatch app"  # first item of a manifest: no other signed text passes for one
LIST_HEAD = "wardwatch apps withdrawn"

_PURPOSES = ("voice", "photo", "location", "health", "", "")  # the consent that each permission stands on (A5)
_WITH = ("indicator", "indicator", "coarse", "", "", "")  # and what whoever hands it over is obliged to
_TIMED = const(1)
_AVAILABLE = const(2)
_ENTERTAINMENT = const(3)
_GAME = const(4)
_PHOTO = const(5)
_GENAI = const(6)

# Columns of the packed row. A package that waits has a row of its own, under another tag of the same id.
_CLASS = const(0)
_AGES = const(1)
_VERSION = const(2)
_DECLARED = const(4)  # bits of PERMISSIONS: in the manifest, given by a guardian, asked for once already
_GRANTED = const(5)
_WANTED = const(6)
_STATE = const(7)  # AVAILABILITY of an installed app; of one that waits, 1 when approved
_OFF = const(8)  # the source has withdrawn it
_HASH = const(9)
_USED = const(41)  # wall time of the last use, per permission
_ROW = const(65)

_CAP = const(24)
_WAITING_CAP = const(8)  # packages that the child may ask for at a time
_WITHDRAWN_CAP = const(512)  # bytes: 64 tags
_NOTE_SECONDS = const(600)  # between two records of the same use (D67)


class Apps(Rule):
    """The packages that are installed or wait, the pinned source, and what it has withdrawn."""

    name = "apps"
    FORMS = """
trust key=h384 channel?=s8
ask manifest=s400 key=h384 signature=h384 source=s8 channel?=s8
approve app=s40 version=i65535 channel?=s8
refuse app=s40
install app=s40 hash=h32
open app=s40 hash=h32
use app=s40 permission=s16
grant app=s40 permission=s16 channel?=s8
revoke app=s40 permission=s16
set app=s40 availability=s12 channel?=s8
remove app=s40
withdraw list=s1000 key=h384 signature=h384
"""

    def __init__(self, context):
        super().__init__(context)
        self._credentials = context.rules["credentials"]
        self._table = Table(_ROW, _CAP)
        self._names = []  # per row: JSON [id, name]
        self._source = b""  # SHA-256 of the source's public key
        self._list = 0  # number of the last list of withdrawn packages
        self._withdrawn = b""  # joined tags

    # --- for the enforcement point

    def tag(self, app, waiting=False):
        """The tag of an installed app, or of a package of the same id that waits."""
        return self.context.tag(("-" if waiting else "+") + app)

    def report(self):
        """What a guardian is shown (D67): [[id, name, class, version, state, withdrawn, permissions], ...]; state: one
        of AVAILABILITY, "asked" or "approved"; permissions: [[name, granted, wall time of the last use or 0], ...]."""
        table, rows = self._table, []
        for row in range(len(table)):
            id_, name = json.loads(self._names[row])
            state = table.byte(row, _STATE)
            waits = table.tag(row) != self.tag(id_)
            rows.append(
                [
                    id_,
                    name,
                    CLASSES[table.byte(row, _CLASS)],
                    table.number(row, _VERSION, 2),
                    ("asked", "approved")[state] if waits else AVAILABILITY[state],
                    table.byte(row, _OFF),
                    [
                        [PERMISSIONS[bit], table.byte(row, _GRANTED) >> bit & 1, table.number(row, _USED + 4 * bit, 4)]
                        for bit in range(len(PERMISSIONS))
                        if table.byte(row, _DECLARED) >> bit & 1
                    ],
                ]
            )
        return rows

    # --- requests

    def decide(self, verb, request):
        if verb == "trust":
            return self._trust(request)
        if verb == "ask":
            return self._ask(request)
        if verb == "withdraw":
            return self._withdraw(request)
        if verb in ("approve", "refuse", "install"):
            row = self._table.find(self.tag(request["app"], True))
            if row < 0:
                return stopped(_UNKNOWN)
            if verb == "refuse":
                return allow([event("apps.refused", self._table.tag(row).hex())])
            return self._approve(row, request) if verb == "approve" else self._install(row, request)
        row = self._table.find(self.tag(request["app"]))
        if row < 0:
            return stopped(_UNKNOWN)
        if verb == "open":
            return self._open(row, request)
        if verb == "set":
            return self._set(row, request)
        if verb == "remove":
            return allow([event("apps.removed", self._table.tag(row).hex())], ("erase",))
        bit = PERMISSIONS.index(choice(request, "permission", PERMISSIONS))
        if verb == "revoke":
            given = self._table.byte(row, _GRANTED) >> bit & 1
            return allow([event("apps.revoked", self._table.tag(row).hex(), bit)] if given else ())
        return self._use(row, bit) if verb == "use" else self._grant(row, bit, request)

    def _trust(self, request):
        key = bytes.fromhex(request["key"])
        if not signature.sound(key):
            raise BadRequest("key", "is no modulus of 3072 bits")
        if not self._credentials.proved(request):
            return self._credentials.refusal()
        return allow([event("apps.trusted", sha256(key).digest().hex())])

    def _ask(self, request):
        """Somebody wants a package: the child, or a guardian whose proof approves it at once."""
        if choice(request, "source", SOURCES) != "store":
            return stopped(_SOURCE)
        if self._closed():
            return stopped(_CLOSED)
        items = signature.signed_list(request["manifest"], request["key"], request["signature"], self._source)
        if items is None:
            return stopped(_NOT_SIGNED)
        app, version, class_, ages, declared, digest, name = _manifest(items)
        proved = self._credentials.proved(request)
        refused = self._refused(app, version, class_, ages, proved)
        if refused:
            return stopped(refused)
        events = [
            event(
                "apps.asked",
                self.tag(app, True).hex(),
                class_,
                ages,
                version,
                declared,
                1 if proved else 0,
                digest,
                private=encode([app, name]),
            )
        ]
        if not proved:
            events.append(alerts.raised(alerts.APP_ASKED, b""))
        return allow(events, () if proved else ("ask_guardian",))

    def _refused(self, app, version, class_, ages, proved):
        """The reason why a genuine package may not be asked for, or ""."""
        table, tag = self._table, self.tag(app)
        if self._is_withdrawn(tag):
            return _WITHDRAWN
        if len(self._withdrawn) >= _WITHDRAWN_CAP:
            return _LIST_FULL  # something may have been withdrawn that no longer fits the list
        unfit = self._unfit(class_, ages)
        if unfit:
            return unfit
        row, waits = table.find(tag), table.find(self.tag(app, True))
        for found in (row, waits):
            if found >= 0 and table.number(found, _VERSION, 2) >= version:
                return _OLD_VERSION
        if not proved and not self.context.settings["apps.child_asks"]:
            return _GUARDIAN_ONLY
        waiting = len([at for at in range(len(table)) if self._waits(at)])
        if waits < 0 and (len(table) >= _CAP or (not proved and waiting >= _WAITING_CAP)):
            return _FULL
        return ""

    def _waits(self, row):
        return self._table.tag(row) != self.tag(json.loads(self._names[row])[0])

    def _is_withdrawn(self, tag):
        at = self._withdrawn.find(tag)
        while at > 0 and at % len(tag):
            at = self._withdrawn.find(tag, at + 1)
        return at >= 0

    def _closed(self):
        """No app while the state is in doubt or the time is not known: neither its limits nor its age would hold."""
        return self.context.settings.strict or self.context.clock.trust != SET

    def _unfit(self, class_, ages):
        """The reason why no app of this class and age rating may be here, whoever has approved it, or "" (D61, G2)."""
        settings = self.context.settings
        if ages > AGES[settings.band]:
            return _TOO_OLD
        is_open = True
        if class_ == _GAME:
            is_open = settings["apps.games"]
        elif class_ == _PHOTO:
            is_open = settings["apps.photo_search"]
        elif class_ == _GENAI:
            is_open = settings["apps.genai_voice"] and settings.profile != "cn-gb-draft"
        return "" if is_open else _CLASS_CLOSED

    def _approve(self, row, request):
        """A guardian approves the version that was shown, not whatever the child has asked for since."""
        if self._table.number(row, _VERSION, 2) != request["version"]:
            return stopped(_UNKNOWN)
        if not self._credentials.proved(request):
            return self._credentials.refusal()
        return allow([event("apps.approved", self._table.tag(row).hex())])

    def _install(self, row, request):
        table = self._table
        if not table.byte(row, _STATE):
            return stopped(_NOT_APPROVED)
        if self._closed():
            return stopped(_CLOSED)
        refused = self._unfit(table.byte(row, _CLASS), table.byte(row, _AGES))
        if refused:
            return stopped(refused)
        if not crypto.equal(table.field(row, _HASH, 32), bytes.fromhex(request["hash"])):
            return stopped(_CHANGED)
        state = _TIMED if table.byte(row, _CLASS) >= _ENTERTAINMENT else _AVAILABLE
        return allow(
            [event("apps.installed", table.tag(row).hex(), self.tag(request["app"]).hex(), state)], ("install",)
        )

    def _shut(self, row):
        """The reason why an installed app is out of use, or ""."""
        table = self._table
        if table.byte(row, _OFF):
            return _WITHDRAWN
        if self._closed():
            return _CLOSED
        if not table.byte(row, _STATE):
            return _BLOCKED
        return self._unfit(table.byte(row, _CLASS), table.byte(row, _AGES))

    def _open(self, row, request):
        """`who` of the answer is the class by which the time of this app is metered (D46, D60)."""
        table = self._table
        refused = self._shut(row)
        class_ = self._metered_as(row)
        if not refused and not crypto.equal(table.field(row, _HASH, 32), bytes.fromhex(request["hash"])):
            refused = _CHANGED
        if refused:
            return stopped(refused, class_)
        return allow((), ("meter", "start"), who=class_)

    def _metered_as(self, row):
        """A class of rules/usage.py. An app never counts as a function of the watch, whatever it calls itself."""
        class_ = self._table.byte(row, _CLASS)
        if class_ == _GAME:
            online = self._table.byte(row, _DECLARED) >> PERMISSIONS.index("network") & 1
            return "game_online" if online else "game_offline"
        if self._table.byte(row, _STATE) == _AVAILABLE:
            return "exempt" if class_ else "education"
        return "entertainment" if class_ == _ENTERTAINMENT else "other"

    def _use(self, row, bit):
        """Asked by whoever is about to hand an app a sensor, the position or the network: before every use."""
        table, mask = self._table, 1 << bit
        refused = self._shut(row)
        if refused:
            return stopped(refused)
        if not table.byte(row, _DECLARED) & mask:
            return stopped(_NOT_DECLARED)
        tag = table.tag(row).hex()
        if not table.byte(row, _GRANTED) & mask:
            if table.byte(row, _WANTED) & mask:
                return stopped(_NOT_GRANTED)  # a guardian has been asked once: no app asks again by itself (A7)
            return deny(_NOT_GRANTED, [event("apps.wanted", tag, bit), alerts.raised(alerts.APP_PERMISSION, b"")])
        if not self._consented(bit):
            return stopped(_NO_CONSENT)
        since = self.context.clock.wall - table.number(row, _USED + 4 * bit, 4)
        events = () if 0 <= since < _NOTE_SECONDS else [event("apps.used", tag, bit)]
        return allow(events, (_WITH[bit],) if _WITH[bit] else ())

    def _consented(self, bit):
        return not _PURPOSES[bit] or self.context.rules["consent"].has(_PURPOSES[bit])

    def _grant(self, row, bit, request):
        if not self._table.byte(row, _DECLARED) & 1 << bit:
            return stopped(_NOT_DECLARED)
        if not self._credentials.proved(request):
            return self._credentials.refusal()
        if not self._consented(bit):
            return stopped(_NO_CONSENT)
        return allow([event("apps.granted", self._table.tag(row).hex(), bit)])

    def _set(self, row, request):
        state = AVAILABILITY.index(choice(request, "availability", AVAILABILITY))
        if state == self._table.byte(row, _STATE):
            return allow()
        if state == _AVAILABLE and self._table.byte(row, _CLASS) in (_GAME, _GENAI):
            return stopped(_ALWAYS_TIMED)
        if state > self._table.byte(row, _STATE) and not self._credentials.proved(request):
            return self._credentials.refusal()
        return allow([event("apps.set", self._table.tag(row).hex(), state)])

    def _withdraw(self, request):
        """The source takes packages back: they stop at once, and cannot come again (E3, E7). Nobody needs to agree."""
        items = signature.signed_list(request["list"], request["key"], request["signature"], self._source)
        if items is None:
            return stopped(_NOT_SIGNED)
        if len(items) < 2 or items[0] != LIST_HEAD or not _number(items[1], 1, 0x3FFFFFFF):
            raise BadRequest("list", "is no list of withdrawn packages")
        if items[1] <= self._list:
            return stopped(_OLD_VERSION)
        tags = b""
        hit = False
        for app in items[2:]:
            if not isinstance(app, str):
                raise BadRequest("list", "holds something else than ids")
            tags += self.tag(app) + self.tag(app, True)
            hit = hit or self._table.find(self.tag(app)) >= 0
        events = [event("apps.withdrawn", items[1], private=tags)]
        if hit:
            events.append(alerts.raised(alerts.APP_WITHDRAWN, b""))
        return allow(events, ("stop",))

    # --- state

    def apply(self, verb, record):
        fields = record.fields
        if verb == "trusted":
            self._source = bytes.fromhex(fields[0])
            self._list, self._withdrawn = 0, b""
            for row in range(len(self._table) - 1, -1, -1):
                if self._waits(row):
                    self._drop(row)
            return
        if verb == "withdrawn":
            self._take_back(fields[0], record.private)
            return
        tag = bytes.fromhex(fields[0])
        row = self._table.find(tag)
        if verb == "asked":
            self._add(tag, row, fields, record.private)
        elif row < 0:
            pass  # removed since
        elif verb == "approved":
            self._table.put_byte(row, _STATE, 1)
        elif verb == "installed":
            self._put(row, bytes.fromhex(fields[1]), fields[2])
        elif verb in ("refused", "removed"):
            self._drop(row)
        elif verb == "set":
            self._table.put_byte(row, _STATE, fields[1])
        elif verb == "used":
            self._table.put_number(row, _USED + 4 * fields[1], 4, record.t)
        else:
            column = _WANTED if verb == "wanted" else _GRANTED
            bits, mask = self._table.byte(row, column), 1 << fields[1]
            self._table.put_byte(row, column, bits & ~mask if verb == "revoked" else bits | mask)

    def _add(self, tag, row, fields, names):
        """A package begins to wait; a newer version takes the place of an older one that waits too."""
        if row >= 0:
            self._drop(row)
        table = self._table
        row = table.add(tag)
        self._names.append(bytes(names))
        for column, value in ((_CLASS, 1), (_AGES, 2), (_DECLARED, 4), (_STATE, 5)):
            table.put_byte(row, column, fields[value])
        table.put_number(row, _VERSION, 2, fields[3])
        table.put_field(row, _HASH, bytes.fromhex(fields[6]))

    def _put(self, row, tag, state):
        """What waited is installed. An update keeps what the guardian has set, as far as it still asks for it."""
        table = self._table
        old = table.find(tag)
        new = table.add(tag)
        self._names.append(self._names[row])
        table.put_field(new, _CLASS, table.field(row, _CLASS, _USED))
        table.put_byte(new, _STATE, state)
        if old >= 0:
            declared = table.byte(new, _DECLARED)
            table.put_byte(new, _GRANTED, table.byte(old, _GRANTED) & declared)
            table.put_byte(new, _WANTED, table.byte(old, _WANTED) & declared)
            kept = table.byte(old, _STATE)
            same = table.byte(old, _CLASS) == table.byte(new, _CLASS)
            table.put_byte(new, _STATE, kept if same else min(state, kept))
            table.put_field(new, _USED, table.field(old, _USED, _ROW - _USED))
        for gone in sorted([row, old], reverse=True):
            if gone >= 0:
                self._drop(gone)

    def _take_back(self, number, tags):
        self._list = number
        size = len(tags)
        for at in range(0, size, 16):
            installed, waiting = bytes(tags[at : at + 8]), bytes(tags[at + 8 : at + 16])
            row = self._table.find(waiting)
            if row >= 0:
                self._drop(row)
            row = self._table.find(installed)
            if row >= 0:
                self._table.put_byte(row, _OFF, 1)
            if not self._is_withdrawn(installed) and len(self._withdrawn) < _WITHDRAWN_CAP:
                self._withdrawn += installed

    def _drop(self, row):
        self._table.remove(row)
        self._names.pop(row)

    def snapshot(self):
        if not self._source and not len(self._table):
            return b""  # without a source nothing has ever happened here
        head = encode([hexed(self._source), self._list, hexed(self._withdrawn), len(self._table)])
        return b"\n".join([head] + self._names) + b"\n" + self._table.dump()

    def restore(self, blob):
        end = blob.find(b"\n")
        source, self._list, withdrawn, count = json.loads(blob[:end])
        self._source, self._withdrawn = bytes.fromhex(source), bytes.fromhex(withdrawn)
        self._names = []
        for _ in range(count):
            start, end = end + 1, blob.find(b"\n", end + 1)
            self._names.append(blob[start:end])
        self._table.load(blob[end + 1 :])


def _number(value, low, high):
    return isinstance(value, int) and low <= value <= high


def _manifest(items):
    """(id, version, class, ages, permissions, hash, name) of a manifest: ["wardwatch app", id, version, class, ages,
    permissions with blanks between, SHA-256 of the package, name]; BadRequest if it is none."""
    bad = BadRequest("manifest", "is not a package's")
    if len(items) != 8 or items[0] != HEAD:
        raise bad
    _, app, version, class_, ages, words, digest, name = items
    for text, most in ((app, 40), (class_, 16), (words, 80), (digest, 64), (name, 20)):
        if not isinstance(text, str) or not len(text) <= most:
            raise bad
    bits = 0
    for word in words.split():
        if word not in PERMISSIONS:
            raise bad
        bits |= 1 << PERMISSIONS.index(word)
    if class_ not in CLASSES or ages not in AGES or not _number(version, 1, 65535):
        raise bad
    if not app or not name or len(digest) != 64 or digest.strip("0123456789abcdef"):
        raise bad
    return app, version, CLASSES.index(class_), ages, bits, digest, name


RULE = Apps
