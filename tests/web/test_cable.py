"""`make sim` in one terminal, `ward` in another: from a new watch to one with a guardian and a daily limit in one
command and eight answers, with nothing to read but its questions; and a second computer at a watch that is set up."""

import asyncio
import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from aiohttp import ClientSession, WSMsgType

from simulator.watch import PASSPHRASE, ROOT, RUNTIMES
from tests.ward import home as ward
from tests.ward.home import Home, Terminal, run


@contextlib.contextmanager
def sim(folder: Path, *options: str) -> Iterator[tuple[str, Home]]:
    """(address of the page, what `tests.ward.home` needs to run `ward` at its cable) of a running `ward sim`."""
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "host_tools.cli", "sim", *options],
        stdout=subprocess.PIPE, cwd=ROOT, encoding="utf-8",
    )  # fmt: skip
    assert process.stdout is not None
    try:
        lines: list[str] = []
        while not lines or not lines[-1].startswith("Ctrl-C"):
            lines.append(process.stdout.readline().strip())
            assert lines[-1], "the page was not served"
        cable = lines[2].removeprefix("ward setup --port ")
        home = Home.__new__(Home)
        home.folder, home.output, home.arguments = folder, "\n".join(lines), []
        home.watch = SimpleNamespace(path=cable)  # type: ignore[assignment]
        yield lines[0].removeprefix("The watch is at "), home
    finally:
        process.terminate()
        assert process.wait(20) == 0


def digits(url: str) -> str:
    """The digits on the page's watch, for which its lower right corner is touched."""

    async def press() -> str:
        origin = url[: url.index("/", 8)]
        async with ClientSession() as session, session.ws_connect(url + "socket", origin=origin) as socket:
            pressed, words = False, list[str]()
            while True:
                message = await asyncio.wait_for(socket.receive(), 20)
                assert message.type in (WSMsgType.TEXT, WSMsgType.BINARY), message
                told: dict[str, Any] = json.loads(message.data) if message.type == WSMsgType.TEXT else {}
                words = told.get("words", words)
                shown = "".join(part for part in words if part.isdigit())
                if pressed and len(shown) == 6:
                    return shown
                if not pressed and any("computer" in part for part in words):
                    pressed = True
                    for down in (True, False):
                        await socket.send_json({"act": "touch", "x": 200, "y": 200, "down": down})

    return asyncio.run(press())


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_from_make_sim_to_a_watch_with_a_limit(runtime: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    if runtime == "micropython":
        request.getfixturevalue("micropython_binary")
    with sim(tmp_path, "--new", "--runtime", runtime) as (url, home):
        commands, answers = [["setup"]], 0
        terminal = Terminal(home, *commands[0])
        terminal.wait_for("six digits on the watch:")
        terminal.type(digits(url))
        for question, answer in ward.ANSWERS:
            terminal.wait_for(question)
            terminal.wait_for(": ")
            terminal.type(answer)
            answers += 1
        assert terminal.end() == 0, terminal.seen
        assert len(commands) <= 2 and answers + 1 <= 8
        limit = run(home, "policy", "get", "usage.daily_minutes", "--json").ok().data
        assert limit["value"] == 30 and run(home, "status", "--json").ok().data["protected"]


def test_the_pages_own_watch_takes_a_second_computer(tmp_path: Path) -> None:
    with sim(tmp_path, "--cable", "socket://127.0.0.1:0") as (url, home):
        assert home.watch.path.startswith("socket://127.0.0.1:") and PASSPHRASE in home.output
        terminal = Terminal(home, "setup")
        terminal.wait_for("six digits on the watch:")
        terminal.type(digits(url))
        terminal.wait_for("passphrase: ")
        terminal.type(PASSPHRASE)
        assert terminal.end() == 0, terminal.seen
        run(home, "policy", "set", "usage.daily_minutes", "30").ok()  # two commands, two answers
        assert run(home, "status", "--json").ok().data["protected"]
        assert len(run(home, "contacts", "--json").ok().data) == 3
