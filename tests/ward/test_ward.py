"""`ward` against a simulated watch at a pseudo-terminal, on both runtimes: each command, each exit code, no secret."""

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from firmware.policy.rules.contacts import agreement_mac
from host_tools.cli import main
from host_tools.console import CODES
from host_tools.guardian.policy import settings
from host_tools.link.talk import Talk
from simulator.watch import RUNTIMES
from tests.ward.home import ANSWERS, NUMBER, PASSPHRASE, PIN, Home, Terminal, a_home, pair, run, set_up
from tests.ward.tree import leaves


@pytest.fixture(params=RUNTIMES)
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Home]:
    if request.param == "micropython":
        request.getfixturevalue("micropython_binary")
    with a_home(tmp_path, request.param) as home:
        yield home


@pytest.fixture
def ours(home: Home) -> Home:
    """A watch that is set up and paired."""
    return pair(home)


def add_contact(home: Home, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("WARD_HOME", str(home.folder / "keys"))
    talk = Talk(home.watch.path, "owner", None)
    talk.open()
    talk.log_in(PASSPHRASE)
    key = b"k" * 32
    talk.act("contacts.add", name=name, address=name.lower(), key=key.hex(), role="friend")
    talk.close()
    agreed = {"kind": "contacts.agreed", "address": name.lower(), "mac": agreement_mac(key, name.lower()).hex()}
    assert home.watch.do("ask", request=agreed)["verdict"] == "allow"


# --- the first set-up


def test_a_new_user_is_done_with_one_command_and_eight_answers(home: Home) -> None:
    """The first-setup transcript: digits, seven answers, and a watch with a daily limit and a paired computer."""
    seen = set_up(home).seen
    assert len(ANSWERS) + 1 <= 8 and seen.count("six digits on the watch:") == 1
    assert "This watch is new." in seen and "policy 1." in seen and "Set up for guardian." in seen
    status = home.ward("status", "--json").ok().data
    assert (status["protected"], status["band"], status["version"], status["hosts"]) == (True, 1, 1, ["desk"])
    assert home.ward("policy", "export", "--json").ok().data == {"usage": {"daily_minutes": 30}}
    assert NUMBER in home.watch.do("floor")["numbers"]
    page = (Path(__file__).resolve().parents[2] / "docs" / "ward.md").read_text(encoding="utf-8")
    for line in seen.strip().split("\n"):  # the page's transcript is this one, but for digits, time and what is typed
        if not line.startswith("Time: "):
            assert "    " + re.sub(r":(?!.*[.:]).*", ":", line).rstrip() in page, line
    again = home.ward("setup").ok()
    assert "set up already" in again.err


def test_wrong_digits_give_new_ones_and_the_third_time_ends(home: Home) -> None:
    terminal = Terminal(home, "setup")
    for _ in range(3):
        terminal.wait_for("six digits on the watch:")
        terminal.type("%06d" % ((int(home.code()) + 1) % 1000000))
    assert terminal.end() == 6, terminal.seen
    assert "Wait for 1 min, then run ward setup again" in terminal.seen and not home.watch.do("state")["set_up"]


def test_answers_that_cannot_be_are_asked_again(home: Home) -> None:
    terminal = Terminal(home, "setup")
    terminal.wait_for("six digits on the watch:")
    terminal.type("12345")
    terminal.wait_for("Six digits, please.")
    terminal.wait_for("six digits on the watch:")
    terminal.type(home.code())
    bad = {"Month in which": "2017-13", "Passphrase for": "short", "phone number": "12a", "Minutes a day": "481"}
    for question, answer in ANSWERS:
        wrong = next((bad[start] for start in bad if question.startswith(start)), "")
        for typed in [wrong, answer] if wrong else [answer]:
            terminal.wait_for(question)
            terminal.wait_for(": ")
            terminal.type(typed if question != "PIN for" else "123456")
    terminal.wait_for("easy to guess")
    terminal.wait_for(": ")
    terminal.type(PIN)
    assert terminal.end() == 0, terminal.seen


def test_a_second_computer_needs_the_watch_and_the_owners_passphrase(ours: Home) -> None:
    elsewhere = {"WARD_HOME": str(ours.folder / "other")}
    refused = ours.ward("status", **elsewhere)
    assert refused.code == 4 and "Run: ward setup" in refused.err
    wrong = pair_elsewhere(ours, "four owls under the bridge")
    assert wrong.end() == 6 and ours.ward("status", **elsewhere).code == 4
    right = pair_elsewhere(ours, PASSPHRASE)
    assert right.end() == 0, right.seen
    assert ours.ward("hosts", "--json", **elsewhere).ok().data == ["desk", "laptop"]
    # and a stolen one is sent away, whatever it still knows
    assert ours.ward("hosts", "remove", "laptop").code == 1
    assert ours.ward("hosts", "remove", "lapdog", secret=PASSPHRASE).code == 1
    ours.ward("hosts", "remove", "laptop", secret=PASSPHRASE).ok()
    gone = ours.ward("status", **elsewhere)
    assert gone.code == 4 and "does not any more" in gone.err
    assert ours.ward("hosts", "--json").ok().data == ["desk"]


def pair_elsewhere(home: Home, passphrase: str) -> Terminal:
    kept = home.environment()["WARD_HOME"]
    try:
        home.environment = lambda **more: {**Home.environment(home), "WARD_HOME": str(home.folder / "other"), **more}  # type: ignore[method-assign]
        terminal = Terminal(home, "setup", "--computer", "laptop")
    finally:
        del home.environment
    assert home.environment()["WARD_HOME"] == kept
    terminal.wait_for("six digits on the watch:")
    terminal.type(home.code())
    terminal.wait_for("passphrase: ")
    terminal.type(passphrase)
    return terminal


# --- all commands


def test_every_command(ours: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands about people, rules, data and the watch as a whole; the others have files of their own."""
    done = {"setup"}

    def ward(*arguments: str, secret: str = "") -> Any:
        named = [name for name in tree if list(arguments[: len(name.split())]) == name.split()]
        done.update(named)
        return run(ours, *arguments, secret=secret).ok()

    tree = list(leaves(main))
    add_contact(ours, monkeypatch, "Ann")
    ours.watch.do("service", call="press", **{"with": {"place": "conversation", "party": "ann"}})
    assert "Alerts: 1 wait; see ward alerts." in ward("status").out
    # people
    assert ward("contacts", "list", "--json").data[0]["blocked"]
    assert [one["name"] for one in ward("block", "list", "--json").data] == ["Ann"]
    ward("block", "release", "ann", secret=PASSPHRASE)
    assert not ward("contacts", "list", "--json").data[0]["blocked"]
    refused = run(ours, "block", "unmark", "ann", secret=PASSPHRASE)
    assert refused.code == 3 and "blocking.not_blocked" in refused.err
    done.add("block unmark")
    assert [one["handed_over"] for one in ward("evidence", "list", "--json").data] == [0]
    assert isinstance(ward("alerts", "--json").data, list)
    # settings
    assert ward("policy", "get", "contacts.mode", "--json").data["names"] == ["off", "approve", "on"]
    shown = ward("policy", "get", "usage.daily_minutes").out
    assert "stricter" in shown and settings()["usage.daily_minutes"]["help"] in shown
    assert ward("policy", "set", "contacts.mode", "off", "--json").data == {"contacts.mode": [1, 0]}
    assert {"key": "contacts.mode", "value": 0, "chosen": True, "until": None} in ward(
        "policy", "list", "--chosen", "--json"
    ).data
    text = ward("policy", "export").out
    assert tomllib.loads(text) == {"contacts": {"mode": 0}, "usage": {"daily_minutes": 30}}
    file = ours.folder / "policy.toml"
    file.write_text(text.replace("30", "25") + '\n[blocking]\nundo_seconds = 5\n"calm_minutes" = 90\n')
    changes = {"usage.daily_minutes": [30, 25], "blocking.undo_seconds": [10, 5], "blocking.calm_minutes": [60, 90]}
    assert ward("policy", "diff", str(file), "--json").data == changes
    assert ward("policy", "apply", str(file), "--json").data == changes
    assert ward("policy", "apply", str(file), "--json").data == {}
    ward("grant", "usage.daily_minutes", "50", "--minutes", "5", secret=PASSPHRASE)
    assert ours.watch.do("setting", key="usage.daily_minutes")["value"] == 50
    assert next(one for one in ward("policy", "list", "--json").data if one["key"] == "usage.daily_minutes")["until"]
    # what is under the exception is set although the same value is in force, and takes the passphrase
    changed = ward("policy", "set", "usage.daily_minutes", "50", "--json", secret=PASSPHRASE).data
    assert changed == {"usage.daily_minutes": [50, 50]}
    # the watch
    assert abs(ward("clock", "show", "--json").data["ahead"]) <= 2
    ward("clock", "set", secret=PASSPHRASE)
    ward("lost", "on", "--message", "Please call home", secret=PASSPHRASE)
    assert "lost mode" in ward("status").out
    ward("lost", "off", secret=PASSPHRASE)
    assert ward("lock", "show", "--json").data == {"code": False}
    typed = run(ours, "lock", "set", secret=PASSPHRASE, stdin="12\n4826\n4826\n").ok()
    assert "four to eight digits" in typed.err.lower() and "4826" not in typed.out + typed.err
    done.add("lock set")
    assert "asks for a code" in ward("lock").out and ours.watch.do("dark")["locked"]
    ward("lock", "clear", secret=PASSPHRASE)
    assert not ours.watch.do("dark")["locked"]
    assert {"lock_set", "lock_cleared"} <= {kind for kind, _ in ours.shown}
    assert ward("hosts", "--json").data == ["desk"]
    assert "Recovery code" in ward("recover", "--new-code", secret=PASSPHRASE).err
    # data
    assert "credentials.proof_needed" not in ward("data", "inventory", "--json", secret=PASSPHRASE).out
    copy = ours.folder / "copy.txt"
    ward("data", "export", str(copy), secret=PASSPHRASE)
    assert "Ann" in copy.read_text() and copy.stat().st_mode & 0o777 == 0o600
    ward("data", "erase", "evidence", "--yes", secret=PASSPHRASE)
    assert ward("evidence", "list").out == "No evidence.\n"
    assert "Agreed" in ward("data", "consent", "give", "location", "--yes", secret=PASSPHRASE).out
    ward("data", "consent", "withdraw", "location", "--yes")
    ward("data", "consent", "refuse", "location")
    assert "consent.given" in ward("log", "show").out
    ward("log", "export", str(ours.folder / "log.jsonl"))
    lines = [json.loads(line) for line in (ours.folder / "log.jsonl").read_text().splitlines()][1:-1]
    shown = ward("log", "show", "--after", str(lines[2][0]), "--json").data
    assert lines[3 : 3 + len(shown)] == shown[: len(lines) - 3] and [line[0] for line in lines] == sorted(
        {line[0] for line in lines}
    )
    no_secret_anywhere(ours)
    ward("wipe", "--yes", secret=PASSPHRASE)
    assert not ours.watch.do("state")["set_up"]
    assert run(ours, "status").code == 4
    assert len(done) >= 28


def no_secret_anywhere(home: Home) -> None:
    """Neither passphrase, PIN nor pairing key in arguments, output, journal or exported files."""
    (kept,) = json.loads((home.folder / "keys" / "hosts.json").read_text())["watches"].values()
    exported = "".join(path.read_text() for path in home.folder.iterdir() if path.suffix in (".txt", ".jsonl", ".toml"))
    for place in (home.output, " ".join(home.arguments), home.records(), exported):
        for secret in (PASSPHRASE, PIN, kept["key"]):
            assert secret not in place
    assert (home.folder / "keys" / "hosts.json").stat().st_mode & 0o777 == 0o600


def test_looser_takes_the_passphrase_and_only_for_one_command(ours: Home) -> None:
    assert run(ours, "policy", "set", "usage.daily_minutes", "20").code == 0
    assert run(ours, "policy", "set", "usage.daily_minutes", "60").code == 1  # nobody answers the question
    wrong = run(ours, "policy", "set", "usage.daily_minutes", "60", secret="four owls")
    assert wrong.code == 6 and "credentials.wrong" in wrong.err and wrong.out == ""
    assert ours.watch.do("setting", key="usage.daily_minutes")["value"] == 20
    run(ours, "policy", "set", "usage.daily_minutes", "60", secret=PASSPHRASE).ok()
    assert run(ours, "policy", "set", "usage.daily_minutes", "90").code == 1


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["policy", "set", "usage.dayly_minutes", "5"], 1, "Perhaps: usage."),
        (["policy", "set", "contacts.mode", "maybe"], 1, '"approve"'),
        (["policy", "set", "usage.daily_minutes", "481"], 3, "from 0 to 480"),
        (["policy", "apply", "nowhere.toml"], 1, "cannot be read"),
        (["grant", "usage.daily_minutes", "50", "--minutes", "0"], 2, "--minutes"),
        (["status", "--port", "/nowhere"], 4, "cannot be opened"),
        (["data", "export", "port"], 1, "there already"),
        (["block", "release", "nobody-here"], 3, "blocking."),
        (["clock", "set", "--as", "aunt"], 6, "credentials."),
        (["wipe"], 1, ""),
    ],
)
def test_errors_say_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], code: int, words: str
) -> None:
    with a_home(tmp_path, "cpython") as home:
        pair(home)
        monkeypatch.chdir(home.folder)
        done = run(home, *arguments, secret={3: PASSPHRASE, 6: "four owls under"}.get(code, ""))
        assert done.code == code and code in CODES, (done.code, done.err)
        assert words in done.err and done.out == "" and "Traceback" not in done.err


# --- pulling the cable


def unplug_at(home: Home, frame: int, after: bool) -> None:
    """Pull the cable at the n-th piece that the host sends: before the watch has it, or before its answer is out."""
    receive, count = type(home.watch)._receive, 0

    def hook(data: bytes) -> None:
        nonlocal count
        count += 1
        if count == frame:
            if after:
                home.watch.do("cable", data=data.hex())
            home.watch.unplug()
        elif count < frame:
            receive(home.watch, data)

    home.watch._receive = hook  # type: ignore[method-assign]


def plug(home: Home) -> None:
    del home.watch._receive
    home.watch.plug()


@pytest.mark.parametrize("after", [False, True])
def test_unplugging_leaves_the_old_state_or_the_new_one(ours: Home, after: bool) -> None:
    """Wherever the cable is pulled while a limit is loosened with the passphrase."""
    minutes, codes, told = 30, [], []
    for frame in range(1, 40):
        unplug_at(ours, frame, after)
        done = run(ours, "policy", "set", "usage.daily_minutes", str(minutes + 1), secret=PASSPHRASE)
        if done.code == 0:
            del ours.watch._receive
            break
        assert done.code in (4, 5) and done.out == "" and "Traceback" not in done.err, done.err
        assert done.code == 4 or "wholly or not at all" in done.err
        codes.append(done.code)
        plug(ours)
        now = ours.watch.do("setting", key="usage.daily_minutes")["value"]
        assert now in (minutes, minutes + 1)
        after_all = run(ours, "policy", "get", "usage.daily_minutes", "--json").ok()
        assert after_all.data["value"] == now
        if done.code == 5 and "(administration.policy)" in after_all.err:  # cut off between the question and its answer
            said = "was not carried out" not in after_all.err
            assert said == (now != minutes)
            told.append(said)
        minutes = now
    else:
        pytest.fail("the command never came to its end")
    assert codes[0] == 4 and codes.count(5) >= 8 and told.count(True) == (1 if after else 0)


def test_a_set_up_that_was_cut_off_goes_on(home: Home) -> None:
    """The cable goes just when the watch has its guardian: no one is shut out, and a second run brings it to an end."""
    receive = type(home.watch)._receive

    def hook(data: bytes) -> None:
        if home.watch.do("state")["set_up"]:
            home.watch.unplug()
        else:
            receive(home.watch, data)

    home.watch._receive = hook  # type: ignore[method-assign]
    with pytest.raises(AssertionError, match="wholly or not at all"):
        set_up(home)
    plug(home)
    assert home.watch.do("state")["set_up"] and home.ward("status").code == 4
    terminal = Terminal(home, "setup", "--computer", "desk")
    terminal.wait_for("six digits on the watch:")
    terminal.type(home.code())
    for question, answer in (("The owner's passphrase", PASSPHRASE), ("Minutes a day", "25")):
        terminal.wait_for(question)
        terminal.wait_for(": ")
        terminal.type(answer)
    assert terminal.end() == 0, terminal.seen
    status = home.ward("status", "--json").ok().data
    assert (status["version"], status["hosts"]) == (1, ["desk"])


# --- the documented tables


def test_the_page_names_every_command_and_exit_code() -> None:
    text = (Path(__file__).resolve().parents[2] / "docs" / "ward.md").read_text(encoding="utf-8")
    for name in leaves(main):
        assert re.search(r"^\|.*`ward %s[` ]" % name, text, re.MULTILINE), name
    for code, words in CODES.items():
        assert "| %d | %s |" % (code, words) in text
