"""The battery's level by its voltage, behind a divider at an ADC pin, for boards whose charger does not tell.

A lithium cell's voltage at rest says little between 20 and 80 percent, so this is an estimate in steps of five.
"""

import machine

# Millivolts for each tenth, from empty; a typical discharge curve at a fifth of the capacity an hour.
_TENTHS = (3300, 3500, 3600, 3650, 3700, 3740, 3780, 3840, 3920, 4020, 4150)


class Battery:
    """ratio: of the divider, in hundredths."""

    def __init__(self, pin, ratio):
        self._adc = machine.ADC(machine.Pin(pin), atten=machine.ADC.ATTN_11DB)
        self._ratio = ratio

    def percent(self):
        millivolts = (self._adc.read_uv() // 10 * self._ratio + 5000) // 10000
        for tenth in range(1, len(_TENTHS)):
            if millivolts < _TENTHS[tenth]:
                low = _TENTHS[tenth - 1]
                part = max(millivolts - low, 0) * 10 // (_TENTHS[tenth] - low)
                return ((tenth - 1) * 10 + part) // 5 * 5
        return 100
