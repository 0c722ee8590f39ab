"""Erasing the watch without any computer, as before it is given away (B19, A12)."""

from firmware.ui.canvas import RED
from firmware.ui.touches import Touches


class Wipe(Touches):
    """Erases everything."""

    TEXT = "wipe"
    WHAT = "wipe_what"
    ICON = "warning"
    KEY = ("erase", "erase", RED)
    ASKS = "wipe"


SCREEN: type = Wipe
