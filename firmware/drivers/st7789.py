"""Sitronix ST7789: 240 x 320, as on most of our boards. Its reset values suit their panels."""

from firmware.drivers.panel import Panel


class Display(Panel):
    """Nothing to tell it."""
