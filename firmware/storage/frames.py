"""One record of a journal as bytes, and the chain of MACs that binds a segment's records; journal.py has the format."""

import json
import struct

from micropython import const

from firmware.storage.crypto import Hmac

_MAC = const(16)
_BLOCK = const(4096)  # of littlefs on the watch's flash
_FILL = const(512)
_TEXT_LIMIT = const(732)  # the longest JSON, 220 bytes, and what it may be filled up with


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


def parse(frame: tuple, segment: int, offset: int) -> Record:
    """Return the Record of a frame at this place; raises JournalBroken unless it has a record's form."""
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


def read_frame(stream, limit: int, spare: bool = False):
    """Return (head, json, attachment, mac), None at the end of the file, () when the file ends inside the frame.

    limit: of the attachment's bytes. spare: the attachment is a bytearray, which whoever takes it may use up.
    """
    head = stream.read(4)
    if not head:
        return None
    if len(head) < 4:
        return ()
    length, attached = struct.unpack(">HH", head)
    # Checked before anything of that size is read: the heap is small and the lengths are not yet authenticated.
    if not 0 < length <= _TEXT_LIMIT or attached > limit:
        raise JournalBroken("mac")
    text = stream.read(length)
    attachment: bytes = b""
    if attached and spare:
        attachment = bytearray(attached)
        if stream.readinto(attachment) < attached:
            return ()
    elif attached:
        attachment = stream.read(attached)
    mac = stream.read(_MAC)
    return (head, text, attachment, mac) if len(mac) == _MAC else ()


def fill(end: int) -> int:
    """Return by how many bytes to lengthen a write that ends at this offset, so that it ends with a block of the file.

    At each sync littlefs copies the unfinished last block of a file to a fresh one, and takes a second one if the write
    goes beyond. Where less than a usual decision would fit behind it, a write takes the rest of its block instead, and
    the next one begins a block of its own: one erase each. Any other file system only has a few bytes more.
    """
    # littlefs/DESIGN.md, "CTZ skip-lists": block n > 0 of a file begins with ctz(n) + 1 pointers of four bytes.
    last = max(0, (end - 9) // (_BLOCK - 8))
    while last and _capacity(last - 1) >= end:
        last -= 1
    room = _capacity(last) - end
    return room if room < _FILL else 0


def _capacity(last: int) -> int:
    """Bytes that fit into the blocks 0 to last of a file."""
    return _BLOCK + last * (_BLOCK - 8) + 4 * bin(last).count("1")


class Chain:
    """The MACs of one segment."""

    def __init__(self, key: bytes):
        self._mac = Hmac(key)
        self.head = bytes(_MAC)

    def next(self, head: bytes, text: bytes, attachment: bytes) -> bytes:
        """Return the MAC of the frame behind the last one; the chain stays where it is."""
        return self._mac.digest(self.head, head, text, attachment)[:_MAC]

    def frame(self, items: list, attachment: bytes, limits: tuple, at: int = -1) -> tuple:
        """Return the next frame in four pieces; the chain goes on behind it. limits: of JSON, of the attachment.

        at: its place in the file if it is the last one of a write, whose JSON may end in spaces (`fill`)."""
        text = encode(items)
        if len(text) > limits[0] or len(attachment) > limits[1]:
            raise ValueError("record too long")
        if at >= 0:
            text += b" " * fill(at + 4 + len(text) + len(attachment) + _MAC)
        head = struct.pack(">HH", len(text), len(attachment))
        self.head = self.next(head, text, attachment)
        return head, text, attachment, self.head
