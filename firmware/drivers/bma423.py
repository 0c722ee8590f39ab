"""Bosch BMA423: acceleration, read from its FIFO once in a while. Its own step counter would need the maker's blob.

Source: BMA423 data sheet 1.1, section 5: 0x00 chip id, 0x24 FIFO length, 0x26 FIFO data, 0x40 ACC_CONF (0x16: 25 Hz,
averages of two, power-saving), 0x41 range (0: 2 g), 0x49 FIFO_CONFIG_1 (bit 6 acceleration, bit 4 headers), 0x7C
PWR_CONF (bit 0: advanced power save, in which only single registers can be read and nothing is written at once),
0x7D PWR_CTRL (bit 2), 0x7E CMD (0xB0: empty the FIFO); 4.5: a frame is 6 bytes, values are in bits 4-15.
"""

from micropython import const

from firmware.drivers.motion import Motion

_LENGTH = const(0x24)
_FIFO = const(0x26)
_ACC_CONF = const(0x40)
_RANGE = const(0x41)
_FIFO_CONFIG = const(0x49)
_PWR_CONF = const(0x7C)
_PWR_CTRL = const(0x7D)
_COMMAND = const(0x7E)
_FRAMES = const(8)  # read at once


class Sensor(Motion):
    """A Motion."""

    def __init__(self, i2c, address, wait):
        super().__init__()
        self._i2c, self._address, self._wait = i2c, address, wait
        self._two = bytearray(2)
        self._frames = bytearray(6 * _FRAMES)
        self._awake = False

    def _set(self, register, value):
        self._i2c.writeto_mem(self._address, register, bytes([value]))
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

    def clear_interrupt(self):
        if not self._awake:
            return
        self._set(_PWR_CONF, 0)
        self._i2c.readfrom_mem_into(self._address, _LENGTH, self._two)
        left = (self._two[0] | (self._two[1] & 0x3F) << 8) // 6
        data = self._frames
        while left > 0:
            self._i2c.readfrom_mem_into(self._address, _FIFO, data)
            for at in range(0, 6 * min(left, _FRAMES), 6):
                self._take(_mg(data, at), _mg(data, at + 2), _mg(data, at + 4))
            left -= _FRAMES
        for at in range(len(data)):
            data[at] = 0
        self._set(_PWR_CONF, 1)


def _mg(data, at):
    """Thousandths of g in a range of 2 g."""
    value = data[at] & 0xF0 | data[at + 1] << 8
    return (value - 65536 if value & 0x8000 else value) * 2000 // 32768
