"""`ward recover`: who has forgotten passphrase and PIN, on both runtimes; and the codes themselves."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from firmware.policy.desk.credentials import recovery_hash
from host_tools.link.line import Line, Refused
from host_tools.link.login import new_verifier
from host_tools.link.port import Port
from host_tools.link.recovery_code import code_bytes, new_code
from simulator.watch import RUNTIMES
from tests.ward.home import PASSPHRASE, Home, Terminal, a_home, set_up

DAY = 86400
NEW = "nine larks above the mill"


@pytest.fixture(params=RUNTIMES)
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Home]:
    if request.param == "micropython":
        request.getfixturevalue("micropython_binary")
    with a_home(tmp_path, request.param) as home:
        yield home


def code_in(seen: str) -> str:
    """The recovery code on a terminal."""
    (line,) = [line for line in seen.splitlines() if line.startswith("Recovery code")]
    return line.rpartition(" ")[2]


def recover(home: Home, code: str) -> Terminal:
    """`ward recover` answered question by question."""
    terminal = Terminal(home, "recover", "--yes")
    terminal.wait_for("six digits on the watch:")
    terminal.type(home.code())
    for question, answer in (("The recovery code", code), ("Passphrase for", NEW), ("PIN for", "517293")):
        terminal.wait_for(question)
        terminal.wait_for(": ")
        terminal.type(answer)
    return terminal


def test_a_forgotten_passphrase(home: Home) -> None:
    """Wrong code, right code, a day; then the new passphrase holds, the old one does not, and all rules are there."""
    code = code_in(set_up(home).seen)
    typo = ("0" if code[0] != "0" else "1") + code[1:]
    wrong = recover(home, typo)
    assert wrong.end() == 6 and "credentials.wrong" in wrong.seen
    begun = recover(home, code.lower().replace("-", " "))
    assert begun.end() == 0 and "24 hours" in begun.seen, begun.seen
    following = code_in(begun.seen)
    assert following != code and any(kind == "recovery" for kind, _ in home.shown)
    assert "ward recover --cancel" in home.ward("status").ok().out
    assert [one["code"] for one in home.ward("alerts", "--json").ok().data] in ([], ["recovery"])
    again = recover(home, code)
    assert again.end() == 3 and "on their way" in again.seen
    home.watch.do("advance", seconds=DAY)
    changed = home.ward("clock", "set", secret=NEW)  # as if it were a watch of somebody's own
    assert changed.code == 5 and "stretched in another way" in changed.err
    home.ward("setup").ok()
    old = home.ward("grant", "usage.daily_minutes", "50", "--minutes", "5", secret=PASSPHRASE)
    assert old.code == 6 and "credentials.wrong" in old.err
    assert home.ward("policy", "export", "--json").ok().data == {"usage": {"daily_minutes": 30}}
    home.ward("grant", "usage.daily_minutes", "50", "--minutes", "5", secret=NEW).ok()
    for secret in (code, following, NEW, code_bytes(code).hex()):
        assert secret not in home.records() and secret not in " ".join(home.arguments)


def test_an_owner_stops_it(home: Home) -> None:
    code = code_in(set_up(home).seen)
    assert recover(home, code).end() == 0
    stopped = home.ward("recover", "--cancel", secret=PASSPHRASE).ok()
    assert code_in(stopped.err) != code
    home.watch.do("advance", seconds=2 * DAY)
    home.ward("clock", "set", secret=PASSPHRASE).ok()
    spent = recover(home, code)
    assert spent.end() == 6 and home.ward("recover", "--cancel", secret=PASSPHRASE).code == 3


def test_the_code_alone_does_not_do_without_the_watch_in_hand(home: Home) -> None:
    """A paired computer that did not just read digits from the watch may not begin."""
    code = code_in(set_up(home).seen)
    kept = json.loads((home.folder / "keys" / "hosts.json").read_text())
    asked: dict[str, Any] = {"code": code_bytes(code).hex(), "hash": "00" * 32, "pin": "517293"}
    asked.update(new_verifier(NEW).fields())
    port = Port(home.watch.path)
    try:
        line = Line(port, bytes.fromhex(kept["host"]))
        ((_, entry),) = kept["watches"].items()
        line.hello()
        line.open(bytes.fromhex(entry["key"]))
        with pytest.raises(Refused, match="into your hand"):
            line.call("credentials.recover", **asked)
        assert line.call("status.read")["recovery"] == 0
    finally:
        port.close()


def test_codes_are_long_different_and_read_again() -> None:
    codes = {new_code() for _ in range(100)}
    assert len(codes) == 100
    for code, hash_ in codes:
        assert len(code_bytes(code)) * 8 >= 100 and recovery_hash(code_bytes(code)).hex() == hash_
    assert code_bytes("oil0-1111-1111-1111-1111-1111") == code_bytes("O110 1111 1111 1111 1111 1111")
    assert code_bytes("0000-0000-0000-0000-0000-000Z") == bytes(14) + b"\x1f"


@pytest.mark.parametrize("typed", ["", "1234", "1234-" * 5 + "123U", "1234-" * 6 + "1"])
def test_what_is_no_code(typed: str) -> None:
    with pytest.raises(click.UsageError):
        code_bytes(typed)
