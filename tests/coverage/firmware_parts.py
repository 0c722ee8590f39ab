"""The parts of the firmware that can be broken, as a watch from the factory has them: nothing is listed by hand."""

import contextlib
import importlib
import inspect
import pkgutil
import sys
import tempfile
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import firmware
from firmware.policy import clock, engine, settings
from firmware.policy.settings_rows import ROWS
from firmware.storage import stretch
from firmware.text import judging, reading
from simulator.portable.rig import Rig

# A rule's side of the engine: each has breaks of its own.
_PROTOCOL = ("decide", "apply", "step", "due", "snapshot", "restore")
# A board runs these two; importing them would.
_START = ("firmware.boot", "firmware.main")


class Setting(NamedTuple):
    """A row of the settings table: `highest` per age band, or for all; `stricter` is <, > or =."""

    key: str
    lowest: int
    highest: list[int]
    stricter: str


class Parts(NamedTuple):
    """The classes of a watch by the names of their parts; services are "services.messaging" and so on."""

    rules: dict[str, type]
    services: dict[str, type]
    others: dict[str, type]
    settings: list[Setting]
    texts: dict[str, int]  # what a message may be: bits of firmware/text/reading.py


@lru_cache(maxsize=1)
def parts() -> Parts:
    """Ask a watch what it is made of."""
    _load_all()
    rig = Rig()
    with tempfile.TemporaryDirectory() as folder:
        rig.do({"op": "new", "root": str(Path(folder) / "watch")})
    made = {type(made).__module__.partition(".")[2]: type(made) for made in vars(rig.watch).values()}
    return Parts(
        rules={name: type(rule) for name, rule in rig.watch.engine.rules.items()},
        services={name: cls for name, cls in made.items() if name.startswith("services.")},
        others={
            "engine": engine.Engine, "settings": settings.Settings, "clock": clock.Clock, "span": clock.Span,
        },
        settings=[_setting(*line.split(" ")[:4]) for line in ROWS.strip().split("\n")],
        texts={name: bit for name, bit in vars(reading).items() if name in _classes(reading)},
    )  # fmt: skip


def _load_all() -> None:
    """Load what is loaded on demand: a module that comes while something is broken would keep the broken function."""
    for _, name, _ in pkgutil.walk_packages(firmware.__path__, "firmware."):
        if name not in _START:
            with contextlib.suppress(ImportError):  # of a chip's driver: no `machine` here
                importlib.import_module(name)


def _setting(key: str, lowest: str, highest: str, stricter: str) -> Setting:
    return Setting(key, int(lowest), [int(value) for value in highest.split(",")], stricter)


def _classes(module: ModuleType) -> list[str]:
    """The constants of a module that are single bits, one for each kind of term."""
    bits = [1 << at for at in range(judging._KINDS)]
    return [name for name, value in vars(module).items() if name.isupper() and value in bits and name[0] != "_"]


def helpers() -> list[tuple[str, type, str]]:
    """(part, class, method) of all that the parts do for each other, and within; not the protocol of the rules."""
    found = []
    here = parts()
    for group in (here.rules, here.services, here.others):
        for part, cls in group.items():
            for name, function in vars(cls).items():
                plain = inspect.isfunction(function) and not inspect.isgeneratorfunction(function)
                if plain and not name.startswith("__") and not (group is here.rules and name in _PROTOCOL):
                    found.append((part, cls, name))
    return found


def users_of(function: Callable[..., Any]) -> list[tuple[ModuleType, str]]:
    """Every (module, name) of the firmware under which a function is known: it may have been imported by name."""
    return [
        (module, name)
        for loaded, module in sorted(sys.modules.items())
        if loaded.startswith("firmware.")
        for name, value in list(vars(module).items())
        if value is function
    ]


@lru_cache(maxsize=1)
def stretch_once() -> None:
    """Stretch each secret once in this process: PBKDF2 takes half of a run's time and always gives the same."""
    _load_all()
    quick = lru_cache(maxsize=64)(stretch.pbkdf2)
    for module, name in users_of(stretch.pbkdf2):
        setattr(module, name, quick)
