"""The key partition read at boot, and its table of wrapped secrets changed; firmware/storage/keys.py has the format.

The functions work on the fields of a Keys. They are loaded for one act and dropped again.
"""

import struct
from binascii import crc32

import cryptolib
from micropython import const

from firmware.storage.crypto import Broken, equal, hkdf

_SECTOR = const(4096)
_MARK = const(16)
_ECB = const(1)
_EIGHTHS = const(24)  # of the longest secret, 192 bytes
_WRAP_IV = b"\xa6" * 8  # RFC 3394, 2.2.3.1


def load(keys) -> None:
    """Take the secrets of the table in force and the highest mark; finish an interrupted change."""
    for sector in (0, 1):
        head = keys._flash.read(sector, 0, 8)
        generation = struct.unpack(">I", head[:4])[0]
        if head == _head(keys, generation) and generation >= keys._generation:
            keys._generation, keys._table = generation, sector
    if keys._generation:
        _load_secrets(keys)
        keys._erase(keys._table ^ 1)
    for sector in (2, 3):
        _load_marks(keys, sector)


def _load_secrets(keys) -> None:
    at = 8
    keys._next = max(8, keys._end(keys._table, 8))
    while at < keys._next:
        at += _load_entry(keys, at) or 8  # after a torn entry look at every place where the next may begin


def _load_entry(keys, at: int) -> int:
    """Take the entry at this place; return its length, 0 when there is none."""
    head = keys._flash.read(keys._table, at, 8)
    cls, eighths, number, check = struct.unpack(">BBHI", head)
    length = 8 + eighths * 8
    if eighths > _EIGHTHS or at + 8 + length > _SECTOR:
        return 0
    wrapped = keys._flash.read(keys._table, at + 8, length)
    if check != crc32(wrapped, crc32(head[:4])):
        return 0
    code = cls << 16 | number
    try:
        keys._secrets[code] = unwrap(kek(keys._device, code), wrapped)
    except Broken:
        return 0
    return 8 + length


def _load_marks(keys, sector: int) -> None:
    free = keys._end(sector, _MARK)
    # Marks only rise, so the last valid one of a sector is its highest.
    for at in range(free - _MARK, -1, -_MARK):
        slot = keys._flash.read(sector, at, _MARK)
        body = slot[:14]
        if keys._check.digest(body)[:2] == slot[14:]:
            mark = struct.unpack(">IIHI", body)
            if keys.marks is None or mark > keys.marks:
                keys.marks = mark
                keys._marks, keys._slot = sector, free
            return
    if free and keys.marks is None:
        keys._marks, keys._slot = sector, free


def add(keys, cls: str, number: int, secret: bytes) -> None:
    """Append one secret; make a new table of all when no place is left, or none that holds it."""
    code = ord(cls) << 16 | number
    blob = entry(keys._device, code, secret)
    while keys._generation and keys._next + len(blob) <= _SECTOR:
        at = keys._next
        keys._next += len(blob)  # a place that fails to verify is never used again
        if keys._program(keys._table, at, blob):
            keys._secrets[code] = secret
            return
    change(keys, (), ((cls, number, secret),))


def change(keys, drop, add) -> None:
    """Write the other table, put it in force and erase the old one; see Keys.change."""
    secrets = dict(keys._secrets)
    for cls, number in drop:
        secrets.pop(ord(cls) << 16 | number, None)
    for cls, number, secret in add:
        secrets[ord(cls) << 16 | number] = secret
    target = keys._table ^ 1 if keys._generation else 0
    keys._erase(target)
    at = 8
    for code in sorted(secrets):
        blob = entry(keys._device, code, secrets[code])
        if at + len(blob) > _SECTOR:
            raise OSError(28)  # ENOSPC; the old table is untouched
        if not keys._program(target, at, blob):
            raise OSError(5)  # EIO
        at += len(blob)
    if not keys._program(target, 0, _head(keys, keys._generation + 1)):
        keys._erase(target)  # or a later boot might read the head well and take this table
        raise OSError(5)
    keys._generation += 1
    keys._table, keys._next, keys._secrets = target, at, secrets
    keys._erase(target ^ 1)


def _head(keys, generation: int) -> bytes:
    head = struct.pack(">I", generation)
    # A MAC, not a CRC: one flipped bit of a blank sector must not make a table that outranks the real one.
    return head + keys._check.digest(b"table", head)[:4]


def kek(device_secret: bytes, code: int) -> bytes:
    """Return the key that wraps the secret with this code (class and number)."""
    # The name is part of the key, so that an entry under another name does not unwrap.
    return hkdf(device_secret, b"", b"wardwatch" + struct.pack(">BH", code >> 16, code & 0xFFFF))


def entry(device_secret: bytes, code: int, secret: bytes) -> bytes:
    """Return the table's entry for a secret; ValueError for a length that no secret has."""
    if len(secret) > _EIGHTHS * 8:
        raise ValueError("secret length")
    head = struct.pack(">BBH", code >> 16, len(secret) // 8, code & 0xFFFF)
    wrapped = wrap(kek(device_secret, code), secret)
    return head + struct.pack(">I", crc32(wrapped, crc32(head))) + wrapped


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
