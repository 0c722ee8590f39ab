"""The last messages, packed: whose, where in the journal, and what became of them. Texts stay sealed on flash."""

from micropython import const

CAP = const(128)
_WIDTH = const(20)  # tag 8, sequence 4, segment 2, offset 4, classes 1, flags 1

OUTGOING = const(1)
COLLAPSED = const(2)
WARNED = const(4)
HIT = const(8)  # raised the sender's grade count
ANSWERED = const(16)  # the child said "not bullying"
OPENED = const(32)
READ = const(64)  # a guardian has read it


class Recent:
    """A ring of CAP entries, in the order of arrival. A message is named by its journal sequence number."""

    def __init__(self):
        self._ring = bytearray()
        self._next = 0

    def add(self, record, tag, classes, flags):
        """Note a message that has just been journalled."""
        entry = (
            tag
            + record.seq.to_bytes(4, "little")
            + record.segment.to_bytes(2, "little")
            + record.offset.to_bytes(4, "little")
            + bytes((classes, flags))
        )
        if len(self._ring) < CAP * _WIDTH:
            self._ring.extend(entry)
        else:
            self._ring[self._next * _WIDTH : (self._next + 1) * _WIDTH] = entry
            self._next = (self._next + 1) % CAP

    def __len__(self):
        return len(self._ring) // _WIDTH

    def find(self, seq):
        """Entry number of a message, or -1 if it is not among the last ones."""
        wanted = seq.to_bytes(4, "little")
        for at in range(0, len(self._ring), _WIDTH):
            if self._ring[at + 8 : at + 12] == wanted:
                return at // _WIDTH
        return -1

    def tag(self, entry):
        return bytes(self._ring[entry * _WIDTH : entry * _WIDTH + 8])

    def number(self, entry):
        """The journal sequence number of a message."""
        at = entry * _WIDTH + 8
        return int.from_bytes(self._ring[at : at + 4], "little")

    def place(self, entry):
        """(segment, offset) in the journal."""
        at = entry * _WIDTH
        return (
            int.from_bytes(self._ring[at + 12 : at + 14], "little"),
            int.from_bytes(self._ring[at + 14 : at + 18], "little"),
        )

    def classes(self, entry):
        return self._ring[entry * _WIDTH + 18]

    def flags(self, entry):
        return self._ring[entry * _WIDTH + 19]

    def add_flag(self, entry, flag):
        self._ring[entry * _WIDTH + 19] |= flag

    def with_party(self, tag, most):
        """Places of the last `most` messages from or to a party, oldest first (context of evidence, F11)."""
        count = len(self._ring) // _WIDTH
        places = []
        for back in range(1, count + 1):
            entry = (self._next - back) % count
            if self._ring[entry * _WIDTH : entry * _WIDTH + 8] == tag:
                places.append(self.place(entry))
                if len(places) == most:
                    break
        places.reverse()
        return places

    def dump(self):
        """All entries, oldest first, for a snapshot."""
        cut = self._next * _WIDTH
        return bytes(self._ring[cut:]) + bytes(self._ring[:cut])

    def load(self, blob):
        self._ring = bytearray(blob)
        self._next = 0
