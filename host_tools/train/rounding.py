"""Weights rounded to the rows of a small book, so that the sums of messages change least.

The codes of features are chosen one after the other: each makes up for what the rounding of the others changed in the
messages in which it stands. Then the rows are set by least squares, and so on in turn.
"""

from typing import NamedTuple

import numpy as np
from scipy.sparse import csc_matrix, csr_matrix

_LLOYD = 30  # rounds of Lloyd's algorithm, from which it starts
_TURNS = 4
_TIE = 1e-4  # by which rows that hardly any message needs stay where they are
WIDEST = 127  # of a weight


class Book(NamedTuple):
    """The rows of the book, and which of them stands for each feature."""

    rows: np.ndarray  # codes by outputs, whole numbers
    codes: np.ndarray  # by feature


def _nearest(whole: np.ndarray, counts: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """(rows, the row of each feature): those from which weights differ least, each as much as it counts (Lloyd)."""
    chance = np.random.default_rng(0)
    worth = (counts * whole**2).sum(axis=1)
    rows = whole[chance.choice(len(whole), size, replace=False, p=worth / worth.sum())]
    taken = np.zeros(len(whole), dtype=int)
    for _ in range(_LLOYD):
        taken = (counts @ (rows**2).T - 2 * (counts * whole) @ rows.T).argmin(axis=1)
        for row in range(size):
            here = taken == row
            if here.any():
                rows[row] = (counts[here] * whole[here]).sum(axis=0) / counts[here].sum(axis=0)
    return rows, taken


def _choose_codes(rows: np.ndarray, codes: np.ndarray, ranges: list[range], off: np.ndarray, columns: csc_matrix,
                  heed: np.ndarray, counts: np.ndarray) -> None:  # fmt: skip
    """Choose each feature's code anew, in `codes`; `off` is by how much the sums of messages differ, and stays so."""
    for feature in np.random.default_rng(0).permutation(len(codes)):
        here = columns.indices[columns.indptr[feature] : columns.indptr[feature + 1]]
        old = codes[feature]
        wanted = rows[old] - (heed[here] * off[here]).sum(axis=0) / counts[feature]
        choice = ranges[feature]
        new = choice[int((counts[feature] * (rows[choice.start : choice.stop] - wanted) ** 2).sum(axis=1).argmin())]
        if new != old:
            off[here] += rows[new] - rows[old]
            codes[feature] = new


def _fit_rows(rows: np.ndarray, codes: np.ndarray, right: np.ndarray, columns: csc_matrix, heed: np.ndarray) -> None:
    """Set the rows, in place, by which the sums come nearest to the right ones."""
    held = csr_matrix((np.ones(len(codes)), (np.arange(len(codes)), codes)), shape=(len(codes), len(rows)))
    holding = columns @ held  # messages by codes
    for output in range(rows.shape[1]):
        heeded = holding.multiply(heed[:, output : output + 1]).tocsr()
        found = np.linalg.solve(
            (holding.T @ heeded).toarray() + _TIE * np.eye(len(rows)),
            heeded.T @ right[:, output] + _TIE * rows[:, output],
        )
        rows[:, output] = np.clip(found, -WIDEST, WIDEST)
    rows[0] = 0


def round_to_rows(whole: np.ndarray, matrix: csr_matrix, heed: np.ndarray, parts: list[tuple[np.ndarray, range]],
                  size: int) -> Book:  # fmt: skip
    """Round the weights `whole`, features by outputs, to a book of `size` rows.

    `heed` says how much a change of each sum of the matrix' messages counts, messages by outputs. `parts` are features
    that share a range of codes, with that range; what is in none of them has code 0, which is no weight at all.
    """
    columns = csc_matrix(matrix)
    counts = np.asarray(columns.T @ heed) + 1e-6  # some features stand in no message that counts
    rows = np.zeros((size, whole.shape[1]))
    codes = np.zeros(len(whole), dtype=int)
    ranges = [range(1)] * len(whole)
    for members, span in parts:
        some = min(len(span), len(members))
        rows[span.start : span.start + some], taken = _nearest(whole[members], counts[members], some)
        codes[members] = span.start + taken
        for feature in members:
            ranges[feature] = range(span.start, span.start + some)
    right = columns @ whole
    for _ in range(_TURNS):
        _choose_codes(rows, codes, ranges, columns @ rows[codes] - right, columns, heed, counts)
        _fit_rows(rows, codes, right, columns, heed)
    rows = np.rint(rows)
    _choose_codes(rows, codes, ranges, columns @ rows[codes] - right, columns, heed, counts)
    return Book(rows.astype(int), codes)
