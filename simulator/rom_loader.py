"""The serial loader in the ROM of an ESP32 or ESP32-S3, as far as `esptool --no-stub` talks to it (requirement E2).

From Espressif's description of the serial protocol: SLIP packets, a request of direction 0, command, size, checksum and
data, a response of direction 1, command, size, value and data that ends with four status bytes. The flash is memory;
what is written to it can be read in `flash`. Registers are those of the chip's identity and of the SPI controller by
which esptool reads the flash's id; writing to an eFuse register is kept in `efuse_writes`, as nothing undoes it on a
real chip.
"""

import hashlib
import socket
import struct
import threading
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field

_END, _ESC = 0xC0, 0xDB
_SECTOR = 4096
_BLANK = b"\xff"
_FRAME = b"\x1e"  # firmware/link/frames.py

_FLASH_BEGIN, _FLASH_DATA, _FLASH_END = 0x02, 0x03, 0x04
_SYNC, _WRITE_REG, _READ_REG = 0x08, 0x09, 0x0A
_SPI_SET_PARAMS, _SPI_ATTACH, _CHANGE_BAUD = 0x0B, 0x0D, 0x0F
_DEFL_BEGIN, _DEFL_DATA, _DEFL_END, _MD5, _SECURITY = 0x10, 0x11, 0x12, 0x13, 0x14
_CHECKSUM = 0xEF
_IN_ROM = 0x20120707  # value of the answer to SYNC; a loader in RAM answers 0


@dataclass(frozen=True)
class Chip:
    """What tells one chip from another. magic: of register 0x40001000; efuses, spi: bases; w0: of the SPI buffer."""

    magic: int
    chip_id: int | None
    efuses: range
    w0: int


CHIPS = {
    "esp32": Chip(0x00F01D83, None, range(0x3FF5A000, 0x3FF5B000), 0x3FF42080),
    "esp32s3": Chip(0x00000009, 9, range(0x60007000, 0x60008000), 0x60002058),
}


@dataclass
class RomLoader:
    """A chip that waits in its loader at a TCP port; `address` is what esptool takes. Usable as a context manager.

    fail_at: the flash fails to program this address: what is there afterwards is wrong, and the chip does not notice.
    firmware: what it answers to bytes once it runs, which is from the first frame of the watch's line on."""

    family: str
    flash_mb: int
    fail_at: int = -1
    firmware: Callable[[bytes], bytes] | None = None
    flash: bytearray = field(init=False, repr=False)
    address: str = field(init=False)
    efuse_writes: list[int] = field(init=False, default_factory=list)
    restarts: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self.flash = bytearray(b"\x5a" * (self.flash_mb << 20))  # of somebody else's firmware
        self._chip = CHIPS[self.family]
        self._at = 0
        self._inflate = zlib.decompressobj()
        self._server = socket.create_server(("127.0.0.1", 0))
        self.address = "socket://127.0.0.1:%d" % self._server.getsockname()[1]
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> "RomLoader":
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._stop.set()
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._thread.join()

    # --- the line

    def _serve(self) -> None:
        while not self._stop.is_set():
            try:
                line, _ = self._server.accept()
            except OSError:
                return
            with line:
                self._talk(line)

    def _talk(self, line: socket.socket) -> None:
        packet = bytearray()
        inside = escaped = False
        while True:
            try:
                data = line.recv(65536)
            except OSError:
                return
            if not data:
                return
            if self.firmware and data[:1] == _FRAME:
                line.sendall(self.firmware(data))
                continue
            for byte in data:
                if byte == _END:
                    if packet:
                        self._answer(line, bytes(packet))
                    packet.clear()
                    inside, escaped = True, False
                elif inside and escaped:
                    packet.append({0xDC: _END, 0xDD: _ESC}.get(byte, byte))
                    escaped = False
                elif inside and byte == _ESC:
                    escaped = True
                elif inside:
                    packet.append(byte)

    def _answer(self, line: socket.socket, packet: bytes) -> None:
        if len(packet) < 8 or packet[0] != 0:
            return
        _, command, size, check = struct.unpack("<BBHI", packet[:8])
        body = packet[8 : 8 + size]
        value, data, wrong = self._run(command, body, check)
        response = (
            struct.pack("<BBHI", 1, command, len(data) + 4, value) + data + bytes([1 if wrong else 0, wrong, 0, 0])
        )
        framed = response.replace(b"\xdb", b"\xdb\xdd").replace(b"\xc0", b"\xdb\xdc")
        times = 8 if command == _SYNC else 1
        line.sendall((b"\xc0" + framed + b"\xc0") * times)

    # --- commands

    def _run(self, command: int, body: bytes, check: int) -> tuple[int, bytes, int]:
        """(value, data, error): 0x05 "failed to act", 0x07 "wrong checksum"."""
        if command == _SYNC:
            return _IN_ROM, b"", 0
        if command == _READ_REG:
            return self._register(struct.unpack("<I", body)[0]), b"", 0
        if command == _WRITE_REG:
            address = struct.unpack("<I", body[:4])[0]
            if address in self._chip.efuses:
                self.efuse_writes.append(address)
            return 0, b"", 0
        if command in (_FLASH_BEGIN, _DEFL_BEGIN):
            return self._begin(command, body)
        if command in (_FLASH_DATA, _DEFL_DATA):
            return 0, b"", self._data(command, body, check)
        if command == _MD5:
            address, size = struct.unpack("<II", body[:8])
            digest = hashlib.md5(self.flash[address : address + size], usedforsecurity=False).hexdigest()
            return 0, digest.encode(), 0
        if command == _SECURITY:
            if self._chip.chip_id is None:
                return 0, b"", 0x05
            return 0, struct.pack("<IB7BII", 0, 0, *([0] * 7), self._chip.chip_id, 0), 0
        if command in (_FLASH_END, _DEFL_END):
            self.restarts += struct.unpack("<I", body[:4])[0] == 0
            return 0, b"", 0
        known = command in (_SPI_SET_PARAMS, _SPI_ATTACH, _CHANGE_BAUD)
        return 0, b"", 0 if known else 0x05

    def _register(self, address: int) -> int:
        if address == 0x40001000:
            return self._chip.magic
        if address == self._chip.w0:  # after the command "read identification": maker, kind, log2 of the bytes
            return 0xEF | 0x40 << 8 | ((self.flash_mb << 20).bit_length() - 1) << 16
        return 0

    def _begin(self, command: int, body: bytes) -> tuple[int, bytes, int]:
        """Erase what will be written, as the ROM does."""
        size, _, _, at = struct.unpack("<IIII", body[:16])
        if command == _DEFL_BEGIN:
            self._inflate = zlib.decompressobj()
        if at % _SECTOR or at + size > len(self.flash):
            return 0, b"", 0x05
        end = -(-(at + size) // _SECTOR) * _SECTOR
        self.flash[at:end] = _BLANK * (end - at)
        self._at = at
        return 0, b"", 0

    def _data(self, command: int, body: bytes, check: int) -> int:
        size = struct.unpack("<I", body[:4])[0]
        data = body[16 : 16 + size]
        sum_ = _CHECKSUM
        for byte in data:
            sum_ ^= byte
        if sum_ != check:
            return 0x07
        if command == _DEFL_DATA:
            data = self._inflate.decompress(data)
        self.flash[self._at : self._at + len(data)] = data
        if self._at <= self.fail_at < self._at + len(data):
            self.flash[self.fail_at] ^= 1
        self._at += len(data)
        return 0
