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
from binascii import crc32

from micropython import const

from firmware.storage.crypto import Broken, Hmac, hkdf, unwrap, wrap

_SECTOR = const(4096)
_MARK = const(16)
_TRIES = const(8)
_BLANK8 = b"\xff" * 8


def _end(data: bytes, step: int) -> int:
    """Return the first multiple of step after which data is blank."""
    return -(-len(data.rstrip(b"\xff")) // step) * step


def _code(cls: str, number: int) -> int:
    return ord(cls) << 16 | number


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
        self._secrets: dict = {}  # secret by class and number
        self._table = 0  # sector of the table in force
        self._generation = 0  # 0: there is no table
        self._next = 8  # where the next secret goes
        self._marks = 2  # sector that takes the next mark
        self._slot = 0
        self.marks: tuple | None = None  # (sequence, denied, version, powered minutes), the highest ever noted

    def load(self) -> None:
        """Read everything; skip torn and foreign entries; finish an interrupted change."""
        self._forget()
        self._generation, self._table = max((self._read_generation(sector), sector) for sector in (0, 1))
        if self._generation:
            self._load_table()
            self._erase(self._table ^ 1)
        for sector in (2, 3):
            self._load_marks(sector)

    def get(self, cls: str, number: int):
        """Return the secret, or None."""
        return self._secrets.get(_code(cls, number))

    def numbers(self, cls: str) -> list:
        """Return the sorted numbers of the secrets of a class."""
        return sorted(code & 0xFFFF for code in self._secrets if code >> 16 == ord(cls))

    def add(self, cls: str, number: int, secret: bytes) -> None:
        """Add one secret without erasing anything; ValueError when it exists (use change)."""
        if self.get(cls, number) is not None:
            raise ValueError("secret exists")
        entry = self._entry(_code(cls, number), secret)
        while self._generation and self._next + len(entry) <= _SECTOR:
            at = self._next
            self._next += len(entry)  # a place that fails to verify is never used again
            if self._program(self._table, at, entry):
                self._secrets[_code(cls, number)] = secret
                return
        self.change((), [(cls, number, secret)])

    def change(self, drop=(), add=()) -> None:
        """Drop (class, number) and add (class, number, secret), all or nothing; the dropped are erased from flash."""
        secrets = dict(self._secrets)
        for cls, number in drop:
            secrets.pop(_code(cls, number), None)
        for cls, number, secret in add:
            secrets[_code(cls, number)] = secret
        target = self._table ^ 1 if self._generation else 0
        self._erase(target)
        at = 8
        for code in sorted(secrets):
            entry = self._entry(code, secrets[code])
            if at + len(entry) > _SECTOR:
                raise OSError(28)  # ENOSPC; the old table is untouched
            if not self._program(target, at, entry):
                raise OSError(5)  # EIO
            at += len(entry)
        if not self._program(target, 0, self._head(self._generation + 1)):
            self._erase(target)  # or a later boot might read the head well and take this table
            raise OSError(5)
        self._generation += 1
        self._table, self._next, self._secrets = target, at, secrets
        self._erase(target ^ 1)

    def wipe(self) -> None:
        """Erase all secrets, then all marks."""
        for sector in range(4):
            self._erase(sector)
        self._forget()

    def mark(self, sequence: int, denied: int, version: int, powered: int) -> None:
        """Raise the marks to at least these values (powered: minutes), durably; erases every 256th time only."""
        new = (sequence, denied, version, powered)
        if self.marks:
            new = tuple(max(pair) for pair in zip(self.marks, new))
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

    def _head(self, generation: int) -> bytes:
        head = struct.pack(">I", generation)
        # Not the plain CRC-32: that of four 0xFF is 0xFFFFFFFF, and blank flash would pass.
        return head + struct.pack(">I", crc32(head, 1))

    def _read_generation(self, sector: int) -> int:
        head = self._flash.read(sector, 0, 8)
        generation = struct.unpack(">I", head[:4])[0]
        return generation if head == self._head(generation) else 0

    def _kek(self, code: int) -> bytes:
        # The name is part of the key, so that an entry under another name does not unwrap.
        return hkdf(self._device, b"", b"wardwatch" + struct.pack(">BH", code >> 16, code & 0xFFFF))

    def _entry(self, code: int, secret: bytes) -> bytes:
        if len(secret) > 192:
            raise ValueError("secret length")
        head = struct.pack(">BBH", code >> 16, len(secret) // 8, code & 0xFFFF)
        wrapped = wrap(self._kek(code), secret)
        return head + struct.pack(">I", crc32(wrapped, crc32(head))) + wrapped

    def _load_table(self) -> None:
        data = self._flash.read(self._table, 0, _SECTOR)
        at = 8
        self._next = max(8, _end(data, 8))
        while at < self._next:
            at += self._load_entry(data, at) or 8  # after a torn entry look at every place where the next may begin

    def _load_entry(self, data: bytes, at: int) -> int:
        """Take the entry at this place; return its length, 0 when there is none."""
        cls, eighths, number, check = struct.unpack_from(">BBHI", data, at)
        wrapped = data[at + 8 : at + 16 + eighths * 8]
        if check != crc32(wrapped, crc32(data[at : at + 4])):
            return 0
        code = cls << 16 | number
        try:
            self._secrets[code] = unwrap(self._kek(code), wrapped)
        except Broken:
            return 0
        return 8 + len(wrapped)

    def _load_marks(self, sector: int) -> None:
        data = self._flash.read(sector, 0, _SECTOR)
        free = _end(data, _MARK)
        # Marks only rise, so the last valid one of a sector is its highest.
        for at in range(free - _MARK, -1, -_MARK):
            body = data[at : at + 14]
            if self._check.digest(body)[:2] == data[at + 14 : at + _MARK]:
                mark = struct.unpack(">IIHI", body)
                if self.marks is None or mark > self.marks:
                    self.marks = mark
                    self._marks, self._slot = sector, free
                return
        if free and self.marks is None:
            self._marks, self._slot = sector, free

    def _program(self, sector: int, at: int, data: bytes) -> bool:
        self._flash.program(sector, at, data)
        return self._flash.read(sector, at, len(data)) == data

    def _erase(self, sector: int) -> None:
        """Erase unless the sector is blank: erasing takes long and wears."""
        if _end(self._flash.read(sector, 0, _SECTOR), 1):
            self._flash.erase(sector)
