"""FocalTech FT6236 and FT6336: one finger of two, over I2C.

Source: FT6236 application note, section 2.1: 0x02 TD_STATUS (number of points, bits 0-3), 0x03-0x06 first point (bits
8-11 in the low half of the first byte), 0xA4 interrupt mode (1: a pulse with each report).
"""

from micropython import const

_POINTS = const(0x02)
_INTERRUPT = const(0xA4)


class Touch:
    """`read` says whether a finger is there, and leaves it in x and y, in the panel's memory coordinates."""

    def __init__(self, i2c, address, reset, wait):
        self.x = self.y = 0
        self._i2c, self._address = i2c, address
        self._data = bytearray(5)
        if reset:
            reset(0)
            wait(10)
            reset(1)
            wait(300)  # until it reports (data sheet, 3.2: Trsi)
        i2c.writeto_mem(address, _INTERRUPT, b"\x01")

    def read(self):
        try:
            self._i2c.readfrom_mem_into(self._address, _POINTS, self._data)
        except OSError:
            return False
        data = self._data
        if not data[0] & 15:
            return False
        self.x = (data[1] & 15) << 8 | data[2]
        self.y = (data[3] & 15) << 8 | data[4]
        return True
