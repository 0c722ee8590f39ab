"""Rules that rest keep nothing that their snapshot does not hold: asleep or awake, a scenario comes out the same."""

from collections.abc import Callable
from pathlib import Path

import pytest

from firmware import loading
from firmware.policy import resting
from simulator.portable.rig import Rig
from simulator.scenario import Run, Scenario, find
from tests.conftest import ROOT, OnCPython

FILES = [path for name in resting.NAMES for path in find(ROOT / "tests" / "scenarios" / name)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: "%s/%s" % (path.parent.name, path.stem))
def test_a_rule_at_rest_answers_the_same(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, on_cpython: Callable[[Path], OnCPython]
) -> None:
    awake = on_cpython(path)
    # Rules rest as on a small heap; their code stays, or one run's exceptions would be strange to the other's.
    monkeypatch.setattr(resting, "rules", lambda context, _: [resting.Resting(context, name) for name in resting.NAMES])
    assert loading.ROOMY
    asleep = Run(Scenario(path), Rig().do, tmp_path / "asleep").run()
    assert asleep.answers == awake.answers
    assert asleep.facts == awake.facts


def test_there_is_something_to_compare() -> None:
    assert len(FILES) >= 40
