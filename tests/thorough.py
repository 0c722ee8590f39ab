"""`make thorough` runs all of what `make test` takes a part of: histories, power cuts, scenarios from source."""

import os

THOROUGH = bool(os.environ.get("THOROUGH"))

# What `make test` has and what it leaves, told at its end.
LEFT = (
    "scenarios: each ran on CPython and once on MicroPython, one in four from source; there from source and compiled",
    "power cuts: of the storage at every flash operation in one of three ways, of the watch at every third; all ways",
    "damage: a bit of every 15th byte of a file, every 251st on MicroPython; of every 7th and 61st",
    "histories: one in thirty-two; all",
    "cables and connections cut: at one place for each command, at every thirteenth byte of a message; at every place",
    "screens: MicroPython draws one language but on the square display; crawler there, memory on the narrow one; all",
    "pages: nothing is cut off, on one runtime; on both",
    "heaps: of the rules and of the day; in place, of the fullest day, of the core, and with a shorter history too",
    "settings: one in six to eight of the boundaries, a part of the pairs of switches; all, each on both runtimes",
    "boards: a release and an image of one; of each",
)


def share(histories: int) -> int:
    """As many of so many histories as are to be played: all of them, or the first thirty-second of the same ones."""
    return histories if THOROUGH else max(1, histories // 32)


def cuts(*names: str) -> tuple[str, ...]:
    """Arguments for tests/faults/cuts.py and its like."""
    return ("all", *names) if THOROUGH else names
