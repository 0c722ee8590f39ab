"""A linear classifier over hashed n-grams: how much a folded message (fold.py) reads like known harm.

Tokens are Chinese characters and words of `a-z0-9`. Features are one token, two in a row, two with any one between
(so that one word spelled differently does not hide its neighbours), and four letters in a row inside a word with its
two spaces; each counts once a message. A feature's hash gives its slot in each table of model.bin, and 8 more bits,
the fingerprint, tell it from others with the same slot. All arithmetic is on whole numbers below 2 ** 30, so both
runtimes get the same sums.

model.bin (host_tools/train writes it; see docs/model-card.md), numbers little-endian:

    0    4   "WWM2"
    4    2   version of the feature library (requirement F2)
    6    8   first bytes of the SHA-256 of the training data
    14   8   the same of the code that trained it
    22   4   slots of the two tables, u16 each
    26   32  for Chinese, then English messages, for hurt, bully, stranger and doxx: start of the sum, and the sum from
             which it counts, i16 each
    58       the tables: per slot the fingerprint, then one weight (hurt: abuse among adults) or three (bully, stranger,
             doxx: what children meet), one byte each, 128 for none

Where there is room the tables are kept in blocks of 8 KB and a message allocates nothing; elsewhere the file is read
through, half a kilobyte at a time, for each message.
"""

import io
from array import array

from micropython import const

from firmware.loading import ROOMY

_FILE = __file__[: __file__.rfind("/") + 1] + "model.bin"
_HEAD = const(58)
_BLOCK = const(8192)  # bytes, whole slots of either table
_PIECE = const(512)  # bytes read at a time, whole slots of either table
_BATCH = const(128)  # features looked up together
_BITS = const(0x3FFFFF)
_MIXED = const(0x3FFFFFFF)

HURT, BULLY, STRANGER, DOXX = range(4)
OUTPUTS = 4
CLEAR = 0  # a message that takes more than this from what its sum started with is clearly not of the kind

head = bytearray(_HEAD)
_tables: tuple = ([], [])  # the blocks of each table, where they are kept
_keys = array("I", bytes(4 * 128))
sums = array("i", bytes(4 * 4))  # of the last message, by output
_cleared = io.BytesIO(b"")  # zeros: clears _seen without a loop or an allocation
_seen = bytearray(0)  # a bit for each slot, so that it counts once


class BadModel(OSError):
    """model.bin is not what this code reads."""


def number(at: int) -> int:
    """The signed number at byte `at` of the head."""
    value = head[at] | head[at + 1] << 8
    return value - 65536 if value > 32767 else value


def limit(chinese: bool, output: int) -> int:
    """The sum from which this output counts."""
    return number((26 if chinese else 42) + 4 * output + 2)


def _load() -> None:
    """Read the head, and the tables where there is room."""
    global _seen, _cleared
    with open(_FILE, "rb") as stream:
        stream.readinto(head)
        if head[:4] != b"WWM2":
            head[0] = 0
            raise BadModel(22)
        _seen = bytearray((number(22) + number(24) + 7) // 8)
        if ROOMY:
            _cleared = io.BytesIO(bytes(len(_seen)))
            for i in range(2):
                left = number(22 + 2 * i) << 1 + i
                while left:
                    block = stream.read(min(left, _BLOCK))
                    _tables[i].append(block)
                    left -= len(block)


def _first_time(bit: int) -> bool:
    """Whether this slot has not counted yet in this message."""
    if _seen[bit >> 3] & 1 << (bit & 7):
        return False
    _seen[bit >> 3] |= 1 << (bit & 7)
    return True


def _look_up(count: int) -> None:
    """Add the weights of the first `count` keys, from the kept blocks."""
    keys = _keys
    hurts, others = _tables
    one = number(22)
    two = number(24)
    for i in range(count):
        key = keys[i]
        mark = key >> 3 & 255
        slot = key % one
        block = hurts[slot >> 12]
        at = (slot & 4095) << 1
        if block[at] == mark and _first_time(slot):
            sums[0] += block[at + 1] - 128
        slot = key % two
        block = others[slot >> 11]
        at = (slot & 2047) << 2
        if block[at] == mark and _first_time(one + slot):
            sums[1] += block[at + 1] - 128
            sums[2] += block[at + 2] - 128
            sums[3] += block[at + 3] - 128


def _look_up_in_file(count: int) -> None:
    """The same from the file, in the order in which it lies there."""
    one = number(22)
    with open(_FILE, "rb") as stream:
        stream.seek(_HEAD)
        for table in range(2):
            slots = number(22 + 2 * table)
            wanted = [_keys[i] % slots << 8 | _keys[i] >> 3 & 255 for i in range(count)]
            wanted.sort()
            i = start = 0
            while start < slots:
                piece = stream.read(min(_PIECE, (slots - start) << 1 + table))
                end = start + (len(piece) >> 1 + table)
                while i < count and wanted[i] >> 8 < end:
                    slot = wanted[i] >> 8
                    at = (slot - start) << 1 + table
                    if piece[at] == wanted[i] & 255 and _first_time(one * table + slot):
                        for j in range(3 if table else 1):
                            sums[table + j] += piece[at + 1 + j] - 128
                    i += 1
                start = end


def find_keys(text: bytes, end: int, keys, full) -> int:
    """Put the keys of the features of `text[:end]` into `keys`; `full(count)` whenever it is full. How many are left.

    `text` is folded, and `end` leaves no character cut. The mixing of bits is written out: a call would cost as much.
    """
    count = 0
    room = len(keys) - 4
    before = last = 0  # the tokens before, 22 bits each; 0 for none
    i = 0
    while i < end:
        code = text[i]
        if code >= 0xE0:
            token = (code & 15) << 12 | (text[i + 1] & 63) << 6 | text[i + 2] & 63
            i += 3
        elif code == 32:
            i += 1
            continue
        else:
            token = 31
            start = i
            while i < end and 32 < text[i] < 0x80:
                token = (token * 37 + text[i]) & _BITS
                i += 1
            if i - start > 2:
                for j in range(start - 1, i - 2):  # four letters, with the spaces around the word
                    if count > room:
                        full(count)
                        count = 0
                    four = (text[j] if j >= start else 32) * 61 + text[j + 1]
                    four = (four * 61 + text[j + 2]) * 61 + (text[j + 3] if j + 3 < i else 32)
                    four = (four ^ 0x155555) & _BITS
                    four = (four ^ four >> 9) * 205 & _MIXED
                    keys[count] = four ^ four >> 13
                    count += 1
        if count > room:
            full(count)
            count = 0
        key = (token ^ token >> 9) * 205 & _MIXED
        keys[count] = key ^ key >> 13
        count += 1
        if last:
            key = (last * 167 ^ token * 59) & _BITS
            key = (key ^ key >> 9) * 205 & _MIXED
            keys[count] = key ^ key >> 13
            count += 1
            if before:
                key = (before * 113 ^ token * 61 ^ 0x2AAAAA) & _BITS
                key = (key ^ key >> 9) * 205 & _MIXED
                keys[count] = key ^ key >> 13
                count += 1
        before = last
        last = token
    return count


def _clear() -> None:
    if ROOMY:
        _cleared.seek(0)
        _cleared.readinto(_seen)
    else:
        for i in range(len(_seen)):
            _seen[i] = 0


def score(text: bytes, end: int) -> int:
    """1 for hurt, 2 for bully, 4 for stranger, 8 for doxx, added up, of the folded message `text[:end]`; and
    16 times as much for what it clearly is not.

    `sums` holds its sums.

    OSError if the model cannot be read.
    """
    if not head[0]:
        _load()
    chinese = 0
    for i in range(end):
        if text[i] >= 0xE0:
            chinese = 1
            break
    at = 26 if chinese else 42
    for i in range(OUTPUTS):
        sums[i] = number(at + 4 * i)
    _clear()
    look_up = _look_up if ROOMY else _look_up_in_file
    left = find_keys(text, end, _keys, look_up)
    if left:
        look_up(left)
    found = 0
    for i in range(OUTPUTS):
        if sums[i] >= number(at + 4 * i + 2):
            found |= 1 << i
        elif sums[i] < number(at + 4 * i) - CLEAR:
            found |= 16 << i
    return found
