"""The watch's own reading, for training and judging: a message's features, and the model file that is read."""

from array import array
from pathlib import Path

import simulator  # noqa: F401  makes the firmware importable
from firmware.text import MAX_CHARS, classifier
from firmware.text.fold import fold_into

TEXT = Path(classifier.__file__).parent
FULL = TEXT / "model.bin"
SMALL = TEXT / "model_small.bin"
_KEYS = array("I", bytes(4 * 16384))
_PLACES = array("h", bytes(2 * 16384))
_FOLDED = bytearray(4 * MAX_CHARS + 6)


def _full(count: int) -> None:
    raise OverflowError(count)


def features_of(text: str) -> tuple[list[int], list[int], int]:
    """(keys, the token where each begins, signs) of a message, as the watch computes them."""
    raw = (text[:MAX_CHARS] + " ").encode("utf-8", "replace")
    found = classifier.find(raw, classifier.any_marks, classifier.no_moves, _KEYS, _PLACES, _full, 0, False)
    if found < 0:
        signs = fold_into(raw, _FOLDED) & 1023
        found = classifier.find(_FOLDED, classifier.any_marks, classifier.no_moves, _KEYS, _PLACES, _full, signs, True)
    return list(_KEYS[: found >> 10]), list(_PLACES[: found >> 10]), found & 1023


def install(path: Path) -> None:
    """Let the reading use this file from now on."""
    classifier._FILE = str(path)
    classifier.head[0] = 0
