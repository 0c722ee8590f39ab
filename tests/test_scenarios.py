"""The scenarios: each holds on CPython, and answer for answer, byte for byte the same on the real MicroPython."""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from simulator.micropython import Process
from simulator.portable.rig import Rig
from simulator.scenario import Run, Scenario, ScenarioError, ScenarioFailed, find
from tests.conftest import OnCPython
from tests.thorough import THOROUGH

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "tests" / "scenarios"
FILES = find(FOLDER)
# In the smaller heap rare code is dropped after each act, in the larger one it stays (firmware/loading.py).
HEAPS = {"source": "2M", "mpy": "1020K"}

# Requirement rows that this part of the firmware must prove.
_ROWS = """
B1 B10 B13 B15 C5 C14 C15 D1 D2 D3 D4 D5 D7 D11 D12 D20 D21 D22 D23 D24 D27 D28 D29 E8 E10
C14 D40 D41 D42 D43 D44 D45 D46 D47 D48 D49 D50 E12 I7 I14 X3 X4
F1 F3 F4 F5 F6 F7 F8 F9 F10 F11 F13 F17 F18 F23 F24 H1 H2 H3 H4 H5 H6 H7 H8 H9 I1 I2 I9 I11 I12
"""

# Reason codes that no scenario can bring about, and why.
UNREACHABLE = {
    "engine.storage": "needs a flash that fails in the middle of a write: tests/faults",
    "engine.memory": "needs a heap that runs out in the middle of a request",
}


def name(path: Path) -> str:
    return path.relative_to(FOLDER).with_suffix("").as_posix()


@pytest.mark.parametrize("path", FILES, ids=name)
def test_scenario_holds(path: Path, on_cpython: Callable[[Path], OnCPython]) -> None:
    on_cpython(path)


@pytest.fixture(scope="session")
def on_micropython(source_root: Path, request: pytest.FixtureRequest) -> Iterator[Callable[[str], Process]]:
    """A function that gives a watch in the real MicroPython, its firmware from "source" or as bytecode ("mpy"). It
    serves one scenario after the other; one that has failed is replaced."""
    request.getfixturevalue("micropython_binary")
    running: dict[str, Process] = {}

    def process(kind: str) -> Process:
        if kind not in running or running[kind].ended:
            path = str(source_root)
            if kind == "mpy":
                path = "%s:%s" % (request.getfixturevalue("mpy_root"), path)
            script = source_root / "simulator" / "portable" / "process.py"
            running[kind] = Process(script, path, heap=HEAPS[kind])
        return running[kind]

    yield process
    for each in running.values():
        each.close()


def kinds(number: int) -> list[str]:
    """One scenario in four runs from source, the others compiled; with `make thorough` each does both."""
    return list(HEAPS) if THOROUGH else ["mpy" if number % 4 else "source"]


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        pytest.param(path, kind, id="%s-%s" % (kind, name(path)))
        for number, path in enumerate(FILES)
        for kind in kinds(number)
    ],
)
def test_micropython_does_the_same(
    path: Path,
    kind: str,
    on_micropython: Callable[[str], Process],
    on_cpython: Callable[[Path], OnCPython],
    tmp_path: Path,
) -> None:
    """All answers, journals, states and the bytes of all files."""
    expected = on_cpython(path)
    got = Run(Scenario(path), on_micropython(kind).ask, tmp_path / "root").run()
    assert got.facts["files"]["files"], "nothing was compared"
    ours = [*expected.answers, expected.facts]
    theirs = [*got.answers, got.facts]
    assert len(ours) == len(theirs)
    for one, other in zip(ours, theirs):
        assert one == other


def reason_codes() -> Iterator[str]:
    """Every constant of the policy that is a reason: a dotted code under a name in capitals."""
    for path in sorted((ROOT / "firmware" / "policy").rglob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            value = node.value if isinstance(node, ast.Assign) else None
            if isinstance(value, ast.Call) and value.args:  # const("...")
                value = value.args[0]
            if isinstance(value, ast.Constant) and re.fullmatch(r"[a-z_]+\.[a-z_]+", str(value.value)):
                yield str(value.value)


def test_every_reason_is_given_by_a_scenario(on_cpython: Callable[[Path], OnCPython]) -> None:
    given = set().union(*(on_cpython(path).reasons for path in FILES))
    codes = set(reason_codes())
    assert len(codes) > 40
    assert codes - given == set(UNREACHABLE)
    assert given - codes <= {"ok"}, "a reason that is no constant"


def test_there_are_enough_scenarios_and_they_name_every_row() -> None:
    rows = {row for path in FILES for step in Scenario(path).steps for row in step.get("rows", [])}
    assert len(FILES) >= 60
    assert not set(_ROWS.split()) - rows


def test_titles_are_different() -> None:
    titles = [Scenario(path).title for path in FILES]
    assert len(set(titles)) == len(titles)


# --- the runner itself can fail

HELLO = 'message = { from = "ming", text = "hello" }\n'


def written(folder: Path, text: str) -> Path:
    path = folder / "scenario.toml"
    path.write_text('title = "a test of the runner"\n[people.ming]\nstanding = "friend"\n' + text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "step",
    [
        HELLO + 'expect = { verdict = "deny", reason = "messages.blocked" }',
        HELLO + 'expect = { verdict = "allow", obligations = [] }',
        HELLO + 'expect = { verdict = "allow", obligations = ["show"], records = [] }',
        HELLO + 'expect = { verdict = "allow", obligations = ["show"], reason = "x" }',
        HELLO + 'expect = { verdict = "dropped" }',
        HELLO + 'expect = { bad = "text" }',
        "state = { private = false }",
        "grade = { ming = { grade = 1 } }",
        'setting = { "contacts.mode" = 2 }',
        'journal = { has = ["messages.in"] }',
        'journal = { lacks = ["contacts.added"] }',
        'journal = { count = { "contacts.added" = 2 } }',
        'journal = { denied = [["messages.incoming", "contacts.unknown", "stranger", 1]] }',
        "packages = [1]",
        "verify = false",
        'seen = { notices = ["message"] }',
        'clock = { trust = "stale" }',
    ],
)
def test_a_difference_is_a_failure(step: str, tmp_path: Path) -> None:
    path = written(tmp_path, '[[step]]\nadvance = "1s"\n[[step]]\n%s\nrows = ["D1"]\n' % step)
    with pytest.raises(ScenarioFailed, match=r"scenario\.toml, step 2 "):
        Run(Scenario(path), Rig().do, tmp_path / "root").run()


@pytest.mark.parametrize(
    "step",
    [
        'mesage = { from = "ming", text = "hello" }',
        'advance = "5m"\npin = true',
        'advance = "five minutes"',
        'at = "2019-01-01 08:00"',
        "state = { set_up = true }",
        'rows = ["D1"]',
        'state = { set_up = true }\nrows = ["D1", "D2", "D3", "D4"]',
        'state = { set_up = true }\nrows = ["requirement 5"]',
        'ask = { kind = "contacts.card", to = "{nobody}" }',
    ],
)
def test_a_wrong_file_is_told_from_a_wrong_watch(step: str, tmp_path: Path) -> None:
    with pytest.raises(ScenarioError):
        Run(Scenario(written(tmp_path, "[[step]]\n%s\n" % step)), Rig().do, tmp_path / "root").run()


def test_plain_text_on_flash_is_found(tmp_path: Path) -> None:
    """The search that proves rows B1 and B13 sees what lies in the clear."""
    run = Run(Scenario(written(tmp_path, '[[step]]\nadvance = "1s"\n')), Rig().do, tmp_path / "root").run()
    assert run._leaks() == []
    (tmp_path / "root" / "notes").write_text("... Ming Sample ...", encoding="utf-8")
    assert run._leaks() == ["Ming Sample"]


def test_two_runs_are_equal_and_two_watches_are_not(tmp_path: Path) -> None:
    """Equal seeds give equal bytes, other device secrets other ones: the comparison of runtimes compares something."""
    scenario = Scenario(written(tmp_path, '[[step]]\nmessage = { from = "ming", text = "good morning" }\n'))
    rig = Rig()

    def other_seed(command: dict[str, Any]) -> dict[str, Any]:
        return rig.do({**command, "seed": "another"} if command["op"] == "new" else command)

    first = Run(scenario, Rig().do, tmp_path / "one").run()
    second = Run(scenario, Rig().do, tmp_path / "two").run()
    third = Run(scenario, other_seed, tmp_path / "three").run()
    assert (first.answers, first.facts) == (second.answers, second.facts)
    assert first.facts["files"] != third.facts["files"]
