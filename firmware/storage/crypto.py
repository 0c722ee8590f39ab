"""HMAC, HKDF, PBKDF2, sealing and key wrap with SHA-256 and AES-256; stock MicroPython has only the two primitives."""

import hashlib
import struct

import cryptolib
from micropython import const

_ECB = const(1)
_CBC = const(2)
_TAG = const(16)
_WRAP_IV = b"\xa6" * 8  # RFC 3394, 2.2.3.1


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


def pbkdf2(password: bytes, salt: bytes, rounds: int) -> bytes:
    """Return the first 32-byte block of PBKDF2-HMAC-SHA256 (RFC 8018)."""
    mac = Hmac(password)
    block = mac.digest(salt, b"\x00\x00\x00\x01")
    total = int.from_bytes(block, "big")
    for _ in range(rounds - 1):
        block = mac.digest(block)
        total ^= int.from_bytes(block, "big")
    return total.to_bytes(32, "big")


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

    def _tag(self, body: bytes, aad: bytes) -> bytes:
        # The length in front keeps the border between the two unambiguous.
        return self._mac.digest(struct.pack(">I", len(aad)), aad, body)[:_TAG]

    def seal(self, iv: bytes, plain: bytes, aad: bytes) -> bytes:
        """Return iv (16 random bytes) | ciphertext | tag; aad is authenticated and not stored."""
        fill = 16 - len(plain) % 16
        body = iv + cryptolib.aes(self._key, _CBC, iv).encrypt(plain + bytes([fill]) * fill)
        return body + self._tag(body, aad)

    def unseal(self, blob: bytes, aad: bytes) -> bytes:
        """Return the plain bytes; raises Broken unless blob was sealed under this key and aad."""
        if len(blob) < 48 or len(blob) % 16:
            raise Broken("length")
        body = blob[:-_TAG]
        if not equal(self._tag(body, aad), blob[-_TAG:]):
            raise Broken("tag")
        plain = cryptolib.aes(self._key, _CBC, body[:16]).decrypt(body[16:])
        return plain[: -plain[-1]]  # the tag vouches for the padding


def seal(key: bytes, iv: bytes, plain: bytes, aad: bytes) -> bytes:
    """Seal once; see Sealer.seal."""
    return Sealer(key).seal(iv, plain, aad)


def unseal(key: bytes, blob: bytes, aad: bytes) -> bytes:
    """Unseal once; see Sealer.unseal."""
    return Sealer(key).unseal(blob, aad)


def _mix(register: bytearray, count: int) -> None:
    register[6] ^= count >> 8
    register[7] ^= count & 255


def wrap(kek: bytes, secret: bytes) -> bytes:
    """Return secret (a multiple of 8 bytes, at least 16) wrapped under kek, 8 bytes longer (RFC 3394, 2.2.1)."""
    if len(secret) < 16 or len(secret) % 8:
        raise ValueError("secret length")
    cipher = cryptolib.aes(kek, _ECB)
    register = bytearray(_WRAP_IV)
    blocks = bytearray(secret)
    count = 0
    for _ in range(6):
        for at in range(0, len(blocks), 8):
            count += 1
            mixed = cipher.encrypt(bytes(register) + bytes(blocks[at : at + 8]))
            register[:] = mixed[:8]
            _mix(register, count)
            blocks[at : at + 8] = mixed[8:]
    return bytes(register) + bytes(blocks)


def unwrap(kek: bytes, blob: bytes) -> bytes:
    """Return the wrapped secret; raises Broken when blob is damaged or kek is another (RFC 3394, 2.2.2)."""
    if len(blob) < 24 or len(blob) % 8:
        raise Broken("length")
    cipher = cryptolib.aes(kek, _ECB)
    register = bytearray(blob[:8])
    blocks = bytearray(blob[8:])
    count = 6 * (len(blocks) // 8)
    for _ in range(6):
        for at in range(len(blocks) - 8, -1, -8):
            _mix(register, count)
            count -= 1
            mixed = cipher.decrypt(bytes(register) + bytes(blocks[at : at + 8]))
            register[:] = mixed[:8]
            blocks[at : at + 8] = mixed[8:]
    if not equal(register, _WRAP_IV):
        raise Broken("wrap")
    return bytes(blocks)
