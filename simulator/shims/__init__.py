"""CPython stand-ins for modules that only MicroPython has.

A shim offers upstream names and nothing else, and answers as upstream does, errors included. `tests/shims` runs one
script on the shims and on the real unix port and compares every answer.
"""

import importlib
import sys

NAMES = ("cryptolib", "framebuf", "micropython")


def install() -> None:
    """Put every shim into `sys.modules` under its MicroPython name; a module that is already there stays."""
    for name in NAMES:
        if name not in sys.modules:
            sys.modules[name] = importlib.import_module("simulator.shims." + name)
