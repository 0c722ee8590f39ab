"""Finding what gives someone away: numbers, addresses, plates, accounts and secrets (requirements H1 and H2).

A message becomes `cells`, one byte a character, so that positions stay those of the original text: ASCII in lower case
(full-width forms and Chinese digits too), 0 for what is invisible, and codes from 0x80 for Chinese characters.
"""

from micropython import const

from firmware.text import MAX_SPANS
from firmware.text.fold import character

# Chinese characters with a code of their own, 0x80 and up, in groups; every other one is 0xFF.
_MARKS = (
    "省市区县镇乡州旗"  # administrative names end so
    "路街巷弄"  # roads
    "村苑寓厦"  # estates
    "园道"  # an estate or a road after the right character only
    "小花家大"
    "号栋幢楼室层座单"  # what is numbered
    "在是住到去址我你他的"  # no part of a name, from here on
    "为码加了改成设就"
    "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
).encode()
_ROAD = const(0x88)
_GARDEN = const(0x90)
_WAY = const(0x91)
_SMALL = const(0x92)
_BIG = const(0x95)
_NUMBERED = const(0x96)
_FLOOR = const(0x99)
_UNIT = const(0x9D)
_STOP = const(0x9E)
_IS = const(0x9F)
_AS = const(0xA8)
_PROVINCE = const(0xB0)
_OTHER = const(0xFF)
_TENS = const(1)  # ten, hundred, thousand

_DIGITS = "零一二三四五六七八九〇幺两壹贰叁肆伍陆柒捌玖".encode()
_DIGIT_VALUES = b"0123456789012123456789"
_TEN_SIGNS = "十百千".encode()

_STREETS = b" street st road rd avenue ave boulevard blvd "
_STREETS_IN_CAPITALS = b" lane ln drive dr court ct way place terrace close crescent "
_NO_NAMES = b" the a an to of in on at by my your this that down up and or more "

_ACCOUNTS = (
    "微信|威信|薇信|薇|v信|抖音号|快手号|小红书号|企鹅号|扣扣|wechat|weixin|wx|vx|qq|whatsapp|snapchat|snap|telegram|discord|"
    "instagram|insta|line id|skype|tiktok|kik|gamertag|username|user"
)
_SECRETS = "密码|口令|验证码|password|passcode|pwd|pin|pass is|code is"
# What opens with a code that may come some words later: `the keypad code for our building is 4471`.
_CHINESE_LOCKS = "门禁|门锁|密码锁|大门|单元门|家门|锁屏|保险柜|保险箱|手表解锁|手机解锁|平板解锁"
_LOCKS = b"door|keypad|the safe|safe code|alarm|padlock|lockbox|key box|key safe|garage|gate|building|buzzer"
_CODES = b"code|combo|combination| pin| its | it's | it is "
_PAPERS = "身份证|护照|学籍号|银行卡|卡号|passport|social security|ssn"
_PLATES = "车牌|licence plate|license plate|plate|reg"
# What is said before digits that are a telephone number.
_CALLS = b"phone|number|cell|call|text|ring|mobile|digits"
_PARCELS = b"order|parcel|delivery|tracking|ticket"  # have numbers, too
_FILLERS = b" id is my number no name "
# An address or a landline of one of these is nobody's, unless somebody is spoken of too.
_PUBLIC = (
    "图书馆|书店|书城|医院|商场|超市|餐厅|饭店|酒店|影院|博物馆|体育馆|体育场|少年宫|公园|银行|药店|车站|邮局|机构|门店|"
    "热线|客服|前台|服务台|管理处|咨询|售票|景区|派出所|消防|游泳馆|科技馆|快餐|肯德基|麦当劳|乐园|教室|停水|停电|"
    "照相馆|影楼|基地|故宫|剧场|剧院|美术馆|展览|菜市场|理发店|蛋糕店|奶茶店|"
    " front desk| helpline| hotline| reception| police| library| museum| shop| store| cinema| theatre| theater|"
    " hospital| clinic| restaurant| cafe| station| pool| stadium| centre| center| church| mosque| temple| pharmacy|"
    " bakery| gym| office| hotel| zoo| dentist| surgery| vet| chippy| pizza| takeaway| aquarium| arena| sports day|"
    " open day| bookshop| chemist| barber| salon| gallery"
).encode()
# A code that opens a part of a game is nobody's, either.
_GAMES = "密室|副本|彩蛋|房间号|房间密码|第一关|第二关|第三关| escape room| raffle| quiz| treasure| room code".encode()
_SOMEBODY = (
    "我|你|他|她|家|住| my | our | we | we'| i | i'| im | me | you| her | his | she| he | their | they| lives | live |"
    " home| house| flat | mum| mom| dad| nan| gran"
).encode()


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
                    if at >= 0:
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


def _add(found: list, kind: str, start: int, end: int) -> None:
    if len(found) < MAX_SPANS:
        found.append((kind, start, end))


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


def _is_free(digits: bytes, groups: list) -> bool:
    """Whether a call costs nothing: hotlines have such numbers (0800 1111, 1-800-555-0122, 1800 55 1800)."""
    if digits.startswith(b"080"):
        return True
    if digits[:4] in (b"1800", b"1300"):
        return len(digits) == 10 or len(groups[0][2]) == 1
    return digits[:3] in (b"800", b"888") and len(digits) == 10


def _is_local(cells: bytearray, digits: bytes, groups: list) -> bool:
    """Whether 7 to 11 digits are a telephone as it is written somewhere, where calling is spoken of."""
    start = groups[0][0]
    before = max(0, start - 32)
    if not _any(cells, _CALLS, before, start) or _any(cells, _PARCELS, before, start):
        return False
    first = len(groups[0][2])
    if len(digits) < 9:
        return len(groups) == 2 and len(groups[1][2]) == 4  # 555-0137, 5550 0137
    if len(groups) == 1:
        return digits[0] == 48
    return len(groups) < 5 and (first > 2 or digits[0] == 48) and len(groups[-1][2]) > 2


def _number_kind(cells: bytearray, groups: list) -> str:
    """The kind of the number that these groups (see _groups) make up together; empty for an ordinary one."""
    digits = b"".join([group[2] for group in groups])
    count = len(digits)
    parts = 1 if len(groups) == count else len(groups)  # digit by digit is as good as in one piece
    if not 7 <= count <= 19 or parts > 5:
        return ""
    if count < 12:
        if _is_free(digits, groups):
            return ""
        if _is_local(cells, digits, groups):
            return "phone"
    if count == 7:
        return ""
    after = _at(cells, groups[-1][1])
    last = digits[17] if count == 18 else after
    if (count == 18 or (count == 17 and after == 120)) and _resident_id(digits, last):
        return "id"
    mobile = digits[4:] if digits.startswith(b"0086") else digits[2:] if digits.startswith(b"86") else digits
    if len(mobile) == 11 and mobile[0] == 49 and mobile[1] > 50 and parts < 5:
        return "phone"
    if _at(cells, groups[0][0] - 1) == 43 and count < 16:  # +
        return "phone"
    if count == 11 and parts < 4 and (digits.startswith(b"07") or (parts > 1 and digits[:2] in (b"01", b"02"))):
        return "phone"  # in the United Kingdom a mobile; or a landline, in groups
    if parts == 2 and digits[0] == 48 and 2 < len(groups[0][2]) < 5 and 6 < len(groups[1][2]) < 9:
        return "phone"  # area code and number
    if parts == 3 and count == 10 and len(groups[2][2]) == 4 and _at(cells, groups[1][1]) == 45:
        return "phone"  # 555-010-9999
    if count > 12 and digits[0] in b"234569" and digits != digits[:1] * count and _luhn(digits):
        return "card"
    return ""


def _groups(cells: bytearray, i: int) -> list:
    """[(start, end, digits)] for the groups of digits from `i` on that at most two separators part."""
    groups = []
    digits = b""
    gap = 0
    while gap < 3 and len(groups) < 32:  # memory: no number has more
        code = _at(cells, i)
        if _is_digit(code):
            if not digits:
                start = i
            gap = 0
            digits += bytes((code,))
            end = i + 1
        elif code or i >= len(cells):
            if digits:
                groups.append((start, end, digits))
                digits = b""
            if code not in b" -._()/,":
                break
            gap += 1
        i += 1
    return groups


def _find_numbers(cells: bytearray, found: list) -> None:
    """Resident ids, phone numbers and cards, in one piece, in up to five groups, or digit by digit."""
    i = 0
    while i < len(cells):
        if not _is_digit(cells[i]):
            i += 1
            continue
        groups = _groups(cells, i)
        i = groups[-1][1]
        first = 0
        last = len(groups)
        while first < last:
            kind = _number_kind(cells, groups[first:last])
            if kind:
                end = groups[last - 1][1]
                _add(found, kind, groups[first][0], end + (kind == "id" and _at(cells, end) == 120))
                first = last
            elif last > first + 5:
                last = first + 5  # the longest first; no number has more groups
                continue
            elif last > first + 1:
                last -= 1
                continue
            else:
                first += 1
            last = min(first + 5, len(groups))


# Addresses


def _number_end(cells: bytearray, i: int) -> int:
    """The end of a house or room number at `i`: up to nine digits, tens and hyphens."""
    end = i
    code = cells[i]
    while end < i + 9 and (_is_digit(code) or code == _TENS or code == 45):
        end += 1
        code = _at(cells, end)
    return end


def _is_name(code: int) -> bool:
    return code >= 0x80 and not _STOP <= code < _PROVINCE


def _address_parts(cells: bytearray):
    """Yields (start, end, name weight, number weight): names that end in a mark, numbers with a unit or behind a part.

    Weights: district 1, road or estate 2; floor or bare number 1, house number 2, what only dwellings have 3.
    The last one lies behind the message.
    """
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
                    i += 1  # the second character of these two
            elif start == end and i - start > 1 and not _is_word(unit):
                weight = 1
            else:
                continue
            yield start, i, 0, weight
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
            yield start, i, 2 if code >= _ROAD or before == _SMALL else 1, 0
            end = i
    yield i + 2, 0, 0, 0


def _find_chinese_addresses(cells: bytearray, found: list) -> None:
    """Parts side by side are an address when they weigh 4, with a number, and a road, estate or dwelling among them.

    What has the same unit as the part before is a list (seats 5 and 6, houses 3 and 5) and weighs nothing.
    """
    start = end = -1
    names = numbers = best = unit = 0
    for part in _address_parts(cells):
        if start >= 0 and part[0] > end + 1:
            if best and names + numbers >= 4 and (names > 1 or best > 2):
                _add(found, "address", start, end)
            start = -1
        if start < 0:
            start = part[0]
            names = numbers = best = unit = 0
        end = part[1]
        names += part[2]
        before = unit
        unit = _at(cells, end - 1)
        if unit < 0x80 or unit != before:
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
                _add(found, "address", start, at)
                i = at
                break


def _has_chinese(text: str) -> bool:
    return any("\u3fff" < character < "\ua000" for character in text)


def _around(text: str, found: list) -> bytes:
    """The message without what was found in it: whoever lives in Station Road does not live in a station."""
    rest = " "
    at = 0
    for _, start, end in sorted(found, key=lambda span: span[1]):
        rest += text[at:start] + " "
        at = max(at, end)
    return (rest + text[at:]).lower().encode()


def _may_be_nobodys(kind: str, text: str, start: int, around: bytes) -> bool:
    """Whether what was found is a library's or a shop's, or the code of a game, where nobody is spoken of.

    A shop may have an address, or a number but a mobile's (in China 1..., else 07...).
    """
    places = _PUBLIC
    if kind == "secret":
        places = _GAMES
    elif kind == "phone":
        if text[start] not in "0234568" or (not _has_chinese(text) and text.startswith("07", start)):
            return False
    elif kind != "address":
        return False
    return _any(around, places, 0, len(around))


# Schools

_SCHOOLS = "小学|中学|学校|幼儿园|附小"
_NOT_IN_NAMES = "我你他她它在是读上叫于的们去到这那个所都和跟，。,.！!？?：:；; "
_CLASS_SIGNS = "0123456789一二三四五六七八九十)）]"
_ENGLISH_SCHOOLS = b" primary| elementary| academy| school| juniors| high"
_ENGLISH_CLASSES = b"year |grade|class |room "
_NAMED = b"name is |name's |called |i'm |i am |im "


def _any(text, words: bytes, start: int, end: int) -> bool:
    for word in words.split(b"|"):
        if text.find(word, start, end) >= 0:
            return True
    return False


def _find_chinese_schools(text: str, found: list) -> None:
    """A school with a name and, within ten characters, a class: who is in it is easily found."""
    for word in _SCHOOLS.split("|"):
        end = 0
        while True:
            at = text.find(word, end)
            if at < 0:
                break
            end = at + len(word)
            start = at
            while start > max(0, at - 6) and text[start - 1] not in _NOT_IN_NAMES:
                start -= 1
            last = text.find("班", end, end + 10)
            if at - start > 1 and last > 0 and text[last - 1] in _CLASS_SIGNS:
                _add(found, "school", start, last + 1)
                end = last


def _find_english_schools(text: str, cells: bytearray, found: list) -> None:
    """A capitalized name of a school in a message that also says a class, or a name."""
    for word in _ENGLISH_SCHOOLS.split(b"|"):
        at = cells.find(word)
        if at < 1:
            continue
        start = at
        while _is_word(_at(cells, start - 1)):
            start -= 1
        end = at + len(word)
        if start == at or not _is_capital(text, start) or not _is_capital(text, at + 1) or _is_word(_at(cells, end)):
            continue
        sign = _any(cells, _ENGLISH_CLASSES, max(0, start - 40), end + 24)
        for i in range(end, min(end + 16, len(cells) - 1)):
            sign = sign or (49 <= cells[i] <= 57 and 97 <= cells[i + 1] <= 102 and not _is_word(_at(cells, i + 2)))
        if sign or _any(cells, _NAMED, max(0, start - 40), start):
            _add(found, "school", start, end)


# Plates, accounts, secrets


def _find_plates(cells: bytearray, found: list) -> None:
    """A province, a letter, and five letters or digits (six for new-energy cars: GA 36-2018), none of them i or o."""
    for i in range(len(cells)):
        if not _PROVINCE <= cells[i] < _OTHER or not 97 <= _at(cells, i + 1) <= 122:
            continue
        at = i + 2
        if not _is_word(_at(cells, at)):
            at += 1  # a dot, hyphen or space
        end = _word_end(cells, at)
        plate = bytes(cells[at:end])
        letters = sum([code > 57 for code in plate])
        if 5 <= len(plate) <= 6 and letters < 3 and b"i" not in plate and b"o" not in plate:
            _add(found, "plate", i, end)


def _find_english_plates(text: str, cells: bytearray, found: list) -> None:
    """In capitals two letters, two digits and three letters, as in the United Kingdom: `AB12 CDE`."""
    for i in range(2, len(cells) - 4):
        if not _is_digit(cells[i]) or not _is_digit(cells[i + 1]) or _is_word(_at(cells, i - 3)):
            continue
        at = i + 2 + (cells[i + 2] == 32)
        if at + 3 > len(cells) or _is_word(_at(cells, at + 3)):
            continue
        for place in (i - 2, i - 1, at, at + 1, at + 2):
            if not _is_capital(text, place):
                break
        else:
            _add(found, "plate", i - 2, at + 3)


def _value_start(cells: bytearray, i: int) -> tuple:
    """(start, explicit) of what a keyword that ends at `i` announces: the first word that fills no gap; -1 for none.

    `explicit` says whether a colon, or a word for "is" or "number", came between.
    """
    explicit = False
    limit = min(i + 12, len(cells))
    while i < limit:
        code = cells[i]
        if _is_word(code):
            end = _word_end(cells, i)
            if not _among(cells[i:end], _FILLERS):
                return i, explicit
            i = end
            continue
        if code in (58, 61, _NUMBERED, _IS, _AS):
            explicit = True
        elif code and code not in b" -\"'#@" and not _STOP <= code < _PROVINCE:
            break
        i += 1
    return -1, False


def _find_announced(cells: bytearray, text: str, keywords: str, kind: str, shortest: int, found: list) -> None:
    """What follows one of the keywords and is no common word: it holds a digit, or was announced explicitly."""
    for word in keywords.split("|"):
        english = word < "\x7f"
        end = 0
        while True:
            at = cells.find(word.encode(), end) if english else text.find(word, end)
            if at < 0:
                break
            end = at + len(word)
            if english and (_is_word(_at(cells, at - 1)) or 97 <= _at(cells, end) <= 122):
                continue  # inside another word
            start, telling = _value_start(cells, end)
            stop = start
            while start >= 0 and 32 < _at(cells, stop) < 0x7F and cells[stop] not in b",;!?()":
                telling = telling or _is_digit(cells[stop])
                stop += 1
            if telling and stop - start >= shortest:
                _add(found, kind, start, stop)


def _run_of_digits(cells: bytearray, i: int) -> tuple:
    """(start, end) of four digits or more from `i` on, within 32 characters, parted by spaces and hyphens; 0, 0."""
    start = end = count = 0
    for at in range(i, min(i + 32, len(cells))):
        if _is_digit(cells[at]):
            start = start if count else at
            end = at + 1
            count += 1
        elif cells[at] not in b" -":
            if count > 3:
                break
            count = 0
    return (start, end) if count > 3 else (0, 0)


def _find_codes(text: str, cells: bytearray, found: list) -> None:
    """The code that opens a door, a safe or a watch, some words behind what says so."""
    places = [text.find(word) for word in _CHINESE_LOCKS.split("|")]
    if _any(cells, _LOCKS, 0, len(cells)):
        places += [cells.find(word) for word in _CODES.split(b"|")]
    for place in places:
        start, end = _run_of_digits(cells, place) if place >= 0 else (0, 0)
        if end:
            _add(found, "secret", start, end)
            return


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
            _add(found, "account", start, end)
        at = cells.find(b"@", end)


def find_personal_data(text: str, raw: bytes) -> list:
    """[(kind, start, end)] in order, without overlaps; positions are characters of `text`, `raw` is its UTF-8.

    Where two kinds overlap, the first found of id, phone and card, then address, plate, school, account, secret stays.
    At most MAX_SPANS are found.
    """
    cells = _make_cells(raw)
    found = []
    _find_numbers(cells, found)
    _find_chinese_addresses(cells, found)
    _find_english_addresses(text, cells, found)
    _find_plates(cells, found)
    _find_english_plates(text, cells, found)
    _find_announced(cells, text, _PLATES, "plate", 5, found)
    _find_announced(cells, text, _PAPERS, "id", 6, found)
    _find_chinese_schools(text, found)
    _find_english_schools(text, cells, found)
    _find_announced(cells, text, _ACCOUNTS, "account", 5, found)
    _find_announced(cells, text, _SECRETS, "secret", 4, found)
    _find_codes(text, cells, found)
    _find_mail(cells, found)
    if found:
        around = _around(text, found)
        if not _any(around, _SOMEBODY, 0, len(around)):
            found = [span for span in found if not _may_be_nobodys(span[0], text, span[1], around)]
    spans = []
    for span in found:
        if not any(span[1] < other[2] and other[1] < span[2] for other in spans):
            spans.append(span)
    spans.sort(key=lambda span: span[1])
    return spans
