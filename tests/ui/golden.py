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

from simulator.pictures import BEHIND, png, rgb
from simulator.watch import Watch
from tests.ui import tour

FOLDER = Path(__file__).resolve().parent.parent / "golden"
TABLE = FOLDER / "pictures.tsv"
# The pictures of the documents: on the square display, in English.
POSTER = FOLDER.parent.parent / "docs" / "pictures" / "screens.png"
ON_POSTER = (
    *("dial", "menu", "conversation", "folded_offer", "blocked", "sos_counting", "sos_cannot_call", "call"),
    *(
        "pay",
        "keypad_pay",
        "assistant_answer",
        "write_letters",
        "privacy_kept",
        "why_message",
        "told",
        "number_approval",
    ),
)
_COLUMNS = 8
_GAP = 8

Pictures = dict[str, tuple[str, bytes]]


def draw(watch: Watch, display: str, language: str, dark: bool = True, data: bool = True) -> Pictures:
    """{stop: (SHA-256 in hexadecimal, the display's bytes or b"")} of all tours, each on a new watch in the process of
    `watch`. dark: only the pictures are drawn, not each change on the way there."""
    found: Pictures = {}
    for walk, phone in tour.TOURS:
        options: dict[str, Any] = {"display": tour.DISPLAYS[display], "language": language, "battery": 80}
        watch.now = tour.START
        watch.do("new", root=str(watch.root), wall=tour.START, seed="day", phone=phone, dark=dark, **options)
        for stop in walk(watch, language):
            picture = watch.do("picture", data=data)
            found[stop] = picture["sha256"], base64.b64decode(picture.get("data", ""))
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
    width, height, is_round = tour.DISPLAYS[display]
    lines = -(-len(pictures) // _COLUMNS)
    wide, high = _COLUMNS * (width + _GAP) + _GAP, lines * (height + _GAP) + _GAP
    pixels = bytearray(BEHIND * (wide * high))
    for number, (_, data) in enumerate(pictures.values()):
        left, top = _GAP + number % _COLUMNS * (width + _GAP), _GAP + number // _COLUMNS * (height + _GAP)
        for y, row in enumerate(rgb(width, height, data, is_round)):
            at = 3 * ((top + y) * wide + left)
            pixels[at : at + len(row)] = row
    return wide, high, bytes(pixels)


def poster(pictures: Pictures) -> tuple[int, int, bytes]:
    """Width, height and RGB of the pictures of the documents."""
    return sheet("square", {stop: pictures[stop] for stop in ON_POSTER})


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
    with tempfile.TemporaryDirectory() as folder, Watch(Path(folder), tour.START) as watch:
        for display in tour.DISPLAYS:
            for language in tour.LANGUAGES:
                pictures = draw(watch, display, language)
                lines += ["\t".join((display, language, stop, pictures[stop][0])) for stop in pictures]
                (FOLDER / ("%s_%s.png" % (display, language))).write_bytes(png(*sheet(display, pictures)))
                if (display, language) == ("square", "en"):
                    POSTER.write_bytes(png(*poster(pictures)))
                print("%s %s: %d pictures" % (display, language, len(pictures)), file=sys.stderr)
    TABLE.write_text("\n".join(lines) + "\n", "ascii")


if __name__ == "__main__":
    main()
