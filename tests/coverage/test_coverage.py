"""The tool that measures coverage is honest itself."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from firmware.policy.engine import Engine
from simulator.scenario import Scenario, ScenarioFailed, find
from tests.coverage import report, run
from tests.coverage.breaks import FORM, Break, breaks
from tests.coverage.catalogue import ABSENT, ROOT, TESTED, exists, rows, shown
from tests.coverage.facts import Facts
from tests.coverage.firmware_parts import helpers, parts
from tests.coverage.judging import CHANGED, RED, STOPPED, Judgement, _Judge, judge
from tests.coverage.patching import Patches

SCENARIOS = ROOT / "tests" / "scenarios"


class Written:
    """Writes a scenario with a friend Ming into a rule's folder, and judges it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0

    def path(self, steps: str, rule: str = "engine") -> Path:
        self._count += 1
        path = self._folder / rule / ("scenario%d.toml" % self._count)
        path.parent.mkdir(exist_ok=True)
        path.write_text('title = "a test"\n[people.ming]\nstanding = "friend"\n' + steps, encoding="utf-8")
        return path

    def judge(self, steps: str, rule: str = "engine") -> Judgement:
        return judge(self.path(steps, rule), self.root())

    def judging(self, steps: str, rule: str = "engine") -> _Judge:
        return _Judge(self.path(steps, rule), self.root())

    def root(self) -> Path:
        root = self._folder / ("root%d" % self._count)
        root.mkdir()
        return root


@pytest.fixture
def written(tmp_path: Path) -> Written:
    return Written(tmp_path)


def proved(judgement: Judgement) -> dict[int, str]:
    """step -> break, of the steps that proved something and are not the end."""
    return {proof.step: proof.broken for proof in judgement.proofs if proof.rows != ["B1", "B13"]}


HELLO = '[[step]]\nmessage = { from = "ming", text = "hello" }\n'
NUMBER = '[[step]]\nwrite = { to = "ming", text = "call me: 13912345678" }\n'
STOPPED_NUMBER = 'expect = { verdict = "deny", reason = "messages.personal" }\nrows = ["H1"]\n'


# --- what proves something


def test_a_scenario_that_depends_on_no_rule_proves_nothing(written: Written) -> None:
    judgement = written.judge('[[step]]\nadvance = "1s"\nstate = { band = 1, set_up = true }\nrows = ["D1"]\n')
    assert not judgement.proofs
    assert judgement.idle == [(1, ["D1"])]
    assert judgement.runs > 10, "nothing was tried"


def test_a_refusal_that_no_longer_comes_is_caught(written: Written) -> None:
    judgement = written.judge(NUMBER + STOPPED_NUMBER, "messages")
    assert proved(judgement) == {1: "messages: nothing is refused for messages.personal"}


def test_a_limit_that_moves_is_caught(written: Written) -> None:
    steps = '[[step]]\nask = { kind = "contacts.group_add", group = 1, address = "{ming}" }\n'
    steps += 'expect = { verdict = "deny", reason = "contacts.groups_off" }\nrows = ["D24"]\n'
    judging = written.judging(steps, "contacts")
    table = {entry.name: entry for entry in breaks(judging.facts, "contacts")}
    assert judging.first_difference(table["contacts.groups at its loosest"], 1) == (1, RED)
    assert "contacts.groups at its strictest" not in table, "it is there already"


def test_reading_a_broken_setting_back_proves_nothing(written: Written) -> None:
    judging = written.judging('[[step]]\nadvance = "1s"\nsetting = { "contacts.cap" = 30 }\nrows = ["D20"]\n')
    table = {entry.name: entry for entry in breaks(judging.facts)}
    assert judging.first_difference(table["contacts.cap at its loosest"], 1) == (0, "")
    assert judging.first_difference(table["contacts.cap at its loosest"]._replace(blind=""), 1) == (1, RED)


def test_what_lies_in_the_clear_at_the_end_is_caught(written: Written) -> None:
    judgement = written.judge(HELLO.replace("hello", "good morning"))
    assert [(proof.rows, proof.broken) for proof in judgement.proofs] == [
        (["B1", "B13"], "seals: everything lies in the clear")
    ]


def test_another_rules_break_proves_nothing_in_a_rules_folder(written: Written) -> None:
    steps = HELLO + 'expect = { verdict = "allow", obligations = ["show"] }\nrows = ["D21"]\n'
    assert "messages: show is never asked for" in written.judge(steps, "messages").tried
    assert "messages: show is never asked for" not in written.judge(steps, "calls").tried


# --- what does not


def every_decision(raised: BaseException) -> Break:
    """A break after which no rule can decide."""

    def decide(*arguments: Any) -> Any:
        raise raised

    def patch(patches: Patches) -> None:
        for rule in parts().rules.values():
            patches.wrap(rule, "decide", lambda old: decide)

    return Break("everything raises", "", patch)


@pytest.mark.parametrize("raised", [RuntimeError("broken"), OSError(5), MemoryError(), ValueError("broken")])
@pytest.mark.parametrize("expected", [STOPPED_NUMBER, 'expect = { verdict = "allow" }\nrows = ["H1"]\n'])
def test_a_watch_that_no_longer_works_proves_nothing(raised: BaseException, expected: str, written: Written) -> None:
    step = NUMBER if "deny" in expected else '[[step]]\nask = { kind = "emergency.help" }\n'
    assert written.judging(step + expected).first_difference(every_decision(raised), 1) == (1, STOPPED)


def test_a_dropped_message_proves_nothing(written: Written) -> None:
    """The service drops what makes the policy stumble: that is no verdict."""
    judging = written.judging(HELLO + 'expect = { verdict = "allow", obligations = ["show"] }\nrows = ["D1"]\n')
    assert judging.first_difference(every_decision(ValueError("broken")), 1) == (1, STOPPED)


REMOVED = '[[step]]\nask = { kind = "contacts.remove", address = "{ming}" }\n'
REFUSED = HELLO + 'expect = { verdict = "deny", reason = "contacts.unknown" }\nrows = ["D22"]\n'


def test_the_consequence_of_a_different_answer_proves_nothing(written: Written) -> None:
    """Nobody checks the removing; that it is refused makes the next step fail, which says nothing about strangers."""
    judging = written.judging(REMOVED + REFUSED, "contacts")
    table = {entry.name: entry for entry in breaks(judging.facts, "contacts")}
    assert judging.first_difference(table["contacts: allows nothing"], 1) == (1, CHANGED)


def test_later_steps_are_judged_on_a_sound_past(written: Written) -> None:
    judgement = written.judge(NUMBER + STOPPED_NUMBER + NUMBER + STOPPED_NUMBER, "messages")
    name = "messages: nothing is refused for messages.personal"
    assert proved(judgement) == {1: name, 2: name}


def test_a_break_needs_its_fact() -> None:
    facts = Facts()
    assert not [entry for entry in breaks(facts) if entry.needs]
    facts.note("reason messages messages.blocked")
    assert not [entry for entry in breaks(facts) if entry.needs], "during the set-up nothing is broken"
    facts.step = 1
    facts.note("reason messages messages.blocked")
    assert [entry.name for entry in breaks(facts) if entry.needs] == [
        "messages: nothing is refused for messages.blocked"
    ]


def test_a_scenario_that_is_not_green_is_no_ground(written: Written) -> None:
    with pytest.raises(ScenarioFailed):
        written.judge(HELLO + 'expect = { verdict = "deny" }\nrows = ["D1"]\n')


# --- what is counted apart


def test_what_does_not_exist_is_counted_apart(written: Written) -> None:
    steps = '[[step]]\nask = { kind = "capture.listen_in" }\nexpect = { bad = "kind" }\nabsent = true\nrows = ["B9"]\n'
    judgement = written.judge(steps)
    assert [(proof.absent, proof.broken) for proof in judgement.proofs] == [(True, FORM)]
    result = report.Report([judgement], {})
    assert "B9" in result.absent
    assert "B9" not in result.proved + result.open
    unmarked = written.judge(steps.replace("absent = true\n", ""))
    assert [proof.absent for proof in unmarked.proofs] == [True], "the mark cannot be forgotten"
    checked = written.judge(steps.replace("absent = true\n", "").replace("B9", "E8"))
    assert report.Report([checked], {}).proved == ["E8"]


# --- the table of breaks


def all_facts() -> Facts:
    """Facts after which every break that is not found in a run is in the table."""
    facts = Facts()
    facts.step = 1
    for name in parts().rules:
        for verb in ("allows", "refuses", "obliges", "applies", "restores", "rebuilds", "time"):
            facts.note("%s %s" % (verb, name))
    for part, _, name in helpers():
        facts.note("%s.%s gives None" % (part, name))
    for row in parts().settings:
        facts.note("setting %s above its lowest" % row.key)
        facts.note("setting %s below its highest" % row.key)
    for word in ("bad request", "refuses engine", "engine._seal gives value"):
        facts.note(word)
    return facts


def replaced() -> Iterator[Any]:
    """Every function that a break may replace."""
    for group in (parts().rules, parts().services, parts().others):
        for cls in group.values():
            yield from [value for name, value in sorted(vars(cls).items()) if name != "__doc__"]


def test_every_rule_and_setting_is_broken_and_put_back() -> None:
    before = list(replaced())
    table = breaks(all_facts())
    names = [entry.name for entry in table]
    assert len(set(names)) == len(names)
    for rule in parts().rules:
        assert sum(name.startswith(rule + ": ") for name in names) >= 7, rule
    for row in parts().settings:
        assert sum(name.startswith(row.key + " at its ") for name in names) == 2, row.key
    for entry in table:
        with Patches() as patches:
            entry.patch(patches)
    assert list(replaced()) == before


def test_a_name_that_is_gone_is_an_error() -> None:
    with Patches() as patches, pytest.raises(AttributeError):
        patches.wrap(Engine, "no_such_function", lambda old: old)


def test_looking_on_changes_nothing(written: Written) -> None:
    """The healthy run is watched; a second one that is not gives the same answers."""
    judging = written.judging(HELLO + NUMBER + STOPPED_NUMBER)
    assert judging.first_difference(Break("nothing", "", lambda patches: None), 1) == (0, "")


# --- the tables and the files


def test_the_catalogue() -> None:
    assert len(rows()) == 210
    assert sum(row.on_device for row in rows().values()) == 156
    assert all(row.title for row in rows().values())
    steps = [step for path in find(SCENARIOS) for step in Scenario(path).steps]
    named = {row for step in steps for row in step.get("rows", []) if row[0] != "X"}  # X: contradictions, no duties
    assert not named - set(rows()), "a scenario names a row that does not exist"


@pytest.mark.parametrize("entry", shown(), ids=lambda entry: "%s %s" % (entry.row, entry.test.split(":")[-1]))
def test_what_is_shown_by_a_test(entry: Any) -> None:
    assert entry.row in rows()
    assert entry.how in (ABSENT, TESTED)
    assert exists(entry.test), "there is no such test"


def test_the_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    chosen = [str(SCENARIOS / name) for name in ("calls", "engine/functions_that_do_not_exist.toml")]
    assert run.main([*chosen, "--out", str(tmp_path), "--jobs", "2"]) == 0
    table = json.loads((tmp_path / "coverage.json").read_text(encoding="utf-8"))
    assert list(table)[:3] == ["proved", "open", "absent_by_construction"]
    assert "calls/friends_and_others" in table["proved"]["D22"]
    assert {"F23", "D25"} <= set(table["absent_by_construction"])
    counted = {row.id for row in rows().values() if row.on_device}
    parted = [*table["proved"], *table["open"], *table["absent_by_construction"]]
    assert sorted(parted) == sorted(counted)
    page = (tmp_path / "coverage.md").read_text(encoding="utf-8")
    assert "| D22 |" in page
    assert table["commit"] in page
    said = capsys.readouterr().out.splitlines()
    assert said[-1] == "proved %d of 156; absent by construction %d; open %d" % (
        len(table["proved"]), len(table["absent_by_construction"]), len(table["open"])
    )  # fmt: skip
    assert len(said) == 157
