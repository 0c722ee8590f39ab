"""The ways into a watch for repair (B14): with the PIN fifteen minutes of the recovery; a prompt only with the
passphrase, after every key is gone, wherever the power fails."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from firmware.update.slots import SERVICE, Slots
from simulator import micropython
from simulator.watch import Watch
from tests.ui import tour
from tests.update import packs

SCRIPT = Path(__file__).with_name("opening.py")


def test_every_cut_leaves_no_key_behind_an_open_prompt(
    micropython_binary: str, mpy_root: Path, source_root: Path, tmp_path: Path
) -> None:
    done = micropython.run(SCRIPT, path="%s:%s" % (mpy_root, source_root), heap="8M")
    lines = [line.split() for line in done.stdout.splitlines()]
    assert [line[0] for line in lines] == ["0", "1", "2"], done.stdout
    for variant, cuts, opened in lines:
        assert int(cuts) >= 10 and int(opened) >= 1, "too few cut points: the opening no longer does what it says"
        print("variant %s: %s cuts, %s of them open" % (variant, cuts, opened))


@pytest.fixture(params=["round", "narrow"])
def stage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tour.Stage]:
    """A watch with screens that runs from slots, at rest."""
    packs.write(tmp_path / "slots", packs.first(100))
    options: dict[str, Any] = {"display": tour.DISPLAYS[request.param], "language": "en", "dark": True}
    with Watch(tmp_path / "watch", tour.START, slots=str(tmp_path / "slots"), **options) as watch:
        stage, *_ = tour.start(watch, "en")
        watch.advance(1)
        stage.greet()
        yield stage


def ordered(stage: tour.Stage) -> str:
    """What the next start is to be; the order is gone then."""
    assert stage.watch._rig is not None
    slots = stage.watch._rig.watch.slots
    assert isinstance(slots, Slots)
    return slots.ordered()


def ten_times(stage: tour.Stage) -> None:
    stage.menu("repair")
    for left in range(10, 0, -1):
        assert stage.screen() == "repair" and str(left) in " ".join(stage.watch.do("look")["texts"])
        stage.tap("go")
    assert stage.screen() == "keypad"


def test_ten_touches_and_the_pin_restart_for_repair(stage: tour.Stage) -> None:
    ten_times(stage)
    stage.type(stage.guardian.pin)
    assert stage.watch._rig is not None and stage.watch._rig.watch.restart
    assert [row[3] for row in stage.watch.journal()["records"]].count("firmware.service") == 1
    assert ordered(stage) == SERVICE
    assert stage.watch.do("state")["set_up"], "nothing is erased"


def test_without_the_pin_nothing_happens_and_tries_are_counted(stage: tour.Stage) -> None:
    for _ in range(5):
        ten_times(stage)
        stage.type("111222")
        assert stage.screen() == "note"
        stage.home()
    ten_times(stage)
    stage.type(stage.guardian.pin)
    assert stage.screen() == "note", "the keypad waits"
    assert ordered(stage) == ""
    denied = [row[5] for row in stage.watch.journal()["denials"]]
    assert "credentials.locked" in denied


def test_a_few_touches_are_forgotten_and_help_comes_first(stage: tour.Stage) -> None:
    stage.menu("repair")
    for _ in range(9):
        stage.tap("go")
    stage.tap("back")
    ten_times(stage)
    stage.press("a", 3)
    assert stage.screen() == "sos"


def test_a_watch_without_slots_offers_no_repair(tmp_path: Path) -> None:
    with Watch(tmp_path, tour.START, display=tour.DISPLAYS["square"], language="en", dark=True) as watch:
        stage, *_ = tour.start(watch, "en")
        stage.home()
        stage.tap("menu")
        seen = set(stage.targets())
        stage.tap("half")
        assert "repair" not in seen | set(stage.targets())
