"""Puts the chips of a board onto a circuit, as its description says, and gives hands to whoever is outside of it."""

from simulator.chips.circuit import Circuit
from simulator.chips.clocks import Pcf8563, Pcf85063
from simulator.chips.displays import Gc9a01, St7789
from simulator.chips.motion import Bma423, Drv2605, Qmi8658
from simulator.chips.power import Axp202, Axp2101, Key
from simulator.chips.touch import Cst816, Ft6x36

# Where glass of this size lies in the memory of an ST7789: the panels' own drawings, not our descriptions.
_GLASS = {(240, 240): (0, 0), (240, 280): (0, 20), (135, 240): (52, 40)}
_START = 0x3FFFF000  # near the wrap of ticks_ms, so that every run goes over it
_CHIPS = {
    "st7789": St7789,
    "gc9a01": Gc9a01,
    "cst816": Cst816,
    "ft6x36": Ft6x36,
    "axp202": Axp202,
    "axp2101": Axp2101,
    "pcf8563": Pcf8563,
    "pcf85063": Pcf85063,
    "bma423": Bma423,
    "qmi8658": Qmi8658,
    "drv2605": Drv2605,
}


class Bench:
    """A board under test: `display`, `touch`, `power`, `clock`, `motion`, `motor` are its chips, or None."""

    def __init__(self, facts):
        self.facts = facts
        self.circuit = circuit = Circuit()
        circuit.plug()
        self._rails = facts["power"].get("rails", {})
        self.power = self.touch = self.clock = self.motion = self.motor = None
        self._hold = None
        if facts["power"]["driver"] != "none":
            self.power = self._power(facts["power"])
        if "hold" in facts["power"]:
            self._hold = circuit.line(facts["power"]["hold"])
        self.display = self._display(facts["display"])
        if "touch" in facts:
            part = facts["touch"]
            size = (facts["display"]["width"], facts["display"]["height"])
            line, reset = circuit.line(part["interrupt"]), self._line(part, "reset")
            chip = _CHIPS[part["driver"]](line, reset, size, self.display.turned, self._rail("touch"))
            self.touch = self._on(part, chip)
        if "rtc" in facts:
            self.clock = self._on(facts["rtc"], _CHIPS[facts["rtc"]["driver"]]())
        if "motion" in facts:
            self.motion = self._on(facts["motion"], _CHIPS[facts["motion"]["driver"]]())
        if facts.get("haptics", {}).get("driver") == "drv2605":
            self.motor = self._on(facts["haptics"], Drv2605(self._rail("haptics")))
        self.keys = {}
        for row in facts["buttons"]:
            self.keys[row["name"]] = self.power if row["source"] == "power" else Key(circuit.line(row["pin"]))

    def _line(self, part, name):
        return self.circuit.line(part[name]) if name in part else None

    def _rail(self, consumer):
        """A touch chip without a rail of its own hangs on the display's."""
        if consumer == "touch" and consumer not in self._rails:
            consumer = "display"
        return consumer if consumer in self._rails else ""

    def _on(self, part, chip):
        bus = self.facts["buses"][part["bus"]]
        return self.circuit.add(chip, self.circuit.i2c(bus["sda"], bus["scl"]))

    def _power(self, part):
        consumers = {}
        for consumer, rail in self._rails.items():
            consumers[rail] = [consumer]
        return self._on(part, _CHIPS[part["driver"]](self.circuit.line(part["interrupt"]), consumers))

    def _display(self, part):
        size = (part["width"], part["height"])
        glass = _GLASS[size] + size
        lines = [self._line(part, name) for name in ("cs", "dc", "reset", "backlight")]
        turned = part["madctl"] & 0xC0 == 0xC0
        chip = _CHIPS[part["driver"]](glass, turned, *lines, rail=self._rail("display"))
        bus = self.facts["buses"][part["bus"]]
        return self.circuit.add(chip, self.circuit.spi(bus["sck"], bus["mosi"]))

    # --- hands

    def press(self, name, down):
        """A button of the case."""
        self.keys[name].key(down)

    def finger(self, x, y, down):
        """A finger on the glass, in the child's coordinates."""
        if self.touch:
            self.touch.finger(x, y, down)

    def charger(self, on):
        if self.power:
            self.power.charger(on)
        elif "vbus" in self.facts["power"]:
            self.circuit.line(self.facts["power"]["vbus"]).drive(1 if on else 0)

    def battery(self, percent, millivolts):
        if self.power:
            self.power.percent = percent
        if "battery" in self.facts:
            line = self.circuit.line(self.facts["battery"]["adc"])
            line.microvolts = -(-millivolts * 100000 // self.facts["battery"]["ratio"])

    def alive(self):
        """Whether the board still has power: its chip has not cut it, and who must hold it does."""
        if self.power and self.power.off:
            return False
        return self._hold is None or self._hold.level() == 1

    def heard(self):
        """Hertz of the buzzer, or 0."""
        line = self.circuit.line(self.facts["buzzer"]["pin"]) if "buzzer" in self.facts else None
        return line.wave[0] if line and line.wave and line.wave[1] else 0

    def felt(self):
        """Whether the motor turns."""
        if self.motor:
            return self.motor.moving > 0
        part = self.facts.get("haptics", {})
        return bool("pin" in part and self.circuit.line(part["pin"]).level())

    def ticks(self):
        return (self.circuit.now + _START) & 0x3FFFFFFF
