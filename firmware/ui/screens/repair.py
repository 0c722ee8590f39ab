"""The way to the recovery on the watch itself, for a guardian who repairs it (B14)."""

from firmware.ui.canvas import SEA
from firmware.ui.touches import Touches


class Repair(Touches):
    """Restarts into the recovery."""

    TEXT = "repair"
    WHAT = "repair_what"
    ICON = "info"
    KEY = ("go", "info", SEA)
    ASKS = {"kind": "firmware.service", "channel": "keypad"}


SCREEN: type = Repair
