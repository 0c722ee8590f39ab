"""What all chip models have."""


class Chip:
    """rail: what it has its power from. `due`: when it next has something to do, in milliseconds, or None."""

    def __init__(self, rail=""):
        self.rail = rail
        self.circuit = None
        self.due = None
        self._on = False

    def answers(self):
        return self._on

    def power_changed(self):
        """The rail went on or off: a chip that finds power begins anew."""
        on = self.circuit.powered(self.rail)
        if on and not self._on:
            self._on = True
            self.power_on()
        elif not on and self._on:
            self._on = False
            self.power_off()

    def power_on(self):
        """Registers as after reset."""

    def power_off(self):
        """Outputs let go."""

    def turn(self):
        """The time `due` has come."""


class Registers(Chip):
    """An I2C chip with registers of one byte: the first byte written is the number, which then counts up by itself."""

    address = 0
    RESET = {}  # values after reset that are not 0
    READ_ONLY: tuple = ()

    def __init__(self, rail=""):
        super().__init__(rail)
        self.registers = bytearray(256)
        self._pointer = 0

    def power_on(self):
        self.reset()

    def reset(self):
        for number in range(256):
            self.registers[number] = self.RESET.get(number, 0)
        self._pointer = 0

    def write(self, data):
        self._pointer = data[0]
        for value in data[1:]:
            if self._pointer not in self.READ_ONLY:
                self.written(self._pointer, value)
            self._pointer = self.next(self._pointer)

    def read(self, count):
        out = bytearray(count)
        for at in range(count):
            out[at] = self.fetched(self._pointer)
            self._pointer = self.next(self._pointer)
        return bytes(out)

    def next(self, number):
        return (number + 1) & 255

    def written(self, number, value):
        self.registers[number] = value

    def fetched(self, number):
        return self.registers[number]
