"""The line at a whole watch, on both runtimes: from the factory to a policy, with nothing readable on the cable."""

import re
from pathlib import Path
from typing import Any

import pytest

from firmware.link import methods
from firmware.policy.request import forms
from host_tools.generate import protocol_page
from host_tools.link.line import Line, Refused
from host_tools.link.login import log_in, new_verifier
from simulator.portable.board import Drbg
from simulator.watch import RUNTIMES, Person, Watch

START = 212223600
PASSPHRASE = "three owls under the bridge"
HOST = b"host--id"


class WatchStream:
    """The host's end of the line to a simulated watch. `log` keeps all bytes of both directions."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._coming = b""
        self.log = b""

    def write(self, data: bytes) -> None:
        self.log += data
        answer = bytes.fromhex(self._watch.do("cable", data=data.hex())["data"])
        self.log += answer
        self._coming += answer

    def read(self, size: int) -> bytes:
        data, self._coming = self._coming[:size], self._coming[size:]
        return data


def line_to(watch: Watch) -> tuple[Line, WatchStream]:
    stream = WatchStream(watch)
    return Line(stream, HOST, Drbg("host")), stream


def code_of(watch: Watch) -> str:
    """The digits, for which somebody presses on the watch."""
    watch.do("in_hand")
    return next(str(fields["code"]) for kind, fields in watch.seen()["seen"] if kind == "pairing_code")


def set_up(watch: Watch) -> tuple[Line, WatchStream, bytes]:
    """Pair, set up, log in, keep the host: an open session with an owner's proof."""
    line, stream = line_to(watch)
    _, key = line.pair(lambda: code_of(watch))
    setup: dict[str, Any] = {
        "wall": START, "birth_year": 2017, "birth_month": 3, "profile": "cn-ccia", "language": "en", "owner": "mum",
        "region": "cn", "numbers": ["13900000001"], "pin": "280519", **new_verifier(PASSPHRASE).fields(),
    }  # fmt: skip
    assert line.call("administration.setup", **setup)["verdict"] == "allow"
    log_in(line, "owner", PASSPHRASE)
    assert line.call("hosts.keep", name="desk")["verdict"] == "allow"
    return line, stream, key


@pytest.fixture(params=RUNTIMES)
def watch(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    if request.param == "micropython":
        request.getfixturevalue("micropython_binary")
    with Watch(tmp_path, START, request.param) as watch:
        yield watch


def test_from_the_factory_to_a_policy(watch: Watch) -> None:
    line, stream, key = set_up(watch)
    status = line.call("status.read")
    assert (status["protected"], status["band"], status["hosts"], status["owner"]) == (True, 1, ["desk"], "mum")
    policy: dict[str, Any] = {"version": 1, "issuer": "ward", "expires": 65000, "values": [["usage.daily_minutes", 30]]}
    assert line.call("administration.policy", **policy)["verdict"] == "allow"
    assert ["usage.daily_minutes", 30, True] in line.call("settings.read")
    watch.reboot()
    line, again = line_to(watch)
    hello = line.hello()
    assert hello.known and hello.set_up
    line.open(key)
    assert line.call("status.read")["version"] == 1
    weaker: dict[str, Any] = {**policy, "version": 2, "values": [["usage.daily_minutes", 60]]}
    assert line.call("administration.policy", **weaker)["reason"] == "credentials.proof_needed"
    log_in(line, "owner", PASSPHRASE)
    assert line.call("administration.policy", **weaker)["verdict"] == "allow"
    kinds = [row[3] for row in line.call("log.read", after=0)]
    assert kinds[0] == "administration.set_up" and kinds.count("administration.policy") == 2
    whole = stream.log + again.log
    for secret in (PASSPHRASE, "280519", "usage.daily_minutes", "13900000001", "mum", key.hex(), "administration"):
        assert secret.encode() not in whole


def test_a_wrong_passphrase_is_counted_and_costs_time(watch: Watch) -> None:
    line, _, _ = set_up(watch)
    waits = []
    for _ in range(6):
        with pytest.raises(Refused) as refused:
            log_in(line, "owner", "four owls")
        waits.append((refused.value.data["reason"], refused.value.data["wait"]))
    assert waits[3:] == [("credentials.wrong", 0), ("credentials.wrong", 60), ("credentials.locked", 60)]


def test_what_an_act_obliges_to_is_done(watch: Watch) -> None:
    """A consent withdrawn over the line erases what was kept under it at once, not at the next start (A14)."""
    line, _, _ = set_up(watch)
    assert line.call("consent.give", purpose="location", manifest=1)["verdict"] == "allow"
    assert line.call("location.key", key="5c" * 32)["verdict"] == "allow"
    assert line.call("consent.withdraw", purpose="location")["verdict"] == "allow"
    kinds = [row[3] for row in line.call("log.read", after=0)]
    assert kinds[-3:] == ["consent.withdrawn", "location.forgotten", "consent.erased"]


def test_nothing_but_the_published_list(watch: Watch) -> None:
    """No stimulus comes in over the line, no channel can be claimed, no text of a child of nine goes out."""
    line, _, _ = set_up(watch)
    for method in (
        "messages.incoming",
        "payments.authorise",
        "calls.incoming",
        "credentials.pin",
        "usage.start",
        "x",
        "apps.read\nassistant.read",
        "relay.give\n",
        "",
    ):
        with pytest.raises(Refused, match="no such method"):
            line.call(method)
    with pytest.raises(Refused, match="channel"):
        line.call("administration.wipe", channel="keypad")
    with pytest.raises(Refused, match="kind"):
        line.call("administration.grant", kind="administration.wipe")
    with pytest.raises(Refused, match="minutes"):
        line.call("administration.grant", key="contacts.cap", value=1, minutes=-1)
    reading: dict[str, Any] = {"what": "message", "id": 3, "exit": "cable", "reader": "guardian"}
    for change in ({"reader": "child"}, {"reader": "child", "exit": "screen"}, {"exit": "screen"}):
        with pytest.raises(Refused, match="reader"):  # a host is no child, and its cable no screen
            line.call("content_access.read", **{**reading, **change})
    assert line.call("content_access.read", **reading)["reason"] in ("content_access.gone", "content_access.private")


def test_the_published_list_is_whole(tmp_path: Path) -> None:
    """docs/protocol.md names every method of the build once, and every act is a request of a rule (E5)."""
    with Watch(tmp_path, START) as watch:
        assert watch._rig is not None
        rules = watch._rig.watch.engine.rules
        kinds = {name + "." + verb for name, rule in rules.items() for verb in forms(rule.FORMS)}
    acts = methods.ACTS.split()
    assert set(acts) <= kinds and acts == sorted(acts)
    text = (Path(__file__).resolve().parents[2] / "docs" / "protocol.md").read_text(encoding="utf-8")
    more = [*methods.REPORTS.split(), *methods.RELAY.split()]
    link = ["link.hello", "link.open", "link.code", "link.pair", "login.first", "login.final"]
    published = set(re.findall(r"`([a-z_]+\.[a-z_]+)`", text))
    assert published == {*acts, *methods.READS, *more, *methods.UPDATES, *methods.IN_HAND, *link}
    assert protocol_page.page(text) == text, "run: make generate"
    listed = re.findall(r"^\| `([a-z_]+\.[a-z_]+)`", text, re.MULTILINE)
    assert len(listed) == len(set(listed))


def paged(line: Line, method: str) -> list[Any]:
    rows: list[Any] = []
    while page := line.call(method, **{"from": len(rows)}):
        rows += page
    return rows


def test_long_lists_come_in_pages(watch: Watch) -> None:
    """Thirty contacts with the longest names: more than a frame holds, and nothing is lost or ends the watch."""
    line, _, _ = set_up(watch)
    names = ["%02d%s" % (number, "长" * 18) for number in range(30)]
    for number, name in enumerate(names):
        card: dict[str, Any] = {"name": name, "address": "%02d" % number + "a" * 62, "number": "1390000%09d" % number}
        added = line.call("contacts.add", **card, key="%064x" % number, role="friend")
        assert added["verdict"] == "allow"
    assert len(line.call("contacts.read")) < 30
    assert [row[0] for row in paged(line, "contacts.read")] == names
    copy = paged(line, "data.copy")
    assert len([one for one in copy if "长" in one]) == 30 and any('["alerts"' in one for one in copy)
    after, kinds = 0, []
    while records := line.call("log.read", after=after):
        kinds += [record[3] for record in records]
        after = records[-1][0]
    assert kinds.count("contacts.added") == 30 and len(kinds) == len(set(range(1, after + 1)))
    with pytest.raises(Refused, match="whole number"):
        line.call("contacts.read", **{"from": -1})


def test_a_proof_ends_with_its_session(watch: Watch) -> None:
    """The cable is pulled without a word: the next session of the same host has proved nothing."""
    line, _, key = set_up(watch)
    assert line.call("administration.clock", wall=START)["verdict"] == "allow"
    line, _ = line_to(watch)
    line.hello()
    line.open(key)
    assert line.call("administration.clock", wall=START)["verdict"] == "deny"


def test_logging_out_ends_the_proof(watch: Watch) -> None:
    line, _, _ = set_up(watch)
    assert line.call("credentials.logout")["verdict"] == "allow"
    assert line.call("administration.clock", wall=START)["verdict"] == "deny"


def test_a_host_that_no_owner_let_in_learns_and_does_nothing(watch: Watch) -> None:
    """A bully or a finder holds the watch, presses, reads the digits and pairs a computer: nobody's names come out."""
    set_up(watch)
    watch.add_contact(Person("Ming", "13900000102"))
    watch.reboot()
    line = Line(WatchStream(watch), b"stranger", Drbg("stranger"))
    line.pair(lambda: code_of(watch))
    before = watch.do("state")["digest"]
    for name in [*methods.ACTS.split(), *methods.READS, *methods.REPORTS.split(), *methods.RELAY.split()]:
        with pytest.raises(Refused, match="waits for the owner's passphrase"):
            line.call(name)
    assert line.call("hosts.keep", name="mine")["reason"] == "credentials.proof_needed"
    assert watch.do("state")["digest"] == before
    log_in(line, "owner", PASSPHRASE)
    assert line.call("status.read")["owner"] == "mum"
    assert line.call("credentials.logout")["verdict"] == "allow"
    with pytest.raises(Refused, match="waits for the owner's passphrase"):
        line.call("status.read")
    log_in(line, "owner", PASSPHRASE)
    assert line.call("hosts.keep", name="laptop")["verdict"] == "allow"
    line.call("credentials.logout")
    assert line.call("status.read")["hosts"] == ["desk", "laptop"]
