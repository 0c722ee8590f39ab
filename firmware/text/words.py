"""Finding the terms of the term table (terms.py) in a folded message."""

from array import array

from micropython import const

from firmware.text.terms import TERMS

_TABLE = TERMS.encode()  # on MicroPython this shares the str's memory
_GAP = const(24)  # bytes that `.` in a term may stand for: eight Chinese characters
_NEAR = const(18)  # bytes before a term where `?` looks for the one who is meant
_DENIAL = const(13)  # bytes before a term where a denial counts

# A bucket is a part of the sorted table: one per letter, then one per two bytes that begin a Chinese character (from
# E4 80 to E9 BF).
_BUCKETS = const(26 + 6 * 64)
_CHINESE = const(0xE4 * 64 + 0x80 - 26)

_SOMEBODY = "他| you | your | youre | he | hes | she | shes | they ".encode()
_DENIALS = "不|别|没|dont |not |never |wont |isnt |arent |no ".encode()
_OBJECTS = "他|我|电|手机|圈".encode()


def _make_index() -> array:
    """Where each bucket begins in the table, and where the last one ends."""
    index = array("H", bytes(2 * (_BUCKETS + 1)))
    at = 1
    bucket = 0
    while at < len(_TABLE):
        first = _TABLE[at]
        here = first - 97 if first < 0x80 else first * 64 + _TABLE[at + 1] - _CHINESE
        while bucket <= here:
            index[bucket] = at - 1  # with the line end before its first term
            bucket += 1
        at = _TABLE.find(b"\n", at) + 1
    while bucket <= _BUCKETS:
        index[bucket] = len(_TABLE)
        bucket += 1
    return index


_INDEX = _make_index()


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


def _look_up(text: bytes, i: int, key: bytes, bucket: int, found: list) -> None:
    """Add what the lines that begin with `key` find at `i`."""
    end = _INDEX[bucket + 1] + 1
    at = _TABLE.find(key, _INDEX[bucket], end)
    while at >= 0:
        line = _TABLE[at + 1 : _TABLE.find(b"\n", at + 1)]
        equals = line.find(b"=")
        stop = _end(text, line[:equals], i)
        code = line[equals + 1 :]
        # A code once is enough, and keeps the list short whatever the message.
        if code not in found and stop >= 0 and (len(code) < 3 or _holds(text, i, stop, code[2])):
            found.append(code)
        at = _TABLE.find(key, at + 1, end)


def find_terms(text: bytes) -> list:
    """The different codes (class letter, severity digit, condition; see terms.py) of the terms in a folded message."""
    found = []
    end = len(text)
    i = 0
    while i < end:
        first = text[i]
        if first >= 0x80:
            bucket = first * 64 + text[i + 1] - _CHINESE
            if _INDEX[bucket] != _INDEX[bucket + 1]:
                _look_up(text, i, b"\n" + (text[i : i + 5] if i + 3 < end else text[i:] + b"="), bucket, found)
            i += 3
            continue
        stop = text.find(b" ", i)
        if stop < 0:
            stop = end
        if first >= 97:
            bucket = first - 97
            if stop - i < 5:
                _look_up(text, i, b"\n" + text[i:stop] + b"=", bucket, found)
            if end - i > 4:
                _look_up(text, i, b"\n" + text[i : i + 5], bucket, found)
        i = stop + 1
    return found
