"""One scenario judged: which of its steps turn red under which break, and for the row's sake.

A step proves the rows that it names if it is the *first* thing to come out differently once the firmware is broken, and
if what came out differently is what the step checks. So:

- Set-up is done by a healthy watch; the break sets in before the first step.
- The run stops at the first difference. Then it is repeated with the break setting in behind that step, so that later
  steps are judged too, each of them on a past that is as it should be.
- A different answer to something that no step checks ends the run as well and proves nothing: what follows would only
  be its consequence.
- A crash, a request that has become malformed, a message that is not there, a watch that says it cannot work
  (`engine.storage`) and a run without end prove nothing.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from firmware.watch import Watch
from simulator.portable.rig import Rig
from simulator.scenario import Run, Scenario, ScenarioFailed, ScenarioStopped
from tests.coverage.breaks import FORM, Break, breaks
from tests.coverage.facts import Facts
from tests.coverage.firmware_parts import parts, stretch_once
from tests.coverage.patching import Endless, Patches

# What every scenario checks at its end: nothing in the clear on flash.
END_ROWS = ["B1", "B13"]

_ANSWERED = ("verdict", "reason", "obligations", "bad", "status", "state")
_CANNOT = ("engine.storage", "engine.memory", "engine.starting")

RED = "red"
CHANGED = "changed"  # an answer that no step checks is different
STOPPED = "stopped"


class Proof(NamedTuple):
    """A step that turned red for its own sake."""

    step: int
    rows: list[str]
    broken: str
    blunt: bool
    absent: bool


class Judgement(NamedTuple):
    """What became of one scenario. `idle`: the steps that no break turned red, with the rows that they name."""

    path: Path
    title: str
    proofs: list[Proof]
    idle: list[tuple[int, list[str]]]
    tried: dict[str, str]  # break -> "red", "stopped" or "unseen", the best that came of it
    runs: int


class _Judge:
    """`tried` grows with each break; a run stops when every step that names rows has proved them, unless `thorough`."""

    def __init__(self, path: Path, root: Path) -> None:
        stretch_once()
        self.scenario = Scenario(path)
        self.root = root
        folder = path.resolve().parent.name
        self.rule = folder if folder in parts().rules else ""
        self.end = len(self.scenario.steps) + 1
        self.facts = Facts()
        self.runs = 0
        self._steps_allowed = 1 << 30
        self._steps_taken = 0
        self._healthy: list[list[tuple[Any, ...]]] = []  # the answers of each step, as _heads gives them
        self._run_healthy()

    def rows(self, step: int) -> list[str]:
        """The rows that a step names."""
        return END_ROWS if step == self.end else self.scenario.steps[step - 1].get("rows", [])

    def is_absent(self, step: int) -> bool:
        """Whether the step asks for what does not exist. That input is checked (E8) is more than that."""
        if step == self.end:
            return False
        table = self.scenario.steps[step - 1]
        no_such_kind = table.get("expect", {}).get("bad") == "kind" and table["rows"] != ["E8"]
        return "absent" in table or no_such_kind

    def _run_healthy(self) -> None:
        with Patches() as patches:
            self.facts.watch(patches)
            self._count(patches)
            run = self._begin()
            for step in range(1, self.end + 1):
                self.facts.step = step
                before = len(run.answers)
                self._do(run, step)
                self._healthy.append(_heads(run, before))
        self._steps_allowed = 500 + 4 * self._steps_taken

    def _count(self, patches: Patches) -> None:
        def counted(old: Any) -> Any:
            def step(watch: Any, now: int) -> Any:
                self._steps_taken += 1
                if self._steps_taken > self._steps_allowed:
                    raise Endless
                return old(watch, now)

            return step

        self._steps_taken = 0
        patches.wrap(Watch, "step", counted)

    def _begin(self) -> Run:
        self.runs += 1
        run = Run(self.scenario, Rig().do, self.root / str(self.runs) / "watch")
        run._root.parent.mkdir(parents=True)
        run.begin()
        return run

    def _do(self, run: Run, step: int, blind: str = "") -> None:
        if step == self.end:
            run.end()
        else:
            run.step(step, blind)

    def first_difference(self, broken: Break, onset: int) -> tuple[int, str]:
        """(step, RED, CHANGED or STOPPED) of a run that is broken from the step `onset` on, (0, "") for none."""
        with Patches() as patches:
            self._count(patches)
            run = self._begin()
            for step in range(1, self.end + 1):
                if step == onset:
                    broken.patch(patches)
                outcome = self._outcome(run, step, broken.blind)
                if outcome and step < onset:
                    raise RuntimeError("%s: two healthy runs differ in step %d" % (self.scenario.path, step))
                if outcome:
                    return step, outcome
        return 0, ""

    def _outcome(self, run: Run, step: int, blind: str) -> str:
        before = len(run.answers)
        outcome = ""
        try:
            self._do(run, step, blind)
        except ScenarioStopped:
            return STOPPED
        except ScenarioFailed:
            outcome = RED
        except (Exception, Endless):  # the runner itself stumbles over an answer that makes no sense
            return STOPPED
        heads = _heads(run, before)
        if _cannot(heads) and not _cannot(self._healthy[step - 1]):
            return STOPPED
        return outcome or (CHANGED if heads != self._healthy[step - 1] else "")

    def judged(self, thorough: bool) -> Judgement:
        """Try every break that this scenario can feel."""
        proofs: dict[int, Proof] = {}
        tried: dict[str, str] = {}
        matching = breaks(self.facts, self.rule)
        names = {broken.name for broken in matching}
        for broken in breaks(self.facts) if thorough else matching:
            for step, outcome in self._differences(broken, proofs, thorough):
                better = tried.get(broken.name) != RED
                counts = broken.name in names and (not self.is_absent(step) or broken.name == FORM)
                if outcome == RED and self.rows(step) and counts:
                    proof = Proof(step, self.rows(step), broken.name, broken.blunt, self.is_absent(step))
                    proofs.setdefault(step, proof)
                if better and outcome:
                    tried[broken.name] = outcome
            tried.setdefault(broken.name, "unseen")
        idle = [(step, self.rows(step)) for step in range(1, self.end) if self.rows(step) and step not in proofs]
        ordered = [proofs[step] for step in sorted(proofs)]
        return Judgement(self.scenario.path, self.scenario.title, ordered, idle, tried, self.runs)

    def _differences(self, broken: Break, proofs: dict[int, Proof], thorough: bool) -> Iterator[tuple[int, str]]:
        """Each first difference, with the break setting in behind the last one every time."""
        needed = self.facts.seen.get(broken.needs, set()) if broken.needs else set(range(1, self.end + 1))
        onset = 1
        while onset <= self.end:
            felt = [step for step in needed if step >= onset]
            last = self.end if broken.at_end else self.end - 1
            wanted = [step for step in range(onset, last + 1) if self.rows(step) and step not in proofs]
            if not felt or not (thorough or wanted) or (not thorough and max(wanted) < min(felt)):
                return
            step, outcome = self.first_difference(broken, onset)
            if not step:
                return
            yield step, outcome
            onset = step + 1


def _heads(run: Run, start: int) -> list[tuple[Any, ...]]:
    """What the watch decided and said in the answers from `start` on; settings are only ever looked at."""
    said = [(op, answer) for op, answer in run.answers[start:] if op != "setting"]
    return [(op, *(_frozen(answer.get(name)) for name in _ANSWERED)) for op, answer in said]


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _cannot(heads: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """The answers by which the watch says that it cannot judge: dropped, malformed, or without storage."""
    return [head for head in heads if head[1] == "dropped" or head[4] is not None or head[2] in _CANNOT]


def judge(path: Path, root: Path, thorough: bool = False) -> Judgement:
    """Break the firmware under one scenario in every way that it can feel. `root`: an empty folder.

    thorough: go on when all rows are proved, to learn which breaks nobody sees. ScenarioFailed if it is not green."""
    return _Judge(path, root).judged(thorough)
