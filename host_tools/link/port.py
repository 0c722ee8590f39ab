"""Finds the watch's serial port and opens it: a board's, a pseudo-terminal's path, or socket://host:port."""

import contextlib
import functools
import sys
import tomllib
from pathlib import Path
from typing import Any

import click
import serial
from serial.tools import list_ports

from host_tools.console import NO_WATCH, Failure, ask
from host_tools.link.line import Hello, Line, LineError, Refused

_BOARDS = Path(__file__).resolve().parents[2] / "boards"
_BAUD = 115200
_GREETING = 1.5  # seconds in which a watch answers a hello


class Unplugged(LineError):
    """The port is gone."""


class Port:
    """An open serial port, as `Line` wants it."""

    def __init__(self, url: str) -> None:
        self.url = url
        try:
            self._serial = serial.serial_for_url(url, _BAUD, timeout=0.05, write_timeout=5)
        except (OSError, ValueError) as error:  # SerialException is an OSError
            raise Unplugged(
                "%s cannot be opened (%s). Is the watch plugged in and the port right?" % (url, error)
            ) from error

    def read(self, size: int) -> bytes:
        """What has come, after a moment at most."""
        try:
            return bytes(self._serial.read(min(size, max(1, self._serial.in_waiting))))
        except (OSError, TypeError) as error:
            raise Unplugged("The cable is unplugged, or the watch is off.") from error

    def write(self, data: bytes) -> Any:
        """Write all of it."""
        try:
            return self._serial.write(data)
        except OSError as error:
            raise Unplugged("The cable is unplugged, or the watch is off.") from error

    def close(self) -> None:
        """Close it. Harmless when repeated."""
        with contextlib.suppress(OSError):
            self._serial.close()


def is_watch(vid: int | None, pid: int | None) -> bool:
    """Whether a USB id is one under which a board of ours shows itself while it runs (boards/*/board.toml).

    Generic MicroPython with native USB has Espressif's number and 0x4000 with a bitmap of its classes, on all boards
    alike; bridges have their makers' numbers. So an id only tells where to say hello."""
    return vid is not None and pid is not None and ("%04x:%04x" % (vid, pid) in _ids() or _is_generic(vid, pid))


def _is_generic(vid: int, pid: int) -> bool:
    return vid == 0x303A and 0x4000 <= pid <= 0x40FF


@functools.cache
def _ids() -> frozenset[str]:
    tables = [tomllib.loads(path.read_text(encoding="utf-8")) for path in _BOARDS.glob("*/board.toml")]
    return frozenset(one.lower() for table in tables for one in table["usb"]["ids"])


def candidates() -> list[str]:
    """The serial ports at this computer's USB that may be a watch's. No other is opened: what hangs there may be reset
    by it, or take the greeting for something to print."""
    return sorted(port.device for port in list_ports.comports() if is_watch(port.vid, port.pid))


def _others() -> str:
    """Words about serial ports that were left alone."""
    found = [port for port in list_ports.comports() if port.vid is not None and not is_watch(port.vid, port.pid)]
    named = ", ".join("%s (%04x:%04x)" % (port.device, port.vid, port.pid or 0) for port in found)
    return " Left alone, as no board of ours has their USB ids: %s." % named if named else ""


def find(named: str | None, host: bytes) -> tuple[Port, Line, Hello]:
    """The port that was named, or the one at which a watch answers, greeted; somebody at a terminal is asked if there
    are more. Failure says what to do."""
    found = []
    for url in [named] if named else candidates():
        port = None
        try:
            port = Port(url)
            line = Line(port, host)
            found.append((port, line, line.hello(timeout=10.0 if named else _GREETING)))
        except (LineError, Refused) as error:
            if port:
                port.close()
            if named:
                raise Failure(str(error), NO_WATCH) from error
    if not found:
        words = "No watch answers. Plug it in and switch it on, or name its port: --port or WARD_PORT."
        raise Failure(words + _others(), NO_WATCH)
    wanted = found[0][0] if len(found) == 1 else _which([one[0] for one in found])
    for one in found:
        if one[0] is not wanted:
            one[0].close()
    return next(one for one in found if one[0] is wanted)


def _which(ports: list[Port]) -> Port:
    """Which of several watches is meant."""
    names = [port.url for port in ports]
    if not sys.stdin.isatty():
        for port in ports:
            port.close()
        raise Failure("More than one watch is here: %s. Say which with --port." % ", ".join(names), NO_WATCH)
    return ports[names.index(ask("More than one watch is here. Which one", type=click.Choice(names)))]
