"""One walk through every screen, as it is shown to a test or to a person: the same acts on every runtime, language and
display. `tour` yields the name of each stop, while the screen is open."""

import json
from collections.abc import Iterator
from typing import Any

from firmware.link.frames import frame
from firmware.policy.desk.approval import code
from simulator import publisher
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
_CODE_KEY, _REPORT_KEY = bytes(range(32)), bytes(range(32, 64))
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
        "shop": "街角小店",
        "answer": ("月亮是一个大石头球。", "它绕着地球转，", "一圈大约要二十七天。"),
        "story": "小船在湖上慢慢走。\n风停了，星星一颗一颗亮起来。小熊数到一百，就睡着了。",
        "safety": "请在今晚充电时更新手表。新版本修好了一个会让闹钟不响的问题。",
        "hurry": "你走开，我讨厌你",
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
        "shop": "Corner Kiosk",
        "answer": ("The Moon is a big ball of rock. ", "It goes round the Earth, ", "once in about 27 days."),
        "story": "A small boat went slowly over the lake.\nThe wind stopped, and the stars came out one by one. "
        "The little bear counted to a hundred and fell asleep.",
        "safety": "Please update the watch tonight while it charges. The new version mends an alarm that was silent.",
        "hurry": "go away i hate you",
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

    def tap(self, name: str, pages: int = 20) -> None:
        """Touch the middle of a target, or move the focus to it and choose it; it may be on a further page."""
        targets = self.watch.do("look")["targets"]
        found = [target for target in targets if target[0] == name]
        if not found and pages and name != "more" and "more" in self.targets():
            self.tap("more", pages - 1)
            self.tap(name, pages - 1)
            return
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

    def menu(self, name: str) -> None:
        """Open something of the menu."""
        self.home()
        self.tap("menu")
        while "half" in self.targets() and name not in self.targets():
            self.tap("half")
        self.tap(name)

    def greet(self) -> None:
        """The first touch of the day: what is offered then is put off."""
        self.tap("menu")
        self.home()
        self.watch.step()
        self.home()

    def letter(self, letter: str) -> None:
        """Two taps for a letter."""
        for at, group in enumerate(("abcde", "fghij", "klmno", "pqrst", "uvwxyz", " .,?!'")):
            if letter in group:
                self.tap("#%d" % at)
        self.tap("#" + letter)

    def type(self, digits: str) -> None:
        """Type at a keypad and end it."""
        for digit in digits:
            if digit not in self.targets():
                self.tap("half")
            self.tap(digit)
        self.tap("enter")

    def home(self) -> None:
        """Back to the dial, by what the screens offer."""
        for _ in range(12):
            screen = self.watch.do("look")
            if screen["screen"] == "dial":
                return
            names = [target[0] for target in screen["targets"]]
            for way in ("back", "home", "stop", "erase", "cancel", "change", "end", "over"):
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
    yield from _set_up(watch, language)
    stage, mother, friend, bully = start(watch, language)
    _policy(watch, 1, {"alerts.severity_from": 1})  # the child is asked nothing, so that the first hurt is seen folded
    words = _WORDS[language]
    watch.advance(1)
    yield "note_lesson_offered"
    stage.tap("lesson")
    yield "read_lesson"
    stage.home()
    yield "dial"
    stage.tap("menu")
    yield "menu"
    if "half" in stage.targets():
        stage.tap("half")
        yield "menu_end"
    stage.tap("back")
    for name in ("looks", "held", "asked"):
        stage.menu(name)
        yield name + "_none"
        stage.tap("back")
        stage.home()
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


def tour_of_acts(watch: Watch, language: str) -> Iterator[str]:
    """Paying, the assistant, writing, and everything that the child can look up."""
    stage, mother, friend, bully = start(watch, language)
    watch.advance(1)
    stage.greet()
    open_everything(watch, stage)
    yield from _paying(watch, stage, _WORDS[language])
    yield from _assistant(watch, stage, _WORDS[language])
    yield from _writing(watch, stage, friend, _WORDS[language])
    yield from _looking_up(watch, stage, (mother, friend, bully), _WORDS[language])


def tour_of_the_lock(watch: Watch, language: str) -> Iterator[str]:
    """The child's own code (B16), and erasing the watch (B19)."""
    stage, _, friend, _ = start(watch, language)
    watch.advance(1)
    stage.greet()
    stage.menu("mylock")
    yield "mylock_none"
    stage.tap("set")
    yield "keypad_new_code"
    stage.type("4826")
    stage.type("4826")
    stage.menu("mylock")
    yield "mylock"
    stage.home()
    watch.do("dark")
    yield "lock_closed"
    _ok(watch.message(friend, _WORDS[language]["short"]))
    yield "lock_closed_message"
    _ok(watch.incoming_call(friend.number))
    yield "call_closed"
    stage.tap("over")
    stage.tap("home")
    stage.tap("1")
    yield "keypad_lock"
    stage.type("234")
    yield "note_wrong_code"
    stage.tap("back")
    stage.tap("home")
    stage.type("4826")
    stage.menu("about")
    stage.tap("wipe")
    yield "wipe"


def _set_up(watch: Watch, language: str) -> Iterator[str]:
    """A new watch: the language, what to do, the digits of the pairing."""
    yield "setup_language"
    stage = Stage(watch, language)
    stage.tap(language)
    yield "setup"
    stage.tap("help")
    yield "help_before_set_up"
    stage.tap("back")
    asked = frame(json.dumps({"jsonrpc": "2.0", "id": 1, "method": "link.code"}).encode())
    assert "result" in bytes.fromhex(watch.do("cable", data=asked.hex())["data"]).decode()
    yield "number_pairing_asks"
    stage.tap("show")
    yield "number_pairing"
    watch.advance(130)
    assert stage.screen() == "setup", "the digits are good for two minutes"


def open_everything(watch: Watch, stage: "Stage") -> None:
    """What a guardian must do before the child can pay, ask the assistant or be found."""
    _ok(watch.guardian_login(stage.guardian))
    for purpose in ("payment", "ai", "location"):
        _ok(watch.ask("consent.give", purpose=purpose, manifest=1, channel="host"))
    _ok(watch.ask("payments.shown", version=1, digest="00" * 32, channel="host"))
    _ok(watch.ask("payments.accept", version=1, channel="host"))
    _ok(watch.ask("payments.password", password="604918", channel="host"))
    _ok(watch.ask("location.key", key=_REPORT_KEY.hex(), channel="host"))
    _ok(watch.ask("approval.key", key=_CODE_KEY.hex(), channel="host"))
    for who in ("pool", "maker"):
        _ok(watch.ask("content.trust", publisher=who, key=publisher.modulus(who), channel="host"))
    day = watch.do("clock")["day"]
    provider = {"name": "Sample Works", "filing": "Sample-AI-1", "assessed": day - 10, "expires": day + 300}
    _ok(watch.ask("assistant.provider", role="knowledge", channel="host", **provider))
    values = {"payments.enabled": 1, "assistant.enabled": 1, "location.on_request": 1, "content.stories": 1}
    _policy(watch, 1, {**values, "approval.per_day": 5})


def _paying(watch: Watch, stage: "Stage", words: dict[str, Any]) -> Iterator[str]:
    def shop(key: int, amount: int) -> None:
        payment = {"key": "%032x" % key, "merchant": "kiosk", "name": words["shop"], "amount": amount, "class": "food"}
        watch.do("service", call="pay_request", **{"with": {"payment": payment}})

    shop(1, 550)
    yield "pay"
    stage.tap("pay")
    yield "keypad_pay"
    stage.type("604919")
    yield "note_wrong_password"
    stage.tap("back")
    assert stage.screen() == "pay"
    stage.tap("pay")
    stage.type("604918")
    yield "note_paid"
    stage.home()
    shop(2, 550)
    stage.tap("cancel")
    yield "note_not_paid"
    stage.home()
    shop(3, 3000000)
    yield "note_over_the_limit"
    stage.tap("ask")
    yield "number_approval"
    asked = watch.do("shown")["approvals"][0]
    stage.tap("enter")
    yield "keypad_code"
    fields = [asked[name] for name in ("request", "what", "value", "minutes", "detail")]
    stage.type(code(_CODE_KEY, *fields))
    yield "note_approved"
    stage.home()
    shop(4, 4000000)
    stage.tap("ask")
    stage.menu("asked")
    yield "asked"
    stage.home()


def _assistant(watch: Watch, stage: "Stage", words: dict[str, Any]) -> Iterator[str]:
    watch.do("provider", answers=[list(words["answer"])])
    stage.menu("assistant")
    yield "assistant_begin"
    stage.tap("write")
    yield "write_question"
    stage.tap("#1")
    watch.advance(1)
    yield "assistant_answer"
    stage.tap("stop")
    yield "note_assistant_closed"
    stage.menu("talks")
    yield "talks"
    stage.tap("older")
    yield "talks_asked"
    stage.tap("forget")
    yield "note_chats_deleted"
    stage.tap("back")
    yield "talks_none"
    stage.home()


def _writing(watch: Watch, stage: "Stage", friend: Person, words: dict[str, Any]) -> Iterator[str]:
    _ok(watch.message(friend, words["short"]))
    if "write" not in stage.targets():
        stage.home()
        stage.tap("messages")
        stage.tap(next(name for name in stage.targets() if name[0].isdigit()))
    stage.tap("write")
    yield "write_reply"
    stage.tap("letters")
    yield "write_letters"
    for group, letter in ("#1", "#i"), ("#5", "# "):
        stage.tap(group)
        if letter == "#i":
            yield "write_group"
        stage.tap(letter)
    for letter in "hate you":
        stage.letter(letter)
    yield "write_text"
    stage.tap("send")
    yield "write_think"
    stage.tap("change")
    for _ in range(8):
        stage.tap("erase")
    for letter in "am here":
        stage.letter(letter)
    stage.tap("send")
    yield "note_sent"
    stage.home()


def _looking_up(
    watch: Watch, stage: "Stage", people: tuple[Person, Person, Person], words: dict[str, Any]
) -> Iterator[str]:
    mother, _, bully = people
    for text in words["bully"][1]:
        watch.message(bully, text)
        stage.home()
    watch.call("13900000999")  # nobody knows this number
    stage.home()
    stage.menu("held")
    yield "held"
    stage.tap(next(name for name in stage.targets() if name[0].isdigit()))
    yield "why_message"
    stage.tap("fine")
    yield "note_answered"
    stage.menu("held")
    while not [name for name in stage.targets() if name[0] == "-"]:
        stage.tap("more")
    stage.tap(next(name for name in stage.targets() if name[0] == "-"))
    yield "why_refused"
    _ok(watch.guardian_login(stage.guardian))
    _ok(watch.do("service", call="look", **{"with": {"channel": "host"}}))
    yield "note_card_location"
    stage.menu("looks")
    yield "looks"
    stage.tap("forget")
    yield "note_positions_cleared"
    stage.menu("privacy")
    yield "privacy"
    stage.tap("basic")
    yield "privacy_kept"
    stage.tap("on")
    stage.tap("back")
    while "edition" not in stage.targets():
        stage.tap("more")
    yield "privacy_edition"
    day = watch.do("clock")["day"]
    for label, body in ("plain", words["story"]), ("safety", words["safety"]):
        who = "maker" if label == "safety" else "pool"
        item = publisher.item({"id": label, "label": label, "body": body}, day)
        signed = {"item": item, "key": publisher.modulus(who), "signature": publisher.signature(who, item)}
        _ok(watch.do("service", call="content.deliver", **{"with": {**signed, "body": body}}))
    yield "note_safety_notice"
    stage.tap("item")
    yield "read_safety"
    stage.menu("learn")
    yield "learn"
    while not [name for name in stage.targets() if name[0] == "="]:
        stage.tap("more")
    _ok(watch.guardian_login(stage.guardian))
    _ok(
        watch.do(
            "guardian", request={"kind": "content_access.emergency", "reason": "did not come home", "channel": "host"}
        )
    )
    yield "note_emergency_grant"
    stage.home()
    yield "dial_banner"
    stage.menu("told")
    yield "told"
    stage.menu("about")
    yield "about"
    stage.home()
    stage.menu("wifi")
    yield "wifi"
    stage.home()
    watch.network(False)
    stage.menu("wifi")
    yield "wifi_waiting"
    watch.network(True)
    stage.home()
    watch.message(mother, words["short"])
    yield "conversation_guardian_card"


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
    _policy(watch, 2, {"usage.school": 1, "usage.school_to": 1080})
    watch.use("other", "blocks")
    yield "closed_school"
    stage.home()
    _policy(watch, 3, {"usage.school": 0, "usage.daily_minutes": 0})
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


# Each walk, and whether the board has a phone.
TOURS = ((tour, True), (tour_of_acts, True), (tour_of_the_lock, True), (tour_without_telephony, False))
