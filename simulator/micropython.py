"""The real MicroPython: the unix port that a wheel installs, as one run or as a long-lived process.

The firmware runs there unmodified; CPython and the unix port must give the same answers.
"""

import contextlib
import json
import os
import platform
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import IO, Any, NoReturn

HEAP = "8M"
ANSWER_SECONDS = 60.0


class ProcessFailed(RuntimeError):
    """The MicroPython process died, hung, or answered with something that is no JSON object."""


def binary() -> str | None:
    """The `micropython` executable: WARDWATCH_MICROPYTHON, the one beside this interpreter, one on PATH, or None."""
    chosen = os.environ.get("WARDWATCH_MICROPYTHON")
    if chosen:
        return chosen
    beside = Path(sys.executable).parent / "micropython"
    return str(beside) if os.access(beside, os.X_OK) else shutil.which("micropython")


def why_missing() -> str:
    """Why `binary()` is None, in one sentence for a person."""
    return (
        "no `micropython` (unix port) lies beside this Python %d.%d on %s %s, nor on PATH; its wheel exists for Linux "
        "x86-64 (glibc) and macOS arm64 on CPython 3.10 to 3.14"
        % (sys.version_info[0], sys.version_info[1], platform.system(), platform.machine())
    )


def _command(script: str | Path, args: tuple[str, ...], heap: str | None) -> list[str]:
    """The command line. FileNotFoundError where there is no MicroPython."""
    executable = binary()
    if executable is None:
        raise FileNotFoundError(why_missing())
    limit = [] if heap is None else ["-X", "heapsize=" + heap]
    return [executable, *limit, str(script), *args]


def _environment(path: str | Path | None, extra: dict[str, str] | None = None) -> dict[str, str]:
    """The environment with MICROPYPATH = `path` alone (`:` parts folders), so that nothing else is imported."""
    environment = {**os.environ, **(extra or {})}
    if path is not None:
        environment["MICROPYPATH"] = str(path) + ":.frozen"
    return environment


def run(
    script: str | Path,
    *args: str,
    heap: str | None = None,
    path: str | Path | None = None,
    timeout: float = 600,
) -> subprocess.CompletedProcess[str]:
    """Run a script to its end, with stdout and stderr as text. MicroPython prints tracebacks on stdout.

    `heap` is a size such as "128K", `path` the folder(s) to import from, `timeout` in seconds (TimeoutExpired).
    """
    return subprocess.run(
        _command(script, args, heap),
        env=_environment(path),
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        timeout=timeout,
        check=False,
    )


class Process:
    """One long-lived MicroPython process: JSON objects go in, a JSON object a line comes back.

    The script reads them as portable/questions.py does and prints one answer for each. Usable as a context manager.
    """

    def __init__(
        self,
        script: str | Path,
        path: str | Path,
        heap: str = HEAP,
        args: tuple[str, ...] = (),
        env: dict[str, str] | None = None,
    ) -> None:
        """Start `script` with modules from `path`. FileNotFoundError where there is no MicroPython."""
        # A file, not a pipe: nobody reads stderr while the process runs, and a full pipe would stop it.
        self._stderr: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 (closed in close)
        try:
            self._process = subprocess.Popen(
                _command(script, args, heap),
                env=_environment(path, env),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._stderr,
                encoding="utf-8",
                errors="replace",
            )
        except OSError:
            self._stderr.close()
            raise
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read_lines, daemon=True)
        self._reader.start()

    def _read_lines(self) -> None:
        """Hand over each line of stdout, then "" for its end."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line)
        self._lines.put("")

    def ask(self, request: dict[str, Any], seconds: float = ANSWER_SECONDS) -> dict[str, Any]:
        """Send one request and wait for its answer, for `seconds` at most. ProcessFailed says what went wrong."""
        # Raw UTF-8: MicroPython's json.loads turns a surrogate-pair escape into invalid UTF-8.
        line = json.dumps(request, ensure_ascii=False)
        assert self._process.stdin is not None
        answer = ""
        try:
            self._process.stdin.write("%d\n%s" % (len(line.encode("utf-8", "replace")), line))
            self._process.stdin.flush()
            answer = self._lines.get(timeout=seconds)
        except queue.Empty:
            self._fail("gave no answer within %g s to %.200s" % (seconds, line), grace=0)
        except (OSError, ValueError):  # a broken pipe, or closed before
            self._fail("has ended; asked %.200s" % line)
        result = None
        with contextlib.suppress(ValueError):
            result = json.loads(answer)
        if not isinstance(result, dict):
            self._fail("gave no JSON object as an answer to %.200s" % line, answer)
        return result

    def _fail(self, what: str, said: str = "", grace: float = 5) -> NoReturn:
        """End the process; ProcessFailed with what it had still to say: tracebacks go to its stdout."""
        code = self._end(grace)
        while not self._lines.empty():
            said += self._lines.get()
        if not self._stderr.closed:
            self._stderr.seek(0)
            said += self._stderr.read().decode("utf-8", "replace")
        self.close()
        raise ProcessFailed("MicroPython %s (exit %d)\n%s" % (what, code, said[-4000:].strip() or "(it said nothing)"))

    def _end(self, grace: float) -> int:
        """End the process, within `grace` seconds by the end of its input, then by force. Its exit code."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        try:
            code = self._process.wait(timeout=grace)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        self._reader.join()
        return code

    @property
    def ended(self) -> bool:
        """Whether the process is no longer there: closed, or it has failed."""
        return self._process.poll() is not None

    def close(self) -> None:
        """End the process and free what belongs to it. Harmless when repeated."""
        self._end(grace=5)
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._stderr.close()

    def __enter__(self) -> "Process":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()
