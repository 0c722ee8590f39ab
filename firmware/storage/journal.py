"""A journal of events in segment files, chained by HMAC and sealed off by a key ratchet.

A frame is: length of the JSON u16, length of the attachment u16, canonical JSON, attachment, MAC (16 bytes). The MAC
covers the MAC before it (zeros at the start of a segment) and the frame, as bytes. Frames of a segment, in order:

    [seq, t, powered, "segment", number, oldest, head, sha256]   last MAC and hash (hex) of the file before, or ""
    [seq, t, powered, "snapshot", name]                          any number; the attachment is the sealed part
    [seq, t, powered, "begin"]
    [seq, t, powered, kind, *fields]                             events, seq rising by one

seq of the first three is that of the last event before the segment. t is wall time, powered is powered time, both in
seconds. The key of segment n + 1 follows from that of n, which is then erased: whoever reads the flash cannot rewrite
older segments, and each of them is pinned by the hash in its successor (requirement D11).
"""

import json
import struct
from binascii import hexlify
from hashlib import sha256

from micropython import const

from firmware.storage.crypto import Hmac, equal, hkdf

_MAC = const(16)
_JSON_LIMIT = const(180)
_HEADER_LIMIT = const(220)
_PART_LIMIT = const(60000)
_EVENT_LIMIT = const(8192)  # of an attachment


class JournalBroken(Exception):
    """The journal is damaged; `code` is "missing", "mac", "order", "key" or "segment"; "closed": it was not opened."""

    def __init__(self, code: str):
        super().__init__(code)
        self.code = code


class Record:
    """One event: seq, t, powered, kind, fields (list), attachment (bytes), its place (segment, offset) and its end."""

    def __init__(self, items: list, attachment: bytes, segment: int, offset: int, end: int):
        self.seq, self.t, self.powered, self.kind = items[:4]
        self.fields = items[4:]
        self.attachment = attachment
        self.private: bytes | None = b""  # the unsealed attachment, filled in by the Store
        self.segment = segment
        self.offset = offset
        self.end = end


def _text(value: str) -> bytes:
    data = value.encode()
    # Quick way for nearly all strings; 0xED leads the encoded surrogates, which MicroPython lets through.
    if not data or (min(data) >= 32 and b'"' not in data and b"\\" not in data and b"\xed" not in data):
        return b'"' + data + b'"'
    out = ""
    for char in value:
        code = ord(char)
        if 0xD800 <= code < 0xE000:
            raise ValueError("surrogate")
        if code < 32:
            out += "\\u%04x" % code
        else:
            out += "\\" + char if char in '"\\' else char
    return b'"' + out.encode() + b'"'


def encode(items: list) -> bytes:
    """Return the canonical JSON array of integers and strings, equal on every runtime; ValueError for other types."""
    parts = []
    for item in items:
        if type(item) is int:  # not isinstance: a bool would be written as True
            parts.append(b"%d" % item)
        elif isinstance(item, str):
            parts.append(_text(item))
        else:
            raise ValueError("only integers and strings")
    return b"[" + b",".join(parts) + b"]"


def _parse(frame: tuple, segment: int, offset: int) -> Record:
    head, text, attachment, mac = frame
    try:
        items = json.loads(text)
    except ValueError:
        items = None
    if type(items) is not list or len(items) < 4:
        raise JournalBroken("mac")
    for item, kind in zip(items, (int, int, int, str)):
        if type(item) is not kind:
            raise JournalBroken("mac")
    return Record(items, attachment, segment, offset, offset + len(head) + len(text) + len(attachment) + len(mac))


def _frame(stream, limit: int):
    """Return (head, json, attachment, mac), None at the end of the file, () when the file ends inside the frame.

    limit: of the attachment's bytes.
    """
    head = stream.read(4)
    if not head:
        return None
    if len(head) < 4:
        return ()
    length, attached = struct.unpack(">HH", head)
    # Checked before anything of that size is read: the heap is small and the lengths are not yet authenticated.
    if not 0 < length <= _HEADER_LIMIT or attached > limit:
        raise JournalBroken("mac")
    text = stream.read(length)
    attachment = stream.read(attached) if attached else b""
    mac = stream.read(_MAC)
    return (head, text, attachment, mac) if len(mac) == _MAC else ()


class _Chain:
    """The MACs of one segment."""

    def __init__(self, key: bytes):
        self._mac = Hmac(key)
        self.head = bytes(_MAC)

    def next(self, head: bytes, text: bytes, attachment: bytes) -> bytes:
        return self._mac.digest(self.head, head, text, attachment)[:_MAC]

    def frame(self, items: list, attachment: bytes, limits: tuple) -> bytes:
        """Return the next frame; the chain goes on behind it. limits: bytes of JSON and of the attachment."""
        text = encode(items)
        if len(text) > limits[0] or len(attachment) > limits[1]:
            raise ValueError("record too long")
        head = struct.pack(">HH", len(text), len(attachment))
        self.head = self.next(head, text, attachment)
        return b"".join((head, text, attachment, self.head))


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
        self._chain: _Chain | None = None
        self.seq = self.t = self.powered = 0
        self.segment = self.oldest = self.count = self.size = self.start = 0
        self._unchecked = -1
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
        self._write(segment, segment, t, powered, parts, key, "", "")
        self._remove_old()

    def rotate(self, t: int, powered: int, parts, oldest: int) -> None:
        """Begin a segment with the parts, an iterable of (name, sealed blob); remove the segments below oldest."""
        chain = self._opened()
        old = self.segment
        key = hkdf(self._keys.get(self._cls, old), b"", b"segment")
        pin = self._files.digest(self._name(old), sha256())
        self._write(old + 1, oldest, t, powered, parts, key, _hex(chain.head), _hex(pin))
        chain, self._chain = self._chain, None  # if the key cannot be stored, only open() may go on
        self._keys.change([(self._cls, old)], [(self._cls, old + 1, key)])
        self._chain = chain
        self._remove_old()

    def append(self, t: int, powered: int, events: list) -> list:
        """Append [(kind, fields, attachment)] in one durable write; return the Records.

        Raises ValueError (nothing was written), OSError, JournalBroken.
        """
        chain = self._opened()
        if self.torn:
            self._files.cut(self._name(self.segment), self.size)
            self.torn = False
        last = chain.head
        records = []
        frames = []
        at = self.size
        try:
            for kind, fields, attachment in events:
                items = [self.seq + len(records) + 1, t, powered, kind] + list(fields)
                frames.append(chain.frame(items, attachment, (_JSON_LIMIT, _EVENT_LIMIT)))
                end = at + len(frames[-1])
                records.append(Record(items, attachment, self.segment, at, end))
                at = end
            self._append(b"".join(frames))
        except BaseException:
            chain.head = last
            raise
        self.seq += len(records)
        self.count += len(records)
        self.size, self.t, self.powered = at, t, powered
        return records

    def _append(self, data: bytes) -> None:
        self.torn = True  # until the write is known to be whole
        self._files.append(self._name(self.segment), data)
        self.torn = False

    def open(self, on_part, on_record) -> int:
        """Verify and replay the newest segment: on_part(name, blob), then on_record(Record).

        Return the number of events. Raises JournalBroken. Finishes an interrupted rotation.
        """
        self.forget()
        number, key, late = self._newest()
        self._replay(number, key, on_part, on_record)
        if late:
            self._keys.change([(self._cls, number - 1)], [(self._cls, number, key)])
        self._remove_old()
        return self.count

    def _newest(self) -> tuple:
        """Return the newest segment, its key, and whether the key table is one behind."""
        found = self.segments()
        owned = self._keys.numbers(self._cls)
        if not found:
            raise JournalBroken("missing")
        if not owned:
            raise JournalBroken("key")
        ahead = found[-1] - owned[-1]
        if ahead < 0:
            raise JournalBroken("missing")
        if ahead > 1:
            raise JournalBroken("segment")
        key = self._keys.get(self._cls, owned[-1])
        return found[-1], hkdf(key, b"", b"segment") if ahead else key, ahead

    def _replay(self, number: int, key: bytes, on_part, on_record) -> None:
        chain = _Chain(key)
        with self._files.open(self._name(number)) as stream:
            frame = _frame(stream, 0)
            while frame:
                head, text, attachment, mac = frame
                if not equal(chain.next(head, text, attachment), mac):
                    raise JournalBroken("mac")
                chain.head = mac
                record = _parse(frame, number, self.size)
                self.size = record.end
                self._take(record, on_part, on_record)
                frame = _frame(stream, _EVENT_LIMIT if self.start else _PART_LIMIT)
        self.torn = frame is not None
        if not self.start:
            raise JournalBroken("segment")
        self._chain = chain

    def _take(self, record: Record, on_part, on_record) -> None:
        """Take one verified frame of the newest segment, in order."""
        if not self.segment:
            self._take_header(record)
        elif self.start:
            if record.seq != self.seq + 1:
                raise JournalBroken("order")
            self.count += 1
            on_record(record)
        elif record.kind == "snapshot":
            on_part(record.fields[0], record.attachment)
        elif record.kind == "begin":
            self.start = self.size
        else:
            raise JournalBroken("order")
        self.seq, self.t, self.powered = record.seq, record.t, record.powered

    def _take_header(self, record: Record) -> None:
        self.oldest, self._pin = self._header(record)
        self._unchecked = record.segment - 1
        self.segment = record.segment
        found = self.segments()
        if found[-(record.segment - self.oldest) - 1 :] != list(range(self.oldest, record.segment + 1)):
            raise JournalBroken("missing")

    def _header(self, record: Record) -> tuple:
        """Return (oldest, pinned hash of the segment before); raises JournalBroken unless this is its file's header."""
        if record.kind != "segment" or len(record.fields) != 4 or record.fields[0] != record.segment:
            raise JournalBroken("segment")
        return record.fields[1], record.fields[3]

    def read(self, segment: int, offset: int):
        """Return (Record, attachment) of the frame at this place; raises JournalBroken.

        None when its segment is gone or ends there: reading on from 0 to each record's end gives a whole segment.
        The MAC is not checked: open has done so for the newest segment, check_next does it for older ones.
        """
        if self._files.size(self._name(segment)) < 0:
            return None
        with self._files.open(self._name(segment)) as stream:
            stream.seek(offset)
            frame = _frame(stream, _PART_LIMIT)
        if frame is None:
            return None
        if not frame:
            raise JournalBroken("mac")
        record = _parse(frame, segment, offset)
        return record, record.attachment

    def check_next(self) -> bool:
        """Verify one older segment against the hash pinned by its successor, newest first; False when all are done."""
        number = self._unchecked
        if number < self.oldest:
            return False
        self._unchecked = -1  # damage is told once, not at every step
        if self._files.size(self._name(number)) < 0:
            raise JournalBroken("missing")
        if _hex(self._files.digest(self._name(number), sha256())) != self._pin:
            raise JournalBroken("mac")
        found = self.read(number, 0)
        if not found:
            raise JournalBroken("segment")
        self._pin = self._header(found[0])[1]
        self._unchecked = number - 1
        return True

    def _name(self, segment: int) -> str:
        return "%s%06d" % (self._prefix, segment)

    def _write(self, segment: int, oldest: int, t: int, powered: int, parts, key: bytes, head: str, pin: str) -> None:
        """Write a segment up to "begin" in one atomic replace, then go on in it."""
        chain = _Chain(key)
        start = [self.seq, t, powered]
        size = 0

        def frames():
            # One part at a time: a snapshot does not fit into the heap twice.
            nonlocal size
            for items, blob in _segment_frames(start, segment, oldest, head, pin, parts):
                frame = chain.frame(items, blob, (_HEADER_LIMIT, _PART_LIMIT))
                size += len(frame)
                yield frame

        self._files.replace(self._name(segment), frames())
        self._chain = chain
        self.t, self.powered = t, powered
        self.segment, self.oldest, self._pin = segment, oldest, pin
        self._unchecked = segment - 1
        self.count, self.size, self.start, self.torn = 0, size, size, False

    def _remove_old(self) -> None:
        for number in self.segments():
            if number < self.oldest:
                self._files.remove(self._name(number))


def _segment_frames(start: list, segment: int, oldest: int, head: str, pin: str, parts):
    yield start + ["segment", segment, oldest, head, pin], b""
    for name, blob in parts:
        yield start + ["snapshot", name], blob
    yield start + ["begin"], b""


def _hex(data: bytes) -> str:
    return hexlify(data).decode()
