"""How the reading is judged: figures of a labelled file, the direction of a message, and how weights are rounded."""

import pytest

from host_tools.evaluate.figures import LIMITS, by_language, figures, predictions, read_messages
from host_tools.evaluate.judges import predict

_ROWS = [
    {"id": "1", "lang": "en", "direction": "in", "label": "bully", "subtype": "insult", "text": "a"},
    {"id": "2", "lang": "en", "direction": "in", "label": "bully", "subtype": "insult_ev", "text": "b"},
    {"id": "3", "lang": "zh", "direction": "in", "label": "stranger", "subtype": "photo", "text": "c"},
    {"id": "4", "lang": "zh", "direction": "out", "label": "doxx", "subtype": "phone", "text": "d"},
    {"id": "5", "lang": "en", "direction": "in", "label": "benign", "subtype": "chat", "text": "e"},
    {"id": "6", "lang": "en", "direction": "in", "label": "benign", "subtype": "chat", "text": "f"},
]


def test_figures_of_a_file() -> None:
    """Worked out by hand: one of two bullied, one found where nothing is, a stranger taken for a bully."""
    found = figures(
        [("1", "bully"), ("2", "benign"), ("3", "bully"), ("4", "doxx"), ("5", "bully"), ("6", "benign")], _ROWS
    )
    assert found["bully_f1"] == round(2 / (2 + 3), 4)  # one right; one missed, two wrongly called so
    assert (found["bully_recall"], found["doxx_recall"], found["stranger_recall"]) == (0.5, 1.0, 0.0)
    assert (found["benign_fpr"], found["evasive_recall_ratio"], found["messages"]) == (0.5, 0.0, 6)


def test_languages_are_told_apart() -> None:
    found = by_language(_ROWS, [(row["id"], row["label"], 0) for row in _ROWS])
    assert (found["messages"], found["en"]["messages"], found["zh"]["messages"]) == (6, 4, 2)
    assert found["en"]["doxx_recall"] is None and found["zh"]["doxx_recall"] == 1.0


def test_a_child_is_no_stranger() -> None:
    """The rules act on a stranger's signs in what comes in, and on nothing of the kind in what goes out."""
    assert predict("don't tell your mom", "in")[0] == "stranger"
    assert predict("don't tell your mom", "out")[0] == "benign"


def test_what_is_no_message_is_judged_too() -> None:
    assert predict("\ud800", "in") == ("benign", 0)


def test_the_reading_is_not_worse_than_it_says() -> None:
    """By the file its limits were chosen by; docs/model-card.md has the figures, and those of a file never opened."""
    rows = read_messages(LIMITS)
    found = by_language(rows, predictions(rows))
    assert found["bully_f1"] > 0.78 and found["doxx_recall"] > 0.83 and found["stranger_recall"] > 0.8
    assert found["benign_fpr"] < 0.06 and found["evasive_recall_ratio"] > 0.9


def test_weights_are_rounded_where_it_costs_least() -> None:
    """Of two equal distances the features that stand in more messages are kept apart."""
    pytest.importorskip("scipy", reason="training needs scipy: make train installs it")
    import numpy as np

    from host_tools.train.rounding import _nearest

    whole = np.array([[10.0, 0.0], [14.0, 0.0], [-50.0, 0.0], [-54.0, 0.0]])
    counts = np.array([[9.0, 1.0], [9.0, 1.0], [1.0, 1.0], [1.0, 1.0]])
    rows, taken = _nearest(whole, counts, 3)
    assert taken[0] != taken[1] and taken[2] == taken[3]
    assert rows[taken[2]].tolist() == [-52.0, 0.0]


def test_what_rounding_changes_is_made_up_for() -> None:
    """The sums of messages differ less than by the nearest rows; each feature stays within its part of the book."""
    pytest.importorskip("scipy", reason="training needs scipy: make train installs it")
    import numpy as np
    from scipy.sparse import csr_matrix

    from host_tools.train import rounding

    chance = np.random.default_rng(1)
    whole = chance.normal(size=(60, 2)) * 40
    whole[59] = 0
    matrix = csr_matrix((chance.random((400, 60)) < 0.2).astype(np.float32))
    parts = [(np.arange(40), range(1, 9)), (np.arange(40, 59), range(9, 14))]
    book = rounding.round_to_rows(whole, matrix, np.ones((400, 2)), parts, 14)
    assert book.codes[59] == 0 and not book.rows[0].any()
    assert np.abs(book.rows).max() <= rounding.WIDEST and book.rows.dtype.kind == "i"
    nearest = np.zeros_like(whole)
    for members, codes in parts:
        assert set(book.codes[members]) <= set(codes)
        rows, taken = rounding._nearest(whole[members], np.ones((len(members), 2)), len(codes))
        nearest[members] = rows[taken]

    def off(rounded: "np.ndarray") -> float:
        return float((np.asarray(matrix @ (rounded - whole)) ** 2).mean())

    assert off(book.rows[book.codes]) < 0.8 * off(nearest)


def test_groups_are_moved_out_of_each_others_way() -> None:
    """Three groups that all have the first slot by their hash, and two of them the second, find five slots of eight."""
    pytest.importorskip("scipy", reason="training needs scipy: make train installs it")
    import numpy as np

    from host_tools.train.features import slot_of
    from host_tools.train.model import moves_for

    keys = [3 << 14, 3 << 14 | 1, 5 << 14, 5 << 14 | 1, 9 << 14]
    moves = moves_for(np.array(keys), np.array([5.0, 4.0, 3.0, 2.0, 1.0]), 8)
    assert len({slot_of(key, moves, 8) for key in keys}) == len(keys)
