"""Sealed records: message text, private state, evidence. One random key per class and month, erased when it expires.

A sealed record is: class u8, month u16 | iv | ciphertext | tag (crypto.Sealer); class, month and the record's name are
under the tag. Evidence packages are in evidence.py.
"""

import struct

from firmware.storage.crypto import Broken, Sealer, hkdf


class NoRoom(Exception):
    """The file system has no room for this package."""


class Vault:
    """Classes are one character: "m" message text, "a" talks with the assistant (apart, so that deleting them erases
    their keys and nothing else), "p" private state, "e" evidence. random(n) returns n bytes.

    The name of a record is its number in the journal, or bytes.
    """

    def __init__(self, keys, random):
        self._keys = keys
        self._random = random
        self._sealers: dict = {}

    def seal(self, cls: str, month: int, name, plain: bytes) -> bytes:
        """Seal the private part of a record; makes the month's key on first use."""
        self._make(cls, month)
        head = struct.pack(">BH", ord(cls), month)
        return self._sealer(cls, month).seal(self._random(16), plain, _bound(head, name), head)

    def _make(self, cls: str, month: int) -> None:
        if self._keys.get(cls, month) is None:
            self._keys.add(cls, month, self._random(32))

    def subkey(self, cls: str, month: int, name: bytes) -> bytes:
        """Return the 32-byte key of one thing of this month; it opens nothing else. Broken if the month's is gone."""
        key = self._keys.get(cls, month)
        if key is None:
            raise Broken("key")
        return hkdf(key, b"", _bound(struct.pack(">BH", ord(cls), month), name))

    def unseal(self, name, blob: bytes) -> bytes:
        """Return the plain bytes; raises Broken when the key was erased or the blob is damaged or of another record.

        A blob that is a bytearray is used up.
        """
        if len(blob) < 3:
            raise Broken("length")
        cls, month = struct.unpack_from(">BH", blob)
        return self._sealer(chr(cls), month).unseal(blob, _bound(blob[:3], name), 3)

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


def _bound(head: bytes, name) -> bytes:
    return head + (struct.pack(">I", name) if isinstance(name, int) else name)
