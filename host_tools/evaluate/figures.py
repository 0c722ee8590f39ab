"""Figures from judgements: shares with their intervals, accuracy, and those of a file of labelled messages."""

import csv
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from host_tools.evaluate.judges import Judge, predict

HERE = Path(__file__).resolve().parent
DEV = HERE / "children_dev.tsv"  # its errors were read, and training text was written about them: it only flatters
LIMITS = HERE / "children_limits.tsv"  # by its figures limits were chosen; its messages were not read
TEST = HERE / "children_test.tsv"  # nobody has looked into it
CHILDREN = (DEV, LIMITS, TEST)
COLUMNS = ("id", "lang", "direction", "label", "subtype", "text")


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


Predictions = list[tuple[str, str, int]]  # id, class, score


def predictions(rows: list[dict[str, str]]) -> Predictions:
    """What the watch takes these messages for."""
    return [(row["id"], *predict(row["text"], row["direction"])) for row in rows]


def by_language(rows: list[dict[str, str]], found: Predictions) -> dict[str, Any]:
    """Figures over all messages and for each language."""
    pairs = [line[:2] for line in found]
    result: dict[str, Any] = figures(pairs, rows)
    for language in sorted({row["lang"] for row in rows}):
        result[language] = figures(pairs, [row for row in rows if row["lang"] == language])
    return result


def read_messages(path: Path) -> list[dict[str, str]]:
    """The rows of a file of labelled messages; see above. A first line of column names may stand or be missing."""
    with path.open(encoding="utf-8", newline="") as stream:
        lines = csv.reader(stream, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [dict(zip(COLUMNS, line, strict=True)) for line in lines if line and line[0] != "id"]
