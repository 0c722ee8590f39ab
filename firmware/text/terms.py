"""Finding the terms of terms.txt: what is bullying, a threat and so on, in the folded spelling (fold.py), zh-CN and en.

One term a line, in code point order (or it would not be found):

    term=<class><severity><condition>

term       at least two Chinese characters (one with ^); neither `.` nor `*` among its first five bytes.
           `.` stands for up to eight characters in between; `*` at the end lets an English word go on.
class      b bullying, t threat, d doxxing, s stranger's request, c cry for help, p intimate; n (alone) asks to look
           for personal data.
severity   1 to 3.
condition  ? only of somebody (you, he, she stands shortly before), and not denied; ~ not denied (`don't ...`);
           ! not denied, nor followed by a pronoun or by what changes the sense (a telephone);
           ^ only as the whole message.

Bullying, doxxing and strangers' requests that stand shortly behind "he said", "they called me" and the like are
*reported*: children tell their parents and each other what was said. Not so where the writer said it or hides behind
all ("I said", "everyone says"); and a threat is one whoever tells of it. And who speaks ill of himself bullies nobody:
bullying shortly behind "I am" is none, unless somebody else is named in between.

Folding writes repeated letters once (`kil`), drops apostrophes (`dont`), and reads you, she and it in Chinese as he.

The classifier tells where terms may begin (classifier.py): nowhere in most messages. Where there is room the table is
kept, and nothing is allocated; elsewhere it is read through in pieces, as it would be the largest object in the heap.
"""

from array import array

from micropython import const

from firmware.loading import ROOMY

_FILE = __file__[: __file__.rfind("/") + 1] + "terms.txt"
_PIECE = const(512)  # bytes of the table at a time

LETTERS = b"btdscpn"  # the classes
# In what `find_terms` writes: where those that are reported begin, and where in the message the others do and end.
REPORTED = const(7)
FIRST = const(14)
LAST = const(15)
_COUNT = const(16)
FOUND = const(17)  # the numbers that it writes
EVERYWHERE = const(-1)
_BULLYING = const(0)  # the place of `b` in LETTERS
_REPORTABLE = b"bds"
_GAP = const(24)  # bytes that `.` in a term may stand for: eight Chinese characters
_NEAR = const(18)  # bytes before a term where `?` looks for the one who is meant
_DENIAL = const(13)  # bytes before a term where a denial counts
_REPORT = const(12)  # bytes before a term where one of _REPORTS or of _SELF tells whose words, or about whom, it is

_SOMEBODY = tuple("他| you | your | youre | he | hes | she | shes | they ".encode().split(b"|"))
_FIRST = tuple(b"you |your |youre |he |hes |she |shes |they ".split(b"|"))  # the same, at the start of a message
_DENIALS = tuple("不|别|没|dont |not |never |wont |isnt |arent |no ".encode().split(b"|"))
_OBJECTS = tuple("他|我|电|手机|圈".encode().split(b"|"))
_REPORTS = tuple(
    "说|骂|叫|有人| said | says | say | saying | told | wrote | typed | sent | caled ".encode().split(b"|")
)
_OWN = tuple(
    "我说|我是说|我骂|我叫|都|大家|全班|i said |i say |i told |i wrote |i typed |i sent |i caled |everyone |everybody |"
    "we ".encode().split(b"|")
)
_SELF = tuple("我是| im | i am ".encode().split(b"|"))
_FIRST_SELF = (b"im ", b"i am ")

_waiting = array("H", bytes(0 if ROOMY else 64))  # places of the message that are looked up in one reading of the table
_kept: list = []  # the table, where its lines begin, and the pairs of bytes with which they do


def _any(text: bytearray, words: tuple, start: int, end: int) -> bool:
    for word in words:
        if text.find(word, start, end) >= 0:
            return True
    return False


def _stands(text: bytearray, words: tuple, first: tuple, start: int, end: int) -> bool:
    """Whether one of `words` stands there, or the message begins there with one of `first`."""
    if _any(text, words, start, end):
        return True
    if not start:
        for word in first:
            if text.find(word, 0, end) == 0:
                return True
    return False


def _end(text: bytearray, n: int, table: bytes, at: int, i: int) -> int:
    """The end in `text[:n]` of the term, or rest of one, at `at` of the table, where it begins at `i`; -1 if not."""
    code = 0
    while True:
        before = code
        code = table[at]
        if code == 42:  # `*`
            at += 1
            code = table[at]
        elif (code == 46 or code == 61) and before < 0x80 and i < n and text[i] != 32:
            return -1  # the word goes on
        if code == 61:  # `=`
            return i
        if code == 46:  # `.`
            for gap in range(i, min(i + _GAP, n) + 1):
                end = _end(text, n, table, at + 1, gap)
                if end >= 0:
                    return end
            return -1
        if i >= n or text[i] != code:
            return -1
        at += 1
        i += 1


def _holds(text: bytearray, n: int, start: int, end: int, condition: int) -> bool:
    """Whether the condition (see above) of a term that stands from `start` to `end` is met."""
    if condition == 94:  # `^`
        return not start and end == n
    if condition == 33:  # `!`
        return not _any(text, _OBJECTS, end, min(end + 6, n)) and not _any(text, _DENIALS, max(0, start - 3), start)
    if _any(text, _DENIALS, max(0, start - _DENIAL), start):
        return False
    if condition == 126:  # `~`
        return True
    return _stands(text, _SOMEBODY, _FIRST, max(0, start - _NEAR), start)


def _is_reported(text: bytearray, start: int) -> bool:
    """Whether what stands at `start` is told of as said by somebody else."""
    near = max(0, start - _REPORT)
    return _any(text, _REPORTS, near, start) and not _any(text, _OWN, max(0, near - 3), start)


def _is_of_self(text: bytearray, start: int) -> bool:
    """Whether what stands at `start` is said of the writer himself."""
    near = max(0, start - _REPORT)
    return _stands(text, _SELF, _FIRST_SELF, near, start) and not _stands(text, _SOMEBODY, _FIRST, near, start)


def _try(text: bytearray, n: int, table: bytes, line: int, i: int, found: array) -> None:
    """Take into `found` what the line at `line` of the table finds at `i`."""
    end = _end(text, n, table, line, i)
    if end < 0:
        return
    at = table.find(b"=", line) + 1
    kind = 0
    while LETTERS[kind] != table[at]:  # `find` takes no number before MicroPython 1.26
        kind += 1
    if table[at + 1] >= 32 and table[at + 2] >= 32 and not _holds(text, n, i, end, table[at + 2]):
        return
    if kind == _BULLYING and _is_of_self(text, i):
        return
    found[_COUNT] += 1
    if table[at] in _REPORTABLE and _is_reported(text, i):
        kind += REPORTED
    else:
        found[FIRST] = min(found[FIRST], i)
        found[LAST] = max(found[LAST], end)
    found[kind] = max(found[kind], 1 if table[at] == 110 else table[at + 1] - 48)


def _pair(text: bytes, at: int) -> int:
    """The first two bytes; a word of one letter ends the same in a message and in the table."""
    second = text[at + 1]
    return text[at] << 8 | (61 if second == 32 else second)


def _search(text: bytearray, n: int, i: int, found: array) -> None:
    """Look up one place in the kept table: all lines that begin with its two bytes."""
    table, lines, pairs = _kept
    pair = _pair(text, i)
    low = 0
    high = len(lines)
    while low < high:
        middle = (low + high) >> 1
        if pairs[middle] < pair:
            low = middle + 1
        else:
            high = middle
    third = text[i + 2]
    while low < len(lines) and pairs[low] == pair:
        line = lines[low]
        if table[line + 2] == third or table[line + 2] == 61:
            _try(text, n, table, line, i, found)
        low += 1


def _keep() -> None:
    with open(_FILE, "rb") as stream:
        table = stream.read()
    lines = array("H")
    pairs = array("H")
    at = 0
    while at < len(table):
        lines.append(at)
        pairs.append(_pair(table, at))
        at = table.find(b"\n", at) + 1
    _kept.extend((table, lines, pairs))


def _search_file(text: bytearray, n: int, spots: array, count: int, found: array) -> None:
    piece = b""
    with open(_FILE, "rb") as stream:
        while True:
            more = stream.read(_PIECE)
            if not more:
                return
            piece += more
            last = piece.rfind(b"\n") + 1
            at = 0
            while at < last:
                pair = _pair(piece, at)
                for i in range(count):
                    if _pair(text, spots[i]) == pair:
                        _try(text, n, piece, at, spots[i], found)
                at = piece.find(b"\n", at) + 1
            piece = piece[last:]


def _next(spots: array, count: int, token: int) -> int:
    """The first of these tokens from `token` on; -1 if there is none."""
    if count == EVERYWHERE:
        return token
    least = -1
    for i in range(count):
        if spots[i] >= token and (least < 0 or spots[i] < least):
            least = spots[i]
    return least


def find_terms(text: bytearray, n: int, spots: array, count: int, found: array) -> int:
    """Put into `found`, which has FOUND numbers, by class of LETTERS the greatest severity of the terms in the folded
    message `text[:n]`; and from REPORTED on, by class again, that of those that are reported. In FIRST and LAST stand
    the bytes where the first of the others begins and the last one ends. Returns how many terms there are.

    Terms begin at those tokens that the first `count` of `spots` number, or at any where `count` is EVERYWHERE.
    """
    for i in range(len(found)):
        found[i] = 0
    found[FIRST] = n
    if ROOMY and not _kept:
        _keep()
    at = token = waiting = 0
    begins = _next(spots, count, 0)
    while at < n and begins >= 0:
        if token == begins:
            if ROOMY:
                _search(text, n, at, found)
            else:
                _waiting[waiting] = at
                waiting += 1
                if waiting == len(_waiting):
                    _search_file(text, n, _waiting, waiting, found)
                    waiting = 0
            begins = _next(spots, count, token + 1)
        token += 1
        at = at + 3 if text[at] >= 0x80 else text.find(b" ", at) + 1  # behind the message stands a space
        if at < n and text[at] == 32:
            at += 1
    if waiting:
        _search_file(text, n, _waiting, waiting, found)
    return found[_COUNT]
