"""Bosch BMA423: acceleration, read from its FIFO once in a while. Its own step counter would need the maker's blob.

Source: BMA423 data sheet 1.1, section 5: 0x00 chip id, 0x24 FIFO length, 0x26 FIFO data, 0x40 ACC_CONF (0x16: 25 Hz,
averages of two, power-saving), 0x41 range (0: 2 g), 0x49 FIFO_CONFIG_1 (bit 6 acceleration, bit 4 headers), 0x7C
PWR_CONF (bit 0: advanced power save, in which only single registers can be read and nothing is written at once),
0x7D PWR_CTRL (bit 2), 0x7E CMD (0xB0: empty the FIFO); 4.5: a frame is 6 bytes, values are in bits 4-15.
"""

from micropython import const

from firmware.drivers.motion_fifo import Fifo

_LENGTH = const(0x24)
_ACC_CONF = const(0x40)
_RANGE = const(0x41)
_FIFO_CONFIG = const(0x49)
_PWR_CONF = const(0x7C)
_PWR_CTRL = const(0x7D)
_COMMAND = const(0x7E)


class Sensor(Fifo):
    """A Motion."""

    REGISTER = 0x26
    MASK = 0xF0

    def _set(self, register, value):
        self._chip.set(register, value)
        self._wait(1)  # 450 us after each write while advanced power save is on

    def on(self, count_steps=False):
        super().on(count_steps)
        self._set(_PWR_CONF, 0)
        self._set(_ACC_CONF, 0x16)
        self._set(_RANGE, 0)
        self._set(_FIFO_CONFIG, 0x40)
        self._set(_PWR_CTRL, 4)
        self._set(_COMMAND, 0xB0)
        self._set(_PWR_CONF, 1)
        self._awake = True

    def off(self):
        self._awake = False
        self._set(_PWR_CONF, 0)
        self._set(_PWR_CTRL, 0)
        self._set(_PWR_CONF, 1)

    def _fill(self):
        self._set(_PWR_CONF, 0)
        self._chip.read_into(_LENGTH, self._two)
        return (self._two[0] | (self._two[1] & 0x3F) << 8) // 6

    def _drained(self):
        self._set(_PWR_CONF, 1)
