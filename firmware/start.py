"""From the base to the code of the slot in force, or to the recovery; called by main.py at every switching on.

Runs on MicroPython alone. What it hands over are plain values: base and slot may be of different versions.
"""

import sys

import vfs
from micropython import const

from firmware.update.pack import Pack
from firmware.update.slots import OPENINGS, SERVICE, Slots

CODE = const("/code")  # where the slot's code is mounted

_FROZEN = __file__[:1] != "/"  # a custom build that holds the whole firmware: there are no slots


def run(root):
    """Run until the watch shall restart. Returns "repl" or "bootloader" where a guardian has opened it, else anything.

    root: the folder of the file system, with "/". Whatever is raised here or below ends in a restart, counted."""
    if _FROZEN:
        from firmware.run import run as go

        return go(root, 0, False)
    slots = Slots(root)
    order = slots.ordered()
    if order == SERVICE:
        return _recover(root, order)
    if order in OPENINGS:
        _erase_keys()
    if order:
        return order
    manifest, why = slots.choose()
    if manifest is None:
        return _recover(root, why)
    slots.begin_try()
    vfs.mount(Pack(slots.path(slots.slot), manifest, slots.assets_path()), CODE)
    sys.path[:] = [".frozen", CODE]
    version, trial = manifest.version, slots.trial
    del slots, manifest
    _forget_base()
    from firmware.run import run as go

    return go(root, version, trial)


def _erase_keys():
    """The slot's code has wiped the watch before it gave the order. Whoever else may have written it: what opens now
    opens nothing (B14)."""
    from firmware import chip

    keys = chip.keys()
    for sector in range(chip.KEY_SECTORS):
        keys.erase(sector)


def _forget_base():
    """The base's modules go, or the slot's of the same names would not be loaded."""
    for name in list(sys.modules):
        if name == "firmware" or name.startswith("firmware."):
            sys.modules.pop(name)


def _recover(root, why):
    from firmware.recovery import run as recover

    return recover(root, why)
