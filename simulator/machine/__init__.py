"""`machine` of MicroPython's ESP32 port, as far as the firmware's drivers use it, on a simulated circuit.

The same file serves CPython and the MicroPython unix port, whose own `machine` has no buses. Pins, buses and time are
those of the circuit that is plugged in (simulator/chips/circuit.py). Names are upstream's and no others; what is not
here is an AttributeError. An I2C chip that does not answer is OSError 19, as on the ESP32.
"""

_circuit: object = None  # set by Circuit.plug

SLEEP = 2
_ENODEV = 19


class Pin:
    """One pin. It drives its line only as an output; as an input it reads what drives the line, else its pull."""

    IN, OUT, OPEN_DRAIN = 1, 3, 7
    PULL_DOWN, PULL_UP = 1, 2
    IRQ_RISING, IRQ_FALLING, WAKE_LOW, WAKE_HIGH = 1, 2, 4, 5

    def __init__(self, id, mode=-1, pull=-1, *, value=None):
        self._line = _circuit.line(id)
        self._number = id
        self.init(mode, pull, value=value)

    def init(self, mode=-1, pull=-1, *, value=None):
        line = self._line
        if pull != -1:
            line.pull = 1 if pull == self.PULL_UP else 0 if pull == self.PULL_DOWN else None
        if mode != -1:
            line.set_mode(mode, value)
        elif value is not None:
            line.put(value)

    def value(self, x=None):
        if x is None:
            return self._line.level()
        self._line.put(x)
        return None

    __call__ = value

    def on(self):
        self._line.put(1)

    def off(self):
        self._line.put(0)

    def irq(self, handler=None, trigger=IRQ_FALLING | IRQ_RISING, *, wake=None):
        """Edges call the handler; the level triggers only end a light sleep, as on the ESP32."""
        line = self._line
        if trigger in (self.WAKE_LOW, self.WAKE_HIGH):
            line.wakes = 0 if trigger == self.WAKE_LOW else 1
            return
        line.handler = handler and (handler, trigger, self)


class Signal:
    """A pin that may be inverted."""

    def __init__(self, pin, *, invert=False):
        self._pin = pin
        self._invert = bool(invert)

    def value(self, x=None):
        if x is None:
            return int(self._pin.value() ^ self._invert)
        self._pin.value(bool(x) ^ self._invert)
        return None

    __call__ = value

    def on(self):
        self.value(1)

    def off(self):
        self.value(0)


class I2C:
    """A bus. Chips are found by the two lines that they are wired to."""

    def __init__(self, id, *, scl, sda, freq=400000, timeout=50000):
        self._bus = _circuit.i2c(sda._number, scl._number)
        self._freq = freq

    def scan(self):
        return [address for address in range(8, 0x78) if self._bus.find(address)]

    def _chip(self, address):
        self._bus.transfers += 1
        chip = self._bus.find(address)
        if chip is None:
            raise OSError(_ENODEV)
        return chip

    def writeto(self, addr, buf, stop=True):
        self._chip(addr).write(bytes(buf))
        return len(buf)

    def readfrom(self, addr, nbytes, stop=True):
        return self._chip(addr).read(nbytes)

    def readfrom_into(self, addr, buf, stop=True):
        buf[:] = self.readfrom(addr, len(buf), stop)

    def writeto_mem(self, addr, memaddr, buf, *, addrsize=8):
        self._chip(addr).write(bytes([memaddr]) + bytes(buf))

    def readfrom_mem(self, addr, memaddr, nbytes, *, addrsize=8):
        chip = self._chip(addr)
        chip.write(bytes([memaddr]))
        return chip.read(nbytes)

    def readfrom_mem_into(self, addr, memaddr, buf, *, addrsize=8):
        buf[:] = self.readfrom_mem(addr, memaddr, len(buf))


class SPI:
    """A bus that only sends: no chip of ours answers on it."""

    def __init__(self, id, baudrate=500000, *, polarity=0, phase=0, sck=None, mosi=None, miso=None):
        self._bus = _circuit.spi(sck._number, mosi._number)
        self._bus.mode = polarity << 1 | phase
        self._bus.baudrate = baudrate

    def write(self, buf):
        self._bus.write(buf)

    def deinit(self):
        self._bus.baudrate = 0


class PWM:
    """A square wave on a pin; `duty_u16` of 65535 is always on."""

    def __init__(self, dest, freq=-1, duty_u16=-1):
        self._line = dest._line
        self._line.set_mode(Pin.OUT, 0)
        self._line.wave = [max(freq, 0), max(duty_u16, 0)]

    def init(self, freq=-1, duty_u16=-1):
        if freq >= 0:
            self._line.wave[0] = freq
        if duty_u16 >= 0:
            self._line.wave[1] = duty_u16

    def freq(self, value=None):
        if value is None:
            return self._line.wave[0]
        self._line.wave[0] = value
        return None

    def duty_u16(self, value=None):
        if value is None:
            return self._line.wave[1]
        self._line.wave[1] = value
        return None

    def deinit(self):
        self._line.wave = None
        self._line.put(0)


class ADC:
    """The voltage at a pin."""

    ATTN_0DB, ATTN_2_5DB, ATTN_6DB, ATTN_11DB = 0, 1, 2, 3

    def __init__(self, pin, *, atten=ATTN_0DB):
        self._line = pin._line
        self._limit = (950000, 1250000, 1750000, 3100000)[atten]

    def read_uv(self):
        return min(self._line.microvolts, self._limit)


def lightsleep(time_ms):
    """Sleep until the time is over or a line that wakes has its level."""
    _circuit.sleep(time_ms)


def unique_id():
    return b"\x24\x0a\xc4\x00\x00\x01"
