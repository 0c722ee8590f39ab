"""`make thorough` runs all of what `make test` takes a part of: histories, power cuts, scenarios from source."""

import os

THOROUGH = bool(os.environ.get("THOROUGH"))


def share(histories: int) -> int:
    """As many of so many histories as are to be played: all of them, or the first sixteenth of the same ones."""
    return histories if THOROUGH else max(1, histories // 16)


def cuts(*names: str) -> tuple[str, ...]:
    """Arguments for tests/faults/cuts.py and its like."""
    return ("all", *names) if THOROUGH else names
