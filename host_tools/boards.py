"""The boards: reads and checks `boards/<name>/board.toml`, and packs what the watch needs of it.

    from host_tools import boards
    board = boards.load("lilygo-t-watch-s3")     BoardError lists everything that is wrong, with file and key
    board.micropython["variant"], board.usb["ids"], board.soc["flash_mb"]
    board.packed()                               the bytes of board.json on the watch (firmware/board.py)

`SCHEMA` is the format; docs/add-a-board.md explains it.
"""

import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

FOLDER = Path(__file__).resolve().parent.parent / "boards"
# What a board with `parts = "core"` does without, in words; firmware/policy/resting.py names the rules.
BEYOND_CORE = "no payments, assistant, apps, lessons, positions or recording"

Table = dict[str, Any]


class BoardError(ValueError):
    """A board description that cannot be used; one line for each thing that is wrong."""


class Key(NamedTuple):
    """One key of a table. kind: "int", "bool", "text", "texts", "ids", "sha256", "bus", or a pin: "in", "out", "pins";
    low and high bound a number; choices: the only values; default: what the watch sees when it is absent."""

    kind: str
    low: int = 0
    high: int = 0
    choices: tuple[str, ...] = ()
    required: bool = True
    default: Any = None


def _int(low: int, high: int, default: int | None = None) -> Key:
    return Key("int", low, high, required=default is None, default=default)


def _one(*choices: str) -> Key:
    return Key("text", choices=choices)


def _maybe(kind: str) -> Key:
    return Key(kind, required=False)


_TEXT = Key("text")
_BUS = Key("bus")

# Drivers in firmware/drivers, and the I2C addresses at which each chip can answer (the first one if none is given).
ADDRESSES = {
    "cst816": (0x15,),
    "ft6x36": (0x38,),
    "axp202": (0x35, 0x34),
    "axp2101": (0x34,),
    "pcf8563": (0x51,),
    "pcf85063": (0x51,),
    "bma423": (0x19, 0x18),
    "qmi8658": (0x6B, 0x6A),
    "drv2605": (0x5A,),
}
RAILS = {
    "axp202": ("ldo2", "ldo3", "ldo4", "exten"),
    "axp2101": ("aldo1", "aldo2", "aldo3", "aldo4", "bldo1", "bldo2", "dldo1"),
    "none": (),
}
_CONSUMERS = ("backlight", "display", "touch", "haptics")

SCHEMA: dict[str, dict[str, Key]] = {
    "": {
        "title": _TEXT,
        "telephony": _one("none", "phone", "modem"),
        "checked": _one("simulator", "hardware"),
        "parts": Key("text", choices=("full", "core"), required=False, default="full"),
    },
    "soc": {
        "family": _one("esp32", "esp32s3"),
        "flash_mb": _int(4, 64),
        "psram_mb": _int(0, 32),
        "psram_bus": Key("text", choices=("quad", "octal", "package"), required=False),
    },
    "micropython": {
        "board": _TEXT,
        "variant": _maybe("text"),
        "offset": _int(0, 0x1000),
        "version": _maybe("text"),
        "image": _maybe("text"),
        "sha256": _maybe("sha256"),
    },
    "usb": {"kind": _one("native", "bridge"), "ids": Key("ids"), "bootloader_ids": Key("ids"), "trap": _maybe("text")},
    "display": {
        "driver": _one("st7789", "gc9a01"),
        "bus": _BUS,
        "width": _int(128, 240),
        "height": _int(128, 320),
        "x": _int(0, 112, 0),
        "y": _int(0, 192, 0),
        "madctl": _int(0, 0xFC, 0),
        "round": Key("bool", required=False, default=False),
        "invert": Key("bool", required=False, default=True),
        "tenths_mm": _int(100, 600),
        "cs": Key("out"),
        "dc": Key("out"),
        "reset": _maybe("out"),
        "backlight": Key("out"),
    },
    "touch": {
        "driver": _one("cst816", "ft6x36"),
        "bus": _BUS,
        "address": _maybe("int"),
        "interrupt": Key("in"),
        "reset": _maybe("out"),
    },
    "power": {
        "driver": _one("none", "axp202", "axp2101"),
        "bus": _maybe("bus"),
        "address": _maybe("int"),
        "interrupt": _maybe("in"),
        "hold": _maybe("out"),
        "vbus": _maybe("in"),
    },
    "power.rails": {name: _maybe("text") for name in _CONSUMERS},
    "battery": {"adc": Key("in"), "ratio": _int(100, 1000)},
    "rtc": {
        "driver": _one("pcf8563", "pcf85063"),
        "bus": _BUS,
        "address": _maybe("int"),
        "interrupt": _maybe("in"),
        "battery_backed": Key("bool"),
    },
    "motion": {
        "driver": _one("bma423", "qmi8658"),
        "bus": _BUS,
        "address": _maybe("int"),
        "interrupt": _maybe("in"),
    },
    "haptics": {
        "driver": _one("motor", "drv2605"),
        "bus": _maybe("bus"),
        "address": _maybe("int"),
        "pin": _maybe("out"),
    },
    "buzzer": {"pin": Key("out")},
    "gestures": {
        "block": _TEXT,
        "sos": _TEXT,
        "cancel_sos": _TEXT,
        "hold_to_off": _TEXT,
        "next": _maybe("text"),
        "choose": _maybe("text"),
    },
}
_BUSES = {
    "spi": {"sck": Key("out"), "mosi": Key("out"), "miso": _maybe("in"), "hz": _int(1_000_000, 80_000_000)},
    "i2c": {"sda": Key("out"), "scl": Key("out"), "hz": _int(100_000, 1_000_000)},
}
_LISTS: dict[str, dict[str, Key]] = {
    "buttons": {
        "name": _one("a", "b", "c"),
        "source": _one("gpio", "power"),
        "pin": _maybe("in"),
        "pull": Key("bool", required=False, default=True),
    },
    "unused": {"part": _TEXT, "why": _TEXT, "pins": _maybe("pins")},
    "sources": {"facts": _TEXT, "where": _TEXT},
}
_NEEDED = ("soc", "micropython", "usb", "buses", "display", "power", "buttons", "gestures", "sources")

# SoC: highest pin, pins that do not exist or belong to the flash, pins that can only be read. From the data sheets'
# pin tables (ESP32 series section 2; ESP32-S3 series section 2).
_PINS = {
    "esp32": (39, {*range(6, 12), 20, 24, *range(28, 32)}, set(range(34, 40))),
    "esp32s3": (48, {*range(22, 26), *range(26, 33)}, set()),
}
_PSRAM_PINS = {("esp32", "quad"): {16, 17}, ("esp32s3", "octal"): set(range(33, 38))}
# Pins that can end a light sleep (RTC pins: ESP32 data sheet, table of IO_MUX; ESP32-S3, section 2.3.2).
_RTC_PINS = {"esp32": {0, 2, 4, *range(12, 16), *range(25, 28), *range(32, 40)}, "esp32s3": set(range(22))}
_ADC1 = {"esp32": set(range(32, 40)), "esp32s3": set(range(1, 11))}

# "press a", "hold a 3000", "double a", "press a, then hold a 1000"
_GESTURE = re.compile(r"(?:press|double) [abc]|hold [abc] [1-9][0-9]{2,4}|press ([abc]), then hold \1 [1-9][0-9]{2,3}")
_NAME = re.compile(r"[a-z0-9]+(?:[.-][a-z0-9]+)*")


@dataclass(frozen=True)
class Board:
    """One board. `data` is the whole description, with defaults filled in."""

    name: str
    data: Table = field(repr=False)

    def __getattr__(self, section: str) -> Any:
        """A section or top-level key: `board.display["width"]`, `board.telephony`. None for a part that is absent."""
        if section in SCHEMA or section in SCHEMA[""] or section in _LISTS or section == "buses":
            return self.data.get(section)
        raise AttributeError(section)

    @property
    def wake(self) -> int | None:
        """The pin that ends a light sleep, or None where the board must not fall into one."""
        return _waking_pin(self.data)

    def packed(self) -> bytes:
        """What the watch reads: a JSON object without spaces, in a fixed order, so that builds are equal.

        Not in it: what only hosts and people need (title, sources, USB ids, image)."""
        left_out = ("title", "checked", "soc", "micropython", "usb", "unused", "sources")
        kept: Table = {"name": self.name}
        kept.update({key: value for key, value in self.data.items() if key not in left_out})
        kept["psram"] = self.data["soc"]["psram_mb"]
        kept["gestures"] = {key: kept["gestures"][key] for key in ("next", "choose") if key in kept["gestures"]}
        if self.wake is not None:
            kept["wake"] = self.wake
        kept["display"] = {key: value for key, value in kept["display"].items() if key != "tenths_mm"}
        return json.dumps(kept, separators=(",", ":"), sort_keys=True).encode("ascii")


def build_of(board: Board) -> str:
    """What MicroPython calls the build: the board and, after a hyphen, the variant."""
    wanted = board.micropython
    return str(wanted["board"]) + ("-" + wanted["variant"] if "variant" in wanted else "")


def _waking_pin(data: Table) -> int | None:
    """The pin of the one button, or of the chip that has it, if it can end a light sleep.

    None for boards that cannot tell whether a cable is there: in light sleep they would not hear it."""
    if data["power"]["driver"] == "none" and "vbus" not in data["power"]:
        return None
    button = next(row for row in data["buttons"] if row["name"] == "a")
    pin = int(data["power"]["interrupt"] if button["source"] == "power" else button["pin"])
    return pin if pin in _RTC_PINS[data["soc"]["family"]] else None


def names(folder: Path = FOLDER) -> list[str]:
    """The names of all boards, in order."""
    return sorted(path.parent.name for path in folder.glob("*/board.toml"))


def load(name: str, folder: Path = FOLDER) -> Board:
    """The board `name`. BoardError if there is none, or its description is wrong."""
    if not _NAME.fullmatch(name):
        raise BoardError("%r is no name of a board: small letters, digits, points and hyphens" % name)
    path = folder / name / "board.toml"
    if not path.is_file():
        raise BoardError("there is no board %s; there are: %s" % (name, ", ".join(names(folder))))
    return _load(name, path, path.stat().st_mtime_ns)


@cache
def _load(name: str, path: Path, changed: int) -> Board:
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BoardError("boards/%s/board.toml: %s" % (name, error)) from None
    problems = list(_check(data))
    if problems:
        raise BoardError("\n".join("boards/%s/board.toml: %s" % (name, problem) for problem in problems))
    return Board(name, data)


def _check(data: Table) -> Iterator[str]:
    """What is wrong with a description; fills in defaults. The later checks need the earlier ones to hold."""
    problems = list(_forms(data))
    yield from problems
    if not problems:
        yield from _pins(data)
        yield from _parts(data)
        yield from _controls(data)
        yield from _image(data["micropython"])


def _image(stock: Table) -> Iterator[str]:
    """The image's file name says board, variant and version, as MicroPython's downloads do."""
    if "image" not in stock and ("sha256" in stock or "version" in stock):
        yield "micropython.image is missing"
    elif "image" in stock:
        build = stock["board"] + ("-" + stock["variant"] if "variant" in stock else "")
        version = stock.get("version", "?")
        if not re.fullmatch(r"%s-[0-9]{8}-v%s\.bin" % (re.escape(build), re.escape(version)), stock["image"]):
            yield "micropython.image must be %s-<date>-v%s.bin" % (build, version)


# --- every key is known and of its kind


def _forms(data: Table) -> Iterator[str]:
    for section in _NEEDED:
        if section not in data:
            yield "%s is missing" % section
    for key, value in data.items():
        if key in SCHEMA[""]:
            continue
        if key == "buses" and isinstance(value, dict):
            yield from _bus_forms(value)
        elif key in _LISTS and isinstance(value, list):
            for number, row in enumerate(value, 1):
                yield from _table("%s %d" % (key, number), row, _LISTS[key])
        elif key in SCHEMA and isinstance(value, dict):
            rails = value.get("rails") if key == "power" else None
            if rails is not None:
                yield from _table("power.rails", rails, SCHEMA["power.rails"])
            yield from _table(key, {name: item for name, item in value.items() if name != "rails"}, SCHEMA[key], value)
        else:
            yield "%s is no part of a description" % key
    yield from _table("", {key: value for key, value in data.items() if key in SCHEMA[""]}, SCHEMA[""], data)


def _bus_forms(buses: Table) -> Iterator[str]:
    for name, bus in buses.items():
        kind = name[:-1]
        if kind not in _BUSES or name[-1:] not in ("0", "1", "2"):
            yield "buses.%s: a bus is spi1, spi2, i2c0 or i2c1" % name
        else:
            yield from _table("buses." + name, bus, _BUSES[kind])


def _table(where: str, table: Any, keys: dict[str, Key], filled: Table | None = None) -> Iterator[str]:
    """Check one table; defaults go into `filled`, or into the table itself."""
    if not isinstance(table, dict):
        yield "%s must be a table" % where
        return
    dot = where + "." if where else ""
    for name in table.keys() - keys.keys():
        yield "%s%s is unknown; there are: %s" % (dot, name, ", ".join(keys))
    for name, key in keys.items():
        if name in table:
            wrong = _wrong(key, table[name])
            if wrong:
                yield "%s%s %s" % (dot, name, wrong)
        elif key.required:
            yield "%s%s is missing" % (dot, name)
        elif key.default is not None:
            (table if filled is None else filled)[name] = key.default


def _wrong(key: Key, value: Any) -> str:
    """Why a value does not fit its key; "" if it does."""
    kind = key.kind
    if kind in ("int", "in", "out"):
        if not isinstance(value, int) or isinstance(value, bool):
            return "must be a whole number"
        if kind == "int" and key.high and not key.low <= value <= key.high:
            return "must be from %d to %d" % (key.low, key.high)
        return ""
    if kind == "bool":
        return "" if isinstance(value, bool) else "must be true or false"
    if kind in ("ids", "pins"):
        pattern = r"[0-9a-f]{4}:[0-9a-f]{4}"
        if not isinstance(value, list) or not value:
            return "must be a list that is not empty"
        if kind == "ids" and not all(isinstance(item, str) and re.fullmatch(pattern, item) for item in value):
            return "must hold ids such as 303a:4001"
        if kind == "pins" and not all(isinstance(item, int) for item in value):
            return "must hold whole numbers"
        return ""
    if not isinstance(value, str) or not value.strip():
        return "must be a text"
    if kind == "sha256" and not re.fullmatch(r"[0-9a-f]{64}", value):
        return "must be 64 hexadecimal digits"
    if key.choices and value not in key.choices:
        return "must be one of: %s" % ", ".join(key.choices)
    return ""


# --- pins


def _pin_uses(data: Table) -> Iterator[tuple[str, int, str]]:
    """(where, pin, "in" or "out") for every pin of a part that is used."""
    tables = [("buses." + name, bus, _BUSES[name[:-1]]) for name, bus in data["buses"].items()]
    tables += [(name, data[name], keys) for name, keys in SCHEMA.items() if name and "." not in name and name in data]
    tables += [("button " + row["name"], row, _LISTS["buttons"]) for row in data["buttons"]]
    for where, table, keys in tables:
        for name, key in keys.items():
            if key.kind in ("in", "out") and name in table:
                yield "%s.%s" % (where, name), table[name], key.kind


def _pins(data: Table) -> Iterator[str]:
    family = data["soc"]["family"]
    highest, taken, only_inputs = _PINS[family]
    psram = _PSRAM_PINS.get((family, data["soc"].get("psram_bus", "")), set())
    used: dict[int, str] = {}
    for where, pin, direction in _pin_uses(data):
        if not 0 <= pin <= highest or pin in taken:
            yield "%s: an %s has no free pin %d" % (where, family, pin)
        elif pin in psram:
            yield "%s: pin %d belongs to the PSRAM" % (where, pin)
        elif direction == "out" and pin in only_inputs:
            yield "%s: pin %d can only be read" % (where, pin)
        elif pin in used:
            yield "%s: pin %d is taken by %s" % (where, pin, used[pin])
        used.setdefault(pin, where)
    for row in data.get("unused", ()):
        for pin in row.get("pins", ()):
            if pin in used:
                yield "unused %s: pin %d is taken by %s" % (row["part"], pin, used[pin])
    if "battery" in data and data["battery"]["adc"] not in _ADC1[family]:
        yield "battery.adc: pin %d is not on ADC1 of an %s" % (data["battery"]["adc"], family)


# --- chips


def _parts(data: Table) -> Iterator[str]:
    soc, power = data["soc"], data["power"]
    if not soc["psram_mb"] and data["parts"] != "core":
        yield 'parts must be "core": without PSRAM there is no room for more'
    if bool(soc["psram_mb"]) != ("psram_bus" in soc):
        yield "soc.psram_bus belongs to boards with PSRAM, and to them only"
    at: dict[tuple[str, int], str] = {}
    for part in ("touch", "power", "rtc", "motion", "haptics"):
        chip = data.get(part, {})
        driver, bus = chip.get("driver"), chip.get("bus")
        if driver in ADDRESSES:
            if bus is None:
                yield "%s.bus is missing" % part
            else:
                yield from _on_bus(data, part, "i2c")
            address = chip.setdefault("address", ADDRESSES[driver][0])
            if address not in ADDRESSES[driver]:
                yield "%s.address: a %s never answers at 0x%02x" % (part, driver, address)
            if (bus, address) in at:
                yield "%s: address 0x%02x on %s is taken by %s" % (part, address, bus, at[bus, address])
            at[bus, address] = part
        elif bus is not None:
            yield "%s.bus: %s is on no bus" % (part, driver)
    yield from _on_bus(data, "display", "spi")
    yield from _window(data["display"])
    rails = power.get("rails", {})
    for consumer, rail in rails.items():
        if rail not in RAILS[power["driver"]]:
            yield "power.rails.%s: %s has no rail %s" % (consumer, power["driver"], rail)
    if len(set(rails.values())) < len(rails):
        yield "power.rails: a rail belongs to one part; parts that share one are named once"
    if power["driver"] != "none" and "interrupt" not in power:
        yield "power.interrupt is missing: the power chip tells of its key there"
    if data.get("haptics", {}).get("driver") == "motor" and "pin" not in data["haptics"]:
        yield "haptics.pin is missing"


def _on_bus(data: Table, part: str, kind: str) -> Iterator[str]:
    bus = data[part]["bus"]
    if bus not in data["buses"]:
        yield "%s.bus: there is no bus %s; there are: %s" % (part, bus, ", ".join(data["buses"]))
    elif bus[:-1] != kind:
        yield "%s.bus: %s speaks %s" % (part, data[part]["driver"], kind.upper())


def _window(display: Table) -> Iterator[str]:
    """The panel must lie inside the controller's memory: 240 x 320 (ST7789, section 9.1.20), 240 x 240 (GC9A01)."""
    rows = 320 if display["driver"] == "st7789" else 240
    if display["x"] + display["width"] > 240 or display["y"] + display["height"] > rows:
        yield "display: %d x %d at %d, %d lies outside of the controller's 240 x %d" % (
            *(display["width"], display["height"], display["x"], display["y"]),
            rows,
        )
    if display["round"] and display["width"] != display["height"]:
        yield "display.round: a round display is as wide as it is high"
    if display["madctl"] & 0x20:
        yield "display.madctl: rows and columns are never exchanged; turn the panel in its case"


# --- what the child has in hand


def _controls(data: Table) -> Iterator[str]:
    buttons = [row["name"] for row in data["buttons"]]
    if sorted(buttons) != sorted(set(buttons)):
        yield "buttons: each name stands once"
    if "a" not in buttons:
        yield 'buttons: the one button is "a", and it is missing'
    for row in data["buttons"]:
        if row["source"] == "gpio" and "pin" not in row:
            yield "button %s: pin is missing" % row["name"]
        if row["source"] == "power" and ("pin" in row or data["power"]["driver"] == "none"):
            yield "button %s: the power chip's key needs a power chip and no pin" % row["name"]
    gestures = data["gestures"]
    for name in ("block", "sos", "next", "choose"):
        if name in gestures and not _GESTURE.fullmatch(gestures[name]):
            yield "gestures.%s: write it like `press a`, `hold a 3000` or `press a, then hold a 1000`" % name
    if (gestures["block"], gestures["sos"]) != ("press a", "hold a 3000"):
        yield "gestures: on every board the one button a blocks when pressed and is SOS when held for 3000 ms"
    can_move = "touch" in data or {"b", "c"} <= set(buttons)
    if not can_move and not {"next", "choose"} <= gestures.keys():
        yield "gestures: without touch and without buttons b and c, next and choose are needed"
    if can_move and {"next", "choose"} & gestures.keys():
        yield "gestures: next and choose are for boards with the one button alone"
    if not any(part in data for part in ("buzzer", "haptics")) and "touch" not in data:
        yield "a board needs something that can be felt, heard or touched"
