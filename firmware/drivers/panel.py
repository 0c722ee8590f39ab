"""What the display controllers of our boards have in common: commands of MIPI DCS over SPI with a D/C line.

Source: Sitronix ST7789V2 data sheet 1.0: 8.4.1 (D/C is low for a command and high for its data), 9.1.11-9.1.12 (5 ms
after sleep in or out, 120 ms between them), 9.1.20-9.1.22 (window and memory write), 9.1.28 (MADCTL), 9.1.32 (COLMOD).
"""

from micropython import const

_SLPIN = b"\x10"
_SLPOUT = b"\x11"
_INVOFF = b"\x20"
_INVON = b"\x21"
_DISPOFF = b"\x28"
_DISPON = b"\x29"
_CASET = b"\x2a"
_RASET = b"\x2b"
_RAMWR = b"\x2c"
_MADCTL = b"\x36"
_COLMOD = b"\x3a"
_RESET_MS = const(10)  # the pulse needs 10 us (7.4.5)
_AFTER_RESET_MS = const(120)


class Panel:
    """spi, cs, dc, reset (or None): as in `machine`. x, y: where the panel begins in the controller's memory.
    wait(ms). The contract of firmware/ui: width, height, round, blit."""

    def __init__(self, spi, cs, dc, reset, facts, wait):
        self.width, self.height, self.round = facts["width"], facts["height"], facts["round"]
        self._spi, self._cs, self._dc, self._reset, self._wait = spi, cs, dc, reset, wait
        self._x, self._y = facts["x"], facts["y"]
        self._turn, self._inverted = facts["madctl"], facts["invert"]
        self._columns = bytearray(4)
        self._rows = bytearray(4)
        self.begin()

    def begin(self):
        """From power-on to a display that shows; nothing is drawn yet. Takes about a quarter of a second."""
        self._cs(1)
        if self._reset:
            self._reset(0)
            self._wait(_RESET_MS)
            self._reset(1)
        self._wait(_AFTER_RESET_MS)
        self.send(_SLPOUT)
        self._wait(_AFTER_RESET_MS)
        self.voltages()
        self.send(_MADCTL, bytes([self._turn]))
        self.send(_COLMOD, b"\x55")  # 16 bits a pixel
        self.send(_INVON if self._inverted else _INVOFF)

    def voltages(self):
        """What the controller must be told of its panel."""

    def send(self, command, data=None):
        """One command with its data."""
        self._cs(0)
        self._dc(0)
        self._spi.write(command)
        if data is not None:
            self._dc(1)
            self._spi.write(data)
        self._cs(1)

    def on(self):
        """Show what is in memory."""
        self.send(_SLPOUT)
        self._wait(_AFTER_RESET_MS)
        self.send(_DISPON)

    def off(self):
        """Show nothing and need little power; memory keeps its picture."""
        self.send(_DISPOFF)
        self.send(_SLPIN)
        self._wait(_AFTER_RESET_MS)

    def blit(self, x, y, w, h, buffer):
        """Rows of RGB565, high byte first. Allocates nothing."""
        _range(self._columns, x + self._x, w)
        _range(self._rows, y + self._y, h)
        self.send(_CASET, self._columns)
        self.send(_RASET, self._rows)
        self.send(_RAMWR, buffer)


def _range(into, first, count):
    """First and last, high byte first."""
    last = first + count - 1
    into[0] = first >> 8
    into[1] = first & 255
    into[2] = last >> 8
    into[3] = last & 255
