"""What is plugged in, port or not: bridges and chips by their USB ids, and what stands in the way of a port."""

import platform
from pathlib import Path

from serial.tools import list_ports

from host_tools import boards

# Vendor ids of the bridges and chips on our boards (boards/*/board.toml), with Linux's driver for them.
VENDORS = {
    "10c4": ("a CP210x bridge", "cp210x"),
    "1a86": ("a CH340 or CH910x bridge", "ch341"),
    "0403": ("an FTDI bridge", "ftdi_sio"),
    "303a": ("an Espressif chip", "cdc_acm"),
}
_LINUX = Path("/sys/bus/usb/devices")


def id_of(port: str) -> str:
    """The USB id of a port ("303a:4001"), or "" if it has none: a pseudo-terminal, a socket."""
    for found in list_ports.comports():
        if found.device == port and found.vid is not None:
            return "%04x:%04x" % (found.vid, found.pid)
    return ""


def portless(devices: Path = _LINUX) -> list[str]:
    """Vendor ids of ours that are plugged in and have no port; Linux alone tells."""
    found = []
    for path in sorted(devices.glob("*/idVendor")):
        vendor = path.read_text(encoding="ascii").strip()
        if vendor in VENDORS and not any(path.parent.glob("*/tty*")):
            found.append(vendor)
    return found


def driver_words(vendor: str) -> str:
    """What to do about a device without a port, on this computer."""
    what, driver = VENDORS[vendor]
    ways = {
        "Linux": "sudo modprobe %s. Where brltty is installed it takes such bridges: sudo apt remove brltty." % driver,
        "Darwin": "allow its driver in System Settings, Privacy and Security, and plug it in again.",
        "Windows": "install its maker's driver; the Device Manager shows it with a question mark.",
    }
    return "%s is plugged in and has no port: %s" % (
        what[0].upper() + what[1:],
        ways.get(platform.system(), "install a driver."),
    )


def loaders(usb_id: str) -> list[str]:
    """Boards whose own loader shows this id, and that do not show it when they run."""
    return [
        name
        for name in boards.names()
        if usb_id in boards.load(name).usb["bootloader_ids"] and usb_id not in boards.load(name).usb["ids"]
    ]


def fits(board: str, usb_id: str) -> bool:
    """Whether a running board of this name may show this id; true where nobody can tell."""
    return not usb_id or board not in boards.names() or usb_id in boards.load(board).usb["ids"]
