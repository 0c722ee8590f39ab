"""Bill, assistant, usage, apps, contacts, consents, backup, doctor: on both runtimes, against one watch each."""

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from host_tools.console import Failure
from host_tools.guardian import checks
from host_tools.guardian.approval import code
from host_tools.guardian.backup import opened, sealed
from host_tools.guardian.checks import BAD, GOOD, ODD, check_inside, check_port
from host_tools.link import usb
from simulator.watch import RUNTIMES, Person
from tests.carriers.broker import Authority
from tests.ward.home import PASSPHRASE, Home, a_home, befriend, bullied, pair, run, talk_to


@pytest.fixture(params=RUNTIMES)
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Home]:
    if request.param == "micropython":
        request.getfixturevalue("micropython_binary")
    with a_home(tmp_path, request.param) as home:
        yield pair(home)


def acts(home: Home, *many: tuple[str, dict[str, Any]]) -> None:
    talk = talk_to(home)
    talk.open()
    talk.log_in(PASSPHRASE)
    for kind, fields in many:
        talk.act(kind, **fields)
    talk.close()


def policy(*values: list[Any]) -> tuple[str, dict[str, Any]]:
    return "administration.policy", {"version": 2, "issuer": "ward", "expires": 0, "values": list(values)}


def noon(home: Home) -> None:
    """The next noon of the child, a Wednesday: no test may depend on the hour at which it runs."""
    wall = int(home.watch.do("clock")["wall"])
    days = (wall + 8 * 3600) // 86400 + 1
    days += -days % 7  # day 0 was a Wednesday
    acts(home, ("administration.clock", {"wall": days * 86400 + 4 * 3600}))
    home.watch.do("advance", seconds=2)


SHOP: dict[str, Any] = {
    "key": "0a" * 16,
    "merchant": "shop-1",
    "name": "Harbour Books",
    "amount": 1250,
    "class": "goods",
}


def test_the_bill_and_the_lock(home: Home) -> None:
    acts(
        home,
        ("consent.give", {"purpose": "payment", "manifest": 1}),
        ("payments.shown", {"version": 1, "digest": "5a" * 32}),
        ("payments.accept", {"version": 1}),
        ("payments.password", {"password": "730418"}),
        policy(["payments.enabled", 1], ["payments.single_limit", 2000], ["payments.daily_limit", 4000]),
    )
    assert "Nothing was paid" in run(home, "bill", secret=PASSPHRASE).ok().out
    authorised = {"kind": "payments.authorise", "password": "730418", **SHOP}
    assert home.watch.do("ask", request=authorised)["reason"] == "ok"
    part = {"key": SHOP["key"], "merchant": SHOP["merchant"], "amount": 1000}
    home.watch.do("ask", request={"kind": "payments.capture", **part})
    found = run(home, "bill", "--json", secret=PASSPHRASE).ok().data
    (payment,) = found["payments"]
    assert (payment["name"], payment["amount"], payment["state"]) == ("Harbour Books", 1000, "captured")
    assert [row["spent"] for row in found["months"]] == [1000]
    assert "10.00" in run(home, "bill", secret=PASSPHRASE).out
    assert run(home, "bill", secret="four owls under").code == 6
    run(home, "bill", "lock").ok()
    again = {**authorised, "key": "0b" * 16}
    assert home.watch.do("ask", request=again)["reason"] == "payments.locked"
    assert run(home, "bill", "unlock").code == 1, "opening takes the passphrase, and nobody answers"
    run(home, "bill", "unlock", secret=PASSPHRASE).ok()
    assert home.watch.do("ask", request=again)["verdict"] == "allow"
    refused = run(home, "bill", "--json", secret=PASSPHRASE).data["payments"]
    assert [one["state"] for one in refused] == ["captured", "payments.locked", "held"]


def test_the_assistants_usage_and_more_of_it(home: Home) -> None:
    assert "no assistant" in run(home, "assistant", "usage").ok().out
    day = int(home.watch.do("clock")["day"])
    provider = {"name": "Lantern", "filing": "F-20", "assessed": day - 10, "expires": day + 90, "role": "tutor"}
    acts(
        home,
        ("consent.give", {"purpose": "ai", "manifest": 1}),
        ("assistant.provider", provider),
        policy(["assistant.enabled", 1]),
    )
    noon(home)
    assert home.watch.do("ask", request={"kind": "assistant.begin", "role": "tutor"})["reason"] == "ok"
    home.watch.do("ask", request={"kind": "assistant.turn", "text": "why is the sea salty?"})
    home.watch.do("advance", seconds=70)
    home.watch.do("ask", request={"kind": "assistant.end"})
    found = run(home, "assistant", "usage", "--json").ok().data
    assert (found["talks"], found["provider"]) == (1, "Lantern") and found["seconds"] >= 70
    shown = run(home, "assistant", "usage").ok()
    assert "Lantern, assessed until" in shown.out and "salty" not in shown.out
    assert run(home, "assistant", "extend", "5").code == 1
    assert "5 more minutes" in run(home, "assistant", "extend", "5", secret=PASSPHRASE).ok().out
    assert run(home, "assistant", "usage", "--json").data["extended_until"] > 0


def test_usage_and_apps(home: Home) -> None:
    noon(home)
    home.watch.do("service", call="use", **{"with": {"cls": "other", "item": "paint"}})
    home.watch.do("advance", seconds=180)
    assert run(home, "usage", "--json").ok().data["front"] == "other"
    home.watch.do("service", call="leave", **{"with": {}})
    found = run(home, "usage", "--json").ok().data
    (used,) = [seconds for day, seconds, _ in found["days"] if day == found["today"]]
    assert 180 <= used < 200 and found["front"] == ""
    assert "minutes" in run(home, "usage").out
    assert run(home, "apps", "--json").ok().data == [] and "no apps" in run(home, "apps").out


def test_contacts_by_name(home: Home) -> None:
    acts(home, ("contacts.add", {"name": "Mum", "address": "mum", "number": "13900000002", "key": "07" * 32,
                                 "role": "guardian"}))  # fmt: skip
    ming = Person("Ming")
    befriend(home, ming)
    run(home, "contacts", "rename", "ming", "Ming Li", "--number", "13900000003", secret=PASSPHRASE).ok()
    rows = run(home, "contacts", "--json").ok().data
    assert [(one["name"], one["number"], one["guardian"]) for one in rows] == [
        ("Mum", "13900000002", True), ("Ming Li", "13900000003", False),
    ]  # fmt: skip
    assert run(home, "contacts", "remove", "ming", stdin="n\n").code == 1
    run(home, "contacts", "remove", "ming", "--yes").ok()
    assert run(home, "contacts", "remove", "mum", "--yes").code == 1, "a guardian goes with the passphrase only"
    assert run(home, "contacts", "remove", "nobody", "--yes").code == 3
    assert [one["name"] for one in run(home, "contacts", "list", "--json").data] == ["Mum"]
    home.watch.do("ask", request={"kind": "contacts.ask", "name": "Kai", "address": "kai", "key": "05" * 32})
    run(home, "contacts", "approve", "kai", secret=PASSPHRASE).ok()
    for options in ([], ["--invite", "a", "--invitation", "b"]):
        assert "Say either" in run(home, "contacts", "add", "Bo", "bo", *options).err
    file = home.folder / "invitation"
    full = run(home, "contacts", "add", "Kai", "kai", "--invite", str(file), secret=PASSPHRASE)
    assert full.code == 3 and "contacts.already" in full.err and not file.exists(), "no key is left lying about"
    file.write_text(
        '{"format": "wardwatch-invitation", "address": "lee", "key": "%s", "agreed": "%s"}' % ("01" * 32, "02" * 16)
    )
    assert "is from the watch lee" in run(home, "contacts", "add", "Bo", "bo", "--invitation", str(file)).err
    file.write_text("{}")
    assert "is no invitation" in run(home, "contacts", "add", "Bo", "bo", "--invitation", str(file)).err


def test_consents_are_listed(home: Home) -> None:
    run(home, "data", "consent", "give", "photo", "--yes", secret=PASSPHRASE).ok()
    rows = {one["purpose"]: one["agreed_to"] for one in run(home, "data", "consent", "--json").ok().data}
    assert rows == {"location": 0, "voice": 0, "photo": 1, "health": 0, "payment": 0, "ai": 0}
    assert "photo     yes" in run(home, "data", "consent", "list").out


def test_a_backup_brings_rules_and_contacts_to_another_watch(home: Home, tmp_path: Path) -> None:
    ming = Person("Ming")
    befriend(home, ming)
    bullied(home, ming, ["you are stupid"])
    acts(home, ("contacts.add", {"name": "Mum", "address": "mum", "number": "13900000002", "key": "07" * 32,
                                 "role": "guardian"}))  # fmt: skip
    file = home.folder / "watch.backup"
    assert run(home, "backup", str(file), "--json", secret=PASSPHRASE).ok().data == {"settings": 1, "contacts": 2}
    assert file.stat().st_mode & 0o777 == 0o600
    assert run(home, "backup", str(file), secret=PASSPHRASE).code == 1, "no backup is overwritten"
    data = file.read_bytes()
    for words in (b"Ming", b"13900000002", b"usage", ming.key.hex().encode(), PASSPHRASE.encode()):
        assert words not in data
    content = json.dumps(opened(data, PASSPHRASE))
    assert "Ming" in content and "stupid" not in content and ming.key.hex() not in content
    with a_home(tmp_path / "other", "cpython") as other:
        pair(other)
        run(other, "policy", "set", "usage.daily_minutes", "5").ok()
        before = other.watch.do("state")
        assert run(other, "restore", str(file), "--yes", secret="four owls under it").code == 6
        assert "--invitations" in run(other, "restore", str(file), "--yes", secret=PASSPHRASE).err
        invitations = other.folder / "invitations"
        options = ["--invitations", str(invitations), "--yes", "--json"]
        done = run(other, "restore", str(file), *options, secret=PASSPHRASE).ok()
        assert done.data == {"settings": {"usage.daily_minutes": [5, 30]}, "contacts": ["ming", "mum"]}
        status = run(other, "status", "--json").ok().data
        assert (status["version"], status["contacts"], status["packages"]) == (3, 2, 0), "versions only rise"
        assert before["digest"] != other.watch.do("state")["digest"]
        assert sorted(path.name for path in invitations.iterdir()) == ["ming.invitation", "mum.invitation"]
        again = run(other, "restore", str(file), "--yes", "--json", secret=PASSPHRASE).ok()
        assert again.data == {"settings": {}, "contacts": []}


def test_a_backup_is_sealed_as_a_whole() -> None:
    data = sealed({"settings": {}}, PASSPHRASE)
    assert opened(data, PASSPHRASE) == {"settings": {}}
    assert data != sealed({"settings": {}}, PASSPHRASE)
    for at in (12, 30, 45, len(data) - 1):
        changed = bytearray(data)
        changed[at] ^= 1
        with pytest.raises(Failure, match="does not open"):
            opened(bytes(changed), PASSPHRASE)
    for rubbish in (b"", b"x" * 90, data[:20]):
        with pytest.raises(Failure, match="no backup"):
            opened(rubbish, PASSPHRASE)


def test_the_week_first(home: Home) -> None:
    calm = run(home, "status").ok().out
    assert calm.startswith("This week: 1 change of the rules.\nNothing needs you.\n\nSet up for guardian.")
    ming = Person("Ming")
    befriend(home, ming)
    bullied(home, ming, ["you are stupid", "see you at four"])
    home.watch.do("ask", request={"kind": "content_access.hand_over", "package": 1})
    found = run(home, "status").ok()
    week = run(home, "status", "--json").ok().data["week"]
    assert week["classes"] == {"hurtful": 1} and ["messages in", 2] in week["happened"]
    assert "1 party blocked by the child" in found.out and "Messages that the watch marked: hurtful 1." in found.out
    needs = found.out[found.out.index("Needs you:") : found.out.index("Set up for")]
    assert "Somebody was blocked" in needs and "handed over: 1" in needs and "stupid" not in found.out
    home.watch.do("advance", seconds=8 * 86400)
    assert "blocked" not in run(home, "status").ok().out.split("\n")[0], "a week later it is no news"


# --- doctor


def test_a_healthy_watch(home: Home) -> None:
    found = {one["check"]: one for one in run(home, "doctor", "--json").ok().data}
    names = ["this computer", "cable", "permission", "answer", "pairing", "history", "MicroPython", "board", "slots"]
    assert list(found) == [*names, "hardened", "journal", "space", "keys", "clock", "telephony", "parts"]
    odd = {name for name, one in found.items() if one["state"] != GOOD}
    assert odd == {"slots", "hardened"}, "simulated from source, on no chip that hides anything"
    assert "bad" not in run(home, "doctor").ok().out


def test_an_unpaired_or_new_watch_says_what_to_do(tmp_path: Path) -> None:
    with a_home(tmp_path, "cpython") as home:
        assert "This watch is new. Run: ward setup" in run(home, "doctor").ok().out
        pair(home)
        done = run(home, "doctor", WARD_HOME=str(tmp_path / "other"))
        assert done.code == 1 and "not paired. Run: ward setup" in done.out
        home.watch.unplug()
        assert "does not exist" in run(home, "doctor").out


def test_ports_and_their_troubles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    port = tmp_path / "port"
    port.touch()
    monkeypatch.setattr(checks, "candidates", list)
    monkeypatch.setattr(usb, "portless", list)
    assert check_port(None)[0][0][:2] == ("cable", BAD)
    monkeypatch.setattr(usb, "portless", lambda: ["1a86"])
    assert check_port(None)[0][0][:2] == ("driver", BAD) and "CH340" in check_port(None)[0][0][2]
    monkeypatch.setattr(checks, "candidates", lambda: ["/dev/a", "/dev/b"])
    assert check_port(None)[0][0][:2] == ("cable", ODD)
    assert check_port(str(port))[1] == str(port)
    monkeypatch.setattr(checks.os, "access", lambda name, mode: False)
    lines, name = check_port(str(port))
    assert name is None and lines[-1][:2] == ("permission", BAD) and lines[-1][2]
    busy = Failure("no")
    busy.__cause__ = OSError(16, "busy")
    assert "Another program" in checks._why(busy) and checks._why(Failure("words")) == "words"


def test_what_the_plug_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The bridge and its driver; a chip in its loader; a device that has no port, as Linux lists it."""
    here = [SimpleNamespace(device="/dev/a", vid=0x303A, pid=0x1001), SimpleNamespace(device="/dev/b", vid=None)]
    monkeypatch.setattr(usb.list_ports, "comports", lambda: here)
    assert [line[:2] for line in checks._usb("/dev/a")] == [("driver", GOOD), ("loader", ODD)]
    assert "lilygo-t-watch-s3" in checks._usb("/dev/a")[1][2]
    assert checks._usb("/dev/b") == checks._usb("socket://host:1") == []
    here[0].pid = 0x4001
    assert [line[:2] for line in checks._usb("/dev/a")] == [("driver", GOOD)]
    here[0].vid, here[0].pid = 0x10C4, 0xEA60  # whether a bridge's chip is in its loader nobody can see
    assert [line[:2] for line in checks._usb("/dev/a")] == [("driver", GOOD)]
    for name, vendor, interface in (("1-1", "10c4", ""), ("1-2", "10c4", "ttyUSB0"), ("1-3", "05ac", "")):
        (tmp_path / name / (name + ":1.0") / interface).mkdir(parents=True)
        (tmp_path / name / "idVendor").write_text(vendor + "\n")
    assert usb.portless(tmp_path) == ["10c4"]
    for system, words in (("Linux", "modprobe cp210x"), ("Darwin", "allow its driver"), ("Windows", "Device Manager")):
        monkeypatch.setattr(usb.platform, "system", lambda system=system: system)
        assert words in usb.driver_words("10c4")


def test_a_watch_in_recovery_says_what_it_needs() -> None:
    hello = SimpleNamespace(watch=bytes(8), protocol=1, recovery="crashes", set_up=True, known=True)
    talk: Any = SimpleNamespace(greet=lambda: hello)
    assert checks.check_watch(talk)[-1][:2] == ("recovery", BAD)
    assert "ward update PACKAGE" in checks.check_watch(talk)[-1][2]


def test_each_odd_answer_of_a_watch_has_its_line() -> None:
    import time

    from simulator import EPOCH

    health = {"platform": "micropython", "runtime": [1, 24, 0], "build": "", "board": "lilygo-t-watch-s3",
              "frozen": True, "free": 1 << 20, "journal": [9, 1, 2], "keys": True, "phone": True,
              "core": False}  # fmt: skip
    slots = {"version": 101, "trial": False, "board": "lilygo-t-watch-s3", "least": 100, "wants": []}
    now = int(time.time()) - EPOCH
    status = {"wall": now, "tampered": "", "trust": "set"}
    assert {state for _, state, _ in check_inside(health, status)} == {GOOD}

    def odd(what: str, in_health: dict[str, Any], in_status: dict[str, Any], *more: Any) -> tuple[str, str]:
        found = check_inside({**health, **in_health}, {**status, **in_status}, *(more or (slots, "303a:4001")))
        lines = [line for line in found if line[1] != GOOD]
        assert [line[0] for line in lines] == [what]
        return lines[0][1], lines[0][2]

    assert odd("hardened", {"frozen": False}, {})[0] == ODD
    assert odd("slots", {}, {}, {**slots, "trial": True})[1].endswith("ward update --confirm")
    assert odd("board", {}, {}, {**slots, "board": "m5stickc-plus2"})[0] == BAD
    assert odd("board", {}, {}, slots, "10c4:ea60")[0] == ODD
    assert odd("MicroPython", {"build": "ESP32_GENERIC_S3"}, {})[1].count("ESP32_GENERIC_S3-SPIRAM_OCT") == 1
    good = {"build": "ESP32_GENERIC_S3-SPIRAM_OCT"}
    assert {line[1] for line in check_inside({**health, **good}, status, slots, "303a:821b")} == {GOOD}
    assert [line[:2] for line in check_inside({**health, "frozen": False}, status) if line[1] != GOOD] == [
        ("slots", ODD), ("hardened", ODD),
    ]  # fmt: skip
    assert odd("MicroPython", {"runtime": [1, 23, 9]}, {})[0] == BAD
    assert odd("space", {"free": 1000}, {}) == (ODD, "0 KB free: evidence may find no room. See: ward evidence close")
    assert odd("keys", {"keys": False}, {})[0] == BAD
    assert odd("telephony", {"phone": False}, {})[0] == ODD
    assert "no payments" in odd("parts", {"core": True}, {})[1]
    assert odd("clock", {}, {"trust": "stale"})[0] == ODD
    assert odd("clock", {}, {"wall": now + 125})[0] == ODD
    assert odd("journal", {}, {"tampered": "mac"})[0] == BAD


def test_wifi_and_keys(home: Home) -> None:
    """What a guardian enters is what the watch says back, without the secrets; keys go to a second computer by file."""
    certificate = Authority().pem
    (home.folder / "ca.pem").write_bytes(certificate)
    for name, hidden in (("password", "grey herons wade"), ("secret", "hush-hush")):
        (home.folder / name).write_text(hidden + "\n")
        (home.folder / name).chmod(0o600)
    password, secret = str(home.folder / "password"), str(home.folder / "secret")
    assert "It connects to nothing." in run(home, "wifi").ok().out
    run(home, "wifi", "add", "nest", "--password-file", password, secret=PASSPHRASE).ok()
    where = ["--authority", str(home.folder / "ca.pem"), "--name", "broker.test"]
    run(home, "wifi", "messages", "192.0.2.7:8883", *where, "--account", "w", "--secret-file", secret,
        secret=PASSPHRASE).ok()  # fmt: skip
    run(home, "wifi", "assistant", "127.0.0.1:8080", "--model", "small", secret=PASSPHRASE).ok()
    found = run(home, "wifi", "show", "--json").ok().data
    assert found["networks"] == ["nest"]
    assert sorted(found["endpoints"]) == [
        ["assistant", "127.0.0.1", 8080, ""], ["messages", "192.0.2.7", 8883, "broker.test"],
    ]  # fmt: skip
    assert "grey herons" not in home.output + home.records() and "hush-hush" not in home.output + home.records()
    refused = run(home, "wifi", "messages", "192.0.2.7:8883", secret=PASSPHRASE)
    assert refused.code == 3 and "authority" in refused.err
    (home.folder / "password").chmod(0o644)
    assert "chmod 600" in run(home, "wifi", "add", "two", "--password-file", password, secret=PASSPHRASE).err
    for words in (["192.0.2.7"], [":8883"], ["192.0.2.7:0"], ["192.0.2.7:99999"]):
        assert run(home, "wifi", "messages", *words, secret=PASSPHRASE).code == 1
    run(home, "wifi", "close", "assistant", "--yes", secret=PASSPHRASE).ok()
    run(home, "wifi", "remove", "nest", secret=PASSPHRASE).ok()
    assert run(home, "wifi", "remove", "nest", secret=PASSPHRASE).code == 3

    file = home.folder / "keys.json"
    assert run(home, "keys", "--export", str(file)).code == 1, "there are none yet"
    run(home, "keys", secret=PASSPHRASE).ok()
    run(home, "keys", "--export", str(file)).ok()
    assert file.stat().st_mode & 0o077 == 0
    kept = json.loads(file.read_text())
    typed = run(home, "approve", "unblock", "bao", "--request", "123456").ok().out
    assert typed.strip() == code(bytes.fromhex(kept["approval"]), 123456, "unblock", detail="bao")
    run(home, "keys", secret=PASSPHRASE).ok()
    assert run(home, "approve", "unblock", "bao", "--request", "123456").ok().out != typed
    run(home, "keys", "--import", str(file)).ok()
    assert run(home, "approve", "unblock", "bao", "--request", "123456").ok().out == typed
    assert run(home, "approve", "unblock", "bao", "--request", "1", "--send").code == 1, "no broker is known"
    file.write_text(json.dumps({**kept, "watch": "00" * 8}))
    assert "of another watch" in run(home, "keys", "--import", str(file)).err
