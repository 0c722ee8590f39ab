"""Carries out the rights to what the watch knows: lists, copies, erases (requirements A1, A9-A11, A14).

The copy is text, one JSON array a line (docs/personal-data.md): first its format and version, then for each category
a line with the names of its fields and a line for each entry. Message texts and keys are in no copy.
"""

from micropython import const

from firmware.policy.rules.consent import HELD
from firmware.policy.rules.content_access import CHAT, place_of
from firmware.services.enforce import discharge
from firmware.storage.journal import JournalBroken, encode

_REFUSALS = const(12)  # reasons on the child's list
_FORMAT = ["wardwatch-copy", 1]


class Privacy:
    """engine, store, screen. others: has the service `locator`, which erases what it keeps itself."""

    busy = False  # it keeps nothing

    def __init__(self, engine, store, screen, others):
        self._engine = engine
        self._store = store
        self._screen = screen
        self._erasers = {
            "messages": lambda: self._erase_keys("m"),
            "evidence": lambda: self._erase_keys("e"),
            "ai": lambda: engine.ask({"kind": "content_access.delete_chats"}).allowed,
            "location": self._erase_positions,
        }
        self._others = others

    def list(self, reader, channel=None):
        """What is kept, as [category, count] pairs, or None if the request is refused."""
        request = {"kind": "personal_data.list", "reader": reader}
        if channel:
            request["channel"] = channel
        listed: list = []
        discharge(self._engine.ask(request), {"list": lambda: listed.extend(self._counts())})
        return listed or None

    def refusals(self):
        """What the watch did not let through lately, and why: [reason, how often] of each reason, the newest first.
        The child reads it in the reasons' own words (D13)."""
        found: list = []
        denials = self._store.denials
        try:
            for segment in reversed(denials.segments()):
                self._count(denials, segment, found)
                if len(found) >= _REFUSALS:
                    break
        except (OSError, JournalBroken):  # what can still be read is shown
            pass
        found.sort()
        found.reverse()
        return [entry[1:] for entry in found[:_REFUSALS]]

    def _count(self, denials, segment, found):
        """Add one segment's refusals to [number of the newest, reason, how often]."""
        at = 0
        while True:
            read = denials.read(segment, at)
            if read is None:
                return
            record = read[0]
            at = record.end
            if record.kind != "denied":
                continue
            reason, count = record.fields[1], record.fields[3]
            for entry in found:
                if entry[1] == reason:
                    entry[0], entry[2] = max(entry[0], record.seq), entry[2] + count
                    break
            else:
                found.append([record.seq, reason, count])

    def copy(self, channel):
        """The lines of a copy, without line ends, or None if the request is refused."""
        lines: list = []
        discharge(
            self._engine.ask({"kind": "personal_data.copy", "channel": channel}),
            {
                "copy": lambda: lines.extend(self._lines()),
                "tell_child": lambda: self._screen.notice("copied", {}),
            },
        )
        return lines or None

    def erase(self):
        """Erase what a guardian has ordered."""
        to_erase = self._engine.rules["consent"].to_erase
        for number in range(len(HELD)):
            if to_erase[number]:
                erase = self._erasers.get(HELD[number])
                if erase is None or erase() is not False:
                    self._engine.ask({"kind": "consent.erased", "what": HELD[number]})

    def _erase_keys(self, cls):
        """Without its keys what was sealed is noise, wherever it still lies on the flash."""
        self._store.expire(cls, self._engine.clock.month() + 1)

    def _erase_positions(self):
        return self._others.locator.erase()

    # --- what is kept

    def _counts(self):
        return [[name, len(rows)] for name, _, rows in self._held()] + [
            ["messages", self._texts()],
            ["chats", self._chats()],
        ]

    def _texts(self):
        """The number of messages whose text can still be read."""
        recent, count = self._engine.recent, 0
        for entry in range(len(recent)):
            if self._store.readable(recent.place(entry)):
                count += 1
        return count

    def _chats(self):
        """The number of entries of earlier talks that can still be read."""
        chats, count = self._engine.rules["content_access"].chats, 0
        for at in range(0, len(chats), CHAT):
            if self._store.readable(place_of(chats, at)):
                count += 1
        return count

    def _lines(self):
        yield encode(_FORMAT)
        for name, fields, rows in self._held():
            yield encode([name] + fields)
            for row in rows:
                yield encode(row)

    def _held(self):
        """(category, names of the fields, rows) of all that is kept but message texts."""
        rules = self._engine.rules
        contacts, blocking = rules["contacts"], rules["blocking"]
        people, grades = [], []
        for row in range(len(contacts)):
            tag = contacts.table.tag(row)
            people.append(contacts.card(tag) + [1 if contacts.is_guardian(tag) else 0])
            grades.append([contacts.card(tag)[1], blocking.grade(tag), 1 if blocking.holds(tag) else 0])
        yield "contacts", ["name", "address", "number", "guardian"], people
        yield "standing", ["address", "grade", "blocked"], grades
        yield (
            "evidence",
            ["package", "month", "party", "messages", "expires", "handed_over"],
            rules["content_access"].packages(),
        )
        yield "alerts", ["id", "code", "party", "severity", "count", "time"], rules["alerts"].pending()
        yield "settings", ["key", "value"], [list(pair) for pair in self._engine.settings.chosen()]
