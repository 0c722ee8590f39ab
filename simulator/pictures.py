"""What a display shows as a picture file: RGB565 to RGB, RGB to PNG (ISO/IEC 15948, with no filter)."""

import struct
import zlib
from functools import cache

BEHIND = b"\x58\x60\x68"  # what lies around a round glass


def rgb(width: int, height: int, data: bytes, is_round: bool = False) -> list[bytearray]:
    """The rows of a display's bytes (RGB565, high byte first), three bytes a pixel."""
    rows = []
    for y in range(height):
        values = struct.unpack(">%dH" % width, data[2 * width * y : 2 * width * (y + 1)])
        row = bytearray(b"".join(map(_pixel, values)))
        if is_round:
            hidden = _hidden(y, width)
            row[: 3 * hidden] = BEHIND * hidden
            row[3 * (width - hidden) :] = BEHIND * hidden
        rows.append(row)
    return rows


@cache
def _pixel(value: int) -> bytes:
    return bytes(((value >> 11) * 255 // 31, (value >> 5 & 63) * 255 // 63, (value & 31) * 255 // 31))


@cache
def _hidden(y: int, width: int) -> int:
    """How many pixels a round glass hides at each end of a row."""
    return sum((2 * x + 1 - width) ** 2 + (2 * y + 1 - width) ** 2 > width * width for x in range(width)) // 2


def png(wide: int, high: int, pixels: bytes) -> bytes:
    """RGB as a PNG."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + pixels[3 * wide * y : 3 * wide * (y + 1)] for y in range(high))
    head = struct.pack(">IIBBBBB", wide, high, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")
