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

Folding writes repeated letters once (`kil`), drops apostrophes (`dont`), and reads you, she and it in Chinese as he.

The table is read in pieces, as all of it would be the largest object in the heap; where there is room, they are kept.
"""

from micropython import const

from firmware.loading import ROOMY

_FILE = __file__[: __file__.rfind("/") + 1] + "terms.txt"
_PIECE = const(512)  # bytes of the table at a time
_SPOTS = const(128)  # places of a message that are looked up in one reading of the table

_GAP = const(24)  # bytes that `.` in a term may stand for: eight Chinese characters
_NEAR = const(18)  # bytes before a term where `?` looks for the one who is meant
_DENIAL = const(13)  # bytes before a term where a denial counts

# Where a Chinese term stands in the table is told by its first two bytes (from E4 80 to E9 BF), after the 26 letters.
_CHINESE = const(0xE4 * 64 + 0x80 - 26)

_SOMEBODY = "他| you | your | youre | he | hes | she | shes | they ".encode()
_DENIALS = "不|别|没|dont |not |never |wont |isnt |arent |no ".encode()
_OBJECTS = "他|我|电|手机|圈".encode()

_kept: list = []  # the pieces


def _any(text: bytes, words: bytes, start: int, end: int) -> bool:
    for word in words.split(b"|"):
        if text.find(word, start, end) >= 0:
            return True
    return False


def _end(text: bytes, term: bytes, at: int) -> int:
    """The end of `term`, which may begin at `at`, or -1 where it does not stand there."""
    start = at
    for part in term.split(b"."):
        more = part[-1] == 42  # `*`
        if more:
            part = part[:-1]
        at = text.find(part, at, at + len(part) + (_GAP if at > start else 0))
        if at < 0:
            return -1
        at += len(part)
        if part[-1] < 0x80 and not more and at < len(text) and text[at] != 32:
            return -1
    return at


def _holds(text: bytes, start: int, end: int, condition: int) -> bool:
    """Whether the condition (see terms.py) of a term that stands from `start` to `end` is met."""
    if condition == 94:  # `^`
        return not start and end == len(text)
    if condition == 33:  # `!`
        return not _any(text, _OBJECTS, end, end + 6) and not _any(text, _DENIALS, max(0, start - 3), start)
    if _any(text, _DENIALS, max(0, start - _DENIAL), start):
        return False
    if condition == 126:  # `~`
        return True
    before = text[start - _NEAR : start] if start > _NEAR else b" " + text[:start]
    return _any(before, _SOMEBODY, 0, len(before))


def _read_pieces():
    """Yield the table in pieces of whole lines, each between line ends."""
    piece = b"\n"
    with open(_FILE, "rb") as stream:
        while True:
            more = stream.read(_PIECE)
            if not more:
                return
            piece += more
            end = piece.rfind(b"\n")
            yield piece[: end + 1]
            piece = piece[end:]


def _pieces():
    if not ROOMY:
        return _read_pieces()
    if not _kept:
        _kept.extend(_read_pieces())
    return _kept


def _place(text: bytes, at: int) -> int:
    """Where the term or word at `at` belongs in the order of the table."""
    return text[at] - 97 if text[at] < 0x80 else text[at] * 64 + text[at + 1] - _CHINESE


def _look_up(text: bytes, i: int, key: bytes, piece: bytes, found: list) -> None:
    """Add what the lines that begin with `key` find at `i`."""
    at = piece.find(key)
    while at >= 0:
        line = piece[at + 1 : piece.find(b"\n", at + 1)]
        equals = line.find(b"=")
        stop = _end(text, line[:equals], i)
        code = line[equals + 1 :]
        # A code once is enough, and keeps the list short whatever the message.
        if code not in found and stop >= 0 and (len(code) < 3 or _holds(text, i, stop, code[2])):
            found.append(code)
        at = piece.find(key, at + 1)


def _search(text: bytes, spots: list, found: list) -> None:
    """Look up the terms at these spots, each its place in the table << 13 and where it stands in the message."""
    spots.sort()
    first = 0
    for piece in _pieces():
        last = _place(piece, piece.rfind(b"\n", 0, len(piece) - 1) + 1)
        at = first
        while at < len(spots) and spots[at] >> 13 <= last:
            i = spots[at] & 0x1FFF
            stop = text.find(b" ", i) if text[i] < 0x80 else -1
            if stop < 0:
                stop = len(text)
            if stop - i < 5:  # a short word, or the last character
                _look_up(text, i, b"\n" + text[i:stop] + b"=", piece, found)
            if len(text) - i > 4:
                _look_up(text, i, b"\n" + text[i : i + 5], piece, found)
            at += 1
            if spots[at - 1] >> 13 < last:
                first = at  # the terms at `last` may go on in the next piece
        if first == len(spots):
            return


def find_terms(text: bytes) -> list:
    """The different codes (class letter, severity digit, condition) of the terms in a folded message."""
    found: list = []
    spots = []
    i = 0
    while i < len(text):
        if text[i] >= 97:
            spots.append(_place(text, i) << 13 | i)
            if len(spots) == _SPOTS:
                _search(text, spots, found)
                spots.clear()
        if text[i] >= 0x80:
            i += 3
        else:
            i = text.find(b" ", i) + 1 or len(text)
    _search(text, spots, found)
    return found
