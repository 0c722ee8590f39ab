"""RSA signatures of publishers: RSASSA-PKCS1-v1_5 with SHA-256, 3072 bits, exponent 65537 (RFC 8017, 8.2.2).

Public-key signatures, because whoever makes packages or content must not share a key with any watch. Three-argument
pow is all that stock MicroPython offers for them, and all that RSA needs; the exponent is short, so checking is quick.
"""

import json
from hashlib import sha256

from micropython import const

from firmware.storage.frames import encode

_SIZE = const(384)  # bytes of modulus and signature
_EXPONENT = const(65537)
# DER of the DigestInfo in front of a SHA-256 hash (RFC 8017, 9.2, note 1).
_PREFIX = b"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20"


def sound(key: bytes) -> bool:
    """Whether a modulus has full length and is odd; what else it is, only its owner can know."""
    return len(key) == _SIZE and key[0] >= 0x80 and key[-1] & 1 == 1


def verify(key: bytes, message: bytes, signed: bytes) -> bool:
    """Whether `signed` is the signature of the message under the modulus `key` (both big-endian, 384 bytes).

    The expected block is built and compared as a whole: parsing the padding is how such checks have been fooled."""
    if not sound(key) or len(signed) != _SIZE:
        return False
    modulus = int.from_bytes(key, "big")
    number = int.from_bytes(signed, "big")
    if number >= modulus:
        return False
    tail = b"\x00" + _PREFIX + sha256(message).digest()
    block = b"\x00\x01" + b"\xff" * (_SIZE - 2 - len(tail)) + tail
    return pow(number, _EXPONENT, modulus).to_bytes(_SIZE, "big") == block


def signed_list(text: str, key: str, signed: str, pinned: bytes):
    """The list of whole numbers and texts that `text` holds; None unless it is canonical JSON whose bytes the publisher
    signed. key, signed: hexadecimal; pinned: SHA-256 of the key that a guardian has approved."""
    message, modulus = text.encode(), bytes.fromhex(key)
    if sha256(modulus).digest() != pinned or not verify(modulus, message, bytes.fromhex(signed)):
        return None
    try:
        items = json.loads(text)
        return items if isinstance(items, list) and encode(items) == message else None
    except (ValueError, RuntimeError):  # no JSON, other things than numbers and texts, or nested too deeply
        return None
