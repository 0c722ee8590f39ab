"""How well messages are read: `make evaluate`, or `make evaluate DATA=FILE.tsv` for a file of your own.

Without a file: the dev and benign parts of the message data, which nothing was trained on, and the project's own files
of children's messages, beside three baselines. Limits were set on other messages. Writes build/evaluate.json.

FILE.tsv: id, lang, direction, label (bully, doxx, stranger, benign), subtype (ending in _ev where the spelling
evades), text. Writes build/predictions.tsv (id, class, score) as well, from which its figures are computed.
"""

import json
import os
import random
import sys
import time
from pathlib import Path
from typing import Any

import simulator  # noqa: F401  makes the firmware importable
from firmware.text import MAX_CHARS, reading
from host_tools.evaluate import device, judges
from host_tools.evaluate.device import BUILD, ROOT
from host_tools.evaluate.figures import CHILDREN, LIMITS, by_language, predictions, read_messages, share, two_sided
from host_tools.evaluate.judges import flagged, hurts
from host_tools.train import texts, watch
from host_tools.train.evasion import evade

DATA = Path(os.environ.get("MESSAGES") or ROOT.parent / "shared" / "data" / "messages")


def _labelled(path: Path) -> list[tuple[int, str]]:
    return [(int(row["label"]), row["text"]) for row in texts._rows(path)]


def _evasions(rows: list[tuple[int, str]], seed: int) -> dict[str, Any]:
    """Recall of plain and of evading spellings, of those abusive messages that have a word to spell differently."""
    chance = random.Random(seed)
    pairs = [(text, evade(text, chance)) for label, text in rows if label]
    pairs = [pair for pair in pairs if pair[0] != pair[1]]
    return {"plain": share([pair[0] for pair in pairs], hurts), "evading": share([pair[1] for pair in pairs], hurts)}


def _padded(calm: dict[str, list[str]], severity: int) -> dict[str, Any]:
    """How many harmful messages with terms of this severity or more are still flagged between two harmless ones."""
    chance = random.Random(3)
    texts_ = []
    for row in read_messages(LIMITS):
        found = reading.read(row["text"])
        if row["label"] != "benign" and found.severity >= severity and found.classes & ~found.guessed & ~reading.CRY:
            before, after = chance.choice(calm[row["lang"]]), chance.choice(calm[row["lang"]])
            texts_.append((before + ", " + row["text"] + ", " + after)[:MAX_CHARS])
    return share(texts_, flagged)


def everything(data: Path) -> dict[str, Any]:
    """All figures on the message data."""
    cold, davidson = _labelled(data / "cold/dev.csv"), _labelled(data / "davidson/dev.csv")
    chinese, english = texts.benign(data, measuring=True)
    naive = [row["text"].lower() for row in texts._rows(data / "surge/profanity_en.csv")][:700]
    naive += [word for word in (data / "ldnoobw/zh.txt").read_text("utf-8").split("\n") if word]
    beside = {
        "reading": hurts, "classifier alone": judges.learned, "LDNOOBW": judges.word_list(data),
        "naive list": judges.naive(naive[:1000]), "plain table": judges.plain_table(data),
    }  # fmt: skip
    groups = [line for line in chinese if any(word in line for word in ("男人", "女人", "男的", "女的"))]
    result: dict[str, Any] = {}
    for name, judge in beside.items():
        result[name] = {
            "cold/dev": two_sided(cold, judge), "davidson/dev": two_sided(davidson, judge),
            "benign zh": share(chinese, judge), "benign en": share(english, judge),
            "groups in zh chat": share(groups, judge),
        }  # fmt: skip
    result["any class, benign zh"] = share(chinese, flagged)
    result["any class, benign en"] = share(english, flagged)
    neutral = [text for label, text in _labelled(data / "templates/en.csv")[::40] if not label]
    neutral += [text for label, text in _labelled(data / "templates/zh.csv")[::40] if not label]
    result["neutral templates (their like was trained on)"] = share(neutral, hurts)
    result["evasion, cold/dev"] = _evasions(cold, 1)
    result["evasion, davidson/dev"] = _evasions(davidson, 2)
    for path in CHILDREN:
        rows = read_messages(path)
        result["children's messages, " + path.name] = by_language(rows, predictions(rows))
    calm = {"zh": chinese, "en": english}
    result["sure ones between harmless messages"] = _padded(calm, 1)
    result["severe ones between harmless messages"] = _padded(calm, 3)
    result["classifier alone, recall where 1 % of benign chat is flagged"] = _at_one_percent(
        calm,
        {"zh": [text for label, text in cold if label], "en": [text for label, text in davidson if label]},
    )
    return result


def _at_one_percent(calm: dict[str, list[str]], harmful: dict[str, list[str]]) -> dict[str, float]:
    """By language the recall on harmful messages at the limit above which one benign message in a hundred lies."""
    recall = {}
    for language in calm:
        limit = sorted(map(judges.highest, calm[language]))[int(len(calm[language]) * 0.99)]
        recall[language] = round(
            sum(judges.highest(text) > limit for text in harmful[language]) / len(harmful[language]), 4
        )
    return recall


def _show(value: Any, name: str = "", depth: int = 0) -> None:
    if not isinstance(value, dict):
        print("  " * depth + "%s: %s" % (name, value))
    elif all(not isinstance(part, dict | list) for part in value.values()):
        print("  " * depth + "%-24s" % name + "  ".join("%s %s" % pair for pair in value.items()))
    else:
        print("  " * depth + name)
        for key, part in value.items():
            _show(part, key, depth + 1)


def small_variant(data: Path) -> dict[str, Any]:
    """The figures of the model for boards without PSRAM."""
    watch.install(watch.SMALL)
    try:
        chinese, english = texts.benign(data, measuring=True)
        result: dict[str, Any] = {
            "cold/dev": two_sided(_labelled(data / "cold/dev.csv"), hurts),
            "davidson/dev": two_sided(_labelled(data / "davidson/dev.csv"), hurts),
            "any class, benign zh": share(chinese, flagged), "any class, benign en": share(english, flagged),
        }  # fmt: skip
        for path in CHILDREN:
            rows = read_messages(path)
            result["children's messages, " + path.name] = by_language(rows, predictions(rows))
        return result
    finally:
        watch.install(watch.FULL)


def judge_file(path: Path) -> dict[str, Any]:
    """The figures of a file of labelled messages; lists the errors, and writes build/predictions.tsv."""
    rows = read_messages(path)
    found = predictions(rows)
    BUILD.mkdir(exist_ok=True)
    (BUILD / "predictions.tsv").write_text("".join("%s\t%s\t%d\n" % line for line in found), "utf-8")
    for row, (_, kind, _) in zip(rows, found, strict=True):
        if kind != row["label"]:
            print("%s\t%s read as %s\t%s" % (row["id"], row["label"], kind, row["text"]))
    return by_language(rows, found)


def main(arguments: list[str]) -> None:
    """Print all figures and write them to build/evaluate.json."""
    start = time.perf_counter()
    if arguments and arguments[0]:
        result = judge_file(Path(arguments[0]))
    elif not DATA.is_dir():
        sys.exit(
            "No message data at %s. Say where they lie (make evaluate MESSAGES=FOLDER), or judge a file of your own "
            "(make evaluate DATA=FILE.tsv)." % DATA
        )
    else:
        result = everything(DATA)
        result["small variant"] = small_variant(DATA)
        full, terms, small = (path.stat().st_size for path in (watch.FULL, watch.TEXT / "terms.txt", watch.SMALL))
        result["bytes"] = {"model.bin": full, "terms.txt": terms, "together": full + terms, "model_small.bin": small}
        result["micropython"] = device.cost(DATA)
        result["both runtimes, every message of the data folder"] = device.equal_readings(DATA)
    result["seconds"] = round(time.perf_counter() - start)
    _show(result)
    BUILD.mkdir(exist_ok=True)
    (BUILD / "evaluate.json").write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
