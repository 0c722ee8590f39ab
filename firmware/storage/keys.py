"""Wrapped secrets and high-water marks in four raw flash sectors of 4096 bytes.

Secrets need sectors of their own because littlefs keeps an overwritten key in the raw flash until the block is
used again: here erasing a secret erases the sector that held it. Sectors 0 and 1 take turns to hold the table of
secrets, sectors 2 and 3 the marks. Flash is NOR: programming clears bits, only erasing sets them, and power may fail
at any moment, in the middle of either.

Table: generation u32, check u32, then entries at multiples of 8. The first 8 bytes are programmed last and validate it.
Entry: class u8, length of the secret / 8 u8, number u16, CRC-32, secret wrapped under a key of its own.
Mark: sequence u32, denied u32, policy version u16, powered minutes u32, check u16 (a MAC: marks cannot be made up).
"""

import struct

from micropython import const

from firmware.loading import forget
from firmware.storage.crypto import Hmac, hkdf

_SECTOR = const(4096)
_PIECE = const(256)  # bytes read at a time
_MARK = const(16)
_TRIES = const(8)


def _key_table():
    from firmware.storage import key_table

    forget("firmware.storage.key_table")
    return key_table


class Keys:
    """Secrets of 16 to 192 bytes (a multiple of 8) by class (one ASCII character) and number (u16), and the marks.

    partition: read(sector, offset, length) -> bytes, program(sector, offset, data), erase(sector).
    device_secret: 32 bytes that only this watch has. Failures of the flash are OSErrors.
    """

    def __init__(self, partition, device_secret: bytes):
        self._flash = partition
        self._device = device_secret
        self._check = Hmac(hkdf(device_secret, b"", b"wardwatch marks"))
        self._forget()

    def _forget(self) -> None:
        self._secrets: dict = {}  # secret by class << 16 | number
        self._table = 0  # sector of the table in force
        self._generation = 0  # 0: there is no table
        self._next = 8  # where the next secret goes
        self._marks = 2  # sector that takes the next mark
        self._slot = 0
        self.marks: tuple | None = None  # (sequence, denied, version, powered minutes), the highest ever noted

    def load(self) -> None:
        """Read everything; skip torn and foreign entries; finish an interrupted change."""
        self._forget()
        _key_table().load(self)

    def get(self, cls: str, number: int):
        """Return the secret, or None."""
        return self._secrets.get(ord(cls) << 16 | number)

    def numbers(self, cls: str) -> list:
        """Return the sorted numbers of the secrets of a class."""
        return sorted(code & 0xFFFF for code in self._secrets if code >> 16 == ord(cls))

    def add(self, cls: str, number: int, secret: bytes) -> None:
        """Add one secret without erasing anything; ValueError when it exists (use change)."""
        if self.get(cls, number) is not None:
            raise ValueError("secret exists")
        _key_table().add(self, cls, number, secret)

    def change(self, drop=(), add=()) -> None:
        """Drop (class, number) and add (class, number, secret), all or nothing; the dropped are erased from flash."""
        _key_table().change(self, drop, add)

    def wipe(self) -> None:
        """Erase all secrets, then all marks."""
        for sector in range(4):
            self._erase(sector)
        self._forget()

    def mark(self, sequence: int, denied: int, version: int, powered: int) -> None:
        """Raise the marks to at least these values (powered: minutes), durably; erases every 256th time only."""
        new = (sequence, denied, version, powered)
        if self.marks:
            new = tuple(map(max, self.marks, new))
        body = struct.pack(">IIHI", *new)
        body += self._check.digest(body)[:2]
        for _ in range(_TRIES):
            if self._slot >= _SECTOR:
                # The other sector only has lower marks: this one was begun with the highest of its time.
                self._marks ^= 1
                self._erase(self._marks)
                self._slot = 0
            at = self._slot
            self._slot += _MARK
            if self._program(self._marks, at, body):
                self.marks = new
                return
        raise OSError(5)

    def _end(self, sector: int, step: int) -> int:
        """Return the first multiple of step after which the sector is blank."""
        for at in range(_SECTOR - _PIECE, -1, -_PIECE):
            used = len(self._flash.read(sector, at, _PIECE).rstrip(b"\xff"))
            if used:
                return -(-(at + used) // step) * step
        return 0

    def _program(self, sector: int, at: int, data: bytes) -> bool:
        self._flash.program(sector, at, data)
        return self._flash.read(sector, at, len(data)) == data

    def _erase(self, sector: int) -> None:
        """Erase unless the sector is blank: erasing takes long and wears."""
        if self._end(sector, 1):
            self._flash.erase(sector)
