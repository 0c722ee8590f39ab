"""The requirement rows, and what is shown in another way than by a scenario under a break."""

import ast
import csv
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent

ABSENT = "absent"
TESTED = "tested"


class Row(NamedTuple):
    """A row of the catalogue. `where`: D device, H host tool, S relay, M manufacturer; `force`: what asks for it, from
    "law" to "field", "none" if nobody does; `marks`: DRAFT, inferred; `title`: our own short words."""

    id: str
    where: str
    force: str
    marks: str
    title: str

    @property
    def on_device(self) -> bool:
        """Whether this row is counted: it is the device's, or the device's and the host tool's."""
        return self.where in ("D", "D+H")


class Shown(NamedTuple):
    """A row that a test shows. `how`: "absent" (the thing does not exist: a test of the firmware's source or of its
    names) or "tested" (by pulling power, flipping bytes, random histories); `test`: a pytest id."""

    row: str
    how: str
    test: str
    what: str


@lru_cache(maxsize=1)
def rows() -> dict[str, Row]:
    """All rows by their ids, in the catalogue's order."""
    return {entry[0]: Row(*entry) for entry in _table("rows.tsv")}


@lru_cache(maxsize=1)
def shown() -> list[Shown]:
    """The table of rows that tests show."""
    return [Shown(*entry) for entry in _table("shown.tsv")]


def exists(test: str) -> bool:
    """Whether a pytest id such as tests/test_x.py::test_y names a function that is there."""
    file, _, name = test.partition("::")
    path = ROOT / file
    return path.is_file() and any(
        isinstance(node, ast.FunctionDef) and node.name == name
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    )


def _table(name: str) -> list[list[str]]:
    """The lines of a table below its header."""
    with (HERE / name).open(encoding="utf-8", newline="") as lines:
        return list(csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))[1:]
