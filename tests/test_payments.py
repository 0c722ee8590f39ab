"""What scenarios cannot tell in a few steps: a full ledger, full tables, storage that is away, power cut in between."""

from pathlib import Path
from typing import Any

import pytest

from simulator.watch import DAY, Guardian, Watch
from tests.reference.numbers import month_of

NOW = 212_198_400  # 2026-09-22
PASSWORD = "604918"


@pytest.fixture
def watch(tmp_path: Path) -> Watch:
    """A child of nine may pay."""
    watch, mum = Watch(tmp_path, now=NOW), Guardian()
    assert watch.set_up(mum, (2017, 3), [])["verdict"] == "allow"
    guardian(watch, mum, "consent.give", purpose="payment", manifest=1)
    guardian(watch, mum, "payments.shown", version=1, digest="00" * 32)
    guardian(watch, mum, "payments.accept", version=1)
    guardian(watch, mum, "payments.password", password=PASSWORD)
    values = [["payments.enabled", 1], ["payments.monthly_limit", 100000]]
    guardian(watch, mum, "administration.policy", version=1, issuer="owner", expires=0, values=values)
    return watch


def guardian(watch: Watch, who: Guardian, kind: str, **fields: Any) -> None:
    watch.guardian_login(who)
    assert watch.ask(kind, **fields, channel="host")["verdict"] == "allow", kind


def pay(watch: Watch, number: int, amount: int = 1, password: str = PASSWORD) -> str:
    """The reason of the answer to one authorisation."""
    fields = {"key": "%032x" % number, "merchant": "kiosk", "name": "sample", "amount": amount, "class": "goods"}
    return str(watch.ask("payments.authorise", **fields, password=password)["reason"])


def finish(watch: Watch, verb: str, number: int, **fields: Any) -> str:
    return str(watch.ask("payments." + verb, key="%032x" % number, merchant="kiosk", **fields)["reason"])


def bill(watch: Watch, kind: str) -> list[list[Any]]:
    return [line for line in watch.do("bill", reader="child")["lines"] if line[0] == kind]


def test_a_full_ledger_lets_refusals_go_first_and_held_money_never(watch: Watch) -> None:
    assert pay(watch, 1) == "ok"  # stays held
    for number in range(2, 62):
        assert (pay(watch, number), finish(watch, "capture", number, amount=1)) == ("ok", "ok")
    for number in range(100, 110):
        assert pay(watch, number, 5000) == "payments.single_limit"
    states = [line[4] for line in bill(watch, "payment")]
    assert states == ["held"] + ["captured"] * 60 + ["payments.single_limit"] * 3
    for number in range(62, 65):
        assert (pay(watch, number), finish(watch, "capture", number, amount=1)) == ("ok", "ok")
    assert [line[4] for line in bill(watch, "payment")] == ["held"] + ["captured"] * 63
    assert pay(watch, 110, 5000) == "payments.single_limit"
    assert [line[4] for line in bill(watch, "payment")] == ["held"] + ["captured"] * 62 + ["payments.single_limit"]
    assert finish(watch, "refund", 2, total=1) == "payments.unknown", "too old for the watch"
    assert finish(watch, "capture", 1, amount=1) == "ok"
    watch.advance(1)  # alerts go out
    before = bill(watch, "payment"), bill(watch, "day"), watch.status()["digest"]
    assert watch.reboot()["status"] == "ok"
    assert (bill(watch, "payment"), bill(watch, "day"), watch.status()["digest"]) == before


def test_months_of_daily_payments(watch: Watch) -> None:
    """The sums of 32 days and 13 months are kept; each payment is still in the journal."""
    day = NOW // DAY
    sums: dict[int, int] = {}
    for number in range(400):
        assert pay(watch, number, 10 + number % 7) == "ok", number
        assert finish(watch, "capture", number, amount=10 + number % 7) == "ok"
        month = month_of(day + number)
        sums[month] = sums.get(month, 0) + 10 + number % 7
        watch.advance(DAY)
    assert [line[1:3] for line in bill(watch, "day")] == [[day + n, 10 + n % 7] for n in range(368, 400)]
    assert [line[1:3] for line in bill(watch, "month")] == [[month, sums[month]] for month in sorted(sums)[-13:]]


@pytest.mark.parametrize("code", ["flash", "memory", "kind", "mac", "rollback"])
def test_while_the_state_is_in_doubt_nothing_is_paid(watch: Watch, code: str) -> None:
    """Even where the lock itself cannot be written down, and without a try for it at every step."""
    assert watch._rig is not None
    engine = watch._rig.watch.engine
    assert pay(watch, 1) == "ok"
    engine.rules["administration"].doubt(code, 0)
    due = engine.rules["payments"].due()
    assert (due == engine.clock.powered) == (code in ("mac", "rollback"))
    assert pay(watch, 2) == "payments.locked"
    assert finish(watch, "capture", 1, amount=1) == "payments.locked"


def test_an_answer_that_was_lost_is_given_again(watch: Watch) -> None:
    """Power fails right after the record is durable: the terminal asks again and pays once."""
    assert pay(watch, 1, 700) == "ok"
    watch.reboot(off=3)
    assert pay(watch, 1, 700) == "ok"
    assert finish(watch, "capture", 1, amount=700) == "ok"
    watch.reboot(off=3)
    assert finish(watch, "capture", 1, amount=700) == "ok"
    assert [line[2] for line in bill(watch, "day")] == [700]
    kinds = [record[3] for record in watch.journal()["records"]]
    assert (kinds.count("payments.authorised"), kinds.count("payments.captured")) == (1, 1)


def test_a_try_that_cannot_be_written_down_is_no_try(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a full flash right and wrong passwords get the same answer, so nothing is learnt for free."""
    assert watch._rig is not None
    store = watch._rig.watch.store

    def full(*_: Any) -> None:
        raise OSError(28)

    monkeypatch.setattr(store, "commit", full)
    assert pay(watch, 1) == "engine.storage"
    assert pay(watch, 1, password="111213") == "engine.storage"
    monkeypatch.undo()
    assert pay(watch, 1) == "ok"
