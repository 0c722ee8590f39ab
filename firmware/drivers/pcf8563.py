"""NXP PCF8563 and the BM8563, which has its registers: a clock with a cell of its own.

Source: PCF8563 data sheet rev. 11, section 8.4: 0x02 seconds (bit 7, VL: the cell was empty, the time means nothing) to
0x08 years, each in BCD; 0x00 bit 5 stops the clock; 8.5: all seven registers are read in one go, so that they belong
together.
"""

from micropython import const

from firmware.drivers.registers import Registers

_CONTROL = const(0x00)
_DAYS = b"\x1f\x1c\x1f\x1e\x1f\x1e\x1f\x1f\x1e\x1f\x1e\x1f"


class Clock:
    """Seconds since 2020-01-01T00:00Z."""

    FIRST = 0x02

    def __init__(self, i2c, address):
        self._chip = Registers(i2c, address)
        self._time = bytearray(7)
        self._chip.set(_CONTROL, 0)  # runs, and counts hours to 24

    def read(self):
        """The time, or None when the chip cannot vouch for it: its flag, no answer, or no date at all."""
        try:
            self._chip.read_into(self.FIRST, self._time)
        except OSError:
            return None
        time = self._time
        if time[0] & 0x80:
            return None
        second, minute, hour = _number(time[0]), _number(time[1] & 0x7F), _number(time[2] & 0x3F)
        day, month, year = _number(time[3] & 0x3F), _number(time[5] & 0x1F), _number(time[6])
        if min(second, minute, hour, day, month, year) < 0 or not 20 <= year < 84:
            return None
        if second > 59 or minute > 59 or hour > 23 or not 1 <= month <= 12 or not 1 <= day <= _length(year, month):
            return None
        days = (year - 20) * 365 + (year - 17) // 4 + day - 1
        for before in range(1, month):
            days += _length(year, before)
        return days * 86400 + hour * 3600 + minute * 60 + second

    def set(self, seconds):
        """Set the time; the flag goes."""
        days, rest = seconds // 86400, seconds % 86400
        weekday = (days + 3) % 7
        year = 20
        while days >= 366 - (year & 3 != 0):
            days -= 366 - (year & 3 != 0)
            year += 1
        month = 1
        while days >= _length(year, month):
            days -= _length(year, month)
            month += 1
        time = self._time
        for at, value in enumerate((rest % 60, rest // 60 % 60, rest // 3600, days + 1, weekday, month, year)):
            time[at] = value // 10 << 4 | value % 10
        self._chip.write(self.FIRST, time)


def _length(year, month):
    """Days of a month; two digits of a year know no century without its leap day."""
    return 29 if month == 2 and year & 3 == 0 else _DAYS[month - 1]


def _number(bcd):
    """-1 if it is none."""
    high, low = bcd >> 4, bcd & 15
    return high * 10 + low if high < 10 and low < 10 else -1
