"""`ward inbox --web` as a guardian starts it, with a real watch and a real broker behind it."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

import pytest

from host_tools.link.keys import APPROVAL, Keys
from simulator.watch import ROOT
from tests.carriers.broker import NAME, Broker, mosquitto
from tests.carriers.people import befriend, live, person, watch

pytestmark = pytest.mark.skipif(mosquitto() is None, reason="mosquitto is not installed: apt-get install mosquitto")

KEY = bytes(range(32))
CODES = bytes(range(32, 64))
ID = "00112233445566bb"


class Phone:
    """A browser without a screen."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def post(self, path: str, **fields: Any) -> Any:
        asked = urllib.request.Request(self._address + path, json.dumps(fields).encode())
        asked.add_header("Origin", self._address.rstrip("/"))
        return json.loads(self._opener.open(asked, timeout=10).read())

    def entries(self, kind: str) -> list[dict[str, Any]]:
        """What came of a kind; waits for the first."""
        for _ in range(100):
            with self._opener.open(self._address + "entries?after=0&language=en", timeout=10) as answer:
                found = [entry for entry in json.loads(answer.read())["entries"] if entry["kind"] == kind]
            if found:
                return found
            time.sleep(0.1)
        raise AssertionError("no %s came" % kind)


def test_an_alert_is_read_and_a_request_agreed_to(
    tmp_path: Path, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The alert stays on the page over a new start; the press on Agree ends the block."""
    monkeypatch.setenv("WARD_HOME", str(tmp_path / "home"))
    keys = Keys()
    keys.put(bytes.fromhex(ID), KEY)
    keys.put(bytes.fromhex(ID), CODES, APPROVAL)
    (tmp_path / "ca.pem").write_bytes(broker.authority.pem)
    mei = watch(tmp_path, "mei", broker.address())
    befriend(mei, watch(tmp_path, "bao", broker.address()))
    assert mei.ask("hosts.add", host=ID, key=KEY.hex(), name="desk", channel="host")["verdict"] == "allow"
    assert mei.ask("approval.key", key=CODES.hex(), channel="host")["verdict"] == "allow"
    assert mei.press(person("bao"))["verdict"] == "allow"
    live(mei, state="online")

    def start() -> "tuple[subprocess.Popen[str], Phone]":
        where = ["--broker", "127.0.0.1:%d" % broker.port, "--name", NAME, "--authority", str(tmp_path / "ca.pem")]
        running = subprocess.Popen(
            [sys.executable, "-m", "host_tools.cli", "inbox", *where, "--web", "--listen", "127.0.0.1:0"],
            stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        assert running.stderr
        said = running.stderr.readline() + running.stderr.readline()
        found = re.search(r"(http://127\.0\.0\.1:\d+/)\n.*: (\d{8})", said)
        assert found, said
        phone = Phone(found[1])
        assert phone.post("login", code=found[2]) == {}
        return running, phone

    def end(running: "subprocess.Popen[str]") -> None:
        running.send_signal(signal.SIGINT)
        running.communicate(timeout=20)
        assert running.returncode == 0

    running, phone = start()
    live(mei, 15000, told=True)
    assert phone.entries("alert")[0]["words"] == "Somebody was blocked on this watch."
    end(running)
    running, phone = start()
    assert len(phone.entries("alert")) == 1, "what came before is still there, and came once"
    asked = mei.do("service", call="ask_approval", **{"with": {"what": "unblock", "value": 0, "detail": "bao"}})
    assert asked["verdict"] == "allow"
    live(mei, state="online")
    mei.do("live", ms=500, whole=True)
    request = phone.entries("request")[0]
    assert "bao" in request["words"]
    assert phone.post("agree", number=request["number"]) == {"agreed": True}
    for _ in range(60):
        mei.do("live", ms=100, whole=True)
        if not mei.grade(person("bao"))["blocked"]:
            break
    assert not mei.grade(person("bao"))["blocked"]
    end(running)
