"""A simulated watch at a serial port: a pseudo-terminal that any program on this computer can open, in real time.

The watch is the one of every other simulation (simulator/watch.py) on either runtime; here the real clock moves its
virtual time. Unplugging closes the pseudo-terminal: whoever has it open gets an error, as with a cable that is pulled.
"""

import contextlib
import os
import secrets
import select
import threading
import time
import tty
from collections.abc import Callable
from pathlib import Path
from typing import Any

from simulator import EPOCH
from simulator.watch import Answer, Watch

_WAIT = 0.05  # seconds: how late the watch may notice that time has passed

Show = Callable[[str, dict[str, Any]], None]


class SerialWatch:
    """A new watch, its flash in `folder`. port: where a symbolic link to the terminal is put; None: nowhere.

    show(kind, fields) is told all that the watch shows. Every watch has its own id and secrets; address: its own, for
    envelopes. Its network is away, so messages and alerts wait for `ward relay` and `ward log follow --notify`; wifi:
    it has a radio in reach of the network "home", and really connects to what its guardian has set."""

    def __init__(
        self, folder: Path, port: Path | None, runtime: str, show: Show, address: str = "watch", wifi: bool = False
    ) -> None:
        self._link = port
        self._show = show
        self._lock = threading.RLock()
        self._master = self._slave = -1
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
        return str(self._link) if self._link else os.ttyname(self._slave)

    def plug(self) -> None:
        """Connect the cable. FileExistsError if anything but a link to nowhere lies where the port shall be."""
        with self._lock:
            if self._link and self._link.exists():
                raise FileExistsError("%s is there already; name another port" % self._link)
            self._master, self._slave = os.openpty()
            tty.setraw(self._slave)
            if self._link:
                with contextlib.suppress(FileNotFoundError):
                    self._link.unlink()
                self._link.symlink_to(os.ttyname(self._slave))

    def unplug(self) -> None:
        """Pull the cable. Harmless when repeated. The watch goes on."""
        with self._lock:
            if self._master < 0:
                return
            if self._link:
                with contextlib.suppress(FileNotFoundError):
                    self._link.unlink()
            os.close(self._slave)
            os.close(self._master)
            self._master = self._slave = -1

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
        master = self._master
        if master < 0:
            time.sleep(_WAIT)
            return
        with contextlib.suppress(OSError, ValueError):  # unplugged meanwhile
            select.select([master], [], [], _WAIT)

    def _read(self) -> bytes:
        if self._master < 0 or not select.select([self._master], [], [], 0)[0]:
            return b""
        with contextlib.suppress(OSError):
            return os.read(self._master, 4096)
        return b""

    def _receive(self, data: bytes) -> None:
        answer = self._watch.do("cable", data=data.hex())
        out = bytes.fromhex(answer["data"])
        while out and self._master >= 0 and select.select([], [self._master], [], 1.0)[1]:
            out = out[os.write(self._master, out) :]  # a host that reads nothing loses the rest
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
