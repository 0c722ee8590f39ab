"""Code for rare acts is loaded when the act begins and dropped when it ends."""

import gc
import sys

# With a megabyte free at boot (a board with PSRAM) rare code may stay, which saves reading it from flash again.
# CPython keeps it too: debuggers and coverage need one module under one name.
ROOMY = sys.implementation.name != "micropython" or gc.mem_free() > 1 << 20


def forget(name: str) -> None:
    """Let the module of this full name go, called right after its import; the importing function may still use it.

    Loaded code lies on the heap of a microcontroller; there, the next import reads it from the flash again. A module
    used this way keeps no state and defines no exceptions.
    """
    if ROOMY:
        return
    sys.modules.pop(name, None)
    parent, _, last = name.rpartition(".")
    if hasattr(sys.modules.get(parent), last):
        delattr(sys.modules[parent], last)
