"""A simulated watch at a pseudo-terminal, and `ward` as a person or a program runs it."""

import contextlib
import json
import os
import pty
import select
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from host_tools.cli import main
from host_tools.link.login import new_verifier
from host_tools.link.talk import Talk
from simulator import EPOCH
from simulator.serial_port import SerialWatch
from simulator.watch import ROOT, Person

PASSPHRASE = "three owls under the bridge"
PIN = "280519"
NUMBER = "13900000001"


class Home:
    """A served watch, and this computer's own folder for keys."""

    def __init__(self, folder: Path, runtime: str, address: str = "watch", wifi: bool = False) -> None:
        self.folder = folder
        self.shown: list[tuple[str, dict[str, Any]]] = []
        self._news = threading.Condition()
        self.watch = SerialWatch(folder / "watch", folder / "port", runtime, self._show, address, wifi)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self.watch.serve, args=(self._stop,), daemon=True)
        self._thread.start()
        self.output = ""  # of all commands, both streams
        self.arguments: list[str] = []

    def _show(self, kind: str, fields: dict[str, Any]) -> None:
        with self._news:
            self.shown.append((kind, fields))
            self._news.notify_all()

    def code(self) -> str:
        """The pairing digits, as soon as the watch has them and somebody has pressed for them."""

        def digits() -> str:
            return next((str(fields["code"]) for kind, fields in reversed(self.shown) if kind == "pairing_code"), "")

        with self._news:
            assert self._news.wait_for(digits, 60)
            found = digits()
            self.shown.clear()
        self.watch.do("in_hand")
        return found

    def environment(self, **more: str) -> dict[str, str]:
        kept = {"WARD_HOME": str(self.folder / "keys"), "WARD_PORT": self.watch.path, "NO_COLOR": "1", **more}
        return {**os.environ, **kept, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}

    def ward(self, *arguments: str, secret: str = "", stdin: str = "", **environment: str) -> "Done":
        """Run a command to its end; `secret` comes over a file descriptor."""
        read, write = os.pipe()
        os.write(write, secret.encode() + b"\n")
        os.close(write)
        options = ["--passphrase-fd", str(read)] if secret else []
        self.arguments += arguments
        try:
            done = subprocess.run(
                [sys.executable, "-m", "host_tools.cli", *arguments, *options],
                pass_fds=[read], env=self.environment(**environment), cwd=self.folder,
                input=stdin, capture_output=True, check=False, encoding="utf-8", timeout=300,
            )  # fmt: skip
        finally:
            os.close(read)
        self.output += done.stdout + done.stderr
        return Done(done.returncode, done.stdout, done.stderr)

    def records(self) -> str:
        """The journal as text: what a thief of the flash could read without keys."""
        return json.dumps(self.watch.do("journal"), ensure_ascii=False)

    def close(self) -> None:
        self._stop.set()
        self._thread.join()
        self.watch.close()


class Done:
    """How a command ended."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def data(self) -> Any:
        """stdout as JSON."""
        return json.loads(self.out)

    def ok(self) -> "Done":
        assert self.code == 0, (self.code, self.out, self.err)
        return self


class Terminal:
    """A command at a terminal of its own, as a person sees and answers it. `seen`: what stands on the screen."""

    def __init__(self, home: Home, *arguments: str) -> None:
        self._master, slave = pty.openpty()
        home.arguments += arguments
        # The first terminal that a new session opens becomes its own: where secrets are typed.
        own = ["sh", "-c", 'exec "$@" <>"$0" >"$0" 2>&1', os.ttyname(slave)]
        self._process = subprocess.Popen(
            [*own, sys.executable, "-m", "host_tools.cli", *arguments],
            stdin=slave, stdout=slave, stderr=slave, env=home.environment(), cwd=home.folder, start_new_session=True,
        )  # fmt: skip
        os.close(slave)
        self.seen = ""
        self._read_to = 0

    def wait_for(self, words: str) -> None:
        """Until these words stand below what was waited for last."""
        until = time.monotonic() + 120
        while words not in self.seen[self._read_to :]:
            assert time.monotonic() < until, self.seen
            assert self._more(), self.seen
        self._read_to = self.seen.index(words, self._read_to) + len(words)

    def _more(self) -> bool:
        if not select.select([self._master], [], [], 1.0)[0]:
            return True
        with contextlib.suppress(OSError):
            data = os.read(self._master, 4096)
            self.seen += data.decode().replace("\r\n", "\n")
            return bool(data)
        return False

    def type(self, words: str) -> None:
        """Type a line."""
        os.write(self._master, words.encode() + b"\n")

    def end(self) -> int:
        """The exit code."""
        while self._more():
            pass
        os.close(self._master)
        return self._process.wait(60)


ANSWERS = [
    ("Language of the watch", "en"),
    ("Month in which the child was born", "2017-03"),
    ("Rules to begin with", "cn-ccia"),
    ("Passphrase for", PASSPHRASE),
    ("PIN for", PIN),
    ("phone number", NUMBER),
    ("Minutes a day", "30"),
]


def set_up(home: Home) -> Terminal:
    """`ward setup` answered question by question, in a terminal."""
    terminal = Terminal(home, "setup", "--computer", "desk")
    terminal.wait_for("six digits on the watch:")
    terminal.type(home.code())
    for question, answer in ANSWERS:
        terminal.wait_for(question)
        terminal.wait_for(": ")
        terminal.type(answer)
    assert terminal.end() == 0, terminal.seen
    home.output += terminal.seen
    return terminal


@contextlib.contextmanager
def a_home(folder: Path, runtime: str, address: str = "watch") -> Iterator[Home]:
    home = Home(folder, runtime, address)
    try:
        yield home
    finally:
        home.close()


def run(home: Home, *arguments: str, secret: str = "", stdin: str = "", **environment: str) -> Done:
    """A command in this process, which starts ten times faster than `Home.ward`; `secret` over a file descriptor."""
    read, write = os.pipe()
    os.write(write, secret.encode() + b"\n")
    os.close(write)
    options = ["--passphrase-fd", str(read)] if secret else []
    kept = {**home.environment(**environment)}
    home.arguments += arguments
    try:
        done = CliRunner().invoke(main, [*arguments, *options], input=stdin, env=kept)
    finally:
        os.close(read)
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    home.output += done.stdout + done.stderr
    return Done(done.exit_code, done.stdout, done.stderr)


def talk_to(home: Home) -> Talk:
    """A conversation as the paired computer."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WARD_HOME", home.environment()["WARD_HOME"])
        talk = Talk(home.watch.path, "owner", None)
    return talk


def pair(home: Home, born: tuple[int, int] = (2017, 3)) -> Home:
    """Set a watch up without the questions, which `set_up` asks."""
    talk = talk_to(home)
    talk.greet()
    watch, key = talk.line.pair(home.code)
    talk.keys.put(watch, key)
    verifier: dict[str, Any] = new_verifier(PASSPHRASE).fields()
    answer = talk.line.call(
        "administration.setup", wall=int(time.time()) - EPOCH, owner="guardian", **verifier,
        language="en", birth_year=born[0], birth_month=born[1], profile="cn-ccia", region="cn", numbers=[NUMBER],
        pin=PIN,
    )  # fmt: skip
    assert answer["verdict"] == "allow", answer
    talk.log_in(PASSPHRASE)
    talk.act("hosts.keep", name="desk")
    talk.act("administration.policy", version=1, issuer="ward", expires=0, values=[["usage.daily_minutes", 30]])
    talk.close()
    return home


def befriend(home: Home, person: Person) -> None:
    """A contact whose other side has agreed."""
    talk = talk_to(home)
    talk.open()
    talk.log_in(PASSPHRASE)
    card = {"name": person.name, "address": person.address, "key": person.key.hex(), "role": "friend"}
    talk.act("contacts.add", **card)
    talk.act("contacts.agreed", address=person.address, mac=person.agreement())
    talk.close()


def bullied(home: Home, person: Person, texts: list[str]) -> None:
    """Messages arrive, and the child presses the button: an evidence package."""
    for words in texts:
        home.watch.do("service", call="receive", **{"with": {"envelope": person.envelope(words)}})
    home.watch.do("service", call="press", **{"with": {"place": "conversation", "party": person.address}})
