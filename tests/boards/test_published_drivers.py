"""Other people's drivers drive our chip models: who wrote them has never seen these, and they work on real chips.

CircuitPython's libraries from PyPI, unchanged, over an adapter from its buses to our `machine`. What they do not know:
AXP202, AXP2101 and PCF85063 have no such driver there; the displays' drivers are what they bring up a panel with.
"""

import sys
import time
from collections.abc import Iterator
from datetime import datetime
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from simulator.chips.circuit import Circuit
from simulator.chips.clocks import Pcf8563
from simulator.chips.displays import Gc9a01, St7789
from simulator.chips.motion import Bma423, Drv2605
from simulator.chips.touch import Cst816, Ft6x36
from tests.boards.test_models import INT, TOUCH_RESET, Panel, _add, _i2c


class Bus:
    """`busio.I2C` of CircuitPython."""

    def __init__(self) -> None:
        self._i2c = _i2c()

    def try_lock(self) -> bool:
        return True

    def unlock(self) -> None:
        pass

    def writeto(self, address: int, buffer: Any, *, start: int = 0, end: int | None = None) -> None:
        if buffer[start:end]:  # an empty one only asks whether somebody is there
            self._i2c.writeto(address, bytes(buffer[start:end]))
        elif address not in self._i2c.scan():
            raise OSError(19)

    def readfrom_into(self, address: int, buffer: Any, *, start: int = 0, end: int | None = None) -> None:
        size = len(buffer[start:end])
        buffer[start : start + size] = self._i2c.readfrom(address, size)

    def writeto_then_readfrom(
        self,
        address: int,
        out: Any,
        into: Any,
        *,
        out_start: int = 0,
        out_end: int | None = None,
        in_start: int = 0,
        in_end: int | None = None,
    ) -> None:
        self.writeto(address, out, start=out_start, end=out_end)
        self.readfrom_into(address, into, start=in_start, end=in_end)


class Names(ModuleType):
    """A module of CircuitPython that only gives names to annotations, which CPython evaluates and it does not."""

    __path__: list[str] = []

    def __getattr__(self, name: str) -> type:
        return object


@pytest.fixture(autouse=True)
def circuitpython(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("busio", "circuitpython_typing", "circuitpython_typing.device_drivers", "fourwire"):
        monkeypatch.setitem(sys.modules, name, Names(name))
    core = ModuleType("busdisplay")
    vars(core)["BusDisplay"] = Played
    monkeypatch.setitem(sys.modules, "busdisplay", core)


@pytest.fixture
def circuit() -> Iterator[Circuit]:
    circuit = Circuit()
    circuit.plug()
    yield circuit
    assert circuit.faults == []


def test_pcf8563(circuit: Circuit) -> None:
    from adafruit_pcf8563.pcf8563 import PCF8563

    chip = _add(circuit, Pcf8563())
    clock = PCF8563(Bus())
    assert clock.datetime_compromised, "it had no power"
    clock.datetime = time.struct_time((2027, 2, 28, 23, 59, 58, 6, 59, -1))
    assert not clock.datetime_compromised
    assert chip.seconds() == (datetime(2027, 2, 28, 23, 59, 58) - datetime(2020, 1, 1)).total_seconds()
    circuit.advance(3000)
    assert tuple(clock.datetime)[:6] == (2027, 3, 1, 0, 0, 1)


@pytest.mark.parametrize("kind", [Ft6x36, Cst816])
def test_touch(kind: Any, circuit: Circuit) -> None:
    from adafruit_cst8xx import Adafruit_CST8XX
    from adafruit_focaltouch import Adafruit_FocalTouch

    chip = _add(circuit, kind(circuit.line(INT), circuit.line(TOUCH_RESET), (240, 280), False))
    circuit.line(TOUCH_RESET).pull = 1
    circuit.advance(300)
    driver = Adafruit_CST8XX(Bus()) if kind is Cst816 else Adafruit_FocalTouch(Bus())
    assert not driver.touched
    for x, y in ((3, 7), (239, 279)):
        chip.finger(x, y, True)
        assert driver.touched == 1
        assert [(point["x"], point["y"]) for point in driver.touches] == [(x, y)]
    chip.finger(239, 279, False)
    assert not driver.touched


def test_bma423(circuit: Circuit) -> None:
    from bma423 import ACC_RANGE_2, ACC_RANGE_8, BMA423

    chip = _add(circuit, Bma423())
    sensor = BMA423(Bus())
    for width in (ACC_RANGE_2, ACC_RANGE_8):
        sensor.acc_range = width
        chip.feel(-1000, 500, 250)
        assert sensor.acceleration == pytest.approx((-1.0, 0.5, 0.25), abs=0.01)


def test_drv2605(circuit: Circuit) -> None:
    from adafruit_drv2605 import DRV2605, MODE_REALTIME

    chip = _add(circuit, Drv2605())
    motor = DRV2605(Bus())
    assert chip.moving == 0
    motor.mode = MODE_REALTIME
    motor.realtime_value = 100
    assert chip.moving == 100
    motor.realtime_value = 0
    assert chip.moving == 0


@pytest.mark.parametrize("kind", [St7789, Gc9a01])
def test_panels_come_up(kind: Any, circuit: Circuit) -> None:
    """The published way up, byte for byte; then a picture in our own way is where it should be, in its colours."""
    panel = Panel(circuit, kind)
    if kind is St7789:
        from adafruit_st7789 import ST7789

        ST7789(panel, width=240, height=240, invert=True)
        panel.send(0x36, b"\x00")  # theirs is turned, for another board
    else:
        from adafruit_gc9a01a import GC9A01A

        GC9A01A(panel, width=240, height=240)
        panel.send(0x36, b"\x00")
    chip = panel.chip
    assert chip.awake and chip.shows and chip.inverted
    panel.light(1)
    panel.draw(10, 20, 2, 1, b"\xf8\x00\x07\xe0")
    shown = chip.picture()
    at = 2 * (20 * 240 + 10)
    assert bytes(shown[at : at + 4]) == b"\xf8\x00\x07\xe0"


class Played:
    """`busdisplay.BusDisplay` as far as it brings a panel up: each command, the number of its bytes, in whose highest
    bit a pause is announced, its bytes, and the pause in milliseconds (255: 500)."""

    def __init__(self, bus: Panel, sequence: bytes, **more: object) -> None:
        self.more = SimpleNamespace(**more)
        at = 0
        while at < len(sequence):
            command, size = sequence[at], sequence[at + 1] & 0x7F
            paused = sequence[at + 1] & 0x80
            bus.send(command, sequence[at + 2 : at + 2 + size])
            at += 2 + size
            if paused:
                bus.circuit.advance(500 if sequence[at] == 255 else sequence[at])
                at += 1
            else:
                bus.circuit.advance(10)  # CircuitPython's own least
