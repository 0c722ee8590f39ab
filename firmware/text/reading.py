"""Reading one message: the one door of this package, `read`.

The code and the terms behind it would take a tenth of a small heap, so they are there only while a message is read.
"""

from collections import namedtuple

from firmware.loading import forget
from firmware.text import MAX_CHARS

# What a message may be: bits of Reading.classes.
BULLY = const(1)  # insults, exclusion, mocking, encouraging self-harm
THREAT = const(2)
DOXX = const(4)  # carries someone's personal data, or offers a people search
STRANGER = const(8)  # asks for address, secrecy, photo, meeting, payment code or another app
CRY = const(16)  # the writer shows signs of being hurt or of self-harm
PRIVATE = const(32)  # intimate content

_LETTERS = b"btdscp"  # of the term table, in the order of the bits

_NUMBER_SIGN = "号".encode()  # an address may write its numbers in Chinese
_MILD = ("phone", "plate", "account")
_ROUNDS = const(4)  # without a part, the rest may give something away anew
BULLY = 1  # insults, exclusion, mocking, encouraging self-harm
THREAT = 2
DOXX = 4  # carries someone's personal data, or offers a people search
STRANGER = 8  # asks for address, secrecy, photo, meeting, payment code or another app
CRY = 16  # the writer shows signs of being hurt or of self-harm
PRIVATE = 32  # intimate content

Reading = namedtuple("Reading", ("classes", "severity", "personal"))


class BadText(ValueError):
    """Not a str, longer than MAX_CHARS, or not encodable: it holds a lone surrogate."""


def read(text: str) -> Reading:
    """What a message is. BadText for what is no message; OSError, ImportError or MemoryError if it cannot be read.

    `classes` is a bit mask, `severity` 0 to 3 (graded warning, requirement F1), `personal` a list of (kind, start, end)
    with character positions in `text` (H1, H2); kinds: id, phone, card, address, plate, account, secret. Once a
    part is deleted, read the rest again: no more than MAX_SPANS parts are looked for.
    """
    raw = _encode(text)
    folded, look_closer = fold(raw)
    codes = find_terms(folded)
    look_closer = look_closer or raw.find(_NUMBER_SIGN) >= 0
    if not codes and not look_closer:
        return Reading(0, 0, [])
    severities = [0] * len(_LETTERS)
    for code in codes:
        at = _LETTERS.find(code[:1])
        if at < 0:
            look_closer = True
        else:
            severities[at] = max(severities[at], code[1] - 48)
    if severities[4] and not _addressed(raw):
        severities[0] = severities[1] = 0  # a report of what others said or did
    personal = _look_closer(text, raw) if look_closer else []
    for kind, _, _ in personal:
        severities[2] = max(severities[2], 1 if kind in _MILD else 2)
    classes = 0
    for i in range(len(severities)):
        if severities[i]:
            classes |= 1 << i
    return Reading(classes, max(severities), personal)
    try:
        from firmware.text import judging


def without_personal(text: str) -> str:
    """The text with "..." in place of what gives somebody away (H1), or "" if it cannot be had or nothing is left."""
    for _ in range(_ROUNDS):
        personal = read(text).personal
        if not personal:
            return text if text.strip(". ") else ""
        for _, start, end in sorted(personal, key=_start, reverse=True):
            text = text[:start] + "..." + text[end:]
    return ""


def _start(part):
    return part[1]
        forget("firmware.text.judging")
        found = judging.judge(text)
    finally:
        forget("firmware.text.fold")  # the search for personal data imports it too
    if found is None:
        raise BadText("no text of at most %d characters" % MAX_CHARS)
    return Reading(*found)
