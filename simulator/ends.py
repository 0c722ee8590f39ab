"""The watch's end of a simulated cable: a pseudo-terminal that any program here can open, or a TCP address."""

import contextlib
import os
import select
import socket
import urllib.parse
from pathlib import Path

_PIECE = 4096
_PATIENCE = 1.0  # seconds: a host that reads nothing for so long loses the rest


class Terminal:
    """A pseudo-terminal; link: where a symbolic link to it is put, or None. Linux and macOS.

    FileExistsError if anything but a link to nowhere lies where the link shall be."""

    def __init__(self, link: Path | None) -> None:
        import tty  # there is none on Windows

        if link and link.exists():
            raise FileExistsError("%s is there already; name another port" % link)
        self._link = link
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        if link:
            with contextlib.suppress(FileNotFoundError):
                link.unlink()
            link.symlink_to(os.ttyname(self._slave))

    @property
    def path(self) -> str:
        """What a host opens."""
        return str(self._link) if self._link else os.ttyname(self._slave)

    def fileno(self) -> int:
        """What to wait for."""
        return self._master

    def read(self) -> bytes:
        """What has come, without waiting."""
        if not select.select([self._master], [], [], 0)[0]:
            return b""
        with contextlib.suppress(OSError):
            return os.read(self._master, _PIECE)
        return b""

    def write(self, data: bytes) -> None:
        """Write all that a host takes."""
        while data and select.select([], [self._master], [], _PATIENCE)[1]:
            data = data[os.write(self._master, data) :]

    def close(self) -> None:
        """Whoever has it open gets an error, as with a cable that is pulled."""
        if self._link:
            with contextlib.suppress(FileNotFoundError):
                self._link.unlink()
        os.close(self._slave)
        os.close(self._master)


class Listener:
    """A TCP address, socket://HOST:PORT (port 0: any free one), for one host at a time, as with a cable."""

    def __init__(self, url: str) -> None:
        parts = urllib.parse.urlsplit(url)
        if parts.scheme != "socket" or not parts.hostname or parts.port is None:
            raise OSError("%s is no address such as socket://127.0.0.1:4000" % url)
        self._server = socket.create_server((parts.hostname, parts.port))
        self._host: socket.socket | None = None
        name, port = self._server.getsockname()[:2]
        self.path = "socket://%s:%d" % (name, port)

    def fileno(self) -> int:
        """What to wait for."""
        return (self._host or self._server).fileno()

    def read(self) -> bytes:
        """What has come, without waiting; a host that comes or goes brings nothing."""
        if not select.select([self], [], [], 0)[0]:
            return b""
        if self._host is None:
            self._host = self._server.accept()[0]
            self._host.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._host.settimeout(_PATIENCE)
            return b""
        with contextlib.suppress(OSError):
            if data := self._host.recv(_PIECE):
                return data
        self._hang_up()
        return b""

    def write(self, data: bytes) -> None:
        """Write all that a host takes."""
        if self._host:
            try:
                self._host.sendall(data)
            except OSError:
                self._hang_up()

    def _hang_up(self) -> None:
        if self._host:
            self._host.close()
            self._host = None

    def close(self) -> None:
        """Whoever is connected is not any more."""
        self._hang_up()
        self._server.close()


def end_of(port: Path | str | None) -> Terminal | Listener:
    """The end that a command line names: an address, a path, or None for a terminal without another name."""
    if port is not None and str(port).startswith("socket:"):
        return Listener(str(port))
    return Terminal(Path(port) if port is not None else None)
