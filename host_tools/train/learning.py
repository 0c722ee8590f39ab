"""The weights of features: logistic regressions, and how much their fit depends on each weight."""

from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.linear_model import LogisticRegression

import simulator  # noqa: F401  makes the firmware importable
from firmware.text import classifier
from host_tools.train.features import Features

STRENGTH = 0.3  # how freely the weights for harm among children follow the examples
STRENGTH_OF_HURT = 0.5  # ... and those for abuse among adults
FOLDS = 4  # parts of the written messages, each judged by weights that were learned without it
_SCRIPT = 3.0  # how strongly the start of the sums may differ by script


class Weights(NamedTuple):
    """What a feature adds to each output, its curvature (how much the fit suffers from a change), and the starts."""

    whole: np.ndarray  # features by outputs
    curvature: np.ndarray  # the same
    starts: np.ndarray  # by script (zh, en) and output


def learn(matrix: csr_matrix, features: Features, left_out: np.ndarray | None = None) -> Weights:
    """Regressions on all examples but those left out.

    Harm among children is one of LABELS: an output's weight is for its label and against "benign". Abuse among adults
    is learned by itself.
    """
    whole = np.zeros((matrix.shape[1], classifier.OUTPUTS))
    curvature = np.zeros((matrix.shape[1], classifier.OUTPUTS))
    starts = np.zeros((2, classifier.OUTPUTS))
    wide = csr_matrix(hstack([matrix, csr_matrix(features.chinese[:, None] * _SCRIPT)]))
    kept = np.ones(len(features.labels), dtype=bool) if left_out is None else ~left_out
    for targets, weights, strength in (
        (features.labels, features.weights, STRENGTH),
        (features.hurts, features.hurt_weights, STRENGTH_OF_HURT),
    ):
        rows = np.flatnonzero(kept & (weights > 0))
        here, weighed = wide[rows], weights[rows]
        found = LogisticRegression(C=strength, max_iter=300, tol=1e-3)
        found.fit(here, targets[rows], sample_weight=weighed)
        children = len(found.classes_) > 2
        outputs = [classifier.BULLY, classifier.STRANGER, classifier.DOXX] if children else [classifier.HURT]
        learned, start = found.coef_, found.intercept_
        if children:
            learned, start = learned[1:] - learned[0], start[1:] - start[0]
        shares = found.predict_proba(here)[:, 1:]
        whole[:, outputs] = learned[:, :-1].T
        curvature[:, outputs] = (here.T @ (weighed[:, None] * shares * (1 - shares)))[:-1] + 1 / strength
        starts[1, outputs] = start
        starts[0, outputs] = start + _SCRIPT * learned[:, -1]
    return Weights(whole, curvature, starts)


def unseen(matrix: csr_matrix, features: Features) -> np.ndarray:
    """The sums of the written messages, in their order, each by weights that were learned without its file."""
    messages = np.flatnonzero(features.sources >= 0)
    sums = np.zeros((len(features.labels), classifier.OUTPUTS))
    for fold in range(FOLDS):
        left_out = (features.sources >= 0) & (features.sources % FOLDS == fold)
        learned = learn(matrix, features, left_out)
        sums[left_out] = matrix[left_out] @ learned.whole + learned.starts[1 - features.chinese[left_out].astype(int)]
    return sums[messages]
