"""NOR flash with power cuts and a model of its time, on CPython and on MicroPython (as a block device for VfsLfs2)."""

SECTOR = 4096
PAGE = 256
ERASE_MICROS = 45000  # a typical 4 KB sector erase
PROGRAM_MICROS = 700  # a typical page program

DROP, HALF, MIXED, ALL = 0, 1, 2, 3  # how much of an operation happens
_EIO = -5


class PowerCut(OSError):
    """Power failed in or before this operation."""


_CUT = PowerCut(5)  # one instance: after the cut nothing may allocate


class Power:
    """Counts flash operations (programs and erases). The one numbered cut_after (from 0) is the last that begins.

    Of that one nothing happens (variant DROP: an erase is left undone), or its first half (HALF), or every second byte
    (MIXED). Then power is off: the raw partition raises PowerCut, the block device answers with an error number (the
    collector may call it with the heap locked).
    """

    def __init__(self, cut_after: int = -1, variant: int = DROP):
        self.cut_after = cut_after
        self.variant = variant
        self.operations = 0
        self.off = False

    def amount(self) -> int:
        """Count one operation; return how much of it happens."""
        if self.off:
            return DROP
        if self.operations == self.cut_after:
            self.off = True
            return self.variant
        self.operations += 1
        return ALL


class Flash:
    """`blocks` sectors of 4096 bytes in a file (made blank when absent) or, with path None, in memory.

    It is a MicroPython block device in the extended form, so littlefs programs and erases separately. Programming only
    clears bits. erases, programs, programmed (bytes) and micros (time by the cost model) add up over its life.
    """

    def __init__(self, path, blocks: int, power: Power):
        self.blocks = blocks
        self.power = power
        self.erases = self.programs = self.programmed = self.micros = 0
        self._file = None
        self._data = bytearray()
        if path is None:
            self._data = bytearray(b"\xff" * (blocks * SECTOR))
        else:
            self._file = _open_blank(path, blocks)
        self._page = bytearray(PAGE)

    # The raw flash, by address

    def read_at(self, address: int, buffer) -> None:
        """Fill the buffer."""
        if self._file:
            self._file.seek(address)
            self._file.readinto(buffer)
        else:
            buffer[:] = memoryview(self._data)[address : address + len(buffer)]

    def program_at(self, address: int, data) -> bool:
        """Clear the bits that are 0 in data; False when power is or goes off."""
        amount = self.power.amount()
        if amount == ALL:
            length = len(data)
            self._clear_bits(address, data)
            self.programs += 1
            self.programmed += length
            self.micros += PROGRAM_MICROS * ((address + length - 1) // PAGE - address // PAGE + 1)
        elif amount != DROP:
            self._clear_bits(address, _unfinished(data, b"\xff" * len(data), amount))
        return not self.power.off

    def erase_at(self, block: int) -> bool:
        """Set a sector to 0xFF; False when power is or goes off."""
        amount = self.power.amount()
        blank = b"\xff" * SECTOR
        if amount == ALL:
            self._write(block * SECTOR, blank)
            self.erases += 1
            self.micros += ERASE_MICROS
        elif amount != DROP:
            old = bytearray(SECTOR)
            self.read_at(block * SECTOR, old)
            self._write(block * SECTOR, _unfinished(blank, old, amount))
        return not self.power.off

    def _clear_bits(self, address: int, data) -> None:
        if self._file and len(data) <= PAGE:
            self._clear_bits_of_page(self._file, address, data)
            return
        old = bytearray(len(data))
        self.read_at(address, old)
        if old == b"\xff" * len(old):
            self._write(address, data)
            return
        for at in range(len(old)):
            old[at] &= data[at]
        self._write(address, old)

    def _clear_bits_of_page(self, file, address: int, data) -> None:
        """Without allocating: the collector closes lost files with the heap locked, and littlefs then programs."""
        page = self._page
        file.seek(address)
        file.readinto(page)
        for at in range(len(data)):
            page[at] &= data[at]
        file.seek(address)
        file.write(page)  # what follows the data is written back as it was
        file.flush()

    def _write(self, address: int, data) -> None:
        if self._file:
            self._file.seek(address)
            self._file.write(data)
            self._file.flush()
        else:
            self._data[address : address + len(data)] = data

    def image(self) -> bytes:
        """Return the content, as a thief would read it."""
        content = bytearray(self.blocks * SECTOR)
        self.read_at(0, content)
        return bytes(content)

    def load(self, image) -> None:
        """Set the content."""
        self._write(0, image)

    def close(self) -> None:
        """Close the file behind it."""
        if self._file:
            self._file.close()

    # The block device protocol of MicroPython's vfs

    def readblocks(self, block: int, buffer, offset: int = 0):
        if self.power.off:
            return _EIO
        self.read_at(block * SECTOR + offset, buffer)
        return 0

    def writeblocks(self, block: int, buffer, offset=None):
        if self.power.off:
            return _EIO
        if offset is None:  # the simple form means: erase first
            offset = 0
            for number in range(block, block + len(buffer) // SECTOR):
                if not self.erase_at(number):
                    return _EIO
        return 0 if self.program_at(block * SECTOR + offset, buffer) else _EIO

    def ioctl(self, request: int, argument: int):
        if request == 4:
            return self.blocks
        if request == 5:
            return SECTOR
        if request == 6 and not self.erase_at(argument):
            return _EIO
        return 0


class Partition:
    """The raw partition of firmware.storage.keys: four sectors of their own flash, under the same power."""

    def __init__(self, path, power: Power):
        self.flash = Flash(path, 4, power)

    def read(self, sector: int, offset: int, length: int) -> bytes:
        if self.flash.power.off:
            raise _CUT
        buffer = bytearray(length)
        self.flash.read_at(sector * SECTOR + offset, buffer)
        return bytes(buffer)

    def program(self, sector: int, offset: int, data: bytes) -> None:
        if not self.flash.program_at(sector * SECTOR + offset, data):
            raise _CUT

    def erase(self, sector: int) -> None:
        if not self.flash.erase_at(sector):
            raise _CUT


def _unfinished(new, old, amount: int):
    """Return old with the first half, or every second byte, of new."""
    mixed = bytearray(old)
    for at in range(len(mixed) // 2):
        place = at if amount == HALF else at * 2
        mixed[place] = new[place]
    return mixed


def _open_blank(path: str, blocks: int):
    try:
        return open(path, "r+b")
    except OSError:
        with open(path, "wb") as stream:
            for _ in range(blocks):
                stream.write(b"\xff" * SECTOR)
        return open(path, "r+b")
