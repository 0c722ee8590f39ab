"""Sealed records: message text, private state, evidence. One random key per class and month, erased when it expires.

A sealed record is: class u8, month u16 | iv | ciphertext | tag (crypto.Sealer); class, month and the record's name are
under the tag. An evidence package (requirement F11) is appended to the file of its month as one write: magic, length of
the records u32, package u32, count u16, expiry day u16, CRC-32 of these; then count times length u16, sealed record.
"""

import struct
from binascii import crc32, hexlify
from hashlib import sha256

from micropython import const

from firmware.storage.crypto import Broken, Sealer

_RESERVE = const(65536)  # bytes of the file system that evidence never takes from the journal
_MAGIC = b"WEV1"
_HEAD = const(20)
_PIECE = const(1024)


class NoRoom(Exception):
    """The file system has no room for this package."""


class Vault:
    """Classes are one character: "m" message text, "p" private state, "e" evidence. random(n) returns n bytes."""

    def __init__(self, files, keys, random):
        self._files = files
        self._keys = keys
        self._random = random
        self._sealers: dict = {}

    def seal(self, cls: str, month: int, seq: int, plain: bytes) -> bytes:
        """Seal the private part of journal record seq; makes the month's key on first use."""
        return self._seal(cls, month, struct.pack(">I", seq), plain)

    def unseal(self, seq: int, blob: bytes) -> bytes:
        """Return the plain bytes; raises Broken when the key was erased or the blob is damaged or of another record."""
        return self._unseal(struct.pack(">I", seq), blob)

    def _seal(self, cls: str, month: int, name: bytes, plain: bytes) -> bytes:
        if self._keys.get(cls, month) is None:
            self._keys.add(cls, month, self._random(32))
        head = struct.pack(">BH", ord(cls), month)
        return head + self._sealer(cls, month).seal(self._random(16), plain, head + name)

    def _unseal(self, name: bytes, blob: bytes) -> bytes:
        if len(blob) < 3:
            raise Broken("length")
        cls, month = struct.unpack(">BH", blob[:3])
        return self._sealer(chr(cls), month).unseal(blob[3:], blob[:3] + name)

    def _sealer(self, cls: str, month: int) -> Sealer:
        sealer = self._sealers.get((cls, month))
        if sealer is None:
            key = self._keys.get(cls, month)
            if key is None:
                raise Broken("key")
            if len(self._sealers) > 3:
                self._sealers.clear()
            sealer = self._sealers[cls, month] = Sealer(key)
        return sealer

    def forget(self) -> None:
        """Drop the derived keys."""
        self._sealers.clear()

    def package(self, month: int, expiry_day: int, number: int, records: list) -> tuple:
        """Seal the records as evidence package `number` in one durable append.

        Return (count, digest): the first 16 bytes of SHA-256 over the stored bytes, in hex. Raises NoRoom, OSError.
        """
        length = sum(_sealed_size(plain) for plain in records)
        if self._files.free() - length - _HEAD < _RESERVE:
            raise NoRoom
        head = struct.pack(">4sIIHH", _MAGIC, length, number, len(records), expiry_day)
        head += struct.pack(">I", crc32(head))
        stored = [head]
        for index, plain in enumerate(records):
            sealed = self._seal("e", month, head + struct.pack(">H", index), plain)
            stored.append(struct.pack(">H", len(sealed)))
            stored.append(sealed)
        data = b"".join(stored)
        self._files.append(_file(month), data)
        return len(records), _digest(data)

    def read_package(self, month: int, number: int) -> list:
        """Return the plain records; raises Broken unless all are there and verify."""
        data = self._load(month, number)
        head = data[:_HEAD]
        records = []
        at = _HEAD
        while at < len(data):
            length = int.from_bytes(data[at : at + 2], "big")
            sealed = data[at + 2 : at + 2 + length]
            if len(sealed) != length:
                raise Broken("length")
            records.append(self._unseal(head + struct.pack(">H", len(records)), sealed))
            at += 2 + length
        if len(records) != struct.unpack(">H", head[12:14])[0]:
            raise Broken("count")
        return records

    def digest_of(self, month: int, number: int) -> str:
        """Return the digest that package() returned; raises Broken when the package is not there."""
        return _digest(self._load(month, number))

    def _load(self, month: int, number: int) -> bytes:
        """Return the stored bytes of a package. The last one counts: a torn write may have left a beginning."""
        found = None
        for head in self._heads(month):
            if struct.unpack(">I", head[1][8:12])[0] == number:
                found = head
        if found is None:
            raise Broken("missing")
        length = struct.unpack(">I", found[1][4:8])[0] + _HEAD
        data = self._files.read(_file(month), found[0], length)
        if len(data) != length:
            raise Broken("length")
        return data

    def _heads(self, month: int):
        """Yield (offset, head) of all packages; found by search, so that damage hides one and not those behind it."""
        at = 0
        size = self._files.size(_file(month))
        while at + _HEAD <= size:
            piece = self._files.read(_file(month), at, _PIECE)
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

    def expire(self, cls: str, before_month: int) -> None:
        """Erase the keys of a class older than a month, then the evidence files that they opened."""
        self.forget()
        old = [(cls, month) for month in self._keys.numbers(cls) if month < before_month]
        if old:
            self._keys.change(old)
        if cls == "e":
            for name in self._files.names():
                if name[0] == "e" and name[1:].isdigit() and int(name[1:]) < before_month:
                    self._files.remove(name)


def _sealed_size(plain: bytes) -> int:
    return 2 + 3 + 16 + (len(plain) // 16 + 1) * 16 + 16


def _file(month: int) -> str:
    return "e%04d" % month


def _digest(data: bytes) -> str:
    return hexlify(sha256(data).digest()[:16]).decode()
