"""The classifier: equal sums everywhere, no allocation, a damaged file, and what it is trained on (G15)."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware.text import MAX_CHARS, classifier, reading
from firmware.text.fold import fold
from firmware.text.personal_data import find_personal_data
from host_tools.evaluate import HELD_OUT, read_messages
from host_tools.train import texts
from simulator.micropython import Process
from tests.conftest import ROOT
from tests.text.cases import CLASSES, PERSONAL

HERE = Path(__file__).resolve().parent
TABLES = (ROOT / "firmware/text/model.bin", ROOT / "firmware/text/terms.txt")
MOST_BYTES = 48 * 1024
SAMPLE = [text for text, *_ in CLASSES] + [text for text, _ in PERSONAL] + ["好" * MAX_CHARS, "ab " * 300]
TRAIN = ROOT / "host_tools" / "train"
# What nobody can be reached under: numbers that were set aside for fiction (555-01xx; Ofcom's 07700 900xxx and
# 020 7946 0xxx), examples from standards and card makers, and numbers with four equal digits or a run of them.
INVENTED = re.compile(
    r"555.?01|0550.?01|07700.?900|7700.?900|79460|11010519491231002|4111111111111111|550000000000000|078051120"
    r"|0000|1111|2222|3333|4444|5555|6666|7777|8888|9999|1234|12000|2000|5000|2014"
)


def sums_of(text: str) -> list[int]:
    folded = fold(text.encode())[0]
    classifier.score(folded, len(folded))
    return list(classifier.sums)


def test_the_tables_fit() -> None:
    assert sum(path.stat().st_size for path in TABLES) <= MOST_BYTES


def test_nothing_is_allocated_and_the_sums_are_equal(
    source_root: Path, start_micropython: Callable[..., Process]
) -> None:
    """With the heap locked, on MicroPython (the tables kept in memory)."""
    answer = start_micropython(HERE / "locked.py", path=source_root).ask({"texts": SAMPLE})
    assert answer == {"sums": [sums_of(text) for text in SAMPLE]}


def test_from_the_file_the_sums_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small heaps read the tables through for each message."""
    kept = [sums_of(text) for text in SAMPLE]
    monkeypatch.setattr(classifier, "ROOMY", False)
    assert [sums_of(text) for text in SAMPLE] == kept
    assert any(sums != kept[0] for sums in kept)


def test_another_file_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    other = tmp_path / "model.bin"
    other.write_bytes(b"WWM1" + TABLES[0].read_bytes()[4:])
    monkeypatch.setattr(classifier, "_FILE", str(other))
    monkeypatch.setattr(classifier, "head", bytearray(len(classifier.head)))
    for _ in range(2):  # nor at the second try
        with pytest.raises(classifier.BadModel):
            classifier.score(b"a", 1)


def test_a_repeated_word_counts_once() -> None:
    once, often = sums_of("你 废物"), sums_of("你 废物 废物 废物")
    assert often[classifier.BULLY] - once[classifier.BULLY] < once[classifier.BULLY] - sums_of("你")[classifier.BULLY]


def test_a_guess_is_mild_and_says_so() -> None:
    """What only the classifier finds has severity 1 and stands in `guessed`."""
    rows = read_messages(TRAIN / "dev.tsv")
    readings = [reading.read(row["text"]) for row in rows]
    guesses = [found for found in readings if found.guessed and found.guessed == found.classes]
    assert len(guesses) > 20
    assert {found.severity for found in guesses} == {1}


@settings(max_examples=40)
@given(st.binary(max_size=64 * 1024) | st.integers(0, 64).map(lambda n: b"\xf0\x9f\x98\x80\xe2\x80\x8f" * 140 * n))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    """0 to 64 KB of anything, lone surrogates and right-to-left marks among it: a reading or BadText."""
    for text in (data.decode("utf-8", "surrogateescape"), data.decode("utf-16-le", "replace"), data.decode("latin-1")):
        for part in (text, text[:MAX_CHARS]):
            try:
                found = reading.read(part)
            except reading.BadText:
                assert len(part) > MAX_CHARS or any("\ud800" <= c <= "\udfff" for c in part)
            else:
                assert found.severity in range(4)


def own_text() -> list[tuple[str, str]]:
    """(file, line) of everything that this project wrote for training and measuring, and of the card."""
    paths = [*sorted(TRAIN.glob("*.txt")), TRAIN / "dev.tsv", HELD_OUT, ROOT / "docs/model-card.md"]
    return [(path.name, line) for path in paths for line in path.read_text(encoding="utf-8").splitlines()]


def test_no_real_person_in_what_was_written() -> None:
    """Every telephone, identity and card number belongs to nobody, and no line holds a web address (G15)."""
    for name, line in own_text():
        for part in line.split("|"):
            for kind, start, end in find_personal_data(part, part.encode()):
                if kind in ("phone", "id", "card"):
                    digits = re.sub(r"[^0-9]", "", part[start:end]) or "0000"
                    assert INVENTED.search(digits) or not digits.isdigit() or len(digits) < 11, (name, part)
        assert "http" not in line and "www." not in line, (name, line)


def test_the_collections_hold_no_reachable_person() -> None:
    """What is trained on beside that: identity numbers and telephones were taken out by its publisher or for us."""
    data = ROOT.parent / "shared" / "data" / "messages"
    if not data.exists():
        pytest.skip("the message data are not at hand")
    for row in [*texts._rows(data / "cold/train.csv")][::7]:
        kinds = {kind for kind, _, _ in find_personal_data(row["text"][:200], row["text"][:200].encode())}
        assert not kinds & {"phone", "id", "card"}, row["n"]


def test_the_held_out_file_is_not_in_the_training_text() -> None:
    """No message of it stands among what is trained on, nor half of one's letters in a row."""
    written = "\n".join(line for name, line in own_text() if name.endswith(".txt"))
    for row in read_messages(HELD_OUT):
        text = row["text"]
        half = max(len(text) // 2 + 1, 8 if row["lang"] == "zh" else 24)
        assert not any(text[i : i + half] in written for i in range(len(text) - half + 1)), text
