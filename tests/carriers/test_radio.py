"""The radio: on when something needs it, off when nothing does and at night, and the driver that switches it."""

import sys
import types
from pathlib import Path
from typing import Any

import pytest

from simulator.watch import Watch
from tests.carriers.broker import Broker, Proxy, mosquitto
from tests.carriers.people import befriend, endpoint, live, person, texts, watch

pytestmark = pytest.mark.skipif(mosquitto() is None, reason="mosquitto is not installed: apt-get install mosquitto")

KEY = bytes(range(32))
ID = "00112233445566aa"


def radio(made: Watch) -> dict[str, Any]:
    return made.do("wifi")


def until_off(made: Watch) -> None:
    for _ in range(200):
        if not radio(made)["on"]:
            return
        made.do("live", ms=10, speed=100, whole=True)
    raise AssertionError(radio(made))


def test_it_is_on_by_need_and_off_when_idle(tmp_path: Path, broker: Broker, runtime: str) -> None:
    """Off a minute after it was last needed, and every five minutes on for a look; what waited at the broker comes."""
    mei = watch(tmp_path, "mei", broker.address(), runtime, check=5)
    bao = watch(tmp_path, "bao", broker.address())
    befriend(mei, bao)
    live(bao, state="online")
    live(mei, state="online", speed=50)
    assert mei.write(person("bao"), "hello")["verdict"] == "allow"
    for _ in range(200):
        mei.do("live", ms=10, speed=20, whole=True)
        if bao.do("live", ms=10, speed=20, seen=1)["done"]:
            break
    assert texts(bao) == ["hello"]
    until_off(mei)
    assert radio(mei)["state"] == "waiting"
    before = radio(mei)["joins"]
    mei.do("live", ms=1000, speed=180, whole=True)  # three minutes
    assert radio(mei)["joins"] == before and not radio(mei)["on"]
    assert bao.write(person("mei"), "are you there?")["verdict"] == "allow"
    live(bao, sent=True)
    live(mei, seen=1, speed=60)
    assert texts(mei) == ["are you there?"]
    assert radio(mei)["joins"] == before + 1


def test_at_night_only_help_and_alerts_go_out(tmp_path: Path, broker: Broker) -> None:
    mei = watch(tmp_path, "mei", broker.address(), check=5)
    bao = watch(tmp_path, "bao", broker.address())
    befriend(mei, bao)
    assert mei.ask("hosts.add", host=ID, key=KEY.hex(), name="desk", channel="host")["verdict"] == "allow"
    live(mei, state="online", speed=50)
    mei.advance(9 * 3600)  # after midnight
    until_off(mei)
    before = radio(mei)["joins"]
    mei.do("live", ms=600, speed=1000, whole=True)
    assert mei.write(person("bao"), "psst")["verdict"] == "allow"
    mei.do("live", ms=600, speed=200, whole=True)
    assert radio(mei)["joins"] == before and mei.do("live", ms=1)["state"] == "waiting"
    assert mei.press(person("bao"))["verdict"] == "allow"
    live(mei, state="online", speed=30)
    assert radio(mei)["joins"] == before + 1
    until_off(mei)
    mei.sos()
    mei.do("live", ms=200, speed=10, whole=True)
    assert radio(mei)["joined"], "while the seconds are still counted"
    live(mei, state="online", speed=10)


def test_a_wrong_password_tries_less_and_less_often(tmp_path: Path, broker: Broker) -> None:
    mei = watch(tmp_path, "mei", broker.address(), check=1)
    until_off(mei)
    assert mei.ask("network.wifi", name="home", password="not this one", channel="host")["verdict"] == "allow"
    before = radio(mei)["joins"]
    mei.advance(3600)
    tries = radio(mei)["joins"] - before
    assert 3 <= tries <= 10
    mei.advance(3600)
    assert radio(mei)["joins"] - before - tries <= 5, "a pause is at most a quarter of an hour"


def test_what_a_guardian_changes_holds_at_once(tmp_path: Path, broker: Broker) -> None:
    """Another broker: the connection moves. None: it ends, and the radio goes off for good."""
    other = Proxy(broker.port)
    mei = watch(tmp_path, "mei", broker.address())
    befriend(mei, watch(tmp_path, "bao", broker.address()))
    live(mei, state="online")
    assert endpoint(mei, "messages", broker.address(other.port))["verdict"] == "allow"
    mei.do("live", ms=50, whole=True)
    live(mei, state="online")
    assert other.connections == 1
    assert mei.ask("network.close", purpose="messages", channel="host")["verdict"] == "allow"
    mei.do("live", ms=50, whole=True)
    assert radio(mei) == {**radio(mei), "on": False, "state": "off"}
    other.close()


# --- the driver, against a stand-in for MicroPython's network.WLAN (no board was at hand)


class _Station:
    """As the documentation of network.WLAN describes it; what happens to it is written down."""

    def __init__(self, interface: int) -> None:
        self.calls: list[Any] = [interface]
        self.now = 1000

    def active(self, on: bool) -> None:
        self.calls.append(on)

    def connect(self, name: str, password: str) -> None:
        self.calls.append((name, password))

    def disconnect(self) -> None:
        self.calls.append("disconnect")
        if self.now == 1000:
            raise OSError("Wifi Not Started")

    def isconnected(self) -> bool:
        return self.now == 1010

    def status(self) -> int:
        return self.now


def test_the_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    network: Any = types.ModuleType("network")
    network.WLAN, network.STA_IF, network.STAT_IDLE, network.STAT_CONNECTING = _Station, 0, 1000, 1001
    monkeypatch.setitem(sys.modules, "network", network)
    monkeypatch.delitem(sys.modules, "firmware.drivers.wifi", raising=False)
    from firmware.drivers.wifi import Wifi

    wifi: Any = Wifi()
    wifi.leave()
    assert wifi.state == "off" and not wifi._station, "no memory for a radio that nobody needs"
    wifi.join("home", "grey herons wade")
    station: Any = wifi._station
    assert station.calls == [0, True, ("home", "grey herons wade")] and wifi.state == "joining"
    for status, state in ((1001, "joining"), (1010, "joined"), (201, "failed"), (202, "failed"), (203, "failed")):
        station.now = status
        assert wifi.state == state
    wifi.join("second", "grey herons wade")
    assert station.calls[3:] == ["disconnect", False, True, ("second", "grey herons wade")]
    wifi.leave()
    wifi.leave()
    assert wifi.state == "off" and station.calls[7:] == ["disconnect", False]
    station.now = 1000  # the driver then complains of a disconnect
    wifi.join("home", "grey herons wade")
    wifi.leave()
    assert wifi.state == "off" and station.calls[-1] is False
    monkeypatch.delitem(sys.modules, "firmware.drivers.wifi")
