"""The classifier: equal sums everywhere, no allocation, a damaged file, and what it is trained on (G15)."""

import importlib
import re
from array import array
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware import loading
from firmware.text import MAX_CHARS, classifier, reading, terms
from firmware.text.fold import fold_into
from firmware.text.personal_data import find_personal_data
from host_tools.evaluate.figures import CHILDREN, LIMITS, TEST, read_messages
from host_tools.train import texts
from host_tools.train.watch import install
from simulator.micropython import Process
from tests.conftest import ROOT
from tests.text.cases import CLASSES, PERSONAL

HERE = Path(__file__).resolve().parent
MODEL = ROOT / "firmware/text/model.bin"
SMALL = ROOT / "firmware/text/model_small.bin"
TERMS = ROOT / "firmware/text/terms.txt"
MOST_BYTES = 48 * 1024
MOST_SMALL_BYTES = 20 * 1024  # of the model for boards without PSRAM
# Beside the Chinese characters: the one behind them, and those whose UTF-8 holds the bytes of one on the way.
_BESIDE = ["\ua000 ab", "\u3fff ab", "\U00104e00ab \U00105000", "\U0010ffff你 a", "\U000f0000 ab"]
SAMPLE = [text for text, *_ in CLASSES] + [text for text, _ in PERSONAL] + ["好" * MAX_CHARS, "ab " * 300] + _BESIDE
TRAIN = ROOT / "host_tools" / "train"
# What nobody can be reached under: numbers set aside for fiction (555-01xx; Ofcom's 07700 900xxx, 020 7946 0xxx,
# 01632 960xxx and 01x1 496 0xxx), examples from standards and card makers, identity numbers of a region 99, which there
# is not, and numbers with four equal digits or a run of them. Eighteen digits that only look like a card: a wrong
# identity number.
INVENTED = re.compile(
    r"555.?01|0550.?01|07700.?900|7700.?900|79460|01632960|01.14960|11010519491231002|4111111111111111"
    r"|550000000000000|078051120|^99[01]\d{3}(19|20)\d{6}"
    r"|0000|1111|2222|3333|4444|5555|6666|7777|8888|9999|1234|12000|2000|5000|2014"
)


def sums_of(text: str) -> list[int]:
    reading.read(text)
    return list(classifier.sums)


def scored(text: str, folded: bool) -> tuple[int, list[int], list[int]]:
    """(what `score` returns, the sums, where terms may begin), read in one pass or folded before."""
    raw = (text + " ").encode()
    if folded:
        into = bytearray(4 * len(text) + 6)
        signs = fold_into(raw, into) & 1023
        found = classifier.score(into, signs, True)
    else:
        found = classifier.score(raw, 0, False)
    return found, list(classifier.sums), sorted(classifier.spots[: max(classifier.spotted, 0)])


@pytest.fixture
def small_heap(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The classifier as it is where there is no room: it reads the file through for each message."""
    monkeypatch.setattr(loading, "ROOMY", False)
    importlib.reload(classifier)
    yield
    monkeypatch.undo()
    importlib.reload(classifier)


def test_the_tables_fit() -> None:
    assert MODEL.stat().st_size + TERMS.stat().st_size <= MOST_BYTES
    assert SMALL.stat().st_size <= MOST_SMALL_BYTES


def test_a_whole_reading_allocates_nothing_and_is_the_same(
    source_root: Path, start_micropython: Callable[..., Process]
) -> None:
    """With the heap locked, on MicroPython; personal data, which few messages may hold, are apart."""
    calm = [text for text in SAMPLE if not reading.read(text).personal]
    texts = [text for text in calm if not any(c in text for c in "0123456789@号") and "n" not in terms_in(text)]
    assert len(texts) > 60
    answer = start_micropython(HERE / "locked.py", path=source_root).ask({"texts": texts})
    for text, numbers in zip(texts, answer["readings"], strict=True):
        found = reading.read(text)
        assert numbers == [found.classes, found.severity, found.guessed, *classifier.sums], text


def terms_in(text: str) -> str:
    """The letters of the classes of all terms in a message, wherever they begin."""
    folded = bytearray(4 * len(text) + 6)
    size = fold_into((text + " ").encode(), folded) >> 10
    found = array("H", bytes(2 * terms.FOUND))
    terms.find_terms(folded, size, classifier.spots, classifier.EVERYWHERE, found)
    return "".join(chr(letter) for letter, severity in zip(2 * terms.LETTERS, found, strict=False) if severity)


def features(text: str, folded: bool) -> int | list[int]:
    """The keys of all features, known to the model or not; NOT_PLAIN."""
    raw, signs = (text + " ").encode(), 0
    if folded:
        into = bytearray(4 * len(text) + 6)
        signs = fold_into(raw, into) & 1023
        raw = bytes(into)
    keys, places = array("I", bytes(4 * 8192)), array("h", bytes(2 * 8192))
    found = classifier.find(raw, classifier.any_marks, classifier.no_moves, keys, places, pytest.fail, signs, folded)
    return found if found < 0 else keys[: found >> 10].tolist()


@pytest.mark.parametrize("text", SAMPLE)
def test_one_pass_makes_the_features_of_the_folded_message(text: str) -> None:
    plain = features(text, folded=False)
    assert plain == classifier.NOT_PLAIN or plain == features(text, folded=True)


def test_the_edges_of_a_message_are_tokens() -> None:
    """What stands alone has two features that the same words among others do not have; where it begins or ends, one."""

    def keys(text: str) -> set[int]:
        found = features(text, folded=False)
        assert isinstance(found, list)
        return set(found)

    for around, missing in (("so shut up now", 2), ("so shut up", 1), ("shut up now", 1), ("shut up shut up", 0)):
        assert len(keys("shut up") - keys(around)) == missing, around
    assert len(keys("滚开") - keys("你滚开吧")) == 2


@pytest.mark.parametrize("text", SAMPLE)
def test_one_pass_finds_what_folding_before_finds(text: str) -> None:
    plain = scored(text, folded=False)
    assert plain[0] == classifier.NOT_PLAIN or plain == scored(text, folded=True)


@settings(max_examples=1000)
@given(st.lists(st.sampled_from([*"ab uUrR!@$15*'.?好她你，！😂é\u200b tT", "ur ", "hi!"]), max_size=16).map("".join))
def test_one_pass_finds_what_folding_before_finds_in_anything(text: str) -> None:
    plain = scored(text, folded=False)
    assert plain[0] == classifier.NOT_PLAIN or plain == scored(text, folded=True)


@pytest.mark.parametrize("path", [MODEL, SMALL], ids=lambda path: path.name)
def test_from_the_file_the_sums_are_the_same(path: Path, request: pytest.FixtureRequest) -> None:
    """Small heaps read the tables through for each message."""
    request.addfinalizer(lambda: install(MODEL))
    install(path)
    kept = [scored(text, folded=True) for text in SAMPLE]
    request.getfixturevalue("small_heap")
    assert not classifier.ROOMY
    install(path)
    assert [scored(text, folded=True) for text in SAMPLE] == kept
    assert any(sums != kept[0] for sums in kept)


def test_another_file_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    other = tmp_path / "model.bin"
    other.write_bytes(b"WWM1" + MODEL.read_bytes()[4:])
    monkeypatch.setattr(classifier, "_FILE", str(other))
    monkeypatch.setattr(classifier, "head", bytearray(len(classifier.head)))
    for _ in range(2):  # nor at the second try
        with pytest.raises(classifier.BadModel):
            classifier.score(b"a ", 0, False)


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
    paths = [*sorted(TRAIN.glob("*.txt")), *sorted(TRAIN.glob("written/*.tsv")), TRAIN / "dev.tsv"]
    paths += [*CHILDREN, ROOT / "docs/model-card.md"]
    return [(path.name, line) for path in paths for line in path.read_text(encoding="utf-8").splitlines()]


def test_no_real_person_in_what_was_written() -> None:
    """Every telephone, identity and card number belongs to nobody, and every web address is a reserved one (G15)."""
    for name, line in own_text():
        for part in line.rpartition("\t")[2].split("|"):
            if len(re.findall("[0-9]", part)) < 11:  # too few for a number that reaches anybody
                continue
            for kind, start, end in find_personal_data(part, part.encode()):
                digits = re.sub(r"[^0-9]", "", part[start:end])
                if kind in ("phone", "id") or (kind == "card" and len(digits) != 18):
                    assert INVENTED.search(digits) or len(digits) < 11, (name, part)
        rest = re.sub(r"(https?://)?(www\.)?[\w.-]+\.(example|invalid|test)\b", "", line)  # RFC 2606
        assert "://" not in rest and "www." not in rest, (name, line)


def test_the_collections_hold_no_reachable_person() -> None:
    """What is trained on beside that: identity numbers and telephones were taken out by its publisher or for us."""
    data = ROOT.parent / "shared" / "data" / "messages"
    if not data.exists():
        pytest.skip("the message data are not at hand")
    for row in [*texts._rows(data / "cold/train.csv")][::7]:
        kinds = {kind for kind, _, _ in find_personal_data(row["text"][:200], row["text"][:200].encode())}
        assert not kinds & {"phone", "id", "card"}, row["n"]


def test_what_measures_is_not_in_the_training_text() -> None:
    """No message of it is trained on, nor does half of one's letters stand in a row in a pattern."""
    trained = {message.text for message in texts.written()}
    patterns = "\n".join(line for name, line in own_text() if name.endswith(".txt"))
    for row in read_messages(LIMITS) + read_messages(TEST):
        text = row["text"]
        assert text not in trained
        half = max(len(text) // 2 + 1, 8 if row["lang"] == "zh" else 24)
        assert not any(text[i : i + half] in patterns for i in range(len(text) - half + 1)), text
