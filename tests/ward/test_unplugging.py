"""The cable is pulled in the middle of every command: the old state or the new one, and `ward` says which."""

import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from firmware.link import methods
from host_tools.cli import main
from host_tools.link.line import Line
from simulator.watch import Person
from tests.thorough import THOROUGH
from tests.ward.home import PASSPHRASE, Done, Home, a_home, befriend, pair, run
from tests.ward.tree import ACTING, READING, leaves, prepared, secret_of, typed_at

# The record that an act leaves, where its name is another one; written down apart from host_tools/link/receipts.py.
LEAVES = {
    "assistant.extend": "assistant.extended",
    "blocking.release": "blocking.released",
    "blocking.unmark": "blocking.unmarked",
    "consent.give": "consent.given",
    "consent.refuse": "consent.refused",
    "consent.withdraw": "consent.withdrawn",
    "contacts.add": "contacts.added",
    "contacts.agreed": "contacts.approved",
    "contacts.approve": "contacts.approved",
    "contacts.remove": "contacts.removed",
    "content_access.close": "content_access.expired",
    "evidence.key": "content_access.read",
    "hosts.remove": "hosts.removed",
    "lock.clear": "lock.cleared",
    "network.close": "network.closed",
    "network.endpoint": "network.opened",
    "network.forget": "network.forgotten",
    "network.wifi": "network.known",
    "payments.lock": "payments.locked",
    "payments.unlock": "payments.unlocked",
    "personal_data.erase": "consent.erase",
    "personal_data.rename": "contacts.renamed",
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


def journalled(home: Home) -> int:
    """How many acts are in the journal, whatever became of their state since."""
    return len(home.watch.do("journal")["records"])


def test_the_cable_is_pulled_in_every_command(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    stands_for = prepared(home)
    puller = Puller(home, monkeypatch)
    count = 0

    def cut(arguments: list[str], method: str, how: str) -> Done:
        nonlocal count
        count += 1
        words = {**stands_for, "{file}": str(home.folder / ("new%d" % count))}
        puller.at(method, how)
        done = run(
            home, *[words.get(one, one) for one in arguments], secret=secret_of(arguments), stdin=typed_at(arguments)
        )
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


def test_a_command_of_several_acts_says_which(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings are back, one contact is, the second is not: each is told, and the command goes on from there."""
    for person in (Person("Ming"), Person("Hua"), Person("Lee")):
        befriend(home, person)
    kept = str(home.folder / "kept.backup")
    run(home, "backup", kept, secret=PASSPHRASE).ok()
    for name in ("ming", "hua", "lee"):
        run(home, "contacts", "remove", name, "--yes", secret=PASSPHRASE).ok()
    run(home, "policy", "set", "usage.daily_minutes", "20").ok()
    puller, call, asked = Puller(home, monkeypatch), Line.call, 0

    def second(line: Line, wanted: str, timeout: float = 10.0, **params: Any) -> Any:
        nonlocal asked
        asked += wanted == "contacts.add"
        if wanted == "contacts.add" and asked == 3:  # the first one wants the passphrase, or was asked before it
            home.watch.unplug()
        return call(line, wanted, timeout, **params)

    monkeypatch.setattr(Line, "call", second)
    restore = ["restore", kept, "--invitations", str(home.folder), "--yes"]
    assert run(home, *restore, secret=PASSPHRASE).code == 5
    puller.plug()
    said = run(home, "hosts").ok().err
    there = [one["address"] for one in run(home, "contacts", "--json").ok().data]
    assert "(administration.policy) was carried out." in said and "(contacts.add) was not carried out." in said
    times = {1: "(contacts.add) was carried out.", 2: "(contacts.add) was carried out, 2 times."}
    assert times[len(there)] in said
    restore[3] = str(home.folder / "more")
    again = run(home, *restore, "--json", secret=PASSPHRASE).ok().data
    assert len(again["contacts"]) == 3 - len(there) and again["settings"] == {}


def cut_after(home: Home, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """Pull the cable when the watch has so many bytes of what the next command says."""
    receive, left = type(home.watch)._receive, size

    def hook(data: bytes) -> None:
        nonlocal left
        if len(data) < left:
            left -= len(data)
            receive(home.watch, data)
        elif left:
            home.watch.do("cable", data=data[:left].hex())
            left = 0
            home.watch.unplug()

    monkeypatch.setattr(home.watch, "_receive", hook)


def test_the_cable_is_cut_after_any_byte(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the byte, the act is in the watch's journal or it is not, and the next command says the same. One place
    for each command here; `make thorough` goes on by sixteen bytes until the act has happened."""
    stands_for = prepared(home)
    for name, (arguments, act) in ACTING.items():
        place, done = 1 + zlib.crc32(name.encode()) % (16 if THOROUGH else 2400), False
        while not done:
            given = [stands_for.get(one, str(home.folder / ("%s%d" % (name, place)))) if one[0] == "{" else one
                     for one in arguments]  # fmt: skip
            after = home.watch.do("state")["seq"]
            cut_after(home, monkeypatch, place)
            ended = run(home, *given, secret=secret_of(arguments), stdin=typed_at(arguments))
            with home.watch._lock:  # what is still on its way arrives
                monkeypatch.undo()
                if not home.watch._end:
                    home.watch.plug()
            # 3: a command before it, which would have made room for this one, was cut off here
            codes = [0, 5] + [4] * (place < 600) + [3] * (not THOROUGH)
            assert ended.code in codes, (name, place, ended.code, ended.err)
            new = [record[3] for record in home.watch.do("journal", after=after)["records"]]
            done = ended.code == 0 or any(kind == LEAVES.get(act, act) for kind in new)
            said = run(home, "hosts").ok().err
            assert ("(%s) was carried out" % act in said) == (done and ended.code != 0), (name, place, new, said)
            place += 16
            if not THOROUGH:
                break


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
