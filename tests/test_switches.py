"""Every switch of the settings table has a request that it decides, and no two switches open anything for each other.

Each setting's probe is asked with the setting at its loosest and at its strictest value: the verdicts must differ.
Then, for every pair of settings, both strict together are at least as strict as the stricter of the two alone. All in
every profile and on both runtimes; the short run takes a part of the pairs.
"""

from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from simulator.micropython import Process
from simulator.scenario import Do, Run, Scenario, moment
from tests.conftest import ROOT
from tests.switches.judge import JudgeRig
from tests.switches.probes import (
    AI,
    BY_TIME,
    CLOSED,
    NO_DIRECTION,
    PROBES,
    TABLE,
    Answer,
    Json,
    Probe,
    bounds,
    decides,
    probes,
    scenario,
    worlds,
)  # fmt: skip
from tests.thorough import THOROUGH

Strictness = tuple[int, int]
Case = tuple[Probe, Json]

PROFILES = list(CLOSED)
PAIRS = list(combinations(PROBES, 2))
# In the short run each profile has a part of the pairs, together all of them; MicroPython has one profile and fewer.
ON_CPYTHON = {profile: PAIRS if THOROUGH else PAIRS[number :: len(PROFILES)] for number, profile in enumerate(PROFILES)}
ON_MICROPYTHON = PROFILES if THOROUGH else [AI]
EACH, EACH_PAIR = (1, 1) if THOROUGH else (3, 48)
BATCH = 32  # cases a command: all at once would not fit into MicroPython's heap


# --- judging


class Judge:
    """Watches of one profile, one in each situation, asked with any settings."""

    def __init__(self, profile: str, start: Callable[[str], Do], folder: Path) -> None:
        """start: makes the watch for a situation; it takes commands."""
        self.profile = profile
        self.probes = probes(profile)
        self._runs: dict[str, Run] = {}
        self._before: dict[str, Json] = {}
        self._known: dict[tuple[Any, ...], Strictness] = {}
        for number, world in enumerate(worlds(profile)):
            path = folder / ("%d.toml" % number)
            path.write_text(scenario(profile, world), encoding="utf-8")
            run = self._runs[world] = Run(Scenario(path), start(world), folder / str(number))
            run.begin()
            for step in range(1, len(run.scenario.steps) + 1):
                run.step(step)
            self._before[world] = run._do({"op": "state"})

    def strictness(self, cases: list[Case], doubt: bool = False) -> list[Strictness]:
        """How strict the watch is to each probe with these settings strict and all others loose: 0 shown, 1 with a
        warning, 2 collapsed, 4 refused; then the probe's `extra`. doubt: while the watch is in doubt of its state."""
        keys = [(doubt, id(probe), *sorted(values.items())) for probe, values in cases]
        for world, run in self._runs.items():
            new = {
                key: case
                for key, case in zip(keys, cases, strict=True)
                if case[0].world == world and key not in self._known
            }
            asked = [
                [probe.request(run), moment(probe.at, run.scenario.zone), list({**probe.given, **values}.items())]
                for probe, values in new.values()
            ]
            got: list[Any] = []
            for at in range(0, len(asked), BATCH):
                got += run._do({"op": "judge", "cases": asked[at : at + BATCH], "doubt": doubt})["decisions"]
            for (key, (probe, _)), told in zip(new.items(), got, strict=True):
                self._known[key] = _strictness(probe, Answer(*told) if told else Answer())
        return [self._known[key] for key in keys]

    def one(self, probe: Probe, values: Json) -> Strictness:
        return self.strictness([(probe, values)])[0]

    def trace(self) -> list[str]:
        """Situations in which asking has changed the state."""
        return [world for world, run in self._runs.items() if run._do({"op": "state"}) != self._before[world]]


def _strictness(probe: Probe, answer: Answer) -> Strictness:
    verdict = 4
    if answer.verdict == "allow":
        verdict = 2 if "collapse" in answer.obligations else int("warn" in answer.obligations)
    return verdict, probe.extra(answer)


Open = Callable[[str], Judge]


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Open]:
    """A function that gives the judge of a profile, in this process."""
    made: dict[str, Judge] = {}

    def give(profile: str) -> Judge:
        if profile not in made:
            made[profile] = Judge(profile, lambda world: JudgeRig().do, tmp_path_factory.mktemp(profile))
        return made[profile]

    yield give
    assert not [one.profile for one in made.values() if one.trace()], "decide has changed the state"


def strict(*keys: str) -> Json:
    return {key: bounds(key)[1] for key in keys}


def looser_pairs(judge: Judge, pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Pairs of settings that are looser together than one of them alone."""
    asked = [(pair, probe) for pair in pairs for probe in judge.probes[pair[0]] + judge.probes[pair[1]]]
    assert len(asked) > 2 * len(pairs) * 0.9, "too few probes"
    alone = [judge.strictness([(probe, strict(pair[side])) for pair, probe in asked]) for side in (0, 1)]
    both = judge.strictness([(probe, strict(*pair)) for pair, probe in asked])
    return [pair for (pair, _), one, other, got in zip(asked, *alone, both, strict=True) if got < max(one, other)]


# --- the table


def is_switch(row: Json) -> bool:
    top = row["max"][-1] if isinstance(row["max"], list) else row["max"]
    return "names" in row or (top == 1 and row.get("min", 0) == 0)


def test_every_switch_has_a_probe() -> None:
    assert not [key for key, row in TABLE.items() if is_switch(row) and key not in PROBES]
    assert set(TABLE) == {*PROBES, *BY_TIME, *NO_DIRECTION}
    for name in BY_TIME.values():
        assert (ROOT / "tests" / "scenarios" / name).is_file()


# --- on CPython


@pytest.mark.parametrize("profile", PROFILES)
def test_a_switch_decides_its_probes(profile: str, judge: Open) -> None:
    """One that a profile closes for good decides nothing: it is refused however it stands."""
    asked = judge(profile)
    wrong = []
    for key, probes_of_it in asked.probes.items():
        for number, probe in enumerate(probes_of_it):
            loose, tight = asked.one(probe, {}), asked.one(probe, strict(key))
            if decides(key, profile):
                right = loose < tight and (loose[0] < 4 or key == "credentials.tries")
            else:
                right = loose[0] == tight[0] == 4
            if not right:
                wrong.append((key, number, loose, tight))
    assert not wrong


@pytest.mark.parametrize("profile", PROFILES)
def test_no_switch_opens_what_another_closes(profile: str, judge: Open) -> None:
    """Single switches against every probe: turning one to strict makes nothing looser."""
    asked = judge(profile)
    every = [probe for one in asked.probes.values() for probe in one]
    loose = asked.strictness([(probe, {}) for probe in every])
    part = slice(None) if THOROUGH else slice(PROFILES.index(profile), None, len(PROFILES))
    found = []
    for key in list(PROBES)[part]:
        for probe, before, after in zip(every, loose, asked.strictness([(probe, strict(key)) for probe in every])):
            if after < before:
                found.append((key, probe.request))
    assert not found


@pytest.mark.parametrize("profile", PROFILES)
def test_two_strict_switches_are_as_strict_as_the_stricter_one(profile: str, judge: Open) -> None:
    assert not looser_pairs(judge(profile), ON_CPYTHON[profile])


@pytest.mark.parametrize("profile", PROFILES)
def test_all_switches_strict_are_as_strict_as_any_alone(profile: str, judge: Open) -> None:
    asked = judge(profile)
    for key, probes_of_it in asked.probes.items():
        for probe in probes_of_it:
            assert asked.one(probe, strict(*PROBES)) >= asked.one(probe, strict(key)), key


@pytest.mark.parametrize("profile", PROFILES)
def test_in_doubt_nothing_is_looser(profile: str, judge: Open) -> None:
    """A watch that doubts its state is at least as strict as the guardian's policy, whatever that says (D3)."""
    asked = judge(profile)
    cases = [(probe, strict(*keys)) for key, made in asked.probes.items() for probe in made for keys in ((), (key,))]
    sure, doubting = asked.strictness(cases), asked.strictness(cases, doubt=True)
    assert not [case[0].request for case, one, other in zip(cases, sure, doubting) if other < one]
    assert sum(other > one for one, other in zip(sure, doubting)) > len(cases) // 8


def test_profiles_differ(judge: Open) -> None:
    """Online games have hours in the Chinese profiles alone (D44)."""
    game = next(probe for probe in PROBES["usage.games"] if "20:30" in probe.at)
    morning = game._replace(at="2026-09-11 11:00")
    got = {profile: judge(profile).one(morning, {})[0] for profile in PROFILES}
    assert got == {"cn-ccia": 4, "cn-gb-draft": 4, "eu-uk": 0, "us-coppa": 0}


# --- on MicroPython


@pytest.mark.parametrize("profile", ON_MICROPYTHON)
def test_micropython_judges_the_same(
    profile: str, judge: Open, start_micropython: Callable[..., Process], tmp_path: Path
) -> None:
    process = start_micropython(ROOT / "tests" / "switches" / "judge.py", ROOT)
    asked = Judge(profile, lambda world: lambda command: process.ask({**command, "watch": world}), tmp_path)
    assert not looser_pairs(asked, PAIRS[::EACH_PAIR])
    cases = [
        (probe, values)
        for key, probes_of_it in list(asked.probes.items())[::EACH]
        for probe in probes_of_it
        for values in ({}, strict(key))
    ]
    assert asked.strictness(cases) == judge(profile).strictness(cases)
    assert not asked.trace()
