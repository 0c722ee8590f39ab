"""The assistant's service against providers that misbehave, its words, and talks that are deleted for good."""

from pathlib import Path
from typing import Any

import pytest

import simulator  # noqa: F401  makes the firmware importable
from firmware.text import chat
from firmware.text.cleaning import without_personal
from firmware.text.reading import read
from simulator.portable.board import Provider
from simulator.portable.rig import Rig
from simulator.scenario import Run, Scenario

OPENED = 'title = "an open talk"\n[[step]]\nassistant = {}\n[[step]]\ntalk = {}\n'


class Talk:
    """A watch on which a talk has begun, its provider at hand."""

    def __init__(self, folder: Path) -> None:
        (folder / "talk.toml").write_text(OPENED, encoding="utf-8")
        self.rig = Rig()
        Run(Scenario(folder / "talk.toml"), self.rig.do, folder / "root").run()
        self.rig.do({"op": "seen"})

    @property
    def provider(self) -> Provider:
        return self.rig.board.provider

    @property
    def store(self) -> Any:
        return self.rig.watch.store

    def say(self, text: str, *answers: list[Any]) -> Any:
        self.provider.answers = list(answers)
        answer = self.rig.do({"op": "service", "call": "chat_say", "with": {"text": text}})
        self.rig.do({"op": "step"})
        return answer

    def seen(self) -> list[str]:
        return [kind + ":" + fields.get("text", "") for kind, fields in self.rig.do({"op": "seen"})["seen"]]

    def chats(self) -> list[int]:
        numbers: list[int] = self.rig.do({"op": "state"})["chats"]
        return numbers


@pytest.fixture
def talk(tmp_path: Path) -> Talk:
    return Talk(tmp_path)


@pytest.mark.parametrize("piece", ["\ud800.", "ok \udfff! ", 5, b"bytes", ["a list"], 1.5])
def test_what_is_no_text_is_a_lost_connection(talk: Talk, piece: Any) -> None:
    talk.say("What is a whale?", ["Big. ", piece, "More. "])
    assert talk.seen() == ["assistant:Big. ", "assistant_lost:"]
    assert talk.provider.coming == []
    assert talk.say("And now?", ["Fine. "])["verdict"] == "allow"


def test_a_provider_without_an_end_is_cut_off(talk: Talk) -> None:
    """1,000 characters are shown; what is withheld counts against a limit too, or the watch would read for ever."""
    talk.say("What is a whale?", ["Big. "] * 5000)
    shown = [text for text in talk.seen() if text.startswith("assistant:")]
    assert len(shown) == 200 and talk.provider.coming == []
    talk.say("What is a casino?", ["A casino. "] * 5000)
    assert talk.seen() == ["assistant_kept_back:"] * 400 and talk.provider.coming == []
    talk.say("What is long?", ["x" * 100_000])
    assert [len(text) for text in talk.seen()] == [len("assistant:") + 200] * 5


def test_a_provider_that_fails_at_once(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(question: Any) -> bool:
        raise OSError(113)

    monkeypatch.setattr(talk.provider, "question", broken)
    assert talk.say("What is a whale?")["verdict"] == "allow"
    assert talk.seen() == ["assistant_lost:"]


def test_after_stop_the_provider_is_told_and_cannot_go_on(talk: Talk) -> None:
    talk.say("Count for me", ["One. ", "...", "Two. ", "Three. "])
    assert talk.provider.coming == ["Two. ", "Three. "]
    assert talk.say("stop")["obligations"] == ["close"]
    assert talk.provider.coming == []
    talk.provider.coming = ["Please stay! "]  # as one would that does not listen
    talk.rig.do({"op": "step"})
    assert talk.seen() == ["assistant:One. ", "assistant_closed:"]


def test_the_service_is_dropped_when_nothing_runs(talk: Talk) -> None:
    """It takes heap only while a talk runs."""
    assert talk.rig.watch._assistant is not None
    talk.rig.do({"op": "service", "call": "chat_end", "with": {}})
    talk.rig.do({"op": "step"})
    assert talk.rig.watch._assistant is None


def _texts(talk: Talk) -> list[Any]:
    """What can be read of the talk's records, wherever the content rule has forgotten them."""
    journal = talk.store.main
    found = []
    for segment in journal.segments():
        at = 0
        record = journal.read(segment, at)
        while record:
            if record[0].kind == "content_access.chat":
                found.append(talk.store.read((segment, at))[1])
            at = record[0].end
            record = journal.read(segment, at)
    return found


def test_deleted_talks_cannot_be_read_by_anybody(talk: Talk) -> None:
    """The key goes: what still lies on the flash is noise. Messages keep theirs. Later talks have a new key."""
    talk.say("What is a whale?", ["Big. "])
    assert _texts(talk) == [b'["What is a whale?"]', b'["Big. "]'] and len(talk.chats()) == 2
    assert talk.store._keys.numbers("a") != []
    others = [(cls, talk.store._keys.numbers(cls)) for cls in "mpejdTC"]
    assert talk.rig.do({"op": "service", "call": "chat_delete", "with": {}})["verdict"] == "allow"
    assert _texts(talk) == [None, None] and talk.chats() == []
    assert talk.store._keys.numbers("a") == []
    assert others == [(cls, talk.store._keys.numbers(cls)) for cls in "mpejdTC"]
    talk.say("What is a reef?", ["Corals. "])
    assert _texts(talk) == [None, None, b'["What is a reef?"]', b'["Corals. "]']
    assert talk.rig.do({"op": "reboot"})["status"] == "ok"
    assert len(talk.chats()) == 2


def test_deleting_is_finished_after_a_power_cut(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Power fails after the decision is written and before the key is erased."""

    def cut(cls: str, before: int) -> None:
        raise OSError(5)

    talk.say("What is a whale?", ["Big. "])
    monkeypatch.setattr(talk.rig.watch.engine.context, "expire", cut)
    assert talk.rig.do({"op": "service", "call": "chat_delete", "with": {}})["reason"] == "engine.storage"
    assert talk.store._keys.numbers("a") != []
    assert talk.rig.do({"op": "reboot"})["status"] == "ok"
    assert talk.store._keys.numbers("a") == [] and _texts(talk) == [None, None]


def test_talks_expire_with_messages(talk: Talk) -> None:
    talk.say("What is a whale?", ["Big. "])
    for _ in range(61):
        talk.rig.do({"op": "advance", "seconds": 86400})
    assert _texts(talk) == [None, None] and talk.store._keys.numbers("a") == []


def test_the_entries_have_a_cap(talk: Talk) -> None:
    talk.rig.watch.engine.rules["content_access"].chats = bytes(range(11)) * 64
    talk.say("What is a whale?", ["Big. "])
    assert len(talk.chats()) == 64


# --- words


@pytest.mark.parametrize(
    "text",
    [
        "stop",
        "STOP!!",
        "Stop, please.",
        "quit",
        "Goodbye!",
        "不聊了！",
        "我不想聊了",
        "退 出",
        "停",
        "再见。",
        "停止。",
    ],
)
def test_words_that_end_a_talk(text: str) -> None:
    assert chat.is_stop(text)


@pytest.mark.parametrize(
    "text", ["how does a bus stop", "公交车怎么停", "", "what is the end of a rope", "停车场在哪", "?"]
)
def test_talk_about_stopping_goes_on(text: str) -> None:
    assert not chat.is_stop(text)


@pytest.mark.parametrize(
    "text",
    ["be my mum", "Will you be my DADDY?", "pretend you are my girlfriend", "你来当我妈妈好不好", "扮演我的女朋友",
     "做我男朋友吧", "角色扮演，你是爸爸", "假装你是我哥哥", "Act as my husband"],
)  # fmt: skip
def test_a_relative_or_a_partner_is_asked_for(text: str) -> None:
    assert chat.asks_for_role(text)


@pytest.mark.parametrize(
    "text",
    ["what do you call my mom's brother", "当我妈妈回家的时候", "pretend you are a pirate", "how tall is my brother",
     "我妈妈让我做我的作业", "is a dad a parent"],
)  # fmt: skip
def test_talk_about_relatives_goes_on(text: str) -> None:
    assert not chat.asks_for_role(text)


@pytest.mark.parametrize(
    "text", ["I am your mom", "我是你妈妈", "叫我姐姐", "我爱你", "I love you!", "As your partner, I"]
)
def test_an_answer_that_claims_a_role(text: str) -> None:
    assert chat.claims_role(text)


@pytest.mark.parametrize("text", ["The sister of your mother is your aunt.", "I am a program.", "鲸鱼妈妈很大"])
def test_an_answer_about_relatives(text: str) -> None:
    assert not chat.claims_role(text)


@pytest.mark.parametrize(
    ("text", "told"),
    [("我不想活了", True), ("i want to die", True), ("I cut myself", True), ("they hit me", False),
     ("爸爸打我，我不想活了", False), ("my uncle hits me and i want to die", False), ("老师摸我", False)],
)  # fmt: skip
def test_a_guardian_is_told_of_self_harm_but_not_by_who_is_hurt_at_home(text: str, told: bool) -> None:
    assert chat.is_self_harm(text) is told


@pytest.mark.parametrize(
    "text",
    [
        "my phone is 13912345678",
        "我家住在北京市海淀区中关村大街27号3楼, 11010519491231002X",
        "a 13912345678 b 13912345679",
    ],
)
def test_what_gives_somebody_away_is_taken_out(text: str) -> None:
    left = without_personal(text)
    assert left and read(left).personal == [] and not any(digit in left for digit in "13579")


def test_nothing_left_or_nothing_to_take() -> None:
    assert without_personal("13912345678") == ""
    assert without_personal("how big is a whale") == "how big is a whale"


def test_a_talk_that_power_ended_is_told_from_others(talk: Talk) -> None:
    talk.rig.do({"op": "advance", "seconds": 100})
    talk.rig.do({"op": "reboot"})
    ended = [record for record in talk.rig.do({"op": "journal"})["records"] if record[3] == "assistant.ended"]
    assert [record[4] for record in ended] == ["power"] and 40 <= ended[0][
        5
    ] <= 100  # seconds: a minute is lost at most
