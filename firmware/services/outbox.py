"""What the child has sent and no carrier has taken yet; it outlives a power cut.

The messages themselves lie sealed in the journal since before they were called sent. The file `outbox` holds only which
of them still wait: the number of the last message that it knows of, then the numbers of those that wait. What was
journalled after that waits too. So sending writes nothing more, and a power cut at any moment loses nothing; at worst
a message goes out twice, which its counter makes harmless.
"""

import json

from micropython import const

from firmware.policy.recent import OUTGOING
from firmware.policy.rules.contacts import envelope_mac
from firmware.storage.frames import encode

_FILE = "outbox"
_CAP = const(32)


class Outbox:
    """engine, store, files; own: this watch's address. `numbers`: journal numbers of what waits, oldest first."""

    def __init__(self, engine, store, files, own):
        self._engine = engine
        self._store = store
        self._files = files
        self._own = own
        self.numbers = []
        self._made: dict = {}  # envelopes that have been offered, by number

    def load(self):
        """After the state was rebuilt. A file that cannot be read means that all recent messages go out again: they
        would be refused as repeated, but none is lost."""
        last, waiting = 0, []
        try:
            last, *waiting = json.loads(self._files.read(_FILE))
        except (OSError, ValueError):
            pass
        recent = self._engine.recent
        found = [recent.number(entry) for entry in range(len(recent)) if recent.flags(entry) & OUTGOING]
        self.numbers = sorted([number for number in found if number > last or number in waiting])[-_CAP:]

    def put(self, number):
        """The message with this journal number waits; of too many the oldest goes."""
        self.numbers = self.numbers[1 - _CAP :] + [number]

    def offers(self):
        """[(number, envelope)] of the oldest for each party: they must not overtake each other, but one whose watch is
        out of reach keeps back nobody else's. What is for a party that is blocked or gone is dropped unsent."""
        found, parties = [], []
        recent = self._engine.recent
        for number in self.numbers:
            tag = recent.tag(recent.find(number)) if recent.find(number) >= 0 else b""
            if tag in parties:
                continue
            envelope = self._made.get(number) or self._envelope(number)
            if envelope is None:
                self.drop(number)
                continue
            self._made[number] = envelope
            parties.append(tag)
            found.append((number, envelope))
        return found

    def drop(self, number):
        """It is taken, or must not go out any more. Until this is written down, it may go out again."""
        self._keep([other for other in self.numbers if other != number])

    def drop_blocked(self):
        """What waits for a party that has just been blocked never goes out, whatever becomes of the block."""
        left = [number for number in self.numbers if not self._blocked(number)]
        if len(left) < len(self.numbers):
            self._keep(left)

    def _blocked(self, number):
        entry = self._engine.recent.find(number)
        return entry < 0 or self._engine.rules["blocking"].holds(self._engine.recent.tag(entry))

    def _keep(self, numbers):
        self.numbers = numbers
        self._made = {number: self._made[number] for number in self._made if number in numbers}
        recent = self._engine.recent
        last = max([recent.number(entry) for entry in range(len(recent))] + [0])
        try:
            self._files.replace(_FILE, encode([last] + self.numbers))
        except OSError:
            pass  # a full or failing flash: at the next boot it goes out once more

    def _envelope(self, number):
        engine = self._engine
        entry = engine.recent.find(number)
        if entry < 0:
            return None
        record, sealed = self._store.read(engine.recent.place(entry))
        if not sealed:
            return None  # its key is erased: it is too old
        to, text = json.loads(sealed)
        party = engine.rules["contacts"].party(to)
        if party.row < 0 or engine.rules["blocking"].holds(party.tag):
            return None
        counter = record.fields[1]
        mac = envelope_mac(engine.rules["contacts"].key(party.row), self._own, counter, text).hex()
        return {"sender": self._own, "to": to, "counter": counter, "mac": mac, "text": text}
