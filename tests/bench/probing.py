"""What the probes of the heap share: flash in a file outside of it, and bytes in use by step. Runs on MicroPython."""

import gc

from simulator.portable.flash import ERASE_MICROS, SECTOR, Flash

BLOCKS = 512  # 2 MB: the file system of the smallest boards
ROOT = "/flash"
_BLANK = b"\xff" * 256


class FileFlash(Flash):
    """Flash in a file, without buffers of a whole sector."""

    def erase_at(self, block):
        for at in range(0, SECTOR, len(_BLANK)):
            self._write(block * SECTOR + at, _BLANK)
        self.erases += 1
        self.micros += ERASE_MICROS
        return True


class Steps:
    """Prints the bytes in use after each step."""

    def __init__(self, loud):
        self._loud = loud
        self._last = 0

    def __call__(self, what):
        gc.collect()
        now = gc.mem_alloc()  # type: ignore[attr-defined]
        if self._loud:
            print("%-34s %7d %7d" % (what, now - self._last, now))
        self._last = now
