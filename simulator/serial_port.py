"""A simulated watch at a serial port, in real time: a pseudo-terminal that any program on this computer can open, or a
TCP address.

The watch is the one of every other simulation (simulator/watch.py) on either runtime; here the real clock moves its
virtual time. Unplugging closes the port: whoever has it open gets an error, as with a cable that is pulled.
"""

import contextlib
import secrets
import select
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from simulator import EPOCH
from simulator.ends import Listener, Terminal, end_of
from simulator.watch import Answer, Watch

_WAIT = 0.05  # seconds: how late the watch may notice that time has passed

Show = Callable[[str, dict[str, Any]], None]


class SerialWatch:
    """A new watch, its flash in `folder`. port: socket://HOST:PORT, or where a symbolic link to a pseudo-terminal is
    put (None: nowhere).

    show(kind, fields) is told all that the watch shows. Every watch has its own id and secrets; address: its own, for
    envelopes. Its network is away, so messages and alerts wait for `ward relay` and `ward log follow --notify`; wifi:
    it has a radio in reach of the network "home", and really connects to what its guardian has set."""

    def __init__(
        self,
        folder: Path,
        port: Path | str | None,
        runtime: str,
        show: Show,
        address: str = "watch",
        wifi: bool = False,
    ) -> None:
        self._port = port
        self._show = show
        self._lock = threading.RLock()
        self._end: Terminal | Listener | None = None
        self._watch = Watch(
            folder, int(time.time()) - EPOCH, runtime, seed=secrets.token_hex(16), address=address, wifi=wifi
        )
        self._watch.network(wifi)
        self._wifi = wifi
        self._since = time.monotonic()
        self._pulses = 0  # milliseconds since then
        self._passed = 0  # whole seconds since then that the watch has lived through
        try:
            self.plug()
        except OSError:
            self._watch.close()
            raise

    @property
    def path(self) -> str:
        """What a host opens."""
        return self._end.path if self._end else str(self._port)

    def plug(self) -> None:
        """Connect the cable. OSError if there can be no such port."""
        with self._lock:
            self._end = end_of(self._port)

    def unplug(self) -> None:
        """Pull the cable. Harmless when repeated. The watch goes on."""
        with self._lock:
            if self._end:
                self._end.close()
                self._end = None

    def do(self, op: str, **fields: Any) -> Answer:
        """One command of the rig, as in simulator/watch.py, between two steps."""
        with self._lock:
            return self._watch.do(op, **fields)

    def serve(self, stop: threading.Event) -> None:
        """Live until `stop` is set."""
        while not stop.is_set():
            self.step()

    def step(self) -> None:
        """Take what comes over the cable within the next moment, and let the time pass that has passed."""
        self._wait()
        with self._lock:
            data = self._read()
            if data:
                self._receive(data)
            if self._wifi:
                self._pulse()
            seconds = int(time.monotonic() - self._since) - self._passed
            if seconds > 0:
                self._passed += seconds
                if not self._wifi:
                    self._watch.advance(seconds)
            for kind, fields in self._watch.seen()["seen"] if data or seconds > 0 else ():
                self._show(kind, fields)

    def _pulse(self) -> None:
        """A network wants the watch's attention many times a second."""
        passed = int((time.monotonic() - self._since) * 1000) - self._pulses
        self._pulses += passed
        self._watch.do("pulse", ms=passed)

    def _wait(self) -> None:
        """Until something comes, or a moment has passed: without the lock, so that `do` need not wait for it."""
        end = self._end
        if end is None:
            time.sleep(_WAIT)
            return
        with contextlib.suppress(OSError, ValueError):  # unplugged meanwhile
            select.select([end], [], [], _WAIT)

    def _read(self) -> bytes:
        return self._end.read() if self._end else b""

    def _receive(self, data: bytes) -> None:
        answer = self._watch.do("cable", data=data.hex())
        if self._end:
            self._end.write(bytes.fromhex(answer["data"]))
        if answer["restart"]:  # it was wiped
            self._watch.reboot()

    def close(self) -> None:
        """Unplug and end the watch."""
        with self._lock:
            self.unplug()
            self._watch.close()

    def __enter__(self) -> "SerialWatch":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()
