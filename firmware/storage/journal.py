"""A journal of events in segment files, chained by HMAC and sealed off by a key ratchet.

A frame is: length of the JSON u16, length of the attachment u16, canonical JSON, attachment, MAC (16 bytes). The MAC
covers the MAC before it (zeros at the start of a segment) and the frame, as bytes. The JSON of the last frame of a
write may end in spaces, up to the end of a block of the flash (frames.fill). Frames of a segment, in order:

    [seq, t, powered, "segment", number, oldest, head, sha256]   last MAC and hash (hex) of the file before, or ""
    [seq, t, powered, "snapshot", name]                          any number; the attachment is the sealed part
    [seq, t, powered, "begin"]
    [seq, t, powered, kind, *fields]                             events, seq rising by one

seq of the first three is that of the last event before the segment. t is wall time, powered is powered time, both in
seconds. The key of segment n + 1 follows from that of n, which is then erased: whoever reads the flash cannot rewrite
older segments, and each of them is pinned by the hash in its successor (requirement D11).
"""

from micropython import const

from firmware.loading import forget
from firmware.storage.frames import JournalBroken, Record, encode, parse, read_frame

__all__ = ("Journal", "JournalBroken", "Record", "encode")

_MAC = const(16)
_JSON_LIMIT = const(180)
_PART_LIMIT = const(60000)
_EVENT_LIMIT = const(8192)  # of an attachment


def _rotation():
    from firmware.storage import rotation

    forget("firmware.storage.rotation")
    return rotation


def _verify():
    from firmware.storage import verify

    forget("firmware.storage.verify")
    return verify


class Journal:
    """One journal. prefix names its files (with six digits), cls is its key class, the key's number is the segment.

    After create or open: seq, t, powered of the last record; head, its MAC; segment, oldest (segment kept); count,
    events in this segment; size, its bytes; start, its bytes before the first event; torn, it ended inside a frame.
    """

    def __init__(self, files, keys, prefix: str, cls: str):
        self._files = files
        self._keys = keys
        self._prefix = prefix
        self._cls = cls
        self.forget()

    def forget(self) -> None:
        """Back to the state before open."""
        self._chain: object | None = None
        self.seq = self.t = self.powered = 0
        self.segment = self.oldest = self.count = self.size = self.start = 0
        self._unchecked = -1
        self._pin = ""
        self.torn = False

    def close(self) -> None:
        """Take no more events."""
        self._chain = None

    def _opened(self):
        if self._chain is None:
            raise JournalBroken("closed")
        return self._chain

    @property
    def head(self) -> bytes:
        return self._opened().head

    def segments(self) -> list:
        """Return the sorted numbers of the segment files that exist."""
        found = []
        for name in self._files.names():
            digits = name[len(self._prefix) :]
            if name.startswith(self._prefix) and len(digits) == 6 and digits.isdigit():
                found.append(int(digits))
        return found

    def create(self, t: int, powered: int, parts, key: bytes, segment: int = 1, seq: int = 0) -> None:
        """Write the first segment; the caller has put key into the key table. Raises OSError, ValueError."""
        self.seq = seq
        _rotation().begin(self, segment, segment, t, powered, parts, key, "", "")
        self._remove_old()

    def rotate(self, t: int, powered: int, parts, oldest: int) -> None:
        """Begin a segment with the parts, an iterable of (name, sealed blob); remove the segments below oldest."""
        _rotation().rotate(self, t, powered, parts, oldest)

    def append(self, t: int, powered: int, events: list) -> list:
        """Append [(kind, fields, attachment)] in one durable write; return the Records.

        Raises ValueError (nothing was written), OSError, JournalBroken.
        """
        chain = self._opened()
        if self.torn:
            self._files.cut(self._name(self.segment), self.size)
            self.torn = False
        head = chain.head
        records = []
        pieces = []
        at = self.size
        try:
            for kind, fields, attachment in events:
                items = [self.seq + len(records) + 1, t, powered, kind] + list(fields)
                end = at
                last = end if len(records) + 1 == len(events) else -1
                for piece in chain.frame(items, attachment, (_JSON_LIMIT, _EVENT_LIMIT), last):
                    pieces.append(piece)
                    end += len(piece)
                records.append(Record(items, attachment, self.segment, at, end))
                at = end
            self.torn = True  # until the write is known to be whole
            self._files.append(self._name(self.segment), pieces)
            self.torn = False
        except BaseException:
            chain.head = head
            raise
        self.seq += len(records)
        self.count += len(records)
        self.size, self.t, self.powered = at, t, powered
        return records

    def open(self, on_part, on_record) -> int:
        """Verify and replay the newest segment: on_part(name, blob), then on_record(Record).

        Return the number of events. Raises JournalBroken. Finishes an interrupted rotation.
        """
        self.forget()
        _verify().replay(self, on_part, on_record)
        return self.count

    def read(self, segment: int, offset: int):
        """Return (Record, attachment) of the frame at this place; raises JournalBroken.

        None when its segment is gone or ends there: reading on from 0 to each record's end gives a whole segment.
        The MAC is not checked: open has done so for the newest segment, check_next does it for older ones.
        """
        if self._files.size(self._name(segment)) < 0:
            return None
        with self._files.open(self._name(segment)) as stream:
            stream.seek(offset)
            frame = read_frame(stream, _PART_LIMIT)
        if frame is None:
            return None
        if not frame:
            raise JournalBroken("mac")
        record = parse(frame, segment, offset)
        return record, record.attachment

    def mac(self, segment: int, end: int) -> bytes:
        """Return the MAC of the frame that ends there: it stands for all frames before it. b"" if there is none."""
        if end < _MAC or self._files.size(self._name(segment)) < end:
            return b""
        return self._files.read(self._name(segment), end - _MAC, _MAC)

    def check_next(self) -> bool:
        """Verify one older segment against the hash pinned by its successor, newest first; False when all are done."""
        return self._unchecked >= self.oldest and _verify().check_next(self)

    def _name(self, segment: int) -> str:
        return "%s%06d" % (self._prefix, segment)

    def _remove_old(self) -> None:
        for number in self.segments():
            if number < self.oldest:
                self._files.remove(self._name(number))
