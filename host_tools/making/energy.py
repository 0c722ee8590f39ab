"""An estimate of what a board draws from its battery, from data-sheet currents. Nothing here was measured on a board.

Only the processor and the light behind the display are counted. Panel, touch, sensors and clock come on top.
"""

from typing import NamedTuple

from host_tools.boards import Board

# Milliamperes. ESP32 data sheet v3.5, table 6: modem-sleep at 160 MHz, two cores, 27 to 44 mA; light-sleep 0.8 mA.
# ESP32-S3: 32 mA awake (of its DevKitM at 3.3 V); light-sleep 0.24 mA by the data sheet, where boards with PSRAM have
# been seen at up to 2 mA, so 1 mA is taken.
_AWAKE = {"esp32": 36.0, "esp32s3": 32.0}
_LIGHT_SLEEP = {"esp32": 0.8, "esp32s3": 1.0}
_BACKLIGHT = 20.0  # a guess for two or three white LEDs; panels of this size are not specified more exactly
_AWAKE_MS = 20  # of each dark second; a guess, ten times what the unix port of MicroPython needs on a desktop


class Estimate(NamedTuple):
    """Milliamperes with the display dark and lit; sleeps: the processor sleeps between its turns."""

    dark: float
    lit: float
    sleeps: bool


def estimate(board: Board) -> Estimate:
    """For a board as it is described."""
    family = board.soc["family"]
    awake, asleep = _AWAKE[family], _LIGHT_SLEEP[family]
    sleeps = board.wake is not None
    dark = asleep + (awake - asleep) * _AWAKE_MS / 1000 if sleeps else awake
    return Estimate(dark, awake + _BACKLIGHT, sleeps)
