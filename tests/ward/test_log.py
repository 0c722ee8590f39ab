"""`ward log`: a journal that can be checked, and a flash that was put back as a whole is told in red (D11)."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from host_tools.link.line import Line, Refused
from host_tools.link.receipts import ANEW, EXTENDS, GONE, how_often, judge
from simulator.watch import RUNTIMES, Person
from tests.ward.home import PASSPHRASE, Home, Terminal, a_home, befriend, bullied, pair, run, talk_to


@pytest.fixture(params=RUNTIMES)
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Home]:
    if request.param == "micropython":
        request.getfixturevalue("micropython_binary")
    with a_home(tmp_path, request.param) as home:
        yield home


def lived(home: Home) -> Home:
    """A watch on which every rule that a host rebuilds has something to tell."""
    pair(home)
    home.watch.do("network", online=False)
    ming, hua, kai = Person("Ming"), Person("Hua"), Person("Kai")
    for person in (ming, hua, kai):
        befriend(home, person)
        bullied(home, person, ["you are stupid", "nobody likes you, stupid"])
    talk = talk_to(home)
    talk.open()
    talk.log_in(PASSPHRASE)
    talk.act("blocking.release", party="ming")
    talk.act("usage.at_school", address="hua", allowed=True)
    talk.act("consent.give", purpose="location", manifest=1)
    talk.act("consent.refuse", purpose="voice")
    talk.act("contacts.remove", address="hua")
    talk.act("content_access.close", package=1, confirmed=True)
    talk.close()
    home.watch.do("ask", request={"kind": "content_access.hand_over", "package": 2})
    home.watch.do("service", call="use", **{"with": {"cls": "other", "item": "paint"}})
    home.watch.do("advance", seconds=120)
    home.watch.do("service", call="leave", **{"with": {}})
    return home


def test_the_journal_leads_to_the_watchs_state(home: Home) -> None:
    lived(home)
    file = home.folder / "log.jsonl"
    run(home, "log", "export", str(file)).ok()
    done = run(home, "log", "verify", "--json").ok()
    assert done.data["records"] > 20 and not done.data["gone"]
    assert "WRONG" not in run(home, "log", "verify", str(file)).ok().out
    lines = file.read_text().splitlines()
    rows = [json.loads(line) for line in lines[1:-1]]
    assert rows == run(home, "log", "show", "--json").ok().data
    for words in ("Ming", "stupid", PASSPHRASE):
        assert words not in file.read_text()

    def forged(change: Any) -> str:
        found = [json.loads(line) for line in lines]
        change(found)
        file.write_text("".join(json.dumps(line) + "\n" for line in found))
        done = run(home, "log", "verify", str(file))
        assert done.code == 1, done.out
        return done.err

    def leave_out(found: Any) -> None:
        del found[-1]["suffix"][5]

    def cut(found: Any) -> None:
        del found[-1]["suffix"][-1]

    def unblock(found: Any) -> None:
        row = next(row for row in found[-1]["suffix"] if row[6] == "blocking.blocked")
        row[9] = 0
        next(line for line in found[1:-1] if line[0] == row[3])[6] = 0

    def other_state(found: Any) -> None:
        found[-1]["state"]["usage"] = "00" * 32

    def other_watch(found: Any) -> None:
        found[0]["watch"] = "00" * 8

    def contradict(found: Any) -> None:
        found[-1]["suffix"][3][6] = "usage.now"

    assert "A record before number" in forged(leave_out)
    assert "does not end where" in forged(cut)
    assert "state of: blocking" in forged(unblock) and "do not say the same" in forged(unblock)
    assert "state of: usage" in forged(other_state)
    assert "another watch" in forged(other_watch)
    assert "contradict" in forged(contradict)


def test_state_and_journal_agree_after_a_new_segment(home: Home) -> None:
    """The same from a snapshot in the middle of a life instead of the one of the set-up."""
    lived(home)
    segment = talk_segment(home)
    home.watch.do("reboot", off=30 * 86400)
    home.watch.do("advance", seconds=86400)  # a new month begins a new segment
    assert talk_segment(home) > segment
    bullied(home, Person("Lei"), ["you are stupid"])
    assert not run(home, "log", "verify", "--json").ok().data["gone"]


def talk_segment(home: Home) -> int:
    talk = talk_to(home)
    talk.open()
    segment: int = talk.line.call("log.receipt")["segment"]
    talk.close()
    return segment


def put_back(home: Home, copy: Path) -> None:
    """The whole flash as it was, keys and marks too; then the power comes."""
    root = home.folder / "watch" / "flash"
    shutil.rmtree(root)
    shutil.copytree(copy / "flash", root)
    shutil.copyfile(copy / "keys", str(root) + ".keys")
    home.watch.do("new", root=str(root), seed=home.watch._watch.seed, wall=home.watch._watch.now, keep=True)


def copied(home: Home) -> Path:
    root, copy = home.folder / "watch" / "flash", home.folder / "copy"
    shutil.copytree(root, copy / "flash")
    shutil.copyfile(str(root) + ".keys", copy / "keys")
    return copy


def test_a_flash_that_was_put_back_is_told_in_red(home: Home) -> None:
    pair(home)
    copy = copied(home)
    run(home, "policy", "set", "usage.daily_minutes", "10").ok()
    put_back(home, copy)
    assert not home.watch.do("state")["tampered"], "the watch itself cannot know"
    told = run(home, "status")
    assert "Warning: This watch's journal is shorter" in told.err and told.code == 0
    # more happens than was there before: longer than the receipt, and still another history
    for minutes in ("29", "28", "27"):
        done = run(home, "policy", "set", "usage.daily_minutes", minutes)
        assert "Warning: " in done.err
    assert "does not go on from the last contact" in run(home, "status").err
    refused = run(home, "log", "verify")
    assert refused.code == 1 and "WRONG  goes on from the last contact" in refused.err
    run(home, "log", "verify", "--accept")
    assert run(home, "status").ok().err == "" and run(home, "log", "verify").ok().err == ""


def test_a_watch_that_was_set_up_anew_is_told_in_red(home: Home) -> None:
    pair(home)
    run(home, "hosts").ok()
    kept = (home.folder / "keys" / "hosts.json").read_text()
    run(home, "wipe", "--yes", secret=PASSPHRASE).ok()
    shutil.move(home.folder / "keys", home.folder / "mine")
    home.shown.clear()
    pair(home)  # somebody else, at another computer
    (home.folder / "keys" / "hosts.json").write_text(kept)
    told = run(home, "status")
    assert told.code == 4 and "Warning: This watch knew this computer and does not any more" in told.err
    # pairing again, which somebody may be talked into, does not make it the same watch
    again = Terminal(home, "setup")
    again.wait_for("six digits on the watch:")
    again.type(home.code())
    again.wait_for("passphrase: ")
    again.type(PASSPHRASE)
    assert again.end() == 0
    assert "Warning: This watch was wiped and set up anew" in again.seen
    assert "Set-ups: 2, at the last contact 1." in again.seen


def test_a_journal_that_cannot_be_read_shuts_no_guardian_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    call = Line.call

    def closed(line: Line, method: str, timeout: float = 10.0, **params: Any) -> Any:
        if method.startswith("log."):
            raise Refused({"code": -32602, "message": "flash: does not give this"})
        return call(line, method, timeout, **params)

    with a_home(tmp_path, "cpython") as home:
        pair(home)
        monkeypatch.setattr(Line, "call", closed)
        done = run(home, "clock", "set", secret=PASSPHRASE).ok()
        assert "cannot read its journal" in done.err
        assert run(home, "status").ok().out.startswith("Set up for guardian.")
        monkeypatch.undo()
        assert run(home, "hosts").ok().err == ""


def test_what_a_receipt_says() -> None:
    old: dict[str, Any] = {
        "set_up": "a",
        "segment": 3,
        "oldest": 1,
        "end": 90,
        "seq": 7,
        "mac": "m",
        "version": 2,
        "asked": "",
    }
    old["set_ups"] = 1
    new = {**old, "seq": 9, "end": 120, "mac": "n", "asked": "m"}
    assert judge(None, new) == judge(old, new) == judge(old, {**new, "segment": 4, "end": 5}) == EXTENDS
    assert judge(old, {**new, "set_up": "b"}) == ANEW
    assert judge(old, {**new, "segment": 40, "oldest": 4, "asked": ""}) == GONE
    assert "shorter" in judge(old, {**new, "seq": 6}) and "shorter" in judge(old, {**new, "segment": 2})
    assert "does not go on" in judge(old, {**new, "asked": ""}) and "does not go on" in judge(
        old, {**new, "asked": "x"}
    )
    assert "counts its set-ups otherwise" in judge(old, {**new, "set_ups": 2})
    assert how_often(old, new) == "" == how_often(None, new) and "2, at the last contact 1" in how_often(
        old, {**new, "set_ups": 2}
    )
    assert "older policy" in judge(old, {**new, "version": 1})


def test_following_shows_records_and_delivers_alerts(home: Home) -> None:
    pair(home)
    home.watch.do("network", online=False)
    ming = Person("Ming")
    befriend(home, ming)
    bullied(home, ming, ["you are stupid"])
    assert len(run(home, "alerts", "--json").ok().data) == 1
    quiet = run(home, "log", "follow", "--seconds", "1").ok()
    assert quiet.err == "" and len(run(home, "alerts", "--json").ok().data) == 1
    loud = run(home, "log", "follow", "--notify", "--seconds", "1").ok()
    assert loud.err.count("Warning: ") == 1 and "alerts.delivered" in loud.out
    assert run(home, "alerts").ok().out == "No alert waits.\n"
