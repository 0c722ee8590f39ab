"""CST816 and FT6x36, as they stand on I2C with a line for interrupts.

Sources: Hynitron CST816S register declaration (0x00-0x06, 0xA5, 0xA7, 0xFA, 0xFE) and data sheet section 5 (low-power
mode: the chip does not answer on I2C until a finger or its reset line wakes it); FocalTech FT6236 application note,
section 2.1 (register map: 0x02 TD_STATUS, 0x03-0x06 first point, 0xA3 chip id, 0xA4 interrupt mode, 0xA5 power mode).
"""

from simulator.chips.chip import Registers

_LOW_POWER_MS = 2000  # CST816: AutoSleepTime, register 0xF9, in seconds
_PULSE_MS = 10  # how often an interrupt comes while a finger stays


class Touch(Registers):
    """interrupt, reset: lines (reset may be None). `finger` puts one down at x, y of the glass, or lifts it.

    glass: (width, height), turned: mounted upside down, like the panel."""

    def __init__(self, interrupt, reset, glass, turned, rail=""):
        super().__init__(rail)
        self._interrupt, self._reset = interrupt, reset
        self._glass, self._turned = glass, turned
        self.down = False
        if reset:
            reset.watchers.append(self._reset_line)

    def power_off(self):
        self._interrupt.drive(None)

    def _reset_line(self, level):
        if self._on and level:
            self.power_on()

    def answers(self):
        return self._on and (not self._reset or self._reset.level() == 1)

    def finger(self, x, y, down):
        if self._turned:
            x, y = self._glass[0] - 1 - x, self._glass[1] - 1 - y
        if self.answers():
            self.down = down
            self._put(x, y)


class Cst816(Touch):
    address = 0x15
    RESET = {0xA7: 0xB5, 0xED: 10, 0xF9: 2, 0xFA: 0x60}
    READ_ONLY = (0, 1, 2, 3, 4, 5, 6, 0xA7, 0xA8, 0xA9)

    def power_on(self):
        super().power_on()
        self._asleep = False
        self.down = False
        self._interrupt.drive(1)
        self._idle_from_now()

    def _idle_from_now(self):
        self._quiet = self.circuit.now
        self.due = self.circuit.now + _LOW_POWER_MS

    def answers(self):
        return super().answers() and not self._asleep

    def finger(self, x, y, down):
        if self._on and down:
            self._asleep = False  # a finger wakes it
        super().finger(x, y, down)

    def _put(self, x, y):
        registers = self.registers
        registers[2] = 1 if self.down else 0
        registers[3], registers[4] = (0x00 if self.down else 0x40) | x >> 8 & 15, x & 255
        registers[5], registers[6] = y >> 8 & 15, y & 255
        self._idle_from_now()
        if registers[0xFA] & 0x60:
            self._pulse()
        if self.down:
            self.due = self.circuit.now + _PULSE_MS

    def _pulse(self):
        self._interrupt.drive(0)
        self._interrupt.drive(1)

    def turn(self):
        if self.down:
            if self.registers[0xFA] & 0x40:
                self._pulse()
            self.due = self.circuit.now + _PULSE_MS
        elif self._on and not self.registers[0xFE]:
            self._asleep = True

    def written(self, number, value):
        super().written(number, value)
        if number == 0xA5 and value == 3:  # deep sleep: only the reset line wakes it
            self._asleep = True
        if number == 0xFE and not value:
            self._idle_from_now()


class Ft6x36(Touch):
    address = 0x38
    RESET = {0x80: 0x16, 0xA3: 0x64, 0xA4: 1, 0xA8: 0x11}
    READ_ONLY = tuple(range(1, 15)) + (0xA3, 0xA8)

    def power_on(self):
        super().power_on()
        self.down = False
        self.due = None
        self._interrupt.drive(1)

    def answers(self):
        return super().answers() and self.registers[0xA5] != 3  # hibernate: only the reset line wakes it

    def _put(self, x, y):
        registers = self.registers
        registers[2] = 1 if self.down else 0
        event = 0x80 if self.down else 0x40  # contact, lift up
        registers[3], registers[4] = event | x >> 8 & 15, x & 255
        registers[5], registers[6] = y >> 8 & 15, y & 255
        if registers[0xA4]:
            self._interrupt.drive(0)
            self._interrupt.drive(1)
            if self.down:
                self.due = self.circuit.now + _PULSE_MS
        else:
            self._interrupt.drive(0 if self.down else 1)

    def turn(self):
        if self.down and self.registers[0xA4]:
            self._interrupt.drive(0)
            self._interrupt.drive(1)
            self.due = self.circuit.now + _PULSE_MS
