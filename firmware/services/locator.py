"""Takes positions when a decision says so, and tells guardians (requirements D80-D84, B11, C4, I5).

The receiver is on only while a fix is wanted, for 90 seconds at most: a look then answers that there is none, and zones
are looked at after a pause that doubles each time, from five minutes to an hour, until there is a fix. A call for
help gives up after half an hour and never before. Positions lie in memory and nowhere else: not in the journal, not in
a file, so that a day later, after a reboot, or when somebody clears them, nothing on the flash can bring them back.

A report is {"counter", "part", "sealed"}: the number of the look's journal record, which never comes twice, the number
of the report under it, and the fields sealed under the guardian's key with both (crypto.Sealer, in hexadecimal):

    [1, wall time of the fix, clock is trusted 0/1, latitude, longitude, accuracy, age, why, zone, word]

A call for help that the rules cannot decide on, or that happens before a key is set, goes out unsealed: "fields" then
stands in place of "sealed", and a guardian's tool shows it as unproved.
"""

import struct

from micropython import const

from firmware.policy.clock import SET
from firmware.policy.decision import BadRequest
from firmware.services.enforce import discharge
from firmware.storage.crypto import Sealer
from firmware.storage.journal import encode

_KEPT = const(96)  # positions in memory
_ROW = ">IIBiiHH"  # powered time, wall time, trusted, latitude, longitude, accuracy, age
_WIDTH = const(21)
_OUTBOX = const(16)
_TASKS = const(8)

_PATIENCE = const(90)  # seconds that the receiver is given for a fix
_POLL = const(5)
_RETRY = const(60)
_ZONE_EVERY = const(300)
# Without a fix the pause doubles up to this: indoors all day the receiver would empty a battery.
_ZONE_AT_MOST = const(3600)
_FRESH = const(30)  # a fix no older than this is new
_NO_FIX = (0, 0, 1000000, 86400)

_CELL = const(1000)  # 0.01 degrees of latitude, 1.1 km: all that an app may know


def coarse(lat, lon):
    """The middle of a cell of one to 2.3 kilometres: the same for every place in it, so that asking often tells no
    more. Towards the poles, where a degree of longitude is short, a cell has more of them."""
    lat = lat // _CELL * _CELL + _CELL // 2
    wide = _CELL
    for limit in (2500000, 6000000, 7500000, 8250000):
        if abs(lat) >= limit:
            wide *= 2
    return lat, lon // wide * wide + wide // 2


def aad(counter, part):
    """What is authenticated beside a sealed report."""
    return b"position" + struct.pack(">IH", counter, part)


class Locator:
    """engine; carrier.send_position(report) -> bool; screen.notice; random(n) -> bytes; positions, or None where the
    board has no receiver: on(), off(), read() -> (lat, lon, accuracy, age) or None. Latitude and longitude are whole
    numbers of 0.00001 degrees, accuracy is metres, age seconds."""

    def __init__(self, engine, positions, carrier, screen, random):
        self._engine = engine
        self._positions = positions
        self._carrier = carrier
        self._screen = screen
        self._random = random
        self._tasks = []  # what wants a fix: [why, key, counter, part, next, every, until, waiting since or -1]
        self._outbox = []
        self._next_try = 0
        self._kept = bytearray()
        self._zones = []  # what is known of each: [zone, bits]
        self._next_interval = self._next_zones = 0
        self._zone_pause = _ZONE_EVERY
        self._on = False
        self._erased = False  # what the consent covered is known to be gone

    @property
    def busy(self):
        """True while it has something to take, send, keep or erase."""
        erases = not self._erased and self._engine.rules["administration"].is_set_up and not self._consent()
        return bool(self._tasks or self._outbox or self._kept or self._on or erases)

    def _consent(self):
        return self._engine.rules["consent"].has("location")

    # --- looks

    def look(self, channel=None):
        """The owner asks on a channel where he has just proved his secret."""
        request = {"kind": "location.look"}
        if channel:
            request["channel"] = channel
        return self._ask("host", request)

    def asked(self, envelope):
        """A paired guardian's signed request came over the carrier: sender, counter, mac. None if it is malformed."""
        try:
            request = {"kind": "location.request"}
            for name in ("sender", "counter", "mac"):
                request[name] = envelope[name]
            return self._ask("request", request)
        except (BadRequest, KeyError, TypeError):
            return None

    def begin_sos(self):
        """The child's call for help is out: tell where, for half an hour at most, whatever else is open or closed."""
        self.end_sos()
        if self._positions is not None and not self._ask("sos", {"kind": "location.sos"}).allowed:
            self._task("sos", b"", 0, 60, 1800)  # nothing can be written down; help comes first

    def end_sos(self):
        """The call for help is over, and so are its positions (I5)."""
        self._tasks = [task for task in self._tasks if task[0] != "sos"]

    def _ask(self, why, request):
        decision = self._engine.ask(request)

        def report():
            key, every, seconds = decision.details
            self._task(why, key, decision.records[0].seq, every, seconds)

        discharge(
            decision,
            {
                "show_look": lambda: self._screen.notice("look", {"why": why}),
                "show_card": lambda: self._screen.notice("card_location", {}),
                "report": report,
            },
        )
        return decision

    def _task(self, why, key, counter, every, seconds):
        now = self._engine.clock.powered
        if len(self._tasks) >= _TASKS:
            self._tasks.remove(next(task for task in self._tasks if task[0] != "sos"))
        self._tasks.append([why, key, counter, 0, now, every, now + seconds, -1])

    # --- reading and clearing

    def history(self, channel=None):
        """(decision, reports) of the positions still in memory: a look like any other."""
        request = {"kind": "location.history"}
        if channel:
            request["channel"] = channel
        decision = self._engine.ask(request)
        given: list = []

        def give():
            key, counter = decision.details[0], decision.records[0].seq
            for at in range(0, len(self._kept), _WIDTH):
                fields = list(struct.unpack(_ROW, self._kept[at : at + _WIDTH]))
                given.append(self._sealed(key, counter, at // _WIDTH, [1] + fields[1:] + ["history", 0, ""]))

        discharge(
            decision,
            {
                "show_look": lambda: self._screen.notice("look", {"why": "history"}),
                "show_card": lambda: self._screen.notice("card_location", {}),
                "give": give,
            },
        )
        return decision, given

    def looks(self):
        """What the child reads: [wall time of the last, how many, why, name or ""] of each look, oldest first."""
        return self._engine.ask({"kind": "location.looks"}).details or []

    def for_app(self, app):
        """(decision, (latitude, longitude) or None): roughly where the last look was. It never causes one."""
        decision = self._engine.ask({"kind": "location.for_app", "app": app})
        place: list = []

        def give():
            if self._kept:
                place.append(coarse(*struct.unpack(_ROW, self._kept[-_WIDTH:])[3:5]))

        discharge(
            decision, {"show_look": lambda: self._screen.notice("look", {"why": "app", "app": app}), "coarse": give}
        )
        return decision, place[0] if place else None

    def clear(self):
        """Forget all positions now, at the child's or a guardian's wish."""
        decision = self._engine.ask({"kind": "location.clear"})
        discharge(decision, {"clear": self._clear})
        self._screen.notice("positions_cleared", {})
        return decision

    def erase(self):
        """The consent is withdrawn: forget the positions, the zones and what waits. True once that is written down."""
        self._clear()
        self._zones = []
        self._tasks = [task for task in self._tasks if task[0] == "sos"]
        self._outbox = [item for item in self._outbox if item[0] == "sos"]
        return self._engine.ask({"kind": "location.forget"}).allowed

    def _clear(self):
        for at in range(len(self._kept)):
            self._kept[at] = 0
        self._kept = bytearray()

    # --- time

    def step(self, now):
        """Take and send what is due. Returns the powered time of the next need, or None."""
        self._drop_old(now)
        needs = [self._withdrawn(now), self._interval(now), self._watch_zones(now)]
        if not self._may("location.on_request"):
            self._drop("host")
            self._drop("request")
        self._run(now)
        needs += [task[4] if task[7] < 0 else now + _POLL for task in self._tasks]
        self._power(any(task[7] >= 0 for task in self._tasks))
        needs.append(self._send(now))
        if self._kept:
            needs.append(struct.unpack(">I", self._kept[:4])[0] + self._keep_seconds())
        times = [time for time in needs if time is not None]
        return max(min(times), now + 1) if times else None

    def _may(self, setting):
        """Whether this trigger is still open. The rule decides at each look; this ends what is under way."""
        engine = self._engine
        return self._consent() and engine.settings[setting] > 0

    def _withdrawn(self, now):
        """Erase what the consent covered; asked once after each boot, in case a power cut came between."""
        if self._consent():
            self._erased = False
        elif not self._erased and self._engine.rules["administration"].is_set_up:
            self._erased = self.erase()
            return None if self._erased else now + _RETRY
        return None

    def _interval(self, now):
        """With an interval set, each hour one look is asked for, and its reports are spread over the hour."""
        if not self._may("location.looks_per_hour"):
            self._drop("interval")
            return None
        if now >= self._next_interval:
            self._next_interval = now + 3600
            self._drop("interval")
            self._ask("interval", {"kind": "location.interval"})
        return self._next_interval

    def _watch_zones(self, now):
        """With zones, every five minutes a fix is compared with them; it goes nowhere unless a border was crossed."""
        if not self._may("location.zones"):
            self._drop("zone")
            self._zones = []
            return None
        if now >= self._next_zones and self._positions is not None:
            self._next_zones = now + self._zone_pause
            if self._engine.ask({"kind": "location.zones"}).details:
                self._drop("zone")
                self._task("zone", b"", 0, _ZONE_EVERY, _ZONE_EVERY)
        return self._next_zones

    def _drop(self, why):
        self._tasks = [task for task in self._tasks if task[0] != why]

    def _run(self, now):
        """Serve each task that is due: with a new fix at once, with the best there is when patience ends."""
        waiting = []
        for task in self._tasks:
            if task[4] <= now < task[6]:
                if task[7] < 0:
                    task[7] = now
                waiting.append(task)
        if not waiting:
            return
        self._power(True)
        fix = self._read()
        for task in waiting:
            if (fix is not None and fix[3] <= _FRESH) or now - task[7] >= _PATIENCE or self._positions is None:
                self._serve(task, fix or _NO_FIX, "" if fix else "no_fix")
                task[4], task[7] = task[4] + task[5], -1
        self._tasks = [task for task in self._tasks if task[4] < task[6]]

    def _read(self):
        try:
            return self._positions.read() if self._positions is not None else None
        except OSError:
            return None  # a receiver that does not answer is told as "no_fix"

    def _serve(self, task, fix, word):
        if task[0] == "zone":
            if word:
                self._zone_pause = min(2 * self._zone_pause, _ZONE_AT_MOST)
            else:
                self._zone_pause = _ZONE_EVERY
                self._next_zones = min(self._next_zones, self._engine.clock.powered + _ZONE_EVERY)
            self._compare(fix)
        else:
            self._report(task, fix, 0, word)

    def _compare(self, fix):
        lat, lon, accuracy, age = fix
        request = {"kind": "location.check", "lat": lat, "lon": lon, "before": self._zones}
        request["accuracy"], request["age"] = min(accuracy, 1000000), min(age, 86400)
        decision = self._engine.ask(request)
        if not decision.allowed:
            return
        key, after, words = decision.details

        def report():
            task = ["zone", key, decision.records[0].seq, 0]
            for zone, word in words:
                self._report(task, fix, zone, word)

        if discharge(
            decision,
            {
                "show_look": lambda: self._screen.notice("look", {"why": "zone"}),
                "show_card": lambda: self._screen.notice("card_location", {}),
                "report": report,
            },
        ):
            self._zones = after

    def _report(self, task, fix, zone, word):
        """Seal one report and put it into the outbox; remember the position while there is consent to."""
        clock, (why, key, counter, part) = self._engine.clock, task[:4]
        lat, lon, accuracy, age = fix
        time = clock.wall - age if word != "no_fix" else clock.wall
        fields = [1, time, 1 if clock.trust == SET else 0, lat, lon, accuracy, age, why, zone, word]
        task[3] = part + 1
        self._outbox = self._outbox[1 - _OUTBOX :] + [[why, self._sealed(key, counter, part, fields)]]
        if word != "no_fix" and self._consent():
            row = struct.pack(_ROW, clock.powered, time, fields[2], lat, lon, min(accuracy, 65535), min(age, 65535))
            self._kept = self._kept[-(_KEPT - 1) * _WIDTH :] + row

    def _sealed(self, key, counter, part, fields):
        if not key:
            return {"counter": counter, "part": part, "fields": fields}
        sealed = Sealer(key).seal(self._random(16), encode(fields), aad(counter, part))
        return {"counter": counter, "part": part, "sealed": sealed.hex()}

    def _send(self, now):
        """Hand over what waits; a carrier that does not take it is asked again a minute later."""
        while self._outbox and now >= self._next_try:
            if self._carrier.send_position(self._outbox[0][1]):
                self._outbox.pop(0)
            else:
                self._next_try = now + _RETRY
        return self._next_try if self._outbox else None

    def _keep_seconds(self):
        return self._engine.settings["location.keep_hours"] * 3600

    def _drop_old(self, now):
        oldest = now - self._keep_seconds()
        while self._kept and struct.unpack(">I", self._kept[:4])[0] <= oldest:
            self._kept = self._kept[_WIDTH:]

    def _power(self, on):
        if on == self._on or self._positions is None:
            return
        self._on = on
        try:
            if on:
                self._positions.on()
            else:
                self._positions.off()
        except OSError:
            pass  # tried again with the next task; a board's power chip, not this, is what a dead bus needs
