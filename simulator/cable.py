"""A cable of a given speed: a simulated watch's port at a TCP address, `socket://127.0.0.1:N`, as a serial server's.

A pseudo-terminal takes bytes as fast as they come. Here each byte takes the time of its ten bits (a start bit, eight of
data, a stop bit), in both directions at once, and the cable counts how long it was busy.
"""

import os
import select
import socket
import termios
import threading
import time
import tty
from pathlib import Path

_PIECE = 64  # bytes, as in a USB bridge's packet
_BITS = 10  # of a byte on the line


class Direction:
    """One way through the cable. baud: bits a second, or None for as fast as possible."""

    def __init__(self, baud: int | None) -> None:
        self._byte = _BITS / baud if baud else 0.0
        self._free = 0.0  # when the line has sent what it was given
        self.count = 0  # bytes so far

    @property
    def busy(self) -> float:
        """Seconds for which bits were on the line."""
        return self.count * self._byte

    def carry(self, data: bytes) -> None:
        """Return when these bytes have gone over the line."""
        self.count += len(data)
        self._free = max(self._free, time.monotonic()) + len(data) * self._byte
        time.sleep(max(0.0, self._free - time.monotonic()))


class Cable:
    """Joins the terminal at `port` and one TCP client after the other. Usable as a context manager."""

    def __init__(self, port: str | Path, baud: int | None = None) -> None:
        self._terminal = os.open(port, os.O_RDWR | os.O_NOCTTY)
        tty.setraw(self._terminal, termios.TCSANOW)
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = "socket://127.0.0.1:%d" % self._server.getsockname()[1]
        self.to_watch, self.to_host = Direction(baud), Direction(baud)
        self._client: socket.socket | None = None
        self._stop, self._stopped = os.pipe()
        self._threads = [threading.Thread(target=run, daemon=True) for run in (self._from_host, self._from_watch)]
        for thread in self._threads:
            thread.start()

    def _from_host(self) -> None:
        while self._ready(self._server.fileno()):
            client, _ = self._server.accept()
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._client = client
            while self._ready(client.fileno()):
                data = self._received(client)
                if not data:
                    break
                self.to_watch.carry(data)
                os.write(self._terminal, data)
            self._client = None
            client.close()

    def _from_watch(self) -> None:
        while self._ready(self._terminal):
            try:
                data = os.read(self._terminal, _PIECE)
            except OSError:
                return  # the watch was unplugged
            self.to_host.carry(data)
            client = self._client
            if client:  # nobody is there: what it says is lost, as on a cable
                try:
                    client.sendall(data)
                except OSError:
                    continue

    @staticmethod
    def _received(client: socket.socket) -> bytes:
        try:
            return client.recv(_PIECE)
        except OSError:
            return b""

    def _ready(self, descriptor: int) -> bool:
        """Wait until there is something to read; False when the cable is being closed."""
        return self._stop not in select.select([descriptor, self._stop], [], [])[0]

    def close(self) -> None:
        """Pull the cable. Harmless when repeated."""
        if self._stopped < 0:
            return
        os.write(self._stopped, b"x")
        for thread in self._threads:
            thread.join()
        self._server.close()
        for descriptor in (self._terminal, self._stop, self._stopped):
            os.close(descriptor)
        self._stopped = -1

    def __enter__(self) -> "Cable":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()
