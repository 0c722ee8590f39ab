"""The safety floor's own records: region and guardian numbers, readable without key table and journal.

Two files take turns; each is: generation u32, CRC-32 of the rest, sealed text. Loading never raises.
"""

import struct
from binascii import crc32

from firmware.loading import forget
from firmware.storage.crypto import Sealer, hkdf

_NAMES = ("floor0", "floor1")
_EMPTY = ("", [])


def _key(device_secret: bytes) -> bytes:
    return hkdf(device_secret, b"", b"floor")


def save(files, device_secret: bytes, region: str, numbers: list) -> None:
    """Store the region and at most four numbers; on any failure (OSError, ValueError) the former ones stay."""
    from firmware.storage import floor_writing

    forget("firmware.storage.floor_writing")
    generation, slot, _ = _load(files, device_secret)
    floor_writing.write(files, _NAMES[slot ^ 1], _key(device_secret), generation + 1, [region] + list(numbers))


def load(files, device_secret: bytes) -> tuple:
    """Return (region, numbers), ("", []) on any trouble."""
    return _load(files, device_secret)[2]


def _load(files, device_secret: bytes) -> tuple:
    """Return (generation, slot, content) of the newest readable file."""
    best = (0, 1, _EMPTY)
    for slot in (0, 1):
        try:
            data = files.read(_NAMES[slot])
            generation, check = struct.unpack(">II", data[:8])
            if generation > best[0] and check == crc32(data[8:], crc32(data[:4])):
                lines = Sealer(_key(device_secret)).unseal(data[8:], data[:4]).decode().split("\n")
                best = (generation, slot, (lines[0], lines[1:5]))
        except Exception:
            pass  # emergency calls must not depend on this file: the other one, or the built-in numbers, serve
    return best
