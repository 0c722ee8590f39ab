"""How well messages are read: `make evaluate`, or `make evaluate DATA=FILE.tsv` for a file of your own.

Without a file: the dev and benign parts of the message data, which nothing was trained on, and the project's held-out
patterns, beside three baselines. Thresholds were set on other benign messages. Writes build/evaluate.json.

FILE.tsv: id, lang, direction, label (bully, doxx, stranger, benign), subtype (ending in _ev where the spelling
evades), text. Writes build/predictions.tsv (id, class, score) as well, from which its figures are computed.
"""

import csv
import json
import math
import os
import random
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import simulator  # noqa: F401  makes the firmware importable
from firmware.text import MAX_CHARS, classifier, reading
from host_tools.train import texts
from host_tools.train.evasion import evade
from host_tools.train.keys import features_of
from simulator import micropython

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "build"
DATA = Path(os.environ.get("MESSAGES") or ROOT.parent / "shared" / "data" / "messages")
_HURTS = reading.BULLY | reading.THREAT | reading.PRIVATE
Judge = Callable[[str], bool]
# Written before the training text, and never looked at to improve anything.
HELD_OUT = Path(__file__).with_name("held_out.tsv")
_COLUMNS = ("id", "lang", "direction", "label", "subtype", "text")

CHILDREN = (Path(__file__).with_name("children_dev.tsv"), Path(__file__).with_name("children_test.tsv"))

# Runs on MicroPython: times in microseconds and allocated bytes a message, from a file of messages and one of words. Each
# is the least of seven, as others use the machine too.
_BENCH = """
import gc, micropython, sys, time
from firmware.text import reading
lines = [line for line in open(sys.argv[1]).read().split("\\n") if line]
words = open(sys.argv[2]).read().split("\\n")
read = reading.read
for line in lines:
    read(line)
allocate = 0
for line in lines:
    micropython.heap_lock()
    try:
        read(line)
    except MemoryError:
        allocate += 1
    micropython.heap_unlock()
gc.collect()
gc.disable()
before = gc.mem_alloc()
for line in lines:
    read(line)
allocated = (gc.mem_alloc() - before) // len(lines)
gc.enable()
def naive(line):
    for word in words:
        if word in line:
            return True
def timed(act, line):
    best = 1 << 29
    for _ in range(7):
        start = time.ticks_us()
        act(line)
        best = min(best, time.ticks_diff(time.ticks_us(), start))
    return best
times = [0, 0]
for line in lines:
    times[0] += timed(read, line)
    times[1] += timed(naive, line)
    gc.collect()
print(allocate, len(lines), allocated, times[0] * 10 // len(lines), times[1] * 10 // len(lines))
"""


def interval(hits: int, count: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson)."""
    if not count:
        return 0.0, 1.0
    share, z = hits / count, 1.96
    middle = share + z * z / (2 * count)
    half = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return (middle - half) / (1 + z * z / count), (middle + half) / (1 + z * z / count)


def share(texts_: Iterable[str], judge: Judge) -> dict[str, Any]:
    """How many of these the judge flags, with the interval."""
    flags = [judge(text) for text in texts_]
    low, high = interval(sum(flags), len(flags))
    return {
        "hits": sum(flags),
        "of": len(flags),
        "share": round(sum(flags) / max(len(flags), 1), 4),
        "low": round(low, 4),
        "high": round(high, 4),
    }


def two_sided(rows: list[tuple[int, str]], judge: Judge) -> dict[str, float]:
    """Accuracy, macro-F1, recall and false positive rate on labelled messages."""
    counts = [[0, 0], [0, 0]]
    for label, text in rows:
        counts[label][judge(text)] += 1
    (tn, fp), (fn, tp) = counts
    ones, zeros = 2 * tp / max(2 * tp + fp + fn, 1), 2 * tn / max(2 * tn + fp + fn, 1)
    low, high = interval(tp + tn, len(rows))
    figures = {
        "accuracy": (tp + tn) / len(rows), "low": low, "high": high, "macro_f1": (ones + zeros) / 2,
        "recall": tp / max(tp + fn, 1), "fpr": fp / max(fp + tn, 1),
    }  # fmt: skip
    return {name: round(value, 4) for name, value in figures.items()}


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
    chinese = any("\u4000" <= c <= "\u9fff" for c in text)
    over = [classifier.sums[i] - classifier.limit(chinese, i) for i in range(classifier.OUTPUTS)]
    scores = {
        "bully": (found.classes & _HURTS, max(over[classifier.HURT], over[classifier.BULLY])),
        "stranger": (direction != "out" and found.classes & reading.STRANGER, over[classifier.STRANGER]),
        "doxx": (found.classes & reading.DOXX, over[classifier.DOXX]),
    }
    sure = {name for name, (flag, _) in scores.items() if flag & ~found.guessed}
    scored = {name: score + 100 * (name in sure) for name, (flag, score) in scores.items() if flag}
    if not scored:
        return "benign", max(over)
    best = max(scored, key=lambda name: scored[name])
    return best, scored[best]


def _hurts(text: str) -> bool:
    return bool(reading.read(text[:MAX_CHARS]).classes & _HURTS)


def _flagged(text: str) -> bool:
    return bool(reading.read(text[:MAX_CHARS]).classes & ~reading.CRY)


def _learned(text: str) -> bool:
    reading.read(text[:MAX_CHARS])
    chinese = any("\u4000" <= c <= "\u9fff" for c in text)
    return any(classifier.sums[i] >= classifier.limit(chinese, i) for i in (classifier.HURT, classifier.BULLY))


def _word_list(data: Path) -> Judge:
    english = set((data / "ldnoobw/en.txt").read_text("utf-8").lower().split("\n")) - {""}
    chinese = [word for word in (data / "ldnoobw/zh.txt").read_text("utf-8").split("\n") if len(word) > 1]

    def judge(text: str) -> bool:
        words = text.lower().split()
        return any(word.strip(".,!?") in english for word in words) or any(word in text for word in chinese)

    return judge


def _naive(words: list[str]) -> Judge:
    return lambda text: any(word in text.lower() for word in words)


def _plain_table(data: Path) -> Judge:
    """One signed byte for each place in a table as large as the model, no fingerprints: naive Bayes on the same texts."""
    size = classifier_bytes()
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


def classifier_bytes() -> int:
    """Bytes of model.bin."""
    return Path(classifier.__file__).with_name("model.bin").stat().st_size


def _run(name: str, script: str, *files: Path) -> "subprocess.CompletedProcess[str] | None":
    """Run a script on the unix port with these files as its arguments; None without it."""
    binary = micropython.binary()
    if binary is None:
        return None
    path = BUILD / name
    path.write_text(script, "utf-8")
    return subprocess.run(
        [binary, "-X", "heapsize=8M", str(path), *map(str, files)],
        env={**os.environ, "MICROPYPATH": str(ROOT) + ":.frozen"}, capture_output=True, text=True, check=False,
    )  # fmt: skip


def _on_micropython(data: Path) -> dict[str, Any]:
    """What one message costs on the unix port; the naive list has a thousand words."""
    chinese, english = texts.benign(data, measuring=True)
    BUILD.mkdir(exist_ok=True)
    sample, words = BUILD / "evaluate_sample.txt", BUILD / "evaluate_words.txt"
    sample.write_text("\n".join(chinese[:300] + english[:100]), "utf-8")
    listed = [row["text"] for row in texts._rows(data / "surge/profanity_en.csv")][:700]
    words.write_text("\n".join(listed + (data / "ldnoobw/zh.txt").read_text("utf-8").split("\n")[:300]), "utf-8")
    done = _run("evaluate_bench.py", _BENCH, sample, words)
    if done is None:
        return {"missing": micropython.why_missing()}
    try:
        allocating, messages, allocated, read, naive = map(int, done.stdout.split())
    except ValueError:
        return {"failed": done.stdout + done.stderr}
    return {
        "messages": messages, "of_them_allocating": allocating, "allocated_bytes": allocated, "reading_us": read / 10,
        "naive_1000_words_us": naive / 10, "times_faster": round(naive / read, 1),
    }  # fmt: skip


# Runs on MicroPython: reading and sums of every line of one file, into another.
_READ_ALL = """
import sys
from firmware.text import classifier
from firmware.text.reading import read
with open(sys.argv[1]) as lines:
    with open(sys.argv[2], "w") as out:
        for line in lines:
            found = read(line[:-1])
            out.write("%s %s\\n" % (found[:2] + found[3:], list(classifier.sums)))
"""


def _equal_on_micropython(data: Path) -> dict[str, Any]:
    """Whether every message of the data folder gets the same reading and the same sums on both runtimes."""
    messages = []
    for path in sorted(data.rglob("*")):
        if path.suffix == ".csv":
            messages += [row.get("text") or "" for row in texts._rows(path)]
        elif path.suffix == ".txt" and "LICENSE" not in path.name:
            messages += texts.lines(path)
    messages = [re.sub("[\r\n]", " ", text)[:MAX_CHARS] for text in messages]
    BUILD.mkdir(exist_ok=True)
    given, made = BUILD / "evaluate_all.txt", BUILD / "evaluate_all.out"
    given.write_text("".join(text + "\n" for text in messages), "utf-8")
    done = _run("evaluate_all.py", _READ_ALL, given, made)
    if done is None:
        return {"missing": micropython.why_missing()}
    if done.returncode:
        return {"failed": done.stdout + done.stderr}
    there = made.read_text("utf-8").splitlines()
    here = []
    for text in messages:
        found = reading.read(text)
        here.append("%s %s" % (found[:2] + found[3:], list(classifier.sums)))
    different = sum(a != b for a, b in zip(here, there, strict=True))
    return {"messages": len(messages), "different": different}


def figures(predictions: list[tuple[str, str]], rows: list[dict[str, str]]) -> dict[str, Any]:
    """The figures of a file that is judged, from (id, class) and the rows they belong to."""
    by_id = dict(predictions)
    pairs = [(row["label"], by_id[row["id"]], row["subtype"].endswith("_ev")) for row in rows]

    def rate(label: str, wanted: str, evading: bool | None = None) -> float | None:
        found = [p == wanted for t, p, e in pairs if t == label and evading in (None, e)]
        return round(sum(found) / len(found), 4) if found else None

    tp = sum(t == p == "bully" for t, p, _ in pairs)
    wrong = sum((t == "bully") != (p == "bully") for t, p, _ in pairs)
    calm = [p for t, p, _ in pairs if t == "benign"]
    caught = {e: [p != "benign" for t, p, ev in pairs if t != "benign" and ev == e] for e in (False, True)}
    ratio = None
    if caught[True] and any(caught[False]):
        ratio = round(sum(caught[True]) / len(caught[True]) / (sum(caught[False]) / len(caught[False])), 4)
    return {
        "bully_f1": round(2 * tp / max(2 * tp + wrong, 1), 4), "bully_recall": rate("bully", "bully"),
        "doxx_recall": rate("doxx", "doxx"), "stranger_recall": rate("stranger", "stranger"),
        "benign_fpr": round(sum(p != "benign" for p in calm) / len(calm), 4) if calm else None,
        "evasive_recall_ratio": ratio, "messages": len(pairs),
    }  # fmt: skip


def by_language(rows: list[dict[str, str]]) -> dict[str, Any]:
    """Figures over all and for each language; writes build/predictions.tsv and lists the errors."""
    found = [(row["id"], *predict(row["text"], row["direction"])) for row in rows]
    BUILD.mkdir(exist_ok=True)
    (BUILD / "predictions.tsv").write_text("".join("%s\t%s\t%d\n" % line for line in found), "utf-8")
    pairs = [line[:2] for line in found]
    result: dict[str, Any] = figures(pairs, rows)
    for language in sorted({row["lang"] for row in rows}):
        result[language] = figures(pairs, [row for row in rows if row["lang"] == language])
    result["errors"] = [
        [row["id"], row["label"], line[1], row["text"]]
        for row, line in zip(rows, found, strict=True)
        if row["label"] != line[1]
    ]
    return result


def read_messages(path: Path) -> list[dict[str, str]]:
    """The rows of a file of labelled messages; see above. A first line of column names may stand or be missing."""
    with path.open(encoding="utf-8", newline="") as stream:
        lines = csv.reader(stream, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [dict(zip(_COLUMNS, line, strict=True)) for line in lines if line and line[0] != "id"]


def _labelled(path: Path) -> list[tuple[int, str]]:
    return [(int(row["label"]), row["text"]) for row in texts._rows(path)]


def _evasions(rows: list[tuple[int, str]], seed: int) -> dict[str, Any]:
    """Recall of plain and of evading spellings, of those abusive messages that have a word to spell differently."""
    chance = random.Random(seed)
    pairs = [(text, evade(text, chance)) for label, text in rows if label]
    pairs = [pair for pair in pairs if pair[0] != pair[1]]
    return {"plain": share([pair[0] for pair in pairs], _hurts), "evading": share([pair[1] for pair in pairs], _hurts)}


def everything(data: Path) -> dict[str, Any]:
    """All figures on the message data."""
    cold, davidson = _labelled(data / "cold/dev.csv"), _labelled(data / "davidson/dev.csv")
    chinese, english = texts.benign(data, measuring=True)
    naive = [row["text"].lower() for row in texts._rows(data / "surge/profanity_en.csv")][:700]
    naive += [word for word in (data / "ldnoobw/zh.txt").read_text("utf-8").split("\n") if word]
    judges = {
        "reading": _hurts, "classifier alone": _learned, "LDNOOBW": _word_list(data), "naive list": _naive(naive[:1000]),
        "plain table": _plain_table(data),
    }  # fmt: skip
    groups = [line for line in chinese if any(word in line for word in ("男人", "女人", "男的", "女的"))]
    result: dict[str, Any] = {}
    for name, judge in judges.items():
        result[name] = {
            "cold/dev": two_sided(cold, judge), "davidson/dev": two_sided(davidson, judge),
            "benign zh": share(chinese, judge), "benign en": share(english, judge), "groups in zh chat": share(groups, judge),
        }  # fmt: skip
    result["any class, benign zh"] = share(chinese, _flagged)
    result["any class, benign en"] = share(english, _flagged)
    neutral = [text for label, text in _labelled(data / "templates/en.csv")[::40] if not label]
    neutral += [text for label, text in _labelled(data / "templates/zh.csv")[::40] if not label]
    result["neutral templates (their like was trained on)"] = share(neutral, _hurts)
    result["evasion, cold/dev"] = _evasions(cold, 1)
    result["evasion, davidson/dev"] = _evasions(davidson, 2)
    for path in (*CHILDREN, HELD_OUT):
        result["children's messages, " + path.name] = by_language(read_messages(path))
        if path != CHILDREN[0]:  # only figures are taken from what measures
            del result["children's messages, " + path.name]["errors"]
    return result


def _show(value: Any, name: str = "", depth: int = 0) -> None:
    if not isinstance(value, dict):
        if name != "errors":
            print("  " * depth + "%s: %s" % (name, value))
    elif all(not isinstance(part, dict | list) for part in value.values()):
        print("  " * depth + "%-24s" % name + "  ".join("%s %s" % pair for pair in value.items()))
    else:
        print("  " * depth + name)
        for key, part in value.items():
            _show(part, key, depth + 1)


def small_variant(data: Path) -> dict[str, Any]:
    """The figures of the model for boards without PSRAM."""
    full = classifier._FILE
    classifier._FILE = full.replace("model.bin", "model_small.bin")
    classifier.head[0] = 0
    try:
        chinese, english = texts.benign(data, measuring=True)
        result: dict[str, Any] = {
            "cold/dev": two_sided(_labelled(data / "cold/dev.csv"), _hurts),
            "davidson/dev": two_sided(_labelled(data / "davidson/dev.csv"), _hurts),
            "any class, benign zh": share(chinese, _flagged), "any class, benign en": share(english, _flagged),
        }  # fmt: skip
        for path in CHILDREN:
            figures_ = by_language(read_messages(path))
            del figures_["errors"]
            result["children's messages, " + path.name] = figures_
        return result
    finally:
        classifier._FILE = full
        classifier.head[0] = 0


def main(arguments: list[str]) -> None:
    """Print all figures and write them to build/evaluate.json."""
    start = time.perf_counter()
    if arguments and arguments[0]:
        rows = read_messages(Path(arguments[0]))
        result = by_language(rows)
        for error in result["errors"]:
            print("%s\t%s read as %s\t%s" % tuple(error))
    else:
        result = everything(DATA)
        result["small variant"] = small_variant(DATA)
        terms, small = (
            Path(reading.__file__).with_name(name).stat().st_size for name in ("terms.txt", "model_small.bin")
        )
        result["bytes"] = {
            "model.bin": classifier_bytes(), "terms.txt": terms, "together": classifier_bytes() + terms,
            "model_small.bin": small,
        }  # fmt: skip
        result["micropython"] = _on_micropython(DATA)
        result["both runtimes, every message of the data folder"] = _equal_on_micropython(DATA)
    result["seconds"] = round(time.perf_counter() - start)
    _show(result)
    BUILD.mkdir(exist_ok=True)
    (BUILD / "evaluate.json").write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
