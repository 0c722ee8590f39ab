"""`ward relay`: two simulated watches, one on the real MicroPython, chat, are blocked and prove it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from host_tools.link.line import Refused
from tests.ward.home import PASSPHRASE, Home, a_home, pair, run, talk_to


@pytest.fixture
def two(tmp_path: Path, micropython_binary: str) -> Iterator[tuple[Home, Home]]:
    """Ann's watch on CPython and Bo's on MicroPython, contacts of each other by an invitation."""
    with (
        a_home(tmp_path / "ann", "cpython", "ann") as ann,
        a_home(tmp_path / "bo", "micropython", "bo") as bo,
    ):
        pair(ann)
        lend(bo, ann)
        pair(bo)
        file = ann.folder / "for-bo"
        run(ann, "contacts", "add", "Bo", "bo", "--invite", str(file), secret=PASSPHRASE).ok()
        assert file.stat().st_mode & 0o777 == 0o600
        code = run(bo, "contacts", "add", "Ann", "ann", "--invitation", str(file), "--json", secret=PASSPHRASE).ok()
        assert run(ann, "contacts", "agree", "bo", "0" * 32).code == 3
        run(ann, "contacts", "agree", "bo", code.data["code"]).ok()
        yield ann, bo


def lend(home: Home, owner: Home) -> None:
    """The same computer talks to both watches."""
    keys = str(owner.folder / "keys")
    home.environment = lambda **more: Home.environment(home, WARD_HOME=keys, **more)  # type: ignore[method-assign]


def carry(ann: Home, bo: Home) -> Any:
    rows = run(ann, "relay", ann.watch.path, bo.watch.path, "--seconds", "1", "--json").ok().data
    for home in (ann, bo):
        home.watch.do("step")
    return {(row["from"], row["to"]): row["messages"] for row in rows}


def write(home: Home, to: str, text: str, confirmed: bool = False) -> Any:
    return home.watch.do("service", call="send", **{"with": {"to": to, "text": text, "confirmed": confirmed}})


def came(home: Home) -> list[str]:
    """Texts that the child has seen since the last time."""
    seen = [*home.shown, *((kind, fields) for kind, fields in home.watch.do("seen")["seen"])]
    home.shown.clear()
    return [str(fields["text"]) for kind, fields in seen if kind == "message"]


def test_two_watches_chat_are_blocked_and_prove_it(two: tuple[Home, Home]) -> None:
    ann, bo = two
    assert write(ann, "bo", "kommst du? 你来吗")["verdict"] == "allow"
    assert write(bo, "ann", "in a minute")["verdict"] == "allow"
    assert write(bo, "ann", "or two")["verdict"] == "allow"
    assert carry(ann, bo) == {("ann", "bo"): 1, ("bo", "ann"): 2}
    assert came(bo) == ["kommst du? 你来吗"] and came(ann) == ["in a minute", "or two"]
    assert carry(ann, bo) == {}
    # Bo's watch is taken for bullying; Ann presses the one button
    assert write(bo, "ann", "you are stupid")["verdict"] != "allow", "wait and think"
    bo.watch.do("advance", seconds=10)
    assert write(bo, "ann", "you are stupid", confirmed=True)["verdict"] == "allow"
    assert carry(ann, bo) == {("bo", "ann"): 1}
    ann.watch.do("service", call="press", **{"with": {"place": "conversation", "party": "bo"}})
    came(ann)
    for text in ("sorry", "are you there?"):
        assert write(bo, "ann", text)["verdict"] == "allow", "Bo's watch does not know that he is blocked"
    assert carry(ann, bo) == {("bo", "ann"): 2}, "nor does the relay"
    assert came(ann) == []
    # and the block is proved: sealed evidence of what came, the envelope's own counter in it
    (package,) = run(ann, "evidence", "list", "--json").ok().data
    assert package["messages"] >= 3
    notice = run(ann, "evidence", "notice", "1", "--to", "school").ok().out
    assert "insults or exclusion: 1" in notice
    for home in two:
        assert "stupid" not in home.output and "kommst" not in home.output


def test_the_relay_reads_forges_and_repeats_nothing(two: tuple[Home, Home]) -> None:
    ann, bo = two
    write(ann, "bo", "the treehouse at four")
    talks = [talk_to(ann), talk_to(bo)]
    for talk in talks:
        talk.open()
    envelope = talks[0].line.call("relay.take")
    assert "treehouse" not in json.dumps(envelope) and envelope["to"] == "bo"
    parts = {name: envelope[name] for name in ("sender", "to", "counter", "mac", "sealed")}

    def give(**changes: Any) -> list[str]:
        assert talks[1].line.call("relay.give", **{**parts, **changes}) == {}
        bo.watch.do("step")
        return came(bo)

    flipped = ("A" if parts["sealed"][30] != "A" else "B").join((parts["sealed"][:30], parts["sealed"][31:]))
    assert give(sealed=flipped) == give(counter=parts["counter"] + 1) == give(mac="0" * 32) == []
    assert give(sender="stranger") == give(sealed="") == give(to="ann") == []
    assert give() == ["the treehouse at four"]
    assert give() == [], "a counter counts once"
    for wrong in ({"counter": -1}, {"counter": True}, {"sender": 3}, {"mac": "x" * 65}, {"to": None}):
        with pytest.raises(Refused):
            give(**wrong)
    assert talks[0].line.call("relay.take")["mac"] == parts["mac"], "it waits until the other one has it"
    assert "mac" not in talks[0].line.call("relay.take", taken=parts["mac"])
    for talk in talks:
        talk.close()


def test_what_the_relay_needs(tmp_path: Path) -> None:
    with a_home(tmp_path / "one", "cpython") as one, a_home(tmp_path / "two", "cpython") as two:
        pair(one)
        alone = run(one, "relay", one.watch.path, "--seconds", "1")
        assert alone.code == 4 and "two watches" in alone.err
        unpaired = run(one, "relay", one.watch.path, two.watch.path, "--seconds", "1")
        assert unpaired.code == 4 and two.watch.path in unpaired.err
        lend(two, one)
        pair(two)
        same = run(one, "relay", one.watch.path, two.watch.path, "--seconds", "1")
        assert same.code == 1 and "Two watches here have the address watch" in same.err
