"""A board at a pseudo-terminal: the real MicroPython unix port with its REPL, close enough for the real `mpremote`.

The folder is the board's whole file system. The unix port alone differs from a board in three ways, which the bridge
between its terminal and the host's makes up for:

- Ctrl-D ends the process; a board starts again. The bridge says so in a board's words, starts the next process and
  goes back to the raw REPL if the host was there. `boot.py` runs at each start, `main.py` unless in the raw REPL.
- Ctrl-C while code runs is a byte like any other; a board interrupts. The bridge sends SIGINT, but only where the
  process catches it: `micropython.kbd_intr(-1)` holds as on a board.
- What comes just after Ctrl-C is thrown away with the terminal's queue. The bridge holds it back until the prompt.

Three differences stay: lines end in LF where a board's print gives CRLF, listings show no sizes, and there is no
`machine`. Linux only: it reads /proc.
"""

import contextlib
import os
import select
import shutil
import signal
import subprocess
import tempfile
import termios
import threading
import time
import tty
from pathlib import Path

from simulator.micropython import HEAP, binary, why_missing

_READ = 4096
_RAW = b"raw REPL; CTRL-B to exit\r\n>"
_FRIENDLY = b"\r\n>>> "
_BANNER = b"MicroPython "
_INTERRUPT_SECONDS = 2.0  # code that catches KeyboardInterrupt and goes on is left to itself
_LFLAG = 3  # index in what tcgetattr gives

# What stands between power on and the prompt. The folder becomes the root, as flash is on a board.
_START = """
import os, sys, vfs
vfs.umount("/")
vfs.mount(vfs.VfsPosix(%r), "/")
os.chdir("/")
sys.path[:] = ["", ".frozen", "/lib"]
for _name in %r:
    try:
        with open(_name) as _file:
            _text = _file.read()
    except OSError:
        continue
    try:
        exec(_text)
    except Exception as _error:
        sys.print_exception(_error)
"""


class RawReplBridge:
    """A MicroPython board whose flash is `folder`. Usable as a context manager.

    port: where a symbolic link to its terminal is put; None: in a folder of its own. Give `path` to mpremote:
    `mpremote connect PATH ...`. FileNotFoundError where there is no MicroPython."""

    def __init__(self, folder: Path, port: Path | None = None, heap: str = HEAP) -> None:
        executable = binary()
        if executable is None:
            raise FileNotFoundError(why_missing())
        self._command = [executable, "-X", "heapsize=" + heap, "-i", "-c"]
        self._folder = folder.resolve()
        self._own = Path(tempfile.mkdtemp(prefix="board-"))
        self.path = str(port or self._own / "port")
        self._outer, self._outer_slave = os.openpty()
        tty.setraw(self._outer_slave)
        # mpremote treats /dev/pts/N in a way of its own, and may then wait for ever.
        os.symlink(os.ttyname(self._outer_slave), self.path)
        self._stop, self._stopped = os.pipe()
        self._raw = self._closed = False
        self._start()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    # --- the process

    def _start(self) -> None:
        """Power on."""
        self._inner, slave = os.openpty()
        tty.setraw(slave)
        # A mark by which the terminal's own mode can be told from the REPL's, which clears all such flags.
        mode = termios.tcgetattr(slave)
        mode[_LFLAG] |= termios.NOFLSH
        termios.tcsetattr(slave, termios.TCSANOW, mode)
        files = ("boot.py",) if self._raw else ("boot.py", "main.py")
        self._process = subprocess.Popen(
            [*self._command, _START % (str(self._folder), files)],
            stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
            cwd=self._own, env={"HOME": str(self._own), "PATH": os.environ.get("PATH", "")},
        )  # fmt: skip
        os.close(slave)
        self._pending = b""  # from the host, not yet given to the process
        self._tail = b""  # of what the process wrote, to know which prompt it shows
        self._booting = self._raw  # until the raw REPL is back
        self._interrupted = 0.0  # until when what follows a Ctrl-C is held back

    def _end(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        self._process.wait()
        os.close(self._inner)

    def _running(self) -> bool:
        """True while code runs that a Ctrl-C would interrupt."""
        process = Path("/proc/%d" % self._process.pid)
        try:
            # The wheel's MicroPython is a library of a CPython, which would take the signal for itself as it starts.
            if "micropython" not in (process / "maps").read_text(encoding="utf-8", errors="replace"):
                return False
            status = (process / "status").read_text(encoding="ascii")
        except OSError:
            return False
        caught = next((line.split()[1] for line in status.splitlines() if line.startswith("SigCgt:")), "0")
        return bool(int(caught, 16) >> (signal.SIGINT - 1) & 1)

    def _at_prompt(self) -> bool:
        return not termios.tcgetattr(self._inner)[_LFLAG] & termios.NOFLSH and not self._running()

    # --- between the two terminals

    def _serve(self) -> None:
        while True:
            wait = 0.005 if self._pending else None
            ready = select.select([self._outer, self._inner, self._stop], [], [], wait)[0]
            if self._stop in ready:
                return
            if self._inner in ready:
                self._to_host()
            if self._outer in ready:
                self._pending += os.read(self._outer, _READ)
            self._to_board()

    def _to_host(self) -> None:
        try:
            data = os.read(self._inner, _READ)
        except OSError:  # the process has closed its end
            data = b""
        if not data:
            self._end()
            self._write(self._outer, b"MPY: soft reboot\r\n")
            self._start()
            return
        self._tail = (self._tail + data)[-_READ:]
        if self._booting:
            self._boot()
            return
        raw, friendly = self._tail.rfind(_RAW), self._tail.rfind(_FRIENDLY)
        if raw != friendly:
            self._raw = raw > friendly
        self._write(self._outer, data)

    def _boot(self) -> None:
        """The process shows its friendly prompt; the host left a raw REPL and finds it again."""
        if _FRIENDLY not in self._tail:
            return
        said = self._tail[: self._tail.rfind(_BANNER)]
        self._booting, self._tail = False, b""
        self._write(self._outer, said)
        os.write(self._inner, b"\x01")

    def _to_board(self) -> None:
        while self._pending:
            if self._interrupted:
                if not self._at_prompt() and time.monotonic() < self._interrupted:
                    return
                self._interrupted = 0.0
            if self._pending[:1] == b"\x03":
                self._pending = self._pending[1:]
                if self._running():
                    os.kill(self._process.pid, signal.SIGINT)
                    self._interrupted = time.monotonic() + _INTERRUPT_SECONDS
                else:
                    self._write(self._inner, b"\x03")
            elif self._booting:
                return
            else:
                piece = self._pending.split(b"\x03")[0]
                self._pending = self._pending[len(piece) :]
                self._write(self._inner, piece)

    def _write(self, terminal: int, data: bytes) -> None:
        """Write all of it; what nobody takes for a second is lost, as on a cable."""
        while data and select.select([], [terminal, self._stop], [], 1.0)[1]:
            try:
                data = data[os.write(terminal, data) :]
            except OSError:
                return  # the process has just ended

    # --- the end

    def close(self) -> None:
        """Pull the plug. Harmless when repeated."""
        if self._closed:
            return
        self._closed = True
        os.write(self._stopped, b"x")
        self._thread.join()
        self._end()
        for descriptor in (self._outer, self._outer_slave, self._stop, self._stopped):
            os.close(descriptor)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.path)
        shutil.rmtree(self._own, ignore_errors=True)

    def __enter__(self) -> "RawReplBridge":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()
