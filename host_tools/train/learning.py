"""The weights of features: mean weights of several regressions.

Each regression is learned by stochastic gradient descent with a step for each weight (AdaGrad: Duchi, Hazan and Singer,
2011), and from messages of which most features are hidden, others each time (dropout: Srivastava and others, 2014). Rare
words so get weights of their own, no message is known by one word alone, and what is accidental in one regression is
not in their mean.
"""

import os
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_matrix

import simulator  # noqa: F401  makes the firmware importable
from firmware.text import classifier
from host_tools.train.features import Features

REGRESSIONS = 10  # whose weights are averaged
ROUNDS = 3  # how often each sees all examples
_STEP = 0.3  # the length of the first steps; the last ones have none
_DECAY = 1e-5  # by which weights shrink that their steps touch
_BATCH = 512  # examples to a step
FOLDS = 4  # parts of the written messages, each judged by weights that were learned without it


class Weights(NamedTuple):
    """What a feature adds to each output, and the starts of the sums."""

    whole: np.ndarray  # features by outputs
    starts: np.ndarray  # by script and output


class _Examples(NamedTuple):
    """What a regression learns from: rows of features, their scripts, targets and weights."""

    matrix: csr_matrix
    scripts: np.ndarray
    targets: np.ndarray  # examples by classes: 1 for the right one
    weights: np.ndarray


def chances(sums: np.ndarray) -> np.ndarray:
    """The classes' probabilities, by example, from their sums."""
    powers = np.exp(sums - sums.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def _regression(examples: _Examples, hidden: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """(weights: features by classes, starts: scripts by classes) of one multinomial regression."""
    chance = np.random.default_rng(seed)
    matrix, scripts, targets, weights = examples
    count, classes = targets.shape
    learned = np.zeros((matrix.shape[1], classes), dtype=np.float32)
    starts = np.zeros((2, classes), dtype=np.float32)
    squares, start_squares = np.full_like(learned, 1e-8), np.full_like(starts, 1e-8)
    for turn in range(ROUNDS):
        order = chance.permutation(count)
        for at in range(0, count, _BATCH):
            step = _STEP * (1 - (turn + at / count) / ROUNDS)
            chosen = order[at : at + _BATCH]
            rows = matrix[chosen]
            rows.data = (chance.random(len(rows.data), dtype=np.float32) > hidden) / np.float32(1 - hidden)
            here = scripts[chosen]
            off = chances(rows @ learned + starts[here]) - targets[chosen]
            off *= weights[chosen, None] / _BATCH
            touched = np.unique(rows.indices)
            slope = rows[:, touched].T @ off + _DECAY * learned[touched]
            squares[touched] += slope**2
            learned[touched] -= step * slope / np.sqrt(squares[touched])
            for script in range(2):
                slope = off[here == script].sum(axis=0)
                start_squares[script] += slope**2
                starts[script] -= step * slope / np.sqrt(start_squares[script])
    return learned, starts


_shared: list[_Examples] = []  # what the processes of _regressions learn from: they are forked


def _shared_regression(hidden: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    return _regression(_shared[0], hidden, seed)


def _regressions(examples: _Examples, hidden: float) -> tuple[np.ndarray, np.ndarray]:
    """The mean weights and starts of all regressions, learned side by side."""
    _shared[:] = [examples]
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("fork")) as pool:
        found = list(pool.map(_shared_regression, [hidden] * REGRESSIONS, range(REGRESSIONS)))
    return np.mean([one for one, _ in found], axis=0), np.mean([one for _, one in found], axis=0)


def learn(matrix: csr_matrix, features: Features, hidden: float, left_out: np.ndarray | None = None) -> Weights:
    """Regressions on all examples but those left out; `hidden` is the share of a message's features that they do not
    see, each time others.

    Harm among children is one of LABELS: an output's weight is for its label and against "benign". Abuse among adults
    is learned by itself.
    """
    whole = np.zeros((matrix.shape[1], classifier.OUTPUTS))
    starts = np.zeros((2, classifier.OUTPUTS))
    kept = np.ones(len(features.labels), dtype=bool) if left_out is None else ~left_out
    for targets, weights, outputs in (
        (features.labels, features.weights, [classifier.BULLY, classifier.STRANGER, classifier.DOXX]),
        (features.hurts, features.hurt_weights, [classifier.HURT]),
    ):
        rows = np.flatnonzero(kept & (weights > 0))
        right = np.eye(len(outputs) + 1, dtype=np.float32)[targets[rows]]
        examples = _Examples(matrix[rows], features.scripts[rows], right, weights[rows].astype(np.float32))
        learned, start = _regressions(examples, hidden)
        whole[:, outputs] = learned[:, 1:] - learned[:, :1]
        starts[:, outputs] = start[:, 1:] - start[:, :1]
    return Weights(whole, starts)


def unseen(matrix: csr_matrix, features: Features, hidden: float) -> np.ndarray:
    """The sums of the written messages, in their order, each by weights that were learned without its file."""
    messages = np.flatnonzero(features.sources >= 0)
    sums = np.zeros((len(features.labels), classifier.OUTPUTS))
    for fold in range(FOLDS):
        left_out = (features.sources >= 0) & (features.sources % FOLDS == fold)
        learned = learn(matrix, features, hidden, left_out)
        sums[left_out] = matrix[left_out] @ learned.whole + learned.starts[features.scripts[left_out]]
    return sums[messages]
