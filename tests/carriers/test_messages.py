"""Messages through a real Mosquitto over real TLS: each is shown once, whatever breaks, and nobody in between reads."""

import contextlib
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest

from firmware.services.messaging import Messaging
from firmware.services.outbox import Outbox
from firmware.services.transport.envelopes import route
from firmware.services.transport.mqtt import Client
from firmware.services.transport.stream import Stream
from firmware.storage.files import Files
from firmware.storage.store import Store
from simulator.portable.board import Recorder
from simulator.watch import Watch
from tests.carriers.broker import NAME, Authority, Broker, Proxy, mosquitto
from tests.carriers.people import befriend, live, meet, pair_key, person, texts, watch
from tests.thorough import THOROUGH

pytestmark = pytest.mark.skipif(mosquitto() is None, reason="mosquitto is not installed: apt-get install mosquitto")


def _pair(folder: Path, mine: dict[str, Any], his: dict[str, Any], runtime: str = "cpython") -> tuple[Watch, Watch]:
    mei, bao = watch(folder, "mei", mine, runtime), watch(folder, "bao", his)
    befriend(mei, bao)
    return mei, bao


def _online(*watches: Watch) -> None:
    for made in watches:
        live(made, state="online")
        made.do("seen")


def _owner_of(broker: Broker) -> tuple[paho.Client, list[tuple[str, bytes]]]:
    """Somebody who owns the broker: sees everything, and may publish anything."""
    seen: list[tuple[str, bytes]] = []
    client = paho.Client(paho.CallbackAPIVersion.VERSION2, "owner")
    client.on_message = lambda _client, _data, message: seen.append((message.topic, message.payload))
    client.connect("127.0.0.1", broker.plain)
    client.subscribe("#", 1)
    for _ in range(20):
        client.loop(0.01)
    return client, seen


def _publish(client: paho.Client, topic: str, payload: bytes) -> None:
    sent = client.publish(topic, payload, 1)
    while not sent.is_published():
        client.loop(0.02)


def test_both_ways_and_nobody_in_between_reads(tmp_path: Path, broker: Broker, runtime: str) -> None:
    """What the broker's owner sees holds no text, no name, no address; nor does what passes over the wire."""
    proxy = Proxy(broker.port)
    owner, seen = _owner_of(broker)
    mei, bao = _pair(tmp_path, broker.address(proxy.port), broker.address(), runtime)
    _online(mei, bao)
    meet(mei, bao)
    for number in range(3):
        assert mei.write(person("bao"), "the heron wades %d" % number)["verdict"] == "allow"
        assert bao.write(person("mei"), "the otter dives %d" % number)["verdict"] == "allow"
    live(mei, sent=True)
    live(bao, sent=True, seen=3)
    live(mei, seen=3)
    assert texts(bao) == ["the heron wades %d" % number for number in range(3)]
    assert texts(mei) == ["the otter dives %d" % number for number in range(3)]
    for _ in range(50):
        owner.loop(0.01)
    assert len(seen) >= 8
    carried = b"".join(topic.encode() + payload for topic, payload in seen)
    for secret in (b"heron", b"otter", b"mei", b"bao", b"13800000000", b"text", b"message"):
        assert secret not in carried
        assert secret not in proxy.recorded
    assert len(proxy.recorded) > 2000
    owner.disconnect()
    proxy.close()


def test_what_a_broker_makes_up_or_repeats_marks_nobody(tmp_path: Path, broker: Broker, runtime: str) -> None:
    """Its owner repeats what he recorded, twenty times over, and makes up the rest: nothing is shown, nobody is graded,
    protective mode does not begin, and the forgeries are in the journal as refused."""
    owner, seen = _owner_of(broker)
    mei, bao = _pair(tmp_path, broker.address(), broker.address(), runtime)
    _online(mei, bao)
    meet(mei, bao)
    assert bao.write(person("mei"), "only once")["verdict"] == "allow"
    live(bao, sent=True)
    live(mei, seen=1)
    assert texts(mei) == ["only once"]
    for _ in range(50):
        owner.loop(0.01)
    topic, payload = seen[-1]
    assert topic == route(pair_key("mei", "bao"), "mei").decode()
    forged = [payload[:-1] + bytes([payload[-1] ^ 1]), b"", b"x", payload[:48], bytes(400), bytes(20000), payload * 2]
    for bad in [payload] * 20 + forged * 3:
        _publish(owner, topic, bad)
    _publish(owner, "w/000000000000000000000000", payload)
    assert bao.write(person("mei"), "after all that")["verdict"] == "allow"
    live(bao, sent=True)
    live(mei, seen=1)
    assert mei.do("seen")["seen"][0][1]["text"] == "after all that"
    state = mei.do("state")
    assert state["mode"] == "" and state["pending"] == []
    assert mei.do("grade", party="bao") == {"who": "contact", "grade": 0, "blocked": False}
    reasons = {row[5] for row in mei.do("journal")["denials"]}
    assert "hosts.refused" in reasons and "contacts.not_verified" not in reasons
    owner.disconnect()


def test_a_block_stays_a_block(tmp_path: Path, broker: Broker) -> None:
    """What a blocked friend sends is taken from the broker like everybody's, and shown to nobody."""
    mei, bao = _pair(tmp_path, broker.address(), broker.address())
    _online(mei, bao)
    meet(mei, bao)
    assert mei.press(person("bao"))["verdict"] == "allow"
    mei.do("seen")
    assert bao.write(person("mei"), "I am still here")["verdict"] == "allow"
    live(bao, sent=True)
    mei.do("live", ms=300, whole=True)
    assert texts(mei) == []
    assert mei.do("reboot")["status"] == "ok"
    _online(mei)
    mei.do("live", ms=300, whole=True)
    assert texts(mei) == []
    assert any(row[5] == "messages.blocked" for row in mei.do("journal")["denials"]), mei.do("journal")["denials"]


def test_a_dead_broker_and_a_dead_battery_lose_nothing(tmp_path: Path, runtime: str) -> None:
    """Sent while the broker is down, the watch is switched off and on, the broker comes back: each arrives once."""
    broker = Broker(tmp_path / "broker", Authority())
    mei, bao = _pair(tmp_path, broker.address(), broker.address(), runtime)
    _online(mei, bao)
    meet(mei, bao)
    broker.stop()
    for text in ("one", "two"):
        assert mei.write(person("bao"), text)["verdict"] == "allow"
    assert not mei.do("live", ms=100, speed=10, sent=True)["done"]
    assert mei.do("reboot")["status"] == "ok"
    assert mei.write(person("bao"), "three")["verdict"] == "allow"
    assert mei.do("reboot")["status"] == "ok"
    broker.start()
    live(mei, sent=True)
    assert mei.do("reboot")["status"] == "ok"
    live(bao, seen=3)
    bao.do("live", ms=300, whole=True)
    assert texts(bao) == ["one", "two", "three"]
    # Bao's watch is off; the broker keeps what comes, over a restart of its own.
    assert mei.write(person("bao"), "four")["verdict"] == "allow"
    bao.do("reboot")
    live(mei, sent=True)
    broker.stop()
    broker.start()
    live(bao, seen=1)
    bao.do("live", ms=200, whole=True, speed=10)
    assert texts(bao) == ["four"]
    broker.stop()


def test_nothing_is_sent_before_the_other_watch_listens(tmp_path: Path, broker: Broker) -> None:
    """A broker throws away what nobody has subscribed to: a first message waits for a watch that is new or far away,
    over reboots, and keeps back no message to others."""
    mei = watch(tmp_path, "mei", broker.address())
    bao = watch(tmp_path, "bao", broker.address())
    ada = watch(tmp_path, "ada", broker.address())
    befriend(mei, bao)
    befriend(mei, ada, ("mei", "ada"))
    _online(mei, ada)
    assert mei.write(person("bao"), "first")["verdict"] == "allow"
    assert mei.write(person("bao"), "second")["verdict"] == "allow"
    assert mei.write(person("ada"), "hello ada")["verdict"] == "allow"
    for _ in range(100):
        mei.do("live", ms=10, speed=50, whole=True)
        if ada.do("live", ms=10, speed=50, seen=1)["done"]:
            break
    assert texts(ada) == ["hello ada"]
    assert not mei.do("live", ms=50, sent=True)["done"]
    assert mei.do("reboot")["status"] == "ok"
    for _ in range(200):
        mei.do("live", ms=10, speed=200, whole=True)
        if bao.do("live", ms=10, speed=200, seen=2)["done"]:
            break
    assert texts(bao) == ["first", "second"]
    live(mei, sent=True)


def _records(made: Watch, kind: str) -> int:
    return [row[3] for row in made.do("journal")["records"]].count(kind)


def _exchange(one: Watch, other: Watch, **until: Any) -> None:
    """Both live until the first has what it waits for."""
    for _ in range(300):
        other.do("live", ms=5, speed=20, whole=True)
        if one.do("live", ms=5, speed=20, **until)["done"]:
            return
    raise AssertionError((until, one.do("journal")["denials"][-5:]))


@pytest.mark.parametrize("saves", [True, False])
def test_a_killed_broker_loses_nothing(tmp_path: Path, saves: bool) -> None:
    """SIGKILL right after its acknowledgement, whether it had written the message down or not: it arrives, once. What
    was written while it was dead arrives too."""
    broker = Broker(tmp_path / "broker", Authority(), saves=saves)
    mei, bao = _pair(tmp_path, broker.address(), broker.address())
    _online(mei, bao)
    meet(mei, bao)
    for number in range(12 if THOROUGH else 3):
        assert mei.do("reboot")["status"] == "ok"  # it listens at the broker, and is not there
        if not saves:
            broker.save()
        assert bao.write(person("mei"), "page %d" % number)["verdict"] == "allow"
        live(bao, sent=True)
        broker.kill()
        assert mei.write(person("bao"), "line %d" % number)["verdict"] == "allow"
        for made in (mei, bao):
            made.do("live", ms=10, whole=True)
        broker.start()
        _exchange(mei, bao, seen=1, sent=True)
        _exchange(bao, mei, seen=1)
        for made in (mei, bao, mei, bao):
            made.do("live", ms=20, whole=True)
        assert texts(mei) == ["page %d" % number]
        assert texts(bao) == ["line %d" % number]
    broker.stop()


class _PowerCut(BaseException):
    """The battery is gone."""


# Where the battery is pulled: a method on the way of a message, before it and after it.
_IN = [(Messaging, "receive"), (Store, "commit"), (Recorder, "notice"), (Client, "done"), (Stream, "write")]
_OUT = [
    (Store, "commit"),
    (Outbox, "put"),
    (Client, "publish"),
    (Stream, "write"),
    (Outbox, "drop"),
    (Files, "replace"),
]


def _pull(patch: pytest.MonkeyPatch, watch: Watch, place: type, method: str, after: bool) -> None:
    """The battery of this watch is pulled at the next call."""
    original, mine = getattr(place, method), id(watch)

    def cut(self: Any, *arguments: Any) -> Any:
        if now[0] != mine:
            return original(self, *arguments)
        if after:
            original(self, *arguments)
        raise _PowerCut

    patch.setattr(place, method, cut)


now = [0]  # the watch whose turn it is: both run in this process


def test_a_power_cut_at_every_step_of_a_message(
    tmp_path: Path, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the receiver's way and of the sender's, before each step and after it: the message stands in the receiver's
    list exactly once, is announced at most once, and a block stays a block."""
    mei, bao = _pair(tmp_path, broker.address(), broker.address())
    ada = watch(tmp_path, "ada", broker.address())
    befriend(mei, ada, ("mei", "ada"))
    _online(mei, bao, ada)
    meet(mei, bao)
    meet(mei, ada, ("mei", "ada"))
    assert mei.press(person("ada"))["verdict"] == "allow"
    cuts: list[tuple[Watch, type, str, bool]]
    cuts = [(mei, place, method, after) for place, method in _IN for after in (False, True)]
    cuts += [(bao, place, method, after) for place, method in _OUT for after in (False, True)]
    for number, (victim, place, method, after) in enumerate(cuts):
        text = "step %d" % number
        mei.do("seen")
        listed, written = _records(mei, "messages.in"), _records(bao, "messages.out")
        with monkeypatch.context() as patched, contextlib.suppress(_PowerCut):
            if victim is bao:
                _pull(patched, bao, place, method, after)
            now[0] = id(bao)
            bao.write(person("mei"), text)
            bao.do("live", ms=8000, speed=10, sent=True)
            if victim is mei:
                _pull(patched, mei, place, method, after)
            now[0] = id(mei)
            mei.do("live", ms=8000 if victim is mei else 10, speed=10, seen=1)
            mei.do("live", ms=20, whole=True)
        now[0] = 0
        assert victim.do("reboot")["status"] == "ok"
        written = _records(bao, "messages.out") - written  # 0: before the child was told that it is sent
        assert written == int((victim, place, method, after) != (bao, Store, "commit", False))
        for _ in range(300):
            if _records(mei, "messages.in") == listed + written:
                break
            for made in (bao, mei):
                made.do("live", ms=5, speed=20, whole=True)
        assert ada.write(person("mei"), "hello %d" % number)["verdict"] == "allow"
        live(ada, sent=True)
        for made in (mei, bao, mei):
            made.do("live", ms=20, speed=20, whole=True)
        assert _records(mei, "messages.in") == listed + written, (place, method, after)
        assert texts(mei).count(text) <= 1
        assert mei.grade(person("ada"))["blocked"]
    assert mei.verify()["ok"] and bao.verify()["ok"]


def test_cut_after_every_byte(tmp_path: Path, broker: Broker) -> None:
    """The connection breaks after N bytes, for every N from the first of a CONNECT to the last PUBACK, in both
    directions: each message is shown exactly once. (A thirteenth of them; all with `make thorough`.)"""
    proxy = Proxy(broker.plain)
    mei = watch(tmp_path, "mei", broker.in_the_clear(proxy.port))
    bao = watch(tmp_path, "bao", broker.in_the_clear())
    befriend(mei, bao)
    _online(mei, bao)
    meet(mei, bao)
    number = whole = 0
    while not whole or number <= whole:
        proxy.cut_after = number if whole else None
        proxy.drop_all()
        mine, his = "we read page %d today" % number, "see you at the game %d" % number
        assert bao.write(person("mei"), his)["verdict"] == "allow"
        assert mei.write(person("bao"), mine)["verdict"] == "allow"
        live(bao, sent=True, speed=200)
        for _ in range(200):
            if proxy.cuts or not whole:
                break
            mei.do("live", ms=4, speed=200, whole=True)
        proxy.cut_after, cuts, proxy.cuts = None, proxy.cuts, 0
        live(mei, sent=True, seen=1, state="online", speed=200)
        live(bao, seen=1, speed=200)
        for made in (mei, bao):
            made.do("live", ms=6, whole=True, speed=1)
        assert texts(mei) == [his], number
        assert texts(bao) == [mine], number
        if not whole:
            whole, number = proxy.passed, -1
            assert 300 < whole < 1200
        else:
            assert cuts or number > whole - 60, (number, whole)
        number += 1 if THOROUGH or number < 0 else 13
    assert proxy.connections > whole // 14
    proxy.close()


@pytest.mark.parametrize("wrong", ["authority", "name"])
def test_a_server_that_cannot_prove_itself_hears_nothing(
    tmp_path: Path, broker: Broker, runtime: str, wrong: str
) -> None:
    """Another authority, or the pinned one's certificate for another server: the watch says nothing to it."""
    proxy = Proxy(broker.port)
    address = broker.address(proxy.port)
    if wrong == "authority":
        address["authority"] = Authority().text
    else:
        address["name"] = "other." + NAME
    mei = watch(tmp_path, "mei", address, runtime)
    befriend(mei, watch(tmp_path, "bao", broker.address()))
    owner, seen = _owner_of(broker)
    assert mei.write(person("bao"), "hello")["verdict"] == "allow"
    answer = mei.do("live", ms=1500, speed=10, state="online")
    assert not answer["done"] and proxy.connections > 0
    owner.loop(0.05)
    assert seen == []
    assert not mei.do("live", ms=1, sent=True)["done"], "the message waits for the right server"
    owner.disconnect()
    proxy.close()
