"""The one door of the policy decision point: `ask(request) -> Decision`.

    check the request's form -> rule.decide -> seal evidence -> journal (durable) -> rule.apply -> Decision

Nothing is remembered before it is durable, and nothing is acted on before it is remembered. State is the fold of
`apply` over the journal, so boot, the log, the bill and the evidence are one mechanism. The safety floor stands before
all of it: it answers while the engine is still starting, with broken storage, and without writing anything.
"""

from micropython import const

from firmware.policy import desk, resting
from firmware.policy.clock import NONE, SET, STALE, Clock, month_of
from firmware.policy.decision import BadRequest, event
from firmware.policy.recent import Recent
from firmware.policy.request import check
from firmware.policy.resident import RULES
from firmware.policy.rule import Context, stopped
from firmware.policy.rules import alerts
from firmware.policy.rules.administration import LOST, SET_UP_FIRST, TAMPERED, UNREADABLE
from firmware.policy.rules.content_access import ALL
from firmware.policy.settings import Settings
from firmware.storage.journal import JournalBroken, Record
from firmware.storage.vault import NoRoom

_LOCKED = const("lock.closed")
_STARTING = const("engine.starting")
_STORAGE = const("engine.storage")
_MEMORY = const("engine.memory")
_BEYOND_CORE = const("engine.beyond_core")

_RTC_SLACK = const(120)  # seconds: two quartzes drift apart; more is no drift
_FOLD_SECONDS = const(60)
_FOLD_CAP = const(16)
_OTHER = const("other")  # denials of so many kinds at once that they are no longer told apart
_SAVE_SECONDS = const(60)
_LATE_CAP = const(48)
_END = const("end")  # name of its last part

_BEFORE_SET_UP = ("administration.setup", "hosts.code", "hosts.failed")
# While damage is not acknowledged, a guardian (who names the channel of a proof) can do no more than these.
_WHILE_TAMPERED = (
    "administration.acknowledge",
    "administration.wipe",
    "administration.clock",
    "administration.lost",
)
# While the watch is lost, rules and requests that are still answered: messages and calls then know only guardians, the
# wallet is locked and only settles what is owed, and what runs may end.
_WHILE_LOST = (
    "administration",
    "credentials",
    "calls",
    "location",
    "payments",
    "messages.incoming",
    "messages.outgoing",
    "alerts.delivered",
    "usage.stop",
    "usage.charging",
    "assistant.end",
    "assistant.check",
    "capture.stay",
    "network.radio",
    "network.connect",
)
# While the child's lock is closed (rules/lock.py): what a child does with the watch open, apart from the floor and the
# one button. What comes in, what runs and what guardians do goes on.
_UNLOCK_FIRST = (
    " messages.outgoing messages.not_bullying calls.outgoing alerts.tell approval.ask approval.enter blocking.undo"
    " content_access.hand_over content_access.hand_over_chats content_access.delete_chats contacts.ask contacts.card"
    " payments.authorise assistant.begin assistant.turn capture.open usage.start apps.open apps.remove"
    " content.show content.lesson content.dismiss location.looks location.clear "
)


class Engine:
    """store: Store; random(n) -> n bytes; load_floor() -> (region, numbers); save_floor(region, numbers);
    set_rtc(wall): hand a guardian's time to the battery-backed clock, if there is one. core: the board runs no more
    than the core, and what lies beyond it is refused."""

    def __init__(self, store, random, load_floor, save_floor, set_rtc, core=False):
        self._store = store
        self._set_rtc = set_rtc
        self.clock = Clock()
        self.settings = Settings()
        context = self.context = Context(
            self.settings,
            self.clock,
            Recent(),
            random,
            store,
            (load_floor, self._floor_changed),
            self._wipe,
            self._start_afresh,
        )
        self.recent = context.recent
        self._save_floor = save_floor
        self.rules = context.rules
        for made in RULES:
            self.rules[made.name] = made(context)
        rare = resting.rules(context, core)
        for rule in rare:
            self.rules[rule.name] = rule
        self._resting = [rule for rule in rare if isinstance(rule, resting.Resting)]
        self._ordered = [self.rules[made.name] for made in RULES] + rare  # dicts have no order on MicroPython
        self.floor = self.rules["emergency"]
        self._administration = self.rules["administration"]
        # New firmware that may still be left for the old one: no snapshot is written, which that could not read (C12).
        self.trial = False
        self._ready = False
        self._restoring = ""  # the rule whose snapshot is being read, and its pieces so far
        self._pieces = bytearray()
        self._folded = []  # [kind, reason, who, count since the last record, powered time of that record]
        self._late = []  # events of the floor and of blocks that could not be journalled yet
        self._stepped = -1
        self._saved = 0
        self._checking = True
        self._expired_on = -1  # the day on which expired keys were last looked for

    def _floor_changed(self, region, numbers):
        self._save_floor(region, numbers)
        self.floor.reload()

    def _wipe(self):
        self._store.wipe()
        self._ready = False  # until the reboot that the decision obliges the watch to

    def _start_afresh(self):
        """The guardian knows of the damage: go on without the damaged segments."""
        clock = self.clock
        self._store.rotate(clock.wall, clock.powered, clock.month(), self._parts(), alone=True)

    # --- boot

    def rebuild(self, rtc_wall=None):
        """Rebuild the state from the journal. rtc_wall: seconds, if a battery-backed RTC vouches for it, else None.

        Returns the Store's report. Never raises for damage: damage makes the watch strict."""
        report = self._store.open(self._restore, self._apply)
        self._start_clock(report, rtc_wall)
        if report.status == "broken":
            self._administration.doubt(report.code, report.version)
        self._settle()  # after the doubt, and before a snapshot: a rule that was never awake would have none
        if report.status == "broken":
            self._recover(report.code)
        self.floor.reload()  # an unfinished wipe may just have been finished
        self._ready = True
        self.lock()
        return report

    def lock(self):
        """Close the child's lock, if there is a code that opens it: at the start, and when the display goes dark."""
        self.context.locked = self.rules["lock"].snapshot() != b""  # without a code it keeps nothing

    def follow(self, rtc_wall):
        """Compare with the battery-backed clock now and then: its quartz keeps time better than what drives the ticks.

        One that says something else was tampered with or not written: what the watch knows holds, and that clock is
        believed no more until a guardian sets it."""
        clock = self.clock
        if clock.trust != SET or self._administration.rtc_lost or rtc_wall is None:
            return
        if abs(rtc_wall - clock.wall) <= _RTC_SLACK:
            clock.wall = max(rtc_wall, self._store.main.t)
        else:
            self._administration.rtc_differs = True

    def _settle(self):
        """Let the rules that rest do so; one that cannot be loaded now refuses what it is asked and loses nothing."""
        for rule in self._resting:
            try:
                rule.settle()
            except (MemoryError, ImportError, OSError):
                pass

    def _start_clock(self, report, rtc_wall):
        trust = NONE
        wall = report.t
        if report.status != "new":
            trust = STALE
            # One that has lost the time, or was put back behind the journal, is believed when a guardian has set it.
            if rtc_wall is not None and rtc_wall >= wall - _RTC_SLACK and not self._administration.rtc_lost:
                trust, wall = SET, max(rtc_wall, wall)
        self.clock.start(wall, report.powered, trust)
        self._saved = report.powered - report.powered % _SAVE_SECONDS
        self.clock.started = report.powered

    def _restore(self, name, piece):
        """Gather the pieces of one rule; the next name says that all are there."""
        if name != self._restoring:
            blob, self._pieces = bytes(self._pieces), bytearray()  # or the heap would hold it twice while it is read
            if blob:
                self._rule(self._restoring).restore(blob)
            self._restoring = name
        self._pieces += piece

    def _apply(self, record):
        name, _, verb = record.kind.partition(".")
        self._rule(name).apply(verb, record)

    def _rule(self, name):
        rule = self.rules.get(name)
        if rule is None:
            raise JournalBroken("kind")
        return rule

    def _recover(self, code):
        """The journal was cut, changed or put back: go on strictly from what still verifies, and say so."""
        if code in UNREADABLE:
            return  # perhaps only now: nothing is thrown away, the next boot tries again
        try:
            self._store.rebuild_after_tamper(self.clock.wall, self.clock.powered, self.clock.month(), self._parts())
            self._commit([event("administration.tampered", code)])
        except (OSError, JournalBroken):
            pass  # storage is gone: strict, with the floor alive, in RAM

    def _parts(self):
        """The snapshot: (name, piece) of every rule that keeps a state; in pieces, as each is copied to be sealed."""
        for rule in self._ordered:
            for piece in rule.pieces():
                yield rule.name, piece
                piece = b""  # or it would lie in the heap beside the next one
        yield _END, b""

    # --- the door

    def ask(self, request):
        """Decide one request (a dict with "kind" and the fields of that kind). BadRequest if it is malformed."""
        rule, verb = self._find(request)
        if rule is self.floor:
            check(request, rule.FORMS, verb)
            return rule.decide(verb, request)  # acts first; the service calls `note` afterwards
        if self._ready and self._stepped != self.clock.powered:
            self.step()
        try:
            if not rule.absent:
                check(request, rule.FORMS, verb)
            if not self._ready:
                return stopped(_STARTING)
            if rule.absent:  # told under the rule's name: nobody has read the rest of the request
                return self._carry_out({"kind": rule.name}, stopped(_BEYOND_CORE))
            decision = self._gate(request) or rule.decide(verb, request) or desk.decide(rule, verb, request)
            return self._carry_out(request, decision)
        except (OSError, JournalBroken, ImportError):  # ImportError: the flash with the rule's code does not answer
            return stopped(_STORAGE)
        except MemoryError:
            return stopped(_MEMORY)
        finally:
            if "channel" in request:
                self.rules["credentials"].spend(request["channel"])  # whatever came of it
            self._rest()

    def _rest(self):
        for rule in self._resting:
            rule.rest()

    def _find(self, request):
        kind = request.get("kind") if isinstance(request, dict) else None
        if not isinstance(kind, str):
            raise BadRequest("kind", "is missing")
        name, _, verb = kind.partition(".")
        rule = self.rules.get(name)
        if rule is None:
            raise BadRequest("kind", "is unknown")
        return rule, verb

    def _gate(self, request):
        """What the state of the whole watch forbids, before any rule is asked."""
        kind = request["kind"]
        if not self._administration.is_set_up and kind not in _BEFORE_SET_UP:
            return stopped(SET_UP_FIRST)
        if (
            self._administration.tampered
            and kind not in _WHILE_TAMPERED
            and ("channel" in request or kind.startswith("administration."))
            and not kind.startswith("credentials.")
        ):
            return stopped(TAMPERED)
        if self._administration.lost and kind not in _WHILE_LOST and kind.split(".")[0] not in _WHILE_LOST:
            return stopped(LOST)
        if self.context.locked and "channel" not in request and self._is_private(request):
            return stopped(_LOCKED)
        return None

    def _is_private(self, request):
        return request.get("reader") == "child" or _UNLOCK_FIRST.find(" " + request["kind"] + " ") >= 0

    def _carry_out(self, request, decision):
        try:
            self._make_durable(decision)
        except (OSError, JournalBroken):
            if not decision.urgent:
                raise
            self._act_unsaved(decision.events)
        if decision.then:
            decision.then()
        if not decision.allowed and not decision.events:
            self._fold(request["kind"], decision.reason, decision.who)
        return decision

    def _make_durable(self, decision):
        clock = self.clock
        before = clock.wall, clock.powered, clock.trust
        if decision.wall is not None:
            clock.set(decision.wall)  # first, so that the record carries the new time
            self._set_rtc(decision.wall)  # power lost here: it is what the owner wanted, or behind the journal
        try:
            self._write(decision)
        except (OSError, JournalBroken):
            clock.start(*before)
            if decision.wall is not None and clock.trust == SET:
                self._set_rtc(clock.wall)
            raise

    def _write(self, decision):
        if decision.create is not None:
            self._create(*decision.create)
        if decision.evidence:
            decision.events = self._seal(decision) + list(decision.events)
        if decision.events and not self._administration.is_set_up and decision.create is None:
            self._apply_unsaved(decision.events)  # there is no journal yet: set-up takes the state into its snapshot
        elif decision.events:
            decision.records = self._commit(decision.events)

    def _act_unsaved(self, events):
        """A block acts although storage fails: in RAM now, journalled as soon as that is possible."""
        self._apply_unsaved(events)
        self._late += events

    def _apply_unsaved(self, events):
        for kind, fields, private, _ in events:
            items = [self._store.main.seq, self.clock.wall, self.clock.powered, kind]
            record = Record(items + fields, b"", 0, 0, 0)
            record.private = private
            self._apply(record)

    def _create(self, credentials, region, numbers):
        """First set-up. The floor comes first: a power cut then leaves a watch that can do more for the child."""
        clock = self.clock
        self.context.save_floor(region, numbers)
        if self._store.is_new:
            self._store.create(clock.wall, clock.powered, clock.month(), self._parts(), credentials)
        else:
            self._store.set_credentials(credentials)  # an earlier set-up was cut short after this point

    def _seal(self, decision):
        """Seal the evidence; the event that notes it stands first in the same flush as the block itself (F11)."""
        tag, places = decision.evidence
        access = self.rules["content_access"]
        month = self.clock.month()
        expiry = self.clock.day() + self.settings["evidence.keep_days"]
        try:
            count, digest = self._store.evidence(month, expiry, places, access.next_package)
        except (NoRoom, OSError, JournalBroken):
            return [alerts.raised(alerts.NO_ROOM, tag)]  # a block never waits for room
        return [access.sealed(month, tag, count, expiry, digest)]

    def _commit(self, events):
        records = self._journal(events)
        for record in records:
            self._apply(record)
        return records

    def _journal(self, events):
        clock, version = self.clock, self._administration.version
        for kind, fields, _, _ in events:
            if kind == "administration.policy":
                version = fields[0]  # marked with its own record, so that it outlives the journal
        return self._store.commit(clock.wall, clock.powered, clock.month(), version, events)

    # --- the floor's records, and repeated denials

    def note(self, decision):
        """Journal what the floor has already done. Storage that is full, broken or not yet open never matters here."""
        self._late += decision.events
        self._write_late()

    def _write_late(self):
        if not self._late or not self._ready or not self._administration.is_set_up:
            return
        try:
            self._journal(self._late)  # they are in force already, or change no state
            self._late = []
        except (OSError, JournalBroken):
            self._late = self._late[-_LATE_CAP:]

    def _fold(self, kind, reason, who):
        """Journal a denial: the first at once, repeats by (kind, reason, party class) at most once a minute."""
        if not self._administration.is_set_up:
            return
        for entry in self._folded:
            if entry[:3] == [kind, reason, who]:
                entry[3] += 1
                return
        if len(self._folded) >= _FOLD_CAP and kind != _OTHER:
            self._fold(_OTHER, _OTHER, "")
            return
        self._folded.append([kind, reason, who, 1, -_FOLD_SECONDS])
        self._flush_folded()

    def _flush_folded(self):
        now = self.clock.powered
        for entry in self._folded:
            if entry[3] and now - entry[4] >= _FOLD_SECONDS:
                try:
                    self._store.deny(self.clock.wall, now, self._administration.version, entry[:4])
                except (OSError, JournalBroken):
                    return  # a denial is a denial, written down or not
                entry[3], entry[4] = 0, now
        self._folded = [entry for entry in self._folded if entry[3] or now - entry[4] < _FOLD_SECONDS]

    # --- time

    def step(self):
        """Let the rules act on time that has passed; keep house. Returns the powered time of the next need, or None."""
        self._stepped = self.clock.powered
        if not self._ready or not self._administration.is_set_up:
            return None
        try:
            for rule in self._ordered:
                decision = rule.step()
                if decision and decision.events:
                    self._commit(list(decision.events))
                if decision and decision.then:
                    decision.then()
            self._write_late()
            self._flush_folded()
            self._keep_house()
        except JournalBroken as damage:
            self._found_damage(damage.code)
        except (OSError, MemoryError, ImportError):
            pass  # a full or failing flash: tried again at the next step
        self._rest()
        return self._next()

    def _keep_house(self):
        """Rotate a full segment, let expired keys go, check one older segment, save powered time."""
        clock, month = self.clock, self.clock.month()
        if self._store.due(month) and not self.trial:
            self._store.rotate(clock.wall, clock.powered, month, self._parts())
            self._checking = True
            self._expired_on = -1
        if clock.day() != self._expired_on:
            self._expire()
            self._expired_on = clock.day()
        if self._checking:
            self._checking = self._store.check_next()
        if self._counting() and clock.powered - self._saved >= _SAVE_SECONDS:
            self._store.save_powered(clock.powered // 60)
            self._saved = clock.powered - clock.powered % _SAVE_SECONDS  # marks hold whole minutes: save as each begins

    def _counting(self):
        """True while something that must not begin again after a power cut counts powered time (D48: 60 s at most)."""
        return self.clock.trust != SET or any(rule.due() is not None for rule in self._ordered)

    def _expire(self):
        """Erase the keys of months whose last record has expired (A13); writes nothing if there are none. The newest
        snapshot is of this month, so it needs none of them."""
        day = self.clock.day()
        kept = month_of(max(day - self.settings["messages.keep_days"], 0))
        self._store.expire("m", kept)
        self._store.expire("a", kept if self.rules["content_access"].chats else ALL)  # or what a power cut left
        self._store.expire("p", month_of(max(day - 31, 0)))
        self._store.expire("e", month_of(max(day - self.settings["evidence.keep_days"], 0)))

    def _found_damage(self, code):
        if self._administration.tampered:
            return
        self._administration.doubt(code, 0)
        try:
            self._commit([event("administration.tampered", code)])
        except (OSError, JournalBroken):
            pass  # strict in RAM; the next boot finds the same
        self._settle()  # a rule that rests may want to act on it

    def _next(self):
        due = [time for time in [rule.due() for rule in self._ordered] if time is not None]
        if due or self.clock.trust != SET:  # as in _counting, without asking all rules again
            due.append(self._saved + _SAVE_SECONDS)
        if self._checking:
            due.append(self.clock.powered)
        if any(entry[3] for entry in self._folded):
            due.append(min([entry[4] + _FOLD_SECONDS for entry in self._folded if entry[3]]))
        return max(min(due), self.clock.powered + 1) if due else None
