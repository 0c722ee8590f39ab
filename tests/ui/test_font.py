"""The font has every character that the watch can say, and those of everyday messages, in at most 300 KB."""

from pathlib import Path

from firmware.ui import font

ROOT = Path(__file__).resolve().parent.parent.parent
FILE = ROOT / "firmware" / "ui" / "font.bin"
_KB = 300


def level_one() -> list[str]:
    """The 3,755 characters of the first level of GB 2312, which hold the common ones."""
    rows = [bytes((row, cell)) for row in range(0xB0, 0xD8) for cell in range(0xA1, 0xFF)]
    return [pair.decode("gb2312") for pair in rows if pair[0] < 0xD7 or pair[1] < 0xFA]


def test_nothing_is_missing() -> None:
    body = font.sizes()[font.BODY]
    said = {char for path in (ROOT / "firmware" / "texts").glob("*.tsv") for char in path.read_text("utf-8")}
    common = level_one()
    assert len(common) == 3755
    missing = [char for char in sorted(said | set(common) | set(map(chr, range(32, 127)))) if not body.has(ord(char))]
    assert [char for char in missing if char not in "\t\n"] == []


def test_the_file_is_small() -> None:
    assert FILE.stat().st_size <= _KB * 1024


def test_each_glyph_opens() -> None:
    """Whatever was asked before it, each code point gives its own cell, and the same width without it."""
    for letters in font.sizes():
        codes = [code for code in range(0x10000) if letters.has(code)]
        assert codes
        first = {}
        for code in codes:
            moved = letters.read(code)
            first[code] = moved, bytes(letters._cell)
            assert 0 < moved <= letters.width
        for code in reversed(codes):
            assert letters.advance(code) == first[code][0]
            assert (letters.read(code), bytes(letters._cell)) == first[code]
        assert len({cell for _, cell in first.values()}) > len(codes) * 9 // 10, "many are alike"


def test_what_is_unknown_has_a_mark_of_its_own() -> None:
    body = font.sizes()[font.BODY]
    assert body.read(0x1F600) == body.read(0xFFFD) > 0
