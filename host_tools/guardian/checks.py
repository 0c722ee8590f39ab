"""What may stand between this computer and a watch, one line each with what to do about it."""

import contextlib
import errno
import os
import platform
import time
from typing import Any

from host_tools import boards
from host_tools.console import Failure
from host_tools.guardian.status import CORE
from host_tools.link import usb
from host_tools.link.line import LineError, Refused
from host_tools.link.port import Unplugged, candidates
from host_tools.link.receipts import EXTENDS, GONE
from host_tools.link.talk import Talk
from simulator import EPOCH

_ROOM = 128 * 1024  # bytes: evidence and journal keep 64 KB for the journal alone
_AHEAD = 120  # seconds
GOOD, ODD, BAD = "ok", "look", "bad"
Line = tuple[str, str, str]  # what, one of the three, words

_PERMISSION = {
    "Linux": "Add yourself to the group that owns it, often dialout or uucp: sudo usermod -aG dialout $USER; log "
    'in again. Without such a group a udev rule does it: SUBSYSTEM=="tty", ATTRS{idVendor}=="303a", TAG+="uaccess".',
    "Darwin": "Close other programs; the port must be /dev/cu.*, not /dev/tty.*.",
    "Windows": "Close other programs, and look in the Device Manager whether the driver is installed.",
}


def check_port(port: str | None) -> tuple[list[Line], str | None]:
    """The cable's lines, and the port to go on with."""
    found = [port] if port else candidates()
    if not found:
        missing = [("driver", BAD, usb.driver_words(vendor)) for vendor in usb.portless()]
        return missing or [
            ("cable", BAD, "No USB serial port is here. Plug the watch in with a cable that carries data; try another.")
        ], None
    if len(found) > 1:
        return [("cable", ODD, "More than one port is here: %s. Name one with --port." % ", ".join(found))], None
    (name,) = found
    lines: list[Line] = [("cable", GOOD, name)]
    if "://" not in name and not os.path.exists(name) and platform.system() != "Windows":
        return [("cable", BAD, "%s does not exist. Plug the watch in, or look at the name." % name)], None
    if "://" not in name and os.path.exists(name) and not os.access(name, os.R_OK | os.W_OK):
        lines.append(("permission", BAD, "%s may not be opened. %s" % (name, _PERMISSION.get(platform.system(), ""))))
        return lines, None
    lines.append(("permission", GOOD, "may be opened"))
    return lines + _usb(name), name


def _usb(name: str) -> list[Line]:
    """What the port's USB id says: its driver works; and whether the chip waits in its loader."""
    found = usb.id_of(name)
    if not found:
        return []
    what = usb.VENDORS.get(found[:4], ("no bridge or chip of the boards' list", ""))[0]
    lines: list[Line] = [("driver", GOOD, "%s, %s" % (what, found))]
    if in_loader := usb.loaders(found):
        lines.append(("loader", ODD, "the chip is in its own loader, or runs no Wardwatch. Press reset, or write it: "
                      "ward flash --board NAME (this id have %s)" % ", ".join(in_loader)))  # fmt: skip
    return lines


def _why(error: BaseException) -> str:
    """What to do about a port that does not open."""
    cause: BaseException | None = error
    while cause is not None:
        if getattr(cause, "errno", None) in (errno.EBUSY, errno.EAGAIN):
            return "Another program uses the port: close its terminal, mpremote or editor."
        cause = cause.__cause__
    return str(error)


def check_watch(talk: Talk, usb_id: str = "") -> list[Line]:
    """Hello, pairing and journal; what the watch says of itself comes in `check_inside`."""
    try:
        hello = talk.greet()
    except Failure as error:
        cause = error.__cause__
        what = "port" if isinstance(cause, Unplugged) else "answer"
        return [(what, BAD, "%s If it shows a face, unplug it and plug it in again." % _why(cause or error))]
    lines: list[Line] = [("answer", GOOD, "watch %s, protocol %d" % (hello.watch.hex(), hello.protocol))]
    if hello.recovery:
        return [
            *lines,
            ("recovery", BAD, "it does not start its firmware (%s). Run: ward update PACKAGE" % hello.recovery),
        ]
    if not hello.set_up:
        return [*lines, ("set-up", ODD, "This watch is new. Run: ward setup")]
    if not hello.known or talk.keys.key(hello.watch) is None:
        return [*lines, ("pairing", BAD, "This watch and this computer are not paired. Run: ward setup")]
    try:
        talk.open_greeted()
    except (Failure, Refused, LineError) as error:
        return [*lines, ("pairing", BAD, str(error))]
    lines.append(("pairing", GOOD, "this computer is known"))
    if talk.history == EXTENDS:
        lines.append(("history", GOOD, "goes on from the last contact"))
    elif talk.history == GONE:
        lines.append(("history", ODD, GONE))
    else:
        lines.append(("history", BAD, talk.history + " See: ward log verify"))
    health, status = talk.line.call("health.read"), talk.line.call("status.read")
    slots = None
    with contextlib.suppress(Refused):  # a development board, or a firmware that is frozen, has no slots
        slots = talk.line.call("firmware.state")
    return lines + check_inside(health, status, slots, usb_id)


def check_inside(
    health: dict[str, Any], status: dict[str, Any], slots: dict[str, Any] | None = None, usb_id: str = ""
) -> list[Line]:
    """The lines about the watch itself, from what it says."""
    ahead = status["wall"] + EPOCH - int(time.time())
    return [
        _micropython(health),
        _board(health, slots, usb_id),
        _slots(health, slots),
        *_hardened(health),
        ("journal", BAD if status["tampered"] else GOOD,
         "damaged (%s): look into it, then acknowledge it on the watch" % status["tampered"]
         if status["tampered"] else "%d records, segments %d to %d" % tuple(health["journal"])),
        ("space", GOOD if health["free"] >= _ROOM else ODD,
         "%d KB free" % (health["free"] // 1024)
         + ("" if health["free"] >= _ROOM else ": evidence may find no room. See: ward evidence close")),
        ("keys", GOOD if health["keys"] else BAD,
         "in their own partition" if health["keys"] else "no high-water mark: the partition is missing or erased"),
        ("clock", GOOD if status["trust"] == "set" and abs(ahead) <= _AHEAD else ODD,
         "%s, %+d seconds" % (status["trust"], ahead)
         + ("" if status["trust"] == "set" and abs(ahead) <= _AHEAD else ". Run: ward clock set")),
        ("telephony", GOOD if health["phone"] else ODD,
         "this watch can call" if health["phone"]
         else "this watch cannot call: tell the child. SOS sounds, and signals by what carrier there is"),
        ("parts", ODD if health["core"] else GOOD, CORE if health["core"] else "all of the firmware"),
    ]  # fmt: skip


def _micropython(health: dict[str, Any]) -> Line:
    """Its version, and whether it is the variant that the board wants."""
    words = "%s %s" % (health["platform"], ".".join(str(part) for part in health["runtime"]))
    build, board = health["build"], health["board"]
    if build:
        words += ", " + build
    if health["runtime"][:3] < [1, 24]:
        return "MicroPython", BAD, words + ": older than 1.24. Run: ward flash"
    wanted = boards.build_of(boards.load(board)) if board in boards.names() else build
    if build.startswith("ESP32") and build != wanted:
        return "MicroPython", ODD, "%s: the board wants %s, or its PSRAM lies idle. Run: ward flash" % (words, wanted)
    return "MicroPython", GOOD, words


def _board(health: dict[str, Any], slots: dict[str, Any] | None, usb_id: str) -> Line:
    """What the firmware was built for, against its package and against the plug."""
    name = health["board"]
    if slots and slots["board"] != name:
        return (
            "board",
            BAD,
            "built for %s, in slots of %s: updates do not fit. Run: ward flash" % (name, slots["board"]),
        )
    if not usb.fits(name, usb_id):
        return "board", ODD, "built for %s, but plugged in as %s. Is it another board? Run: ward flash" % (name, usb_id)
    return "board", GOOD, name


def _slots(health: dict[str, Any], slots: dict[str, Any] | None) -> Line:
    if slots is None:
        where = "part of MicroPython" if health["frozen"] else "development files, unsigned: no child's watch"
        return "slots", GOOD if health["frozen"] else ODD, "none: the firmware is " + where
    words = "version %d runs, none below %d starts" % (slots["version"], slots["least"])
    if slots["trial"]:
        return "slots", ODD, words + "; it is on trial. After a minute: ward update --confirm"
    return "slots", GOOD, words


def _hardened(health: dict[str, Any]) -> list[Line]:
    """What of the hardened path (docs/maker.md) holds, as far as a running watch can know it."""
    if health["frozen"]:
        return [("hardened", GOOD, "the firmware is frozen. Secure boot and flash encryption only the chip's loader "
                 "tells: esptool get-security-info")]  # fmt: skip
    return [("hardened", ODD, "a stock chip: whoever has the watch and a computer can read its flash, keys included. "
             "What closes that: docs/maker.md")]  # fmt: skip
