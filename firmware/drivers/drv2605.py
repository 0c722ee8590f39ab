"""TI DRV2605L: moves a vibration motor.

Source: DRV2605L data sheet SLOS854D, section 8.6: 0x01 MODE (bit 6 standby, 5: real-time playback), 0x02 its strength
(signed, 0x7F the most), 0x1D CONTROL3 (bit 5: open loop for this kind of motor); 9.2.2.2: real-time playback.
"""

from micropython import const

_MODE = const(0x01)
_STRENGTH = const(0x02)
_CONTROL3 = const(0x1D)


class Motor:
    """On and off."""

    def __init__(self, i2c, address):
        self._i2c, self._address = i2c, address
        self._set(_CONTROL3, b"\xa0")
        self._set(_STRENGTH, b"\x00")

    def _set(self, register, data):
        self._i2c.writeto_mem(self._address, register, data)

    def turn(self, on):
        self._set(_STRENGTH, b"\x7f" if on else b"\x00")
        self._set(_MODE, b"\x05" if on else b"\x45")
