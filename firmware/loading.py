"""Code for rare acts is loaded when the act begins and dropped when it ends."""

import sys


def forget(name: str) -> None:
    """Let the module of this full name go, right after its import: the function that imported it can still use it.

    Loaded code lies on the heap of a microcontroller; there, the next import reads it from the flash again. A module
    used this way keeps no state and defines no exceptions. CPython keeps it: there is heap enough, and debuggers and
    coverage need one module under one name.
    """
    if sys.implementation.name == "micropython":
        sys.modules.pop(name, None)
        parent, _, last = name.rpartition(".")
        if hasattr(sys.modules.get(parent), last):
            delattr(sys.modules[parent], last)
