"""The whole story over a real network, as one test on the real MicroPython."""

import time
from pathlib import Path

import pytest

from simulator import micropython
from simulator.watch import Person
from tests.carriers import story
from tests.carriers.broker import NAME, Authority, Broker, mosquitto
from tests.ward.home import PASSPHRASE, Home, befriend, pair, run

DAY = 86400

pytestmark = pytest.mark.skipif(mosquitto() is None, reason="mosquitto is not installed: apt-get install mosquitto")


def test_the_whole_story(tmp_path: Path, micropython_binary: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """And its pictures in the README are the ones that the watch shows."""
    assert micropython_binary == micropython.binary()
    monkeypatch.setenv("WARD_HOME", str(tmp_path / "home"))
    shown = story.Poster()
    story.tell(tmp_path, "micropython", shown.draw)
    assert shown.picture() == story.POSTER.read_bytes(), "draw them anew: python -m tests.carriers.story"


def test_a_served_watch_is_online(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`ward watch --wifi`, set up and configured over its cable by nothing but commands, reaches the broker; an alert
    of it comes to `ward inbox`."""
    now = time.time
    later = DAY // 6 - int(now()) % DAY
    monkeypatch.setattr(time, "time", lambda: now() + later)  # noon in China: at night the radio is off
    broker = Broker(tmp_path / "broker", Authority())
    home = Home(tmp_path, "cpython", wifi=True)
    try:
        pair(home)
        (tmp_path / "ca.pem").write_bytes(broker.authority.pem)
        (tmp_path / "password").write_text("grey herons wade\n")
        (tmp_path / "password").chmod(0o600)
        server = ["127.0.0.1:%d" % broker.port, "--authority", str(tmp_path / "ca.pem"), "--name", NAME]
        run(home, "wifi", "add", "home", "--password-file", str(tmp_path / "password"), secret=PASSPHRASE).ok()
        run(home, "wifi", "messages", *server, secret=PASSPHRASE).ok()
        bao = Person("Bao")
        befriend(home, bao)
        assert (
            home.watch.do("service", call="press", **{"with": {"place": "contact", "party": "bao"}})["verdict"]
            == "allow"
        )
        for _ in range(6):
            shown = run(home, "inbox", "--broker", *server, "--seconds", "3", "--json").ok().out
            if '"blocked"' in shown:
                break
        assert '"blocked"' in shown
        assert run(home, "wifi", "--json").ok().data["state"] == "online"
    finally:
        home.close()
        broker.stop()
