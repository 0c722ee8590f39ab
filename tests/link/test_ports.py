"""One door and no other: what listens, what answers without a session, and that nothing falls back to plain text
(requirements B3, B7, E5, E9)."""

import ast
import json
import os
from pathlib import Path

import pytest

from firmware.link import methods
from firmware.link.frames import Reader, frame
from firmware.policy.request import forms
from host_tools.link.line import Line
from simulator.watch import RUNTIMES, Watch
from tests.fuzz.frames import all_rules
from tests.link.test_whole_watch import START, line_to, set_up

FIRMWARE = Path(__file__).resolve().parents[2] / "firmware"
CLEAR = {"link.hello", "link.open", "link.code", "link.pair"}
_NETWORKS = ("socket", "asyncio", "network", "bluetooth", "espnow", "aioespnow", "webrepl", "requests", "ssl", "umqtt")


@pytest.fixture(params=RUNTIMES)
def watch(request: pytest.FixtureRequest, tmp_path: Path) -> object:
    if request.param == "micropython":
        request.getfixturevalue("micropython_binary")
    with Watch(tmp_path, START, request.param) as watch:
        yield watch


def say(watch: Watch, body: bytes) -> list[bytes]:
    """The bodies that the watch answers with."""
    return Reader().feed(bytes.fromhex(watch.do("cable", data=frame(body).hex())["data"]))


def everything() -> list[str]:
    """Every name that anything in the build answers to, whoever may ask it."""
    kinds = [name + "." + verb for name, rule in all_rules().items() for verb in forms(rule.FORMS)]
    return sorted({*kinds, *methods.ACTS.split(), *methods.READS, *methods.IN_HAND, "login.first", "login.final"})


def test_without_a_session_only_the_handshake_answers(watch: Watch) -> None:
    """A scan of all names at a watch that is set up: no act, no reading, no login, no word about what there is."""
    set_up(watch)
    watch.reboot()
    before = watch.do("state")["digest"]
    names = everything()
    assert len(names) > 120
    said = set()
    for name in names:
        (answer,) = say(watch, json.dumps({"jsonrpc": "2.0", "id": 1, "method": name, "params": {}}).encode())
        error = json.loads(answer)["error"]
        said.add((error["code"], error["message"]))
    assert len(said) == 1 and said.pop()[0] == -32000
    for name in CLEAR - {"link.code"}:
        (answer,) = say(watch, json.dumps({"jsonrpc": "2.0", "id": 1, "method": name, "params": {}}).encode())
        assert json.loads(answer)["error"]["code"] in (-32602, -32000)
    assert watch.do("state")["digest"] == before


def test_in_a_session_plain_text_is_refused(watch: Watch) -> None:
    """No downgrade: what is not sealed is nobody's, and the answer to a sealed request is never in the clear (B7)."""
    line, stream, _ = set_up(watch)
    for name in ("status.read", "contacts.read", "administration.found", "login.first"):
        (answer,) = say(watch, json.dumps({"jsonrpc": "2.0", "id": 1, "method": name, "params": {}}).encode())
        assert json.loads(answer)["error"]["code"] == -32000
    stream.log = b""
    line.call("status.read")
    assert all(part[8:9] == b"~" for part in stream.log.split(b"\x1e") if part)


@pytest.mark.parametrize("body", [b'{"method":"\xed\xba\x8a"}', b'{"method":"\\ude8a"}', b'{"method":"\xff"}'])
def test_text_that_is_none_is_not_echoed(watch: Watch, body: bytes) -> None:
    """Half of a surrogate pair would make an answer that no host can read."""
    (answer,) = say(watch, body)
    assert json.loads(answer)["error"]["code"] == -32700


def test_identifiers_open_nothing(watch: Watch) -> None:
    """Somebody who knows the ids of watch and host gets a nonce and a proof that he cannot use (B3)."""
    set_up(watch)
    watch.reboot()
    line: Line = line_to(watch)[0]
    greeting = line.hello()
    assert greeting.known
    told = set(line._greeting) - {"watch", "nonce", "protocol", "set_up", "proof"}
    assert told == set()
    (answer,) = say(watch, json.dumps({"id": 2, "method": "link.open", "params": {"proof": "00" * 16}}).encode())
    assert json.loads(answer)["error"]["code"] == -32001
    watch.advance(60)
    assert [row[4:7] for row in watch.journal()["denials"]][-1] == ["hosts.refused", "hosts.refused", "proof"]


def test_nothing_in_the_firmware_listens() -> None:
    """The firmware opens no port: what speaks to a network connects (services/transport/stream.py)."""
    for path in FIRMWARE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if path.name not in ("stream.py", "wifi.py"):  # the one that connects, and the switch of the radio
                assert not [name for name in names if name.split(".")[0] in _NETWORKS], path
            if isinstance(node, ast.Attribute):
                assert node.attr not in ("listen", "accept", "bind", "start_server"), path


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="reads /proc")
def test_a_running_watch_has_no_socket(micropython_binary: str, tmp_path: Path) -> None:
    """All that the process of a simulated watch has open: its pipes and files, and nothing of a network (E9)."""
    with Watch(tmp_path, START, "micropython") as watch:
        set_up(watch)
        assert watch._process is not None
        folder = Path("/proc/%d/fd" % watch._process._process.pid)
        opened = [os.readlink(folder / name) for name in os.listdir(folder)]
    assert len(opened) >= 3 and not [name for name in opened if name.startswith("socket:")]
