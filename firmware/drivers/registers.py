"""The registers of a chip on an I2C bus, one byte or several in a row. Nothing is allocated."""


class Registers:
    def __init__(self, i2c, address):
        self._i2c, self._address = i2c, address
        self._one = bytearray(1)

    def get(self, register):
        self._i2c.readfrom_mem_into(self._address, register, self._one)
        return self._one[0]

    def set(self, register, value):
        self._one[0] = value
        self._i2c.writeto_mem(self._address, register, self._one)

    def read_into(self, register, data):
        self._i2c.readfrom_mem_into(self._address, register, data)

    def write(self, register, data):
        self._i2c.writeto_mem(self._address, register, data)
