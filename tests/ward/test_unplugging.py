"""The cable is pulled in the middle of every command: the old state or the new one, and `ward` says which."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from firmware.link import methods
from host_tools.cli import main
from host_tools.line import Line
from simulator.watch import Person
from tests.ward.home import PASSPHRASE, Done, Home, a_home, befriend, bullied, pair, run, talk_to
from tests.ward.test_ward import leaves

# What acts: command -> the act at which the cable is pulled. `{file}` is a new file for each run.
ACTING = {
    "assistant extend": (["assistant", "extend", "5"], "assistant.extend"),
    "bill lock": (["bill", "lock"], "payments.lock"),
    "bill unlock": (["bill", "unlock"], "payments.unlock"),
    "block release": (["block", "release", "ming"], "blocking.release"),
    "block unmark": (["block", "unmark", "hua"], "blocking.unmark"),
    "clock set": (["clock", "set"], "administration.clock"),
    "contacts add": (["contacts", "add", "Bo", "bo", "--invite", "{file}"], "contacts.add"),
    "contacts agree": (["contacts", "agree", "lee", "{lee}"], "contacts.agreed"),
    "contacts approve": (["contacts", "approve", "kai"], "contacts.approve"),
    "contacts remove": (["contacts", "remove", "lee", "--yes"], "contacts.remove"),
    "contacts rename": (["contacts", "rename", "hua", "Hua Li"], "personal_data.rename"),
    "data consent give": (["data", "consent", "give", "photo", "--yes"], "consent.give"),
    "data consent refuse": (["data", "consent", "refuse", "voice"], "consent.refuse"),
    "data consent withdraw": (["data", "consent", "withdraw", "photo", "--yes"], "consent.withdraw"),
    "data erase": (["data", "erase", "messages", "--yes"], "personal_data.erase"),
    "evidence close": (["evidence", "close", "1", "--yes"], "content_access.close"),
    "evidence export": (["evidence", "export", "2", "{file}"], "evidence.key"),
    "grant": (["grant", "usage.daily_minutes", "60", "--minutes", "5"], "administration.grant"),
    "log follow": (["log", "follow", "--notify", "--seconds", "1"], "alerts.delivered"),
    "lock set": (["lock", "set"], "lock.set"),
    "lock clear": (["lock", "clear"], "lock.clear"),
    "lost on": (["lost", "on"], "administration.lost"),
    "lost off": (["lost", "off"], "administration.found"),
    "policy apply": (["policy", "apply", "{policy}"], "administration.policy"),
    "policy set": (["policy", "set", "usage.daily_minutes", "41"], "administration.policy"),
    "restore": (["restore", "{backup}", "--invitations", "{file}", "--yes"], "administration.policy"),
}
# What only reads: the cable is pulled at its first question.
READING = {
    "alerts": ["alerts"],
    "apps": ["apps"],
    "assistant usage": ["assistant", "usage"],
    "backup": ["backup", "{file}"],
    "bill show": ["bill", "show"],
    "block list": ["block", "list"],
    "clock show": ["clock", "show"],
    "contacts list": ["contacts", "list"],
    "data consent list": ["data", "consent", "list"],
    "data export": ["data", "export", "{file}"],
    "data inventory": ["data", "inventory"],
    "doctor": ["doctor"],
    "evidence list": ["evidence", "list"],
    "evidence notice": ["evidence", "notice", "2", "--to", "school"],
    "hosts": ["hosts"],
    "lock show": ["lock", "show"],
    "log export": ["log", "export", "{file}"],
    "log show": ["log", "show"],
    "log verify": ["log", "verify"],
    "policy diff": ["policy", "diff", "{policy}"],
    "policy export": ["policy", "export"],
    "policy get": ["policy", "get", "usage.daily_minutes"],
    "policy list": ["policy", "list"],
    "status": ["status"],
    "usage": ["usage"],
}
# Tested by themselves: `setup` in test_ward, `relay` in test_relay, `wipe` below; the others talk to no watch.
OTHERS = {"setup", "relay", "wipe", "watch", "demo", "sim", "check-package"}
OTHERS |= {"recover", "inbox", "keygen", "build", "flash", "deploy", "update", "workshop"}  # tests/update


def test_no_command_is_left_out() -> None:
    tree = {name for name in leaves(main) if name not in OTHERS and not name.startswith("approve ")}
    assert tree == set(ACTING) | set(READING)
    acts = {act for _, act in ACTING.values()}
    assert acts <= set(methods.ACTS.split()) | set(methods.REPORTS.split())


class Puller:
    """Pulls the cable at one request of a command."""

    def __init__(self, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
        self._home = home
        self._patch = monkeypatch
        self._armed: Callable[[bytes], None] | None = None
        self._receive = home.watch._receive
        monkeypatch.setattr(home.watch, "_receive", self._hook)
        self._call = Line.call

    def _hook(self, data: bytes) -> None:
        armed, self._armed = self._armed, None
        (armed or self._receive)(data)

    def at(self, method: str, how: str) -> None:
        """At this method ("": the first one inside a session): "before" the watch has all of it, or "after"."""

        watch = self._home.watch

        def pull(data: bytes) -> None:
            if how == "before":
                watch.do("cable", data=data[: len(data) // 2].hex())
                watch.unplug()
                return
            before = journalled(self._home)
            answer = watch.do("cable", data=data.hex())
            if answer["restart"] or journalled(self._home) != before:
                watch.unplug()
            else:  # the watch wants the passphrase first: the same is asked again
                assert watch._end is not None
                watch._end.write(bytes.fromhex(answer["data"]))

        def call(line: Line, wanted: str, timeout: float = 10.0, **params: Any) -> Any:
            if wanted == method or (not method and wanted.split(".", maxsplit=1)[0] not in ("link", "login")):
                with self._home.watch._lock:  # nothing is on its way now
                    self._armed = pull
            return self._call(line, wanted, timeout, **params)

        self._patch.setattr(Line, "call", call)

    def plug(self) -> None:
        self._patch.setattr(Line, "call", self._call)
        self._home.watch.plug()


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    with a_home(tmp_path, "cpython") as home:
        yield pair(home)


def prepared(home: Home) -> dict[str, str]:
    """A watch on which every command has something to do, and what the arguments stand for."""
    day = int(home.watch.do("clock")["day"])
    ming, hua, lee = Person("Ming"), Person("Hua"), Person("Lee")
    for person in (ming, hua):
        befriend(home, person)
        bullied(home, person, ["you are stupid", "nobody likes you, stupid"])
    home.watch.do("service", call="undo", **{"with": {"party": "hua"}})
    talk = talk_to(home)
    talk.open()
    talk.log_in(PASSPHRASE)
    card = {"name": "Lee", "address": "lee", "key": lee.key.hex(), "role": "friend"}
    talk.act("contacts.add", **card)
    talk.act("consent.give", purpose="ai", manifest=1)
    talk.act("assistant.provider", name="Lantern", filing="F", assessed=day - 9, expires=day + 90, role="tutor")
    values = [["assistant.enabled", 1], ["usage.daily_minutes", 40]]
    talk.act("administration.policy", version=2, issuer="ward", expires=0, values=values)
    talk.close()
    home.watch.do("ask", request={"kind": "contacts.ask", "name": "Kai", "address": "kai", "key": "05" * 32})
    home.watch.do("ask", request={"kind": "content_access.hand_over", "package": 2})
    (home.folder / "policy.toml").write_text("[blocking]\nundo_seconds = 5\n")
    run(home, "backup", str(home.folder / "kept.backup"), secret=PASSPHRASE).ok()
    run(home, "policy", "set", "usage.daily_minutes", "39").ok()
    return {"{lee}": lee.agreement(), "{policy}": str(home.folder / "policy.toml"),
            "{backup}": str(home.folder / "kept.backup")}  # fmt: skip


def journalled(home: Home) -> int:
    """How many acts are in the journal, whatever became of their state since."""
    return len(home.watch.do("journal")["records"])


def _secret(arguments: list[str]) -> str:
    return "" if arguments == ["doctor"] else PASSPHRASE


def test_the_cable_is_pulled_in_every_command(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    stands_for = prepared(home)
    puller = Puller(home, monkeypatch)
    count = 0

    def cut(arguments: list[str], method: str, how: str) -> Done:
        nonlocal count
        count += 1
        words = {**stands_for, "{file}": str(home.folder / ("new%d" % count))}
        puller.at(method, how)
        typed = "4826\n4826\n" if arguments == ["lock", "set"] else ""
        done = run(home, *[words.get(one, one) for one in arguments], secret=_secret(arguments), stdin=typed)
        assert done.code == (1 if arguments == ["doctor"] else 5), (arguments, how, done.code, done.out, done.err)
        puller.plug()
        return done

    def state() -> str:
        return str(home.watch.do("state")["digest"])

    for name, arguments in READING.items():
        before = state()
        cut(arguments, "", "before")
        assert state() == before, name
        assert run(home, "hosts").ok().err == "", name
    for name, (arguments, act) in ACTING.items():
        before = state()
        told = cut(arguments, act, "before")
        assert "wholly or not at all" in told.err and "next command says which" in told.err, name
        assert state() == before, name
        assert "(%s) was not carried out." % act in run(home, "hosts").ok().err, name
        records = journalled(home)
        cut(arguments, act, "after")
        assert journalled(home) > records, name
        assert "(%s) was carried out." % act in run(home, "hosts").ok().err, name
        assert run(home, "hosts").ok().err == "", name


def test_the_cable_is_pulled_while_the_watch_is_wiped(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    puller = Puller(home, monkeypatch)
    puller.at("administration.wipe", "before")
    assert run(home, "wipe", "--yes", secret=PASSPHRASE).code == 5
    puller.plug()
    assert "(administration.wipe) was not carried out." in run(home, "status").ok().err
    puller.at("administration.wipe", "after")
    assert run(home, "wipe", "--yes", secret=PASSPHRASE).code == 5
    home.watch._watch.reboot()
    puller.plug()
    after = run(home, "status")
    assert after.code == 4 and "it was wiped" in after.err and "This watch is new. Run: ward setup" in after.err
