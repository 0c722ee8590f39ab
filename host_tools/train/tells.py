"""Which features tell of a term of terms.txt, so that the watch looks for terms only where one may begin."""

from collections.abc import Callable
from pathlib import Path

import simulator  # noqa: F401  makes the firmware importable
from firmware.text import terms
from host_tools.train.watch import features_of

OFFSETS = 4  # tokens of a term at which such a feature may stand
_COMMON = 20  # benign examples in which a feature may stand and yet tell of more than one term


def _own_keys(term: str) -> dict[int, int]:
    """The features that stand wherever the first part of this term does: by key, the token where each begins."""
    start = term.split(".", maxsplit=1)[0]
    goes_on = start.endswith("*")
    start = start.rstrip("*")
    tails = (
        ("", "zq", "xvk", "e")
        if goes_on
        else ("", " mn zp", " wxv", "好", "的是")
        if start.isascii()
        else ("", "嗯呢", "么吧", " qz")
    )
    keys, _, _ = features_of(("mn zp " if start.isascii() else "嗯呢") + start + tails[-1])
    inside = set(keys)  # without those of the message's edges
    found: set[tuple[int, int]] | None = None
    for tail in tails:
        keys, places, _ = features_of(start + tail)
        here = set(zip(keys, places, strict=True))
        found = here if found is None else found & here
    return {key: place for key, place in found or () if place < OFFSETS and key in inside}


def tells(frequency: dict[int, int], slot_of: Callable[[int], int]) -> dict[int, int]:
    """The keys by which each term of terms.txt is found, rare ones, and the token of the term where they stand.

    No two of them are in one slot, which `slot_of` gives for a key.
    """
    choices: list[tuple[str, list[tuple[int, int, int]]]] = []
    for line in Path(terms.__file__).with_name("terms.txt").read_text("utf-8").splitlines():
        term = line.rpartition("=")[0]
        keys = _own_keys(term)
        choices.append((term, sorted((frequency.get(key, 0), key, place) for key, place in keys.items())))
    taken: dict[int, tuple[int, int]] = {}
    for term, counted in sorted(choices, key=lambda choice: (len(choice[1]), choice[0])):
        fitting = [
            (count, key, place)
            for count, key, place in counted
            if taken.get(slot_of(key), (key, place)) == (key, place)
        ]
        if not fitting:
            raise ValueError("no slot is left for the term " + term)
        shared = [choice for choice in fitting if choice[0] < _COMMON and slot_of(choice[1]) in taken]
        _, key, place = (shared or fitting)[0]
        taken[slot_of(key)] = (key, place)
    return dict(taken.values())
