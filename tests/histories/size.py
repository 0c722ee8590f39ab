"""How many random histories to play: all of them with `make histories`, a share of the same ones with `make test`."""

import os

PERCENT = int(os.environ.get("HISTORIES", "20"))


def share(histories: int) -> int:
    """As many of so many histories as are asked for, one at least."""
    return max(1, histories * PERCENT // 100)
