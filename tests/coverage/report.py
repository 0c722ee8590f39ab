"""What the judgements come to: a table for machines, a page for people, lines for the terminal."""

import subprocess
from collections import defaultdict
from pathlib import Path
from typing import Any

from tests.coverage.catalogue import ABSENT, ROOT, rows, shown
from tests.coverage.judging import RED, Judgement, Proof
from tests.coverage.runtimes import DIFFERS, NOT_RUN, RUNTIMES

_LISTED = 12  # scenarios of a row on the page


class Report:
    """`results`: (path, runtime) -> what the scenario did there."""

    def __init__(self, judgements: list[Judgement], results: dict[tuple[Path, str], str]) -> None:
        self._judgements = judgements
        self._results = results
        self._titles = {_name(judgement.path): judgement.title for judgement in judgements}
        self._paths = {_name(judgement.path): judgement.path for judgement in judgements}
        self._proofs: dict[str, dict[str, list[Proof]]] = defaultdict(lambda: defaultdict(list))  # row -> scenario
        self._absent: dict[str, list[str]] = defaultdict(list)  # row -> scenarios and tests
        for judgement in judgements:
            for proof in judgement.proofs:
                for row in proof.rows:
                    if proof.absent:
                        _once(self._absent[row], _name(judgement.path))
                    else:
                        self._proofs[row][_name(judgement.path)].append(proof)
        self._tested: dict[str, list[str]] = defaultdict(list)  # row -> tests
        for entry in shown():
            _once((self._absent if entry.how == ABSENT else self._tested)[entry.row], entry.test)
        self.differing = sorted({_name(path) for (path, _), result in results.items() if result == DIFFERS})

    @property
    def proved(self) -> list[str]:
        """The counted rows that a scenario proves."""
        return [row for row in _counted() if self._proofs.get(row)]

    @property
    def absent(self) -> list[str]:
        """The counted rows that only hold because something does not exist."""
        return [row for row in _counted() if not self._proofs.get(row) and row in self._absent]

    @property
    def open(self) -> list[str]:
        """The other counted rows, those that only tests show included."""
        return [row for row in _counted() if not self._proofs.get(row) and row not in self._absent]

    def table(self) -> dict[str, Any]:
        """build/coverage.json. The first three keys count rows marked D or D+H; the others add to them."""
        named = {row for row in rows() if row not in _counted()}
        return {
            "proved": {row: sorted(self._proofs[row]) for row in self.proved},
            "open": self.open,
            "absent_by_construction": self.absent,
            "absent_shown_by": {row: self._absent[row] for row in self.absent},
            "shown_by_tests": {row: self._tested[row] for row in _ordered(self._tested)},
            "proved_beyond": {row: sorted(self._proofs[row]) for row in _ordered(self._proofs) if row in named},
            "only_by_a_blunt_break": [row for row in self.proved if self._is_blunt(row)],
            "broken_by": {row: self._breaks(row) for row in self.proved},
            "idle_steps": self._idle(),
            "unseen_breaks": self.unseen(),
            "commit": commit(),
        }

    def _breaks(self, row: str) -> dict[str, list[str]]:
        """Scenario -> the breaks under which its steps prove the row."""
        return {name: sorted({proof.broken for proof in proofs}) for name, proofs in sorted(self._proofs[row].items())}

    def _is_blunt(self, row: str) -> bool:
        return all(proof.blunt for proofs in self._proofs[row].values() for proof in proofs)

    def _idle(self) -> list[list[Any]]:
        """[scenario, step, rows] of the steps that nothing turned red."""
        return [[_name(judged.path), step, named] for judged in self._judgements for step, named in judged.idle]

    def unseen(self) -> list[str]:
        """The breaks that were tried and that no scenario saw; complete only for a thorough run."""
        seen = {name for judged in self._judgements for name, outcome in judged.tried.items() if outcome == RED}
        return sorted({name for judged in self._judgements for name in judged.tried} - seen)

    def summary(self) -> str:
        counted = len(_counted())
        line = "proved %d of %d; absent by construction %d; open %d"
        return line % (len(self.proved), counted, len(self.absent), len(self.open))

    def lines(self) -> list[str]:
        """A line for each counted row, and the summary."""
        told = []
        for row in _counted():
            title = rows()[row].title
            if self._proofs.get(row):
                names = sorted(self._proofs[row], key=lambda name: self._proofs[row][name][0].blunt)
                more = ", and %d more" % (len(names) - 3) if len(names) > 3 else ""
                first = self._proofs[row][names[0]][0].broken
                told.append("%-4s proved  %s: %s%s (broken: %s)" % (row, title, ", ".join(names[:3]), more, first))
            elif row in self._absent:
                told.append("%-4s absent  %s: %s" % (row, title, ", ".join(self._absent[row])))
            else:
                tests = ", but shown by %s" % ", ".join(self._tested[row]) if row in self._tested else ""
                told.append("%-4s open    %s%s" % (row, title, tests))
        if self.differing:
            told.append("different on MicroPython: " + ", ".join(self.differing))
        return [*told, self.summary()]

    # --- the page

    def markdown(self) -> str:
        """build/coverage.md: each row with its scenarios, the break, and what the scenario did on each runtime."""
        return "\n".join([*self._head(), *self._proved_part(), *self._other_parts(), ""])

    def _head(self) -> list[str]:
        return [
            "# Requirement coverage", "", "Commit %s. %s." % (commit(), self.summary().capitalize()), "",
            "A row is proved by a scenario step that names it and turns red once the firmware is broken "
            "(docs/coverage.md). DRAFT: only draft texts ask for it. Inferred: our own reading.", "",
        ]  # fmt: skip

    def _proved_part(self) -> list[str]:
        out = [
            "## Proved", "", "| row | asked for | scenario | broken by | CPython | MicroPython source | .mpy |",
            "|---|---|---|---|---|---|---|",
        ]  # fmt: skip
        for row in [*self.proved, *(row for row in _ordered(self._proofs) if row not in _counted())]:
            title = "%s (%s)" % (rows()[row].title, _asked(row))
            proving = list(self._breaks(row).items())
            for name, breaks in proving[:_LISTED]:
                cells = [row, title, "%s: %s" % (name, self._titles[name]), "; ".join(breaks), "holds"]
                cells += [self._results.get((self._paths[name], runtime), NOT_RUN) for runtime in RUNTIMES]
                out.append("| %s |" % " | ".join(cell.replace("|", "\\|") for cell in cells))
            if len(proving) > _LISTED:
                out.append(
                    "| %s | %s | and %d more, see coverage.json | | | | |" % (row, title, len(proving) - _LISTED)
                )
        return out

    def _other_parts(self) -> list[str]:
        out = ["", "## Absent by construction", "", "Not counted as proved: what is forbidden does not exist.", ""]
        out += ["- %s %s: %s" % (row, rows()[row].title, ", ".join(self._absent[row])) for row in self.absent]
        out += ["", "## Open", ""]
        for row in self.open:
            tests = "; shown by %s" % ", ".join(self._tested[row]) if row in self._tested else ""
            out.append("- %s %s (%s)%s" % (row, rows()[row].title, _asked(row), tests))
        blunt = [row for row in self.proved if self._is_blunt(row)]
        if blunt:
            out += ["", "## Proved only by a rule that allows nothing", "", ", ".join(blunt)]
        if self._idle():
            out += ["", "## Steps that no break turned red", ""]
            out += ["- %s, step %d: %s" % (name, step, ", ".join(named)) for name, step, named in self._idle()]
        return out


def commit() -> str:
    """The commit that was judged, "-dirty" behind it if files differ from it; "unknown" outside a repository."""
    command = ["git", "-C", str(ROOT), "describe", "--always", "--abbrev=40", "--exclude=*", "--dirty"]
    try:
        done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    except OSError:
        return "unknown"
    return done.stdout.strip() or "unknown"


def _counted() -> list[str]:
    return [row.id for row in rows().values() if row.on_device]


def _asked(row: str) -> str:
    entry = rows()[row]
    return ", ".join(part for part in (entry.where, entry.force, entry.marks) if part)


def _ordered(table: dict[str, Any]) -> list[str]:
    return [row for row in rows() if table.get(row)]


def _name(path: Path) -> str:
    return "/".join([path.parent.name, path.stem])


def _once(into: list[str], item: str) -> None:
    if item not in into:
        into.append(item)
