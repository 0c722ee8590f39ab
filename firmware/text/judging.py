"""Reading one message, step by step. Loaded for one message and dropped again; reading.py is the door."""

from firmware.loading import forget
from firmware.text import MAX_CHARS

_LETTERS = b"btdscp"  # of the term table, in the order of the bits

_NUMBER_SIGN = "号".encode()  # an address may write its numbers in Chinese
_MILD = ("phone", "plate", "account")


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


def _find_personal_data(text: str, raw: bytes) -> list:
    # Few messages hold a digit or a word that calls for this, and its code is as large as all the rest.
    from firmware.text import personal_data

    forget("firmware.text.personal_data")
    return personal_data.find_personal_data(text, raw)


def judge(text: str):
    """(classes, severity, personal) of a Reading, or None for what is no message."""
    raw = _encode(text)
    if raw is None:
        return None
    folded, look_closer = _fold(raw)
    codes = _find_terms(folded)
    look_closer = look_closer or raw.find(_NUMBER_SIGN) >= 0
    if not codes and not look_closer:
        return 0, 0, []
    severities = [0] * len(_LETTERS)
    for code in codes:
        at = _LETTERS.find(code[:1])
        if at < 0:
            look_closer = True
        else:
            severities[at] = max(severities[at], code[1] - 48)
    if severities[4] and not _addressed(raw):
        severities[0] = severities[1] = 0  # a report of what others said or did
    personal = _find_personal_data(text, raw) if look_closer else []
    for kind, _, _ in personal:
        severities[2] = max(severities[2], 1 if kind in _MILD else 2)
    classes = 0
    for i in range(len(severities)):
        if severities[i]:
            classes |= 1 << i
    return classes, max(severities), personal
