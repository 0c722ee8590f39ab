"""Hynitron CST816S/T: one finger, over I2C.

Source: CST816S register declaration: 0x02 number of fingers, 0x03-0x06 position (12 bits each), 0xA7 chip id, 0xFA
interrupt control (bit 6: again and again while a finger is there, bit 5: when it comes and goes), 0xFE: not 0 keeps the
chip out of its low-power mode, in which it does not answer. Left in it, a finger wakes it, so no answer is no finger.
"""

from micropython import const

_FINGERS = const(0x02)
_IRQ_CONTROL = const(0xFA)


class Touch:
    """`read` says whether a finger is there, and leaves it in x and y, in the panel's memory coordinates."""

    def __init__(self, i2c, address, reset, wait):
        self.x = self.y = 0
        self._i2c, self._address, self._reset = i2c, address, reset
        self._data = bytearray(5)
        if reset:
            reset(0)
            wait(10)
            reset(1)
            wait(50)
        try:
            i2c.writeto_mem(address, _IRQ_CONTROL, b"\x60")
        except OSError:
            pass  # asleep, without a reset line; its reset value serves too

    def read(self):
        try:
            self._i2c.readfrom_mem_into(self._address, _FINGERS, self._data)
        except OSError:
            return False
        data = self._data
        if not data[0]:
            return False
        self.x = (data[1] & 15) << 8 | data[2]
        self.y = (data[3] & 15) << 8 | data[4]
        return True
