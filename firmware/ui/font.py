"""Letters, icons and corners from font.bin, read by seek (the file's form: host_tools/making/font.py). Nothing is
allocated after `Letters` is made; a size holds one cell, the map of its pages and the page that was asked last."""

import framebuf
from micropython import const

_PATH = __file__[: __file__.rfind("/") + 1] + "font.bin"
_HEAD = const(8)
_PAGE = const(38)  # number of the page's first glyph, which of its 256 code points there are, where they lie
_UNKNOWN = const(0xFFFD)
_PLAIN = bytes([(n & 1) * 3 | (n & 2) * 6 | (n & 4) * 12 | (n & 8) * 24 for n in range(16)])  # pixels without grey
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
        self.width, self.height, self._row_bytes = head[0], head[1], head[2]
        self._at = int.from_bytes(head[4:8], "little")
        self._map = bytearray(256)
        file.seek(self._at)
        file.readinto(self._map)
        pages = 0
        for byte in self._map:
            if byte != 255:
                pages += 1
        self._index = self._at + 256 + _PAGE * pages
        self._page = bytearray(_PAGE)
        self._loaded = -1
        self._place = bytearray(2)
        self._packed = bytearray(8 * head[3])
        self._pressed = memoryview(self._packed)[:1]
        self._cell = bytearray(self._row_bytes * self.height)
        self._filled = -1  # the number of the glyph in the cell
        self.picture = framebuf.FrameBuffer(self._cell, self.width, self.height, framebuf.GS2_HMSB)

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

    def advance(self, code):
        """How far the pen moves for a code point, without its picture."""
        number = self._known(code)
        if number < 0:
            return 0
        self._seek(number)
        self._file.readinto(self._pressed)
        self._filled = -1
        return self._packed[0] & 127

    def read(self, code):
        """Fill the cell with a code point's glyph; how far the pen moves. What the font lacks is a mark of its own."""
        number = self._known(code)
        if number < 0:
            return 0
        if number != self._filled:
            self._seek(number)
            self._file.readinto(self._packed)
            self._unpack()
            self._filled = number
        return self._packed[0] & 127

    def _known(self, code):
        number = self._number(code)
        return number if number >= 0 else self._number(_UNKNOWN)

    def _seek(self, number):
        """To a glyph whose page is the loaded one."""
        place, page = self._place, self._page
        self._file.seek(self._index + 2 * number)
        self._file.readinto(place)
        base = page[34] | page[35] << 8 | page[36] << 16
        self._file.seek(base + (place[0] | place[1] << 8))

    def _unpack(self):
        """Marks and literals into the cell (the form: host_tools/making/font.py)."""
        packed, cell, wide = self._packed, self._cell, self._row_bytes
        plain, mark, bit = packed[0] & 128, 2, 1
        literal, half = 2 + packed[1], 0
        for at in range(len(cell)):
            if packed[mark] & bit:
                cell[at] = cell[at - wide] if at >= wide else 0
            else:
                bit <<= 1
                if bit == 256:
                    mark, bit = mark + 1, 1
                if packed[mark] & bit:
                    cell[at] = 0
                elif plain:
                    cell[at] = _PLAIN[packed[literal] >> half & 15]
                    literal, half = literal + (half >> 2), 4 - half
                else:
                    cell[at] = packed[literal]
                    literal += 1
            bit <<= 1
            if bit == 256:
                mark, bit = mark + 1, 1


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
