"""BMA423 and QMI8658: acceleration into a FIFO. And the DRV2605, which moves a motor.

Sources: Bosch BMA423 data sheet 1.1, sections 4.5 (FIFO: headerless frames of 6 bytes) and 5 (0x00 chip id 0x13, 0x12
to 0x17 the last sample, 0x24 and 0x25 FIFO length, 0x26 FIFO data, 0x40 ACC_CONF, 0x41 ACC_RANGE, 0x48 and 0x49
FIFO_CONFIG, 0x7C PWR_CONF, 0x7D PWR_CTRL, 0x7E CMD: 0xB0 FIFO flush, 0xB6 soft reset); QST QMI8658A data sheet 0.9,
sections 5 (0x00 WHO_AM_I 0x05, CTRL1, CTRL2, CTRL7, FIFO_CTRL, 0x60 reset) and 5.10 (CTRL9: 0x04 reset of the FIFO,
0x05 request for it); TI DRV2605L data sheet SLOS854D, section 8.6 (0x01 MODE, 0x02 real-time input, 0x1A and 0x1D
feedback and open loop).
"""

from simulator.chips.chip import Registers


class Motion(Registers):
    """`feel(x, y, z)`: one sample in thousandths of g, as the wrist makes it, if the chip is measuring."""

    def __init__(self, rail=""):
        super().__init__(rail)
        self.fifo = []

    def feel(self, x, y, z):
        if self._on and self.measures():
            frame = b"".join([_two(value * 32768 // self.full()) for value in (x, y, z)])
            self.fifo = self.fifo[1 - self.DEPTH :] + [frame]


class Bma423(Motion):
    address = 0x19
    DEPTH = 170  # 1024 bytes
    RESET = {0x00: 0x13, 0x40: 0xA8, 0x41: 0x01, 0x48: 0x02, 0x49: 0x10, 0x7C: 0x03}
    READ_ONLY = (0x00, 0x24, 0x25)

    def full(self):
        return 2000 << self.registers[0x41]

    def feel(self, x, y, z):
        if self._on and self.registers[0x7D] & 4:  # DATA_8 to DATA_13, 12 bits from the left
            for at, value in enumerate((x, y, z)):
                self.registers[0x12 + 2 * at : 0x14 + 2 * at] = _two(value * 32768 // self.full())
                self.registers[0x12 + 2 * at] &= 0xF0
        super().feel(x, y, z)

    def measures(self):
        return self.registers[0x7D] & 4 and self.registers[0x49] & 0x40

    def written(self, number, value):
        if number == 0x7E:
            if value == 0xB6:
                self.reset()
                self.fifo = []
            elif value == 0xB0:
                self.fifo = []
            return
        if number not in (0x7C, 0x7D, 0x7E) and self.registers[0x7C] & 1 and not self.registers[0x7D] & 4:
            self.circuit.fault("bma423: written in suspend without waking it")
        super().written(number, value)

    def next(self, number):
        return number if number == 0x26 else (number + 1) & 127

    def read(self, count):
        if self._pointer != 0x26:
            if self._pointer == 0x24:
                size = 6 * len(self.fifo)
                self.registers[0x24], self.registers[0x25] = size & 255, size >> 8
            return super().read(count)
        if self.registers[0x49] & 0x10:
            self.circuit.fault("bma423: FIFO read with headers on")
        if self.registers[0x7C] & 1:
            self.circuit.fault("bma423: FIFO read in power save")
        return self._drain(count)

    def _drain(self, count):
        data = b"".join(self.fifo[: count // 6])
        self.fifo = self.fifo[count // 6 :]
        return data + b"\x00\x80" * ((count - len(data)) // 2)


class Qmi8658(Motion):
    address = 0x6B
    DEPTH = 64
    RESET = {0x00: 0x05, 0x01: 0x7C, 0x02: 0x20}
    READ_ONLY = (0x00, 0x01, 0x15, 0x16, 0x2D)

    def full(self):
        return 2000 << (self.registers[0x03] >> 4 & 7)

    def measures(self):
        return self.registers[0x08] & 1 and self.registers[0x14] & 3 and not self.registers[0x02] & 1

    def written(self, number, value):
        if number == 0x60:
            if value == 0xB0:
                self.reset()
                self.fifo = []
            return
        super().written(number, value)
        if number == 0x0A:
            self.registers[0x2D] = 0x80 if value else 0  # done; an acknowledge clears it
            if value == 0x04:
                self.fifo = []
            elif value == 0x05:
                self.registers[0x14] |= 0x80  # the FIFO can be read
                self.registers[0x15] = 3 * len(self.fifo) & 255
                self.registers[0x16] = 3 * len(self.fifo) >> 8

    def next(self, number):
        return number if number == 0x17 or not self.registers[0x02] & 0x40 else (number + 1) & 127

    def read(self, count):
        if self._pointer != 0x17:
            return super().read(count)
        if not self.registers[0x14] & 0x80:
            self.circuit.fault("qmi8658: FIFO read without a request")
        data = b"".join(self.fifo[: count // 6])
        self.fifo = self.fifo[count // 6 :]
        data += bytes(count - len(data))
        if self.registers[0x02] & 0x20:  # high byte first
            data = b"".join([bytes([data[at + 1], data[at]]) for at in range(0, count, 2)])
        return data


class Drv2605(Registers):
    """`moving`: the strength at which the motor turns, 0 to 127."""

    address = 0x5A
    RESET = {0x00: 0xE0, 0x01: 0x40, 0x02: 0x00, 0x03: 0x01, 0x16: 0x3E, 0x17: 0x8C, 0x1A: 0x36, 0x1D: 0xA0}
    READ_ONLY = (0x00,)

    def written(self, number, value):
        if number == 0x01 and value & 0x80:
            self.reset()
            return
        super().written(number, value)

    @property
    def moving(self):
        if not self._on or self.registers[0x01] & 0x47 != 5:  # real-time playback, not in standby
            return 0
        return self.registers[0x02]


def _two(value):
    value = max(min(value, 32767), -32768) & 0xFFFF
    return bytes([value & 255, value >> 8])
