"""Drawing in bands: one buffer of a few rows holds what is being drawn, and only what has changed is sent.

A zone is a rectangle of the display. Its frame buffer is made by `prepare`, when a screen opens; after that neither
drawing nor sending allocates anything.
"""

import framebuf
from micropython import const

from firmware import loading
from firmware.ui.font import CORNER, code_at, sizes

# Rows of the whole width in the buffer, 480 bytes each; fewer where heap is scarce: drawing then takes more turns.
_ROWS = const(40)
_FEW = const(20)
_CORE = const(10)

# Colours, 0xRRGGBB.
NIGHT = const(0x0B1118)
CARD = const(0x1D2936)
PRESSED = const(0x3C5066)
WHITE = const(0xFFFFFF)
SOFT = const(0xA9BACB)
SEA = const(0x2E9E8F)
SKY = const(0x3A7BD5)
RED = const(0xD93A3A)
SUN = const(0xF2B63C)
LEAF = const(0x3DA35D)
DUSK = const(0x6B5BB5)


class Canvas:
    """core: see watch.py. display: width, height, round, blit(x, y, w, h, buffer) with RGB565, high byte first."""

    def __init__(self, display, core):
        self.width, self.height, self.round = display.width, display.height, display.round
        self._display = display
        self._buffer = bytearray(self.width * 2 * (_ROWS if loading.ROOMY else _CORE if core else _FEW))
        self.sizes = sizes()
        self._zones: dict = {}
        self._frame = self._levels = framebuf.FrameBuffer(bytearray(8), 4, 1, framebuf.RGB565)
        self._x = self._y = self._w = self._h = 0
        self._front = self._back = -1
        self._key = 0

    # --- zones

    def prepare(self, width, height):
        """Make what `show` needs for a zone of this size: a frame buffer and views of the rows that it will send."""
        rows = min(len(self._buffer) // (2 * width), height)
        key = width << 10 | height
        if key not in self._zones:
            whole = memoryview(self._buffer)
            rest = height % rows or rows
            self._zones[key] = (
                framebuf.FrameBuffer(whole, width, rows, framebuf.RGB565),
                rows,
                whole[: 2 * width * rows],
                whole[: 2 * width * rest],
            )

    def forget(self):
        """A screen has closed: its zones go."""
        self._zones = {}

    def show(self, items, x, y, width, height):
        """Draw all items where they meet a rectangle, and send it."""
        frame, rows, full, rest = self._zones[width << 10 | height]
        self._frame = frame
        self._x, self._w = x, width
        bottom = y + height
        while y < bottom:
            high = min(rows, bottom - y)
            self._y, self._h = y, high
            self.fill(x, y, width, high, NIGHT)
            for item in items:
                if item.y < y + high and item.y + item.h > y and item.x < x + width and item.x + item.w > x:
                    item.draw(self)
            self._display.blit(x, y, width, high, full if high == rows else rest)
            y += high

    # --- drawing, in the display's coordinates

    def fill(self, x, y, width, height, colour):
        self._frame.fill_rect(x - self._x, y - self._y, width, height, _wire(colour))

    def glyph(self, size, code, x, y, colour, under):
        """One cell of a size on a plain colour; how far the pen moves."""
        size = self.sizes[size]
        if y >= self._y + self._h or y + size.height <= self._y or x >= self._x + self._w or x + size.width <= self._x:
            return -1
        moved = size.read(code)
        if colour != self._front or under != self._back:
            self._mix(colour, under)
        self._frame.blit(size.picture, x - self._x, y - self._y, self._key, self._levels)
        return moved

    def _mix(self, colour, under):
        """Four shades from one colour to the other."""
        self._front, self._back = colour, under
        for level in range(4):
            red = ((under >> 16) * (3 - level) + (colour >> 16) * level) // 3
            green = ((under >> 8 & 255) * (3 - level) + (colour >> 8 & 255) * level) // 3
            blue = ((under & 255) * (3 - level) + (colour & 255) * level) // 3
            self._levels.pixel(level, 0, _wire(red << 16 | green << 8 | blue))
        self._key = _wire(under)

    def box(self, x, y, width, height, colour, under):
        """A rectangle with round corners, at least 32 a side; a flatter one is drawn with plain corners."""
        if width < 32 or height < 32:
            self.fill(x, y, width, height, colour)
            return
        self.fill(x + 16, y, width - 32, height, colour)
        self.fill(x, y + 16, 16, height - 32, colour)
        self.fill(x + width - 16, y + 16, 16, height - 32, colour)
        self.glyph(CORNER, 0xE000, x, y, colour, under)
        self.glyph(CORNER, 0xE001, x + width - 16, y, colour, under)
        self.glyph(CORNER, 0xE002, x, y + height - 16, colour, under)
        self.glyph(CORNER, 0xE003, x + width - 16, y + height - 16, colour, under)

    def text(self, size, text, start, end, x, y, colour, under):
        """A piece of UTF-8 text in one line."""
        high = self.sizes[size].height
        if y >= self._y + self._h or y + high <= self._y:
            return
        while start < end:
            code = code_at(text, start)
            start += code & 7
            moved = self.glyph(size, code >> 3, x, y, colour, under)
            x += moved if moved >= 0 else self.sizes[size].advance(code >> 3)

    def measure(self, size, text, start, end):
        """The width of a piece of text in pixels."""
        wide, size = 0, self.sizes[size]
        while start < end:
            code = code_at(text, start)
            start += code & 7
            wide += size.advance(code >> 3)
        return wide


def _wire(colour):
    """0xRRGGBB as RGB565 with its bytes swapped: frame buffers are little endian, displays are not."""
    value = colour >> 8 & 0xF800 | colour >> 5 & 0x07E0 | colour >> 3 & 0x1F
    return value >> 8 | (value & 255) << 8
