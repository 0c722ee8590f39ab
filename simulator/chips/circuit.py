"""A circuit: lines between pins, I2C and SPI buses, power rails, and the time that chips need.

`plug` makes it the one behind `machine`. Time is in milliseconds and stands still except in `advance`, in which chips
have their turn each time one of them has something to do.
"""

import sys

import simulator.machine


class Line:
    """What is connected to one pin of the microcontroller."""

    def __init__(self):
        self.pull = None
        self.handler = None  # (function, edges, pin)
        self.wakes = None  # the level that ends a light sleep
        self.wave = None  # [hertz, duty 0..65535] while PWM drives it
        self.microvolts = 0  # for the ADC
        self.watchers = []  # functions of the chips that this line goes to
        self._mode = 1
        self._out = 0
        self._driven = None  # by a chip: 0, 1, or None
        self._seen = 0  # the level after the last change

    def set_mode(self, mode, value):
        self._mode = mode
        if value is not None:
            self._out = 1 if value else 0
        self._changed()

    def put(self, value):
        """The microcontroller's output."""
        self._out = 1 if value else 0
        self._changed()

    def drive(self, value):
        """A chip's output: 0, 1, or None to let go."""
        self._driven = value
        self._changed()

    def level(self):
        if self._mode == 3 or (self._mode == 7 and not self._out):
            return self._out
        if self._driven is not None:
            return self._driven
        return self.pull or 0

    def _changed(self):
        level = self.level()
        if level == self._seen:
            return
        self._seen = level
        for watcher in self.watchers:
            watcher(level)
        if self.handler and self.handler[1] & (1 if level else 2):
            self.handler[0](self.handler[2])


class I2cBus:
    """The chips between two lines. `transfers` counts what the microcontroller has begun."""

    def __init__(self):
        self.chips = []
        self.transfers = 0

    def find(self, address):
        """The chip that answers at an address now, or None."""
        for chip in self.chips:
            if chip.address == address and chip.answers():
                return chip
        return None


class SpiBus:
    """The chips behind one clock line. `sent` counts bytes."""

    def __init__(self):
        self.chips = []
        self.sent = 0
        self.mode = 0
        self.baudrate = 0

    def write(self, data):
        self.sent += len(data)
        for chip in self.chips:
            chip.receive(data)


class Circuit:
    """Lines by number, buses by their two lines, rails by name. A rail without an entry always has power."""

    def __init__(self):
        self.now = 0
        self.rails = {}
        self.chips = []
        self.faults = []  # what a chip was asked against its data sheet
        self.slept = 0  # milliseconds in light sleep
        self._lines = {}
        self._i2c = {}
        self._spi = {}

    def plug(self):
        """From now on `import machine` gives this circuit, in this process."""
        simulator.machine._circuit = self
        sys.modules["machine"] = simulator.machine

    def line(self, number):
        if number not in self._lines:
            self._lines[number] = Line()
        return self._lines[number]

    def i2c(self, sda, scl):
        if (sda, scl) not in self._i2c:
            self._i2c[sda, scl] = I2cBus()
        return self._i2c[sda, scl]

    def spi(self, sck, mosi):
        if (sck, mosi) not in self._spi:
            self._spi[sck, mosi] = SpiBus()
        return self._spi[sck, mosi]

    def add(self, chip, bus=None):
        """Put a chip onto the board, and onto a bus."""
        self.chips.append(chip)
        chip.circuit = self
        if bus is not None:
            bus.chips.append(chip)
        chip.power_changed()
        return chip

    def powered(self, rail):
        return self.rails.get(rail, True)

    def set_rail(self, rail, on):
        """Switch a rail; the chips on it lose or find power."""
        if self.powered(rail) != bool(on):
            self.rails[rail] = bool(on)
            for chip in self.chips:
                if chip.rail == rail:
                    chip.power_changed()

    def fault(self, words):
        if len(self.faults) < 32:
            self.faults.append(words)

    # --- time

    def advance(self, milliseconds):
        """Let time pass."""
        end = self.now + milliseconds
        while self.now < end:
            due = [chip.due for chip in self.chips if chip.due is not None and chip.due > self.now]
            self.now = min(*due, end) if due else end
            self._turn()

    def _turn(self):
        for chip in self.chips:
            if chip.due is not None and chip.due <= self.now:
                chip.due = None
                chip.turn()

    def sleep(self, milliseconds):
        """Light sleep: time passes until it is over, or until a line has the level that wakes."""
        end = self.now + milliseconds
        while self.now < end and not self._woken():
            due = [chip.due for chip in self.chips if chip.due is not None and chip.due > self.now]
            before = self.now
            self.now = min(*due, end) if due else end
            self.slept += self.now - before
            self._turn()

    def _woken(self):
        lines = self._lines.values()
        return any(line.wakes is not None and line.wakes == line.level() for line in lines)
