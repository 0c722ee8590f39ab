"""HMAC, HKDF and sealing with SHA-256 and AES-256; stock MicroPython has only the two primitives."""

import hashlib
import struct

import cryptolib
from micropython import const

_CBC = const(2)
_TAG = const(16)


class Broken(Exception):
    """A sealed or wrapped blob is damaged, foreign, or its key is gone."""


def _pad(key: bytes, fill: int) -> bytes:
    # One big-integer xor: MicroPython has no bytes.translate, and a loop over 64 bytes is slower.
    wide = int.from_bytes(key, "big") ^ int.from_bytes(bytes([fill]) * 64, "big")
    return wide.to_bytes(64, "big")


class Hmac:
    """HMAC-SHA256 (RFC 2104) under one key, for many messages."""

    def __init__(self, key: bytes):
        if len(key) > 64:
            key = hashlib.sha256(key).digest()
        key = key + bytes(64 - len(key))
        self._inner = _pad(key, 0x36)
        self._outer = _pad(key, 0x5C)

    def digest(self, *parts: bytes) -> bytes:
        """Return the 32-byte MAC over the parts, taken as one message."""
        inner = hashlib.sha256(self._inner)
        for part in parts:
            inner.update(part)
        outer = hashlib.sha256(self._outer)
        outer.update(inner.digest())
        return outer.digest()


def hmac_sha256(key: bytes, *parts: bytes) -> bytes:
    """Return the 32-byte HMAC-SHA256 of the parts under key."""
    return Hmac(key).digest(*parts)


def hkdf(key: bytes, salt: bytes, info: bytes, length: int = 32) -> bytes:
    """Return length bytes of HKDF-SHA256 (RFC 5869), extract and expand."""
    mac = Hmac(hmac_sha256(salt, key))
    block = result = b""
    while len(result) < length:
        block = mac.digest(block, info, bytes([len(result) // 32 + 1]))
        result += block
    return result[:length]


def equal(a: bytes, b: bytes) -> bool:
    """Compare two byte strings in a time that depends on their length only."""
    if len(a) != len(b):
        return False
    different = 0
    for x, y in zip(a, b):
        different |= x ^ y
    return different == 0


class Sealer:
    """Encrypt-then-MAC under one 32-byte key: AES-256-CBC with PKCS#7, then HMAC-SHA256 cut to 16 bytes."""

    def __init__(self, key: bytes):
        self._key = hkdf(key, b"", b"encrypt")
        self._mac = Hmac(hkdf(key, b"", b"authenticate"))

    def _tag(self, body, aad: bytes) -> bytes:
        # The length in front keeps the border between the two unambiguous.
        return self._mac.digest(struct.pack(">I", len(aad)), aad, body)[:_TAG]

    def seal(self, iv: bytes, plain: bytes, aad: bytes, head: bytes = b"") -> bytearray:
        """Return head | iv (16 random bytes) | ciphertext | tag; aad is authenticated and not stored, head is only put
        in front."""
        start = len(head)
        end = start + 16 + len(plain)
        fill = 16 - len(plain) % 16
        # One buffer for all of it, encrypted in place: a part of a snapshot has several KB.
        blob = bytearray(end + fill + _TAG)
        blob[:start] = head
        blob[start : start + 16] = iv
        blob[start + 16 : end] = plain
        for at in range(end, end + fill):
            blob[at] = fill
        body = memoryview(blob)[start:-_TAG]
        text = body[16:]
        cryptolib.aes(self._key, _CBC, iv).encrypt(text, text)
        blob[-_TAG:] = self._tag(body, aad)
        return blob

    def unseal(self, blob: bytes, aad: bytes, start: int = 0) -> bytes:
        """Return the plain bytes; raises Broken unless blob, from start, was sealed under this key and aad.

        A blob that is a bytearray is used up: it is decrypted in place, which saves a copy.
        """
        view = memoryview(blob)[start:]
        if len(view) < 48 or len(view) % 16:
            raise Broken("length")
        if not equal(self._tag(view[:-_TAG], aad), view[-_TAG:]):
            raise Broken("tag")
        text = view[16:-_TAG]
        cipher = cryptolib.aes(self._key, _CBC, view[:16])
        plain = cipher.decrypt(text, text) if isinstance(blob, bytearray) else cipher.decrypt(text)
        return bytes(plain[: -plain[-1]])  # the tag vouches for the padding
