"""The safety floor's records written; firmware/storage/floor.py has the format and reads them.

Loaded when a guardian changes the numbers and dropped again.
"""

import struct
from binascii import crc32

from firmware.storage.crypto import Sealer, hmac_sha256


def write(files, name: str, key: bytes, number: int, lines: list) -> None:
    """Give the file this content: region and at most four numbers. Raises ValueError, OSError."""
    if len(lines) > 5 or any("\n" in line for line in lines):
        raise ValueError("numbers")
    generation = struct.pack(">I", number)
    plain = "\n".join(lines).encode()
    # The iv follows from the content (as in SIV): this must work while there is no source of randomness.
    iv = hmac_sha256(key, generation, plain)[:16]
    sealed = Sealer(key).seal(iv, plain, generation)
    files.replace(name, generation + struct.pack(">I", crc32(generation + sealed)) + sealed)
