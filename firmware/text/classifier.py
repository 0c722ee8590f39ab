"""A linear classifier over hashed n-grams: how much a folded message (fold.py) reads like known harm.

Tokens are Chinese characters and words of `a-z0-9`. Features are one token, two in a row, a word with the token before
the last one, a word's first four letters, and the message's signs; each counts once a message. The edges of the message
are tokens, too, beside its first and its last: "you" alone is not what it is among others. Digits count as one letter:
only their shape is seen.

A feature's hash, its key, has 22 bits. The upper 8 are its mark, which tells it from others in the same slot. The upper
10 are its group; the lower 14, XORed with the group's move, are its slot in the table. The moves are chosen so that
features that matter get in each other's way least (hash and displace: Belazzougui, Botelho and Dietzfelbinger, 2009).
The slot's code names a row of the book: its weights for the four outputs. The last codes, a quarter each for the first
to the fourth token of a term of terms.txt, are those of features that tell of one: terms are looked for at these places
only. All arithmetic is on whole numbers below 2 ** 30, so both runtimes get the same sums.

model.bin (host_tools/train writes it; see docs/model-card.md), numbers little-endian:

    0    4   "WWM5"
    4    2   version of the feature library (requirement F2)
    6    8   first bytes of the SHA-256 of the training data
    14   8   the same of the code that trained it
    22   2   slots, a power of two of at most 16384
    24   1   codes, less one
    25   1   the first code of features that tell of a term
    26   64  for Chinese, then English messages, for hurt (abuse among adults), bully, stranger and doxx (what children
             meet): start of the sum, the sum from which it counts, the sum below which it is clearly not, 0; i16 each
    90       the book: for each output a byte a code, the weight plus 128
             then for each of the 1,024 groups its move; u16
             then a byte a slot, the mark of its feature, and a byte a slot, its code

Where there is room the tables are kept in blocks of at most 16 KB and a message allocates nothing; elsewhere the file
is read through, half a kilobyte at a time, for each message.
"""

import io
from array import array

from micropython import const

from firmware.loading import ROOMY

_FILE = __file__[: __file__.rfind("/") + 1] + "model.bin"
_HEAD = const(90)
_PIECE = const(512)  # bytes read at a time
_BATCH = const(128)  # features looked up together where there is little room: their number has 7 bits
_UR = const(0x115B)  # the hashes of two words
_URSELF = const(0x2D6D11)
_EDGE = const(0x155555)  # the token beside the first and the last one
_MIX = const(509)  # as in fold.py
_AT = const(128)
_ONE_DIGIT = const(1024)
_NOTHING = const(0x20004000)  # two sums of 15 bits, each of up to 64 weights, that are 0
_BITS = const(0x3FFFFF)
_MOST_SLOTS = const(16384)
GROUPS = const(1024)
_END = const(0xFF)  # as in fold.py
_CHINESE = const(512)

HURT, BULLY, STRANGER, DOXX = range(4)
OUTPUTS = 4

head = bytearray(_HEAD)
book = bytearray(0)
# By group its move, with the mark in the upper bits, which so leave the key and a slot is left.
_moves = array("i", bytes(4 * GROUPS if ROOMY else 0))
_marks = bytearray(0)
_codes = bytearray(0)
_hits = array("H", bytes(4096)) if ROOMY else array("I", bytes(4 * 128))
_places = array("h", bytes(2 * len(_hits)))  # the token in which the feature begins
_limits: list = []  # for each script, of each output (start, counts, clears: as in the head; its two bits of `score`)
sums = array("i", bytes(4 * OUTPUTS))  # of the last message, by output
spots = array("H", bytes(1024 if ROOMY else 256))  # the tokens of the last message at which terms may begin, and ...
spotted = 0  # ... how many they are
EVERYWHERE = -1
NOT_PLAIN = -1
_seen = bytearray(0)  # by slot the last message in which it counted, up to 255; a bit where there is no room
_message = 255
_pairs: list = []  # by code the weights for the first two outputs, and for the others, as one number
_zeros = io.BytesIO(b"")  # clears _seen without a loop or an allocation

if ROOMY:
    from firmware.text import fold

    _table = fold.ASCII
    _varies = fold.MAY_VARY
    _character = fold.plain
    _settled = fold.settled()
else:  # what it gets is folded
    _table = bytearray(range(128))
    _varies = bytearray(509)
    _settled = {}

    def _character(code: int) -> int:
        return 32


class BadModel(OSError):
    """model.bin is not what this code reads."""


def number(at: int) -> int:
    """The signed number at byte `at` of the head."""
    value = head[at] | head[at + 1] << 8
    return value - 65536 if value > 32767 else value


def limit(chinese: bool, output: int) -> int:
    """The sum from which this output counts."""
    return number((26 if chinese else 58) + 8 * output + 2)


def _load() -> None:
    """Read head and book, and the tables where there is room."""
    global book, _marks, _codes, _seen, _zeros
    with open(_FILE, "rb") as stream:
        stream.readinto(head)
        if head[:4] != b"WWM5":
            head[0] = 0
            raise BadModel(22)
        _limits.clear()
        for script in range(2):
            row = []
            for i in range(OUTPUTS):
                at = 26 + 32 * script + 8 * i
                row.append((number(at), number(at + 2), number(at + 4), 1 << i, 16 << i))
            _limits.append(row)
        slots = number(22)
        book = stream.read((head[24] + 1) * OUTPUTS)
        if ROOMY:
            moves = stream.read(2 * GROUPS)
            for group in range(GROUPS):
                _moves[group] = group >> 2 << 14 | moves[2 * group] | moves[2 * group + 1] << 8
            codes = head[24] + 1
            _pairs.clear()
            for at in (0, 2 * codes):
                pairs = array("i")
                for i in range(at, at + codes):
                    pairs.append(book[i] - 128 + (book[codes + i] - 128 << 15))
                _pairs.append(pairs)
            repeated = _MOST_SLOTS // slots  # the tables of the small variant
            _marks = stream.read(slots) * repeated
            _codes = stream.read(slots) * repeated
            _seen = bytearray(_MOST_SLOTS)
            _zeros = io.BytesIO(bytes(_MOST_SLOTS))
        else:
            _seen = bytearray(slots >> 3)


def _count(code: int) -> None:
    """Add the weights of this code."""
    codes = head[24] + 1
    for i in range(OUTPUTS):
        sums[i] += book[codes * i + code] - 128


def _may_begin(place: int, code: int) -> None:
    """Note where a term may begin, of which the feature with this code tells that begins at token `place`."""
    global spotted
    first = head[25]
    place -= (code - first) * 4 // (head[24] + 1 - first)
    if place < 0:
        return
    if spotted == len(spots):
        spotted = EVERYWHERE
    elif spotted != EVERYWHERE:
        spots[spotted] = place
        spotted += 1


def _look_up(count: int) -> None:
    """Count the first `count` hits, from the kept tables. What `_count` does is written out: a call takes as long."""
    i = slot = code = first = second = start = stop = 0
    hits = _hits
    codes = _codes
    seen = _seen
    message = _message
    terms = head[25]
    one = _pairs[0]
    two = _pairs[1]
    totals = sums
    while stop < count:
        start = stop
        stop = min(start + 64, count)
        first = second = _NOTHING
        for i in range(start, stop):
            slot = hits[i]
            code = codes[slot]
            if code >= terms:
                _may_begin(_places[i], code)
            if seen[slot] != message:
                seen[slot] = message
                first += one[code]
                second += two[code]
        totals[0] += (first & 0x7FFF) - 0x4000
        totals[1] += (first >> 15) - 0x4000
        totals[2] += (second & 0x7FFF) - 0x4000
        totals[3] += (second >> 15) - 0x4000


class _Any:
    """Stands for marks that know every feature: what was found is looked up in the file afterwards."""

    def __getitem__(self, slot: int):
        return self

    def __eq__(self, other) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]


class _Nowhere:
    """Stands for moves that leave every key as it is."""

    def __getitem__(self, group: int) -> int:
        return 0


any_marks = _Any()
no_moves = _Nowhere()


def _values(stream, at: int, width: int, wanted: list, shift: int):
    """Yield each of `wanted` with its value in the table at byte `at` of the file, whose values have `width` bytes.

    `wanted >> shift` is where in the table a value stands; they are sorted.
    """
    stream.seek(at)
    start = 0
    piece = b""
    for one in wanted:
        place = (one >> shift) * width
        while place >= start + len(piece):
            start += len(piece)
            piece = stream.read(_PIECE)
            if not piece:
                raise BadModel(22)
        value = piece[place - start]
        yield one, value if width == 1 else value | piece[place - start + 1] << 8


def _look_up_in_file(count: int) -> None:
    """The same from the file, in the order in which it lies there; the hits are whole keys."""
    slots = number(22)
    begins = []
    at = _HEAD + len(book)
    wanted = []  # key << 7 | number of the hit
    for i in range(count):
        wanted.append(_hits[i] << 7 | i)
    wanted.sort()
    with open(_FILE, "rb") as stream:
        moved = []  # slot << 15 | mark << 7 | number of the hit
        for one, move in _values(stream, at, 2, wanted, 19):
            slot = (one >> 7 ^ move) & slots - 1
            moved.append(slot << 15 | one >> 21 << 7 | one & 127)
        moved.sort()
        known = []
        for one, mark in _values(stream, at + 2 * GROUPS, 1, moved, 15):
            if mark == one >> 7 & 255:
                known.append(one)
        for one, code in _values(stream, at + 2 * GROUPS + slots, 1, known, 15):
            if code >= head[25]:
                begins.append((one & 127, code))
            slot = one >> 15
            if not _seen[slot >> 3] & 1 << (slot & 7):
                _seen[slot >> 3] |= 1 << (slot & 7)
                _count(code)
    for i, code in begins:
        _may_begin(_places[i], code)


def find(raw: bytes, marks, moves, hits: array, places: array, full, signs: int, folded: bool) -> int:
    """Put the slots of a message's features that the model knows into `hits`, and in which token each begins.

    `raw` is UTF-8 with a space behind it; what follows END is ignored. Where `folded`, it is what `fold_into` wrote,
    and `signs` what that returned. Else it is read as if it had been folded; NOT_PLAIN where this takes more than a
    look at one character. Whenever `hits` is full, `full(count)` is called. Returns how many hits are left << 10,
    and signs.

    `moves` has the move of each group (see `_moves`), `marks` the marks of the features that are known.
    """
    # What is used most comes first: MicroPython reaches 16 names faster than the rest.
    b = c = token = last = size = code = key = slot = 0
    table = _table
    varies = _varies
    n = left = earlier = chinese = tokens = singles = held = 0
    most = len(hits) - 16
    before = _EDGE
    for b in raw:
        if b < 0x80:
            c = table[b]
            if c > 96:
                if c != last:
                    last = c
                    token = token * 37 + c & _BITS
                    size += 1
                    if size == 4:
                        key = token * 227
                        key = (key ^ key >> 11) & _BITS
                        slot = key ^ moves[key >> 12]
                        if marks[slot] == key >> 14:
                            hits[n] = slot
                            places[n] = tokens
                            n += 1
                continue
            if c > 32:
                if 48 <= c <= 57:
                    if not folded:
                        if last > 96:
                            return NOT_PLAIN
                        signs += _ONE_DIGIT
                    last = c
                    token = token * 37 + 123 & _BITS
                    size += 1
                    continue
                if c == 63:
                    signs |= 2
                elif c == 33:
                    signs |= 4
                    if size:
                        if held:
                            return NOT_PLAIN
                        held = 2
                else:
                    if last > 96:
                        return NOT_PLAIN
                    if c == 64:
                        signs |= _AT
            elif not c:
                continue
            if not size:
                held = 0
                continue
        elif b < 0xC0:
            code = code << 6 | b & 63
            if code < 0x400:  # a character of three bytes is on its way
                continue
            if code > 0x3FFF and code < 0xA000:  # a Chinese character: only its last byte brings it here
                if varies[code % _MIX]:
                    code = _settled.get(code, code)
                token = code * 26153
            else:
                left -= 1
                if left:
                    continue
                c = _character(code & 0x1FFFFF)
                if c > 200:
                    signs |= 4 << c - 200
                elif c == 33:
                    signs |= 4
                    if size:
                        if held:
                            return NOT_PLAIN
                        held = 2
                elif c == 63:
                    signs |= 2
                elif not c:
                    continue
                elif c != 32 and c != 200:
                    return NOT_PLAIN
                if not size:
                    held = 0
                    continue
        elif b > 0xE3 and b < 0xEA:
            code = b & 15
            chinese = _CHINESE
            if not size:
                held = 0
                continue
        elif b == _END:
            break
        else:
            left = 1
            if b < 0xE0:
                code = b & 31 | 0x8000  # here and below so large that on the way it passes for nothing else
            elif b < 0xF0:
                code = b & 15
            else:
                left = 3
                code = b & 0x37
            continue
        # A token is complete: a word, or a character.
        if size:
            if not folded:
                if size == 1:
                    singles += 1
                    if singles == 3 or token == 117:
                        return NOT_PLAIN
                else:
                    singles = 0
                if held:
                    held -= 1
                    if not held:
                        return NOT_PLAIN
                if size == 2 and token == _UR:
                    return NOT_PLAIN
                if size == 6 and token == _URSELF:
                    return NOT_PLAIN
            token *= 205
            token = (token ^ token >> 11) & _BITS
            size = last = 0
            if tokens > 1:
                key = earlier * 3 + token & _BITS
                slot = key ^ moves[key >> 12]
                if marks[slot] == key >> 14:
                    hits[n] = slot
                    places[n] = tokens - 2
                    n += 1
        else:
            token = (token ^ token >> 11) & _BITS
        slot = token ^ moves[token >> 12]
        if marks[slot] == token >> 14:
            hits[n] = slot
            places[n] = tokens
            n += 1
        key = before * 5 + token & _BITS
        slot = key ^ moves[key >> 12]
        if marks[slot] == key >> 14:
            hits[n] = slot
            places[n] = tokens - 1
            n += 1
        earlier = before
        before = token
        token = 0
        tokens += 1
        if n > most:
            full(n)
            n = 0
    key = before * 5 + _EDGE & _BITS
    slot = key ^ moves[key >> 12]
    if marks[slot] == key >> 14:
        hits[n] = slot
        places[n] = tokens - 1
        n += 1
    signs |= chinese
    if signs >= _ONE_DIGIT:
        signs = signs & _ONE_DIGIT - 1 | (1 if signs < 7 * _ONE_DIGIT else 257)
    c = signs & 511
    key = 0x2A5A5
    while c:
        slot = key ^ moves[key >> 12]
        if c & 1 and marks[slot] == key >> 14:
            hits[n] = slot
            places[n] = tokens
            n += 1
        key = key + 0x31F1D & _BITS
        c >>= 1
    return n << 10 | signs


def score(raw: bytes, signs: int, folded: bool) -> int:
    """1 for hurt, 2 for bully, 4 for stranger, 8 for doxx, added up, of a message; and 16 times as much for what it
    clearly is not; << 10, and its signs. NOT_PLAIN for a message to be folded before. Parameters as of `find`.

    `sums` holds its sums, and the first `spotted` of `spots` the tokens at which terms may begin: EVERYWHERE if there
    was no room for them. OSError if the model cannot be read.
    """
    global _message, spotted
    if not head[0]:
        _load()
    totals = sums
    totals[0] = totals[1] = totals[2] = totals[3] = 0
    spotted = 0
    if ROOMY:
        _message += 1
        if _message > 255:
            _zeros.seek(0)
            _zeros.readinto(_seen)
            _message = 1
        left = find(raw, _marks, _moves, _hits, _places, _look_up, signs, folded)
        if left < 0:
            return left
        _look_up(left >> 10)
    else:
        for i in range(len(_seen)):
            _seen[i] = 0
        left = find(raw, any_marks, no_moves, _hits, _places, _look_up_in_file, signs, folded)
        if left < 0:
            return left
        if left >> 10:
            _look_up_in_file(left >> 10)
    found = i = 0
    for start, counts, clears, harm, calm in _limits[0 if left & _CHINESE else 1]:
        total = totals[i] + start
        totals[i] = total
        if total >= counts:
            found |= harm
        elif total < clears:
            found |= calm
        i += 1  # noqa: SIM113  enumerate allocates
    return found << 10 | left & 1023
