"""PCF8563 (and the BM8563) and PCF85063A: clock chips with a cell of their own and a flag that tells when it was empty.

Sources: NXP PCF8563 data sheet rev. 11, section 8.4 (0x02 seconds with VL in bit 7, section 8.4.1, to 0x08 years; 0x07
bit 7 century); NXP PCF85063A data sheet rev. 7, section 8.2 and 8.3 (0x00 with STOP in bit 5, 0x04 seconds with OS in
bit 7, to 0x0A years).
"""

from simulator.chips.chip import Registers

_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


class Clock(Registers):
    """It runs while it has a cell; `drain` empties the cell. `set_to` is for tests: seconds since 2020."""

    address = 0x51

    def __init__(self):
        super().__init__("")
        self._base = 0  # seconds since 2020 at ...
        self._at = 0  # ... this time of the circuit
        self._lost = True

    def power_on(self):
        super().power_on()
        self._at = self.circuit.now

    def drain(self):
        """Main power and the cell were gone: reset values, and the flag."""
        self.reset()
        self._base, self._at, self._lost = 0, self.circuit.now, True

    def go_on(self, before, seconds):
        """The same chip after the rest of the board had no power for so long."""
        self._base, self._at, self._lost = before.seconds() + seconds, self.circuit.now, before._lost

    def set_to(self, seconds):
        self._base, self._at, self._lost = seconds, self.circuit.now, False

    def seconds(self):
        return self._base + (self.circuit.now - self._at) // 1000

    def written(self, number, value):
        first = self.FIRST
        if first <= number < first + 7:
            fields = list(self._fields())
            fields[number - first] = value
            if number == first:
                self._lost = value & 0x80 != 0
            self._base, self._at = self._from(fields), self.circuit.now
            return
        super().written(number, value)

    def fetched(self, number):
        first = self.FIRST
        if first <= number < first + 7:
            return self._fields()[number - first]
        return super().fetched(number)

    def _fields(self):
        """Seconds, minutes, hours, days, weekdays, months, years (the last four in the chip's own order)."""
        seconds = self.seconds()
        days = seconds // 86400
        weekday = (days + 3) % 7  # 2020-01-01 was a Wednesday
        year = 20
        while days >= _length(year):
            days -= _length(year)
            year += 1
        month = 0
        while days >= _month(year, month):
            days -= _month(year, month)
            month += 1
        lost = 0x80 if self._lost else 0
        time = [_bcd(seconds % 60) | lost, _bcd(seconds // 60 % 60), _bcd(seconds // 3600 % 24)]
        return time + [_bcd(days + 1), weekday, _bcd(month + 1), _bcd(year % 100)]

    def _from(self, fields):
        """Seconds since 2020; the weekday is counted by the chip and not checked."""
        day, month, year = _number(fields[3] & 0x3F), _number(fields[5] & 0x1F), _number(fields[6])
        days = 0
        for before in range(20, max(year, 20)):
            days += _length(before)
        for before in range(month - 1):
            days += _month(year, before)
        days += day - 1
        time = _number(fields[2] & 0x3F) * 3600 + _number(fields[1] & 0x7F) * 60 + _number(fields[0] & 0x7F)
        return days * 86400 + time


class Pcf8563(Clock):
    FIRST = 2
    RESET = {0x00: 0x08, 0x0D: 0x80}

    def next(self, number):
        return (number + 1) & 15


class Pcf85063(Clock):
    FIRST = 4

    def next(self, number):
        return (number + 1) % 0x12


def _length(year):
    return 366 if year % 4 == 0 else 365


def _month(year, month):
    return 29 if month == 1 and year % 4 == 0 else _DAYS[month]


def _bcd(value):
    return value // 10 << 4 | value % 10


def _number(value):
    return (value >> 4) * 10 + (value & 15)
