"""The whole story over a real network. `python -m tests.carriers.story` draws its pictures anew for the README.

A bully's messages arrive, the child presses the one button, the alert reaches the guardian's `ward inbox`, the child
asks for an end of the block, the guardian's code comes back the same way, and what is written then arrives again. The
watch is the MicroPython unix port, the broker is Mosquitto, and the guardian's commands are the ones that people type.
"""

import base64
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from host_tools.link.keys import APPROVAL, Keys
from simulator.pictures import png, rgb
from simulator.watch import ROOT, Watch
from tests.carriers.broker import NAME, Authority, Broker
from tests.carriers.people import befriend, live, person, watch

KEY = bytes(range(32))
CODES = bytes(range(7, 39))
ID = "00112233445566aa"
HURTFUL = ("you are so stupid", "nobody likes you, stupid pig")
POSTER = ROOT / "docs" / "pictures" / "carriers.png"
_DISPLAY = [240, 240, False]
_GAP = 8

Draw = Callable[[Watch], Any]


class Guardian:
    """A computer of its own, and `ward` on it."""

    def __init__(self, folder: Path, broker: Broker) -> None:
        home, authority = folder / "home", folder / "ca.pem"
        authority.write_bytes(broker.authority.pem)
        os.environ["WARD_HOME"] = str(home)
        keys = Keys()
        keys.put(bytes.fromhex(ID), KEY)
        keys.put(bytes.fromhex(ID), CODES, APPROVAL)
        self._environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
        where = ["--broker", "127.0.0.1:%d" % broker.port, "--name", NAME, "--authority", str(authority)]
        self._out = folder / "inbox.out"
        with self._out.open("w") as out:
            self._inbox = subprocess.Popen(
                [sys.executable, "-m", "host_tools.cli", "inbox", *where, "--json"], stdout=out, env=self._environment
            )
        self.said = ""

    def entries(self) -> list[dict[str, Any]]:
        """What `ward inbox` has printed."""
        decoder, found, text = json.JSONDecoder(), [], self._out.read_text(encoding="utf-8").strip()
        while text:
            entry, end = decoder.raw_decode(text)
            found.append(entry)
            text = text[end:].lstrip()
        return found

    def ward(self, *arguments: str) -> str:
        """A command and what it prints."""
        done = subprocess.run(
            [sys.executable, "-m", "host_tools.cli", *arguments],
            env=self._environment, capture_output=True, encoding="utf-8", timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        self.said = done.stderr
        return done.stdout.strip()

    def close(self) -> None:
        self._inbox.terminate()
        self._inbox.wait()


def _until(good: Callable[[], Any], *watches: Watch) -> None:
    """Let the watches live until it is so."""
    end = time.monotonic() + 30
    while not good():
        assert time.monotonic() < end, [made.do("look") for made in watches[:1]]
        for made in watches:
            made.do("live", ms=10, speed=10, whole=True)


def _insist(bao: Watch, text: str) -> None:
    """His own watch asks him to think; he waits, and sends it all the same."""
    assert bao.write(person("mei"), text)["reason"] == "messages.think"
    bao.advance(bao.do("setting", key="messages.think_seconds")["value"] + 1)
    assert bao.write(person("mei"), text, confirmed=True)["verdict"] == "allow"
    live(bao, sent=True)


def _tap(made: Watch, name: str) -> None:
    """A finger on what is called so."""
    _, x, y, wide, high = next(target for target in made.look()["targets"] if target[0] == name)
    for down in (True, False):
        made.touch(x + wide // 2, y + high // 2, down)


def tell(folder: Path, runtime: str, draw: Draw = lambda watch: None) -> None:
    """The story, with everything that it claims asserted."""
    broker = Broker(folder / "broker", Authority())
    guardian = Guardian(folder, broker)
    try:
        _tell(folder, runtime, broker, guardian, draw)
    finally:
        guardian.close()
        broker.stop()


def _tell(folder: Path, runtime: str, broker: Broker, guardian: Guardian, draw: Draw) -> None:
    mei = watch(folder, "mei", broker.address(), runtime, display=_DISPLAY)
    bao = watch(folder, "bao", broker.address())
    befriend(mei, bao)
    assert mei.ask("hosts.add", host=ID, key=KEY.hex(), name="desk", channel="host")["verdict"] == "allow"
    assert mei.ask("approval.key", key=CODES.hex(), channel="host")["verdict"] == "allow"
    for made in (mei, bao):
        live(made, state="online")
    seen: list[tuple[str, dict[str, Any]]] = []

    def saw(*kinds: str) -> bool:
        seen.extend(mei.do("seen")["seen"])
        return [kind for kind, _ in seen if kind in ("message", "collapsed")] == list(kinds)

    assert bao.write(person("mei"), "are you there?")["verdict"] == "allow"
    _until(lambda: saw("message"), mei, bao)
    _insist(bao, HURTFUL[0])
    _until(lambda: saw("message", "message"), mei, bao)
    draw(mei)
    _insist(bao, HURTFUL[1])
    came = ["message", "message", "collapsed"]  # the first hurtful one with a warning, the second one folded
    _until(lambda: saw(*came), mei, bao)
    draw(mei)
    mei.button("a", True)
    mei.button("a", False)
    assert mei.grade(person("bao"))["blocked"]
    draw(mei)
    _until(lambda: [entry["code"] for entry in guardian.entries() if entry["kind"] == "alert"][-1:] == ["blocked"], mei)
    assert all(hurt not in json.dumps(guardian.entries()) for hurt in HURTFUL), "alerts quote nobody"
    live(mei, told=True)

    _insist(bao, HURTFUL[0])
    mei.do("live", ms=300, speed=10, whole=True)
    assert saw(*came), "a block stays a block"

    # A week later they have made up.
    asked = mei.do("service", call="ask_approval", **{"with": {"what": "unblock", "value": 0, "detail": "bao"}})
    assert asked["verdict"] == "allow"
    draw(mei)
    _until(lambda: any(entry["kind"] == "request" for entry in guardian.entries()), mei)
    request = next(entry for entry in guardian.entries() if entry["kind"] == "request")
    assert (request["what"], request["detail"]) == ("unblock", "bao")
    code = guardian.ward("approve", "unblock", "bao", "--request", "%06d" % request["request"], "--send")
    assert len(code) == 8 and code.isdigit() and "The broker has the code" in guardian.said
    _until(lambda: not mei.grade(person("bao"))["blocked"], mei)
    draw(mei)
    _tap(mei, "back")
    assert bao.write(person("mei"), "sorry. chess tomorrow?")["verdict"] == "allow"
    live(bao, sent=True)
    _until(lambda: saw(*came, "message"), mei, bao)
    mei.do("open_screen", name="messages")
    draw(mei)
    assert mei.verify()["ok"] and bao.verify()["ok"]


class Poster:
    """The pictures of the story, side by side."""

    def __init__(self) -> None:
        self._rows: list[bytearray] = []

    def draw(self, made: Watch) -> None:
        """One more."""
        picture = made.picture()
        side = rgb(picture["w"], picture["h"], base64.b64decode(picture["data"]))
        gap = b"\xff" * (3 * _GAP)
        old = self._rows
        self._rows = [left + gap + right for left, right in zip(old, side, strict=True)] if old else side

    def picture(self) -> bytes:
        """All of them as a PNG."""
        return png(len(self._rows[0]) // 3, len(self._rows), b"".join(self._rows))


def main() -> None:
    """Draw the pictures of the README anew."""
    shown = Poster()
    with tempfile.TemporaryDirectory() as folder:
        tell(Path(folder), "micropython", shown.draw)
    POSTER.write_bytes(shown.picture())


if __name__ == "__main__":
    main()
