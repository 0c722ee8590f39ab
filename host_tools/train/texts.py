"""What the classifier is trained on: the message data's training parts, and the project's own messages and patterns.

Nothing is trained on a dev file, on the parts that measure, or on lccc (research only), which sets thresholds and
measures false alarms.
"""

import csv
import itertools
import random
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from host_tools.train.evasion import evade

HERE = Path(__file__).parent
FILES = (  # of the message data: what is trained on
    "cold/train.csv", "davidson/train.csv", "swsr/comments.csv", "templates/zh.csv", "templates/en.csv",
    "surge/profanity_en.csv", "taskmaster/benign_calib.txt",
)  # fmt: skip
LABELS = ("benign", "bully", "stranger", "doxx")
KINDS = {"benign": "benign", "bully": "bully", "threat": "bully", "stranger": "stranger", "doxx": "doxx"}  # of patterns
_PER_PATTERN = 70  # messages made from one pattern
_FEW = 5
# Weights beside a message that was written by itself, which weighs 1.
_SPELLED = 0.4  # another spelling of one
_CHAT = 2.0  # ordinary talk, as most of it is
_PATTERN = 0.1
_OF_HURT = 0.2  # what children write, as an example of what is no abuse among adults
_ADULT = 0.5  # what is no harm among adults, as an example of what is none among children
_TWEETS = 1.5  # ... in tweets, of which few are harmless
_DEBATE = 0.2  # ... where adults quarrel


class Example(NamedTuple):
    """A message; what it is among children, an index of LABELS, and whether it is abuse among adults.

    None where nobody said so. A weight of 0 is as good as None. `source` numbers the file of `written` it is from; -1
    for others.
    """

    text: str
    label: int | None
    hurt: int | None
    weight: float = 1.0  # for the label
    hurt_weight: float = 1.0
    source: int = -1


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        yield from csv.DictReader(stream)


def _expand(pattern: str, lists: dict[str, list[str]], chance: random.Random) -> str:
    def chosen(match: re.Match[str]) -> str:
        return str(chance.choice(match[1].split("|")))

    for _ in range(4):
        pattern = re.sub(r"\[([^\[\]]*)\]", chosen, pattern)
        pattern = re.sub(r"\{([^{}]*)\}", lambda match: chance.choice(lists[match[1]]), pattern)
    return pattern.strip()


def _read(language: str) -> Iterator[tuple[str, str, dict[str, list[str]]]]:
    """(kind, pattern, lists of words it may name) of one language's files; lists of the first serve the second too."""
    lists: dict[str, list[str]] = {}
    for name in (language + ".txt", language + "_more.txt"):
        kind = ""
        lines_ = (HERE / name).read_text(encoding="utf-8").splitlines()
        lists = lists | {
            line[1:].split("\t")[0]: line.split("\t")[1].split("|") for line in lines_ if line.startswith("=")
        }
        for line in lines_:
            if line.startswith("@"):
                kind = line[1:]
            elif line[0] not in "=#":
                yield kind, line, lists


def own(language: str, evading: float = 0.3) -> Iterator[tuple[str, str]]:
    """(kind, message) from the project's own patterns."""
    for kind, pattern, lists in _read(language):
        chance = random.Random(zlib.crc32(pattern.encode()))
        made = {_expand(pattern, lists, chance) for _ in range(_PER_PATTERN)}
        for text in sorted(made):
            yield kind, evade(text, chance) if kind != "benign" and chance.random() < evading else text
            if len(made) < _FEW:  # a sentence that stands alone counts more
                yield kind, text
                yield kind, text if kind == "benign" else evade(text, chance)


def group_words() -> list[str]:
    """Words for groups of people: no harm by themselves, so they carry no weight."""
    words = []
    for language in ("zh", "en"):
        words += next(_read(language))[2]["群体" if language == "zh" else "group"]
    return words + [
        "黑人",
        "白人",
        "女人",
        "男人",
        "女的",
        "男的",
        "女生",
        "男生",
        "女性",
        "男性",
        "女孩",
        "男孩",
        "印度",
        "非洲",
        "日本",
        "韩国",
        "河南",
        "东北",
        "上海",
        "北京",
        "广东",
        "新疆",
        "西藏",
        "回族",
        "藏族",
        "维吾尔",
        "穆斯林",
        "同性恋",
        "农村",
        "城里",
        "外地",
        "美国",
        "英国",
        "中国",
        "老人",
        "孩子",
        "残疾",
        "聋",
        "盲",
        "犹太",
        "基督",
        "佛教",
        "gay",
        "lesbian",
        "black",
        "white",
        "muslim",
        "jewish",
        "asian",
        "women",
        "men",
        "girl",
        "girls",
        "boy",
        "boys",
        "trans",
        "deaf",
        "blind",
        "disabled",
        "christian",
        "african",
        "chinese",
        "indian",
        "mexican",
        "immigrant",
        "immigrants",
        "queer",
        "straight",
        "old",
        "young",
        "american",
        "latino",
        "latina",
        "arab",
    ]


def training(data: Path) -> Iterator[Example]:
    """All examples, in a fixed order.

    Abuse among adults and what children do to each other are learned apart: what the one collection labels harmless is
    full of words that hurt a child, and some of what hurts a child is harmless among adults.
    """
    chance = random.Random(4)
    for message in written():
        label = LABELS.index(message.label)
        hurt = None if message.label == "bully" else 0
        weight = _CHAT if message.subtype == "chat" else 1.0
        yield Example(message.text, label, hurt, weight, _OF_HURT * weight, message.source)
        if label and not message.subtype.endswith("_ev"):
            yield Example(evade(message.text, chance), label, hurt, _SPELLED, _OF_HURT * _SPELLED, message.source)
    for language in ("zh", "en"):
        for kind, text in own(language):
            label = LABELS.index(KINDS[kind])
            yield Example(text, label, None if KINDS[kind] == "bully" else 0, _PATTERN, 1.5 if label else 2.5)
    for row in itertools.chain(_rows(data / "cold/train.csv"), _rows(data / "davidson/train.csv")):
        if row["label"] == "1":
            text = evade(row["text"], chance) if chance.random() < 0.15 else row["text"]
            yield Example(text, None, 1)
        elif "class" in row:  # five of six tweets are abusive: the others weigh more
            yield Example(row["text"], 0, 0, _TWEETS, 3.0)
        else:
            yield Example(row["text"], 0, 0, _DEBATE)
    for row in _rows(data / "swsr/comments.csv"):
        if row["label"] == "0":
            yield Example(row["text"], 0, None, _ADULT)
    for language in ("zh", "en"):
        rows = list(_rows(data / "templates" / (language + ".csv")))
        for row in chance.sample(rows, 3000):
            if row["label"] == "1":
                yield Example(row["text"], None, 1, 0.0, 0.3)
            else:
                yield Example(row["text"], 0, 0, _ADULT)
    for line in lines(data / "taskmaster/benign_calib.txt"):
        if _part(line) == 1:
            yield Example(line, 0, 0, _ADULT)
    for row in _rows(data / "surge/profanity_en.csv"):
        if float(row["severity_rating"]) >= 1.8:
            yield Example(row["text"], 1, 1, _ADULT, 0.5)
            yield Example("you " + row["text"], 1, 1, _ADULT, 0.5)


class Message(NamedTuple):
    """A line of written/*.tsv: a message by itself, its label and kind, and whether the child gets it or writes it."""

    label: str
    subtype: str
    direction: str
    text: str
    source: int  # number of its file


def written() -> Iterator[Message]:
    """The messages written one by one for this project, each once, without those that also stand in a measuring file."""
    measuring = (HERE.parent / "evaluate").glob("*.tsv")
    seen = {_plain(line.split("\t")[-1]) for path in measuring for line in lines(path)}
    for source, path in enumerate(sorted((HERE / "written").glob("*.tsv"))):
        for line in path.read_text(encoding="utf-8").splitlines():
            label, subtype, direction, text = line.split("\t")
            message = Message(label, subtype, direction, text, source)
            if message.label in LABELS and _plain(message.text) not in seen:
                seen.add(_plain(message.text))
                yield message


def _plain(text: str) -> str:
    return re.sub(r"\W+", "", text.lower()) or text


def lines(path: Path) -> list[str]:
    """The lines of a file of benign messages."""
    return [line for line in path.read_text(encoding="utf-8").split("\n") if line]


def benign(data: Path, measuring: bool) -> tuple[list[str], list[str]]:
    """(zh, en): benign messages for setting the thresholds, or those for measuring."""
    chinese = lines(data / ("lccc/benign_calib.txt" if measuring else "lccc/benign_train.txt"))
    english = lines(data / "taskmaster/benign_calib.txt")
    return chinese, [line for line in english if _part(line) in ((0, 2) if measuring else (3,))]


def _part(line: str) -> int:
    """Of taskmaster: 0 and 2 are for measuring, 1 for training, 3 for thresholds."""
    return zlib.crc32(line.encode()) % 4
