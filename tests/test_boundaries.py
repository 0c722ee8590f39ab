"""Every limit is tried just below it, at it and just above it, and the trial notices a limit that is off by one.

tests/boundaries.py is the table. A number that a guardian can set, or a time that is fixed in the policy, without an
entry there fails.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from simulator.micropython import Process
from simulator.portable.rig import Rig
from simulator.scenario import Do, Run, Scenario, ScenarioFailed
from tests.boundaries import BOUNDARIES, ROOT, TABLE, around, at_the_bounds
from tests.thorough import THOROUGH

BORN = {0: "2021-03", 1: "2017-03", 2: "2013-03"}  # in autumn 2026, by age band


def is_number(row: dict[str, object]) -> bool:
    """Whether a setting is a quantity: no switch, and no choice among words."""
    top = row["max"][-1] if isinstance(row["max"], list) else row["max"]
    return "names" not in row and not (top == 1 and row.get("min", 0) == 0)


def play(text: str, do: Do, folder: Path) -> Run:
    path = folder / "boundary.toml"
    path.write_text(text, encoding="utf-8")
    return Run(Scenario(path), do, folder / "root").run()


def test_every_number_has_a_boundary() -> None:
    assert {key for key, row in TABLE.items() if is_number(row)} == set(BOUNDARIES)


@pytest.mark.parametrize("key", BOUNDARIES)
def test_around_the_limit(key: str, tmp_path: Path) -> None:
    play(around(key), Rig().do, tmp_path)


@pytest.mark.parametrize("by", [-1, 1])
@pytest.mark.parametrize("key", list(BOUNDARIES) if THOROUGH else list(BOUNDARIES)[::6])
def test_a_limit_that_is_off_by_one_is_noticed(key: str, by: int, tmp_path: Path) -> None:
    with pytest.raises(ScenarioFailed):
        play(around(key, by), Rig().do, tmp_path)


@pytest.mark.parametrize("band", BORN)
def test_a_guardian_can_set_what_lies_in_the_bounds(band: int, tmp_path: Path) -> None:
    """Of each setting its smallest and largest value, and neither one less nor one more (E8)."""
    play(at_the_bounds(band, BORN[band]), Rig().do, tmp_path)


def test_micropython_has_the_same_limits(start_micropython: Callable[..., Process], tmp_path: Path) -> None:
    """All answers and files, of some of the limits in the short run."""
    process = start_micropython(ROOT / "simulator" / "portable" / "process.py", ROOT)
    texts = [around(key) for key in (list(BOUNDARIES) if THOROUGH else list(BOUNDARIES)[::8])]
    for text in [*texts, at_the_bounds(0, BORN[0])]:
        ours, theirs = (play(text, do, tmp_path) for do in (Rig().do, process.ask))
        assert ours.answers == theirs.answers
        assert ours.facts == theirs.facts
