"""A journal's segments begun: the first one, and one after another with a snapshot and the next key of the ratchet.

The functions work on the fields of a Journal. They are loaded for one act and dropped again.
"""

from binascii import hexlify
from hashlib import sha256

from micropython import const

from firmware.storage.crypto import hkdf
from firmware.storage.frames import Chain

_HEADER_LIMIT = const(220)
_PART_LIMIT = const(60000)


def rotate(journal, t: int, powered: int, parts, oldest: int) -> None:
    """See Journal.rotate."""
    chain = journal._opened()
    old = journal.segment
    key = hkdf(journal._keys.get(journal._cls, old), b"", b"segment")
    pin = journal._files.digest(journal._name(old), sha256())
    begin(journal, old + 1, oldest, t, powered, parts, key, _hex(chain.head), _hex(pin))
    chain, journal._chain = journal._chain, None  # if the key cannot be stored, only open() may go on
    journal._keys.change([(journal._cls, old)], [(journal._cls, old + 1, key)])
    journal._chain = chain
    journal._remove_old()


def begin(journal, segment: int, oldest: int, t: int, powered: int, parts, key: bytes, head: str, pin: str) -> None:
    """Write a segment up to "begin" in one atomic replace, then go on in it."""
    chain = Chain(key)
    start = [journal.seq, t, powered]
    size = 0

    def pieces():
        # One part at a time, and not a second time joined to its frame: the heap is small.
        nonlocal size
        for frame in _frames(chain, start, ["segment", segment, oldest, head, pin], parts):
            for piece in frame:
                size += len(piece)
                yield piece
            frame = piece = None  # before the next part is made

    journal._files.replace(journal._name(segment), pieces())
    journal._chain = chain
    journal.t, journal.powered = t, powered
    journal.segment, journal.oldest, journal._pin = segment, oldest, pin
    journal._unchecked = segment - 1
    journal.count, journal.size, journal.start, journal.torn = 0, size, size, False


def _frames(chain: Chain, start: list, header: list, parts):
    yield chain.frame(start + header, b"", (_HEADER_LIMIT, 0))
    for name, blob in parts:
        yield chain.frame(start + ["snapshot", name], blob, (_HEADER_LIMIT, _PART_LIMIT))
        blob = None
    yield chain.frame(start + ["begin"], b"", (_HEADER_LIMIT, 0))


def _hex(data: bytes) -> str:
    return hexlify(data).decode()
