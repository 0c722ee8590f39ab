"""The features of all examples, as a sparse matrix."""

import numpy as np
from scipy.sparse import csr_matrix

import simulator  # noqa: F401  makes the firmware importable
from firmware.text.fold import CHINESE
from host_tools.train import texts
from host_tools.train.watch import features_of

_LEAST = 3  # examples in which a feature must stand to be learned


def slot_of(key: int, moves: list[int], slots: int) -> int:
    """The slot of a feature, by the moves of the groups."""
    return (key ^ moves[key >> 12]) & (slots - 1)


class Features:
    """The features of all examples, computed once."""

    def __init__(self, examples: list[texts.Example]) -> None:
        self.rows = []
        scripts = []
        for example in examples:
            keys, _, signs = features_of(example.text)
            self.rows.append(np.unique(np.array(keys, dtype=np.int64)))
            scripts.append(0 if signs & CHINESE else 1)
        self.scripts = np.array(scripts)  # 0 zh, 1 en
        self.labels = np.array([-1 if example.label is None else example.label for example in examples])
        self.hurts = np.array([-1 if example.hurt is None else example.hurt for example in examples])
        self.weights = np.array([example.weight * (example.label is not None) for example in examples])
        self.hurt_weights = np.array([example.hurt_weight * (example.hurt is not None) for example in examples])
        self.sources = np.array([example.source for example in examples])
        self.frequency: dict[int, int] = {}
        for row, label, hurt in zip(self.rows, self.labels, self.hurts, strict=True):
            if label <= 0 and hurt <= 0:
                for key in row.tolist():
                    self.frequency[key] = self.frequency.get(key, 0) + 1
        banned: set[int] = set()
        for word in texts.group_words():
            banned |= set(features_of(word)[0])
        self.banned = banned

    def matrix(self, among: np.ndarray | None = None) -> tuple[csr_matrix, np.ndarray]:
        """(examples by keys, the keys in order): of all features that occur three times, or those of `among`."""
        flat = np.concatenate(self.rows)
        owner = np.repeat(np.arange(len(self.rows)), [len(row) for row in self.rows])
        if among is None:
            keys, counts = np.unique(flat, return_counts=True)
            among = keys[(counts >= _LEAST) & ~np.isin(keys, sorted(self.banned))]
        places = np.searchsorted(among, flat)
        places[places == len(among)] = 0
        known = among[places] == flat
        return csr_matrix(
            (np.ones(int(known.sum()), dtype=np.float32), (owner[known], places[known])),
            shape=(len(self.rows), len(among)),
        ), among
