"""The words of the watch: every reason, alert and notice has them, short, in both languages, with its rows."""

import ast
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from firmware import texts
from firmware.policy.decision import REMEDIES
from firmware.policy.rules import alerts, location
from firmware.policy.rules.approval import WHAT
from firmware.policy.rules.content import CHANNELS
from firmware.services.alerts import render
from firmware.ui.screens import privacy, write
from simulator import micropython

ROOT = Path(__file__).resolve().parent.parent
LINES = [
    line.split("\t") for line in (ROOT / "firmware" / "texts" / "texts.tsv").read_text(encoding="utf-8").splitlines()
]
IDS = [line[0] for line in LINES]
RECIPIENTS = {
    name
    for line in (ROOT / "firmware" / "texts" / "collected.tsv").read_text(encoding="utf-8").splitlines()
    for name in line.split("\t")[4].split(",")
}
MOST = {"zh": 40, "en": 90}  # characters that fit on two small screens

_REASON = re.compile(r"[a-z_]+\.[a-z_]+\Z")
_UNKIND = "error|invalid|denied|forbidden|failed|violation|must|wrong|naughty|hurry|journal|policy|database|token|hash"
# Spoken by the phone, and made from a state.
_MORE_NOTICES = {"notice.ring", "notice.sos_delivered", "notice.sos_not_delivered"}


def constants(path: Path) -> Iterator[str]:
    """The text of every constant of a module, plain or in const(...)."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if not isinstance(node, ast.Assign) or not isinstance(node.targets[0], ast.Name):
            continue
        value = node.value.args[0] if isinstance(node.value, ast.Call) and node.value.args else node.value
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            yield value.value


def reasons() -> set[str]:
    """Every reason code: the policy's constants of the form rule.reason."""
    found = {text for path in (ROOT / "firmware" / "policy").rglob("*.py") for text in constants(path)}
    return {text for text in found if _REASON.match(text)}


def alert_codes() -> set[str]:
    """Every alert: the constants of rules/alerts.py that are no reasons."""
    return {"alert." + text for text in constants(Path(alerts.__file__)) if "." not in text}


def notices() -> set[str]:
    """Every kind that a service shows on the screen."""
    found = set()
    for path in (ROOT / "firmware" / "services").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "notice":
                assert node.args, path
                if isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, str):
                    found.add("notice." + node.args[0].value)
    return found | _MORE_NOTICES


def on_screens() -> set[str]:
    """Every text of the screens and of the device: constants that are the id of a line, with or without its "ui."."""
    found = set()
    for path in (*(ROOT / "firmware" / "ui").rglob("*.py"), ROOT / "firmware" / "device.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found |= {"ui." + node.value, node.value}
    made = {"ui.help_" + kind for kind in ("doctor", "line", "police")}
    made |= {"ui.sos_" + state for state in ("delivered", "not_delivered")}
    made |= {"ui.for_" + columns[0] for columns in privacy.PURPOSES} | {"ui.to_" + to for to in RECIPIENTS - {"watch"}}
    made |= {"ui.kept_" + until for until in ("wipe", "remove", "days", "hours")}
    made |= {"ui.look_" + trigger for trigger in location.TRIGGERS} | {"ui.pool_" + channel for channel in CHANNELS}
    made |= {"ui.asked_" + what for what in WHAT}
    made |= {"ui.reply_%d" % number for number in range(1, write.REPLIES + 1)}
    made |= {"ui.question_%d" % number for number in range(1, write.QUESTIONS + 1)}
    return {id_ for id_ in found | made if id_ in IDS and id_.startswith("ui.")}


def test_every_code_has_words_and_all_words_have_a_code() -> None:
    """What the source can say and what the file holds are the same set."""
    said = reasons() | alert_codes() | notices() | on_screens()
    assert len(reasons()) > 40 and len(notices()) > 15
    assert said - set(IDS) == set(), "no words for these"
    assert set(IDS) - said == set(), "nobody says these"


def test_no_id_comes_twice() -> None:
    assert len(IDS) == len(set(IDS))


@pytest.mark.parametrize("line", LINES, ids=IDS)
def test_a_line_is_whole_and_short(line: list[str]) -> None:
    """Five columns, a known remedy, rows that exist in kind, both languages within their length and in their script."""
    assert len(line) == 5
    code, remedy, rows, chinese, english = line
    assert remedy in REMEDIES
    assert rows and all(re.fullmatch(r"[A-MX][0-9]+", row) for row in rows.split(","))
    assert 0 < len(chinese) <= MOST["zh"] and 0 < len(english) <= MOST["en"]
    assert re.search(r"[\u4e00-\u9fff]", chinese)
    assert english.isascii()
    for words in (chinese, english):
        assert words == words.strip()
        placeholders = re.findall(r"\{.*?\}", words)
        assert set(placeholders) <= {"alert": {"{count}"}, "ui": {"{count}", "{time}"}}.get(code.split(".")[0], set())
    assert ("{count}" in chinese) == ("{count}" in english)


@pytest.mark.parametrize("line", LINES, ids=IDS)
def test_the_words_are_kind(line: list[str]) -> None:
    """No blame, no pressure, no technical words."""
    spoken = " %s " % re.sub(r"[^a-z]+", " ", line[4].lower())
    for word in _UNKIND.split("|"):
        assert " %s " % word not in spoken
    assert "!" not in line[4] and "！" not in line[3]
    for characters in ("错误", "非法", "禁止", "失败", "违规", "必须", "赶快"):
        assert characters not in line[3]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_child_and_guardian_read_the_same_alert(language: str) -> None:
    """Both sides render the same entry; the words carry the count and nothing of a message."""
    column = {"zh": 3, "en": 4}[language]
    for line in LINES:
        if line[0].startswith("alert."):
            entry = [7, line[0][6:], "00" * 8, 2, 12, 1000]
            assert render(entry, language) == line[column].replace("{count}", "12")
            assert "{" not in render(entry, language)


def test_unknown_ids_and_languages_do_no_harm() -> None:
    """A screen shows the id rather than nothing; an unknown language is English."""
    assert texts.text("no.such", "zh") == "no.such"
    assert texts.remedy("no.such") == "none"
    assert texts.text("messages.think", "fr") == texts.text("messages.think", "en")


def test_the_file_is_read_alike_on_every_runtime(micropython_binary: str, mpy_root: Path, tmp_path: Path) -> None:
    """All words and remedies, from source and from .mpy, equal those that CPython reads."""
    script = tmp_path / "texts.py"
    script.write_text(
        "import sys\nfrom firmware.texts import remedy, text\nfor line in sys.stdin:\n    i = line.strip()\n"
        "    print('\\t'.join([i, remedy(i), text(i, 'zh'), text(i, 'en')]))\n"
    )
    expected = "".join("\t".join([i, texts.remedy(i), texts.text(i, "zh"), texts.text(i, "en")]) + "\n" for i in IDS)
    for path in (ROOT, mpy_root):
        assert run_with_input(script, path, "\n".join(IDS) + "\n") == expected
    assert expected == "".join("\t".join([line[0], line[1], line[3], line[4]]) + "\n" for line in LINES)


def run_with_input(script: Path, path: Path, lines: str) -> str:
    """Run a script on MicroPython with these lines as its input: its output."""
    command = [str(micropython.binary()), str(script)]
    environment = {**os.environ, "MICROPYPATH": "%s:.frozen" % path}
    done = subprocess.run(command, input=lines.encode(), env=environment, capture_output=True, check=True, timeout=60)
    return done.stdout.decode()
