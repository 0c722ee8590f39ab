"""Appends records to one file on littlefs, each durable by itself. Runs on MicroPython.

usage: appends.py SIZE FILLED    prints how many, and how many of them erased two blocks of data
"""

import sys

import vfs

from firmware.storage.frames import fill
from simulator.portable.flash import Flash, Power

_APPENDS = 300


class Counting(Flash):
    """Counts only the blocks that the file gets: those of the directory are the first two."""

    data = 0

    def erase_at(self, block):
        if block > 1:
            self.data += 1
        return super().erase_at(block)


def main(size, filled):
    flash = Counting(None, 128, Power())
    vfs.VfsLfs2.mkfs(flash)
    vfs.mount(vfs.VfsLfs2(flash), "/flash")
    end = twice = 0
    for _ in range(_APPENDS):
        before = flash.data
        length = size + (fill(end + size) if filled else 0)
        with open("/flash/file", "ab") as stream:
            stream.write(b"r" * length)
        end += length
        twice += flash.data - before > 1
    print(_APPENDS, twice)


main(int(sys.argv[1]), sys.argv[2] == "1")
