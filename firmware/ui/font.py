"""Letters, icons and corners from font.bin, read by seek (the file's form: host_tools/font.py). Nothing is allocated
after `Letters` is made; a size holds one cell, the map of its pages and the page that was asked last."""

import framebuf
from micropython import const

_PATH = __file__[: __file__.rfind("/") + 1] + "font.bin"
_HEAD = const(8)
_PAGE = const(34)  # number of the page's first glyph, and which of its 256 code points there are
_UNKNOWN = const(0xFFFD)
_BITS = b"\0\1\1\2\1\2\2\3\1\2\2\3\2\3\3\4"  # set bits of a nibble

BODY, TITLE, CLOCK, ICON, BIG_ICON, CORNER = range(6)
SIZES = const(6)


class Letters:
    """One size of letters. `picture`: the cell that `read` has last filled, as a GS2_HMSB frame buffer."""

    def __init__(self, file, number):
        self._file = file
        head = bytearray(_HEAD)
        file.seek(4 + number * _HEAD)
        file.readinto(head)
        self.width, self.height = head[0], head[1]
        self._at = int.from_bytes(head[4:8], "little")
        self._record = 1 + head[2] * head[1]
        self._map = bytearray(256)
        file.seek(self._at)
        file.readinto(self._map)
        pages = 0
        for byte in self._map:
            if byte != 255:
                pages += 1
        self._glyphs = self._at + 256 + _PAGE * pages
        self._page = bytearray(_PAGE)
        self._loaded = -1
        self._cell = bytearray(self._record)
        self.picture = framebuf.FrameBuffer(memoryview(self._cell)[1:], self.width, self.height, framebuf.GS2_HMSB)

    def _number(self, code):
        """The number of a code point's glyph, or -1."""
        page = code >> 8
        block = self._map[page] if page < 256 else 255
        if block == 255:
            return -1
        if block != self._loaded:
            self._file.seek(self._at + 256 + _PAGE * block)
            self._file.readinto(self._page)
            self._loaded = block
        bits, code = self._page, code & 255
        last = 2 + (code >> 3)
        if not bits[last] >> (code & 7) & 1:
            return -1
        number = bits[0] | bits[1] << 8
        at = 2
        while at < last:
            number += _BITS[bits[at] & 15] + _BITS[bits[at] >> 4]
            at += 1
        rest = bits[last] & ((1 << (code & 7)) - 1)
        return number + _BITS[rest & 15] + _BITS[rest >> 4]

    def has(self, code):
        return self._number(code) >= 0

    def read(self, code):
        """Fill the cell with a code point's glyph; how far the pen moves. What the font lacks is a mark of its own."""
        number = self._number(code)
        if number < 0:
            number = self._number(_UNKNOWN)
            if number < 0:
                return 0
        self._file.seek(self._glyphs + number * self._record)
        self._file.readinto(self._cell)
        return self._cell[0]


def sizes():
    """All sizes, in the order of BODY ... CORNER; they share the open file."""
    file = open(_PATH, "rb")
    return [Letters(file, number) for number in range(SIZES)]


def code_at(text, at):
    """The code point at a byte of UTF-8 text, times 8, plus the number of its bytes."""
    byte = text[at]
    if byte < 0x80:
        return byte << 3 | 1
    if byte < 0xE0:
        return ((byte & 31) << 6 | text[at + 1] & 63) << 3 | 2
    if byte < 0xF0:
        return ((byte & 15) << 12 | (text[at + 1] & 63) << 6 | text[at + 2] & 63) << 3 | 3
    return ((byte & 7) << 18 | (text[at + 1] & 63) << 12 | (text[at + 2] & 63) << 6 | text[at + 3] & 63) << 3 | 4
