"""Makes firmware/ui/font.bin: letters, icons and corners in four levels of grey, for reading by seek.

    python -m host_tools.making.font [--font NotoSansCJK-Regular.ttc] [--bold NotoSansCJK-Bold.ttc]

Needs Pillow and Noto Sans CJK (Debian: fonts-noto-cjk; SIL Open Font License 1.1, firmware/ui/OFL.txt). The file is
committed, so nobody else needs either.

The file: b"WF2\\0", then for each of the faces of `FACES` a header of 8 bytes: width and height of a cell, distance of
the rows in bytes, an eighth of the longest glyph's bytes (rounded up), offset of the face (4 bytes, little). A face:
256 bytes that number the pages of 256 code points that it has (255: none); for each page the number of its first glyph
(2 bytes), a bitmap of the code points that it has (32 bytes) and the place of its glyphs in the file (4 bytes); the
offset of each glyph in its page (2 bytes each); then the glyphs.

A glyph: how far the pen moves (plus 128: plain), the number of bytes of its marks, marks, literals. The cell is in
framebuf's GS2_HMSB, four pixels a byte, and each byte has a mark, lowest bit first: 1, it is the byte above; 01, it is
0; 00, it is the next literal. In a plain glyph, which has no grey, a literal is half a byte: four pixels of one bit
each. Plain are the characters that children's messages seldom have; grey for all would add more than 100 KB.
"""

import argparse
from pathlib import Path
from typing import Any

from host_tools.making import icons

ROOT = Path(__file__).resolve().parents[2]
OUTPUT = ROOT / "firmware" / "ui" / "font.bin"
_NOTO = Path("/usr/share/fonts/opentype/noto")
_LATIN = "".join(map(chr, range(0x20, 0x7F))) + "·•…—–“”‘’°×€£¥éèüöäßñç" + "\ufffd"
_CHINESE_MARKS = "，。？！：；、（）《》“”…—·￥～"
# Characters of everyday Chinese besides those of the watch's own texts: these keep their grey.
_COMMON = (
    "的一是了我不人在他有这个上们来到时大地为子中你说生国年着就那和要她出也得里后自以会家可下而过天去能对小多然于心学么之都好看起"
    "发当没成只如事把还用第样道想作种开美总从无情己面最女但现前些所同日手又行意动方期它头经长儿回位分爱老因很给名法间知世什两次使"
    "身者被高已亲其进此话常与活正感见明问力理尔点文几定本公特做外孩相西果走将月十实向声车全信重三机工物气每并别真打太新比才便夫再"
    "书部水像眼等体却加电主界门利海受听表德少克代员许先口由死安写性马光白或住难望教命花结乐色更拉东神记处让母父应直字场平报友关放"
    "至张认接告入笑内英军候民岁往何度山觉路带万男边风解叫任金快原吃妈变通师立象数四失满战远格士音轻目条呢病始达深完今提求清王化空"
    "业思切怎非找片罗钱语元喜曾离飞科言干流欢约各即指合反题必该论交终林请医晚制球决传画保读运及则房早院量苦火布品近坐产答星精视五"
    "连司巴奇管类未朋且婚台夜青北队久乎越观落尽形影红爸百令周吧识步希亚术留市半热送兴造谈容极随演收首根讲整式取照办强石古华拿计您"
    "装似足双妻尼转诉米称丽客南领节衣站黑刻统断福城故历惊脸选包紧争另建维绝树系伤示愿持千史谁准联妹纪基买志静阿诗独复痛消社算算义"
    "竟确酒需单治卡幸兰念举仅钟怕共毛句息功官待究跟穿室易游程号居考突皮哪费倒价图具刚脑永歌响商礼细专黄块脚味灵改据般破引食仍存众"
    "注笔甚某沉血备习校默务土微娘须试怀料调广苏显赛查密议底列富梦错座参八除跑亮假印设线温虽掉京初养香停际致阳纸李纳验助激够严证帝"
    "饭忘趣支春集丈木研班普导顿睡展跳获艺六波察群皇段急庭创区奥器谢弟店否害草排背止组州朝封睛板角况曲馆育忙质河续哥呼若推境遇雨标"
    "姐充围案伦护冷警贝著雪索剧啊船险烟依斗值帮汉慢佛肯闻唱沙局伯族低玩资屋击速顾泪洲团圣旁堂兵七露园牛哭旅街劳型烈姑陈莫鱼异抱宝"
    "权鲁简态级票怪寻杀律胜份汽右洋范床舞秘午登楼贵吸责例追较职属渐左录丝牙党继托赶章智冲叶胡吉卖坚喝肉遗救修松临藏担戏善卫药悲敢"
)
_CLOCK = "0123456789:.¥"  # the time, money, the digits of a code


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


def press(advance: int, cell: bytes, stride: int, plain: bool = False) -> bytes:
    """A glyph in its form in the file."""
    marks, literals = "", []
    for at, byte in enumerate(cell):
        if byte == (cell[at - stride] if at >= stride else 0):
            marks += "1"
        elif byte == 0:
            marks += "01"
        else:
            marks += "00"
            literals.append(byte)
    marks += "0" * (-len(marks) % 8)
    packed = bytes(int(marks[at : at + 8][::-1], 2) for at in range(0, len(marks), 8))
    if plain:
        halves = [sum((byte >> 2 * bit & 1) << bit for bit in range(4)) for byte in literals] + [0]
        literals = [halves[at] | halves[at + 1] << 4 for at in range(0, len(halves) - 1, 2)]
    assert advance < 128 and len(packed) < 256
    return bytes((advance | (128 if plain else 0), len(packed))) + packed + bytes(literals)


def letters(
    chars: str, file: Path, em: int, cell: tuple[int, int], rise: int, grey: str | None = None
) -> dict[int, bytes]:
    """{code point: glyph}. `rise`: the row of the base line; grey: the characters that are smoothed, None for all."""
    from PIL import Image, ImageDraw, ImageFont

    font = ImageFont.truetype(str(file), em, index=2)  # the collection's Simplified Chinese
    assert font.getname()[0] == "Noto Sans CJK SC", font.getname()
    found = {}
    for char in sorted(set(chars)):
        image = Image.new("L", cell, 0)
        ImageDraw.Draw(image).text((0, rise), char, fill=255, font=font, anchor="ls")
        plain = grey is not None and char not in grey
        if plain:
            image = image.point(lambda value: 255 if value > 118 else 0)
        advance = min(round(font.getlength(char)), cell[0])
        found[ord(char)] = press(advance, pack(image), cell[0] // 4, plain)
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
        found[icons.FIRST + number] = press(size, pack(small), size // 4)
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
        found[icons.FIRST + number] = press(size, pack(small.crop((x, y, x + size, y + size))), size // 4)
    return found


def face(glyphs: dict[int, bytes], at: int) -> bytes:
    """One face's pages and glyphs, for its place in the file."""
    pages = sorted({code >> 8 for code in glyphs})
    table, blocks, index, data = bytearray(b"\xff" * 256), bytearray(), bytearray(), bytearray()
    begin = at + 256 + 38 * len(pages) + 2 * len(glyphs)
    for number, page in enumerate(pages):
        table[page] = number
        has, first, base = bytearray(32), len(index) // 2, begin + len(data)
        for code in sorted(code for code in glyphs if code >> 8 == page):
            has[(code & 255) >> 3] |= 1 << (code & 7)
            index += (begin + len(data) - base).to_bytes(2, "little")
            data += glyphs[code]
        blocks += first.to_bytes(2, "little") + has + base.to_bytes(4, "little")
    return bytes(table + blocks + index + data)


def build(regular: Path, bold: Path) -> bytes:
    """The whole file."""
    body = _LATIN + _CHINESE_MARKS + level_one() + catalogue()
    title = _LATIN + _CHINESE_MARKS + catalogue("ui.")
    faces = [
        ((20, 24), letters(body, regular, 20, (20, 24), 19, _LATIN + _CHINESE_MARKS + catalogue() + _COMMON)),
        ((28, 34), letters(title, bold, 28, (28, 34), 27)),
        ((44, 56), letters(_CLOCK, bold, 72, (44, 56), 54)),
        ((32, 32), drawn(32)),
        ((64, 64), drawn(64)),
        ((16, 16), corners(16)),
    ]
    head, data = b"WF2\0", b""
    at = 4 + 8 * len(faces)
    for (width, height), glyphs in faces:
        block = face(glyphs, at + len(data))
        most = max(len(glyph) for glyph in glyphs.values())
        head += bytes((width, height, width // 4, (most + 7) // 8)) + (at + len(data)).to_bytes(4, "little")
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
