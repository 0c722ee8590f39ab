"""The lessons, and what no text of the watch may do: nudge a child (requirements C13, F16, F19, H10, D25, I14)."""

import re
from pathlib import Path

import pytest

from firmware import texts
from firmware.policy.rules.content import LESSONS
from tests.conftest import ROOT

FOLDER = ROOT / "firmware" / "texts"
LINES = [line.split("\t") for line in (FOLDER / "lessons.tsv").read_text(encoding="utf-8").splitlines()]
GROUPS = ("young", "older")
MOST = {"young": (90, 260), "older": (130, 400)}  # characters in Chinese and English: two to four small screens

# Words by which screens make children stay, share, compare or give way. Reviewed with every new text.
NUDGES = {
    "en": r"\b(?:streaks?|level up|levels?|points?|coins?|badges?|rewards?|bonus|win|winner|rank\w*|\d+ likes|"
    r"followers?|hurry|last chance|only today|don't miss|do not miss|everybody else|everyone else|all your friends|"
    r"unlock|keep going|come back|daily|allow now|just allow|share (?:it|this|now)|you will lose|best choice|invite|"
    r"are you sure you want to leave|recommended choice)\b",
    "zh": "连续|打卡|升级|等级|积分|金币|徽章|奖励|奖品|排名|排行|点赞|粉丝|快来|赶快|最后机会|只剩|别错过|大家都|"
    "解锁|继续玩|每日|一键允许|立即允许|马上允许|分享一下|真的要离开|你会失去|推荐选择|邀请",
}


def every_text() -> list[tuple[str, str, str]]:
    """(id, zh, en) of all that the watch says."""
    lines = [
        line.split("\t")
        for name in ("texts.tsv", "lessons.tsv")
        for line in (FOLDER / name).read_text(encoding="utf-8").splitlines()
    ]
    return [(line[0], line[3], line[4]) for line in lines]


def test_every_band_has_both_topics_from_both_sides() -> None:
    ids = ["lesson.%s.%d" % (group, n + 1) for group, count in zip(GROUPS, LESSONS, strict=True) for n in range(count)]
    assert [line[0] for line in LINES] == ids, "rules/content.py counts on these numbers"
    for group in GROUPS:
        parts = {line[1] for line in LINES if group in line[0]}
        assert parts == {"bullied", "bullying", "exposed", "exposing"}
        rows = {row for line in LINES if group in line[0] for row in line[2].split(",")}
        assert {"F16", "H10"} <= rows


def test_the_way_to_the_police_is_told() -> None:
    """F19: from 8 on, in the two lessons for a child to whom it happens."""
    for line in LINES:
        assert ("110" in line[3] and "110" in line[4]) == ("F19" in line[2])
    assert [line[0] for line in LINES if "F19" in line[2]] == ["lesson.older.1", "lesson.older.4"]


@pytest.mark.parametrize("line", LINES, ids=[line[0] for line in LINES])
def test_a_lesson_is_whole_short_and_kind(line: list[str]) -> None:
    assert len(line) == 5
    code, _, _, chinese, english = line
    zh, en = MOST[code.split(".")[1]]
    assert 40 < len(chinese) <= zh and 150 < len(english) <= en
    assert english.isascii() and re.search(r"[\u4e00-\u9fff]", chinese)
    assert "!" not in english and "！" not in chinese
    for word in ("stupid", "coward", "guilty", "punish", "shame", "bad child"):
        assert word not in english.lower()
    for word in ("活该", "惩罚", "丢脸", "坏孩子", "胆小鬼"):
        assert word not in chinese
    assert texts.text(code, "zh") == chinese and texts.text(code, "en") == english
    if line[1] in ("bullied", "exposed") and code.startswith("lesson.older"):
        assert "guardian" in english or "grown-up" in english


def test_no_text_nudges() -> None:
    """C13: nothing counts days, hands out points, compares children, hurries, or makes yes the easy answer."""
    found = [
        (id_, hit.group())
        for id_, chinese, english in every_text()
        for hit in (re.search(NUDGES["zh"], chinese), re.search(NUDGES["en"], english.lower()))
        if hit
    ]
    assert found == []


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "You are on a streak of 5 days"),
        ("en", "All your friends share this"),
        ("zh", "连续打卡三天有奖励"),
        ("zh", "大家都允许了"),
    ],
)
def test_the_search_for_nudges_finds_some(language: str, words: str) -> None:
    assert re.search(NUDGES[language], words.lower())


def test_no_screen_says_how_often_or_how_many_likes() -> None:
    """D25, C13: the only number that a text carries is the count of an alert, and no alert is about others' favour."""
    for id_, chinese, english in every_text():
        assert ("{" in chinese + english) <= id_.startswith(("alert.", "ui.")), id_


def test_the_lessons_lie_beside_the_texts() -> None:
    assert Path(texts.__file__).parent == FOLDER
    assert texts.text("lesson.young.9", "en") == "lesson.young.9"
