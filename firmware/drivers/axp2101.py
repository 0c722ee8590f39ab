"""X-Powers AXP2101: rails, battery, charger and the power key.

Source: AXP2101 data sheet 1.0, section 6.13: 0x00 (bit 5: VBUS), 0x22 (bit 1: the key may switch off), 0x27 (bits 2-3:
after 4, 6, 8 or 10 s), 0x40-0x42 and 0x48-0x4A (interrupts: 0x41 bits 0 and 1 are the key's rising and falling edge,
bits 6 and 7 the charger's), 0x90 (rails), 0x92-0x99 (their voltages: 0.5 V and 0.1 V a step), 0xA4 (battery, percent).
"""

from micropython import const

from firmware.drivers.registers import Registers

_STATUS = const(0x00)
_OFF_BY_KEY = const(0x22)
_KEY = const(0x27)
_ENABLE = const(0x40)
_PENDING = const(0x48)
_RAILS = const(0x90)
_VOLTS = const(0x92)
_PERCENT = const(0xA4)
_3300_MV = const(28)
_NAMES = ("aldo1", "aldo2", "aldo3", "aldo4", "bldo1", "bldo2", "cpusldo", "dldo1")


class Power:
    """The key's hold-to-off is set to 10 s, its longest, and can be closed."""

    def __init__(self, i2c, address):
        self._chip = Registers(i2c, address)
        self._three = bytearray(3)
        self._rails = 0  # rails that no part of the board has named stay off
        for register, value in enumerate((0, 0xC3, 0)):  # charger; the key's two edges
            self._chip.set(_ENABLE + register, value)
        self.clear()
        self._chip.set(_KEY, self._chip.get(_KEY) | 0x0C)
        self.hold_to_off(True)

    def rail(self, name, on):
        """Switch a rail, with 3.3 V."""
        bit = _NAMES.index(name)
        if on:
            self._chip.set(_VOLTS + bit, _3300_MV)
        self._rails = self._rails | 1 << bit if on else self._rails & ~(1 << bit)
        self._chip.set(_RAILS, self._rails)

    def hold_to_off(self, enabled):
        """Whether the key, held for 10 s, cuts the power without asking anybody."""
        value = self._chip.get(_OFF_BY_KEY)
        self._chip.set(_OFF_BY_KEY, value | 2 if enabled else value & ~2)

    def clear(self):
        """Forget what has happened; the interrupt line goes up again. Of the key: bit 0 pressed, bit 1 released."""
        three = self._three
        self._chip.read_into(_PENDING, three)
        for at in range(3):
            if three[at]:
                self._chip.set(_PENDING + at, three[at])
        return three[1] >> 1 & 1 | (three[1] & 1) << 1

    def charging(self):
        return self._chip.get(_STATUS) & 0x20 != 0

    def percent(self):
        """Of the battery; -1 while there is none."""
        return self._chip.get(_PERCENT) if self._chip.get(_STATUS) & 8 else -1
