"""AXP202 and AXP2101: rails, charger, the key and its interrupt, and the switch-off by a long press.

Sources: X-Powers AXP202 data sheet 1.0, section 10 (registers 0x00, 0x12, 0x28, 0x32, 0x36, 0x40-0x4C, 0xB9; 0x36 bits
0-1: off after 4, 6, 8 or 10 s, bit 3: off by a long press at all); X-Powers AXP2101 data sheet 1.0, section 6.13
(0x00, 0x01, 0x10, 0x22 bit 1, 0x27 bits 2-3, 0x40-0x4A, 0x90, 0x92-0x99, 0xA4). Register names also in
lewisxhe/XPowersLib src/REG.
"""

from simulator.chips.chip import Registers

_OFF_MS = (4000, 6000, 8000, 10000)
_SHORT_MS = 1500


class Axp(Registers):
    """interrupt: a line, low while an enabled interrupt stands; consumers: {rail of the chip: rails of the circuit}.

    `key` presses and lets go; `plugged`: a charger; `percent`: the battery. `off`: the chip has cut the power."""

    def __init__(self, interrupt, consumers):
        super().__init__("")
        self._interrupt = interrupt
        self._consumers = consumers
        self.off = False
        self.percent = 80
        self.plugged = False
        self._pressed = -1

    def power_on(self):
        super().power_on()
        self.off = False
        self._pressed = -1
        self._rails()
        self._line()

    def written(self, number, value):
        if self.STATUS <= number < self.STATUS + self.STATUSES:
            self.registers[number] &= ~value  # a written 1 clears
        else:
            super().written(number, value)
        self._line()
        self._rails()
        if number == self.OFF[0] and value & self.OFF[1]:
            self._cut()

    def _line(self):
        stands = False
        for at in range(self.STATUSES):
            if self.registers[self.STATUS + at] & self.registers[self.ENABLE + at]:
                stands = True
        self._interrupt.drive(0 if stands else 1)

    def _raise(self, number, bit):
        self.registers[number] |= 1 << bit
        self._line()

    def _rails(self):
        for rail, consumers in self._consumers.items():
            for consumer in consumers:
                self.circuit.set_rail(consumer, not self.off and self.has(rail))

    def key(self, down):
        if self.off:
            return
        if down:
            self._pressed = self.circuit.now
            self._raise(*self.FALLING)
            self._when()
        elif self._pressed >= 0:
            short = self.circuit.now - self._pressed < _SHORT_MS
            self._pressed = -1
            self.due = None
            self._raise(*self.RISING)
            if short:
                self._raise(*self.SHORT)

    def _when(self):
        """The chip watches the key: for a long press, and for one that switches off."""
        at = self._pressed + _OFF_MS[self.off_time()]
        long_at = self._pressed + _SHORT_MS
        self.due = long_at if self.circuit.now < long_at else at if self.circuit.now < at else self.circuit.now + 100

    def turn(self):
        if self._pressed < 0:
            return
        held = self.circuit.now - self._pressed
        if held == _SHORT_MS:
            self._raise(*self.LONG)
        if held >= _OFF_MS[self.off_time()] and self.off_enabled():
            self._cut()
            return
        self._when()

    def _cut(self):
        self.off = True
        self.due = None
        self._rails()
        self._interrupt.drive(None)

    def answers(self):
        return not self.off

    def charger(self, on):
        self.plugged = on
        self._raise(*(self.PLUGGED if on else self.UNPLUGGED))


class Axp202(Axp):
    address = 0x35
    RESET = {0x03: 0x41, 0x12: 0x5F, 0x28: 0xCF, 0x32: 0x46, 0x36: 0x5D, 0x40: 0xD8, 0x41: 0xFF, 0x42: 0x03, 0x43: 0x01}
    READ_ONLY = (0x00, 0x01, 0x03, 0xB9)
    ENABLE, STATUS, STATUSES = 0x40, 0x48, 5
    OFF = (0x32, 0x80)
    FALLING, RISING, SHORT, LONG = (0x4C, 5), (0x4C, 6), (0x4A, 1), (0x4A, 0)
    PLUGGED, UNPLUGGED = (0x48, 3), (0x48, 2)
    _BITS = {"exten": 0, "ldo2": 2, "ldo4": 3, "ldo3": 6}

    def has(self, rail):
        return self.registers[0x12] >> self._BITS[rail] & 1 == 1

    def off_time(self):
        return self.registers[0x36] & 3

    def off_enabled(self):
        return self.registers[0x36] >> 3 & 1 == 1

    def fetched(self, number):
        if number == 0x00:
            return 0x30 if self.plugged else 0x00
        if number == 0x01:
            return 0x20 | (0x40 if self.plugged else 0)
        if number == 0xB9:
            return self.percent
        return super().fetched(number)


class Axp2101(Axp):
    address = 0x34
    RESET = {0x03: 0x4A, 0x10: 0x30, 0x22: 0x06, 0x27: 0x10, 0x40: 0xFF, 0x41: 0xFC, 0x42: 0xFF, 0x90: 0x01}
    READ_ONLY = (0x00, 0x01, 0x03, 0xA4)
    ENABLE, STATUS, STATUSES = 0x40, 0x48, 3
    OFF = (0x10, 0x01)
    FALLING, RISING, SHORT, LONG = (0x49, 1), (0x49, 0), (0x49, 3), (0x49, 2)
    PLUGGED, UNPLUGGED = (0x49, 7), (0x49, 6)
    _BITS = {"aldo1": 0, "aldo2": 1, "aldo3": 2, "aldo4": 3, "bldo1": 4, "bldo2": 5, "dldo1": 7}

    def has(self, rail):
        return self.registers[0x90] >> self._BITS[rail] & 1 == 1

    def off_time(self):
        return self.registers[0x27] >> 2 & 3

    def off_enabled(self):
        return self.registers[0x22] >> 1 & 1 == 1

    def fetched(self, number):
        if number == 0x00:
            return 0x28 if self.plugged else 0x08
        if number == 0x01:
            return 0x20 if self.plugged else 0x40
        if number == 0xA4:
            return self.percent
        return super().fetched(number)


class Key:
    """A button between a pin and ground."""

    def __init__(self, line):
        self._line = line
        line.drive(1)

    def key(self, down):
        self._line.drive(0 if down else 1)
