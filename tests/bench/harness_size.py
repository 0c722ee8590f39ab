"""Prints the bytes of heap that a script of this folder takes for itself. Runs on MicroPython.

usage: FIRMWARE MODULE     folder of the compiled firmware below the current one; full name of the script's module

Every module of the firmware is loaded first, so that what both need (names, above all) counts for the firmware.
"""

import gc
import os
import sys

# Only where there is a chip, or a network (Debian's MicroPython has no `ssl`).
_ON_A_CHIP = ["board", "board_parts", "boot", "chip", "device", "drivers", "main", "recovery", "run", "start", "update"]
_ONLINE = ["egress", "provider", "stream"]


def load_all(folder, name):
    """Load every module of a package; what is rarely needed is let go again, as the firmware does."""
    __import__(name)
    for entry in os.ilistdir(folder):  # type: ignore[attr-defined]
        if entry[0].split(".")[0] in _ON_A_CHIP + _ONLINE:
            continue
        if entry[1] & 0x4000:
            load_all(folder + "/" + entry[0], name + "." + entry[0])
        elif entry[0].endswith(".mpy") and entry[0] != "__init__.mpy":
            __import__(name + "." + entry[0][:-4])


def main(firmware, module):
    load_all(firmware, firmware.replace("/", "."))
    gc.collect()
    before = gc.mem_alloc()  # type: ignore[attr-defined]
    del sys.argv[1:]
    __import__(module)
    gc.collect()
    print(gc.mem_alloc() - before)  # type: ignore[attr-defined]


main(*sys.argv[1:])
