"""X-Powers AXP202: rails, battery, charger and the power key.

Source: AXP202 data sheet 1.0, section 10: 0x00 (bit 5: VBUS), 0x12 (rails), 0x28 (LDO2: 1.8 V and 0.1 V a step, bits
4-7), 0x29 (LDO3), 0x36 (key: bits 0-1 time to off, bit 3 off at all), 0x40-0x44 and 0x48-0x4C (interrupts: 0x44 bits 5
and 6 are the key's edges, 0x40 bits 2 and 3 the charger's), 0xB9 (battery, percent).
"""

from micropython import const

from firmware.drivers.registers import Registers

_STATUS = const(0x00)
_RAILS = const(0x12)
_LDO24 = const(0x28)
_LDO3 = const(0x29)
_KEY = const(0x36)
_ENABLE = const(0x40)
_PENDING = const(0x48)
_PERCENT = const(0xB9)
_OFF_10S = const(3)
_OFF = const(8)
_BITS = {"exten": 1, "ldo2": 4, "ldo4": 8, "ldo3": 64}


class Power:
    """The key's hold-to-off is set to 10 s, its longest, and can be closed."""

    def __init__(self, i2c, address):
        self._chip = Registers(i2c, address)
        self._five = bytearray(5)
        self._rails = self._chip.get(_RAILS) & ~(4 | 8 | 64 | 1)
        for register, value in enumerate((0x0C, 0, 0, 0, 0x60)):  # charger; the key's two edges
            self._chip.set(_ENABLE + register, value)
        self.clear()
        self._chip.set(_LDO24, 0xF0 | self._chip.get(_LDO24) & 15)  # LDO2: 3.3 V
        self._chip.set(_LDO3, 0x68)  # 3.3 V
        self.hold_to_off(True)

    def rail(self, name, on):
        """Switch a rail; the others keep what they have."""
        self._rails = self._rails | _BITS[name] if on else self._rails & ~_BITS[name]
        self._chip.set(_RAILS, self._rails)

    def hold_to_off(self, enabled):
        """Whether the key, held for 10 s, cuts the power without asking anybody."""
        value = self._chip.get(_KEY) & ~(_OFF | 3) | _OFF_10S
        self._chip.set(_KEY, value | _OFF if enabled else value)

    def clear(self):
        """Forget what has happened; the interrupt line goes up again. Of the key: bit 0 pressed, bit 1 released."""
        five = self._five
        self._chip.read_into(_PENDING, five)
        for at in range(5):
            if five[at]:
                self._chip.set(_PENDING + at, five[at])
        return five[4] >> 5 & 3

    def charging(self):
        return self._chip.get(_STATUS) & 0x20 != 0

    def percent(self):
        """Of the battery; -1 while the chip does not know."""
        value = self._chip.get(_PERCENT)
        return -1 if value & 0x80 else value
