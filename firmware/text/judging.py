"""Reading one message, step by step. Loaded for one message and dropped again; reading.py is the door."""

from micropython import const

from firmware.loading import forget
from firmware.text import MAX_CHARS

_LETTERS = b"btdscp"  # of the term table, in the order of the bits

_DOXX = const(4)
_NUMBER_SIGN = "号".encode()  # an address may write its numbers in Chinese
_MILD = ("phone", "plate", "account")
# By letter: terms up to this severity count only where the classifier does not clear the message of all these outputs.
# Friends call each other names, and birthdays are kept secret from parents.
_MILDEST = (1, 1, 1, 2, 0, 0)
_CLEARED = (48, 48, 128, 64, 0, 0)
_LEARNED = ((0, 3), (2, 8), (3, 4))  # bully, doxxing and stranger, each with its bits of classifier.py


def _encode(text: str):
    """The message as UTF-8; None unless it is a str of at most MAX_CHARS without lone surrogates."""
    if not isinstance(text, str) or len(text) > MAX_CHARS:
        return None
    try:
        raw = text.encode()
    except UnicodeError:
        return None
    at = raw.find(b"\xed")  # MicroPython encodes lone surrogates (ED A0..BF), CPython has refused them above
    while at >= 0:
        if raw[at + 1] >= 0xA0:
            return None
        at = raw.find(b"\xed", at + 1)
    return raw


def _addressed(raw: bytes) -> bool:
    """Whether a message speaks to somebody."""
    for word in "你|您|妳|you|You|YOU".encode().split(b"|"):
        if raw.find(word) >= 0:
            return True
    return False


# Each step is let go before the next one is loaded.


def _fold(raw: bytes) -> tuple:
    from firmware.text import fold

    forget("firmware.text.fold")
    return fold.fold(raw)


def _find_terms(folded: bytes) -> list:
    from firmware.text import terms

    forget("firmware.text.terms")
    return terms.find_terms(folded)


def _score(folded: bytes) -> int:
    from firmware.text import classifier

    forget("firmware.text.classifier")
    return classifier.score(folded, len(folded))


def _find_personal_data(text: str, raw: bytes) -> list:
    # Few messages hold a digit or a word that calls for this, and its code is as large as all the rest.
    from firmware.text import personal_data

    forget("firmware.text.personal_data")
    return personal_data.find_personal_data(text, raw)


def judge(text: str):
    """(classes, severity, personal, guessed) of a Reading, or None for what is no message."""
    raw = _encode(text)
    if raw is None:
        return None
    folded, look_closer = _fold(raw)
    codes = _find_terms(folded)
    look_closer = look_closer or raw.find(_NUMBER_SIGN) >= 0
    learned = _score(folded)
    if not codes and not look_closer and not learned & 15:
        return 0, 0, [], 0
    severities = [0] * len(_LETTERS)
    guessed = 0
    for code in codes:
        at = _LETTERS.find(code[:1])
        if at < 0:
            look_closer = True
        elif code[1] - 48 > _MILDEST[at] or learned & _CLEARED[at] != _CLEARED[at]:
            severities[at] = max(severities[at], code[1] - 48)
    # What only the classifier finds is mild: it may be wrong.
    hurts = severities[1] or severities[5]
    for i, bits in _LEARNED:
        if learned & bits and not severities[i] and (i or not hurts):
            severities[i] = 1
            guessed |= 1 << i
    if severities[4] and not _addressed(raw):
        severities[0] = severities[1] = 0  # a report of what others said or did
        guessed &= _DOXX
    personal = _find_personal_data(text, raw) if look_closer else []
    for kind, _, _ in personal:
        guessed &= ~_DOXX
        severities[2] = max(severities[2], 1 if kind in _MILD else 2)
    classes = 0
    for i in range(len(severities)):
        if severities[i]:
            classes |= 1 << i
    return classes, max(severities), personal, guessed & classes
