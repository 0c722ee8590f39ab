"""With the display dark and a code set, the watch shows nothing private to anybody, and keeps nobody from help (B16);
erasing without a host (B19); the press without which no computer is paired (B6)."""

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from firmware.link.frames import frame
from simulator.watch import RUNTIMES, Watch
from tests.boards import story
from tests.ui import tour

CODE = "4826"
PUBLIC = {"lock", "keypad", "note", "help", "sos", "call", "blocked"}
PRIVATE = "the heron has a secret nest"


_KINDS = [(runtime, display) for runtime in RUNTIMES for display in ("square", "narrow")]


@pytest.fixture(params=_KINDS, ids="-".join)
def watch(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Watch]:
    runtime, display = request.param
    if runtime == "micropython":
        request.getfixturevalue("micropython_binary")
    options: dict[str, Any] = {"display": tour.DISPLAYS[display], "language": "en", "battery": 80, "dark": True}
    with Watch(tmp_path, tour.START, runtime, **options) as watch:
        yield watch


def texts(watch: Watch) -> str:
    return "\n".join(watch.do("look")["texts"])


def all_pages(stage: tour.Stage) -> str:
    found = texts(stage.watch)
    while stage.watch.do("look")["more"]:
        stage.tap("more")
        found += "\n" + texts(stage.watch)
    return found


def choose_code(stage: tour.Stage) -> None:
    stage.menu("mylock")
    stage.tap("set")
    stage.type(CODE)
    stage.type(CODE)
    assert stage.screen() == "note" and "Done." in texts(stage.watch)
    stage.home()


def unlock(stage: tour.Stage, code: str = CODE) -> None:
    stage.tap("home")
    stage.type(code)


def test_the_childs_lock(watch: Watch) -> None:
    stage, mother, friend, bully = tour.start(watch, "en")
    watch.advance(1)
    stage.greet()
    tour.open_everything(watch, stage)
    assert not watch.do("dark")["locked"] and "unlock" not in texts(watch)
    stage.tap("home")
    assert stage.screen() == "dial"  # without a code one touch opens
    choose_code(stage)
    watch.message(friend, PRIVATE)
    assert stage.screen() == "conversation"
    assert watch.do("dark")["locked"] and stage.screen() == "lock"
    assert set(stage.targets()) == {"help", "owner", "home"}
    assert "15:4" in texts(watch), "the time is for everybody"
    # what comes
    watch.message(friend, PRIVATE + " again")
    watch.message(bully, "you are a stupid loser")
    if stage.screen() == "note":  # an offer that names nobody
        stage.tap("back")
    assert stage.screen() == "lock" and "A message for you." in texts(watch)
    watch.incoming_call(mother.number)
    assert stage.screen() == "call" and mother.name in texts(watch)
    stage.tap("answer")
    stage.tap("over")
    assert stage.screen() == "lock"
    watch.incoming_call(friend.number)
    assert stage.screen() == "call" and friend.name not in texts(watch)
    stage.tap("over")
    stage.press("a")
    assert stage.screen() == "blocked" and watch.grade(bully)["blocked"]
    stage.tap("undo")
    assert watch.grade(bully)["blocked"], "whoever holds the watch takes nothing back"
    while stage.screen() != "lock":
        stage.tap("back" if "back" in stage.targets() else "home")
    stage.press("a", 3)
    assert stage.screen() == "sos"
    stage.tap("cancel")
    stage.tap("back")
    stage.tap("help")
    stage.tap("+110")
    while stage.screen() != "lock":
        stage.tap("back")
    payment = {"key": "07" * 16, "merchant": "kiosk", "name": "Kiosk", "amount": 100, "class": "food"}
    watch.do("service", call="pay_request", **{"with": {"payment": payment}})
    assert stage.screen() == "lock" and "Kiosk" not in texts(watch)
    unlock(stage, "4827")
    assert stage.screen() == "note"
    stage.tap("back")
    assert stage.screen() == "lock"
    unlock(stage)
    assert stage.screen() == "pay", "what wanted to open while it was closed"
    stage.tap("cancel")
    stage.home()
    watch.reboot()
    assert stage.screen() == "lock"
    # forgotten: the guardian's PIN takes the code away
    stage.tap("owner")
    stage.type("260719")
    assert "Done." in texts(watch) or "taken your code away" in texts(watch)
    while stage.screen() != "lock":
        stage.tap("back")
    stage.tap("home")
    assert stage.screen() == "dial"


def test_nothing_leads_past_a_closed_lock(watch: Watch) -> None:
    """Somebody who does not know the code touches and presses what there is, while things happen to the watch."""
    stage, mother, friend, bully = tour.start(watch, "en")
    watch.advance(1)
    stage.greet()
    tour.open_everything(watch, stage)
    choose_code(stage)
    watch.message(friend, PRIVATE)
    watch.do("dark")
    chance, seen = random.Random(16), set()
    for turn in range(150):
        if turn % 10 == 0:
            watch.incoming_call(mother.number if turn % 20 else friend.number)
        elif turn % 10 == 3:
            watch.message(friend, PRIVATE)
        elif turn % 10 == 6:
            watch.use("other", "blocks")
        way = chance.choice([*stage.targets(), "press a", "hold a"])
        if way.endswith(" a"):
            stage.press("a", 3 if way == "hold a" else 0)
        else:
            stage.tap(way, 0)
        watch.advance(1)
        look = watch.do("look")
        seen.add(look["screen"])
        shown = "\n".join(look["texts"])
        assert look["screen"] in PUBLIC | {"closed"}, look
        for secret in (PRIVATE, friend.name, bully.name):
            assert secret not in shown, look
    assert {"lock", "keypad", "help", "sos", "call"} <= seen


def test_a_lost_watch_shows_nothing_private(watch: Watch) -> None:
    """Whatever was open, and after a reboot too: the guardian's words, help and SOS, until an owner has it back."""
    stage, mother, friend, _ = tour.start(watch, "en")
    watch.advance(1)
    stage.greet()
    watch.message(friend, PRIVATE)
    assert stage.screen() == "conversation"
    watch.guardian_login(stage.guardian)
    lost = {"kind": "administration.lost", "message": "Please call us", "channel": "host"}
    assert watch.do("guardian", request=lost)["verdict"] == "allow"
    for again in (False, True):
        if again:
            watch.reboot()
        assert stage.screen() == "lock" and "Please call us" in texts(watch)
        watch.message(friend, PRIVATE)
        watch.incoming_call(mother.number)
        assert stage.screen() == "call"
        stage.tap("over")
        stage.press("a")
        stage.press("a", 3)
        assert stage.screen() == "sos"
        stage.tap("cancel")
        stage.tap("back")
        stage.tap("help")
        stage.tap("back")
        assert stage.screen() == "lock" and friend.name not in texts(watch)
    stage.tap("owner")
    stage.type("260719")
    while stage.screen() == "note":
        stage.tap("back")
    stage.tap("home")
    assert stage.screen() == "dial"


def test_changing_and_removing_the_code(watch: Watch) -> None:
    stage, *_ = tour.start(watch, "en")
    watch.advance(1)
    stage.greet()
    choose_code(stage)
    stage.menu("mylock")
    stage.tap("change")
    stage.type(CODE)
    stage.type("5937")
    stage.type("5938")
    assert "not the same" in texts(watch)
    stage.menu("mylock")
    stage.tap("change")
    stage.type(CODE)
    stage.type("5937")
    stage.type("5937")
    stage.home()
    watch.do("dark")
    unlock(stage)
    assert "That is not the code." in texts(watch)
    stage.tap("back")
    unlock(stage, "5937")
    stage.menu("mylock")
    stage.tap("clear")
    stage.type("5937")
    stage.home()
    assert not watch.do("dark")["locked"]


def test_a_watch_is_erased_without_a_computer(watch: Watch) -> None:
    stage, _, friend, _ = tour.start(watch, "en")
    watch.advance(1)
    stage.greet()
    watch.message(friend, PRIVATE)

    def ask_for_it(pin: str) -> None:
        stage.menu("about")
        assert "Set-ups: 1" in all_pages(stage).replace("\n", " ")
        stage.tap("wipe")
        for left in range(10, 0, -1):
            assert stage.screen() == "wipe", left
            stage.tap("erase")
        stage.type(pin)

    ask_for_it("719204")
    assert "not right" in texts(watch) and watch.status()["set_up"]
    stage.menu("about")
    stage.tap("wipe")
    stage.tap("erase")
    stage.home()
    ask_for_it("260719")
    assert watch.reboot()["status"] == "new" and stage.screen() == "setup"
    assert [row[0] for row in watch.files()] == ["setups", "keys"]


def test_the_digits_of_a_pairing_are_shown_to_whoever_presses(watch: Watch) -> None:
    stage, *_ = tour.start(watch, "en")
    watch.advance(1)
    stage.greet()
    watch.seen()
    asked = frame(json.dumps({"jsonrpc": "2.0", "id": 1, "method": "link.code"}).encode())
    watch.do("cable", data=asked.hex())
    ((_, fields),) = [one for one in watch.seen()["seen"] if one[0] == "pairing_code"]
    code = str(fields["code"])

    def digits() -> str:
        return "".join(sign for sign in texts(watch) if sign.isdigit())

    assert stage.screen() == "number" and code not in digits() and "computer" in texts(watch)
    stage.tap("show")
    assert code in digits()


@pytest.mark.parametrize("board", ["lilygo-t-watch-s3", "m5stickc-plus2"])
def test_a_boards_lock_closes_with_its_light(board: str, tmp_path: Path) -> None:
    """On the chips: a touch too few, the light goes out, and from then on the code is wanted."""
    with story.watch(board, tmp_path, "cpython") as watch:
        tour.start(watch, "en")
        hand = story.Hand(watch, board)
        watch.advance(1)
        assert watch.ask("lock.set", code=CODE)["verdict"] == "allow"
        hand.press("a")
        watch.advance(10)
        assert "owner" not in {target[0] for target in watch.do("look")["targets"]}
        watch.advance(30)
        hand.press("a")
        watch.advance(1)
        assert hand.screen() == "lock" and "owner" in {target[0] for target in watch.do("look")["targets"]}
        hand.tap("home")
        assert hand.screen() == "keypad"
        watch.reboot()
        watch.advance(1)
        assert hand.screen() == "lock"
