"""TI DRV2605L: moves a vibration motor.

Source: DRV2605L data sheet SLOS854D, section 8.6: 0x01 MODE (bit 6 standby, 5: real-time playback), 0x02 its strength
(signed, 0x7F the most), 0x1D CONTROL3 (bit 5: open loop for this kind of motor); 9.2.2.2: real-time playback.
"""

from micropython import const

from firmware.drivers.registers import Registers

_MODE = const(0x01)
_STRENGTH = const(0x02)
_CONTROL3 = const(0x1D)


class Motor:
    """On and off."""

    def __init__(self, i2c, address):
        self._chip = Registers(i2c, address)
        self._chip.set(_CONTROL3, 0xA0)
        self._chip.set(_STRENGTH, 0)

    def turn(self, on):
        self._chip.set(_STRENGTH, 0x7F if on else 0)
        self._chip.set(_MODE, 0x05 if on else 0x45)
