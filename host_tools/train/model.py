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
from host_tools.train.learning import Weights, chances, learn, unseen
from host_tools.train.rounding import WIDEST, round_to_rows
from host_tools.train.tells import OFFSETS, tells
from host_tools.train.watch import FULL, SMALL

VERSION = 8
VARIANTS = {FULL: 16384, SMALL: 4096}  # slots
CODES = {16384: 256, 4096: 128}
TELLS = {16384: 12, 4096: 6}  # codes of features that tell of a term, for each token of it where they may stand
SHARE_OF_HURT = 1.5  # how much abuse among adults counts where features are chosen and weights rounded
PRUNED = (4, 1.5)  # features, as multiples of the slots, that are left after each step of choosing
HIDDEN = (0.6, 0.3, 0.1)  # of the features, while all are weighed, while some are chosen, and at the end
_TURNS = 3  # in which moves are chosen
_SURE = 0.02  # what a message counts of which the model is sure; 0.25 is the most


class Model(NamedTuple):
    """What a file holds, before its limits are set."""

    slots: int
    starts: list[list[int]]  # by script (zh, en) and output
    book: np.ndarray  # codes by outputs
    first_tell: int
    moves: list[int]  # by group
    codes: dict[int, int]  # by key
    sources: bytes
    unseen: np.ndarray  # by message of texts.written and output, its sum by weights that were learned without it

    def packed(self, limits: list[list[tuple[int, int]]] | None = None) -> bytes:
        """The file. `limits`: by script and output, the sum from which it counts and the one below which it is not."""
        marks, codes = bytearray(self.slots), bytearray(self.slots)
        for key, code in self.codes.items():
            slot = slot_of(key, self.moves, self.slots)
            marks[slot] = key >> 14
            codes[slot] = code
        head = (
            b"WWM5"
            + struct.pack("<H", VERSION)
            + self.sources
            + struct.pack("<HBB", self.slots, len(self.book) - 1, self.first_tell)
        )
        for script in range(2):
            for output in range(classifier.OUTPUTS):
                counts, clears = limits[script][output] if limits else (32767, -32768)
                head += struct.pack("<4h", self.starts[script][output], counts, clears, 0)
        book = bytes((self.book.T + 128).astype(np.uint8).tobytes())
        return head + book + struct.pack("<%dH" % classifier.GROUPS, *self.moves) + bytes(marks) + bytes(codes)


def heed_of(matrix: csr_matrix, features: Features, learned: Weights, hurt_weights: np.ndarray) -> np.ndarray:
    """(messages by outputs): how much it matters what changes a sum: little where the model is sure.

    Of those that children did not write, each counts by its weight of `hurt_weights`, for abuse among adults.
    """
    sums = matrix @ learned.whole + learned.starts[features.scripts]
    hurt = chances(np.column_stack([np.zeros(len(sums)), sums[:, 0]]))[:, 1:]
    harm = chances(np.column_stack([np.zeros(len(sums)), sums[:, 1:]]))[:, 1:]
    among = np.concatenate([hurt, harm], axis=1)
    written = features.sources >= 0
    share = np.stack([SHARE_OF_HURT * hurt_weights * ~written, written, written, written], axis=1)
    return np.asarray(share * (among * (1 - among) + _SURE))


def _ranked(features: Features, slots: int) -> tuple[np.ndarray, np.ndarray]:
    """All keys, those first that move the sums of messages most; and how much those do that were weighed last.

    The others are taken away step by step, as those that stay take over what they told.
    """
    matrix, keys = features.matrix()
    order = np.arange(len(keys))
    for kept, hidden in ((len(keys), HIDDEN[0]), *((int(slots * most), HIDDEN[1]) for most in PRUNED)):
        here = np.sort(order[:kept])
        learned = learn(matrix[:, here], features, hidden)
        whole = learned.whole
        counts = matrix[:, here].T @ heed_of(matrix[:, here], features, learned, features.hurt_weights > 0)
        # What is harmless moves, too, where the three kinds of harm go the same way.
        mean = whole[:, 1:].sum(axis=1, keepdims=True) / len(texts.LABELS)
        moved = np.concatenate([whole[:, :1], whole[:, 1:] - mean], axis=1)
        worth = (counts * moved**2).sum(axis=1) + counts[:, 1:].sum(axis=1) * mean[:, 0] ** 2
        by_worth = np.argsort(-worth)
        worth = worth[by_worth]
        order = np.concatenate([here[by_worth], order[kept:]])
    return keys[order], worth


def moves_for(keys: np.ndarray, worth: np.ndarray, slots: int) -> list[int]:
    """For each group the move with which most worth finds a slot of its own, one group after the other, three times."""
    every = np.arange(slots)
    moves = [0] * classifier.GROUPS
    members = [np.flatnonzero(keys >> 12 == group) for group in range(classifier.GROUPS)]
    placed = np.zeros((classifier.GROUPS, slots), dtype=np.float32)  # what lies in each slot, by group
    most = np.zeros(slots, dtype=np.float32)
    for _ in range(_TURNS):
        for group, here in enumerate(members):
            slot = keys[here] & (slots - 1)
            left = slot ^ moves[group]
            placed[group, left] = 0
            most[left] = placed[:, left].max(axis=0)
            gains = np.zeros(slots)
            for one, much in zip(slot, worth[here], strict=True):
                gains += np.maximum(much - most[every ^ one], 0)
            moves[group] = int(gains.argmax())
            found = slot ^ moves[group]
            placed[group, found] = worth[here]
            most[found] = np.maximum(most[found], worth[here])
    return moves


def _chosen(features: Features, slots: int) -> tuple[dict[int, int], list[int], np.ndarray]:
    """(the keys that tell of terms, with their tokens; the moves; a key for each slot)."""
    ranked, worth = _ranked(features, slots)
    wanted = np.array(sorted(tells(features.frequency, lambda key: key)))
    most = np.concatenate([ranked[: len(worth)], wanted])
    moves = moves_for(most, np.concatenate([worth, np.full(len(wanted), worth.max())]), slots)
    told = tells(features.frequency, lambda key: slot_of(key, moves, slots))
    best = {slot_of(key, moves, slots): key for key in told}
    for key in ranked.tolist():
        best.setdefault(slot_of(key, moves, slots), key)
    return told, moves, np.array(sorted(best.values()))


def fit(features: Features, slots: int, data: Path) -> Model:
    """Choose a feature for each slot, weigh them again with those alone, and round."""
    told, moves, chosen = _chosen(features, slots)
    matrix, _ = features.matrix(chosen)
    learned = learn(matrix, features, HIDDEN[-1])
    scale = WIDEST / np.quantile(np.abs(learned.whole), 0.9995, axis=0)
    whole = np.clip(learned.whole * scale, -WIDEST, WIDEST)
    starts = np.rint(learned.starts * scale).astype(int).tolist()
    offsets = np.array([told.get(int(key), -1) for key in chosen])
    first = CODES[slots] - OFFSETS * TELLS[slots]
    spans = [range(1, first)] + [range(at, at + TELLS[slots]) for at in range(first, CODES[slots], TELLS[slots])]
    parts = [(np.flatnonzero(offsets == part - 1), span) for part, span in enumerate(spans)]
    heed = heed_of(matrix, features, learned, features.hurt_weights) / scale**2
    book, codes = round_to_rows(whole, matrix, heed, parts, CODES[slots])
    judged = unseen(matrix, features, HIDDEN[-1]) * scale
    known = dict(zip(chosen.tolist(), codes.tolist(), strict=True))
    return Model(slots, starts, book, first, moves, known, sources(data), judged)


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
