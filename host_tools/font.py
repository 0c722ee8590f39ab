"""Makes firmware/ui/font.bin: letters, icons and corners in four levels of grey, for reading by seek.

    python -m host_tools.font [--font NotoSansCJK-Regular.ttc] [--bold NotoSansCJK-Bold.ttc]

Needs Pillow and Noto Sans CJK (Debian: fonts-noto-cjk; SIL Open Font License 1.1, firmware/ui/OFL.txt). The file is
committed, so nobody else needs either.

The file: b"WF1\\0", then for each of the faces of `FACES` a header of 8 bytes: width and height of a cell, distance of
the rows in bytes, 0, offset of the face (4 bytes, little). A face: 256 bytes that number the pages of 256 code points
that it has (255: none); for each page the number of its first glyph (2 bytes) and a bitmap of the code points that it
has (32 bytes); then the glyphs: one byte for how far the pen moves, and the cell in framebuf's GS2_HMSB.
"""

import argparse
from pathlib import Path
from typing import Any

from host_tools import icons

ROOT = Path(__file__).resolve().parent.parent
OUTPUT = ROOT / "firmware" / "ui" / "font.bin"
_NOTO = Path("/usr/share/fonts/opentype/noto")
_LATIN = "".join(map(chr, range(0x20, 0x7F))) + "·•…—–“”‘’°×€£¥éèüöäßñç" + "\ufffd"
_CHINESE_MARKS = "，。？！：；、（）《》“”…—·￥～"
_CLOCK = "0123456789:"


def level_one() -> str:
    """The 3,755 characters of GB 2312's first level."""
    found = ""
    for row in range(0xB0, 0xD8):
        for cell in range(0xA1, 0xFF):
            try:
                found += bytes((row, cell)).decode("gb2312")
            except UnicodeDecodeError:
                continue
    return found


def catalogue(prefix: str = "") -> str:
    """Every character of the watch's own texts whose id begins with `prefix`."""
    found = set()
    for name in ("texts.tsv", "lessons.tsv", "collected.tsv"):
        for line in (ROOT / "firmware" / "texts" / name).read_text("utf-8").splitlines():
            if line.startswith(prefix):
                found |= set(line)
    return "".join(sorted(found - {"\t"}))


def pack(image: Any) -> bytes:
    """A grey picture as GS2_HMSB: four pixels a byte, the first in the lowest bits."""
    width, height = image.size
    pixels = image.load()
    data = bytearray()
    for y in range(height):
        for x in range(0, width, 4):
            byte = 0
            for i in range(4):
                byte |= ((pixels[x + i, y] * 3 + 127) // 255) << (2 * i)
            data.append(byte)
    return bytes(data)


def letters(chars: str, file: Path, em: int, cell: tuple[int, int], rise: int) -> dict[int, bytes]:
    """{code point: advance and cell}. `rise`: the row of the base line."""
    from PIL import Image, ImageDraw, ImageFont

    font = ImageFont.truetype(str(file), em, index=2)  # the collection's Simplified Chinese
    assert font.getname()[0] == "Noto Sans CJK SC", font.getname()
    found = {}
    for char in sorted(set(chars)):
        image = Image.new("L", cell, 0)
        ImageDraw.Draw(image).text((0, rise), char, fill=255, font=font, anchor="ls")
        found[ord(char)] = bytes((min(round(font.getlength(char)), cell[0]),)) + pack(image)
    return found


def drawn(size: int) -> dict[int, bytes]:
    """The icons at a size."""
    from PIL import Image, ImageDraw

    found = {}
    fine = 8
    for number, name in enumerate(icons.NAMES):
        image = Image.new("L", (size * fine, size * fine), 0)
        icons.paint(ImageDraw.Draw(image), name, size * fine / 32)
        small = image.resize((size, size), Image.Resampling.BOX)
        found[icons.FIRST + number] = bytes((size,)) + pack(small)
    return found


def corners(size: int) -> dict[int, bytes]:
    """Four quarters of a disc: top left, top right, bottom left, bottom right."""
    from PIL import Image, ImageDraw

    fine = 8
    image = Image.new("L", (2 * size * fine, 2 * size * fine), 0)
    ImageDraw.Draw(image).ellipse([0, 0, 2 * size * fine - 1, 2 * size * fine - 1], fill=255)
    small = image.resize((2 * size, 2 * size), Image.Resampling.BOX)
    found = {}
    for number in range(4):
        x, y = number % 2 * size, number // 2 * size
        found[icons.FIRST + number] = bytes((size,)) + pack(small.crop((x, y, x + size, y + size)))
    return found


def face(glyphs: dict[int, bytes]) -> bytes:
    """One face's pages and glyphs."""
    pages = sorted({code >> 8 for code in glyphs})
    table, blocks, first = bytearray(b"\xff" * 256), bytearray(), 0
    for number, page in enumerate(pages):
        table[page] = number
        has = bytearray(32)
        for code in glyphs:
            if code >> 8 == page:
                has[(code & 255) >> 3] |= 1 << (code & 7)
        blocks += first.to_bytes(2, "little") + has
        first += sum(byte.bit_count() for byte in has)
    return bytes(table) + bytes(blocks) + b"".join(glyphs[code] for code in sorted(glyphs))


def build(regular: Path, bold: Path) -> bytes:
    """The whole file."""
    body = _LATIN + _CHINESE_MARKS + level_one() + catalogue()
    title = _LATIN + _CHINESE_MARKS + catalogue("ui.")
    faces = [
        ((20, 24), letters(body, regular, 20, (20, 24), 19)),
        ((28, 34), letters(title, bold, 28, (28, 34), 27)),
        ((44, 56), letters(_CLOCK, bold, 72, (44, 56), 54)),
        ((32, 32), drawn(32)),
        ((64, 64), drawn(64)),
        ((16, 16), corners(16)),
    ]
    head, data = b"WF1\0", b""
    at = 4 + 8 * len(faces)
    for (width, height), glyphs in faces:
        block = face(glyphs)
        head += bytes((width, height, width // 4, 0)) + (at + len(data)).to_bytes(4, "little")
        data += block
    return head + data


def main() -> None:
    """Write the file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--font", type=Path, default=_NOTO / "NotoSansCJK-Regular.ttc")
    parser.add_argument("--bold", type=Path, default=_NOTO / "NotoSansCJK-Bold.ttc")
    arguments = parser.parse_args()
    data = build(arguments.font, arguments.bold)
    OUTPUT.write_bytes(data)
    print("%s: %d bytes" % (OUTPUT.relative_to(ROOT), len(data)))


if __name__ == "__main__":
    main()
