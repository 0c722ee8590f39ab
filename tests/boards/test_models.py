"""The chip models against the data sheets: raw bytes on the buses, without any driver of ours."""

from typing import Any

import pytest

from simulator import machine as pins
from simulator.chips.circuit import Circuit
from simulator.chips.clocks import Pcf8563, Pcf85063
from simulator.chips.displays import Gc9a01, St7789
from simulator.chips.motion import Bma423, Drv2605, Qmi8658
from simulator.chips.power import Axp202, Axp2101
from simulator.chips.touch import Cst816, Ft6x36

SCK, MOSI, CS, DC, RESET, LIGHT, SDA, SCL, INT, TOUCH_RESET = range(1, 11)


@pytest.fixture
def circuit() -> Circuit:
    circuit = Circuit()
    circuit.plug()
    return circuit


def _i2c() -> Any:
    return pins.I2C(0, scl=pins.Pin(SCL), sda=pins.Pin(SDA))


def _add(circuit: Circuit, chip: Any) -> Any:
    return circuit.add(chip, circuit.i2c(SDA, SCL))


class Panel:
    """A display on a circuit, and the few lines of code that talk to it."""

    def __init__(self, circuit: Circuit, kind: Any = St7789, glass: Any = (0, 0, 240, 240), rail: str = "") -> None:
        self.circuit = circuit
        lines = [circuit.line(pin) for pin in (CS, DC, RESET, LIGHT)]
        self.chip = circuit.add(kind(glass, False, *lines, rail=rail), circuit.spi(SCK, MOSI))
        self.spi = pins.SPI(1, 40000000, sck=pins.Pin(SCK), mosi=pins.Pin(MOSI))
        self.cs, self.dc = pins.Pin(CS, pins.Pin.OUT, value=1), pins.Pin(DC, pins.Pin.OUT, value=1)
        self.reset, self.light = pins.Pin(RESET, pins.Pin.OUT, value=1), pins.Pin(LIGHT, pins.Pin.OUT, value=1)
        circuit.advance(10)

    def send(self, command: int, data: bytes = b"") -> None:
        self.cs(0)
        self.dc(0)
        self.spi.write(bytes([command]))
        self.dc(1)
        self.spi.write(data)
        self.cs(1)

    def begin(self) -> None:
        self.send(0x11)
        self.circuit.advance(120)
        self.send(0x3A, b"\x55")
        self.send(0x21)
        self.send(0x29)

    def draw(self, x: int, y: int, w: int, h: int, pixels: bytes) -> None:
        for command, first, count in ((0x2A, x, w), (0x2B, y, h)):
            self.send(command, first.to_bytes(2, "big") + (first + count - 1).to_bytes(2, "big"))
        self.send(0x2C, pixels)

    def pixel(self, x: int, y: int) -> int:
        at = 2 * (y * self.chip.glass[2] + x)
        return int.from_bytes(self.chip.picture()[at : at + 2], "big")


def test_a_display_shows_what_it_is_sent_when_everything_is_on(circuit: Circuit) -> None:
    panel = Panel(circuit)
    assert not any(panel.chip.picture()), "asleep after power-on"
    panel.begin()
    panel.draw(10, 20, 2, 2, bytes.fromhex("f800 07e0 001f ffff"))
    assert [panel.pixel(10, 20), panel.pixel(11, 20), panel.pixel(10, 21), panel.pixel(11, 21)] == [
        *(0xF800, 0x07E0, 0x001F, 0xFFFF)
    ]
    panel.send(0x20)
    assert panel.pixel(10, 20) == 0x07FF, "without inversion the panel shows the complement"
    panel.send(0x21)
    panel.send(0x36, b"\x08")
    assert panel.pixel(10, 20) == 0x001F, "red and blue are exchanged"
    panel.send(0x36, b"\x00")
    for dark, light in ((lambda: panel.send(0x28), lambda: panel.send(0x29)), (panel.light.off, panel.light.on)):
        dark()
        assert not any(panel.chip.picture())
        light()
        assert panel.pixel(10, 20) == 0xF800
    assert circuit.faults == []


def test_the_window_wraps_and_pixels_may_be_cut_in_two(circuit: Circuit) -> None:
    panel = Panel(circuit)
    panel.begin()
    panel.draw(0, 0, 2, 1, bytes.fromhex("1111 2222 3333"))
    assert [panel.pixel(0, 0), panel.pixel(1, 0)] == [0x3333, 0x2222]
    panel.draw(5, 5, 2, 1, b"\xaa")
    panel.cs(0)
    panel.spi.write(b"\xbb\xcc\xdd")
    panel.cs(1)
    assert [panel.pixel(5, 5), panel.pixel(6, 5)] == [0xAABB, 0xCCDD]


@pytest.mark.parametrize(
    ("madctl", "x", "y"), [(0x00, 3, 7), (0x40, 236, 7), (0x80, 3, 312), (0xC0, 236, 312)], ids=hex
)
def test_madctl_mirrors(madctl: int, x: int, y: int, circuit: Circuit) -> None:
    panel = Panel(circuit, glass=(0, 0, 240, 320))
    panel.begin()
    panel.draw(0, 0, 240, 320, bytes(240 * 320 * 2))
    panel.send(0x36, bytes([madctl]))
    panel.draw(3, 7, 1, 1, b"\x12\x34")
    assert panel.pixel(x, y) == 0x1234


def test_a_display_that_is_not_spoken_to_hears_nothing(circuit: Circuit) -> None:
    panel = Panel(circuit)
    panel.begin()
    panel.draw(0, 0, 1, 1, b"\x12\x34")
    panel.dc(0)
    panel.spi.write(b"\x28")  # display off, with CS high
    assert panel.pixel(0, 0) == 0x1234


def test_without_power_a_display_forgets(circuit: Circuit) -> None:
    panel = Panel(circuit, rail="display")
    panel.begin()
    panel.draw(0, 0, 1, 1, b"\x12\x34")
    circuit.set_rail("display", False)
    assert not any(panel.chip.picture())
    panel.begin()
    circuit.set_rail("display", True)
    assert not any(panel.chip.picture()), "what it was sent without power is lost"
    circuit.advance(10)
    panel.begin()
    assert panel.pixel(0, 0) != 0x1234, "noise"


def test_haste_is_noticed(circuit: Circuit) -> None:
    panel = Panel(circuit)
    panel.send(0x11)
    panel.send(0x29)
    assert circuit.faults == ["display: command 29 within 5 ms of sleep in or out"]
    circuit.advance(10)
    panel.send(0x10)
    assert circuit.faults[1:] == ["display: sleep in and out within 120 ms"]
    circuit.advance(200)
    panel.send(0x2C, b"\0\0")
    assert circuit.faults[2:] == ["display: pixels of 66, not of 16 bits"]
    panel.reset(0)
    panel.reset(1)
    panel.send(0x11)
    assert circuit.faults[3:] == ["display: command 11 within 5 ms of reset"]


def test_gc9a01_wants_its_keys(circuit: Circuit) -> None:
    panel = Panel(circuit, Gc9a01)
    panel.send(0xC3, b"\x13")
    panel.send(0xEF)
    panel.send(0xC3, b"\x13")
    assert len(circuit.faults) == 3
    panel.send(0xFE)
    panel.send(0xEF)
    panel.send(0xC3, b"\x13")
    assert len(circuit.faults) == 3
    panel.send(0x2B, b"\0\0\1\0")
    assert circuit.faults[3:] == ["display: window from 0 to 256"], "240 rows"


def test_cst816_sleeps_until_a_finger_comes(circuit: Circuit) -> None:
    chip = _add(circuit, Cst816(circuit.line(INT), circuit.line(TOUCH_RESET), (240, 240), False))
    reset = pins.Pin(TOUCH_RESET, pins.Pin.OUT, value=1)
    i2c = _i2c()
    edges: list[int] = []
    pins.Pin(INT, pins.Pin.IN).irq(lambda pin: edges.append(circuit.now), pins.Pin.IRQ_FALLING)
    assert i2c.scan() == [0x15] and i2c.readfrom_mem(0x15, 0xA7, 1) == b"\xb5"
    circuit.advance(2001)
    assert i2c.scan() == []
    with pytest.raises(OSError, match="19"):
        i2c.readfrom_mem(0x15, 0x02, 5)
    chip.finger(18, 300, True)
    assert i2c.readfrom_mem(0x15, 0x02, 5).hex() == "010012012c" and len(edges) == 1
    circuit.advance(30)
    assert len(edges) == 4, "every 10 ms while it stays"
    chip.finger(18, 300, False)
    assert i2c.readfrom_mem(0x15, 0x02, 1) == b"\x00"
    i2c.writeto_mem(0x15, 0xFE, b"\x01")
    circuit.advance(60000)
    assert i2c.scan() == [0x15], "kept awake"
    i2c.writeto_mem(0x15, 0xA5, b"\x03")
    assert i2c.scan() == []
    reset(0)
    reset(1)
    assert i2c.scan() == [0x15]


def test_ft6x36_reports_a_point(circuit: Circuit) -> None:
    chip = _add(circuit, Ft6x36(circuit.line(INT), None, (240, 240), True, "touch"))
    i2c = _i2c()
    assert i2c.readfrom_mem(0x38, 0xA3, 1) == b"\x64"
    chip.finger(0, 0, True)
    assert i2c.readfrom_mem(0x38, 0x02, 5).hex() == "0180ef00ef", "the far corner: it is mounted upside down"
    chip.finger(0, 0, False)
    assert i2c.readfrom_mem(0x38, 0x02, 2).hex() == "0040", "lifted"
    i2c.writeto_mem(0x38, 0xA5, b"\x03")
    assert i2c.scan() == []
    circuit.set_rail("touch", False)
    circuit.set_rail("touch", True)
    assert i2c.scan() == [0x38]


@pytest.mark.parametrize(
    ("kind", "address", "status", "bit", "off"),
    [(Axp202, 0x35, 0x4C, 0x20, (0x36, 0x57)), (Axp2101, 0x34, 0x49, 0x02, (0x22, 0x04))],
)
def test_a_power_chip_tells_of_its_key_and_cuts_the_power(
    kind: Any, address: int, status: int, bit: int, off: tuple[int, int], circuit: Circuit
) -> None:
    rail = "ldo2" if kind is Axp202 else "aldo2"
    chip = _add(circuit, kind(circuit.line(INT), {rail: ["backlight"]}))
    i2c, line = _i2c(), pins.Pin(INT, pins.Pin.IN)
    enable = status - 8
    i2c.writeto_mem(address, enable, b"\x00")
    for register in range(0x48, 0x4D):
        i2c.writeto_mem(address, register, b"\xff")
    chip.key(True)
    assert line() == 1, "an interrupt that is not enabled moves no line"
    i2c.writeto_mem(address, enable, bytes([bit]))
    assert line() == 0
    i2c.writeto_mem(address, status, b"\x00")
    assert line() == 0, "a written 0 clears nothing"
    i2c.writeto_mem(address, status, bytes([bit]))
    assert line() == 1
    chip.key(False)
    i2c.writeto_mem(address, off[0], bytes([off[1]]))
    chip.key(True)
    circuit.advance(30000)
    assert not chip.off, "switched off by nobody"
    chip.key(False)
    i2c.writeto_mem(address, off[0], bytes([off[1] | (8 if kind is Axp202 else 2)]))
    chip.key(True)
    circuit.advance(11000)
    assert chip.off and i2c.scan() == [] and not circuit.powered("backlight")


def test_rails_follow_their_registers(circuit: Circuit) -> None:
    _add(circuit, Axp2101(circuit.line(INT), {"aldo3": ["display"], "bldo2": ["haptics"]}))
    i2c = _i2c()
    assert not circuit.powered("display")
    i2c.writeto_mem(0x34, 0x90, b"\x14")
    assert circuit.powered("display") and not circuit.powered("haptics")
    i2c.writeto_mem(0x34, 0x90, b"\x20")
    assert circuit.powered("haptics") and not circuit.powered("display")


@pytest.mark.parametrize(("kind", "first"), [(Pcf8563, 2), (Pcf85063, 4)])
def test_a_clock_chip_runs_and_knows_when_it_was_empty(kind: Any, first: int, circuit: Circuit) -> None:
    chip = _add(circuit, kind())
    i2c = _i2c()
    assert i2c.readfrom_mem(0x51, first, 1)[0] & 0x80, "never set"
    i2c.writeto_mem(0x51, first, bytes.fromhex("58 59 23 28 05 02 20"))
    circuit.advance(2000)
    assert i2c.readfrom_mem(0x51, first, 7).hex(" ") == "00 00 00 29 06 02 20", "2020 had a leap day"
    circuit.advance(86400000)
    assert i2c.readfrom_mem(0x51, first, 7).hex(" ") == "00 00 00 01 00 03 20"
    chip.drain()
    assert i2c.readfrom_mem(0x51, first, 1)[0] & 0x80


def test_bma423_measures_when_it_is_told_to(circuit: Circuit) -> None:
    chip = _add(circuit, Bma423())
    i2c = _i2c()
    assert i2c.readfrom_mem(0x19, 0x00, 1) == b"\x13"
    i2c.writeto_mem(0x19, 0x40, b"\x16")
    assert circuit.faults == ["bma423: written in suspend without waking it"]
    chip.feel(0, 0, 1000)
    assert i2c.readfrom_mem(0x19, 0x24, 2) == b"\0\0"
    for register, value in ((0x7C, 0), (0x41, 0), (0x49, 0x40), (0x7D, 4)):
        i2c.writeto_mem(0x19, register, bytes([value]))
    chip.feel(0, -1000, 1000)
    assert i2c.readfrom_mem(0x19, 0x24, 2) == b"\x06\0"
    assert i2c.readfrom_mem(0x19, 0x26, 6).hex() == "000000c00040", "1 g is 16384 of 32768 at 2 g"
    assert i2c.readfrom_mem(0x19, 0x24, 2) == b"\0\0"


def test_qmi8658_gives_its_fifo_when_it_was_asked_for(circuit: Circuit) -> None:
    chip = _add(circuit, Qmi8658())
    i2c = _i2c()
    assert i2c.readfrom_mem(0x6B, 0x00, 1) == b"\x05"
    for register, value in ((0x02, 0x40), (0x14, 0x0A), (0x08, 1)):
        i2c.writeto_mem(0x6B, register, bytes([value]))
    chip.feel(1000, 0, -1000)
    i2c.readfrom_mem(0x6B, 0x17, 6)
    assert circuit.faults == ["qmi8658: FIFO read without a request"]
    chip.feel(1000, 0, -1000)
    i2c.writeto_mem(0x6B, 0x0A, b"\x05")
    assert i2c.readfrom_mem(0x6B, 0x2D, 1) == b"\x80"
    i2c.writeto_mem(0x6B, 0x0A, b"\x00")
    assert i2c.readfrom_mem(0x6B, 0x15, 2) == b"\x03\0", "three words"
    assert i2c.readfrom_mem(0x6B, 0x17, 6).hex() == "0040000000c0"


def test_drv2605_moves_in_real_time_mode_only(circuit: Circuit) -> None:
    chip = _add(circuit, Drv2605("haptics"))
    i2c = _i2c()
    i2c.writeto_mem(0x5A, 0x02, b"\x7f")
    assert chip.moving == 0, "in standby"
    i2c.writeto_mem(0x5A, 0x01, b"\x05")
    assert chip.moving == 0x7F
    circuit.set_rail("haptics", False)
    assert chip.moving == 0 and i2c.scan() == []


def test_light_sleep_ends_at_the_line_that_wakes(circuit: Circuit) -> None:
    line = circuit.line(INT)
    line.drive(1)
    pins.Pin(INT, pins.Pin.IN).irq(trigger=pins.Pin.WAKE_LOW, wake=pins.SLEEP)
    pins.lightsleep(500)
    assert circuit.now == 500
    line.drive(0)
    pins.lightsleep(500)
    assert circuit.now == 500
