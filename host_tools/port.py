"""Finds the watch's serial port and opens it: a board's, a pseudo-terminal's path, or socket://host:port."""

import contextlib
from typing import Any

import serial
from serial.tools import list_ports

from host_tools.console import NO_WATCH, Failure
from host_tools.line import Hello, Line, LineError, Refused

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


def candidates() -> list[str]:
    """The serial ports at this computer's USB."""
    return sorted(port.device for port in list_ports.comports() if port.vid is not None)


def find(named: str | None, host: bytes) -> tuple[Port, Line, Hello]:
    """The port that was named, or the only one at which a watch answers, greeted. Failure says what to do."""
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
    if len(found) == 1:
        return found[0]
    for port, _, _ in found:
        port.close()
    if found:
        names = ", ".join(port.url for port, _, _ in found)
        raise Failure("More than one watch is here: %s. Say which with --port." % names, NO_WATCH)
    raise Failure("No watch answers. Plug it in and switch it on, or name its port: --port or WARD_PORT.", NO_WATCH)
