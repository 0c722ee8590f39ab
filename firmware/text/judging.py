"""Reading one message, step by step; reading.py is the door.

Where there is room all code stays, and a message without hits allocates nothing. Elsewhere each step is loaded for one
message and let go before the next one.
"""

import io
from array import array

from micropython import const

from firmware.loading import ROOMY, forget
from firmware.text import MAX_CHARS

_DOXX = const(4)
_MAYBE = const(129)  # of the signs of fold.py: a digit or an `@`
_OF_NOTE = const(15 << 10 | 129)  # in what the classifier returns: harm, or one of these signs; all bits of NOT_PLAIN
_LOOK = const(6)  # of terms.LETTERS: look for personal data
_KINDS = const(6)  # of severities, in the order of terms.LETTERS and of the bits of a reading
_REPORTED = const(7)  # as in terms.py, and these three
_FIRST = const(14)
_LAST = const(15)
_FOUND = const(17)
_NUMBER_SIGN = "号"  # an address may write its numbers in Chinese
_MILD = ("phone", "plate", "account")
# By kind: terms count unless the classifier clears the message of all these outputs, and does not see harm in the words
# around them alone: kind words farther away excuse nothing. Those of no output always count. Friends call each other
# names, birthdays are kept secret from parents, and games are about killing.
_CLEARED = (48, 48, 128, 64, 0, 0)
_AROUND = const(20)  # bytes on each side of the terms
_SHORT = const(24)  # bytes of a folded message, eight Chinese characters: in fewer nothing speaks for who says it, ...
_SHORT_FOR_SEVERE = const(45)  # ... or says a severe one
_MILDEST = (2, 2, 1, 2, 3, 3)  # a term of greater severity is severe
_LEARNED = ((0, 3), (2, 8), (3, 4))  # bully, doxxing and stranger, each with its bits of classifier.py

_END = const(0xFF)  # as in fold.py
_ROOM = const(4006)  # bytes of the longest message, folded or not: four a character and six more
_folded = bytearray(_ROOM if ROOMY else 0)
_found = array("H", bytes(2 * _FOUND))
_severities = bytearray(6)
_raw = bytearray(_ROOM if ROOMY else 0)
_stream = io.BytesIO(bytes(_ROOM)) if ROOMY else None


def _encode(text: str):
    """The message as UTF-8 and a space, then 0xFF if that is in a longer buffer; None for what is no message.

    A message is a str of at most MAX_CHARS; CPython refuses lone surrogates here, fold.py elsewhere.
    """
    if not isinstance(text, str) or len(text) > MAX_CHARS:
        return None
    stream = _stream
    if stream:
        try:  # MicroPython writes a str as its UTF-8, without allocating anything
            stream.seek(0)
            size = stream.write(text)
            stream.seek(0)
            stream.readinto(_raw, size)
            _raw[size] = 32
            _raw[size + 1] = 0xFF
            return _raw
        except TypeError:
            pass
    try:
        return (text + " ").encode()
    except UnicodeError:
        return None


def _addressed(text: str) -> bool:
    """Whether a message speaks to somebody."""
    for word in ("你", "您", "妳", "you", "You", "YOU"):
        if word in text:
            return True
    return False


def _load_fold():
    from firmware.text import fold

    forget("firmware.text.fold")
    return fold


def _load_classifier():
    from firmware.text import classifier

    forget("firmware.text.classifier")
    return classifier


def _load_terms():
    from firmware.text import terms

    forget("firmware.text.terms")
    return terms


def _load_telling():
    from firmware.text import telling

    forget("firmware.text.telling")
    return telling


def _find_personal_data(text: str) -> list:
    # Few messages hold a digit or a word that calls for this, and its code is as large as all the rest.
    from firmware.text import personal_data

    forget("firmware.text.personal_data")
    return personal_data.find_personal_data(text, text.encode())


def _has_severe(found: array) -> bool:
    for i in range(_KINDS):
        if found[i] > _MILDEST[i]:
            return True
    return False


def _harm_around(scorer, folded: bytearray, size: int, found: array) -> int:
    """The bits of the harm that the classifier sees in the terms and the words around them, read without the rest.

    Afterwards `folded` holds these alone, and `scorer.sums` what it held before.
    """
    first = found[_FIRST]
    last = found[_LAST]
    start = max(0, first - _AROUND)
    end = min(size, last + _AROUND)
    if first > last or end - start == size:
        return 0
    while start < first and folded[start] != 32 and start > 0 and folded[start] < 0xC0:
        start += 1
    while end > last and end < size and folded[end] != 32 and folded[end] < 0xC0:
        end -= 1
    for i in range(start, end):
        folded[i - start] = folded[i]
    folded[end - start] = 32
    folded[end - start + 1] = _END
    sums = scorer.sums
    hurt, bully, stranger, doxx = sums
    harm = scorer.score(folded, 0, True) >> 10
    sums[0] = hurt
    sums[1] = bully
    sums[2] = stranger
    sums[3] = doxx
    return harm & 15


def judge(text: str):
    """(classes, severity, personal, guessed) of a Reading; None for what is no message.

    Without personal data they are one number: classes, severity << 6 and guessed << 8.
    """
    raw = _encode(text)
    if raw is None:
        return None
    size = -1  # of the folded message, once it is folded
    numbered = _NUMBER_SIGN in text
    if ROOMY:
        folder, scorer, finder, teller = _steps
        learned = scorer.score(raw, 0, False)
        if not (learned & _OF_NOTE or scorer.spotted or numbered):
            return 0
        folded = _folded
        size = folder.fold_into(raw, folded)
        if learned < 0 and size >= 0:
            learned = scorer.score(folded, size & 1023, True)
    else:
        folded = bytearray(4 * len(text) + 6)
        size = _load_fold().fold_into(raw, folded)
        scorer = _load_classifier()
        learned = scorer.score(folded, size & 1023, True) if size >= 0 else -1
    if learned < 0:
        return None
    size >>= 10
    signs = learned & 1023
    learned >>= 10
    spotted = scorer.spotted
    found = _found
    if spotted:
        spotted = (finder if ROOMY else _load_terms()).find_terms(folded, size, scorer.spots, spotted, found)
    look_closer = spotted and found[_LOOK]
    if not look_closer and (signs & _MAYBE or numbered):
        look_closer = (teller if ROOMY else _load_telling()).may_tell(text, raw, folded, size, signs)
    if not spotted and not look_closer and not learned & 15:
        return 0
    severities = _severities
    clearing = 0
    if spotted and size > (_SHORT_FOR_SEVERE if _has_severe(found) else _SHORT):
        clearing = learned & ~(_harm_around(scorer, folded, size, found) << 4)
    for i in range(_KINDS):
        severities[i] = 0
        if spotted and not (_CLEARED[i] and clearing & _CLEARED[i] == _CLEARED[i]):
            severities[i] = found[i]
    guessed = 0
    # What only the classifier finds is mild: it may be wrong.
    hurts = severities[1] or severities[5]
    for i, bits in _LEARNED:
        if learned & bits:
            # What is reported counts only where the classifier sees harm as well.
            if spotted:
                severities[i] = max(severities[i], found[_REPORTED + i])
            if not severities[i] and (i or not hurts):
                severities[i] = 1
                guessed |= 1 << i
    if severities[4] and not _addressed(text):
        severities[0] = severities[1] = 0  # a report of what others said or did
        guessed &= _DOXX
    personal = _find_personal_data(text) if look_closer else ()
    for kind, _, _ in personal:
        guessed &= ~_DOXX
        severities[2] = max(severities[2], 1 if kind in _MILD else 2)
    classes = worst = 0
    for i in range(_KINDS):
        if severities[i]:
            classes |= 1 << i
            worst = max(worst, severities[i])
    guessed &= classes
    return (classes, worst, personal, guessed) if personal else classes | worst << 6 | guessed << 8


if ROOMY:
    _steps = (_load_fold(), _load_classifier(), _load_terms(), _load_telling())
