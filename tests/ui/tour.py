"""One walk through every screen, as it is shown to a test or to a person: the same acts on every runtime, language and
display. `tour` yields the name of each stop, while the screen is open."""

from collections.abc import Iterator
from typing import Any

from simulator.watch import Answer, Guardian, Person, Watch

DAY = 86400
# Thursday, 2026-11-19, 15:42 in China.
START = 2514 * DAY - 8 * 3600 + 15 * 3600 + 42 * 60
DISPLAYS: dict[str, list[Any]] = {
    "square": [240, 240, False],
    "tall": [240, 280, False],
    "round": [240, 240, True],
    "narrow": [135, 240, False],
}
LANGUAGES = ("zh", "en")
# Who writes what. The invented bully's words must be ones that the watch folds away.
_WORDS: dict[str, dict[str, Any]] = {
    "zh": {
        "mother": ("妈妈", "放学后我在校门口等你，我们一起去买新的雨鞋。"),
        "friend": (
            "小雨",
            "今天的美术课太好玩了！我画了一只大鲸鱼，老师说可以贴到墙上。你画了什么？明天给我看看好不好，我还想学你那种画海浪的办法。",
        ),
        "bully": ("大壮", ("你这个废物，没人喜欢你", "滚开，蠢猪", "你去死吧，没人要你")),
        "short": "好的，明天见！",
    },
    "en": {
        "mother": ("Mum", "I will wait at the school gate. Let us buy the new rain boots together."),
        "friend": (
            "Robin",
            "Art class was so much fun today! I drew a big whale and it goes up on the wall. "
            "What did you draw? Show me tomorrow, I want to learn how you do the waves.",
        ),
        "bully": (
            "Max",
            ("you are a stupid loser and nobody likes you", "go away you ugly pig", "kill yourself loser"),
        ),
        "short": "OK, see you tomorrow!",
    },
}


class Stage:
    """A watch with a display, and the hands that use it."""

    def __init__(self, watch: Watch, language: str) -> None:
        self.watch = watch
        self.language = language
        self.touches = len(watch.do("look")["targets"]) > 0 and watch.do("picture")["w"] >= 200
        self.guardian = Guardian()

    def screen(self) -> str:
        return str(self.watch.do("look")["screen"])

    def targets(self) -> list[str]:
        return [target[0] for target in self.watch.do("look")["targets"]]

    def tap(self, name: str) -> None:
        """Touch the middle of a target, or move the focus to it and choose it."""
        targets = self.watch.do("look")["targets"]
        found = [target for target in targets if target[0] == name]
        assert found, "%s is not on %s: %s" % (name, self.screen(), [t[0] for t in targets])
        if self.touches:
            _, x, y, w, h = found[0]
            at = {"x": x + w // 2, "y": y + h // 2}
            self.watch.do("touch", down=True, **at)
            self.watch.do("touch", down=False, **at)
            return
        for _ in targets:
            before = self.watch.do("look")["focus"]
            if before == name:
                break
            self.press("b")
        self.press("c")

    def press(self, button: str, seconds: int = 0) -> None:
        """Press a button, and hold it for so long."""
        self.watch.do("button", name=button, down=True)
        if seconds:
            self.watch.advance(seconds)
        self.watch.do("button", name=button, down=False)

    def home(self) -> None:
        """Back to the dial, by what the screens offer."""
        for _ in range(8):
            screen = self.watch.do("look")
            if screen["screen"] == "dial":
                return
            names = [target[0] for target in screen["targets"]]
            for way in ("back", "home", "erase", "cancel", "end", "over"):
                if way in names:
                    self.tap(way)
                    break
        raise AssertionError("no way home from " + self.screen())


def start(watch: Watch, language: str, age: int = 12) -> tuple[Stage, Person, Person, Person]:
    """Set the watch up: a mother, a friend, and somebody who will not be one for long."""
    stage, words = Stage(watch, language), _WORDS[language]
    mother = Person("mama", "13900000001")
    friend, bully = Person("rain", "13900000102"), Person("storm", "13900000103")
    mother.name, friend.name, bully.name = words["mother"][0], words["friend"][0], words["bully"][0]
    _ok(watch.set_up(stage.guardian, (2026 - age, 5), ["13900000001"], language))
    _ok(watch.guardian_login(stage.guardian))
    _ok(watch.add_contact(mother, "guardian"))
    for person in (friend, bully):
        _ok(watch.add_contact(person))
        _ok(watch.agree(person))
    return stage, mother, friend, bully


def tour(watch: Watch, language: str) -> Iterator[str]:
    """Walk through the screens."""
    yield "dial_before_set_up"
    stage, mother, friend, bully = start(watch, language)
    words = _WORDS[language]
    watch.advance(1)
    yield "dial"
    stage.tap("messages")
    yield "messages_none"
    stage.home()
    _ok(watch.message(mother, words["mother"][1]))
    yield "conversation_guardian"
    stage.home()
    _ok(watch.message(friend, words["friend"][1]))
    yield "conversation"
    while "more" in stage.targets() and watch.do("look")["more"]:
        stage.tap("more")
    yield "conversation_end"
    stage.home()
    for text in words["bully"][1]:
        watch.message(bully, text)
        if stage.screen() == "folded":
            yield "folded"
            break
        stage.home()
    else:
        raise AssertionError("no message was folded away")
    stage.home()
    _ok(watch.message(friend, words["short"]))
    stage.home()
    watch.message(Person("nobody"), words["short"])
    stage.home()
    stage.tap("messages")
    yield "messages"
    stage.home()
    yield "dial_unread"
    watch.message(bully, words["bully"][1][0])
    yield "folded_offer"
    stage.tap("block")
    yield "blocked"
    stage.tap("undo")
    yield "note_unblocked"
    stage.home()
    watch.message(bully, words["bully"][1][1])
    stage.press("a")
    assert stage.screen() == "blocked"
    stage.home()
    stage.tap("messages")
    watch.advance(600)
    number = [target[0] for target in watch.do("look")["targets"]]
    stage.tap(number[0])
    yield "conversation_blocked"
    if "release" in stage.targets():
        stage.tap("release")
        yield "keypad"
        for digit in "260719":
            if digit not in stage.targets():
                stage.tap("half")
            stage.tap(digit)
        yield "keypad_full"
        stage.tap("enter")
        yield "note_done"
    stage.home()
    yield from _sos(watch, stage)
    yield from _calls(watch, stage, mother, friend)
    stage.tap("help")
    yield "help"
    stage.home()
    yield from _closed(watch, stage)
    watch.do("open_screen", name="lock")
    yield "lock"
    stage.tap("home")
    assert stage.screen() == "dial"
    _ok(watch.guardian_login(stage.guardian))
    _ok(watch.do("guardian", request={"kind": "administration.lost", "message": "13900000001", "channel": "host"}))
    watch.do("open_screen", name="lock")
    yield "lock_lost"


def tour_without_telephony(watch: Watch, language: str) -> Iterator[str]:
    """On a board that cannot call (I3)."""
    stage, *_ = start(watch, language)
    watch.advance(1)
    stage.press("a", 3)
    watch.advance(6)
    yield "sos_cannot_call"
    stage.tap("help")
    while "+110" not in stage.targets():
        stage.tap("more")
    stage.tap("+110")
    yield "note_cannot_call"


def _sos(watch: Watch, stage: Stage) -> Iterator[str]:
    stage.press("a", 3)
    assert stage.screen() == "sos"
    yield "sos_counting"
    stage.tap("cancel")
    yield "note_sos_cancelled"
    stage.home()
    watch.network(False)
    stage.press("a", 3)
    watch.advance(6)
    yield "sos_not_delivered"
    watch.network(True)
    watch.advance(30)
    yield "sos_delivered"
    stage.tap("end")
    stage.home()


def _calls(watch: Watch, stage: Stage, mother: Person, friend: Person) -> Iterator[str]:
    _ok(watch.incoming_call(mother.number))
    yield "call_guardian"
    stage.tap("answer")
    yield "call_talking"
    stage.tap("over")
    stage.home()
    _ok(watch.incoming_call(friend.number))
    yield "call"
    stage.tap("over")
    stage.home()


def _closed(watch: Watch, stage: Stage) -> Iterator[str]:
    watch.charge(True)
    yield "dial_charging"
    watch.use("other", "blocks")
    yield "closed_charging"
    watch.charge(False)
    stage.home()
    _ok(watch.guardian_login(stage.guardian))
    _policy(watch, 1, {"usage.school": 1, "usage.school_to": 1080})
    watch.use("other", "blocks")
    yield "closed_school"
    stage.home()
    _policy(watch, 2, {"usage.school": 0, "usage.daily_minutes": 0})
    watch.use("other", "blocks")
    yield "closed_limit"
    stage.home()
    watch.advance(7 * 3600)
    watch.use("other", "blocks")
    yield "closed_curfew"
    stage.home()


def _policy(watch: Watch, version: int, values: dict[str, int]) -> None:
    pairs = [[key, value] for key, value in values.items()]
    _ok(watch.ask("administration.policy", version=version, issuer="m", expires=0, values=pairs, channel="host"))


def _ok(answer: Answer) -> None:
    assert answer.get("verdict") == "allow", answer
