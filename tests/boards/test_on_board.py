"""`make test-board`: the scenarios over mpremote's own transport, on the real MicroPython at a pseudo-terminal and over
TCP. What a board does otherwise than CPython is found."""

import os
import re
import select
import socket
import threading
import tty
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner
from mpremote.transport import TransportExecError

from host_tools.console import Failure
from host_tools.making.build import compile_module
from host_tools.making.deploy import at_prompt
from simulator.raw_repl import RawReplBridge
from simulator.scenario import find
from tests.boards import conformity, on_board
from tests.conftest import ROOT
from tests.coverage.catalogue import rows
from tests.thorough import THOROUGH

pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the bridge reads /proc")
ENGINE = on_board.SCENARIOS / "engine"
FRESH = ENGINE / "fresh_watch.toml"
# One that reads, damages and removes files of the watch, which lie on the board.
FILES = on_board.SCENARIOS / "administration" / "file_system_put_back.toml"


class Server:
    """A serial line at a TCP address, as an emulator's or a serial server's."""

    def __init__(self, path: str) -> None:
        self._line = os.open(path, os.O_RDWR | os.O_NOCTTY)
        tty.setraw(self._line)
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = "socket://127.0.0.1:%d" % self._server.getsockname()[1]
        self._end, self._ended = os.pipe()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        client, _ = self._server.accept()
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with client:
            while True:
                ready = select.select([client.fileno(), self._line, self._end], [], [])[0]
                data = client.recv(4096) if client.fileno() in ready else b""
                if self._end in ready or (client.fileno() in ready and not data):
                    return
                os.write(self._line, data)
                if self._line in ready:
                    client.sendall(os.read(self._line, 4096))

    def close(self) -> None:
        os.write(self._ended, b"x")
        self._thread.join()
        self._server.close()
        for descriptor in (self._line, self._end, self._ended):
            os.close(descriptor)


@pytest.fixture(scope="module")
def content(mpy_root: Path) -> dict[str, bytes]:
    return on_board.content(mpy_root)


@pytest.fixture(scope="module")
def bridge(micropython_binary: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RawReplBridge]:
    folder = tmp_path_factory.mktemp("flash")
    (folder / "notes.txt").write_text("somebody's own")
    with RawReplBridge(folder) as found:
        yield found
    assert (folder / "notes.txt").read_text() == "somebody's own"


def test_scenarios_hold_and_are_equal_over_tcp(bridge: RawReplBridge, tmp_path: Path) -> None:
    """The whole command. The exit code and the last line tell what came of it."""
    server = Server(bridge.path)
    wanted = [ENGINE] if THOROUGH else [FRESH, FILES]
    try:
        done = CliRunner().invoke(
            on_board.main, ["--port", server.url, "--report", str(tmp_path / "report.md"), *map(str, wanted)]
        )
    finally:
        server.close()
    assert done.exit_code == 0, done.output
    assert "files in /trial-disk/watch" in done.stderr and ", 0 of " not in done.stderr
    assert re.search(r"^\d+ scenarios on .*: 0 failed$", done.stdout, re.MULTILINE)
    protocol = (tmp_path / "report.md").read_text("utf-8")
    assert "- engine/fresh_watch: held (" in protocol and re.search(r"\| anti-bypass \| D3 \| \d+ \| – \|", protocol)


def test_a_board_that_does_something_else_is_found(bridge: RawReplBridge, content: dict[str, bytes]) -> None:
    """Once by what it writes, once by a crash; what comes next begins in a fresh interpreter. Only what has changed is
    copied."""
    source = (ROOT / "simulator" / "portable" / "board.py").read_text("utf-8")
    assert '"device "' in source and "def rtc(self):" in source
    crash = "def rtc(self):\n        if self.plugged:\n            raise ValueError('a crash')"
    other = source.replace('"device "', '"another "').replace("def rtc(self):", crash)
    name = "/trial/simulator/portable/board.mpy"
    changed = {**content, name: compile_module(other.encode(), "simulator.portable.board")}
    with at_prompt(bridge.path) as transport:
        board = on_board.Board(transport, changed)
        assert board.written == [name]
        board.do({"op": "new", "root": board.root.as_posix()})
        board.do({"op": "charge", "on": True})
        with pytest.raises(TransportExecError, match="a crash"):
            board.do({"op": "reboot"})
        problem = on_board.run(board, [FILES])[FILES]
        assert "CPython" in problem and "the board" in problem
        with pytest.raises(TransportExecError, match="AttributeError"):
            board.do({"op": "floor"})  # there is no watch yet


def test_the_protocol_of_the_eight_items() -> None:
    """What was not run is told from what did not hold (E15); no item is without a scenario."""
    outcomes = {"a/one": ({"D4", "D7"}, True), "a/two": ({"D4"}, False)}
    text = conformity.report("a board", "1.24.0", "ab" * 32, outcomes)
    assert "| anti-bypass | D4 | 1 | a/two |" in text and "| anti-bypass | D5 | **not run** | – |" in text
    assert "2 run, 1 held" in text and "- a/two: **not held** (D4)" in text
    assert len(conformity.ITEMS) == 8
    found = set().union(*(on_board.rows(path) for path in find(on_board.SCENARIOS)))
    for item, wanted in conformity.ITEMS.items():
        assert set(wanted) <= set(rows()) and set(wanted) & found, item


def test_an_old_micropython_is_refused() -> None:
    transport: Any = SimpleNamespace(exec=lambda code: b"[[1, 23, 0], 'a board']")
    with pytest.raises(Failure, match=r"has MicroPython 1\.23\.0; 1\.24 is the oldest"):
        on_board.Board(transport, {})


def test_without_a_prompt_it_says_so(tmp_path: Path) -> None:
    done = CliRunner().invoke(on_board.main, ["--port", str(tmp_path / "none"), str(FRESH)])
    assert done.exit_code == 5 and "does not answer at its prompt" in done.output
