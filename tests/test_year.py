"""A few days of the simulated year: it ends without a fault, is the same each time, and notices what is wrong."""

from pathlib import Path
from typing import Any

import pytest

from firmware.policy.rules.blocking import Blocking
from firmware.policy.rules.calls import Calls
from firmware.policy.rules.payments import Payments
from firmware.policy.rules.usage import Usage
from simulator import day
from simulator.days.year import Year


def lived(folder: Path, days: int) -> Year:
    year = Year(folder / "watch", days)
    year.live()
    return year


def test_eight_days_without_a_fault(tmp_path: Path) -> None:
    year = lived(tmp_path, 8)
    assert year.faults == []
    counts, journal = year.counts, year.journal
    assert counts["decisions"] > 2000 and counts["messages in"] >= 248 and counts["boots"] >= 2
    assert {"usage.school", "usage.rest", "usage.charging"} <= year.refused.keys()
    assert year.alerts["payment_made"] >= counts["payments"] - year.refused["payments.wrong_password"] > 0
    # A record is one append, and an append about one erase (docs/measurements.md); rotations come on top.
    assert 0.8 <= year.flash.erases / (journal["records"] + journal["denials"]) <= 1.3
    assert journal["segment"] >= journal["kept"] - 1 >= 1


def test_the_same_seed_is_the_same_life(tmp_path: Path) -> None:
    assert lived(tmp_path / "1", 1).summary()[1:] == lived(tmp_path / "2", 1).summary()[1:]


@pytest.mark.parametrize(
    ("rule", "act", "answer", "noticed"),
    [
        (Payments, "_limited", ("", 0), "fen in a"),
        (Usage, "_bounds", (), "seconds of apps"),
        (Calls, "_refused", None, "a stranger's call came through"),
        (Blocking, "is_blocked", True, "a guardian's message"),
    ],
)
def test_what_is_wrong_is_a_fault(
    rule: type, act: str, answer: Any, noticed: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert hasattr(rule, act)
    monkeypatch.setattr(rule, act, lambda *_: answer)
    year = lived(tmp_path, 3)
    assert any(noticed in fault for fault in year.faults), year.faults


def test_the_command_prints_the_summary(capsys: pytest.CaptureFixture[str]) -> None:
    assert day.main(["--days", "1", "--seed", "3"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("1 days, lived in") and said.endswith("faults      0\n")
