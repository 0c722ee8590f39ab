"""The model's file: which features it keeps, and how their weights are packed (firmware/text/classifier.py)."""

import hashlib
import struct
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_matrix

import simulator  # noqa: F401  makes the firmware importable
from firmware.text import classifier
from host_tools.train import texts
from host_tools.train.features import Features, slot_of
from host_tools.train.learning import learn, unseen
from host_tools.train.tells import OFFSETS, tells
from host_tools.train.watch import FULL, SMALL

VERSION = 5
VARIANTS = {FULL: 16384, SMALL: 4096}  # slots
CODES = {16384: 256, 4096: 128}
TELLS = {16384: 12, 4096: 6}  # codes of features that tell of a term, for each token of it where they may stand
SHARE_OF_HURT = 1.5  # how much abuse among adults counts where features are chosen and weights are rounded
PRUNED = (4, 1.5)  # cells, as multiples of the slots, that are left after each step of choosing
HIDDEN = (0.6, 0.3, 0.1)  # of the features, while all are weighed, while some are chosen, and at the end
MARKS = 256
_TURNS = 3  # in which moves are chosen
_ROUNDS = 30  # of Lloyd's algorithm


class Model(NamedTuple):
    """What a file holds, before its limits are set."""

    slots: int
    starts: list[list[int]]  # by script (zh, en) and output
    book: np.ndarray  # codes by outputs
    first_tell: int
    moves: list[int]  # by mark
    codes: dict[int, int]  # by cell
    sources: bytes
    unseen: np.ndarray  # by message of texts.written and output, its sum by weights that were learned without it

    def packed(self, limits: list[list[tuple[int, int]]] | None = None) -> bytes:
        """The file. `limits`: by script and output, the sum from which it counts and the one below which it is not."""
        marks, codes = bytearray(self.slots), bytearray(self.slots)
        for one, code in self.codes.items():
            slot = slot_of(one, self.moves, self.slots)
            marks[slot] = one >> 14
            codes[slot] = code
        head = (
            b"WWM4"
            + struct.pack("<H", VERSION)
            + self.sources
            + struct.pack("<HBB", self.slots, len(self.book) - 1, self.first_tell)
        )
        for script in range(2):
            for output in range(classifier.OUTPUTS):
                counts, clears = limits[script][output] if limits else (32767, -32768)
                head += struct.pack("<4h", self.starts[script][output], counts, clears, 0)
        book = bytes((self.book.T + 128).astype(np.uint8).tobytes())
        return head + book + struct.pack("<256H", *self.moves) + bytes(marks) + bytes(codes)


def counts_of(matrix: csr_matrix, features: Features) -> np.ndarray:
    """(cells by outputs): how often each stands in the messages that an output is about, as much as these count."""
    written = features.sources >= 0
    children = np.asarray(matrix[written].sum(axis=0)).ravel()
    adults = np.asarray(matrix[~written & (features.hurt_weights > 0)].sum(axis=0)).ravel()
    return np.stack([SHARE_OF_HURT * adults, children, children, children], axis=1)


def rows_for(whole: np.ndarray, counts: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """(rows, the row of each feature): those by which the sums of messages change least (Lloyd's algorithm)."""
    chance = np.random.default_rng(0)
    worth = (counts * whole**2).sum(axis=1)
    rows = whole[chance.choice(len(whole), size, replace=False, p=worth / worth.sum())]
    taken = np.zeros(len(whole), dtype=int)
    for _ in range(_ROUNDS):
        taken = (counts @ (rows**2).T - 2 * (counts * whole) @ rows.T).argmin(axis=1)
        for row in range(size):
            here = taken == row
            if here.any():
                rows[row] = (counts[here] * whole[here]).sum(axis=0) / counts[here].sum(axis=0)
    return rows, taken


def _ranked(features: Features, slots: int) -> tuple[np.ndarray, np.ndarray]:
    """All cells, those first that move the sums of messages most; and how much those do that were weighed last.

    The others are taken away step by step, as those that stay take over what they told.
    """
    matrix, cells = features.matrix(slots)
    counts = counts_of(matrix, features)
    order = np.arange(len(cells))
    worth = np.zeros(0)
    for kept, hidden in ((len(cells), HIDDEN[0]), *((int(slots * most), HIDDEN[1]) for most in PRUNED)):
        here = np.sort(order[:kept])
        whole = learn(matrix[:, here], features, hidden).whole
        # What is harmless moves, too, where the three kinds of harm go the same way.
        mean = whole[:, 1:].sum(axis=1, keepdims=True) / len(texts.LABELS)
        moved = np.concatenate([whole[:, :1], whole[:, 1:] - mean], axis=1)
        worth = (counts[here] * moved**2).sum(axis=1) + counts[here, 1] * mean[:, 0] ** 2
        by_worth = np.argsort(-worth)
        worth = worth[by_worth]
        order = np.concatenate([here[by_worth], order[kept:]])
    return cells[order], worth


def moves_for(cells: np.ndarray, worth: np.ndarray, slots: int) -> list[int]:
    """For each mark the move with which most worth finds a slot of its own, one mark after the other, three times."""
    slot = cells & (slots - 1)
    moves = [0] * MARKS
    placed = np.zeros((MARKS, slots), dtype=np.float32)  # what lies in each slot, by mark
    for _ in range(_TURNS):
        for mark in range(MARKS):
            here = cells >> 14 == mark
            if not here.any():
                continue
            placed[mark] = 0
            others = placed.max(axis=0)
            gains = np.zeros(slots)
            for one, much in zip(slot[here], worth[here], strict=True):
                gains += np.maximum(much - others[np.arange(slots) ^ one], 0)
            moves[mark] = int(gains.argmax())
            placed[mark, slot[here] ^ moves[mark]] = worth[here]
    return moves


def _chosen(features: Features, slots: int) -> tuple[dict[int, int], list[int], np.ndarray]:
    """(the cells that tell of terms, with their tokens; the moves; a cell for each slot)."""
    ranked, worth = _ranked(features, slots)
    wanted = np.array(sorted(tells(slots, features.frequency, lambda one: one)))
    most = np.concatenate([ranked[: len(worth)], wanted])
    moves = moves_for(most, np.concatenate([worth, np.full(len(wanted), worth.max())]), slots)
    told = tells(slots, features.frequency, lambda one: slot_of(one, moves, slots))
    best = {slot_of(one, moves, slots): one for one in told}
    for one in ranked.tolist():
        best.setdefault(slot_of(one, moves, slots), one)
    return told, moves, np.array(sorted(best.values()))


def fit(features: Features, slots: int, data: Path) -> Model:
    """Choose a feature for each slot, weigh them again with those alone, and round."""
    told, moves, chosen = _chosen(features, slots)
    matrix, _ = features.matrix(slots, chosen)
    learned = learn(matrix, features, HIDDEN[-1])
    scale = 127 / np.quantile(np.abs(learned.whole), 0.9995, axis=0)
    whole = np.clip(learned.whole * scale, -127, 127)
    starts = np.rint(learned.starts * scale).astype(int).tolist()
    counts = (counts_of(matrix, features) + 1e-3) / scale**2
    offsets = np.array([told.get(int(one), -1) for one in chosen])
    book = np.zeros((1, classifier.OUTPUTS))  # code 0 weighs nothing: empty slots have it
    codes: dict[int, int] = {}
    first = CODES[slots] - OFFSETS * TELLS[slots]
    for offset in range(-1, OFFSETS):
        part = offsets == offset
        size = first - 1 if offset < 0 else TELLS[slots]
        rows, taken = rows_for(whole[part], counts[part], min(size, int(part.sum())))
        for one, row in zip(chosen[part], taken, strict=True):
            codes[int(one)] = len(book) + int(row)
        book = np.vstack([book, np.rint(rows), np.zeros((size - len(rows), classifier.OUTPUTS))])
    judged = unseen(matrix, features, HIDDEN[-1]) * scale
    return Model(slots, starts, book.astype(int), first, moves, codes, sources(data), judged)


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
