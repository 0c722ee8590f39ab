"""What the screens owe to single requirement rows, walked through by touch or buttons on every kind of display."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from firmware import texts
from firmware.ui.canvas import CARD
from firmware.ui.screens.privacy import PURPOSES
from simulator.watch import Watch
from tests.ui import tour

COLLECTED = Path(texts.__file__).with_name("collected.tsv")
# What spends money, reads what was folded away, undoes or lifts a protection, or sends what may hurt (C13).
WEAKER = {"pay", "open", "undo", "release", "forget"}


@pytest.fixture(params=tour.DISPLAYS)
def watch(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Watch]:
    options: dict[str, Any] = {"display": tour.DISPLAYS[request.param], "language": "en", "battery": 80, "dark": True}
    with Watch(tmp_path, tour.START, **options) as watch:
        yield watch


def test_the_privacy_rules_are_two_taps_away_without_a_network(watch: Watch) -> None:
    """A1: every declared category is there, and the edition is the hash of the shipped file."""
    stage = tour.start(watch, "en")[0]
    stage.greet()
    watch.network(False)
    stage.tap("menu", 0)
    stage.tap("privacy", 0)
    assert stage.screen() == "privacy"
    lines = [line.split("\t") for line in COLLECTED.read_text("utf-8").splitlines()]
    for purpose, _ in PURPOSES:
        stage.tap(purpose)
        told = 0
        wanted = sum(purpose in line for line in lines)
        while True:
            said = " ".join(watch.look()["texts"])
            told += 1
            assert "%d/%d" % (told, wanted) in said, (purpose, said)
            if told == wanted:
                break
            stage.tap("on")
        stage.tap("back")
    while "edition" not in stage.targets():
        stage.tap("more")
    assert hashlib.sha256(COLLECTED.read_bytes()).hexdigest()[:8] in " ".join(watch.look()["texts"])


def test_protection_has_three_entrances(watch: Watch) -> None:
    """D8: from the first start on, from the face, and among the settings; on the lock screen besides."""
    stage = tour.Stage(watch, "en")
    stage.tap("en")
    stage.tap("help")
    assert stage.screen() == "help", "on a watch that is just being set up"
    stage.tap("back")
    stage = tour.start(watch, "en")[0]
    stage.greet()
    stage.tap("help", 0)
    assert stage.screen() == "help", "from the face"
    stage.home()
    for name in ("privacy", "told", "held", "help"):
        stage.menu(name)
        assert stage.screen() == name, "from the menu"
    stage.home()
    watch.do("open_screen", name="lock")
    stage.tap("help")
    assert stage.screen() == "help"


def test_each_refusal_is_told_with_its_words(watch: Watch) -> None:
    """D13: what was refused stands on the screen with the words of its reason, and stays in the child's list."""
    stage = tour.start(watch, "en")[0]
    stage.greet()
    answer = watch.call("13900000999")
    watch.advance(61)
    assert answer["verdict"] == "deny"
    stage.menu("held")
    stage.tap(next(name for name in stage.targets() if name[0] == "-"))
    words = texts.text(answer["reason"], "en")
    said = max(watch.look()["texts"], key=len)
    assert words.startswith(said) and len(said) > 20


def test_sos_offers_the_public_number_at_once(watch: Watch) -> None:
    """I4: while guardians do not answer, and after they have, one touch calls 110."""
    stage = tour.start(watch, "en")[0]
    watch.network(False)
    for online in (False, True):
        watch.network(online)
        stage.press("a", 3)
        watch.advance(40)
        assert stage.screen() == "sos"
        number = watch.do("state")["help"][0]
        watch.seen()
        stage.tap("+" + number, 0)
        assert ["dialling", {"number": number}] in watch.seen()["seen"]
        assert stage.screen() == "sos", "the call does not end what was begun"


@pytest.mark.parametrize("display", ["square", "narrow"])
def test_nothing_bright_weakens_a_protection(display: str, tmp_path: Path) -> None:
    """C13: on all stops of the tour a target that makes less safe is as dark as the way back."""
    found = set()
    options: dict[str, Any] = {"display": tour.DISPLAYS[display], "language": "en", "battery": 80, "dark": True}
    with Watch(tmp_path, tour.START, **options) as watch:
        for walk, phone in tour.TOURS:
            watch.now = tour.START
            watch.do("new", root=str(watch.root), wall=tour.START, seed="day", phone=phone, **options)
            for stop in walk(watch, "en"):
                rig = watch._rig
                assert rig is not None and rig.shell is not None
                for target in rig.shell._page.targets:
                    if target.name in WEAKER:
                        found.add(target.name)
                        assert target.box.colour == CARD, "%s on %s is bright" % (target.name, stop)
    assert found == WEAKER
