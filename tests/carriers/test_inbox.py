"""Alerts and calls for help reach `ward inbox` through a real broker, later too, and nobody else can send them."""

import json
import os
import re
import secrets
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest

from firmware.services.locator import aad
from firmware.services.transport.envelopes import HOST, WATCH, route, seal
from firmware.storage.crypto import Sealer
from firmware.storage.journal import encode
from host_tools.guardian.approval import code
from host_tools.guardian.inbox import Connection, Entry, Inbox
from host_tools.link.broker import Place
from host_tools.link.keys import Keys
from simulator.watch import ROOT, Watch
from tests.carriers.broker import NAME, Authority, Broker, Proxy, mosquitto
from tests.carriers.people import befriend, live, person, watch

pytestmark = pytest.mark.skipif(mosquitto() is None, reason="mosquitto is not installed: apt-get install mosquitto")

KEY = bytes(range(32))
ID = "00112233445566aa"


def _paired(folder: Path, address: dict[str, Any], runtime: str = "cpython") -> Watch:
    made = watch(folder, "mei", address, runtime)
    befriend(made, watch(folder, "bao", address))
    added = made.ask("hosts.add", host=ID, key=KEY.hex(), name="desk", channel="host")
    assert added["verdict"] == "allow"
    return made


def _connect(broker: Broker, box: Inbox, folder: Path) -> Connection:
    return Connection(box, "ward-" + folder.name, Place("127.0.0.1", broker.port, broker.authority.pem.decode(), NAME))


def test_an_alert_waits_for_its_guardian(tmp_path: Path, broker: Broker, runtime: str) -> None:
    """Raised without a network, kept over a reboot, shown once; the watch lets go only when the guardian has it."""
    mei = _paired(tmp_path, broker.address(), runtime)
    assert mei.press(person("bao"))["verdict"] == "allow"
    mei.do("reboot")
    live(mei, state="online")
    assert not mei.do("live", ms=200, told=True)["done"], "a broker is no guardian"
    box = Inbox({ID: KEY}, tmp_path / "inbox.json")
    connection = _connect(broker, box, tmp_path)
    shown: list[Entry] = []
    for _ in range(200):
        connection.run(shown.append, iter((False, True)).__next__)
        if mei.do("live", ms=20, speed=10, told=True)["done"]:
            break
    assert [(entry.kind, entry.fields["code"], entry.fields["count"]) for entry in shown] == [("alert", "blocked", 1)]
    assert "Somebody was blocked" in shown[0].words()
    assert mei.do("state")["pending"] == []
    # Played again to a new command, it is answered and not shown.
    topic = route(KEY, HOST)
    payload = seal(KEY, topic, secrets.token_bytes, ["alert", *shown[0].fields.values()])
    entry, answer = Inbox({ID: KEY}, tmp_path / "inbox.json").take(topic.decode(), payload)
    assert entry is None and answer is not None
    connection.close()


def test_help_is_called_and_confirmed(tmp_path: Path, broker: Broker) -> None:
    """Within three seconds the child reads that a guardian has it; before a device said so, it reads that none has."""
    mei = _paired(tmp_path, broker.address())
    live(mei, state="online")
    mei.sos()
    mei.do("live", ms=900, speed=10, whole=True)
    assert mei.do("sos", cancel=True)["state"] == "not_delivered"
    box = Inbox({ID: KEY}, tmp_path / "inbox.json")
    connection = _connect(broker, box, tmp_path)
    shown: list[Entry] = []
    for _ in range(300):
        connection.run(shown.append, iter((False, True)).__next__)
        mei.do("live", ms=10, whole=True)
        if mei.do("sos", cancel=True)["state"] == "delivered":
            break
    assert mei.do("sos", cancel=True)["state"] == "delivered"
    assert [entry.kind for entry in shown if entry.kind != "alert"] == ["sos"]
    connection.close()


def test_what_was_counted_meanwhile_is_told_too(tmp_path: Path) -> None:
    """An answer to one message does not take away an alert that has grown since."""
    box = Inbox({ID: KEY}, tmp_path / "inbox.json")
    topic = route(KEY, HOST)
    for count in (1, 2):
        items = ["alert", "a7.%d" % count, 7, count, "bullying", "00" * 8, 2, 1000]
        entry, answer = box.take(topic.decode(), seal(KEY, topic, secrets.token_bytes, items))
        assert entry is not None and entry.fields["count"] == count and answer is not None


@pytest.mark.parametrize("change", ["key", "topic", "byte", "form", "kind"])
def test_a_forged_alert_is_dropped(tmp_path: Path, change: str) -> None:
    """Another key, another place, a flipped bit, the wrong form: not shown, not answered."""
    box = Inbox({ID: KEY}, tmp_path / "inbox.json")
    topic = route(KEY, HOST)
    items = ["alert", "a7.1", 7, 1, "bullying", "", 2, 1000]
    if change == "form":
        items = items[:4]
    if change == "kind":
        items[0] = "order"
    payload = seal(bytes(32) if change == "key" else KEY, b"w/0" if change == "topic" else topic, os.urandom, items)
    if change == "byte":
        payload = payload[:20] + bytes([payload[20] ^ 1]) + payload[21:]
    assert box.take(topic.decode(), payload) == (None, None)
    assert box.forged == 1


def test_the_command_itself(tmp_path: Path, broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    """`ward inbox` over TLS prints the alert as JSON; with another authority it says that there is no connection."""
    monkeypatch.setenv("WARD_HOME", str(tmp_path / "home"))
    Keys().put(bytes.fromhex(ID), KEY)
    mei = _paired(tmp_path, broker.address())
    assert mei.press(person("bao"))["verdict"] == "allow"
    live(mei, state="online")
    (tmp_path / "ca.pem").write_bytes(broker.authority.pem)
    (tmp_path / "other.pem").write_bytes(Authority().pem)

    def ward(authority: str, seconds: int) -> "subprocess.Popen[str]":
        where = ["--broker", "127.0.0.1:%d" % broker.port, "--name", NAME, "--authority", str(tmp_path / authority)]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
        command = ["inbox", *where, "--seconds", str(seconds), "--json"]
        return subprocess.Popen(
            [sys.executable, "-m", "host_tools.cli", *command],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment,
        )  # fmt: skip

    running = ward("ca.pem", 3)
    live(mei, 15000, told=True)
    out, _ = running.communicate(timeout=30)
    assert running.returncode == 0
    assert json.loads(out)["code"] == "blocked"
    refused = ward("other.pem", 3)
    out, error = refused.communicate(timeout=30)
    assert refused.returncode == 4 and out == "" and "No connection" in error


@pytest.mark.parametrize("when", ["at once", "online"])
def test_a_hanging_network_delays_nothing(
    tmp_path: Path,
    broker: Broker,
    runtime: str,
    when: str,
) -> None:
    """Connections open and nothing passes: no step of the watch takes 50 ms of its own time, and a call for help says
    at once that it is out of reach."""
    proxy = Proxy(broker.port)
    proxy.stalled = when == "at once"
    mei = _paired(tmp_path, broker.address(proxy.port), runtime)
    if when == "online":
        live(mei, state="online")
        proxy.stalled = True
    assert mei.write(person("bao"), "hello")["verdict"] == "allow"
    mei.do("live", ms=100, whole=True)  # what is loaded once
    answers = [mei.do("live", ms=250, speed=20, whole=True) for _ in range(4)]
    # Another process may take the processor meanwhile: the quietest run counts, and the network hangs in all.
    assert min(answer["longest"] for answer in answers) < 50
    mei.do("seen")
    mei.sos()
    mei.do("live", ms=800, speed=10, whole=True)
    kinds = [kind for kind, _ in mei.do("seen")["seen"]]
    assert kinds.index("sos") < kinds.index("sos_not_delivered")
    proxy.close()


POSITION_KEY = bytes(range(3, 35))


def test_positions_are_opened_and_judged(tmp_path: Path, broker: Broker) -> None:
    """A look's position arrives sealed twice, is opened with the guardian's key and shown; played again it is nothing
    new, of another key it is dropped, and without a key it only says that it has come."""
    mei = _paired(tmp_path, broker.address())
    for kind, fields in (("consent.give", {"purpose": "location", "manifest": 1}), ("location.key", {})):
        more = {"key": POSITION_KEY.hex()} if kind == "location.key" else {}
        assert mei.ask(kind, channel="host", **fields, **more)["verdict"] == "allow"
    values = [["network.check_minutes", 0], ["location.on_request", 1]]
    policy = mei.ask("administration.policy", version=2, issuer="home", expires=0, values=values, channel="host")
    assert policy["verdict"] == "allow", policy
    live(mei, state="online")
    mei.do("place", fix=[3991234, 11641234, 12, 3])
    looked = mei.do("service", call="look", **{"with": {"channel": "host"}})
    assert looked["verdict"] == "allow", looked
    seen = tmp_path / "inbox.json"
    box = Inbox({ID: KEY}, seen, {ID: POSITION_KEY})
    connection = _connect(broker, box, tmp_path)
    shown: list[Entry] = []
    for _ in range(200):
        connection.run(shown.append, iter((False, True)).__next__)
        mei.do("live", ms=20, speed=10, whole=True)
        if any(entry.kind == "position" for entry in shown):
            break
    entry = next(entry for entry in shown if entry.kind == "position")
    assert (entry.fields["lat"], entry.fields["lon"], entry.fields["proof"]) == (3991234, 11641234, "genuine")
    assert "39.91234, 116.41234 to 12 m, host" in entry.words()
    connection.close()

    topic = route(KEY, HOST)
    counter, part = entry.fields["counter"], entry.fields["part"]
    report: list[Any] = [1, 5, 1, 3991234, 11641234, 12, 3, "host", 0, ""]

    def again(key: bytes, ident: str, box: Inbox) -> Entry | None:
        sealed = Sealer(key).seal(bytes(16), encode(report), aad(counter, part)).hex()
        items = ["position", ident, counter, part, sealed]
        return box.take(topic.decode(), seal(KEY, topic, secrets.token_bytes, items))[0]

    later = Inbox({ID: KEY}, seen, {ID: POSITION_KEY})
    repeated = again(POSITION_KEY, "p9.9", later)
    assert repeated is not None and "(repeated)" in repeated.words()
    assert again(bytes(32), "p9.8", later) is None and later.forged == 1
    closed = again(POSITION_KEY, "p9.7", Inbox({ID: KEY}, tmp_path / "new.json"))
    assert closed is not None and "no key for it" in closed.words() and "lat" not in closed.fields


def test_a_code_over_the_broker_is_judged_like_a_typed_one(tmp_path: Path, broker: Broker, runtime: str) -> None:
    """Wrong ones count and end the request, malformed ones are nothing, a replayed one is too late, and of an attacker
    who owns the broker but no key none arrives."""
    codes = bytes(range(7, 39))
    mei = _paired(tmp_path, broker.address(), runtime)
    assert mei.ask("approval.key", key=codes.hex(), channel="host")["verdict"] == "allow"
    assert mei.press(person("bao"))["verdict"] == "allow"
    live(mei, state="online")
    box = Inbox({ID: KEY}, tmp_path / "inbox.json")
    connection = _connect(broker, box, tmp_path)
    shown: list[Entry] = []

    def ask() -> int:
        wanted = {"what": "unblock", "value": 0, "detail": "bao"}
        assert mei.do("service", call="ask_approval", **{"with": wanted})["verdict"] == "allow"
        before = len(requests())
        for _ in range(200):
            connection.run(shown.append, iter((False, True)).__next__)
            mei.do("live", ms=10, speed=20, whole=True)
            if len(requests()) > before:
                return int(requests()[-1].fields["request"])
        raise AssertionError(shown)

    def requests() -> list[Entry]:
        return [entry for entry in shown if entry.kind == "request"]

    def answer(number: Any, digits: Any) -> None:
        connection.approve(ID, number, digits)
        connection.run(shown.append, iter((False, False, True)).__next__)
        mei.do("live", ms=150, speed=10, whole=True)

    def blocked() -> bool:
        return bool(mei.grade(person("bao"))["blocked"])

    def comes(true: Callable[[], bool]) -> bool:
        for _ in range(100):
            if true():
                return True
            mei.do("live", ms=50, speed=10, whole=True)
        return False

    first = ask()
    assert requests()[0].words().endswith("ward approve unblock bao --request %06d --send" % first)
    good = code(codes, first, "unblock", detail="bao")
    wrong = "%08d" % ((int(good) + 1) % 10**8)
    for malformed in (["x", good], [first, 7], [-1, good], [first, "x" * 500]):
        answer(*malformed)
    assert blocked() and len(mei.do("shown")["approvals"]) == 1
    forged = seal(bytes(32), route(KEY, WATCH), secrets.token_bytes, ["approve", first, good])
    connection._client.publish(route(KEY, WATCH).decode(), forged, 1)
    for _ in range(3):
        answer(first, wrong)
    assert comes(lambda: mei.do("shown")["approvals"] == []) and blocked()
    answer(first, good)
    assert blocked(), "three wrong ones end the request"
    second = ask()
    answer(second, code(codes, second, "unblock", detail="bao"))
    assert comes(lambda: not blocked())
    assert mei.press(person("bao"))["verdict"] == "allow"
    answer(second, code(codes, second, "unblock", detail="bao"))
    assert blocked(), "a code is good once"
    connection.close()


def test_a_captured_session_tells_nothing(tmp_path: Path, broker: Broker, runtime: str) -> None:
    """A message, an alert, a call for help, a request and a position go out. Who owns the broker, and who records every
    byte on the wire, finds none of their words, names, numbers or places."""
    proxy = Proxy(broker.port)
    carried: list[bytes] = []
    owner = paho.Client(paho.CallbackAPIVersion.VERSION2, "owner-" + tmp_path.name)
    owner.on_message = lambda _client, _data, message: carried.append(message.topic.encode() + message.payload)
    owner.connect("127.0.0.1", broker.plain)
    owner.subscribe("#", 1)
    owner.loop(0.1)
    mei = _paired(tmp_path, broker.address(proxy.port), runtime)
    live(mei, state="online")
    mei.do("place", fix=[3991234, 11641234, 12, 3])
    assert mei.ask("location.key", key=POSITION_KEY.hex(), channel="host")["verdict"] == "allow"
    assert mei.ask("approval.key", key=POSITION_KEY.hex(), channel="host")["verdict"] == "allow"
    assert mei.ask("hosts.add", host="ff" * 8, key="5a" * 32, name="Grandma", channel="host")["verdict"] == "allow"
    ada = watch(tmp_path, "ada", broker.address())
    befriend(mei, ada, ("mei", "ada"))
    assert ada.write(person("mei"), "the heron wades")["verdict"] == "allow"
    assert mei.write(person("ada"), "the otter dives")["verdict"] == "allow"
    for _ in range(200):
        ada.do("live", ms=5, speed=20, whole=True)
        if mei.do("live", ms=5, speed=20, sent=True, seen=1)["done"]:
            break
    assert mei.press(person("bao"))["verdict"] == "allow"
    wanted = {"what": "payment", "value": 1234, "detail": "Corner Shop"}
    assert mei.do("service", call="ask_approval", **{"with": wanted})["verdict"] == "allow"
    mei.sos()
    box = Inbox({ID: KEY}, tmp_path / "inbox.json", {ID: POSITION_KEY})
    connection = _connect(broker, box, tmp_path)
    shown: list[Entry] = []
    for _ in range(300):
        connection.run(shown.append, iter((False, True)).__next__)
        mei.do("live", ms=10, speed=10, whole=True)
        owner.loop(0.01)
        if {entry.kind for entry in shown} == {"alert", "sos", "request", "position"}:
            break
    assert {entry.kind for entry in shown} == {"alert", "sos", "request", "position"}
    for _ in range(20):
        owner.loop(0.01)
    words = ["heron", "otter", "mei", "bao", "ada", "13800000000", "Grandma", "Corner", "1234", "3991234", "11641234"]
    words += ["message", "alert", "blocked", "payment", "sos", "position", "locate", "home", "wade", "owner", ID]
    at_broker, on_the_wire = b"".join(carried), bytes(proxy.recorded)
    assert len(carried) > 8 and len(on_the_wire) > 3000
    sealed = re.sub(rb"w/[0-9a-f]{24}", b"", at_broker)
    for secret in words:
        if len(secret) > 3:  # three letters come by chance
            assert secret.encode() not in on_the_wire and secret.encode() not in sealed, secret
    packed = struct.pack(">ii", 3991234, 11641234)
    assert packed not in sealed and packed not in on_the_wire
    owner.disconnect()
    connection.close()
    proxy.close()
