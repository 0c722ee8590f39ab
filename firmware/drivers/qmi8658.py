"""QST QMI8658: acceleration, read from its FIFO once in a while; the gyroscope stays off.

Source: QMI8658A data sheet 0.9, section 5: 0x02 CTRL1 (bit 6: the register counts up, bit 5: high byte first, bit 0:
off), 0x03 CTRL2 (bits 4-6 range, 0: 2 g; bits 0-3 rate, 13: 21 Hz at low power), 0x08 CTRL7 (bit 0: acceleration), 0x14
FIFO_CTRL (bits 0-1: 2 is a stream, bits 2-3: 2 is 64 samples), 0x15 and 0x16 FIFO fill in words, 0x17 FIFO data, 0x2D
STATUSINT (bit 7: a command is done); 5.10: commands go to 0x0A, 4 empties the FIFO, 5 asks for it, 0 acknowledges.
"""

from micropython import const

from firmware.drivers.motion_fifo import Fifo

_CTRL1 = const(0x02)
_CTRL2 = const(0x03)
_CTRL7 = const(0x08)
_CTRL9 = const(0x0A)
_FIFO_CTRL = const(0x14)
_FIFO_FILL = const(0x15)
_STATUS = const(0x2D)
_STREAM = const(0x0A)
_EMPTY, _ASK = const(4), const(5)


class Sensor(Fifo):
    """A Motion."""

    REGISTER = 0x17

    def _command(self, value):
        self._chip.set(_CTRL9, value)
        for _ in range(10):
            if self._chip.get(_STATUS) & 0x80:
                break
            self._wait(1)
        self._chip.set(_CTRL9, 0)

    def on(self, count_steps=False):
        super().on(count_steps)
        self._chip.set(_CTRL1, 0x40)
        self._chip.set(_CTRL7, 0)
        self._chip.set(_CTRL2, 13)
        self._chip.set(_FIFO_CTRL, _STREAM)
        self._command(_EMPTY)
        self._chip.set(_CTRL7, 1)
        self._awake = True

    def off(self):
        self._awake = False
        self._chip.set(_CTRL7, 0)
        self._chip.set(_CTRL1, 0x41)

    def _fill(self):
        self._command(_ASK)
        self._chip.read_into(_FIFO_FILL, self._two)
        return (self._two[0] | (self._two[1] & 3) << 8) // 3

    def _drained(self):
        self._chip.set(_FIFO_CTRL, _STREAM)  # writing to it goes on
