"""`framebuf` of MicroPython, as far as the firmware draws with it: RGB565 and GS2_HMSB, to the same bytes as upstream.

Not here: the other formats, `line`, `ellipse`, `poly`, `scroll` and `text`. Using one is an AttributeError, never a
different picture. `tests/ui/test_framebuf.py` draws the same on this and on the unix port.
"""

import sys
from functools import lru_cache
from typing import Any

RGB565 = 1
GS2_HMSB = 5

_ORDER: Any = sys.byteorder


@lru_cache(maxsize=64)
def _runs(colours: tuple[int, ...], key: int) -> list[list[tuple[int, bytes]]]:
    """For each byte of four pixels in four colours: the runs that are not `key`, as (place, bytes of RGB565)."""
    found = []
    for four in range(256):
        runs: list[tuple[int, bytes]] = []
        for column in range(4):
            colour = colours[four >> 2 * column & 3]
            wire = (colour & 0xFFFF).to_bytes(2, _ORDER)
            if colour == key:
                continue
            if runs and runs[-1][0] + len(runs[-1][1]) == 2 * column:
                runs[-1] = (runs[-1][0], runs[-1][1] + wire)
            else:
                runs.append((2 * column, wire))
        found.append(runs)
    return found


class FrameBuffer:
    """Pixels in a buffer that the caller owns. `stride` is in pixels; drawing is clipped to width and height."""

    def __init__(self, buffer: Any, width: int, height: int, format: int, stride: int | None = None) -> None:
        stride = width if stride is None else stride
        if format not in (RGB565, GS2_HMSB) or width < 1 or height < 1 or stride < width:
            raise ValueError
        if format == GS2_HMSB:
            stride = (stride + 3) & ~3
        self._bytes = memoryview(buffer).cast("B")
        room = len(self._bytes) // 2 if format == RGB565 else len(self._bytes) * 4
        if room < (height - 1) * stride + width:
            raise ValueError
        self._width, self._height, self._stride, self._rgb = width, height, stride, format == RGB565

    def _get(self, x: int, y: int) -> int:
        at = y * self._stride + x
        if self._rgb:
            return int.from_bytes(self._bytes[2 * at : 2 * at + 2], _ORDER)
        return self._bytes[at >> 2] >> ((at & 3) << 1) & 3

    def _put(self, x: int, y: int, colour: int) -> None:
        at = y * self._stride + x
        if self._rgb:
            self._bytes[2 * at : 2 * at + 2] = (colour & 0xFFFF).to_bytes(2, _ORDER)
        else:
            shift = (at & 3) << 1
            self._bytes[at >> 2] = (colour & 3) << shift | self._bytes[at >> 2] & ~(3 << shift)

    def pixel(self, x: int, y: int, colour: int | None = None, /) -> int | None:
        """Read a pixel, or set it; outside of the buffer nothing happens."""
        if not (0 <= x < self._width and 0 <= y < self._height):
            return None
        if colour is None:
            return self._get(x, y)
        self._put(x, y, colour)
        return None

    def fill(self, colour: int, /) -> None:
        """One colour everywhere."""
        self.fill_rect(0, 0, self._width, self._height, colour)

    def fill_rect(self, x: int, y: int, width: int, height: int, colour: int, /) -> None:
        """A filled rectangle."""
        if width < 1 or height < 1 or x + width <= 0 or y + height <= 0 or x >= self._width or y >= self._height:
            return
        left, top = max(x, 0), max(y, 0)
        right, bottom = min(self._width, x + width), min(self._height, y + height)
        row = (colour & 0xFFFF).to_bytes(2, _ORDER) * (right - left)
        for line in range(top, bottom):
            if self._rgb:
                at = 2 * (line * self._stride + left)
                self._bytes[at : at + len(row)] = row
            else:
                for column in range(left, right):
                    self._put(column, line, colour)

    def hline(self, x: int, y: int, width: int, colour: int, /) -> None:
        """A level line."""
        self.fill_rect(x, y, width, 1, colour)

    def vline(self, x: int, y: int, height: int, colour: int, /) -> None:
        """An upright line."""
        self.fill_rect(x, y, 1, height, colour)

    def rect(self, x: int, y: int, width: int, height: int, colour: int, fill: bool = False, /) -> None:
        """A rectangle, filled or not."""
        if fill:
            self.fill_rect(x, y, width, height, colour)
            return
        self.fill_rect(x, y, width, 1, colour)
        self.fill_rect(x, y + height - 1, width, 1, colour)
        self.fill_rect(x, y, 1, height, colour)
        self.fill_rect(x + width - 1, y, 1, height, colour)

    def blit(
        self, source: "FrameBuffer", x: int, y: int, key: int = -1, palette: "FrameBuffer | None" = None, /
    ) -> None:
        """Copy `source` to x, y, each pixel looked up in row 0 of `palette`; what then equals `key` is left out."""
        colours = None
        if palette is not None:
            colours = [palette._get(value, 0) for value in range(min(palette._width, 4 if not source._rgb else 0xFFFF))]
        if colours is not None and len(colours) == 4 and self._rgb and not source._rgb:
            self._blit_letter(source, x, y, key, colours)
            return
        for row in range(max(0, -y), min(source._height, self._height - y)):
            for column in range(max(0, -x), min(source._width, self._width - x)):
                value = source._get(column, row)
                if colours is not None:
                    value = colours[value]
                if value != key:
                    self._put(x + column, y + row, value)

    def _blit_letter(self, source: "FrameBuffer", x: int, y: int, key: int, colours: list[int]) -> None:
        """The same for two bits a pixel onto RGB565, which is all that the firmware does: four pixels at a time."""
        left, right = max(0, -x), min(source._width, self._width - x)
        wires = [(colour & 0xFFFF).to_bytes(2, _ORDER) for colour in colours]
        runs = _runs(tuple(colours), key)
        target, wide = self._bytes, source._stride >> 2
        for row in range(max(0, -y), min(source._height, self._height - y)):
            begin = 2 * ((y + row) * self._stride + x)
            for at in range(left >> 2, (right + 3) >> 2):
                four = source._bytes[row * wide + at]
                if 4 * at >= left and 4 * at + 4 <= right:
                    for place, pixels in runs[four]:
                        place += begin + 8 * at
                        target[place : place + len(pixels)] = pixels
                    continue
                for column in range(max(4 * at, left), min(4 * at + 4, right)):
                    value = four >> ((column & 3) << 1) & 3
                    if colours[value] != key:
                        target[begin + 2 * column : begin + 2 * column + 2] = wires[value]
