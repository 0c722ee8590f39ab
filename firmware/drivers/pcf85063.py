"""NXP PCF85063A: the PCF8563's address, another place for the time.

Source: PCF85063A data sheet rev. 7, section 8.2 (0x00: bit 5 stops, bit 1 chooses 12 hours, bit 0 the crystal's load)
and 8.3 (0x04 seconds with the oscillator-stop flag OS in bit 7, to 0x0A years).
"""

from firmware.drivers import pcf8563


class Clock(pcf8563.Clock):
    """Seconds since 2020-01-01T00:00Z."""

    FIRST = 0x04
