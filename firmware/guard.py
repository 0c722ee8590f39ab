"""The runtime half of the import guard (requirements E11, B9, B12); at build time it is host_tools/making/audit.py.

What stock MicroPython allows, as tried on the unix port: a `builtins.__import__` is called by every import statement,
with the importer's globals, so that imports can be refused by name and by importer. The search path begins with the
root of the file system, and most built-in modules can be shadowed by a file there (micropython, sys and gc cannot):
`strangers` lists such files at boot. A None in sys.modules only makes an import give None, so that is not used.

Limits: whoever can write files can write this one, and a module that got in before `fence` holds what it holds. This
makes a slip or a dropped file visible. It does not stop somebody with a computer on the cable.
"""

import builtins
import os

# What the firmware imports after boot. Hardware is for the drivers, which hold it already; the rest nobody needs.
ALLOWED = (
    ("array", "binascii", "collections", "cryptolib", "errno", "framebuf", "gc", "hashlib", "io", "json")
    + ("micropython", "os", "struct", "sys", "time")
)  # fmt: skip
_HARDWARE = ("machine", "esp32", "network", "neopixel")
_OWNERS = ("firmware.drivers.", "firmware.board")
_SOCKETS = ("select", "socket", "ssl")
_DOOR = "firmware.services.transport.stream"  # the one way out of the watch (B12)
_EXPECTED = ("boot.py", "main.py", "main.mpy", "firmware")


def fence():
    """From now on refuse, with ImportError, every module that is not the firmware's or on the list."""
    through = builtins.__import__

    def guarded(name, *rest):
        top = name.partition(".")[0]
        if top != "firmware" and top not in ALLOWED and not _owned(top, rest):
            raise ImportError(name)
        return through(name, *rest)

    builtins.__import__ = guarded


def _owned(top, rest):
    """True if a driver imports hardware, or the door its sockets."""
    importer = rest[0].get("__name__", "") if rest and rest[0] else ""
    if top in _SOCKETS:
        return importer == _DOOR
    return top in _HARDWARE and any(importer.startswith(owner) for owner in _OWNERS)


def strangers(root="/"):
    """Names in the root of the file system, and in its lib, that an import could find and that are not ours.

    root ends with "/". A board lays its own data into a folder that it names in `root` of firmware/watch.py."""
    found = [name for name in _modules(root) if name not in _EXPECTED]
    return sorted(found + ["lib/" + name for name in _modules(root + "lib/")])


def _modules(folder):
    """What an import could take from a folder: .py, .mpy and folders that hold such."""
    try:
        names = os.listdir(folder)
    except OSError:
        return []
    return [name for name in names if _is_module(name) or (name != "lib" and _holds_module(folder + name))]


def _holds_module(path):
    try:
        return any(_is_module(name) for name in os.listdir(path))
    except OSError:
        return False


def _is_module(name):
    return name.endswith(".py") or name.endswith(".mpy")
