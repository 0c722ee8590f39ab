"""A crawler takes every way out of every screen: there is always one, SOS is always there, and targets are large."""

from pathlib import Path
from typing import Any

import pytest

from firmware.ui import screens
from firmware.ui.screens.privacy import PURPOSES
from simulator import publisher
from simulator.watch import Person, Watch
from tests.thorough import THOROUGH
from tests.ui import tour

_WAYS_OUT = {"back", "home", "cancel", "end", "over", "erase", "help", "change", "stop"}
# Every file of firmware/ui/screens, but for the ones of a watch that is not set up (`test_a_new_watch` is there) and of
# one that runs from slots (tests/update/test_opening.py).
_SCREENS = {path.stem for path in Path(screens.__file__).parent.glob("[a-z]*.py")} - {"setup", "repair"}
_FROM_ALL = ("hold a", "press a", "sos", "help", "on")
# Screens of their own, about nobody and nothing.
_PLAIN = (
    *("menu", "about", "asked", "held", "help", "learn", "looks", "messages", "mylock", "privacy", "talks", "told"),
    *("wifi", "wipe"),
)
_FINGER = 78  # pixels of nine millimetres
_ROUND_FINGER = 66  # on a round display of 1.28 inches
_STEPS = 20000
_EXPLORED = 5000  # steps


class Crawler:
    """Takes the way that was taken least; when it is home again, something happens to the child."""

    def __init__(self, watch: Watch, language: str, display: list) -> None:
        self.display = display
        self.stage, self.mother, self.friend, self.bully = tour.start(watch, language)
        self.watch = watch
        tour.open_everything(watch, self.stage)
        self.taken: dict[tuple[str, str], int] = {}
        self.tried: dict[tuple[frozenset[tuple[str, str]], tuple[str, str]], int] = {}
        self.states: set[tuple[str, frozenset[str]]] = set()
        self._words = tour._WORDS[language]
        self._events = self._home = self._steps = 0

    @property
    def _late(self) -> bool:
        return self._steps > _EXPLORED

    def step(self) -> None:
        self._steps += 1
        look = self.watch.do("look")
        screen = look["screen"]
        self.check(look)
        ways = [(screen, kind_of(target[0])) for target in look["targets"]] + [(screen, "hold a"), (screen, "press a")]
        for way in ways:
            self.taken.setdefault(way, 0)
        # What leads to SOS and help from everywhere is tried from everywhere, but not most of the time. Once most is
        # done, what was never taken comes first.
        # Each page of the menu is a state of its own: else the way on would be worn out by the first.
        state = frozenset(ways) if screen == "menu" or not self.stage.touches else frozenset([(screen, "")])

        def worn(way: tuple[str, str]) -> tuple[bool, int]:
            return self._late and self.taken[way] > 0, self.tried.get((state, way), 0) * (
                20 if way[1] in _FROM_ALL else 1
            )

        least = min(ways, key=worn)
        if screen == "dial":
            self._home += 1
            if self._home % 2:
                self._happen()
                return
            if self._late and self._home % 4 == 2:
                self._open_rare()
                return
        self.taken[least] += 1
        self.tried[state, least] = self.tried.get((state, least), 0) + 1
        if least[1] == "hold a":
            self.stage.press("a", 3)
            assert self.stage.screen() == "sos", "no SOS from %s" % screen
        elif least[1] == "press a":
            self.stage.press("a")
        else:
            self.stage.tap(next(target[0] for target in look["targets"] if kind_of(target[0]) == least[1]))

    def _open_rare(self) -> None:
        """A screen that was never seen, or has a way that was never taken, is opened at once."""
        worn = {screen for screen, _ in self.taken} - {screen for (screen, _), count in self.taken.items() if not count}
        names = [name for name in _PLAIN if name not in worn]
        if names:
            self.watch.do("open_screen", name=names[self._home // 4 % len(names)])

    def is_done(self) -> bool:
        """Every screen was seen, and every way of it taken."""
        return all(self.taken.values()) and {screen for screen, _ in self.taken} == _SCREENS

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
            if self.stage.touches and name != "more":
                least = _ROUND_FINGER if is_round else _FINGER
                assert w >= least and h >= least, "%s on %s is %d x %d" % (name, screen, w, h)
        self.states.add((screen, frozenset(kind_of(name) for name in names)))

    def _happen(self) -> None:
        watch, number = self.watch, self._events % 15
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
            watch.incoming_call((self.mother if self._events % 30 < 15 else self.friend).number)
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
        elif number == 8:
            watch.network(self._events % 30 < 15)
            watch.advance(40)
        elif number in (9, 10):
            amount = 100 if number == 9 else 9000000
            payment = {"key": "%032x" % self._events, "merchant": "kiosk", "name": "Kiosk", "amount": amount}
            watch.do("service", call="pay_request", **{"with": {"payment": {**payment, "class": "food"}}})
        elif number == 11:
            watch.do("provider", answers=[["It is round."]] * 9)
            self.stage.menu("assistant")
            if self._events % 30 < 15:  # a talk is over, and its entries are looked at
                watch.do("service", call="chat_say", **{"with": {"text": "what is a reef"}})
                watch.advance(2)
                watch.do("service", call="chat_end", **{"with": {}})
                watch.do("open_screen", name="talks")
        elif number == 12:
            self._deliver()
        elif number == 13:
            watch.guardian_login(self.stage.guardian)
            watch.do("service", call="look", **{"with": {"channel": "host"}})
        else:
            watch.reboot(off=20 * 86400)  # another month, another lesson
            watch.touch(1, 1, True)
            watch.touch(1, 1, False)

    def _deliver(self) -> None:
        """A story, or a safety notice."""
        plain = self._events % 30 < 15
        who, label = ("pool", "plain") if plain else ("maker", "safety")
        day = self.watch.do("clock")["day"]
        item = publisher.item({"id": "n%d" % self._events, "label": label, "body": "words"}, day)
        signed = {"item": item, "key": publisher.modulus(who), "signature": publisher.signature(who, item)}
        self.watch.do("service", call="content.deliver", **{"with": {**signed, "body": "words"}})


def kind_of(name: str) -> str:
    """All messages of a list, all digits, letters, items, purposes and numbers to call are one way each."""
    if name[0] in "+#=-":
        return {"+": "a number", "#": "a letter", "=": "an item", "-": "a refusal"}[name[0]]
    if name in {purpose for purpose, _ in PURPOSES}:
        return "a purpose"
    if name[:4] == "look" and name != "looks":
        return "a look"
    return "a digit or message" if name[0].isdigit() else name


@pytest.mark.parametrize("display", list(tour.DISPLAYS) if THOROUGH else ["square"])
def test_every_way_out_of_every_screen(display: str, tmp_path: Path) -> None:
    options: dict[str, Any] = {"display": tour.DISPLAYS[display], "language": "en", "battery": 80, "dark": True}
    with Watch(tmp_path, tour.START, **options) as watch:
        crawler = Crawler(watch, "en", tour.DISPLAYS[display])
        for _ in range(_STEPS):
            crawler.step()
            watch.advance(1)
            if crawler.is_done():
                break
        assert {screen for screen, _ in crawler.taken} == _SCREENS
        never = sorted(way for way, count in crawler.taken.items() if not count)
        assert not never, "these ways were seen and never taken"
        crawler.stage.home()


def test_what_comes_under_a_finger_is_not_pressed(tmp_path: Path) -> None:
    """A message opens between touch and release: its block button lies where "messages" was."""
    with Watch(tmp_path, tour.START, display=[240, 240, False], language="en", dark=True) as watch:
        stage, _, friend, _ = tour.start(watch, "en")
        watch.advance(1)
        stage.greet()
        x, y = 200, 200
        assert [t for t in watch.do("look")["targets"] if t[0] == "messages" and t[1] <= x and t[2] <= y]
        watch.touch(x, y, True)
        watch.message(friend, "hello")
        assert [t for t in watch.do("look")["targets"] if t[0] == "block" and t[1] <= x and t[2] <= y]
        watch.touch(x, y, False)
        assert stage.screen() == "conversation" and not watch.grade(friend)["blocked"]


@pytest.mark.parametrize("display", tour.DISPLAYS)
def test_a_new_watch(display: str, tmp_path: Path) -> None:
    """Before set-up there is a language, help and SOS, and no way to anything else."""
    with Watch(tmp_path, tour.START, display=tour.DISPLAYS[display], dark=True) as watch:
        stage, seen = tour.Stage(watch, "en"), set()
        for turn in range(60):
            screen = stage.screen()
            targets = stage.targets()
            seen.add(screen)
            assert targets
            stage.tap(targets[len(seen) % len(targets)] if turn % 3 else targets[-1], 0)
            stage.press("a")
            if turn % 10 == 0:
                stage.press("a", 3)
                assert stage.screen() == "sos"
                stage.tap("cancel")
                stage.tap("back")
            watch.advance(1)
        assert seen <= {"setup", "help", "note", "sos"} and "setup" in seen
