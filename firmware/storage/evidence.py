"""Evidence packages (requirement F11): events resealed in a file of their month, for as long as evidence is kept.

A package is appended as one durable write: magic, length of the records u32, package u32, count u16, expiry day u16,
CRC-32 of these; then count times length u16, sealed record (crypto.Sealer; head and index are under the tag).
Each package has a key of its own, derived from its month's key and its head: who is given it can open this package, and
prove that it is the sealed one, without opening any other.

Loaded for one act and dropped again; seal and unseal work on the fields of the Store.
"""

import json
import struct
from binascii import crc32, hexlify
from hashlib import sha256

from micropython import const

from firmware.storage.crypto import Broken, Sealer
from firmware.storage.frames import JournalBroken, encode
from firmware.storage.vault import NoRoom

_RESERVE = const(65536)  # bytes of the file system that evidence never takes from the journal
_MAGIC = b"WEV1"
_HEAD = const(20)
_PIECE = const(512)


def seal(store, month: int, expiry_day: int, places: list, number: int) -> tuple:
    """See Store.evidence."""

    def records():
        for place in places:
            try:
                record, private = store.read(place)
            except JournalBroken:
                continue  # one damaged message must not cost the others
            if record:
                items = [record.seq, record.t, record.powered, record.kind] + record.fields
                yield encode(items) + b"\n" + (private or b"")

    return write(store._files, store._vault, month, expiry_day, number, records)


def unseal(store, month: int, number: int) -> list:
    """See Store.package."""
    found = []
    for plain in read(store._files, store._vault, month, number):
        border = plain.find(b"\n")  # encode never writes one
        found.append((json.loads(plain[:border]), plain[border + 1 :]))
    return found


def write(files, vault, month: int, expiry_day: int, number: int, records) -> tuple:
    """Seal the records as evidence package `number` in one durable append.

    records is a function that starts an iterator over the plain records: it is called twice, because all of them at
    once need not fit into the heap. Return (count, digest): the first 16 bytes of SHA-256 over the stored bytes, in
    hex. Raises NoRoom, OSError.
    """
    count = length = 0
    for plain in records():
        count += 1
        length += _sealed_size(len(plain))
    if files.free() - length - _HEAD < _RESERVE:
        raise NoRoom
    head = struct.pack(">4sIIHH", _MAGIC, length, number, count, expiry_day)
    head += struct.pack(">I", crc32(head))
    digest = sha256()
    files.append(_file(month), _sealed(vault, month, head, records, digest, length))
    return count, _hex(digest)


def _sealed(vault, month: int, head: bytes, records, digest, length: int):
    """Yield the bytes of a package, one record at a time, and keep the digest."""
    digest.update(head)
    yield head
    vault._make("e", month)
    sealer = Sealer(vault.subkey("e", month, head))
    for index, plain in enumerate(records()):
        blob = sealer.seal(vault._random(16), plain, head + struct.pack(">H", index))
        length -= 2 + len(blob)
        size = struct.pack(">H", len(blob))
        digest.update(size)
        yield size
        digest.update(blob)
        yield blob
    if length:
        raise OSError(5)  # EIO: the flash did not say the same twice


def read(files, vault, month: int, number: int):
    """Yield the plain records; raises Broken at the end at the latest unless all are there and verify."""
    at, head, end = _find(files, month, number)
    sealer = Sealer(vault.subkey("e", month, head))
    count = 0
    at += _HEAD
    while at < end:
        size = int.from_bytes(files.read(_file(month), at, 2), "big")
        if at + 2 + size > end:
            raise Broken("length")
        sealed = files.read(_file(month), at + 2, size)
        yield sealer.unseal(sealed, head + struct.pack(">H", count))
        count += 1
        at += 2 + size
    if count != struct.unpack(">H", head[12:14])[0]:
        raise Broken("count")


def digest_of(files, month: int, number: int) -> str:
    """Return the digest that write() returned; raises Broken when the package is not there."""
    at, _, end = _find(files, month, number)
    digest = sha256()
    while at < end:
        piece = files.read(_file(month), at, min(_PIECE, end - at))
        digest.update(piece)
        at += len(piece)
    return _hex(digest)


def key_of(files, vault, month: int, number: int) -> bytes:
    """Return the key that opens this package and no other; raises Broken."""
    return vault.subkey("e", month, _find(files, month, number)[1])


def piece(files, month: int, number: int, start: int, size: int) -> bytes:
    """Return at most size of the stored bytes from start on, b"" behind the last one; raises Broken."""
    at, _, end = _find(files, month, number)
    return files.read(_file(month), at + start, min(size, end - at - start)) if at + start < end else b""


def _find(files, month: int, number: int) -> tuple:
    """Return (offset, head, end) of a package. The last one counts: a torn write may have left a beginning."""
    found = None
    for at, head in _heads(files, month):
        if struct.unpack(">I", head[8:12])[0] == number:
            found = at, head, at + _HEAD + struct.unpack(">I", head[4:8])[0]
    if found is None:
        raise Broken("missing")
    if found[2] > files.size(_file(month)):
        raise Broken("length")
    return found


def _heads(files, month: int):
    """Yield (offset, head) of all packages; found by search, so that damage hides one and not those behind it."""
    at = 0
    size = files.size(_file(month))
    while at + _HEAD <= size:
        piece = files.read(_file(month), at, _PIECE)
        place = piece.find(_MAGIC)
        if place < 0:
            at += max(1, len(piece) - 3)
            continue
        head = piece[place : place + _HEAD]
        if len(head) < _HEAD and place:
            at += place  # it crosses the end of the piece: read again from there
            continue
        if len(head) == _HEAD and crc32(head[:16]) == struct.unpack(">I", head[16:])[0]:
            yield at + place, head
        at += place + 1


def _sealed_size(length: int) -> int:
    return 2 + 16 + (length // 16 + 1) * 16 + 16


def _file(month: int) -> str:
    return "e%04d" % month


def _hex(digest) -> str:
    return hexlify(digest.digest()[:16]).decode()
