"""Every limit is tried just below it, at it and just above it, and the trial notices a limit that is off by one.

tests/boundaries.py is the table. A number that a guardian can set, or a time that is fixed in the policy, without an
entry there fails.
"""

import re
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest

from firmware.policy import clock, engine
from firmware.policy.desk import administration as desk
from firmware.policy.rules import administration, payments
from simulator.micropython import Process
from simulator.portable.rig import Rig
from simulator.scenario import Do, Run, Scenario, ScenarioFailed
from tests.boundaries import BOUNDARIES, CALENDAR, ELSEWHERE, FIXED, ROOT, TABLE, Fixed, around, at_the_bounds
from tests.thorough import THOROUGH

MONTHS = (clock, engine, administration, desk, payments)  # who count by months
LEAP_DAY = 2981  # 2028-02-29, counted from 2020-01-01
BORN = {0: "2021-03", 1: "2017-03", 2: "2013-03"}  # in autumn 2026, by age band


def is_number(row: dict[str, object]) -> bool:
    """Whether a setting is a quantity: no switch, and no choice among words."""
    top = row["max"][-1] if isinstance(row["max"], list) else row["max"]
    return "names" not in row and not (top == 1 and row.get("min", 0) == 0)


# Constants whose names say that they are times.
TIME = re.compile(
    r"^(\w*(?:SECONDS|DAYS|_WINDOW|_YEAR|_HOUR|_NIGHT|_MORNING|_FROM|_TO|_FRESH|_EVERY|_SLACK|_OLD_FIX|_EMERGENCY|_BANNER))"
    r" = (?:const\()?\d+",
    re.M,
)


def fixed_times() -> set[str]:
    """Every time that stands as a number in the policy, by module and name."""
    policy = ROOT / "firmware" / "policy"
    return {
        "%s.%s" % (".".join(path.relative_to(policy).with_suffix("").parts), name)
        for path in policy.rglob("*.py")
        for name in TIME.findall(path.read_text(encoding="utf-8"))
    }


def play(text: str, do: Do, folder: Path) -> Run:
    path = folder / "boundary.toml"
    path.write_text(text, encoding="utf-8")
    return Run(Scenario(path), do, folder / "root").run()


def fails(file: str, folder: Path) -> bool:
    """Whether a scenario of the repository goes another way than it says."""
    try:
        Run(Scenario(ROOT / "tests" / "scenarios" / (file + ".toml")), Rig().do, folder / "root").run()
    except ScenarioFailed:
        return True
    return False


month_of = clock.month_of


def without_the_leap_day(day: int) -> int:
    """The month of a day for somebody who thinks that March begins on the 29th of February of 2028."""
    return month_of(day + (LEAP_DAY <= day < LEAP_DAY + 366))


def test_every_number_has_a_boundary() -> None:
    assert {key for key, row in TABLE.items() if is_number(row)} == {*BOUNDARIES, *ELSEWHERE}


def test_every_fixed_time_has_a_scenario() -> None:
    assert fixed_times() == set(FIXED)


NOTICED = [
    (name, fixed.scenario, side) for name, fixed in FIXED.items() if isinstance(fixed, Fixed) for side in fixed.sides
]


@pytest.mark.parametrize(("name", "file", "side"), NOTICED if THOROUGH else NOTICED[::8])
def test_a_fixed_time_that_is_off_by_one_is_noticed(
    name: str, file: str, side: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module, _, constant = name.rpartition(".")
    loaded = import_module("firmware.policy." + module)
    monkeypatch.setattr(loaded, constant, getattr(loaded, constant) + (1 if side == "+" else -1))
    assert fails(file, tmp_path)


EDGES = [(name, what) for name, (_, noticed) in CALENDAR.items() for what in noticed.split()]


@pytest.mark.parametrize(("name", "what"), EDGES if THOROUGH else EDGES[::8])
def test_a_calendar_that_is_off_is_noticed(
    name: str, what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for by in (-1, 1):
        with monkeypatch.context() as broken:
            if what == "second":
                broken.setattr(clock.Clock, "day_at", lambda self, wall, by=by: (wall + self.zone * 60 + by) // 86400)
            else:
                month = without_the_leap_day if what == "leap" else lambda day, by=by: month_of(day + by)
                for module in MONTHS:
                    broken.setattr(module, "month_of", month)
            assert fails(CALENDAR[name][0], tmp_path), by


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
