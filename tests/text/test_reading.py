"""Reading one message: what it is, and that both runtimes agree (F1, F2, H1, H2)."""

import csv
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware import text as firmware_text
from firmware.text import MAX_CHARS, MAX_SPANS, judging
from firmware.text.fold import fold
from firmware.text.personal_data import find_personal_data
from firmware.text.reading import BadText, read
from simulator.micropython import Process
from tests.text import reader
from tests.text.cases import CLASSES, DOXX, PERSONAL

HERE = Path(__file__).resolve().parent
KINDS = {"id", "phone", "card", "address", "plate", "account", "secret", "school"}
# Collections of real messages, which need not be at hand.
MESSAGES = HERE.parents[2] / "shared" / "data" / "messages"
HARMLESS = ("lccc/benign_calib.txt", "taskmaster/benign_calib.txt")
TERMS = (Path(firmware_text.__file__).parent / "terms.txt").read_text(encoding="utf-8")
TABLE = [line.rsplit("=", 1) for line in TERMS.rstrip("\n").split("\n")]

# What the finders look for, so that random texts come close to it.
PIECES = [text for text, *_ in CLASSES] + [text for text, _ in PERSONAL]
SIGNS = "0123456789一二三十号楼单元路市区xX +-@.:：，你他不\u200b京aD"
NEARBY = st.lists(st.sampled_from([*PIECES, *SIGNS]), max_size=40)


def parts(text: str) -> list[tuple[str, str]]:
    return [(kind, text[start:end]) for kind, start, end in read(text).personal]


@pytest.mark.parametrize(("text", "classes", "severity"), CLASSES)
def test_what_a_message_is(text: str, classes: int, severity: int) -> None:
    """By the terms: what the classifier guesses is judged by figures (make evaluate), not by sentences."""
    result = read(text)
    sure = result.classes & ~result.guessed
    assert (sure, result.severity if sure else 0, result.personal) == (classes, severity, [])


@pytest.mark.parametrize(("text", "expected"), PERSONAL)
def test_personal_data(text: str, expected: list[tuple[str, str]]) -> None:
    assert parts(text) == expected
    result = read(text)
    assert bool(result.classes & ~result.guessed & DOXX) == bool(expected)


def test_every_resident_id_needs_its_check_character() -> None:
    """GB 11643: exactly one of the eleven last characters fits."""
    number = "11010519491231002"
    assert [last for last in "0123456789X" if parts(number + last) == [("id", number + last)]] == ["X"]


@pytest.mark.parametrize("text", ["\ud800", "a\udfff", "\udc00\ud800你", None, b"hello", 7, "好" * (MAX_CHARS + 1)])
def test_what_is_no_message(text: object) -> None:
    with pytest.raises(BadText):
        read(text)  # type: ignore[arg-type]


def test_the_longest_message_is_read() -> None:
    assert read("好" * (MAX_CHARS - 6) + "你怎么不去死").severity == 3


def test_a_message_full_of_personal_data_needs_little_memory() -> None:
    """Parts beyond MAX_SPANS show up once the first ones are deleted."""
    assert len(read("a@b.cc " * 142).personal) == MAX_SPANS


def test_the_table_can_be_searched() -> None:
    """Sorted, in the folded spelling, with known codes: a line that breaks this would never be found."""
    terms = [term for term, _ in TABLE]
    assert TERMS[-1] == "\n"
    assert terms == sorted(set(terms))
    for term, code in TABLE:
        plain = term.replace("*", "").replace(".", "")
        assert fold(plain.encode())[0].decode() == plain, term
        assert not {*b"*."} & {*term.encode()[:5]}, term
        assert "a" <= term[0] <= "z" or "\u4000" <= term[0] <= "\u9fff", term
        assert len(term.encode()) > 4 or term.isascii() or code.endswith("^"), term
        assert code == "n" or (code[0] in "btdscp" and code[1] in "123" and code[2:] in ("", "?", "~", "!", "^")), term


@pytest.mark.parametrize(("term", "code"), TABLE)
def test_every_term_is_found(term: str, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a message that meets all conditions, where the classifier clears nothing."""
    monkeypatch.setattr(judging, "_CLEARED", (0,) * 6)
    message = term.replace("*", "").replace(".", " x " if term.isascii() else "好")
    if code.endswith("?"):
        message = "you " + message if term.isascii() else "你" + message
    if code != "n":
        assert read(message).classes & (1 << "btdscp".index(code[0])), message


@given(st.text(max_size=MAX_CHARS) | NEARBY.map("".join).filter(lambda text: len(text) <= MAX_CHARS))
def test_any_text_gives_a_reading(text: str) -> None:
    """Whatever comes in, spans lie inside the text, in order, and severity belongs to a class."""
    result = read(text)
    assert 0 <= result.classes < 64
    assert 0 <= result.severity <= 3
    assert bool(result.severity) == bool(result.classes)
    assert result.guessed & ~result.classes == 0
    last = 0
    for kind, start, end in result.personal:
        assert kind in KINDS
        assert last <= start < end <= len(text)
        last = end


@given(NEARBY)
def test_looking_closer_only_when_needed_misses_nothing_numeric(pieces: list[str]) -> None:
    """`read` skips the search for personal data in most messages; what has digits is never skipped."""
    text = "".join(pieces)[:MAX_CHARS]
    if any("0" <= character <= "9" for character in text):
        assert read(text).personal == find_personal_data(text, text.encode())


def sample() -> list[str]:
    """Texts for both runtimes: all cases, mixtures of them, and random ones."""
    chance = random.Random(1)
    texts = PIECES + [term for term, _ in TABLE]
    texts += ["".join(chance.choices(PIECES, k=chance.randint(2, 5)))[:MAX_CHARS] for _ in range(1000)]
    everywhere = [*range(32, 0x250), *range(0x2000, 0x2070), *range(0x4E00, 0x4F00), 0xFF11, 0x1F600, 0x10FFFF, 0]
    return texts + ["".join(map(chr, chance.choices(everywhere, k=chance.randint(1, 60)))) for _ in range(1000)]


def assert_same(process: Process, texts: list[str]) -> None:
    for i in range(0, len(texts), 200):
        request = {"texts": texts[i : i + 200]}
        assert process.ask(request) == reader.answer(request)


@pytest.mark.parametrize("form", ["source_root", "mpy_root"])
def test_micropython_reads_the_same(
    form: str, request: pytest.FixtureRequest, start_micropython: Callable[..., Process]
) -> None:
    process = start_micropython(HERE / "reader.py", path=request.getfixturevalue(form))
    assert_same(process, sample())
    for codes in ([0xD800], [97, 0xDFFF], [0xDC00, 0xD800], [0x4F60] * (MAX_CHARS + 1)):
        assert process.ask({"codes": codes}) == {"readings": ["BadText"]}


def messages(name: str) -> list[str]:
    path = MESSAGES / name
    if not path.exists():
        pytest.skip("the message data are not at hand: " + name)
    with path.open(encoding="utf-8", newline="") as file:
        if path.suffix == ".csv":
            return [row["text"][:MAX_CHARS] for row in csv.DictReader(file)]
        return [line[:MAX_CHARS] for line in file.read().split("\n") if line]


@pytest.mark.parametrize("name", ["cold/dev.csv", "davidson/dev.csv", *HARMLESS])
def test_micropython_reads_real_messages_the_same(
    name: str, source_root: Path, start_micropython: Callable[..., Process]
) -> None:
    assert_same(start_micropython(HERE / "reader.py", path=source_root), messages(name))


@pytest.mark.parametrize("name", HARMLESS)
def test_harmless_chat_is_hardly_ever_flagged(name: str) -> None:
    """At most one in a hundred."""
    texts = messages(name)
    assert sum(read(text).classes > 0 for text in texts) <= len(texts) // 100
