"""The scenarios on a real board, or an emulated one: `make test-board PORT=...` (docs/add-a-board.md).

A board with MicroPython 1.24 or newer at its prompt gets the compiled firmware and the simulated surroundings into the
folder /trial, by mpremote's own transport; what else lies on it stays. Then each scenario runs there command by command
over the raw REPL. It must hold, and give every answer, journal and file that CPython gives, byte for byte.

Where the heap has room the watch's files lie in a file system in memory, so that thousands of writes do not wear the
board's flash. What no MicroPython of 1.24 or newer can do differently is not looked at here: pins, chips, radio.
"""

import ast
import hashlib
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import click
from mpremote.transport import TransportError, TransportExecError
from mpremote.transport_serial import SerialTransport

from host_tools.console import Failure, say
from host_tools.making.build import compile_firmware, compile_module
from host_tools.making.deploy import at_prompt, deploy_files
from host_tools.making.image import Files
from simulator.portable.rig import Rig
from simulator.scenario import HostFiles, Run, Scenario, ScenarioFailed, find
from tests.boards import conformity
from tests.conftest import REACHED_INTO, ROOT

OLDEST = [1, 24]
FOLDER = "trial"
SCENARIOS = ROOT / "tests" / "scenarios"
_SURROUNDINGS = ("__init__", *("portable/" + name for name in ("__init__", "board", "display", "flash", "rig")))
_IMPLEMENTATION = """
import sys
print(repr([list(sys.implementation[1])[:3], getattr(sys.implementation, '_machine', '?')]))
"""
_SECONDS = 900.0  # within which a board answers one command; a month of virtual time is one
_DISK = 256  # blocks of the file system in memory
_SPARE = 1500000  # bytes of heap that must be left beside it

# Runs on the board, once.
_START = """
import gc, json, os, sys
gc.threshold(8192)
sys.path[:] = ['/%(folder)s', '.frozen']
root = '/%(folder)s-data'
gc.collect()
try:
    if gc.mem_free() < %(disk)d * 4096 + %(spare)d:
        raise MemoryError
    import vfs
    from simulator.portable.flash import Flash, Power
    disk = Flash(None, %(disk)d, Power())
    vfs.VfsLfs2.mkfs(disk)
    vfs.mount(vfs.VfsLfs2(disk), '/%(folder)s-disk')
    root = '/%(folder)s-disk/watch'
except MemoryError:
    pass
import firmware.preload
from simulator.portable.rig import Rig
rig = Rig()
def do(text):
    print(json.dumps(rig.do(json.loads(text))))
print(json.dumps([root, gc.mem_free()]))
"""


class Board(HostFiles):
    """A board in the raw REPL: `do` carries out a command of the rig, and the rest reaches its watch's files."""

    def __init__(self, transport: SerialTransport, files: Files) -> None:
        """Copy what is new and start. Failure for a MicroPython that is too old."""
        self.transport = transport
        transport.is_pty = True  # mpremote then waits for each byte, in place of looking for it every ten milliseconds
        version, self.machine = ast.literal_eval(transport.exec(_IMPLEMENTATION).decode())
        self.version = ".".join(map(str, version))
        if version < OLDEST:
            raise Failure("This board has MicroPython %s; 1.24 is the oldest that works." % self.version)
        self.written, _ = deploy_files(transport, files)
        self.start()

    def start(self) -> None:
        """Begin anew in a fresh interpreter."""
        self.transport.exit_raw_repl()
        self.transport.enter_raw_repl()
        said = self._exec(_START % {"folder": FOLDER, "disk": _DISK, "spare": _SPARE})
        where, self.free = json.loads(said)
        super().__init__(Path(where))

    @property
    def root(self) -> Path:
        return self._root

    def _exec(self, code: str) -> str:
        said, wrong = self.transport.exec_raw(code, timeout=_SECONDS)
        if wrong:
            raise TransportExecError(said, wrong.decode("utf-8", "replace"))
        return str(said.decode())

    def do(self, command: dict[str, Any]) -> dict[str, Any]:
        # Raw UTF-8 in the text: MicroPython's json.loads turns a surrogate-pair escape into invalid UTF-8.
        answer: dict[str, Any] = json.loads(self._exec("do(%r)" % json.dumps(command, ensure_ascii=False)))
        return answer

    # --- files

    def names(self) -> list[str]:
        return sorted(entry.name for entry in self.transport.fs_listdir(self._root.as_posix()))

    def read(self, name: str) -> bytes:
        return bytes(self.transport.fs_readfile("%s/%s" % (self._root.as_posix(), name)))

    def write(self, name: str, data: bytes) -> None:
        self.transport.fs_writefile("%s/%s" % (self._root.as_posix(), name), data)

    def remove(self, name: str) -> None:
        self.transport.fs_rmfile("%s/%s" % (self._root.as_posix(), name))

    def keys(self) -> bytes:
        return bytes(self.transport.fs_readfile(self._root.as_posix() + ".keys"))


def content(compiled: Path) -> Files:
    """What goes onto the board, by the paths there."""
    files = {
        "/%s/%s" % (FOLDER, path.relative_to(compiled).as_posix()): path.read_bytes()
        for path in sorted((compiled / "firmware").rglob("*"))
        if path.is_file() and path.suffix != ".tmp"
    }
    for name in _SURROUNDINGS:
        source = (ROOT / "simulator" / (name + ".py")).read_bytes()
        module = "simulator." + name.replace("/", ".").removesuffix(".__init__")
        files["/%s/simulator/%s.mpy" % (FOLDER, name)] = compile_module(source, module)
    return files


def compare(board: Board, path: Path) -> str:
    """ "" if the scenario holds on the board and is the same there as on CPython, else what is wrong."""
    with tempfile.TemporaryDirectory() as folder:
        expected = Run(Scenario(path), Rig().do, Path(folder) / "watch").run()
    try:
        got = Run(Scenario(path), board.do, board.root, board).run()
    except ScenarioFailed as failed:
        return str(failed)
    for ours, theirs in zip([*expected.answers, expected.facts], [*got.answers, got.facts], strict=True):
        if ours != theirs:
            return "%s: CPython %s\nthe board %s" % (path, ours, theirs)
    return ""


def run(board: Board, paths: list[Path]) -> dict[Path, str]:
    """Run scenarios one after another, a line each on stderr; what was wrong with each, "" for nothing."""
    problems = {}
    for number, path in enumerate(paths, 1):
        began = time.monotonic()
        wrong = compare(board, path)
        problems[path] = wrong
        took = time.monotonic() - began
        say("%d/%d %s %s, %.1f s" % (number, len(paths), "FAILED" if wrong else "ok", named(path), took))
        if wrong:
            board.start()  # a crash may have left anything behind
    return problems


def named(path: Path) -> str:
    """A scenario's name: folder and file."""
    return "%s/%s" % (path.resolve().parent.name, path.stem)


def rows(path: Path) -> set[str]:
    """The requirement rows that a scenario names."""
    return {row for step in Scenario(path).steps for row in step.get("rows", [])}


@click.command()
@click.option("--report", type=click.Path(path_type=Path, dir_okay=False), help="Write a protocol of it (E15).")
@click.option("--port", required=True, envvar="PORT", help="Serial port, path or socket://host:port.")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path, exists=True))
def main(port: str, paths: tuple[Path, ...], report: Path | None) -> None:
    """Run the scenarios, or those in PATHS, on the board at PORT."""
    wanted = [path for given in paths or (SCENARIOS,) for path in find(given)]
    files = content(compile_firmware(ROOT / "build" / "tests" / "mpy", keep=REACHED_INTO))
    try:
        with at_prompt(port) as transport:
            board = Board(transport, files)
            say("%s, MicroPython %s, %d KB of heap left, files in %s, %d of %d files copied" % (
                board.machine, board.version, board.free // 1024, board.root, len(board.written), len(files)
            ))  # fmt: skip
            problems = run(board, wanted)
    except TransportError as error:
        raise Failure("The board stopped answering: %s" % error) from error
    for problem in filter(None, problems.values()):
        click.echo(problem)
    if report:
        digest = hashlib.sha256(b"".join(hashlib.sha256(files[path]).digest() for path in sorted(files))).hexdigest()
        outcomes = {named(path): (rows(path), not wrong) for path, wrong in problems.items()}
        report.write_text(conformity.report(board.machine, board.version, digest, outcomes), encoding="utf-8")
    failed = sum(map(bool, problems.values()))
    click.echo("%d scenarios on %s, MicroPython %s: %d failed" % (
        len(wanted), board.machine, board.version, failed
    ))  # fmt: skip
    if failed:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
