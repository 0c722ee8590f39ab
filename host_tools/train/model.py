"""The model's file: which features it keeps, and how their weights are packed (firmware/text/classifier.py)."""

import hashlib
import struct
from pathlib import Path
from typing import NamedTuple

import numpy as np

import simulator  # noqa: F401  makes the firmware importable
from firmware.text import classifier
from host_tools.train import texts
from host_tools.train.features import Features
from host_tools.train.learning import learn, unseen
from host_tools.train.tells import OFFSETS, tells
from host_tools.train.watch import FULL, SMALL

VERSION = 4
VARIANTS = {FULL: 16384, SMALL: 4096}  # slots
CODES = {16384: 256, 4096: 128}
TELLS = {16384: 12, 4096: 6}  # codes of features that tell of a term, for each token of it where they may stand
SHARE_OF_HURT = 2.5  # how much abuse among adults counts where features are chosen and weights are rounded
PRUNED = (6, 3, 1.75)  # cells, as multiples of the slots, that are left after each step of choosing
HIDDEN = 0.2  # of the features, while the weights of those that were chosen are learned
_SHARES = np.array([SHARE_OF_HURT, 1, 1, 1])
_ROUNDS = 30  # of Lloyd's algorithm


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


def rows_for(whole: np.ndarray, curvature: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """(rows, the row of each feature): those by which the fit loses least, to the second order (Lloyd's algorithm).

    A feature suffers from a changed weight as its curvature in that output says, so the distances differ by feature.
    """
    chance = np.random.default_rng(0)
    worth = (curvature * whole**2).sum(axis=1)
    rows = whole[chance.choice(len(whole), count, replace=False, p=worth / worth.sum())]
    taken = np.zeros(len(whole), dtype=int)
    for _ in range(_ROUNDS):
        taken = (curvature @ (rows**2).T - 2 * (curvature * whole) @ rows.T).argmin(axis=1)
        for row in range(count):
            here = taken == row
            if here.any():
                rows[row] = (curvature[here] * whole[here]).sum(axis=0) / curvature[here].sum(axis=0)
    return rows, taken


def _ranked(features: Features, slots: int) -> np.ndarray:
    """All cells, those first that the fit needs most.

    The others are taken away step by step, as those that stay take over what they told.
    """
    matrix, cells = features.matrix(slots)
    order = np.arange(len(cells))
    for kept, hidden in ((len(cells), 0.6), *((int(slots * most), 0.4) for most in PRUNED)):
        here = np.sort(order[:kept])
        learned = learn(matrix[:, here], features, hidden)
        worth = (_SHARES * learned.curvature * learned.whole**2).sum(axis=1)  # what the fit would lose without it
        order = np.concatenate([here[np.argsort(-worth)], order[kept:]])
    return cells[order]


def fit(features: Features, slots: int, data: Path) -> Model:
    """Choose a feature for each slot, weigh them again with those alone, and round."""
    told = tells(slots, features.frequency)
    best = {one & (slots - 1): one for one in told}
    for one in _ranked(features, slots).tolist():
        best.setdefault(one & (slots - 1), one)
    chosen = np.array(sorted(best.values()))
    matrix, _ = features.matrix(slots, chosen)
    learned = learn(matrix, features, HIDDEN)
    scale = 127 / np.quantile(np.abs(learned.whole), 0.9995, axis=0)
    whole = np.clip(learned.whole * scale, -127, 127)
    starts = np.rint(learned.starts * scale).astype(int).tolist()
    curvature = _SHARES * learned.curvature / scale**2
    offsets = np.array([told.get(int(one), -1) for one in chosen])
    book = np.zeros((1, classifier.OUTPUTS))  # code 0 weighs nothing: empty slots have it
    codes: dict[int, int] = {}
    first = CODES[slots] - OFFSETS * TELLS[slots]
    for offset in range(-1, OFFSETS):
        part = offsets == offset
        size = first - 1 if offset < 0 else TELLS[slots]
        rows, taken = rows_for(whole[part], curvature[part], min(size, int(part.sum())))
        for one, row in zip(chosen[part], taken, strict=True):
            codes[int(one)] = len(book) + int(row)
        book = np.vstack([book, np.rint(rows), np.zeros((size - len(rows), classifier.OUTPUTS))])
    return Model(slots, starts, book.astype(int), first, codes, sources(data), unseen(matrix, features, HIDDEN) * scale)


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
