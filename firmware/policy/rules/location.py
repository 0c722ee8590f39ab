"""Who may learn where the child is, and when (requirements D80-D84, C3, C4, B11, I5).

A position is taken for four reasons: a guardian asks, a safe zone is watched, a guardian has set an interval, or the
child has called for help. Each has its own setting besides the consent to the purpose; the call for help needs neither
and is limited to itself. Every look is shown, journalled and kept in a list that the child reads. Reports go to
guardians: no request names another recipient, and none can be hidden, since neither has a field or a setting.

No position is in any record or snapshot: services/locator.py keeps them in memory, for a day at most. What is kept here
is who looked and when, the safe zones and the key under which reports are sealed.
"""

import json

from micropython import const

from firmware.policy.decision import BadRequest, allow, event
from firmware.policy.rule import Rule, stopped
from firmware.policy.rules.contacts import GUARDIAN
from firmware.policy.table import TAG, Table, split
from firmware.storage import crypto
from firmware.storage.journal import encode

_NO_CONSENT = const("location.no_consent")
_OFF = const("location.off")
_NO_KEY = const("location.no_key")
_NOT_GUARDIAN = const("location.not_guardian")
_FULL = const("location.full")
_NO_ZONE = const("location.no_zone")
_APP_CLOSED = const("location.app_closed")

# Why somebody learns a position. Numbered in the snapshot: new ones go to the end.
TRIGGERS = ("host", "request", "interval", "zone", "sos", "history", "app")
_FOLDED = ("interval", "zone", "app")  # one line a day in the child's list, with a count

_HOUR = const(3600)
_SOS_SECONDS = const(1800)  # I5
_SOS_EVERY = const(60)
_ONCE_SECONDS = const(120)  # how long a single look waits for a fix

_LOOKS = const(64)
_LOOK_DAYS = const(30)  # how long the child's list goes back
_HEARD = const(50)
_ZONES = const(8)
_APPS = const(16)
_NOBODY = bytes(TAG)

# Columns of a look: wall time of the last, how many, day, trigger.
_TIME = const(0)
_COUNT = const(4)
_DAY = const(6)
_TRIGGER = const(8)
_ROW = const(9)

# What is known of a zone: in bits 0-1 where the child last was for certain, above them how many fixes were not certain.
_INSIDE = const(1)
_OUTSIDE = const(2)
_UNSURE_FIXES = const(3)  # so many in a row are told to the guardian
_OLD_FIX = const(120)  # seconds after which a fix says nothing certain

# Cosine of 0, 2, 4 ... 90 degrees times 2**14. Between two of them a straight line is at most 0.00016 too low.
_COSINES = bytes.fromhex(
    "40003ff63fd83fa63f613f073e9a3e193d853cde3c243b573a7839863882376d3646350f33c7326f31072f902e0a"
    "2c752ad329232767259e23ca21ea20001e0c1c0e1a0817fa15e413c711a40f7c0d4e0b1d08e806b10477023c0000"
)
_FAR = const(25000)  # metres: farther than any zone


def _cosine(lat):
    """cos * 2**14 of a latitude in units of 0.00001 degrees."""
    step, rest = divmod(abs(lat), 200000)
    if step >= 45:
        return 0
    low, high = [int.from_bytes(_COSINES[2 * at : 2 * at + 2], "big") for at in (step, step + 1)]
    return low - (low - high) * rest // 200000


def distance(lat, lon, other_lat, other_lon):
    """Metres between two places in units of 0.00001 degrees, whole numbers only; _FAR for all that is farther.

    It takes the earth for a sphere and the neighbourhood for flat: up to 80 degrees of latitude it is wrong by less
    than 1 % and 3 metres (tests/test_location.py measures it against the WGS84 ellipsoid)."""
    dy, dx = abs(lat - other_lat), abs(lon - other_lon)
    dx = min(dx, 36000000 - dx) * _cosine((lat + other_lat) // 2) >> 14
    if max(dx, dy) > 23000:
        return _FAR
    square = dx * dx + dy * dy
    root = max(dx, dy) * 3 // 2 + 1  # Newton's method from above ends at the root rounded down
    while root * root > square:
        root = (root + square // root) // 2
    return min(root * 1112 // 1000, _FAR)


def crossing(before, metres, radius, accuracy):
    """(what is known now, word for the guardian or "") of one zone after a fix so far from its centre (D81).

    A fix whose accuracy, with the error of `distance`, reaches the border is not certain: it changes nothing, and
    several in a row are told as "uncertain". The first certain one says where the child is, not that he crossed."""
    known, unsure = before & 3, before >> 2
    if abs(metres - radius) <= accuracy + metres // 100 + 3:
        unsure = min(unsure + 1, _UNSURE_FIXES + 1)
        return known + 4 * unsure, "uncertain" if unsure == _UNSURE_FIXES else ""
    now = _INSIDE if metres < radius else _OUTSIDE
    if not known or unsure >= _UNSURE_FIXES:
        return now, "inside" if now == _INSIDE else "outside"
    if now == known:
        return now, ""
    return now, "entered" if now == _INSIDE else "left"


def request_mac(key, sender, counter):
    """The 16 bytes by which a paired guardian signs a request for a position, under the contact's key."""
    return crypto.hmac_sha256(key, b"locate\0", sender.encode(), counter.to_bytes(4, "big"))[:16]


class Location(Rule):
    """Latitudes and longitudes are whole numbers of 0.00001 degrees, lengths are metres, ages seconds."""

    name = "location"
    FORMS = """
look channel?=s8
request sender=s64 counter=i mac=h16
interval
sos
zones
check lat=z9000000 lon=z18000000 accuracy=i1000000 age=i86400 before=l8
history channel?=s8
looks
for_app app=s24
clear
forget
key key=h32 channel?=s8
zone lat=z9000000 lon=z18000000 radius=i5000 name=s20 channel?=s8
end_zone zone=i channel?=s8
app app=s24 allowed=b channel?=s8
"""

    def __init__(self, context):
        super().__init__(context)
        self._key = ""  # 32 bytes in hexadecimal; set by the guardian, who opens the reports with it
        self._carded = 0  # 1 after the child has been told, at the first look, what this is (A20)
        self._zones = []  # [id, lat, lon, radius, name]
        self._apps = []  # names of the apps that may know the rough place
        self._looks = Table(_ROW, _LOOKS)
        self._heard = Table(4, _HEARD)  # the last counter of each guardian's signed requests

    # --- requests

    def decide(self, verb, request):
        if verb in ("look", "history"):
            return self._proved(request) or self._look("host" if verb == "look" else verb, "location.on_request")
        if verb == "request":
            return self._request(request)
        if verb == "interval":
            count = max(self.context.settings["location.looks_per_hour"], 1)
            return self._look(verb, "location.looks_per_hour", _HOUR // count, _HOUR)
        if verb == "sos":
            return self._report(verb, _SOS_EVERY, _SOS_SECONDS, ())
        if verb == "check":
            return self._check(request)
        if verb == "for_app":
            return self._for_app(request["app"])
        if verb in ("zones", "looks"):
            decision = allow()
            decision.details = self._zones if verb == "zones" else self._list()
            return decision
        if verb == "clear":
            return allow([event("location.cleared")], ("clear",))
        return self._change(verb, request)

    def _proved(self, request):
        credentials = self.context.rules["credentials"]
        return None if credentials.proved(request) else credentials.refusal()

    def _closed(self, setting):
        """The refusal while the consent or this trigger's own setting is missing, or nobody could open a report."""
        if not self.context.rules["consent"].has("location"):
            return stopped(_NO_CONSENT)
        if not self.context.settings[setting]:
            return stopped(_OFF)
        return None if self._key else stopped(_NO_KEY)

    def _look(self, trigger, setting, every=_HOUR, seconds=_ONCE_SECONDS, tag="", counter=0):
        return self._closed(setting) or self._report(trigger, every, seconds, ("show_look",), tag, counter)

    def _report(self, trigger, every, seconds, obligations, tag="", counter=0):
        """The allow of a look; its record's number is the counter under which the reports are sealed."""
        obligations += ("give",) if trigger == "history" else ("report",)
        if obligations[0] == "show_look" and not self._carded:
            obligations += ("show_card",)
        decision = allow([event("location.looked", trigger, tag, self.context.clock.day(), counter)], obligations)
        decision.details = (bytes.fromhex(self._key), every, seconds)
        return decision

    def _request(self, request):
        contacts, sender, counter = self.context.rules["contacts"], request["sender"], request["counter"]
        party = contacts.party(sender)
        if party.who != GUARDIAN:
            return stopped(_NOT_GUARDIAN, party.who)
        mac = request_mac(contacts.key(party.row), sender, counter)
        row = self._heard.find(party.tag)
        last = self._heard.number(row, 0, 4) if row >= 0 else 0
        if not crypto.equal(mac, bytes.fromhex(request["mac"])) or counter <= last:
            return stopped(_NOT_GUARDIAN, "stranger")
        return self._look("request", "location.on_request", tag=party.tag.hex(), counter=counter)

    def _check(self, request):
        """A fix against all zones. `before`: [zone, what was known] pairs, as the answer before gave them."""
        known = {}
        for pair in request["before"]:
            if not isinstance(pair, list) or len(pair) != 2 or not all(type(item) is int for item in pair):
                raise BadRequest("before", "must be pairs of whole numbers")
            known[pair[0]] = pair[1] & 31
        closed = self._closed("location.zones")
        if closed or not self._zones:
            return closed or stopped(_NO_ZONE)
        accuracy = request["accuracy"] if request["age"] <= _OLD_FIX else 1000000
        after, words = [], []
        for zone, lat, lon, radius, _ in self._zones:
            metres = distance(request["lat"], request["lon"], lat, lon)
            now, word = crossing(known.get(zone, 0), metres, radius, accuracy)
            after.append([zone, now])
            if word:
                words.append([zone, word])
        decision = self._look("zone", "location.zones") if words else allow()
        key = decision.details[0] if words else b""
        decision.details = (key, after, words)
        return decision

    def _for_app(self, app):
        """An app never makes the watch look; it may learn roughly where the last look was (D83, C1)."""
        context = self.context
        if not context.rules["consent"].has("location"):
            return stopped(_NO_CONSENT)
        if not context.settings["location.apps"] or app not in self._apps:
            return stopped(_APP_CLOSED)
        tag, day = context.tag("!" + app), context.clock.day()
        if self._row_of("app", tag, day) >= 0:
            return allow((), ("show_look", "coarse"))  # one line a day: an app must not fill the child's list
        return allow([event("location.looked", "app", tag.hex(), day, 0)], ("show_look", "coarse"))

    def _change(self, verb, request):
        """What only a guardian may do; and forgetting, which follows from a withdrawn consent."""
        if verb == "forget":
            if self.context.rules["consent"].has("location") or not (self._zones or self._apps or self._key):
                return allow()
            return allow([event("location.forgotten")])
        if verb == "app" and not request["allowed"]:
            return allow([event("location.app", request["app"], 0)])
        refused = self._proved(request)
        if refused:
            return refused
        if verb == "key":
            return allow([event("location.key", private=bytes.fromhex(request["key"]))])
        if verb == "app":
            if len(self._apps) >= _APPS:
                return stopped(_FULL)
            return allow([event("location.app", request["app"], 1)])
        if verb == "end_zone":
            if request["zone"] not in [zone[0] for zone in self._zones]:
                return stopped(_NO_ZONE)
            return allow([event("location.unzoned", request["zone"])])
        if request["radius"] < 50:
            raise BadRequest("radius", "must be at least 50 metres")  # a smaller one would be a guess
        if len(self._zones) >= _ZONES:
            return stopped(_FULL)
        private = encode([request["lat"], request["lon"], request["radius"], request["name"]])
        return allow([event("location.zoned", private=private)])

    # --- the child's list

    def _list(self):
        """[wall time of the last, how many, trigger, name of guardian or app or ""] of each look, oldest first."""
        looks, context, rows = self._looks, self.context, []
        for row in range(len(looks)):
            tag, trigger, name = looks.tag(row), TRIGGERS[looks.byte(row, _TRIGGER)], ""
            if trigger == "app":
                name = ([app for app in self._apps if context.tag("!" + app) == tag] + [""])[0]
            elif tag != _NOBODY:
                name = (context.rules["contacts"].card(tag) or [""])[0]
            rows.append([looks.number(row, _TIME, 4), looks.number(row, _COUNT, 2), trigger, name])
        return rows

    def _row_of(self, trigger, tag, day):
        looks = self._looks
        for row in range(len(looks)):
            if (
                looks.tag(row) == tag
                and looks.number(row, _DAY, 2) == day
                and TRIGGERS[looks.byte(row, _TRIGGER)] == trigger
            ):
                return row
        return -1

    # --- state

    def apply(self, verb, record):
        fields = record.fields
        if verb == "looked":
            self._looked(record.t, *fields)
        elif verb == "key":
            self._key = record.private.hex()
        elif verb == "zoned":
            self._zones.append([record.seq] + json.loads(record.private))
        elif verb == "unzoned":
            self._zones = [zone for zone in self._zones if zone[0] != fields[0]]
        elif verb == "app":
            self._apps = [app for app in self._apps if app != fields[0]] + [fields[0]] * fields[1]
        elif verb == "forgotten":
            self._key, self._zones, self._apps = "", [], []

    def _looked(self, time, trigger, tag, day, counter):
        looks, who = self._looks, bytes.fromhex(tag) or _NOBODY
        while len(looks) and looks.number(0, _DAY, 2) < day - _LOOK_DAYS:
            looks.remove(0)
        if trigger != "sos":
            self._carded = 1  # it stays: the list is never empty again
        if counter:
            row = self._heard.find(who)
            if row < 0:
                if len(self._heard) >= _HEARD:
                    self._heard.remove(0)
                row = self._heard.add(who)
            self._heard.put_number(row, 0, 4, counter)
        row = self._row_of(trigger, who, day) if trigger in _FOLDED else -1
        if row < 0:
            if len(looks) >= _LOOKS:
                looks.remove(0)
            row = looks.add(who)
            looks.put_number(row, _DAY, 2, day)
            looks.put_byte(row, _TRIGGER, TRIGGERS.index(trigger))
        looks.put_number(row, _TIME, 4, time)
        looks.put_number(row, _COUNT, 2, min(looks.number(row, _COUNT, 2) + 1, 65535))

    def snapshot(self):
        if not (self._key or self._zones or self._apps or len(self._looks)):
            return b""  # as while it has never been awake
        head = [self._carded, self._key, len(self._apps)] + self._apps
        for zone in self._zones:
            head += zone
        out = b""
        for part in (encode(head), self._looks.dump(), self._heard.dump()):
            out += len(part).to_bytes(2, "big") + part
        return out

    def restore(self, blob):
        parts = split(blob)
        head = json.loads(parts[0])
        self._carded, self._key, apps = head[:3]
        self._apps = head[3 : 3 + apps]
        self._zones = [head[start : start + 5] for start in range(3 + apps, len(head), 5)]
        self._looks.load(parts[1])
        self._heard.load(parts[2])


RULE = Location
