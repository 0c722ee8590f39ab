"""The one-button block, graded accounts and protective modes (requirements F5-F11, H6, H8, I11).

The block seals evidence, blocks, then hides, in that order and without any approval. Grades rise by repetition: watch,
limited, muted, removed. The child's own presses never go beyond muted; removal needs a guardian or repeated hits of the
detector on verified messages. The other side learns nothing from any of it.
"""

import json

from micropython import const

from firmware.policy.clock import Span
from firmware.policy.decision import BadRequest, allow, event
from firmware.policy.request import choice
from firmware.policy.rule import PIECE, Rule, stopped
from firmware.policy.rules import alerts
from firmware.policy.rules.contacts import CONTACT, GUARDIAN, STRANGER
from firmware.policy.table import Table
from firmware.storage.journal import encode

IS_GUARDIAN = "blocking.is_guardian"
NOT_BLOCKED = "blocking.not_blocked"
_TOO_LATE = const("blocking.too_late")
NO_SUCH_MESSAGE = "blocking.no_such_message"

NONE, WATCH, LIMITED, MUTED, REMOVED = range(5)

# Points from which a grade holds: a hit of the detector is 2, one that only its classifier made, which may be wrong, 1.
# So the first one only nudges.
_POINTS_FOR = (0, 4, 8, 12, 18)
_SURE = const(2)
_DOX_FOR_REMOVED = const(2)  # a repeated doxxing sender goes straight to the highest grade (H8)
_ALARM_PRESSES = const(3)
_WINDOW = const(600)  # seconds: burst of presses (watch taken?), of unknown attempts (H6), of hits (F7)
_OFFER_AFTER = const(3)  # hits within the window after which protection is offered (F7)
_CONTEXT = const(20)  # messages sealed with a block (F11)
_DAY_SECONDS = const(86400)
_DECAY_BATCH = const(16)

# Columns of the packed row.
_GRADE = const(0)
_POINTS = const(1)
_DOX = const(2)
_FLAGS = const(3)
_LAST_DAY = const(4)
_BEFORE = const(6)
_WINDOW_START = const(7)
_WINDOW_HITS = const(11)
_ROW = const(12)
_CAP = const(200)
_BLOCKED = const(1)

PROTECTIVE = "protective"
SHIELD = "shield"
GUARDIANS = "guardians"
_AUTO = const("auto")
CHILD = "child"

PLACES = ("message", "conversation", "call", "contact", "lock")


class Blocking(Rule):
    """Grades by party tag, and the mode that closes the watch to unknown or to all but guardians."""

    name = "blocking"
    FORMS = """
press place=s12 party?=s64 message?=i
undo party?=s64 message?=i
release party?=s64 message?=i channel?=s8
unmark party?=s64 message?=i channel?=s8
remove party?=s64 message?=i channel?=s8
protect mode=s12 channel?=s8
protect_end channel?=s8
"""

    def __init__(self, context):
        super().__init__(context)
        self.credentials = context.rules["credentials"]
        self.contacts = context.rules["contacts"]
        self._recent = context.recent
        self._table = Table(_ROW, _CAP)
        self._presses = []  # powered times of the last presses, as many as it takes to raise the alarm
        self._slip = (b"", 0)  # tag and powered time of the last press; in RAM only, so that no reboot reopens the undo
        self.started: list = ["", "", 0, 0]  # mode, who started it, wall and powered time of its end (0: until ended)
        # Wall and powered time of the end of automatic protective mode; no other mode's end ends it.
        self.alarm = [0, 0]
        self._tries = []  # powered times of unknown attempts; in RAM only, a bully cannot reboot the watch
        self._last_try = -1  # powered time of the last one, -1 if not known
        self._clear = (
            -1,
            b"",
        )  # day and tag of the last clear hit; not in the snapshot: at worst one more stands alone
        self._stepped = -1

    def decide(self, verb, request):
        if verb == "press":
            return self._press(request)
        return self._undo(request) if verb == "undo" else None

    # --- for the other rules

    @property
    def mode(self):
        """PROTECTIVE, SHIELD, GUARDIANS, or "" for none. A watch lost or tampered with is for guardians only."""
        administration = self.context.rules["administration"]
        if administration.tampered or administration.lost:
            return GUARDIANS
        return self.started[0] or (PROTECTIVE if self.alarm[1] else "")

    def grade(self, tag):
        row = self._table.find(tag)
        return self._table.byte(row, _GRADE) if row >= 0 else NONE

    def is_blocked(self, party):
        """A block holds for the address: it also stops what comes from it unverified, or after the contact is gone."""
        return self.holds(party.tag) or (party.claimed != party.tag and self.holds(party.claimed))

    def holds(self, tag):
        """True if this very tag is blocked."""
        row = self._table.find(tag)
        return row >= 0 and self._table.byte(row, _FLAGS) & _BLOCKED != 0

    def refuses(self, party):
        """True if nothing at all may pass between this party and the child now. Guardians always pass."""
        if party.who == GUARDIAN:
            return False
        if self.mode == GUARDIANS or (self.mode and party.who == STRANGER):
            return True
        return self.is_blocked(party) or self.grade(party.tag) == REMOVED

    def closes_extras(self, party):
        """One-button protection also closes group invites, mentions and comments, whoever they come from (F6)."""
        return self.mode == SHIELD and party.who != GUARDIAN

    def tried(self, decision, party):
        """Count an unknown party's attempt on a decision; the one that makes a burst starts protective mode (H6)."""
        if party.who != STRANGER:
            return decision
        now = self.context.clock.powered
        recent = [at for at in self._tries if now - at < _WINDOW] + [now]
        burst = self.context.settings["blocking.burst"]
        if len(recent) >= burst and not self.alarm[1]:
            ends = self.context.clock.wall + _DAY_SECONDS, now + _DAY_SECONDS
            decision.events = list(decision.events) + [
                event("blocking.mode", PROTECTIVE, _AUTO, ends[0], ends[1]),
                alerts.raised(alerts.PROTECTIVE, b""),
            ]

        def then():
            self._tries = recent[-10:]
            self._last_try = now

        decision.then = then
        return decision

    def hit(self, tag, doxxes, severity, guessed):
        """(event, offer) for a detector hit on a verified message: grades rise by repetition; offer protection (F7)?"""
        row = self._table.find(tag)
        points = 1 if guessed else _SURE
        dox, grade, window, start = doxxes, NONE, 1, self.context.clock.powered
        if row >= 0:
            points = min(self._table.byte(row, _POINTS) + points, 255)
            dox = min(self._table.byte(row, _DOX) + doxxes, 255)
            grade = self._table.byte(row, _GRADE)
            if start - self._table.number(row, _WINDOW_START, 4) < _WINDOW:
                start = self._table.number(row, _WINDOW_START, 4)
                window = min(self._table.byte(row, _WINDOW_HITS) + 1, 255)
        if dox >= _DOX_FOR_REMOVED:
            grade = REMOVED
        while grade < REMOVED and points >= _POINTS_FOR[grade + 1]:
            grade += 1
        return event(
            "blocking.hit", tag.hex(), severity, points, dox, grade, self.context.clock.day(), start, window
        ), window >= _OFFER_AFTER

    def is_alone(self, grade, tag):
        """True of a hit after which the party is not even marked, on a day without a clear hit by anybody else."""
        day, other = self._clear
        return grade == NONE and (day != self.context.clock.day() or other == tag)

    def answered(self, tag):
        """The child's "not bullying": (points, grade) one step back; None if there is nothing to take back."""
        row = self._table.find(tag)
        if row < 0 or self._table.byte(row, _GRADE) == REMOVED or self._table.byte(row, _POINTS) == 0:
            return None
        grade = max(self._table.byte(row, _GRADE) - 1, NONE)
        return max(min(self._table.byte(row, _POINTS), _POINTS_FOR[grade + 1]) - _SURE, 0), grade

    def put_back(self, tag, points, grade):
        """Take an `answered` (or a decay) into the state."""
        row = self._table.find(tag)
        if row >= 0:
            self._table.put_byte(row, _POINTS, points)
            self._table.put_byte(row, _GRADE, grade)

    # --- requests

    def tag_of(self, request):
        """(tag, who) of the party that a request names by address or by one of its messages."""
        if "message" in request:
            entry = self._recent.find(request["message"])
            if entry < 0:
                return None, ""
            tag = self._recent.tag(entry)
            if self.contacts.is_guardian(tag):
                return tag, GUARDIAN
            return tag, CONTACT if self.contacts.knows(tag) else STRANGER
        if not request.get("party"):
            raise BadRequest("party", "or message is missing")
        party = self.contacts.party(request["party"])
        if party.who == STRANGER:
            caller = self.contacts.caller(request["party"])
            if caller.who != STRANGER:
                party = caller
        return party.claimed if self.holds(party.claimed) else party.tag, party.who

    def _press(self, request):
        place = choice(request, "place", PLACES)
        tag, who = self.tag_of(request)
        if tag is None:
            return stopped(NO_SUCH_MESSAGE)
        if who == GUARDIAN:
            return stopped(IS_GUARDIAN, GUARDIAN)
        if self.holds(tag):
            return allow((), ("hide",), who=who)
        now = self.context.clock.powered
        before = self.grade(tag)
        presses = [at for at in self._presses if now - at < _WINDOW] + [now]
        events = [
            event(
                "blocking.blocked", tag.hex(), place, before, max(before, MUTED), self.context.clock.day(), len(presses)
            ),
            alerts.raised(alerts.BLOCKED, tag),
        ]
        if len(presses) >= _ALARM_PRESSES:
            events.append(alerts.raised(alerts.WATCH_TAKEN, b""))
        decision = allow(events, ("hide", "comfort"), who=who, evidence=(tag, self._recent.with_party(tag, _CONTEXT)))
        decision.urgent = True
        decision.then = lambda: self._pressed(tag, now)
        return decision

    def _pressed(self, tag, now):
        self._slip = (tag, now)

    def _undo(self, request):
        tag, _ = self.tag_of(request)
        if tag is None or not self.holds(tag):
            return stopped(NOT_BLOCKED)
        if (
            self._slip[0] != tag
            or self.context.clock.powered - self._slip[1] > self.context.settings["blocking.undo_seconds"]
        ):
            return stopped(_TOO_LATE)
        return allow([event("blocking.released", tag.hex(), self.before(tag))], ("show",))

    def before(self, tag):
        return self._table.byte(self._table.find(tag), _BEFORE)

    # --- time

    def step(self):
        clock, events = self.context.clock, []
        mode, _, wall_until, powered_until = self.started
        if mode and powered_until and Span(wall_until, powered_until).over(clock):
            events.append(event("blocking.mode_end", mode))
        if self._last_try < 0:
            self._last_try = clock.powered  # not known after a reboot: the calm time begins again
        if self.alarm[1]:
            calm = self.context.settings["blocking.calm_minutes"] * 60
            if Span(self.alarm[0], self.alarm[1]).over(clock) or clock.powered - self._last_try >= calm:
                events.append(event("blocking.mode_end", PROTECTIVE))
        day = clock.day()
        if day != self._stepped:
            self._stepped = day
            events += self._decayed(day - self.context.settings["blocking.decay_days"])
        return allow(events) if events else None

    def _decayed(self, last_day):
        """Events for grades without a hit since `last_day`; the child's own blocks and removals stay."""
        events, table = [], self._table
        for row in range(len(table)):
            grade = table.byte(row, _GRADE)
            if (
                WATCH <= grade <= MUTED
                and not table.byte(row, _FLAGS) & _BLOCKED
                and table.number(row, _LAST_DAY, 2) <= last_day
            ):
                events.append(
                    event(
                        "blocking.decayed",
                        table.tag(row).hex(),
                        _POINTS_FOR[grade - 1],
                        grade - 1,
                        self.context.clock.day(),
                    )
                )
                if len(events) == _DECAY_BATCH:
                    self._stepped = -1  # the rest at the next step
                    break
        return events

    def due(self):
        ends = [self.started[3]] if self.started[3] else []
        if self.alarm[1]:
            ends.append(min(self.alarm[1], self._last_try + self.context.settings["blocking.calm_minutes"] * 60))
        return min(ends) if ends else None

    # --- state

    def apply(self, verb, record):
        fields, table = record.fields, self._table
        if verb == "mode":
            if fields[0] == PROTECTIVE:
                self.alarm = fields[2:]
                self._last_try = -1
            else:
                self.started = fields
            return
        if verb == "mode_end":
            if fields[0] == PROTECTIVE:
                self.alarm = [0, 0]
            else:
                self.started = ["", "", 0, 0]
            return
        tag = bytes.fromhex(fields[0])
        row = self._row(tag)
        if verb == "hit":
            _, severity, points, dox, grade, day, start, window = fields
            if severity > 1:  # a guess has 1
                self._clear = (day, tag)
            table.put_byte(row, _POINTS, points)
            table.put_byte(row, _DOX, dox)
            table.put_byte(row, _GRADE, grade)
            table.put_number(row, _LAST_DAY, 2, day)
            table.put_number(row, _WINDOW_START, 4, start)
            table.put_byte(row, _WINDOW_HITS, window)
        elif verb == "blocked":
            _, _, before, after, day, _ = fields
            table.put_byte(row, _BEFORE, before)
            table.put_byte(row, _GRADE, after)
            table.put_byte(row, _FLAGS, _BLOCKED)
            table.put_number(row, _LAST_DAY, 2, day)
            presses = [at for at in self._presses if record.powered - at < _WINDOW] + [record.powered]
            self._presses = presses[-_ALARM_PRESSES:]
        elif verb == "released":
            table.put_byte(row, _GRADE, fields[1])
            table.put_byte(row, _FLAGS, 0)
        elif verb == "unmarked":
            table.put_field(row, _GRADE, bytes(3))
        elif verb == "removed":
            table.put_byte(row, _GRADE, REMOVED)
            table.put_number(row, _LAST_DAY, 2, fields[1])
        elif verb == "decayed":
            self.put_back(tag, fields[1], fields[2])
            table.put_number(row, _LAST_DAY, 2, fields[3])

    def _row(self, tag):
        """The row of a tag, made if need be: when all are taken, the one that matters least gives way."""
        row = self._table.find(tag)
        if row >= 0:
            return row
        if len(self._table) >= _CAP:
            self._table.remove(self._least())
        return self._table.add(tag)

    def _least(self):
        """The row to give up: never a removed party while others are left, then unblocked before blocked, strangers
        before contacts, the lowest grade, the oldest."""
        table, best, least = self._table, 0, 0x3FFFFFFF
        for row in range(len(table)):
            grade = table.byte(row, _GRADE)
            rank = (2 if grade == REMOVED else 0) + table.byte(row, _FLAGS)
            rank = (rank << 1) + (1 if self.contacts.knows(table.tag(row)) else 0)
            rank = (((rank << 3) + grade) << 16) + table.number(row, _LAST_DAY, 2)
            if rank < least:
                best, least = row, rank
        return best

    def pieces(self):
        head = encode(self.started + self.alarm + self._presses)
        return self._table.pieces(len(head).to_bytes(2, "big") + head, PIECE)

    def restore(self, blob):
        size = int.from_bytes(blob[:2], "big") + 2
        values = json.loads(blob[2:size])
        self.started, self.alarm, self._presses = values[:4], values[4:6], values[6:]
        self._table.load(blob[size:])
