"""The core of the firmware, for boards without PSRAM (docs/add-a-board.md), and services that rest."""

from pathlib import Path
from typing import Any

import pytest

from firmware.policy import resting
from host_tools import boards
from host_tools.guardian.status import CORE, describe
from simulator.portable.rig import Rig
from simulator.scenario import PASSPHRASE, login, verifier
from tests.good_requests import GOOD_IN

NOW = 210902400
OWNER = {"owner": "owner", "region": "cn", "numbers": []}
CHILD = {"wall": NOW, "birth_year": 2017, "birth_month": 3, "profile": "cn-ccia", "language": "en"}


def new(root: Path, core: bool, **more: Any) -> Rig:
    rig = Rig()
    rig.do({"op": "new", "root": str(root), "seed": "core", "wall": NOW, "core": core, **more})
    return rig


def ask(rig: Rig, kind: str, **fields: Any) -> dict[str, Any]:
    answer: dict[str, Any] = rig.do({"op": "ask", "request": {"kind": kind, **fields}})
    return answer


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    rig = new(tmp_path / "watch", True)
    assert ask(rig, "administration.setup", **verifier(PASSPHRASE, "280519"), **CHILD, **OWNER)["verdict"] == "allow"
    return rig


@pytest.mark.parametrize("name", resting.BEYOND_CORE)
def test_what_is_beyond_the_core_is_refused_whatever_it_says(rig: Rig, name: str) -> None:
    records = rig.do({"op": "state"})["seq"]
    good = [kind for kind in GOOD_IN if kind.startswith(name + ".")]
    for kind in [*good, name, name + ".", name + ".nothing"]:
        some: list[dict[str, Any]] = [GOOD_IN.get(kind, {}), {"channel": ["keypad"]}, {"unknown": {}}]
        for fields in some:
            assert ask(rig, kind, **fields)["reason"] == "engine.beyond_core", (kind, fields)
    assert rig.do({"op": "state"})["seq"] == records, "it left a record"
    assert {entry[0] for entry in rig.watch.engine._folded} == {name}, "words that nobody has read go to the journal"
    told = rig.watch.privacy.refusals()
    assert [reason for reason, _ in told] == ["engine.beyond_core"], "the child cannot read why"


def test_a_rule_of_the_core_is_no_other_than_everywhere(rig: Rig) -> None:
    absent = {name for name, rule in rig.watch.engine.rules.items() if rule.absent}
    assert absent == set(resting.BEYOND_CORE) and len(rig.watch.engine.rules) > 20
    assert ask(rig, "emergency.call", number="110")["verdict"] == "allow"


def test_the_guardian_is_told(rig: Rig) -> None:
    from firmware.link.methods import call
    from firmware.policy.decision import BadRequest

    ask(rig, **login(PASSPHRASE, "host"))
    server: Any = type("Server", (), {"let_in": True, "fresh_key": None})
    status = call(rig.watch, "status.read", {}, server)
    assert status["core"] and CORE in describe(status)
    assert call(rig.watch, "health.read", {}, server)["core"] is True
    assert call(rig.watch, "payments.unlock", {}, server)["reason"] == "engine.beyond_core"
    for method in ("apps.read", "assistant.read"):
        with pytest.raises(BadRequest, match="beyond the core"):
            call(rig.watch, method, {}, server)
    assert call(rig.watch, "bill.read", {}, server) == []


def test_a_consent_that_is_taken_back_leaves_nothing_open(rig: Rig) -> None:
    """On the core there is nothing to erase, and nobody waits for it to be."""
    for act, fields in (("give", {"manifest": 1}), ("withdraw", {})):
        ask(rig, **login(PASSPHRASE, "host"))
        request = {"kind": "consent." + act, "purpose": "location", "channel": "host", **fields}
        assert rig.do({"op": "guardian", "request": request})["verdict"] == "allow"
    assert not any(rig.watch.engine.rules["consent"].to_erase)


def test_a_call_for_help_needs_no_place(rig: Rig) -> None:
    rig.do({"op": "sos"})
    rig.do({"op": "advance", "seconds": 6})
    assert rig.watch.sos.state == "delivered" and rig.board.carrier.positions == []


def test_a_journal_of_all_of_the_firmware_is_not_taken_for_its_own(tmp_path: Path) -> None:
    full = new(tmp_path / "watch", False)
    ask(full, "administration.setup", **verifier(PASSPHRASE, "280519"), **CHILD, **OWNER)
    ask(full, **login(PASSPHRASE, "host"))
    assert ask(full, "consent.give", purpose="location", manifest=1, channel="host")["verdict"] == "allow"
    ask(full, **login(PASSPHRASE, "host"))
    assert ask(full, "location.key", key="11" * 32, channel="host")["verdict"] == "allow"
    rig = Rig()
    again = {"op": "new", "root": str(tmp_path / "watch"), "seed": "core", "wall": NOW + 60, "keep": True, "core": True}
    assert rig.do(again)["status"] == "broken"
    assert rig.watch.engine.settings.strict


def test_the_menu_offers_only_what_is_there(tmp_path: Path) -> None:
    tiles = {}
    for core in (False, True):
        rig = new(tmp_path / str(core), core, display=[240, 240, False])
        ask(rig, "administration.setup", **verifier(PASSPHRASE, "280519"), **CHILD, **OWNER)
        shell: Any = rig.shell
        shell.show("menu")
        found = set()
        for _ in range(3):
            found |= {target[0] for target in rig.do({"op": "look"})["targets"]}
            shell._act("half")
        tiles[core] = found
    assert tiles[False] - tiles[True] == {"assistant", "learn", "looks", "talks"} and "help" in tiles[True]


def test_boards_without_psram_run_the_core() -> None:
    core = {name for name in boards.names() if boards.load(name).parts == "core"}
    assert (
        core == {name for name in boards.names() if not boards.load(name).soc["psram_mb"]} == {"esp32-devkitc-st7789"}
    )


# --- services that rest


def awake(rig: Rig) -> set[str]:
    return set(rig.watch._awake)


def test_services_rest_once_they_have_nothing_to_do(tmp_path: Path) -> None:
    """capture stays where there is a microphone. What asks for a service loads it; the next step lets it go."""
    rig = new(tmp_path / "watch", False)
    ask(rig, "administration.setup", **verifier(PASSPHRASE, "280519"), **CHILD, **OWNER)
    rig.do({"op": "advance", "seconds": 1})
    assert awake(rig) == {"capture"}
    rig.watch.guardians.protection()
    rig.watch.wallet.cancel()
    rig.watch.privacy.refusals()
    assert awake(rig) == {"capture", "guardians", "wallet", "privacy"}
    rig.do({"op": "advance", "seconds": 1})
    assert awake(rig) == {"capture"}
    rig.do({"op": "sos"})
    rig.do({"op": "advance", "seconds": 6})
    assert "locator" in awake(rig), "the place is still to be told"
    rig.do({"op": "sos", "end": True})
    rig.do({"op": "advance", "seconds": 120})
    assert "locator" not in awake(rig)
    with pytest.raises(AttributeError):
        rig.watch.nothing_of_the_kind  # noqa: B018


def test_a_service_that_finds_no_room_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A call for help and the watch's step go on without it."""
    rig = new(tmp_path / "watch", False)
    ask(rig, "administration.setup", **verifier(PASSPHRASE, "280519"), **CHILD, **OWNER)
    rig.do({"op": "advance", "seconds": 1})
    watch: Any = rig.watch
    full = {"heap": True}
    load = watch._load

    def no_room(name: str) -> Any:
        if full["heap"]:
            raise MemoryError
        return load(name)

    monkeypatch.setattr(watch, "_load", no_room)
    rig.do({"op": "sos"})
    rig.do({"op": "advance", "seconds": 6})
    assert watch.sos.state == "delivered"
    watch.engine.rules["approval"].pending.append([1, "grant", 0, 0, "", 10**6, 0])
    rig.do({"op": "advance", "seconds": 61})
    assert "approvals" not in awake(rig)
    full["heap"] = False
    rig.do({"op": "advance", "seconds": 61})
    assert "approvals" in awake(rig)
