"""A crawler takes every way out of every screen: there is always one, SOS is always there, and targets are large."""

from pathlib import Path

import pytest

from simulator.watch import Person, Watch
from tests.ui import tour

_WAYS_OUT = {"back", "home", "cancel", "end", "over", "erase", "help"}
_SCREENS = {
    "dial",
    "messages",
    "conversation",
    "folded",
    "blocked",
    "note",
    "sos",
    "help",
    "call",
    "closed",
    "lock",
    "keypad",
}
_FINGER = 78  # pixels of nine millimetres
_STEPS = 900


class Crawler:
    """Takes the way that was taken least; when it is home again, something happens to the child."""

    def __init__(self, watch: Watch, language: str, display: list) -> None:
        self.display = display
        self.stage, self.mother, self.friend, self.bully = tour.start(watch, language)
        self.watch = watch
        self.taken: dict[tuple[str, str], int] = {}
        self._words = tour._WORDS[language]
        self._events = self._home = 0

    def step(self) -> None:
        look = self.watch.do("look")
        screen = look["screen"]
        self.check(look)
        ways = [(screen, kind_of(target[0])) for target in look["targets"]] + [(screen, "hold a"), (screen, "press a")]
        for way in ways:
            self.taken.setdefault(way, 0)
        least = min(ways, key=lambda way: self.taken[way])
        if screen == "dial":
            self._home += 1
            if self._home % 4:
                self._happen()
                return
        self.taken[least] += 1
        if least[1] == "hold a":
            self.stage.press("a", 3)
            assert self.stage.screen() == "sos", "no SOS from %s" % screen
        elif least[1] == "press a":
            self.stage.press("a")
        else:
            self.stage.tap(next(target[0] for target in look["targets"] if kind_of(target[0]) == least[1]))

    def check(self, look: dict) -> None:
        """There is a way out, and nothing that can be touched is small or outside."""
        screen, targets = look["screen"], look["targets"]
        names = {target[0] for target in targets}
        assert screen == "dial" or names & _WAYS_OUT, "%s is a dead end: %s" % (screen, names)
        assert len(names) == len(targets), "%s has two targets of one name" % screen
        assert look["texts"] or targets
        width, height, is_round = self.display
        for name, x, y, w, h in targets:
            assert x >= 0 and y >= 0 and x + w <= width and y + h <= height, (screen, name)
            if self.stage.touches and not is_round and name != "more":
                assert w >= _FINGER and h >= _FINGER, "%s on %s is %d x %d" % (name, screen, w, h)

    def _happen(self) -> None:
        watch, number = self.watch, self._events % 9
        self._events += 1
        if number == 0:
            watch.message(self.mother, self._words["mother"][1])
        elif number == 1:
            watch.message(self.friend, self._words["friend"][1])
        elif number == 2:
            watch.message(self.bully, self._words["bully"][1][self._events % 3])
        elif number == 3:
            watch.message(Person("passer-by"), self._words["short"])
        elif number == 4:
            watch.incoming_call((self.mother if self._events % 18 < 9 else self.friend).number)
        elif number == 5:
            watch.charge(True)
            watch.use("other", "blocks")
            watch.charge(False)
        elif number == 6:
            watch.do("open_screen", name="lock")
        elif number == 7:
            watch.guardian_login(self.stage.guardian)
            for person in (self.friend, self.bully):
                watch.ask("blocking.release", party=person.address, channel="host")
            watch.advance(120)
        else:
            watch.network(self._events % 18 < 9)
            watch.advance(40)


def kind_of(name: str) -> str:
    """All messages of a list, all digits and all numbers to call are one way each."""
    if name[0] == "+":
        return "a number"
    return "a digit or message" if name[0].isdigit() else name


@pytest.mark.parametrize("display", tour.DISPLAYS)
def test_every_way_out_of_every_screen(display: str, tmp_path: Path) -> None:
    with Watch(tmp_path, tour.START, display=tour.DISPLAYS[display], language="en", battery=80) as watch:
        crawler = Crawler(watch, "en", tour.DISPLAYS[display])
        for _ in range(_STEPS):
            crawler.step()
            watch.advance(1)
        assert {screen for screen, _ in crawler.taken} == _SCREENS
        never = sorted(way for way, count in crawler.taken.items() if not count)
        assert not never, "these ways were seen and never taken"
        crawler.stage.home()
