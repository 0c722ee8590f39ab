"""What the page's buttons make happen, without a browser; on both runtimes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from host_tools import boards
from simulator.portable.rig import Rig
from simulator.web.household import ACTS, BadAct, Entry, Household


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Household]:
    """A household on CPython."""
    household = Household(tmp_path)
    yield household
    household.close()


def act(home: Household, name: str, **fields: Any) -> Entry:
    entry = home.act(name, fields)
    assert entry is not None
    return entry


def kinds(entry: Entry) -> list[str]:
    return [record[3] for record in entry["records"]]


def reasons(entry: Entry) -> list[str]:
    return [decision["reason"] for decision in entry["decisions"]]


def test_the_one_button_means_the_last_sender(home: Household) -> None:
    """A stranger who does not get through and a guardian are not meant; after ten minutes nobody is."""
    assert act(home, "press")["detail"] == {"meant": ""}
    act(home, "message", person="bully", text="hello")
    act(home, "message", person="stranger", text="hello")
    act(home, "message", person="mother", text="hello")
    assert home.status()["meant"] == "bully"
    pressed = act(home, "press")
    assert pressed["detail"] == {"meant": "bully"} and "blocking.blocked" in kinds(pressed)
    assert home.status()["grades"]["bully"]["blocked"]
    assert reasons(act(home, "message", person="bully", text="hello")) == ["messages.blocked"]
    act(home, "message", person="friend", text="hello")
    act(home, "wait", minutes=9)
    assert home.status()["meant"] == "friend"
    act(home, "wait", minutes=1)
    assert home.status()["meant"] == ""


def test_messages_wait_for_the_network(home: Household) -> None:
    """Nothing reaches the watch while the network is gone; a block meanwhile holds for what waited."""
    act(home, "message", person="bully", text="hello")
    act(home, "network", on=False)
    held = act(home, "message", person="bully", text="and another thing")
    assert held["act"] == "held" and not held["decisions"] and home.status()["held"] == ["bully"]
    assert act(home, "call", person="mother")["act"] == "no_call"
    blocked = act(home, "block", person="bully")
    assert not blocked["alerts"] and home.status()["pending"]["en"] == ["Somebody was blocked on this watch."]
    back = act(home, "network", on=True)
    assert back["detail"]["held"] == 1 and reasons(back) == ["messages.blocked"] and not home.status()["held"]
    assert [alert["code"] for alert in back["alerts"]] == ["blocked"]


def test_a_payment_is_captured_once_the_terminal_hears_yes(home: Household) -> None:
    """Asked for, a wrong password, the right one; the guardian's bill then shows it."""
    act(home, "shop", amount=450, cls="food")
    assert home.status()["paying"]
    assert reasons(act(home, "password", right=False)) == ["payments.wrong_password"]
    paid = act(home, "password", right=True)
    assert [kind for kind in kinds(paid) if kind.startswith("payments.")] == [
        "payments.authorised",
        "payments.captured",
    ]
    assert not home.status()["paying"] and home.status()["bill"] is None
    act(home, "fetch_bill")
    assert home.status()["bill"][-1][3:7] == ["food", "captured", 450, 0]
    act(home, "shop", amount=100, cls="food")
    assert kinds(act(home, "no_payment")) == [] and not home.status()["paying"]


def test_a_look_is_shown_and_a_story_comes_in(home: Household) -> None:
    """The child sees each look; a story lies in the pool, a safety notice is announced."""
    looked = act(home, "look_place")
    assert [notice["kind"] for notice in looked["child"]] == ["look", "card_location"]
    assert home.watch.do("looks")["looks"][0][2] == "host"
    assert act(home, "deliver", what="story")["decisions"][0]["verdict"] == "allow"
    assert [notice["kind"] for notice in act(home, "deliver", what="safety")["child"]] == ["safety_notice"]
    with pytest.raises(BadAct):
        act(home, "deliver", what="an advert")


def test_the_assistant_answers_on_the_display(home: Household) -> None:
    """The child opens it on the watch, chooses a ready question, and stops."""

    def tap(name: str) -> None:
        x, y, w, h = next(target[1:] for target in home.watch.look()["targets"] if target[0] == name)
        for down in (True, False):
            home.act("touch", {"x": x + w // 2, "y": y + h // 2, "down": down})

    home.pass_time(2)
    while home.watch.look()["screen"] != "dial":
        tap("back")
    for name in ("menu", "assistant", "write", "#1"):
        tap(name)
    home.pass_time(1)
    shown = home.watch.look()
    assert shown["screen"] == "assistant" and shown["texts"][0] == "Made by AI" and "blue" in shown["texts"][1]
    tap("stop")
    assert "assistant.ended" in kinds(home.entries[-1])


def test_time_clock_battery_and_charger(home: Household) -> None:
    """Jumps arrive where they say; only the guardian sets the clock."""
    act(home, "until", time="22:00")
    at = home.watch.now
    assert (at // 60 + 480) % 1440 == 22 * 60
    assert act(home, "until", time="22:00")["detail"]["seconds"] == 86400
    act(home, "battery", minutes=10, clock_chip=False)
    assert home.clock()["trust"] == "stale" and home.clock()["wall"] < home.watch.now
    assert reasons(act(home, "child_clock", minutes=60)) == ["administration.clock_not_yours"]
    assert "administration.clock" in kinds(act(home, "clock", minutes=0))
    assert home.clock()["trust"] == "set" and home.clock()["wall"] == home.watch.now
    act(home, "charge", on=True)
    assert home.status()["usage"]["mode"] == "charging"


def test_what_comes_of_passing_time_is_told(home: Household) -> None:
    """SOS counts down, goes out and is told; nothing is told of a second in which nothing happens."""
    assert home.pass_time(1) is None
    act(home, "sos")
    entries = [home.pass_time(1) for _ in range(8)]
    told = [notice["kind"] for entry in entries if entry for notice in entry["child"]]
    assert told == ["sos_delivered"] and home.entries[-1]["act"] == "time"


def test_a_child_of_seven_has_no_wallet(tmp_path: Path) -> None:
    home = Household(tmp_path, age=7)
    assert reasons(act(home, "shop", amount=100, cls="food")) == ["payments.too_young"]
    assert all(decision["verdict"] == "allow" for decision in home.entries[0]["decisions"])


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("fly", {}),
        ("press", {"person": "bully"}),
        ("message", {"person": "bully"}),
        ("message", {"person": "nobody", "text": "hello"}),
        ("message", {"person": 1, "text": "hello"}),
        ("message", {"person": "bully", "text": "a" * 2001}),
        ("message", {"person": "bully", "text": "\ud800"}),
        ("network", {"on": 1}),
        ("wait", {"minutes": 0}),
        ("wait", {"minutes": True}),
        ("wait", {"minutes": 10081}),
        ("until", {"time": "25:00"}),
        ("clock", {"minutes": 1 << 40}),
        ("shop", {"amount": 1 << 40, "cls": "goods"}),
        ("open", {}),
    ],
)
def test_bad_acts_are_refused_and_change_nothing(home: Household, name: str, fields: dict[str, Any]) -> None:
    before = home.watch.files(), home.watch.now
    with pytest.raises(BadAct):
        home.act(name, fields)
    assert (home.watch.files(), home.watch.now) == before


@pytest.mark.parametrize("text", ["", "a" * 2000, "\0", "😀" * 500])
def test_what_the_watch_itself_refuses_is_told(home: Household, text: str) -> None:
    """No crash: the entry says that it was dropped or refused."""
    assert act(home, "message", person="friend", text=text)["decisions"][0]["verdict"]
    assert act(home, "write", person="friend", text=text, confirmed=False)["decisions"][0]["verdict"]


def test_a_watch_with_a_screen_is_touched(home: Household, monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands behind the picture is the rig's business; the household passes it on."""
    asked: list[dict[str, Any]] = []

    def do(self: Rig, command: dict[str, Any]) -> dict[str, Any]:
        if command["op"] in ("touch", "button"):
            asked.append(command)
            return {}
        if command["op"] == "picture":
            return {"w": 2, "h": 1, "data": "+AAAHw=="}
        return {"texts": ["16:00"]} if command["op"] == "look" else real(self, command)

    real = Rig.do
    monkeypatch.setattr(Rig, "do", do)
    seeing = Household(home.watch.root.parent / "second")
    assert seeing.cast()["screen"] and seeing.picture() == (2, 1, b"\xf8\x00\x00\x1f") and seeing.words_shown()
    assert seeing.act("touch", {"x": 1, "y": 2, "down": True}) is None
    assert seeing.act("button", {"name": "a", "down": False}) is None
    assert [command["op"] for command in asked] == ["touch", "button"] and len(seeing.entries) == 1


def test_both_runtimes_do_the_same(micropython_binary: str, tmp_path: Path) -> None:
    """Every act of ACTS that a watch without a screen takes; all entries and the whole status are equal."""
    acts: list[tuple[str, dict[str, Any]]] = [
        ("message", {"person": "bully", "text": "你真蠢, you are so stupid, everyone hates you"}),
        ("open", {}),
        ("call", {"person": "stranger"}),
        ("write", {"person": "friend", "text": "you are so stupid", "confirmed": False}),
        ("shop", {"amount": 500, "cls": "goods"}),
        ("password", {"right": True}),
        ("shop", {"amount": 500, "cls": "top_up"}),
        ("no_payment", {}),
        ("fetch_bill", {}),
        ("look_place", {}),
        ("deliver", {"what": "safety"}),
        ("network", {"on": False}),
        ("press", {}),
        ("undo", {"person": "bully"}),
        ("block", {"person": "bully"}),
        ("network", {"on": True}),
        ("sos", {}),
        ("sos_cancel", {}),
        ("charge", {"on": True}),
        ("battery", {"minutes": 10, "clock_chip": True}),
        ("child_clock", {"minutes": 60}),
        ("clock", {"minutes": -60}),
        ("wait", {"minutes": 10}),
        ("until", {"time": "07:00"}),
        ("touch", {"x": 1, "y": 1, "down": True}),
        ("button", {"name": "a", "down": True}),
    ]
    assert {name for name, _ in acts} == set(ACTS)
    found = []
    for runtime in ("cpython", "micropython"):
        home = Household(tmp_path / runtime, runtime, "zh")
        for name, fields in acts:
            home.act(name, fields)
        found.append((home.entries, home.status(), home.watch.files()))
        home.close()
    assert found[0] == found[1]


@pytest.mark.parametrize("name", ["m5stickc-plus2", "waveshare-s3-touch-lcd-1.28"])
def test_a_board_runs_behind_the_page(name: str, tmp_path: Path) -> None:
    """The page shows its display in its size, and its buttons; a press goes through its chips."""
    board = boards.load(name)
    home = Household(tmp_path, board=board)
    cast = home.cast()
    assert (cast["display"]["w"], cast["display"]["h"]) == (board.display["width"], board.display["height"])
    assert cast["buttons"] == [row["name"] for row in board.buttons]
    home.act("message", {"person": "bully", "text": "hello"})
    home.act("button", {"name": "a", "down": True})
    entry = home.act("button", {"name": "a", "down": False})
    assert entry is not None and len(entry["records"]) > 0, "the block is in the journal"
    assert home.status()["grades"]["bully"]["blocked"]
