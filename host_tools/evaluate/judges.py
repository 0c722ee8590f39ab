"""Who judges a message: the watch's reading, its classifier alone, and the baselines beside them."""

import math
import random
from collections.abc import Callable
from pathlib import Path

import simulator  # noqa: F401  makes the firmware importable
from firmware.text import MAX_CHARS, classifier, reading
from host_tools.train import texts
from host_tools.train.watch import FULL, features_of

HURTS = reading.BULLY | reading.THREAT | reading.PRIVATE
Judge = Callable[[str], bool]


def margins(text: str) -> list[int]:
    """By output, how far the classifier's sum for the message that was read last lies above its limit."""
    chinese = any("\u4000" <= c <= "\u9fff" for c in text)
    return [classifier.sums[i] - classifier.limit(chinese, i) for i in range(classifier.OUTPUTS)]


def predict(text: str, direction: str) -> tuple[str, int]:
    """(bully, doxx, stranger or benign; its score) of a message that came "in" or is to go "out".

    Where a message is of more than one class, the rules act on all of them; the file wants one. A term or a found
    piece of personal data counts as much as a classifier's sum that is well above its limit. That a child writes like
    a stranger is nothing to the rules.
    """
    try:
        found = reading.read(text[:MAX_CHARS])
    except reading.BadText:
        return "benign", 0
    over = margins(text)
    scores = {
        "bully": (found.classes & HURTS, max(over[classifier.HURT], over[classifier.BULLY])),
        "stranger": (direction != "out" and found.classes & reading.STRANGER, over[classifier.STRANGER]),
        "doxx": (found.classes & reading.DOXX, over[classifier.DOXX]),
    }
    sure = {name for name, (flag, _) in scores.items() if flag & ~found.guessed}
    scored = {name: score + 100 * (name in sure) for name, (flag, score) in scores.items() if flag}
    if not scored:
        return "benign", max(over)
    best = max(scored, key=lambda name: scored[name])
    return best, scored[best]


def hurts(text: str) -> bool:
    """Whether the watch takes it for bullying, a threat or indecent."""
    return bool(reading.read(text[:MAX_CHARS]).classes & HURTS)


def flagged(text: str) -> bool:
    """Whether the watch takes it for anything but a cry for help."""
    return bool(reading.read(text[:MAX_CHARS]).classes & ~reading.CRY)


def learned(text: str) -> bool:
    """Whether the classifier alone takes it for abuse or bullying."""
    return highest(text) >= 0


def highest(text: str) -> int:
    """The highest margin of the two outputs for abuse and bullying."""
    reading.read(text[:MAX_CHARS])
    return max(margins(text)[: classifier.BULLY + 1])


def word_list(data: Path) -> Judge:
    """LDNOOBW's lists: English words as wholes, Chinese ones anywhere."""
    english = set((data / "ldnoobw/en.txt").read_text("utf-8").lower().split("\n")) - {""}
    chinese = [word for word in (data / "ldnoobw/zh.txt").read_text("utf-8").split("\n") if len(word) > 1]

    def judge(text: str) -> bool:
        words = text.lower().split()
        return any(word.strip(".,!?") in english for word in words) or any(word in text for word in chinese)

    return judge


def naive(words: list[str]) -> Judge:
    """Any of these words anywhere."""
    return lambda text: any(word in text.lower() for word in words)


def plain_table(data: Path) -> Judge:
    """One signed byte for each place in a table as large as the model, no fingerprints: naive Bayes, same texts."""
    size = FULL.stat().st_size
    counts = [[1] * size, [1] * size]
    totals = [0, 0]
    memo: dict[str, set[int]] = {}

    def places(text: str) -> set[int]:
        return {key % size for key in features_of(text)[0]}

    chance = random.Random(1)
    for example in texts.training(data):
        label = example.hurt if example.hurt is not None else int(example.label == 1)
        if chance.random() < 0.3:  # a part of it is as good, in a part of the time
            found = places(example.text)
            totals[label] += len(found)
            for place in found:
                counts[label][place] += 1
    ratio = [
        max(-127, min(127, round(24 * math.log(counts[1][i] * totals[0] / counts[0][i] / totals[1]))))
        for i in range(size)
    ]

    def total(text: str) -> int:
        if text not in memo:
            memo[text] = places(text)
        return sum(ratio[place] for place in memo[text])

    chinese, english = texts.benign(data, measuring=False)
    limits = [sorted(map(total, calm))[int(len(calm) * 0.99)] for calm in (chinese[:4000], english)]
    return lambda text: total(text) > limits[not any("\u4000" <= c <= "\u9fff" for c in text)]
