"""A motion chip that is read from its FIFO once in a while: frames of three axes, low byte first, in a range of 2 g."""

from micropython import const

from firmware.drivers.motion import Motion
from firmware.drivers.registers import Registers

_FRAMES = const(8)  # read at once
_FRAME = const(6)  # bytes


class Fifo(Motion):
    """A Motion; the driver of the chip says how much there is (`_fill`), and ends what it began (`_drained`)."""

    REGISTER = 0  # of the data
    MASK = 0xFF  # of a low byte: the bits that are measured

    def __init__(self, i2c, address, wait):
        super().__init__()
        self._chip, self._wait = Registers(i2c, address), wait
        self._two = bytearray(2)
        self._frames = bytearray(_FRAME * _FRAMES)
        self._awake = False

    def _fill(self):
        """Frames that the chip holds; it is ready to hand them out."""
        raise NotImplementedError

    def _drained(self):
        """All frames have been read."""

    def clear_interrupt(self):
        if not self._awake:
            return
        left = self._fill()
        data = self._frames
        while left > 0:
            self._chip.read_into(self.REGISTER, data)
            for at in range(0, _FRAME * min(left, _FRAMES), _FRAME):
                self._take(self._mg(at), self._mg(at + 2), self._mg(at + 4))
            left -= _FRAMES
        for at in range(len(data)):
            data[at] = 0
        self._drained()

    def _mg(self, at):
        """Thousandths of g."""
        value = self._frames[at] & self.MASK | self._frames[at + 1] << 8
        return (value - 65536 if value & 0x8000 else value) * 2000 // 32768
