"""Reading one message: the one door of this package, `read`.

The code and the terms behind it would take a tenth of a small heap, so they are there only while a message is read.
"""

from collections import namedtuple

from firmware.loading import ROOMY, forget
from firmware.text import MAX_CHARS

# What a message may be: bits of Reading.classes.
BULLY = 1  # insults, exclusion, mocking, encouraging self-harm
THREAT = 2
DOXX = 4  # carries someone's personal data, or offers a people search
STRANGER = 8  # asks for address, secrecy, photo, meeting, payment code or another app
CRY = 16  # the writer shows signs of being hurt or of self-harm
PRIVATE = 32  # intimate content

Reading = namedtuple("Reading", ("classes", "severity", "personal", "guessed"))


_NONE: list = []  # personal data; shared, so nobody changes it
_known: dict = {}  # readings without personal data, where there is room
_judge = None  # the step behind, where there is room


_CALM = Reading(0, 0, _NONE, 0)


class BadText(ValueError):
    """Not a str, longer than MAX_CHARS, or not encodable: it holds a lone surrogate."""


def _load():
    global _judge
    from firmware.text import judging

    forget("firmware.text.judging")
    if ROOMY:
        _judge = judging.judge
    return judging.judge


def read(text: str) -> Reading:
    """What a message is. BadText for what is no message; OSError, ImportError or MemoryError if it cannot be read.

    `classes` is a bit mask, and `guessed` those of them that only the classifier saw: it may be wrong, so these are of
    severity 1. `severity` is 0 to 3 (graded warning, requirement F1), `personal` a list of (kind, start, end)
    with character positions in `text` (H1, H2); kinds: id, phone, card, address, plate, account, secret. Once a
    part is deleted, read the rest again: no more than MAX_SPANS parts are looked for.

    Where there is room, nothing is allocated for a message without personal data whose like was read before.
    """
    try:
        found = (_judge or _load())(text)
    finally:
        if not ROOMY:
            forget("firmware.text.fold")  # the search for personal data imports it too
    if found == 0:
        return _CALM
    if found is None:
        raise BadText("no text of at most %d characters" % MAX_CHARS)
    if not isinstance(found, int):
        return Reading(*found)
    known = _known.get(found)
    if known is None:
        known = Reading(found & 63, found >> 6 & 3, _NONE, found >> 8)
        if ROOMY:
            _known[found] = known
    return known
