"""The model's file: which features it keeps, their weights, and how these are packed (firmware/text/classifier.py)."""

import hashlib
import struct
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.cluster import MiniBatchKMeans
from sklearn.linear_model import LogisticRegression

import simulator  # noqa: F401  makes the firmware importable
from firmware.text import classifier
from firmware.text.fold import CHINESE
from host_tools.train import texts
from host_tools.train.keys import features_of

VERSION = 3
TEXT = Path(classifier.__file__).parent
VARIANTS = {TEXT / "model.bin": 16384, TEXT / "model_small.bin": 4096}  # slots
CODES = {16384: 256, 4096: 128}
TELLS = {16384: 12, 4096: 6}  # codes of features that tell of a term, for each token of it where they may stand
OFFSETS = 4
COMMON = 20  # benign examples in which a feature may stand and yet tell of more than one term
STRENGTH = (0.2, 0.3, 0.3, 0.3)  # of the weights of each output: how freely they follow the examples
FOLDS = 4  # parts of the written messages, each judged by weights that were learned without it
_SCRIPT = 3.0  # how strongly the start of the sums may differ by script


def cell(key: int, slots: int) -> int:
    """What the watch can tell apart: the slot, and the upper eight bits."""
    return key & (slots - 1) | key >> 14 << 14


def _own_keys(term: str) -> dict[int, int]:
    """The features that stand wherever the first part of this term does: by key, the token where each begins."""
    start = term.split(".", maxsplit=1)[0]
    goes_on = start.endswith("*")
    start = start.rstrip("*")
    tails = (
        ("", "zq", "xvk", "e")
        if goes_on
        else ("", " mn zp", " wxv", "好", "的是")
        if start.isascii()
        else ("", "嗯呢", "么吧", " qz")
    )
    found: set[tuple[int, int]] | None = None
    for tail in tails:
        keys, places, _ = features_of(start + tail)
        here = set(zip(keys, places, strict=True))
        found = here if found is None else found & here
    return {key: place for key, place in found or () if place < OFFSETS}


def tells(slots: int, frequency: dict[int, int]) -> dict[int, int]:
    """Cells by which each term of terms.txt is found, rare ones, and the token of the term where they stand.

    No two of them are in one slot.
    """
    choices: list[tuple[str, list[tuple[int, int, int]]]] = []
    for line in (TEXT / "terms.txt").read_text("utf-8").splitlines():
        term = line.rpartition("=")[0]
        keys = _own_keys(term)
        choices.append(
            (term, sorted(((frequency.get(key, 0), cell(key, slots), place) for key, place in keys.items())))
        )
    taken: dict[int, tuple[int, int]] = {}
    for term, counted in sorted(choices, key=lambda choice: (len(choice[1]), choice[0])):
        fitting = [
            (count, one, place)
            for count, one, place in counted
            if taken.get(one & (slots - 1), (one, place)) == (one, place)
        ]
        if not fitting:
            raise ValueError("no slot is left for the term " + term)
        shared = [choice for choice in fitting if choice[0] < COMMON and choice[1] & (slots - 1) in taken]
        _, one, place = (shared or fitting)[0]
        taken[one & (slots - 1)] = (one, place)
    return dict(taken.values())


class Features:
    """The features of all examples, computed once."""

    def __init__(self, examples: list[texts.Example]) -> None:
        self.examples = examples
        self.rows = []
        chinese = []
        for example in examples:
            keys, _, signs = features_of(example.text)
            self.rows.append(np.unique(np.array(keys, dtype=np.int64)))
            chinese.append(bool(signs & CHINESE))
        self.chinese = np.array(chinese, dtype=np.float32)
        self.weights = np.array([example.weight for example in examples])
        self.labels = np.array([[-1 if one is None else one for one in example.harm] for example in examples])
        self.groups = np.array([example.group for example in examples])
        self.frequency: dict[int, int] = {}
        for row, example in zip(self.rows, examples, strict=True):
            if not any(example.harm):
                for key in row.tolist():
                    self.frequency[key] = self.frequency.get(key, 0) + 1
        banned: set[int] = set()
        for word in texts.group_words():
            banned |= set(features_of(word)[0])
        self.banned = banned

    def matrix(self, slots: int, among: np.ndarray | None = None) -> tuple[csr_matrix, np.ndarray]:
        """(examples by cells, the cells): all that occur three times, or those of `among`."""
        flat = np.concatenate(self.rows)
        flat = flat & (slots - 1) | flat >> 14 << 14
        owner = np.repeat(np.arange(len(self.rows)), [len(row) for row in self.rows])
        if among is None:
            cells, counts = np.unique(flat, return_counts=True)
            banned = np.array(sorted(cell(key, slots) for key in self.banned))
            among = cells[(counts > 2) & ~np.isin(cells, banned)]
        places = np.searchsorted(among, flat)
        places[places == len(among)] = 0
        known = among[places] == flat
        matrix = csr_matrix(
            (np.ones(int(known.sum()), dtype=np.float32), (owner[known], places[known])),
            shape=(len(self.rows), len(among)),
        )
        matrix.data[:] = 1  # a feature counts once
        matrix.sum_duplicates()
        matrix.data[:] = 1
        return matrix, among


class Model(NamedTuple):
    """What a file holds, before its limits are set."""

    slots: int
    starts: list[list[int]]  # by script (zh, en) and output
    book: np.ndarray  # codes by outputs
    first_tell: int
    codes: dict[int, int]  # by cell
    sources: bytes
    unseen: np.ndarray  # by message of texts.written and output, its sum by weights that were learned without it

    def packed(self, limits: list[list[tuple[int, int]]] | None = None) -> bytes:
        """The file. `limits`: by script and output, the sum from which it counts and the one below which it is not."""
        marks, codes = bytearray(self.slots), bytearray(self.slots)
        for one, code in self.codes.items():
            marks[one & (self.slots - 1)] = one >> 14
            codes[one & (self.slots - 1)] = code
        head = (
            b"WWM3"
            + struct.pack("<H", VERSION)
            + self.sources
            + struct.pack("<HBB", self.slots, len(self.book) - 1, self.first_tell)
        )
        for script in range(2):
            for output in range(classifier.OUTPUTS):
                counts, clears = limits[script][output] if limits else (32767, -32768)
                head += struct.pack("<4h", self.starts[script][output], counts, clears, 0)
        return head + bytes((self.book.T + 128).astype(np.uint8).tobytes()) + bytes(marks) + bytes(codes)


def install(path: Path) -> None:
    """Let the reading use this file from now on."""
    classifier._FILE = str(path)
    classifier.head[0] = 0


def _regress(
    matrix: csr_matrix, features: Features, output: int, rows: np.ndarray, strength: float
) -> tuple[np.ndarray, np.ndarray]:
    """(weights, the start in Chinese and in English)."""
    from scipy.sparse import hstack

    wide = csr_matrix(hstack([matrix[rows], csr_matrix(features.chinese[rows][:, None] * _SCRIPT)]))
    found = LogisticRegression(C=strength, solver="liblinear", max_iter=60, tol=0.01, random_state=0)
    found.fit(wide, features.labels[rows, output], sample_weight=features.weights[rows])
    start = float(found.intercept_[0])
    return found.coef_[0][:-1], np.array([start + _SCRIPT * found.coef_[0][-1], start])


def fit(features: Features, slots: int, data: Path) -> Model:
    """Choose a feature for each slot, weigh them again with those alone, and round."""
    rows = [np.flatnonzero(features.labels[:, output] >= 0) for output in range(classifier.OUTPUTS)]
    matrix, cells = features.matrix(slots)
    counts = np.sqrt(np.asarray(matrix.sum(axis=0)).ravel())
    worth = np.zeros(len(cells))
    for output in range(classifier.OUTPUTS):
        weights, _ = _regress(matrix, features, output, rows[output], STRENGTH[output])
        worth = np.maximum(worth, np.abs(weights) * counts)
    frequency = features.frequency
    told = tells(slots, frequency)
    best = {one & (slots - 1): one for one in told}
    for i in np.argsort(-worth):
        best.setdefault(int(cells[i]) & (slots - 1), int(cells[i]))
    chosen = np.array(sorted(best.values()))
    matrix, _ = features.matrix(slots, chosen)
    whole = np.zeros((len(chosen), classifier.OUTPUTS))
    starts = [[0] * classifier.OUTPUTS, [0] * classifier.OUTPUTS]
    messages = np.flatnonzero(features.groups >= 0)
    messages = messages[np.unique(features.groups[messages], return_index=True)[1]]
    unseen = np.zeros((len(messages), classifier.OUTPUTS))
    for output in range(classifier.OUTPUTS):
        weights, start = _regress(matrix, features, output, rows[output], STRENGTH[output])
        scale = 127 / np.quantile(np.abs(weights), 0.999)
        whole[:, output] = np.clip(weights * scale, -127, 127)
        starts[0][output], starts[1][output] = (round(float(one) * scale) for one in start)
        for fold in range(FOLDS if output else 0):
            left_out = features.groups % FOLDS == fold
            left_out &= features.groups >= 0
            learned, start = _regress(matrix, features, output, rows[output][~left_out[rows[output]]], STRENGTH[output])
            here = left_out[messages]
            sums = matrix[messages[here]] @ learned + np.where(features.chinese[messages[here]] > 0, start[0], start[1])
            unseen[here, output] = sums * scale
    importance = np.sqrt(np.asarray(matrix.sum(axis=0)).ravel()) + 1
    offsets = np.array([told.get(int(one), -1) for one in chosen])
    book = np.zeros((1, classifier.OUTPUTS))  # code 0 weighs nothing: empty slots have it
    codes: dict[int, int] = {}
    first = CODES[slots] - OFFSETS * TELLS[slots]
    for offset in range(-1, OFFSETS):
        part = offsets == offset
        size = first - 1 if offset < 0 else TELLS[slots]
        kept = min(size, int(part.sum()))
        groups = MiniBatchKMeans(kept, random_state=0, n_init=3, batch_size=4096).fit(
            whole[part], sample_weight=importance[part]
        )
        for one, code in zip(chosen[part], groups.predict(whole[part]), strict=True):
            codes[int(one)] = len(book) + int(code)
        book = np.vstack([book, np.rint(groups.cluster_centers_), np.zeros((size - kept, classifier.OUTPUTS))])
    return Model(slots, starts, book.astype(int), first, codes, sources(data), unseen)


def sources(data: Path) -> bytes:
    """First bytes of the digests of data and code, for the head."""
    files = [data / name for name in texts.FILES]
    code = sorted(path for path in texts.HERE.rglob("*") if path.suffix in (".py", ".txt", ".tsv"))
    parts = []
    for paths in (files, code):
        digest = hashlib.sha256()
        for path in paths:
            digest.update(path.read_bytes())
        parts.append(digest.digest()[:8])
    return b"".join(parts)
