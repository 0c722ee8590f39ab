"""The pictures of every screen. `python -m tests.ui.golden` draws them anew, after a change that was meant.

tests/golden/pictures.tsv has a hash of each picture (display, language, stop of the tour, SHA-256 of the display's
bytes); one sheet of pictures for each display and language lies beside it, to be looked at.
"""

import base64
import struct
import sys
import tempfile
import zlib
from pathlib import Path
from typing import Any

from simulator.watch import Watch
from tests.ui import tour

FOLDER = Path(__file__).resolve().parent.parent / "golden"
TABLE = FOLDER / "pictures.tsv"
_COLUMNS = 8
_GAP = 8

Pictures = dict[str, tuple[str, bytes]]


def draw(display: str, language: str, runtime: str) -> Pictures:
    """{stop: (SHA-256 in hexadecimal, the display's bytes)} of both tours."""
    found: Pictures = {}
    options: dict[str, Any] = {"display": tour.DISPLAYS[display], "language": language, "battery": 80}
    for walk, phone in ((tour.tour, True), (tour.tour_without_telephony, False)):
        with (
            tempfile.TemporaryDirectory() as folder,
            Watch(Path(folder), tour.START, runtime, phone=phone, **options) as watch,
        ):
            for stop in walk(watch, language):
                picture = watch.do("picture")
                found[stop] = picture["sha256"], base64.b64decode(picture["data"])
    return found


def known() -> dict[tuple[str, str], dict[str, str]]:
    """{(display, language): {stop: SHA-256}} of the table."""
    table: dict[tuple[str, str], dict[str, str]] = {}
    for line in TABLE.read_text("ascii").splitlines():
        display, language, stop, digest = line.split("\t")
        table.setdefault((display, language), {})[stop] = digest
    return table


def sheet(display: str, pictures: Pictures) -> tuple[int, int, bytes]:
    """Width, height and RGB of all pictures side by side."""
    width, height, _ = tour.DISPLAYS[display]
    lines = -(-len(pictures) // _COLUMNS)
    wide, high = _COLUMNS * (width + _GAP) + _GAP, lines * (height + _GAP) + _GAP
    pixels = bytearray(b"\x58\x60\x68" * (wide * high))
    for number, (_, data) in enumerate(pictures.values()):
        left, top = _GAP + number % _COLUMNS * (width + _GAP), _GAP + number // _COLUMNS * (height + _GAP)
        for y in range(height):
            row = bytearray()
            for value in struct.unpack(">%dH" % width, data[2 * width * y : 2 * width * (y + 1)]):
                row += bytes(((value >> 11) * 255 // 31, (value >> 5 & 63) * 255 // 63, (value & 31) * 255 // 31))
            if tour.DISPLAYS[display][2]:
                _cut(row, y, width)
            at = 3 * ((top + y) * wide + left)
            pixels[at : at + len(row)] = row
    return wide, high, bytes(pixels)


def _cut(row: bytearray, y: int, width: int) -> None:
    """What a round glass hides."""
    for x in range(width):
        if (2 * x + 1 - width) ** 2 + (2 * y + 1 - width) ** 2 > width * width:
            row[3 * x : 3 * x + 3] = b"\x58\x60\x68"


def png(wide: int, high: int, pixels: bytes) -> bytes:
    """RGB as a PNG."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + pixels[3 * wide * y : 3 * wide * (y + 1)] for y in range(high))
    head = struct.pack(">IIBBBBB", wide, high, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")


def pixels_of(data: bytes) -> bytes:
    """The RGB of a PNG that `png` has made."""
    at, rows, wide = 8, b"", 0
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at : at + 8])
        body = data[at + 8 : at + 8 + size]
        if kind == b"IHDR":
            wide = struct.unpack(">I", body[:4])[0]
        if kind == b"IDAT":
            rows += body
        at += size + 12
    flat = zlib.decompress(rows)
    return b"".join(flat[at + 1 : at + 1 + 3 * wide] for at in range(0, len(flat), 3 * wide + 1))


def main() -> None:
    """Draw all pictures on CPython and write table and sheets."""
    FOLDER.mkdir(exist_ok=True)
    lines = []
    for display in tour.DISPLAYS:
        for language in tour.LANGUAGES:
            pictures = draw(display, language, "cpython")
            lines += ["\t".join((display, language, stop, pictures[stop][0])) for stop in pictures]
            (FOLDER / ("%s_%s.png" % (display, language))).write_bytes(png(*sheet(display, pictures)))
            print("%s %s: %d pictures" % (display, language, len(pictures)), file=sys.stderr)
    TABLE.write_text("\n".join(lines) + "\n", "ascii")


if __name__ == "__main__":
    main()
