"""Everything that the watch keeps about people is declared (requirements A1-A3, A8)."""

import ast
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from firmware import texts
from firmware.policy.rules.consent import MANIFEST, PURPOSES
from host_tools.settings import load_settings

FIRMWARE = Path(__file__).resolve().parent.parent / "firmware"
ROWS = [line.split("\t") for line in (FIRMWARE / "texts" / "collected.tsv").read_text(encoding="utf-8").splitlines()]
# Not in a private part of the journal: the safety floor's own file, evidence (the journal holds its hash), and what
# is in memory alone.
NOT_JOURNALLED = {
    *("emergency.numbers", "content_access.sealed", "location.position", "capture.recording", "capture.picture"),
}

# What each purpose's lines say, as guardians have agreed to it. A change of these lines is a change of what is agreed:
# raise the purpose's number in firmware/policy/rules/consent.py, then write the new hash here.
DECLARED = {
    "location": (1, "71843cc37f76"), "voice": (1, "4981f7be9431"), "photo": (1, "9f7e652f36d1"),
    "health": (1, "e3b0c44298fc"), "payment": (1, "a17148d3cd97"), "ai": (1, "e2e8e76e7fcf"),
}  # fmt: skip


def private_kinds(tree: ast.AST) -> Iterator[str]:
    """The kind of every event that carries a private part."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.func.id != "event":
            continue
        if any(word.arg == "private" for word in node.keywords):
            kind = node.args[0]
            assert isinstance(kind, ast.Constant) and isinstance(kind.value, str), "name the kind in place"
            yield kind.value


def test_every_collector_is_declared() -> None:
    """A private part of a record that stands in no line of collected.tsv fails the build (A3)."""
    found = {
        kind
        for path in (FIRMWARE / "policy").rglob("*.py")
        for kind in private_kinds(ast.parse(path.read_text(encoding="utf-8")))
    }
    declared = {row[0] for row in ROWS}
    assert len(found) >= 6
    assert found - declared == set(), "add these to firmware/texts/collected.tsv"
    assert declared - found == NOT_JOURNALLED, "nothing collects these any more"


def test_the_walk_finds_a_collector() -> None:
    assert list(private_kinds(ast.parse("allow([event('contacts.added', 1, private=b'')])"))) == ["contacts.added"]
    assert list(private_kinds(ast.parse("event('calls.in', tag)"))) == []


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_a_declaration_is_whole(row: list[str]) -> None:
    """Purpose, trigger, how long, who gets it, and words in both languages that fit on a small screen."""
    kind, purpose, trigger, kept, recipients, chinese, english = row
    keys = {setting["key"] for setting in load_settings()["setting"]}
    assert re.fullmatch(r"[a-z_]+\.[a-z_]+", kind)
    assert purpose in ("basic", *PURPOSES)
    assert trigger and set(trigger.split(",")) <= {"setup", "guardian", "child", "message", "sos", "payment"}
    assert kept in keys or kept in ("wipe", "remove") or kept.isdigit(), "an entry needs an end (A13)"
    assert set(recipients.split(",")) <= {"watch", "guardian", "merchant", "provider"}
    assert 0 < len(chinese) <= 50 and 0 < len(english) <= 120 and english.isascii()


@pytest.mark.parametrize("purpose", PURPOSES)
def test_a_changed_declaration_has_a_new_number(purpose: str) -> None:
    """Consent holds for what was declared: other words need another number, and so consent anew (A8)."""
    words = "".join("\t".join(row) + "\n" for row in ROWS if row[1] == purpose)
    number = MANIFEST[PURPOSES.index(purpose)]
    assert DECLARED[purpose] == (number, hashlib.sha256(words.encode()).hexdigest()[:12])


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_watch_shows_them_without_network(language: str) -> None:
    """The page of the watch holds every line, in the file's order (A1)."""
    column = {"zh": 5, "en": 6}[language]
    assert texts.collected(language) == [(row[1], row[column]) for row in ROWS]
