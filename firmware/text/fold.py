"""Folding: one canonical spelling for the many ways to write the same message (requirement F1).

The folded text is UTF-8 with two kinds of units only: Chinese characters (always three bytes) written together, and
words of `a-z0-9`, each set off by one space. All this works on bytes, as iterating a str interns every character for
good on MicroPython.
"""

from micropython import const

_SPACE = const(32)
_CHINESE = const(0x80)  # stands for "a Chinese character came last"

# Letters that look like, or are accents of, an ASCII letter: two UTF-8 bytes and the letter.
_ALIKE = (
    "àaáaâaãaäaåaçcèeéeêeëeìiíiîiïiñnòoóoôoõoöoøoùuúuûuüuýyÿyāaēeěeīiōoūuǎaǐiǒoǔu"
    "ÀaÁaÂaÄaÅaÇcÈeÉeÊeÌiÍiÑnÒoÓoÖoÙuÚuÜuаaеeоoрpсcуyхxкkіiтtмmвbнhАaЕeОoРpСcХxКkІiТtМmВbНhіi"
).encode()

# Characters of the terms that are written in several ways, and how they are read. Whoever is meant is "he".
_VARIANTS = (
    "她它牠祂您你妳媽罵沒們豬賤殺號碼電話說誰歡滾噁討厭廢長醜窮腦殘雜種東單獨"
    "見樓棟區縣鄉鎮訴師給錢開學個這爲為會來對還讓從視頻張發圖載軟網驗證戶傷嬷艹肏伱沵莪俺"
).encode()
_SETTLED = (
    "他他他他他他他妈骂没们猪贱杀号码电话说谁欢滚恶讨厌废长丑穷脑残杂种东单独"
    "见楼栋区县乡镇诉师给钱开学个这为为会来对还让从视频张发图载软网验证户伤妈操操他他我我"
).encode()

_FIRST = const(0xE4 * 64 + 0x80)
_VARIANT_LEADS = bytearray(6 * 64)  # 1 for the first two bytes of any variant
for _i in range(0, len(_VARIANTS), 3):
    _VARIANT_LEADS[_VARIANTS[_i] * 64 + _VARIANTS[_i + 1] - _FIRST] = 1

_LEET_SIGNS = b"0134571@$!"
_LEET_LETTERS = b"oieastlasi"


def _is_letter(code: int) -> bool:
    return 97 <= code | 32 <= 122


def _invisible(a: int, b: int, c: int) -> bool:
    """Zero-width and direction marks, variation selectors, byte order mark, typographic apostrophe; by three bytes."""
    if a == 0xE2 and b == 0x80:
        return 0x8B <= c <= 0x8F or 0xAA <= c <= 0xAE or c == 0x99
    if a == 0xE2:
        return b == 0x81 and 0xA0 <= c <= 0xAF
    return a == 0xEF and ((b == 0xB8 and c <= 0x8F) or (b == 0xBB and c == 0xBF))


def character(raw: bytes, i: int) -> tuple:
    """(code, length): the character at byte `i` of UTF-8 `raw`, a lead byte, that is no Chinese character.

    The code is the ASCII character it stands for, 0 for an invisible one and a space for anything else.
    """
    a = raw[i]
    if a < 0x80:
        return a, 1
    if a < 0xE0:
        at = _ALIKE.find(raw[i : i + 2])
        if at >= 0:
            return _ALIKE[at + 2], 2
        b = raw[i + 1]  # combining marks U+0300 to U+036F, and the soft hyphen
        return (0 if a == 0xCC or (a == 0xCD and b < 0xB0) or (a == 0xC2 and b == 0xAD) else _SPACE), 2
    if a >= 0xF0:
        return _SPACE, 4
    b = raw[i + 1]
    c = raw[i + 2]
    if a == 0xEF and (b == 0xBC or b == 0xBD) and c < (0xC0 if b == 0xBC else 0x9F):
        return c - (0x60 if b == 0xBC else 0x20), 3  # full-width U+FF01 to U+FF5E
    return (0 if _invisible(a, b, c) else _SPACE), 3


def _join_single(folded: bytes) -> bytes:
    """Words of one letter, three or more in a row, put together: `s t u p i d`."""
    text = b"    " + folded + b"    "
    out = bytearray()
    for i in range(4, len(text) - 4):
        if text[i] != _SPACE or text[i - 2] != _SPACE or text[i + 2] != _SPACE:
            out.append(text[i])
        # One letter on either side: does a third stand before or behind them?
        elif (text[i - 4] != _SPACE or text[i - 3] == _SPACE) and (text[i + 4] != _SPACE or text[i + 3] == _SPACE):
            out.append(_SPACE)
    return bytes(out)


def fold(raw: bytes) -> tuple:
    """(folded, numbers): UTF-8 `raw` with width, case, accents, invisible marks, separators, repeats and leet undone.

    `numbers` says whether there were digits or an `@`, which personal data may consist of.

    Signs between Chinese characters vanish, and `u` is `you`. A repeated letter
    counts once (`stuuupid`, `kil`: terms are written so).
    """
    out = bytearray()
    end = len(raw)
    i = 0
    last = _SPACE
    gap = False
    singles = 0  # how many words of one letter stand in a row, the last one open
    apart = numbers = False
    while i < end:
        code = raw[i]
        if 0xE4 <= code <= 0xE9:
            if _SPACE < last < _CHINESE:
                out.append(_SPACE)
            start = i
            while i < end and 0xE4 <= raw[i] <= 0xE9:
                if _VARIANT_LEADS[raw[i] * 64 + raw[i + 1] - _FIRST]:
                    at = _VARIANTS.find(raw[i : i + 3])
                    if at >= 0:
                        out.extend(raw[start:i])
                        out.extend(_SETTLED[at : at + 3])
                        start = i + 3
                i += 3
            out.extend(raw[start:i])
            last = _CHINESE
            singles = 0
            continue
        if code < 0x80:
            i += 1
        else:
            code, size = character(raw, i)
            i += size
        if 65 <= code <= 90:
            code += 32
        elif not 97 <= code <= 122:
            if code == 39 or code == 96 or not code:  # apostrophes vanish: dont
                continue
            if code == 64 or 48 <= code <= 57:
                numbers = True
            if not gap and 97 <= last <= 122 and i < end and (_is_letter(raw[i]) or raw[i] == code != 33):
                at = _LEET_SIGNS.find(bytes((code,)))
                if at >= 0:
                    code = _LEET_LETTERS[at]
            if not (48 <= code <= 57 or 97 <= code <= 122):
                gap = True
                continue
        if gap or last == _CHINESE:
            if last != _SPACE:
                out.append(_SPACE)
            gap = False
            singles += 1
            if singles > 2:
                apart = True
        elif last != _SPACE:
            singles = 0
            if code == last and code > 57:
                continue
        else:
            singles = 1
        out.append(code)
        last = code
    folded = b" " + (_join_single(out) if apart else out) + b" "
    folded = folded.replace(b" u ", b" you ").replace(b" ur ", b" your ").replace(b" urself ", b" yourself ")
    return folded.strip(), numbers
