"""ST7789 and GC9A01 as they stand behind SPI with a D/C line: command streams in, a picture on the glass out.

Sources: Sitronix ST7789V2 data sheet 1.0, sections 8.4 (4-line serial interface), 9.1 (commands), 9.1.11 and 9.1.12
(sleep in and out: 5 ms before the next command, 120 ms between the two); Galaxycore GC9A01A data sheet 1.0, sections
6.2 and 6.3 (the same commands).
"""

from simulator.chips.chip import Chip

_SLPIN, _SLPOUT, _INVOFF, _INVON, _DISPOFF, _DISPON = 0x10, 0x11, 0x20, 0x21, 0x28, 0x29
_CASET, _RASET, _RAMWR, _MADCTL, _COLMOD, _SWRESET = 0x2A, 0x2B, 0x2C, 0x36, 0x3A, 0x01
_MY, _MX, _MV, _BGR = 0x80, 0x40, 0x20, 0x08


class Display(Chip):
    """columns and rows of the memory; glass: (x, y, width, height) of the memory that the panel shows; turned: it is
    mounted upside down; cs, dc, reset, backlight: lines (reset may be None).

    All panels of our boards are of the kind whose colours are right with inversion on. `updates`: [x, y, w, h, bytes
    sent for it] of each write into memory since `updates` was last emptied."""

    columns, rows = 240, 320

    def __init__(self, glass, turned, cs, dc, reset, backlight, rail=""):
        super().__init__(rail)
        self.glass, self.turned = glass, turned
        self._cs, self._dc, self._reset, self._light = cs, dc, reset, backlight
        self.memory = bytearray(self.columns * self.rows * 2)
        self.updates = []
        self.awake = self.shows = self.inverted = False
        if reset:
            reset.watchers.append(self._reset_line)

    def power_on(self):
        self._clear(noise=True)

    def power_off(self):
        self.awake = self.shows = False

    def _reset_line(self, level):
        if not level:
            self._clear(noise=False)
        self._since_reset = self.circuit.now

    def _clear(self, noise):
        """Reset; memory keeps what it has, and after power-on that is noise (section 9.1.2)."""
        self.awake = self.shows = self.inverted = False
        self._madctl = 0
        self._pixel = 0x66
        self._window = [0, self.columns - 1, 0, self.rows - 1]
        self._command = None
        self._data = bytearray()
        self._x = self._y = 0
        self._half = None
        self._since_reset = self.circuit.now
        self._slept = self._busy = -1000
        self._sent = 0
        if noise:
            for at in range(len(self.memory)):
                self.memory[at] = at * 37 & 255

    def receive(self, data):
        """Bytes on the bus."""
        if not self._on or self._cs.level() or (self._reset and not self._reset.level()):
            return
        if self._dc.level():
            self._take(data)
        else:
            for command in bytes(data):
                self._begin(command)

    def _begin(self, command):
        circuit = self.circuit
        self._command, self._data = command, bytearray()
        self._sent += 1
        now = circuit.now
        if now - self._since_reset < 5:
            circuit.fault("display: command %02x within 5 ms of reset" % command)
        if now - self._busy < 5:
            circuit.fault("display: command %02x within 5 ms of sleep in or out" % command)
        if command == _SWRESET:
            self._clear(noise=False)
        elif command in (_SLPOUT, _SLPIN):
            if now - self._slept < 120:
                circuit.fault("display: sleep in and out within 120 ms")
            self._slept = self._busy = now
            self.awake = command == _SLPOUT
        elif command in (_INVON, _INVOFF):
            self.inverted = command == _INVON
        elif command in (_DISPON, _DISPOFF):
            self.shows = command == _DISPON
        elif command == _RAMWR:
            self._x, self._y = self._window[0], self._window[2]
            self._half = None
            if self._pixel & 7 != 5:
                circuit.fault("display: pixels of %02x, not of 16 bits" % self._pixel)
            x0, x1, y0, y1 = self._window
            self.updates.append([x0, y0, x1 - x0 + 1, y1 - y0 + 1, self._sent])
            self._sent = 0

    def _take(self, data):
        command = self._command
        if command == _RAMWR:
            if self.updates:
                self.updates[-1][4] += len(data)
            self._fill(data)
            return
        self._sent += len(data)
        self._data += bytes(data)
        data = self._data
        if command in (_CASET, _RASET) and len(data) == 4:
            at = 0 if command == _CASET else 2
            first, last = data[0] << 8 | data[1], data[2] << 8 | data[3]
            if first > last or last >= (self.columns if at == 0 else self.rows):
                self.circuit.fault("display: window from %d to %d" % (first, last))
                return
            self._window[at : at + 2] = [first, last]
        elif command == _MADCTL and len(data) == 1:
            self._madctl = data[0]
        elif command == _COLMOD and len(data) == 1:
            self._pixel = data[0]

    def _fill(self, data):
        """Pixels from the window's upper left corner on; behind its end they go on at its beginning (9.1.22)."""
        x0, x1, y0, y1 = self._window
        plain = not self._madctl & (_MX | _MY | _MV)
        at, size = 0, len(data)
        if self._half is not None:
            data = bytes([self._half]) + bytes(data)
            size, self._half = size + 1, None
        while at + 1 < size:
            count = min((size - at) // 2, x1 - self._x + 1)
            piece = data[at : at + 2 * count]
            x, y = self._x, self._y
            if self._madctl & _MY:
                y = self.rows - 1 - y
            if plain or not self._madctl & _MX:
                place = 2 * (y * self.columns + x)
                self.memory[place : place + 2 * count] = piece
            else:
                place = 2 * (y * self.columns + self.columns - x - count)
                self.memory[place : place + 2 * count] = _mirrored(piece)
            at += 2 * count
            self._x += count
            if self._x > x1:
                self._x = x0
                self._y = self._y + 1 if self._y < y1 else y0
        if at < size:
            self._half = data[at]

    # --- what the child sees

    def lit(self):
        """How bright the light behind the panel is, 0 to 65535."""
        line = self._light
        if not self.circuit.powered("backlight"):
            return 0
        return line.wave[1] if line.wave else 65535 * line.level()

    def picture(self):
        """The panel as the child sees it, RGB565 with the high byte first; black when nothing is to be seen."""
        x, y, width, height = self.glass
        out = bytearray(2 * width * height)
        if not (self._on and self.awake and self.shows and self.lit()):
            return out
        for row in range(height):
            from_row = y + (height - 1 - row if self.turned else row)
            at = 2 * (from_row * self.columns + x)
            line = self.memory[at : at + 2 * width]
            if self.turned:
                line = _mirrored(line)
            out[2 * width * row : 2 * width * (row + 1)] = line
        if not self.inverted or self._madctl & _BGR:
            self._recolour(out)
        return out

    def _recolour(self, out):
        for at in range(0, len(out), 2):
            value = out[at] << 8 | out[at + 1]
            if not self.inverted:
                value ^= 0xFFFF
            if self._madctl & _BGR:
                value = (value & 31) << 11 | value & 0x7E0 | value >> 11
            out[at], out[at + 1] = value >> 8, value & 255


class St7789(Display):
    """240 x 320."""


class Gc9a01(Display):
    """240 x 240; its voltages and curves can only be set after both keys (0xFE, then 0xEF; section 6.5)."""

    rows = 240

    def _clear(self, noise):
        super()._clear(noise)
        self._keys = 0

    def _begin(self, command):
        super()._begin(command)
        if command == 0xFE:
            self._keys = 1
        elif command == 0xEF and self._keys == 1:
            self._keys = 2
        elif command >= 0x80 and self._keys != 2:
            self.circuit.fault("gc9a01: register %02x without its keys" % command)


def _mirrored(line):
    """Pixels from the right to the left."""
    out = bytearray(len(line))
    to = len(line) - 2
    for at in range(0, len(line), 2):
        out[to] = line[at]
        out[to + 1] = line[at + 1]
        to -= 2
    return out
