"""Finding what gives someone away: numbers, addresses, plates, accounts and secrets (requirements H1 and H2).

A message becomes `cells`, one byte a character, so that positions stay those of the original text: ASCII in lower case
(full-width forms and Chinese digits too), 0 for what is invisible, and codes from 0x80 for Chinese characters.
"""

from firmware.text.fold import character
from micropython import const

# Chinese characters with a code of their own, 0x80 and up, in groups; every other one is 0xFF.
_MARKS = (
    "省市区县镇乡州旗"              # administrative names end so
    "路街巷弄"                      # roads
    "村苑寓厦"                      # estates
    "园道"                          # an estate or a road after the right character only
    "小花家大"
    "号栋幢楼室层座单"              # what is numbered
    "在是住到去址我你他的"          # no part of a name, from here on
    "为号码加了改成设就"
    "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
).encode()
_ROAD = const(0x88)
_ESTATE = const(0x8C)
_GARDEN = const(0x90)
_WAY = const(0x91)
_SMALL = const(0x92)
_BIG = const(0x95)
_NUMBERED = const(0x96)
_FLOOR = const(0x99)
_UNIT = const(0x9D)
_STOP = const(0x9E)
_IS = const(0x9F)
_PROVINCE = const(0xB1)
_OTHER = const(0xFF)
_TENS = const(1)                # ten, hundred, thousand

_DIGITS = "零一二三四五六七八九〇幺两".encode()
_DIGIT_VALUES = b"0123456789012"
_TEN_SIGNS = "十百千".encode()

_STREETS = b" street st road rd avenue ave boulevard blvd "
_STREETS_IN_CAPITALS = b" lane ln drive dr court ct way place terrace close crescent "
_NO_NAMES = b" the a an to of in on at by my your this that down up and or more "

_ACCOUNTS = (
    "微信|威信|薇信|抖音号|快手号|小红书号|企鹅号|wechat|weixin|wx|vx|qq|whatsapp|snapchat|snap|telegram|discord|instagram|insta|"
    "line id|skype|tiktok"
)
_SECRETS = "密码|口令|验证码|password|passcode|pwd|pin|code is"
_FILLERS = b" id is my number no "


def _make_cells(raw: bytes) -> bytearray:
    cells = bytearray()
    i = 0
    while i < len(raw):
        code = raw[i]
        size = 1
        if code >= 0x80:
            code, size = character(raw, i)
            if size == 3 and code == 32 and 0xE3 <= raw[i] <= 0xE9:
                key = raw[i : i + 3]
                code = _OTHER if raw[i] > 0xE3 else 32
                for table, first in ((_MARKS, 0x80), (_DIGITS, 0), (_TEN_SIGNS, -1)):
                    at = table.find(key)
                    if at >= 0 and at % 3 == 0:
                        at //= 3
                        code = first + at if first > 0 else _TENS if first else _DIGIT_VALUES[at]
                        break
        elif code < 32:
            code = 32
        if 65 <= code <= 90:
            code += 32
        cells.append(code)
        i += size
    return cells


def _is_digit(code: int) -> bool:
    return 48 <= code <= 57


def _is_word(code: int) -> bool:
    return 48 <= code <= 57 or 97 <= code <= 122


def _among(word: bytes, words: bytes) -> bool:
    return words.find(b" " + word + b" ") >= 0


def _at(cells: bytearray, i: int) -> int:
    """The cell at `i`, a space outside."""
    return cells[i] if 0 <= i < len(cells) else 32


# Numbers


def _luhn(digits: bytes) -> bool:
    total = 0
    for i in range(len(digits)):
        value = digits[-1 - i] - 48
        if i & 1:
            value = value * 2 - 9 if value > 4 else value * 2
        total += value
    return total % 10 == 0


def _resident_id(digits: bytes, last: int) -> bool:
    """GB 11643: 17 digits with a plausible birth date, and the check character (ISO 7064 MOD 11-2)."""
    total = 0
    weight = 1
    for i in range(17):
        weight = weight * 2 % 11
        total += (digits[16 - i] - 48) * weight
    year = int(digits[6:10])
    month = int(digits[10:12])
    day = int(digits[12:14])
    return (
        digits[0] != 48
        and 1900 <= year <= 2050
        and 1 <= month <= 12
        and 1 <= day <= (29 if month == 2 else 30 if month in (4, 6, 9, 11) else 31)
        and b"10x98765432"[total % 11] == last
    )


def _number_kind(digits: bytes, sizes: list, plus: bool, after: int) -> str:
    """The kind of a number in groups of `sizes` digits; `after` is the cell that follows. Empty for an ordinary number."""
    count = len(digits)
    if len(sizes) > 5 and max(sizes) > 1:
        return ""                                               # a list of numbers
    if count == 18 and _resident_id(digits, digits[17]) or count == 17 and after == 120 and _resident_id(digits, after):
        return "id"
    mobile = digits[4:] if digits.startswith(b"0086") else digits[2:] if digits.startswith(b"86") else digits
    if len(mobile) == 11 and mobile[0] == 49 and mobile[1] > 50 and len(sizes) != 5:
        return "phone"
    if plus and 8 <= count <= 15 or sizes == [3, 3, 4]:
        return "phone"
    if 13 <= count <= 19 and digits[0] in b"234569" and digits != digits[:1] * count and _luhn(digits):
        return "card"
    return ""


def _groups(cells: bytearray, i: int) -> list:
    """[(start, end, digits)] for the groups of digits from `i` on that at most two separators part, 19 groups at most."""
    groups = []
    start = i
    digits = b""
    gap = 0
    while gap < 3 and len(groups) < 19:
        code = _at(cells, i)
        if _is_digit(code):
            if gap:
                start = i
                gap = 0
            digits += bytes((code,))
            end = i + 1
        elif code or i >= len(cells):
            if digits:
                groups.append((start, end, digits))
                digits = b""
            if i >= len(cells) or code not in b" -._()/,":
                break
            gap += 1
        i += 1
    return groups


def _find_numbers(cells: bytearray, found: list) -> None:
    i = 0
    while i < len(cells):
        if not _is_digit(cells[i]):
            i += 1
            continue
        groups = _groups(cells, i)
        first = 0
        while first < len(groups):
            kind = ""
            last = len(groups)
            while last > first and not kind:                    # the longest number first
                digits = b"".join([group[2] for group in groups[first:last]])
                start = groups[first][0]
                end = groups[last - 1][1]
                if len(digits) < 20:
                    kind = _number_kind(
                        digits, [len(group[2]) for group in groups[first:last]], _at(cells, start - 1) == 43, _at(cells, end)
                    )
                last -= 1
            if kind:
                found.append((kind, start, end + (kind == "id" and len(digits) == 17)))
            first = last + 1 if kind else first + 1
        i = groups[-1][1]


# Addresses


def _number_end(cells: bytearray, i: int) -> int:
    """The end of a house or room number at `i`: up to nine digits, tens and hyphens."""
    end = i
    while end < i + 9 and (_is_digit(_at(cells, end)) or _at(cells, end) == _TENS or (_at(cells, end) == 45 and end > i)):
        end += 1
    return end


def _is_name(code: int) -> bool:
    return code >= 0x80 and not _STOP <= code < _PROVINCE


def _address_parts(cells: bytearray) -> list:
    """[(start, end, name weight, number weight)]: names that end in a mark, numbers with a unit or right behind a part.

    Weights: district 1, road or estate 2; floor or bare number 1, house number 2, what only dwellings have 3.
    """
    parts = []
    end = 0
    i = 0
    while i < len(cells):
        code = cells[i]
        start = i
        i += 1
        if _is_digit(code):
            i = _number_end(cells, start)
            unit = _at(cells, i)
            if _NUMBERED <= unit <= _UNIT:
                i += 1
                weight = 1 if unit == _FLOOR or unit == _FLOOR + 2 else 3
                if unit == _NUMBERED:
                    weight = 3 if _at(cells, i) == _FLOOR else 2
                if unit == _UNIT or (unit == _NUMBERED and weight == 3):
                    i += 1                                      # the second character of these two
            elif start == end and i - start > 1 and not _is_word(unit):
                weight = 1
            else:
                continue
            parts.append((start, i, 0, weight))
            end = i
        elif 0x80 <= code <= _WAY:
            before = _at(cells, start - 1)
            if (
                not _is_name(before)
                or start == end
                or (code == _GARDEN and before not in (_SMALL + 1, _SMALL + 2))
                or (code == _WAY and before not in (_BIG, _ROAD + 1))
            ):
                continue
            while start > max(end, i - 7) and _is_name(_at(cells, start - 1)):
                start -= 1
            parts.append((start, i, 2 if code >= _ROAD or before == _SMALL else 1, 0))
            end = i
    return parts


def _find_chinese_addresses(cells: bytearray, found: list) -> None:
    """Parts side by side make an address when they weigh 4, with a number, and a road, an estate or a dwelling among them."""
    start = end = -1
    names = numbers = best = 0
    for part in _address_parts(cells) + [(len(cells) + 2, 0, 0, 0)]:
        if start >= 0 and part[0] > end + 1:
            if best and names + numbers >= 4 and (names > 1 or best > 2):
                found.append(("address", start, end))
            start = -1
        if start < 0:
            start = part[0]
            names = numbers = best = 0
        end = part[1]
        names += part[2]
        numbers += part[3]
        best = max(best, part[3])


def _word_end(cells: bytearray, i: int) -> int:
    while _is_word(_at(cells, i)):
        i += 1
    return i


def _is_capital(text: str, i: int) -> bool:
    return "A" <= text[i] <= "Z"


def _find_english_addresses(text: str, cells: bytearray, found: list) -> None:
    """A number of up to five digits, one to three words and a word for a road: `12 Oak Street`."""
    i = 0
    while i < len(cells):
        start = i
        i = _word_end(cells, i)
        if i == start or not _is_digit(cells[start]) or i - start > 5:
            i += i == start
            continue
        at = i
        capitals = True
        for count in range(4):
            begin = at + 1
            at = _word_end(cells, begin)
            if at == begin or _at(cells, begin - 1) != 32 or _is_digit(cells[begin]):
                break
            capitals = capitals and _is_capital(text, begin)
            word = cells[begin:at]
            if _among(word, _NO_NAMES):
                break
            if count and (_among(word, _STREETS) or (capitals and _among(word, _STREETS_IN_CAPITALS))):
                found.append(("address", start, at))
                i = at
                break


# Plates, accounts, secrets


def _find_plates(cells: bytearray, found: list) -> None:
    """A province, a letter, and five letters or digits (six for new-energy cars: GA 36-2018), none of them i or o."""
    for i in range(len(cells)):
        if not _PROVINCE <= cells[i] < _OTHER or not 97 <= _at(cells, i + 1) <= 122:
            continue
        at = i + 2
        if not _is_word(_at(cells, at)):
            at += 1                                             # a dot, hyphen or space
        end = _word_end(cells, at)
        plate = bytes(cells[at:end])
        digits = sum([_is_digit(code) for code in plate])
        if 5 <= len(plate) <= 6 and digits >= len(plate) - 3 + len(plate) % 2 and b"i" not in plate and b"o" not in plate:
            found.append(("plate", i, end))


def _value_start(cells: bytearray, i: int) -> tuple:
    """(start, explicit) of what a keyword that ends at `i` announces; explicit: `is`, `:` or an id was said. (-1, False): nothing."""
    explicit = False
    limit = i + 12
    while i < limit and i < len(cells):
        code = cells[i]
        if _is_word(code):
            end = _word_end(cells, i)
            if not _among(cells[i:end], _FILLERS):
                return i, explicit
            explicit = True
            i = end
            continue
        if code in b":=" or code in (_NUMBERED, _IS, _IS + 8):
            explicit = True
        elif code and code not in b" -\"'#" and not _STOP <= code < _PROVINCE:
            break
        i += 1
    return -1, False


def _find_announced(cells: bytearray, text: str, keywords: str, kind: str, found: list) -> None:
    """What follows a keyword: an account id (five characters or more), or a secret (four)."""
    for word in keywords.split("|"):
        ascii_word = word < "\x7f"
        at = cells.find(word.encode()) if ascii_word else text.find(word)
        while at >= 0:
            end = at + len(word)
            start, explicit = _value_start(cells, end)
            if start > 0 and (not ascii_word or start > end or not 97 <= _at(cells, start) <= 122) and not (ascii_word and _is_word(_at(cells, at - 1))):
                stop = start
                digits = 0
                while 32 < _at(cells, stop) < 0x7F and _at(cells, stop) not in b",;!?()":
                    digits += _is_digit(cells[stop])
                    stop += 1
                if stop - start > (4 if kind == "account" else 3) and (digits or (explicit and not ascii_word)):
                    found.append((kind, start, stop))
            at = cells.find(word.encode(), end) if ascii_word else text.find(word, end)


def _find_mail(cells: bytearray, found: list) -> None:
    at = cells.find(b"@")
    while at >= 0:
        start = at
        while _is_word(_at(cells, start - 1)) or _at(cells, start - 1) in b"._-+":
            start -= 1
        end = at + 1
        while _is_word(_at(cells, end)) or _at(cells, end) in b".-":
            end += 1
        if start < at and b"." in cells[at + 1 : end - 1]:
            found.append(("account", start, end))
        at = cells.find(b"@", end)


def find_personal_data(text: str, raw: bytes) -> list:
    """[(kind, start, end)] in order, without overlaps; positions are characters of `text`, `raw` is its UTF-8.

    Where two kinds overlap, the first found of id, phone and card, then address, plate, account and secret stays.
    """
    cells = _make_cells(raw)
    found = []
    _find_numbers(cells, found)
    _find_chinese_addresses(cells, found)
    _find_english_addresses(text, cells, found)
    _find_plates(cells, found)
    _find_announced(cells, text, _ACCOUNTS, "account", found)
    _find_announced(cells, text, _SECRETS, "secret", found)
    _find_mail(cells, found)
    spans = []
    for span in found:
        if not any([span[1] < other[2] and other[1] < span[2] for other in spans]):
            spans.append(span)
    spans.sort(key=lambda span: span[1])
    return spans
