"""What happens to the power key, to the clock and to the light: one board of each kind, on CPython."""

from pathlib import Path

import pytest

from simulator.watch import Watch
from tests.boards import story
from tests.ui import tour

WITH_POWER_KEY = ("lilygo-t-watch-2020-v3", "lilygo-t-watch-s3")
WITH_MOTION = ("lilygo-t-watch-s3", "waveshare-s3-touch-lcd-1.69")
WITH_CLOCK = ("m5stickc-plus2", "waveshare-s3-touch-lcd-1.69")
HANGING, LOOKING_UP = [[0, -950, 100]] * 12, [[0, -200, 960]] * 6


def _start(board: str, folder: Path) -> tuple[Watch, story.Hand]:
    watch = story.watch(board, folder, "cpython")
    return watch, story.Hand(watch, board)


@pytest.mark.parametrize("board", WITH_POWER_KEY)
def test_a_key_that_is_held_switches_nothing_off(board: str, tmp_path: Path) -> None:
    """Before set-up, from the dark, in the middle of a call for help: whoever holds keeps the power."""
    watch, hand = _start(board, tmp_path)
    watch.advance(20)
    assert not hand.chips()["lit"]
    hand.watch.do("button", name="a", down=True)
    watch.advance(40)
    assert hand.chips()["alive"] and hand.chips()["sos"] != "idle"
    hand.watch.do("button", name="a", down=False)
    watch.advance(5)
    hand.watch.do("button", name="a", down=True)
    watch.advance(12)
    assert hand.chips()["alive"]


def test_half_a_minute_of_holding_is_help_whatever_came_between(tmp_path: Path) -> None:
    """Somebody else stops the count while the child goes on holding."""
    watch, hand = _start("lilygo-t-watch-s3", tmp_path)
    hand.hold_until(lambda: hand.chips()["sos"] == "counting", 4000)
    hand.tap("cancel")
    assert hand.chips()["sos"] == "idle"
    watch.advance(20)
    assert hand.chips()["sos"] == "idle"
    watch.advance(20)
    assert hand.chips()["sos"] == "delivered"


@pytest.mark.parametrize("board", WITH_POWER_KEY)
def test_ten_seconds_end_a_firmware_that_hangs(board: str, tmp_path: Path) -> None:
    """The power chip acts by itself, after its longest time, if nobody has seen the key."""
    watch, hand = _start(board, tmp_path)
    assert watch._rig is not None and watch._rig.chips is not None
    bench = watch._rig.chips.bench
    bench.press("a", True)
    bench.circuit.advance(9900)
    assert bench.alive()
    bench.circuit.advance(200)
    assert not bench.alive()
    assert hand.seen() == story.BLACK, "its rails went with it"
    assert watch.reboot()["status"] == "new"
    assert hand.chips()["alive"] and hand.seen() != story.BLACK


def test_a_board_that_must_be_held_on_is_held_on(tmp_path: Path) -> None:
    """Pin 41 latches the power; until the firmware drives it the board would go off again."""
    watch, hand = _start("waveshare-s3-touch-lcd-1.69", tmp_path)
    assert hand.chips()["alive"]
    assert watch._rig is not None and watch._rig.chips is not None
    watch._rig.chips.bench.circuit.line(41).put(0)
    assert not hand.chips()["alive"]


@pytest.mark.parametrize("board", WITH_CLOCK)
def test_the_clock_chip_vouches_for_the_time_until_its_cell_is_empty(board: str, tmp_path: Path) -> None:
    watch, _ = _start(board, tmp_path)
    assert watch.do("clock")["trust"] == "none", "a clock that was never set says so"
    tour.start(watch, "en")
    watch.advance(2)
    watch.reboot(off=86400)
    clock = watch.do("clock")
    assert clock["trust"] == "set"
    assert abs(clock["wall"] - watch.now) <= 2, "a day went by without power"
    watch.reboot(off=3600, rtc=False)
    assert watch.do("clock")["trust"] == "stale"


def test_without_a_clock_chip_the_time_is_stale_after_a_power_cut(tmp_path: Path) -> None:
    watch, _ = _start("tinywatch-s3", tmp_path)
    tour.start(watch, "en")
    watch.reboot(off=60)
    assert watch.do("clock")["trust"] == "stale"


@pytest.mark.parametrize("board", WITH_MOTION)
def test_a_raised_wrist_lights_the_display(board: str, tmp_path: Path) -> None:
    watch, hand = _start(board, tmp_path)
    watch.advance(20)
    hand.chips(feel=HANGING)
    watch.advance(2)
    assert not hand.chips()["lit"], "an arm that hangs lights nothing"
    hand.chips(feel=LOOKING_UP)
    watch.advance(2)
    assert hand.chips()["lit"]
    watch.advance(20)
    hand.chips(feel=LOOKING_UP)
    watch.advance(2)
    assert not hand.chips()["lit"], "lying still is no movement"


@pytest.mark.parametrize("board", ("simulator", "lilygo-t-watch-2020-v3"))
def test_a_finger_in_the_dark_only_lights_the_display(board: str, tmp_path: Path) -> None:
    watch, hand = _start(board, tmp_path)
    watch.advance(20)
    targets = watch.do("look")["targets"]
    _, x, y, w, h = targets[0]
    watch.do("touch", x=x + w // 2, y=y + h // 2, down=True)
    watch.advance(1)
    before = hand.screen()
    watch.do("touch", x=x + w // 2, y=y + h // 2, down=False)
    assert hand.chips()["lit"] and hand.screen() == before == "lock"
    hand.finger(x + w // 2, y + h // 2)
    assert hand.screen() == targets[0][0]


def test_a_press_counts_from_its_beginning_even_if_the_watch_looks_later(tmp_path: Path) -> None:
    """The pin of this board cannot end a light sleep, so the loop looks at it once a second."""
    assert "wake" not in story.facts("waveshare-s3-touch-lcd-1.69")
    watch, hand = _start("waveshare-s3-touch-lcd-1.69", tmp_path)
    watch.advance(20)
    for late in (10, 500, 990):
        hand.chips(**{"pass": late})
        held = hand.hold_until(lambda: hand.screen() == "sos", 5000)
        assert held <= 3100
        watch.do("button", name="a", down=False)
        hand.tap("cancel")
        watch.advance(20)


def test_on_the_cable_nothing_sleeps(tmp_path: Path) -> None:
    """In light sleep the serial line would lose what comes."""
    watch, hand = _start("lilygo-t-watch-s3", tmp_path)
    watch.charge(True)
    watch.advance(60)
    assert not hand.chips()["lit"] and hand.chips()["slept"] == 0
    watch.charge(False)
    watch.advance(60)
    assert hand.chips()["slept"] > 50000
    assert "wake" not in story.facts("m5stickc-plus2"), "a board that cannot tell never sleeps so deeply"


def test_the_charger_is_shown(tmp_path: Path) -> None:
    watch, hand = _start("tinywatch-s3", tmp_path)
    before = watch.picture()["sha256"]
    watch.charge(True)
    watch.advance(1)
    watch.advance(61)
    hand.press("a")
    watch.advance(1)
    assert watch._rig is not None and watch._rig.shell is not None and watch._rig.shell.charging
    assert watch.picture()["sha256"] != before


def test_a_board_without_telephony_never_draws_a_call(tmp_path: Path) -> None:
    watch, hand = _start("lilygo-t-watch-s3", tmp_path)
    tour.start(watch, "en")
    hand.watch.do("button", name="a", down=True)
    watch.advance(4)
    hand.watch.do("button", name="a", down=False)
    watch.network(False)
    heard = []
    for _ in range(12):
        watch.advance(1)
        heard.append(hand.chips()["felt"])
    texts = " ".join(watch.do("look")["texts"])
    assert "cannot call" in texts and "adult" in texts
    assert hand.chips()["sos"] == "not_delivered"
    assert any(heard[5:]), "an alarm goes on where nobody was reached"
