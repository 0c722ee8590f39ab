"""Folding: one canonical spelling for the many ways to write the same message (requirement F1).

The folded text is UTF-8 with two kinds of units only: Chinese characters (always three bytes) written together, and
words of `a-z0-9`, each set off by one space. All this works on bytes, as iterating a str interns every character for
good on MicroPython. `fold_into` allocates nothing.

Signs, added up, tell what folding drops:

    1    a digit, or more
    2    a question mark
    4    an exclamation mark
    8    a laughing face; 16 a warm one, 32 a sad one, 64 a hostile one
    128  an `@`
    256  seven digits, or more
    512  a Chinese character
"""

from micropython import const

DIGITS = const(1)
AT = const(128)
MANY = const(256)
CHINESE = const(512)
END = const(0xFF)  # stands behind what lies in a buffer: no byte of UTF-8

_HAN = const(0x80)  # stands for "a Chinese character came last"
_SURROGATE = const(-1)

# What an ASCII character counts as: a letter or digit as itself, in lower case; NUL vanishes (apostrophes: dont; signs
# that are put into words: f*ck); all others part words.
ASCII = bytearray(b" " * 128)
for _i in range(26):
    ASCII[65 + _i] = ASCII[97 + _i] = 97 + _i
for _i in b"0123456789@$!?":
    ASCII[_i] = _i
for _i in b"'`*_|^~":
    ASCII[_i] = 0

# Letters that are accents of an ASCII letter, or look like one: from U+00C0, U+01CD and U+0400 on.
_LATIN = (
    b"aaaaaaaceeeeiiiidnooooo ouuuuypbaaaaaaaceeeeiiiidnooooo ouuuuypyaaaaaaccccccccddddeeeeeeeeeegggggggghhhh"
    b"iiiiiiiiii  jjkk llllll  llnnnnnn nnoooooooorrrrrrsssssssstttt  uuuuuuuuuuuuwwyyyzzzzzz "
)
_PINYIN = b"aaiioouuuuuuuuuu"
_CYRILLIC = b"     si j       a b  e    k mho pcty x          a b  e    k mho pcty x           e   siij       "

# Emoji by mood (1 to 4: laughing, warm, sad, hostile) from U+1F600 on, and elsewhere in U+1Fxxx.
_MOODS = b"11111112412122140043333222211133443343333333130033000000111242433304400200122002"
_MORE_MOODS = {
    0x923: 1, 0x917: 2, 0x970: 2, 0x97A: 2, 0x44D: 2, 0x44F: 2, 0x389: 2, 0x493: 2, 0x495: 2, 0x496: 2, 0x497: 2,
    0x499: 2, 0x49B: 2, 0x494: 3, 0x595: 4, 0x921: 4, 0x4A9: 4, 0x92E: 4, 0x922: 4, 0x52A: 4, 0x437: 4, 0x416: 4,
    0x43D: 4, 0x435: 4, 0x480: 4, 0x5D1: 4, 0x52B: 4, 0x44A: 4, 0x40D: 4, 0x400: 4,
}  # fmt: skip

# Characters of the terms that are written in several ways, and how they are read. Whoever is meant is "he".
_VARIANTS = (
    "她它牠祂您你妳媽罵沒們豬賤殺號碼電話說誰歡滾噁討厭廢長醜窮腦殘雜種東單獨"
    "見樓棟區縣鄉鎮訴師給錢開學個這爲為會來對還讓從視頻張發圖載軟網驗證戶傷嬷艹肏伱沵莪俺"
).encode()
_SETTLED = (
    "他他他他他他他妈骂没们猪贱杀号码电话说谁欢滚恶讨厌废长丑穷脑残杂种东单独"
    "见楼栋区县乡镇诉师给钱开学个这为为会来对还让从视频张发图载软网验证户伤妈操操他他我我"
).encode()
_MIX = const(509)
MAY_VARY = bytearray(509)  # 1 where the code point of a variant, modulo _MIX, may be
for _i in range(0, len(_VARIANTS), 3):
    MAY_VARY[((_VARIANTS[_i] & 15) << 12 | (_VARIANTS[_i + 1] & 63) << 6 | _VARIANTS[_i + 2] & 63) % _MIX] = 1

_LEET = b"oi\0eas\0t\0\0"  # the letters for which digits stand inside words
_singles = [0, 0]  # of the words of one letter that stand in a row: where the first one begins, and how many


def plain(code: int) -> int:
    """What the character with this code point, beyond ASCII and not Chinese, counts as: see ASCII.

    200 and above for a space that is an emoji of this mood; _SURROGATE for half a character.
    """
    if code < 0x180:
        return _LATIN[code - 0xC0] if code >= 0xC0 else 0 if code == 0xAD else 32
    if code < 0x2000:
        if 0x300 <= code < 0x370:
            return 0
        if 0x400 <= code < 0x460:
            return _CYRILLIC[code - 0x400]
        return _PINYIN[code - 0x1CD] if 0x1CD <= code < 0x1DD else 32
    if code < 0x3000:
        if 0x200B <= code <= 0x200F or 0x202A <= code <= 0x202E or 0x2060 <= code <= 0x206F:
            return 0
        if code == 0x2019 or code == 0x20E3:  # an apostrophe, the frame around a digit
            return 0
        if 0x2460 <= code < 0x2469:
            return code - 0x242F
        if 0x24B6 <= code < 0x24EA:  # letters in circles
            return 97 + (code - 0x24B6) % 26
        return 202 if code == 0x2764 else 48 if code == 0x24EA else 32
    if code < 0x10000:
        if 0xFF01 <= code < 0xFF5F:
            return ASCII[code - 0xFEE0]
        if 0xD800 <= code < 0xE000:
            return _SURROGATE
        return 0 if 0xFE00 <= code < 0xFE10 or code == 0xFEFF else 32
    if 0x1F600 <= code < 0x1F650:
        return 152 + _MOODS[code - 0x1F600]
    if code >> 12 == 0x1F:
        if 0x1F1E6 <= code < 0x1F200:
            return code - 0x1F185
        return 200 + _MORE_MOODS.get(code & 0xFFF, 0)
    if 0x1D400 <= code < 0x1D6A4:  # letters of other founts
        return 97 + (code - 0x1D400) % 26
    if 0x1D7CE <= code < 0x1D800:
        return 48 + (code - 0x1D7CE) % 10
    return 0 if code >= 0xE0000 else 32


def settled() -> dict:
    """The code points of the variants, and how they are read."""
    found = {}
    for i in range(0, len(_VARIANTS), 3):
        codes = []
        for text in (_VARIANTS, _SETTLED):
            codes.append((text[i] & 15) << 12 | (text[i + 1] & 63) << 6 | text[i + 2] & 63)
        found[codes[0]] = codes[1]
    return found


def character(raw: bytes, i: int) -> tuple:
    """(code, length): the character at byte `i` of UTF-8 `raw`, a lead byte, that is no Chinese character.

    The code is the ASCII character it stands for, 0 for an invisible one and a space for anything else.
    """
    code = raw[i]
    if code < 0x80:
        return code, 1
    size = 2 if code < 0xE0 else 3 if code < 0xF0 else 4
    code &= 0x3F >> size - 1
    for j in range(i + 1, i + size):
        code = code << 6 | raw[j] & 63
    if 0xFF01 <= code < 0xFF5F:
        return code - 0xFEE0, 3
    code = plain(code)
    return (code if 0 <= code < 200 else 32), size


def _letter(out: bytearray, at: int, letter: int, last: int) -> int:
    """Put a letter in the place of the signs at `at`, unless it repeats the last one. The new length."""
    if letter == last:
        return at
    out[at] = letter
    return at + 1


def _put_you(out: bytearray, at: int, n: int) -> int:
    """`you` in place of the `u` at `at`. The new length."""
    for i in range(n - 1, at, -1):
        out[i + 2] = out[i]
    out[at] = 121
    out[at + 1] = 111
    out[at + 2] = 117
    return n + 2


def _end_singles(out: bytearray, n: int) -> int:
    """Words of one letter, three or more in a row, become one: `s t u p i d`; else `u` is `you`. The new length."""
    start, count = _singles
    _singles[1] = 0
    if count > 2:
        to = start + 1
        for i in range(start + 2, start + 2 * count, 2):
            if out[i] < 58 or out[i] != out[to - 1]:
                out[to] = out[i]
                to += 1
        for i in range(start + 2 * count - 1, n):
            out[to] = out[i]
            to += 1
        return to
    for at in range(start + 2 * count - 2, start - 1, -2):
        if out[at] == 117:
            n = _put_you(out, at, n)
    return n


def _end_word(out: bytearray, word: int, n: int) -> int:
    """What is to be done once the word from `word` to `n` is complete. The new length."""
    size = n - word
    if size == 1:
        if not _singles[1]:
            _singles[0] = word
        _singles[1] += 1
        return n
    if (
        out[word] == 117
        and out[word + 1] == 114
        and (size == 2 or (size == 6 and out[word + 2] == 115 and out[word + 5] == 102))
    ):  # ur, urself
        n = _put_you(out, word, n)
    return _end_singles(out, n) if _singles[1] else n


def _settle(out: bytearray, at: int) -> None:
    """Write the Chinese character at `at` in its usual way."""
    for i in range(0, len(_VARIANTS), 3):
        if _VARIANTS[i + 2] == out[at + 2] and _VARIANTS[i + 1] == out[at + 1] and _VARIANTS[i] == out[at]:
            for j in range(3):
                out[at + j] = _SETTLED[i + j]
            return


def fold_into(raw: bytes, out: bytearray) -> int:
    """Put UTF-8 `raw` into `out` with width, case, accents, invisible marks, separators, repeats and leet undone.

    Behind it come a space and END. Returns its length (without them) << 10 and its signs; -1 for half a character.
    `raw` may be a longer buffer, with END behind the message; `out` has room for four bytes a character and four more.

    Marks between Chinese characters vanish, and `u` is `you`. A repeated letter counts once (`stuuupid`, `kil`: terms
    are written so). Words of one letter in a row are one word.
    """
    table = ASCII
    may_vary = MAY_VARY
    n = word = signs = digits = code = left = mark = held = sign = 0
    last = 32
    chinese = False
    state = 1  # 0 inside a word, 1 outside, 2 and 3 inside, after one or two signs that may stand for the letter `held`
    _singles[1] = 0
    for b in raw:
        if b < 0x80:
            c = table[b]
        elif b < 0xC0:
            code = code << 6 | b & 63
            left -= 1
            if chinese:
                out[n] = b
                n += 1
                if not left and may_vary[code % _MIX]:
                    _settle(out, n - 3)
                continue
            if left:
                continue
            c = plain(code)
            if c >= 200:
                if c > 200:
                    signs |= 4 << c - 200
                c = 32
            elif c < 0:
                return -1
        elif 0xE4 <= b <= 0xE9:
            if last != _HAN:
                if state != 1:
                    if state == 3:
                        n = _letter(out, mark, held, last)
                    n = _end_word(out, word, n)
                    state = 1
                if _singles[1]:
                    n = _end_singles(out, n)
                if n:
                    out[n] = 32
                    n += 1
                last = _HAN
                signs |= CHINESE
            chinese = True
            code = b & 15
            left = 2
            out[n] = b
            n += 1
            continue
        elif b == END:
            break
        else:
            chinese = False
            left = 1 if b < 0xE0 else 2 if b < 0xF0 else 3
            code = b & 0x3F >> left
            continue
        if c > 96:
            if state:
                if state == 1:
                    if n:
                        out[n] = 32
                        n += 1
                    word = n
                    last = 32
                else:
                    n = _letter(out, mark, held, last)
                    last = held
                state = 0
            if c != last:
                out[n] = c
                n += 1
                last = c
            continue
        if not c:
            continue
        if 48 <= c <= 57:
            digits += 1
            if state > 1 and sign < 48:  # the sign before was none of a letter
                n = _end_word(out, word, _letter(out, mark, held, last) if state == 3 else n)
                state = 1
            if state == 2 and c == sign:
                state = 3
                continue
            if state == 1:
                if n:
                    out[n] = 32
                    n += 1
                word = n
            elif state == 3:
                out[n] = sign
                n += 1
            elif not state and last > 96 and _LEET[c - 48]:
                mark = n
                held = _LEET[c - 48]
                sign = c
                out[n] = c
                n += 1
                state = 2
                continue
            state = 0
            out[n] = last = c
            n += 1
            continue
        if c == 64 or c == 36 or c == 33:
            signs |= AT if c == 64 else 4 if c == 33 else 0
            if (not state and 96 < last < _HAN) or (state == 2 and c == sign != 33):
                if state:
                    n = _letter(out, mark, held, last)
                    last = held
                mark = n
                held = 97 if c == 64 else 115 if c == 36 else 105
                sign = c
                state = 2
                continue
        elif c == 63:
            signs |= 2
        if state != 1:
            if state == 3:
                n = _letter(out, mark, held, last)
            n = _end_word(out, word, n)
            state = 1
    if state != 1:
        if state == 3:
            n = _letter(out, mark, held, last)
        n = _end_word(out, word, n)
    if _singles[1]:
        n = _end_singles(out, n)
    out[n] = 32
    out[n + 1] = END
    if digits:
        signs |= DIGITS if digits < 7 else DIGITS | MANY
    return n << 10 | signs


def fold(raw: bytes) -> tuple:
    """(folded, numbers): `raw` in the canonical spelling, and whether there were digits or an `@`."""
    out = bytearray(4 * len(raw) + 4)
    found = fold_into(raw, out)
    return bytes(out[: found >> 10]), found & (DIGITS | AT) != 0
