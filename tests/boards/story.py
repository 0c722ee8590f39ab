"""One afternoon with a board in the hand, told through its chips: what is touched, pressed, seen, heard and felt.

`tell` checks what must hold on every board and returns what happened, so that runtimes can be compared."""

import base64
import json
from pathlib import Path
from typing import Any

from host_tools import boards
from simulator.watch import Watch
from tests.ui import tour

BLACK = {0}


def watch(board: str, folder: Path, runtime: str) -> Watch:
    return Watch(folder, tour.START, runtime, board=facts(board), language="en", phone=False)


def facts(board: str) -> dict[str, Any]:
    """The packed description, as the watch reads it."""
    found: dict[str, Any] = json.loads(boards.load(board).packed())
    return found


class Hand:
    """A hand on a board. Everything goes through its chips."""

    def __init__(self, watch: Watch, board: str) -> None:
        self.watch = watch
        self.facts = facts(board)
        self.told: list[Any] = []

    def chips(self, **command: Any) -> dict[str, Any]:
        return self.watch.do("chips", **command)

    def screen(self) -> str:
        return str(self.watch.do("look")["screen"])

    def note(self) -> None:
        """Keep the picture's hash and the screen's name."""
        picture = self.watch.do("picture")
        self.told.append((self.screen(), picture["sha256"], len(set(base64.b64decode(picture["data"])))))

    def seen(self) -> set[int]:
        return set(base64.b64decode(self.watch.do("picture")["data"]))

    def press(self, name: str, milliseconds: int = 120) -> None:
        self.watch.do("button", name=name, down=True)
        self.chips(**{"pass": max(milliseconds - 60, 0)})
        self.watch.do("button", name=name, down=False)

    def tap(self, name: str) -> None:
        """Choose a target: with a finger, with b and c, or with the one button alone."""
        targets = self.watch.do("look")["targets"]
        names = [target[0] for target in targets]
        assert name in names, "%s is not on %s: %s" % (name, self.screen(), names)
        if "touch" in self.facts:
            _, x, y, w, h = targets[names.index(name)]
            self.finger(x + w // 2, y + h // 2)
            return
        for _ in targets:
            if self.watch.do("look")["focus"] == name:
                break
            self.next()
        assert self.watch.do("look")["focus"] == name
        self.choose()

    def finger(self, x: int, y: int) -> None:
        self.watch.do("touch", x=x, y=y, down=True)
        self.watch.do("touch", x=x, y=y, down=False)

    def next(self) -> None:
        if "next" in self.facts["gestures"]:
            self.press("a")
            self.press("a")
        else:
            self.press("b")

    def choose(self) -> None:
        if "choose" in self.facts["gestures"]:
            self.press("a")
            self.press("a", 1000)
        else:
            self.press("c")

    def hold_until(self, wanted: Any, limit: int) -> int:
        """Press the one button and keep it down until `wanted()`, or for `limit`. The milliseconds."""
        begun = self.chips()["now"]
        self.watch.do("button", name="a", down=True)
        while True:
            held = int(self.chips(**{"pass": 40})["now"]) - begun
            if wanted() or held > limit:
                return held


def tell(watch: Watch, board: str) -> list[Any]:
    """The afternoon. What happened, for comparing."""
    hand = Hand(watch, board)
    _before_set_up(hand)
    bully = tour.start(watch, "en")[3]
    watch.advance(10)
    assert hand.screen() == "note", "a lesson is offered at the first look of the day"
    hand.tap("back")
    _a_message_is_blocked(hand, watch, bully)
    _the_screen_goes_dark(hand, watch)
    _help(hand, watch)
    _help_is_called_off(hand, watch)
    hand.told.append(hand.chips()["faults"])
    assert hand.told[-1] == [], "a chip was used against its data sheet"
    hand.told.append(watch.journal()["records"])
    return hand.told


def _before_set_up(hand: Hand) -> None:
    assert hand.screen() == "setup" and hand.seen() != BLACK
    hand.note()
    first = hand.chips()["updates"]
    assert sum(w * h for _, _, w, h, _ in first) >= hand.facts["display"]["width"] * hand.facts["display"]["height"]
    hand.tap("help")
    assert hand.screen() == "help", "the finger or the buttons reach the screen"
    hand.note()
    hand.tap("back")
    assert hand.screen() == "setup"


def _a_message_is_blocked(hand: Hand, watch: Watch, bully: Any) -> None:
    clock = hand.chips()["rtc"]
    assert abs(clock - (watch.do("clock")["wall"] if "rtc" in hand.facts else -1)) <= 1, "it follows the guardian"
    watch.message(bully, "hello")
    now = hand.chips()
    assert hand.screen() == "conversation" and now["lit"]
    heard = [hand.chips(**{"pass": 40}) for _ in range(15)]  # the loop has its turn within half a second
    if "buzzer" in hand.facts:
        assert any(part["heard"] for part in heard)
    if "haptics" in hand.facts:
        assert any(part["felt"] for part in heard)
    hand.note()
    hand.press("a")
    hand.chips(**{"pass": 600})
    assert hand.screen() == "blocked" and watch.grade(bully)["blocked"], "a press of the one button blocks"
    hand.note()


def _the_screen_goes_dark(hand: Hand, watch: Watch) -> None:
    watch.advance(20)
    before = hand.chips()
    assert not before["lit"] and hand.seen() == BLACK
    watch.advance(60)
    after = hand.chips()
    assert 58 <= after["wakes"] - before["wakes"] <= 62, "once a second, no more"
    assert after["updates"] == [], "nothing is sent to a dark display"
    if "wake" in hand.facts:
        assert after["slept"] - before["slept"] > 50000
    hand.told.append(after["wakes"])


def _help(hand: Hand, watch: Watch) -> None:
    """From the dark, with the key held for half a minute."""
    hand.chips(**{"pass": 333})
    held = hand.hold_until(lambda: hand.screen() == "sos", 4000)
    assert held <= 3000 + 100, "SOS is on the screen after %d ms" % held
    assert hand.chips()["lit"] and hand.seen() != BLACK
    hand.note()
    while hand.chips()["sos"] == "counting":
        held += 40
        hand.chips(**{"pass": 40})
    assert held <= 8000 + 100, "the signal is out after %d ms" % held
    assert hand.chips()["sos"] == "delivered"
    hand.note()
    watch.advance(30)
    after = hand.chips()
    assert after["alive"], "holding the key switched the watch off"
    watch.do("button", name="a", down=False)
    assert hand.screen() == "sos"
    hand.tap("end")
    watch.advance(1)
    hand.told.append(hand.chips()["sos"])
    assert hand.chips()["sos"] == "idle"


def _help_is_called_off(hand: Hand, watch: Watch) -> None:
    for _ in range(4):
        if hand.screen() == "dial":
            break
        hand.tap(next(name for name in ("home", "back") if name in _names(watch)))
    hand.hold_until(lambda: hand.screen() == "sos", 4000)
    watch.do("button", name="a", down=False)
    hand.chips(**{"pass": 400})
    assert hand.chips()["sos"] == "counting", "letting go stops nothing"
    hand.tap("cancel")
    assert hand.chips()["sos"] == "idle"
    hand.note()


def _names(watch: Watch) -> list[str]:
    return [str(target[0]) for target in watch.do("look")["targets"]]
