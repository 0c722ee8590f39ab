"""The drivers against the data sheets: the bytes that each puts onto the bus, and what it makes of bytes from there.

No chip model takes part: a bus that only writes down and answers from a table."""

import datetime
from typing import Any

import pytest

from firmware.drivers import (
    axp202,
    axp2101,
    bma423,
    cst816,
    drv2605,
    ft6x36,
    gc9a01,
    pcf8563,
    pcf85063,
    qmi8658,
    st7789,
)
from firmware.drivers.buttons import Button, OneButton, PowerKey
from firmware.drivers.motion import Motion

EPOCH = datetime.datetime(2020, 1, 1)


class Wire:
    """An I2C bus with one chip of plain registers. `log`: (register, bytes) of each write."""

    def __init__(self, address: int, **registers: bytes) -> None:
        self.address = address
        self.memory = bytearray(256)
        self.log: list[tuple[int, bytes]] = []
        self.absent = False
        for name, data in registers.items():
            at = int(name[1:], 16)
            self.memory[at : at + len(data)] = data

    def _there(self, address: int) -> None:
        if self.absent or address != self.address:
            raise OSError(19)

    def writeto_mem(self, address: int, register: int, data: bytes) -> None:
        self._there(address)
        self.log.append((register, bytes(data)))
        self.memory[register : register + len(data)] = data

    def readfrom_mem_into(self, address: int, register: int, into: bytearray) -> None:
        self._there(address)
        into[:] = self.memory[register : register + len(into)]


class Fifo(Wire):
    """With a register from which bytes flow."""

    fifo = b""

    def readfrom_mem_into(self, address: int, register: int, into: bytearray) -> None:
        if register != 0x17:
            super().readfrom_mem_into(address, register, into)
            return
        into[:] = self.fifo[: len(into)].ljust(len(into), b"\0")
        self.fifo = self.fifo[len(into) :]


class Stream:
    """SPI and its lines: `log` has "C 2a" for a command, "D 00000027" for data, "R" for a reset."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.waited = 0
        self._dc = self._cs = 1

    def write(self, data: bytes) -> None:
        assert self._cs == 0, "written while the chip was not selected"
        self.log.append(("D " if self._dc else "C ") + bytes(data).hex())

    def cs(self, level: int) -> None:
        self._cs = level

    def dc(self, level: int) -> None:
        self._dc = level

    def reset(self, level: int) -> None:
        if not level:
            self.log.append("R")

    def wait(self, milliseconds: int) -> None:
        self.waited += milliseconds
        self.log.append("W %d" % milliseconds)


def _facts(**more: Any) -> dict[str, Any]:
    return {"width": 240, "height": 280, "round": False, "x": 0, "y": 20, "madctl": 0, "invert": True, **more}


def _panel(module: Any, **more: Any) -> tuple[Stream, Any]:
    stream = Stream()
    panel = module.Display(stream, stream.cs, stream.dc, stream.reset, _facts(**more), stream.wait)
    return stream, panel


def test_st7789_comes_up_as_its_data_sheet_says() -> None:
    stream, panel = _panel(st7789)
    assert stream.log == [
        *("R", "W 10", "W 120"),
        *("C 11", "W 120"),
        *("C 36", "D 00", "C 3a", "D 55", "C 21"),
    ]
    stream.log.clear()
    panel.on()
    assert stream.log == ["C 11", "W 120", "C 29"]
    stream.log.clear()
    panel.off()
    assert stream.log == ["C 28", "C 10", "W 120"]


def test_a_blit_is_a_window_and_its_pixels() -> None:
    stream, panel = _panel(st7789)
    stream.log.clear()
    panel.blit(8, 270, 16, 2, bytes(64))
    # Columns 8 to 23; rows 290 to 291, as the glass begins at row 20.
    assert stream.log == ["C 2a", "D 00080017", "C 2b", "D 01220123", "C 2c", "D " + "00" * 64]


def test_gc9a01_opens_its_registers_first() -> None:
    stream, _ = _panel(gc9a01, height=240, y=0)
    commands = [entry for entry in stream.log if entry[0] == "C"]
    assert commands[:3] == ["C 11", "C fe", "C ef"]
    assert commands[-3:] == ["C 36", "C 3a", "C 21"]


@pytest.mark.parametrize(
    ("module", "register", "data", "seen"),
    [
        (cst816, 0x02, "010012 0034", (18, 52)),
        (cst816, 0x02, "0100ef 0117", (239, 279)),  # 0x117
        (cst816, 0x02, "014012 0034", (18, 52)),  # the flags in bits 6 and 7 are no part of it
        (cst816, 0x02, "00", None),
        (ft6x36, 0x02, "018012 0034", (18, 52)),
        (ft6x36, 0x02, "0240ef 10ef", (239, 239)),  # two fingers: the first; the second byte's high half is its number
        (ft6x36, 0x02, "00", None),
    ],
)
def test_where_the_finger_is(module: Any, register: int, data: str, seen: tuple[int, int] | None) -> None:
    address = 0x15 if module is cst816 else 0x38
    wire = Wire(address)
    wire.memory[register : register + 5] = bytes.fromhex(data).ljust(5, b"\0")
    touch = module.Touch(wire, address, None, None)
    assert wire.log == [(0xFA, b"\x60")] if module is cst816 else [(0xA4, b"\x01")]
    assert touch.read() == (seen is not None)
    if seen:
        assert (touch.x, touch.y) == seen
    wire.absent = True
    assert not touch.read(), "a chip that sleeps has no finger"


def test_axp202_key_rails_and_battery() -> None:
    wire = Wire(0x35, x12=b"\x5f", x28=b"\xcf", x36=b"\x5d", xb9=b"\x4b")
    power = axp202.Power(wire, 0x35)
    written = dict(wire.log)
    assert [written[0x40 + at][0] for at in range(5)] == [0x0C, 0, 0, 0, 0x60]
    assert wire.memory[0x28] == 0xFF, "LDO2 at 3.3 V, LDO4 as it was"
    assert wire.memory[0x36] == 0x5F, "off after ten seconds"
    power.rail("ldo2", True)
    assert wire.memory[0x12] == 0x16, "LDO2; the two DC converters stay, the other rails are off"
    power.rail("ldo2", False)
    assert wire.memory[0x12] == 0x12
    power.hold_to_off(False)
    assert wire.memory[0x36] == 0x57
    power.hold_to_off(True)
    assert wire.memory[0x36] == 0x5F
    assert power.percent() == 75
    wire.memory[0xB9] = 0x80
    assert power.percent() == -1
    wire.memory[0x00] = 0x20
    assert power.charging()
    wire.log.clear()
    wire.memory[0x4C] = 0x20
    assert power.clear() == 1 and wire.log == [(0x4C, b"\x20")], "a written 1 clears"
    wire.memory[0x4C] = 0x40
    assert power.clear() == 2


def test_axp2101_key_rails_and_battery() -> None:
    wire = Wire(0x34, x00=b"\x28", x22=b"\x06", x27=b"\x10", x90=b"\xff", xa4=b"\x4b")
    power = axp2101.Power(wire, 0x34)
    assert wire.memory[0x40:0x43] == b"\x00\xc3\x00"
    assert wire.memory[0x27] == 0x1C and wire.memory[0x22] == 0x06
    power.rail("aldo3", True)
    assert wire.memory[0x94] == 28, "0.5 V and 28 steps of 0.1 V"
    assert wire.memory[0x90] == 0x04, "what nobody has named is off"
    power.rail("bldo2", True)
    assert wire.memory[0x97] == 28 and wire.memory[0x90] == 0x24
    power.hold_to_off(False)
    assert wire.memory[0x22] == 0x04
    assert power.percent() == 75 and power.charging()
    wire.memory[0x00] = 0
    assert power.percent() == -1 and not power.charging()
    wire.memory[0x49] = 0x02
    assert power.clear() == 1
    wire.memory[0x49] = 0x01
    assert power.clear() == 2


# Seconds, minutes, hours, days, weekday, months, years in BCD, as printed in the data sheets' tables.
_TIMES = [
    ("00 00 00 01 03 01 20", EPOCH),
    ("59 59 23 31 04 12 20", datetime.datetime(2020, 12, 31, 23, 59, 59)),
    ("00 00 00 29 06 02 20", datetime.datetime(2020, 2, 29)),
    ("30 42 15 19 04 11 26", datetime.datetime(2026, 11, 19, 15, 42, 30)),
    ("00 00 12 01 05 03 24", datetime.datetime(2024, 3, 1, 12)),
    ("07 00 00 31 02 12 52", datetime.datetime(2052, 12, 31, 0, 0, 7)),
]
_CLOCKS = [(pcf8563, 0x02), (pcf85063, 0x04)]


@pytest.mark.parametrize(("module", "first"), _CLOCKS)
@pytest.mark.parametrize(("bytes_", "time"), _TIMES)
def test_a_clock_chips_time(module: Any, first: int, bytes_: str, time: datetime.datetime) -> None:
    wire = Wire(0x51)
    clock = module.Clock(wire, 0x51)
    assert wire.log == [(0x00, b"\x00")], "it runs, and counts 24 hours"
    wire.memory[first : first + 7] = bytes.fromhex(bytes_)
    seconds = int((time - EPOCH).total_seconds())
    assert clock.read() == seconds
    wire.memory[first] |= 0x80
    assert clock.read() is None, "the cell was empty"
    wire.log.clear()
    clock.set(seconds)
    assert wire.log == [(first, bytes.fromhex(bytes_))]
    wire.absent = True
    assert clock.read() is None


@pytest.mark.parametrize(
    "bytes_",
    ["60 00 00 01 00 01 20", "00 60 00 01 00 01 20", "00 00 24 01 00 01 20", "00 00 00 00 00 01 20"]
    + ["00 00 00 30 00 02 20", "00 00 00 29 00 02 21", "00 00 00 01 00 13 20", "00 00 00 01 00 00 20"]
    + ["00 00 00 01 00 01 19", "00 00 00 01 00 01 84", "0a 00 00 01 00 01 20", "00 00 00 01 00 1a 20"],
)
def test_what_is_no_date_is_no_time(bytes_: str) -> None:
    wire = Wire(0x51)
    clock = pcf8563.Clock(wire, 0x51)
    wire.memory[2:9] = bytes.fromhex(bytes_)
    assert clock.read() is None


def test_bma423_measures_into_its_fifo_and_keeps_no_sample() -> None:
    wire = Wire(0x19)
    sensor = bma423.Sensor(wire, 0x19, lambda milliseconds: None)
    sensor.on()
    assert [(register, data.hex()) for register, data in wire.log] == [
        *((0x7C, "00"), (0x40, "16"), (0x41, "00"), (0x49, "40")),
        *((0x7D, "04"), (0x7E, "b0"), (0x7C, "01")),
    ]
    sensor.enable_wrist(True)
    for z, expected in ((0, False), (16384, True), (16384, False)):  # of 32768 for 2 g: 1 g
        wire.memory[0x24:0x26] = (8 * 6).to_bytes(2, "little")
        frame = bytes(4) + (z & 0xFFF0).to_bytes(2, "little")
        wire.memory[0x26 : 0x26 + 48] = frame * 8
        assert sensor.wrist_raised() == expected
        assert not any(sensor._frames), "the samples are gone"
    wire.log.clear()
    sensor.off()
    assert (0x7D, b"\x00") in wire.log


def test_qmi8658_asks_for_its_fifo() -> None:
    wire = Fifo(0x6B, x2d=b"\x80")
    sensor = qmi8658.Sensor(wire, 0x6B, lambda milliseconds: None)
    sensor.on()
    assert [(register, data.hex()) for register, data in wire.log] == [
        *((0x02, "40"), (0x08, "00"), (0x03, "0d"), (0x14, "0a")),
        *((0x0A, "04"), (0x0A, "00"), (0x08, "01")),
    ]
    sensor.enable_wrist(True)
    for z, expected in ((0, False), (16384, True), (16384, False)):
        wire.memory[0x15:0x17] = (9 * 3).to_bytes(2, "little")  # in words
        wire.fifo = (bytes(4) + z.to_bytes(2, "little")) * 9
        wire.log.clear()
        assert sensor.wrist_raised() == expected
        assert wire.log == [(0x0A, b"\x05"), (0x0A, b"\x00"), (0x14, b"\x0a")], "asked, acknowledged, on again"
        assert len(wire.fifo) == 0 and not any(sensor._frames)


def test_drv2605_turns_the_motor_by_its_real_time_input() -> None:
    wire = Wire(0x5A)
    motor = drv2605.Motor(wire, 0x5A)
    assert wire.log == [(0x1D, b"\xa0"), (0x02, b"\x00")]
    wire.log.clear()
    motor.turn(True)
    motor.turn(False)
    assert wire.log == [(0x02, b"\x7f"), (0x01, b"\x05"), (0x02, b"\x00"), (0x01, b"\x45")]


# --- steps and buttons


def _walk(motion: Motion, steps: int, every: int) -> None:
    for _ in range(steps):
        for at in range(every):
            size = 1000 + (450 if at < 3 else -150 if at < 6 else 0)
            motion._take(0, size, 0)


def test_steps_are_counted_only_when_asked_for_and_only_when_walking() -> None:
    motion = Motion()
    motion.on()
    _walk(motion, 20, 14)
    assert motion.steps() == 0
    motion.on(count_steps=True)
    _walk(motion, 100, 14)  # at 25 samples a second, 107 steps a minute
    assert 95 <= motion.steps() <= 100
    motion.reset_steps()
    for _ in range(500):
        motion._take(30, 20, 1010)
    assert motion.steps() == 0, "lying still"
    _walk(motion, 20, 100)
    assert motion.steps() == 0, "a knock every four seconds is no walk"


def _told(button: Any) -> str:
    """The next thing that a button has to tell: "down", "up" or nothing."""
    return ("down" if button.down else "up") if button.changed() else ""


class Line:
    """A pin that a test moves; interrupts come as on the chip."""

    IRQ_RISING, IRQ_FALLING = 1, 2

    def __init__(self) -> None:
        self.level = 1
        self.handler: Any = None

    def irq(self, handler: Any, edges: int) -> None:
        self.handler = handler

    def __call__(self) -> int:
        return self.level

    def move(self, level: int) -> None:
        if level != self.level:
            self.level = level
            self.handler(self)


def test_a_button_tells_each_press_once_with_its_time() -> None:
    now = [0x3FFFFFF0]
    line = Line()
    button = Button("a", line, lambda: now[0])
    assert _told(button) == ""
    for bounce in (0, 1, 0, 1, 0):  # contacts
        line.move(bounce)
        now[0] = (now[0] + 1) & 0x3FFFFFFF
    now[0] = (now[0] + 700) & 0x3FFFFFFF
    assert _told(button) == "down" and button.when == 0x3FFFFFF0, "the first edge, over the wrap of the ticks"
    assert _told(button) == ""
    for bounce in (1, 0, 1):
        line.move(bounce)
        now[0] += 1
    assert _told(button) == "up"
    for bounce in (0, 1):  # after it was told
        now[0] += 2
        line.move(bounce)
    now[0] += 50
    assert _told(button) == "", "the contacts' last edges are no press"
    line.move(0)
    now[0] += 80
    line.move(1)
    now[0] += 900
    assert _told(button) == "down", "a press that was over before anybody looked"
    assert _told(button) == "up"
    assert _told(button) == ""


class Key:
    """A power chip whose key's edges a test sets."""

    def __init__(self, line: Line) -> None:
        self.bits = 0
        self.line = line

    def happens(self, bits: int) -> None:
        self.bits |= bits
        self.line.move(0)

    def clear(self) -> int:
        bits, self.bits = self.bits, 0
        self.line.move(1)
        return bits


def test_a_power_key_tells_both_edges_in_their_order() -> None:
    now = [100]
    line = Line()
    chip = Key(line)
    key = PowerKey("a", line, chip, lambda: now[0])
    chip.happens(1)
    now[0] = 800
    assert _told(key) == "down" and key.when == 100
    assert _told(key) == ""
    chip.happens(2)
    assert _told(key) == "up"
    chip.happens(1)
    chip.happens(2)
    assert _told(key) == "down", "both at once: pressed first"
    assert _told(key) == "up"
    chip.happens(4)
    assert _told(key) == ""


def _one_button(script: list[tuple[int, int]], until: int) -> list[tuple[Any, ...]]:
    """What becomes of [(ticks, down), ...]."""
    found: list[tuple[Any, ...]] = []

    class Taker:
        def button(self, name: str, down: bool) -> None:
            found.append((name, down))

        def let_go(self) -> None:
            found.append(("let go",))

    decoder = OneButton(Taker())
    for now in range(0, until, 10):
        for when, down in script:
            if when == now:
                decoder.button(bool(down), when)
        decoder.step(now)
    return found


def test_one_button_is_three() -> None:
    press, release = ("a", True), ("a", False)
    assert _one_button([(0, 1), (100, 0)], 440) == [press]
    assert _one_button([(0, 1), (100, 0)], 1000) == [press, release], "alone it is a press of a"
    assert _one_button([(0, 1), (900, 0)], 910) == [press, release], "nobody waits after a long one"
    assert _one_button([(0, 1), (100, 0), (300, 1), (400, 0)], 2000) == [press, ("let go",), ("b", True), ("b", False)]
    chosen = [press, ("let go",), ("c", True), ("c", False)]
    assert _one_button([(0, 1), (100, 0), (300, 1), (1400, 0)], 2500) == chosen
    assert _one_button([(0, 1), (100, 0), (300, 1)], 9000) == [press], "held, it stays held from the first moment"
