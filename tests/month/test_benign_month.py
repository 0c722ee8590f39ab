"""A month of ordinary chat: the rules must leave it alone (requirements F3, F4, F9; LPM 63).

With the collections of real messages at hand, the same is asked of them.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from simulator.watch import Guardian, Person, Watch
from tests.month import chat

START = 212223600 + 23 * 3600  # 2026-09-22 07:00 in China
MESSAGES = Path(__file__).resolve().parents[3] / "shared" / "data" / "messages"
MUTED = 2


def collected(name: str) -> Iterator[tuple[int, int, str]]:
    """3,000 harmless messages of a collection, at the times and from the friends of `chat.month`."""
    lines = (MESSAGES / name).read_text(encoding="utf-8").splitlines()
    for (pause, friend, _), text in zip(chat.month(2), lines, strict=False):
        yield pause, friend, text[:200]


def live(watch: Watch, messages: Iterator[tuple[int, int, str]]) -> tuple[Counter[str], int, list[int]]:
    """Set up ten verified contacts and let the messages come in: (what became of them, alerts, grades)."""
    guardian, friends = Guardian(), [Person("Friend %s" % letter) for letter in "abcdefghij"]
    watch.set_up(guardian, (2017, 3), [])
    for friend in friends:
        watch.guardian_login(guardian)
        assert watch.add_contact(friend)["verdict"] == "allow"
        assert watch.agree(friend)["verdict"] == "allow"
    became: Counter[str] = Counter()
    for pause, friend_number, text in messages:
        if pause:
            watch.advance(pause)
        answer = watch.message(friends[friend_number], text)
        shown = answer["obligations"]
        became["messages"] += 1
        became["collapsed"] += "collapse" in shown
        became["marked"] += "mark" in shown and "collapse" not in shown
        became["refused"] += answer["verdict"] != "allow"
    watch.step()
    return became, len(watch.seen()["alerts"]), [watch.grade(friend)["grade"] for friend in friends]


def check(became: Counter[str], alerts: int, grades: list[int]) -> None:
    assert became["messages"] == chat.MESSAGES
    assert became["refused"] == 0
    assert became["collapsed"] <= chat.MESSAGES // 100
    assert max(grades) < MUTED
    assert alerts <= 1


def test_a_month_of_ordinary_chat_is_left_alone(tmp_path: Path) -> None:
    with Watch(tmp_path, START) as watch:
        check(*live(watch, chat.month(1)))


@pytest.mark.parametrize("name", ["lccc/benign_calib.txt", "taskmaster/benign_calib.txt"])
def test_a_month_of_collected_chat_is_left_alone(name: str, tmp_path: Path) -> None:
    if not MESSAGES.exists():
        pytest.skip("the collections of messages are not at hand")
    with Watch(tmp_path, START) as watch:
        check(*live(watch, collected(name)))


def test_the_month_has_its_traps() -> None:
    """3,000 messages of many kinds, a tenth of them with words that only sound bad."""
    texts = [text for _, _, text in chat.month(1)]
    assert len(texts) == chat.MESSAGES and len(set(texts)) > 350
    assert sum(text in chat.TRAPS for text in texts) > 300


def test_a_month_with_a_bully_is_not_left_alone(tmp_path: Path) -> None:
    """The same measure sees a bully: or it would measure nothing."""

    def bullied() -> Iterator[tuple[int, int, str]]:
        for number, (pause, friend, text) in enumerate(chat.month(1)):
            if number < 400:
                yield pause, friend, "你就是个废物" if number % 40 == 0 else text

    with Watch(tmp_path, START) as watch:
        became, alerts, _ = live(watch, bullied())
    assert became["collapsed"] + became["marked"] >= 10 and alerts > 1
