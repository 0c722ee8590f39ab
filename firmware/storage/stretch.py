"""PBKDF2: a key from a PIN or passphrase. A module of its own because only a new or tried PIN needs it."""

from firmware.storage.crypto import Hmac


def pbkdf2(password: bytes, salt: bytes, rounds: int) -> bytes:
    """Return the first 32-byte block of PBKDF2-HMAC-SHA256 (RFC 8018)."""
    mac = Hmac(password)
    block = mac.digest(salt, b"\x00\x00\x00\x01")
    total = int.from_bytes(block, "big")
    for _ in range(rounds - 1):
        block = mac.digest(block)
        total ^= int.from_bytes(block, "big")
    return total.to_bytes(32, "big")
