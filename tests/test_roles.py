"""Guardians: the role matrix over every request of the build, power cuts while one is let in or out, and the state that
apps follow (requirements B6, D10, D14)."""

from pathlib import Path
from typing import Any

import pytest

from firmware.policy.request import forms
from firmware.policy.rules.contacts import agreement_mac
from firmware.policy.rules.credentials import CARER, MAY, OWNER, ROLES, VIEWER
from simulator.portable.rig import Rig
from simulator.scenario import APPROVAL_KEY, PASSPHRASE, PIN, login, passphrase_of, scram_verifier, verifier
from tests.good_requests import GOOD_IN, good_value

NOW = 211_000_000  # September 2026

# What an owner's proof opens and what the two lesser roles have of it. Requests of other rules that a role may make are
# rows here once those rules are in the build.
CARERS = {"administration.lost", "administration.end_grant"}
VIEWERS: set[str] = set()

_GOOD: dict[str, Any] = {
    "values": [["contacts.unknown", 1]], "key": "contacts.unknown", "region": "cn", "numbers": [], "role": "friend",
    "what": "message", "exit": "cable", "reader": "guardian", "mode": "shield", "minutes": 5,
    "reason": "she is not at home", "pin": "604713", "rounds": 4096, "purpose": "ai", "expires": 0, "wall": NOW + 60,
    "text": "hello", "to": "ming", "party": "bao", "address": "ming", "version": 1, "issuer": "me", "band": 2,
}  # fmt: skip
_GOOD_IN: dict[str, dict[str, Any]] = {
    "contacts.add": {"key": "00" * 32, "address": "new"},
    "contacts.approve": {"address": "asked"},
    "contacts.remove": {"address": "mama"},
    "credentials.user": {"name": "opa", "role": "carer", **scram_verifier("a phrase of opa")},
    "credentials.remove_user": {"name": "tante"},
    "credentials.renew": verifier(PASSPHRASE, "604713"),
    "approval.key": {"key": bytes(range(32)).hex()},
    "blocking.unmark": {"party": "bao"},
    "messages.outgoing": {"text": "my number is 13912345678"},
    "consent.erased": {"what": "voice"},
    "personal_data.erase": {"what": "messages"},
}
# These answer owner and nobody alike, here or at all: what they ask for is nothing to weaken.
_NO_DIFFERENCE = {
    "credentials.logout", "credentials.scram", "blocking.protect", "blocking.protect_end",
    "administration.acknowledge", "administration.band", "contacts.group_add",
    "consent.refuse", "consent.withdraw",  # a paired host's, with or without a proof
}  # fmt: skip
# These are refused an owner too, until something else has been done: their own scenarios judge them.
_UNPREPARED = {
    "credentials.recovery_cancel",
    "apps.approve", "apps.ask", "apps.grant", "apps.set", "assistant.extend", "assistant.provider",
    "content.personalise", "content.window", "firmware.confirm", "hosts.remove", "lock.clear", "network.close",
    "network.forget",
    "location.end_zone", "location.history", "location.look",
    "payments.accept", "payments.password",
}  # fmt: skip


def _do(rig: Rig, command: dict[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = rig.do(command)
    return answer


def _ask(rig: Rig, kind: str, **fields: Any) -> dict[str, Any]:
    return _do(rig, {"op": "ask", "request": {"kind": kind, **fields}})


def _must(rig: Rig, kind: str, **fields: Any) -> None:
    answer = _ask(rig, kind, **fields)
    assert answer.get("verdict") == "allow", (kind, answer)


def _login(rig: Rig, role: str) -> None:
    if role == OWNER:
        request = login(PASSPHRASE, "host")
    else:
        name = {CARER: "oma", VIEWER: "tante"}[role]
        request = login(passphrase_of(name), "host", name, passphrase_of(name))
    assert _do(rig, {"op": "ask", "request": request})["verdict"] == "allow"


def _card(address: str) -> dict[str, Any]:
    return {"name": address, "address": address, "key": "07" * 32}


def _watch(root: Path) -> Rig:
    """A watch with a carer, a viewer, contacts, a blocked party, a message, an exception and a key for approvals."""
    rig = Rig()
    _do(rig, {"op": "new", "root": str(root), "wall": NOW})
    birth = {"birth_year": 2019, "birth_month": 6}  # seven: guardians may read
    setup = {"profile": "cn-ccia", "language": "en", "owner": "mum", "region": "cn", "numbers": ["13900000001"]}
    _must(rig, "administration.setup", wall=NOW, **birth, **setup, **verifier(PASSPHRASE, PIN))
    _login(rig, OWNER)
    for name, role in (("oma", CARER), ("tante", VIEWER)):
        _must(rig, "credentials.user", name=name, role=role, channel="host", **scram_verifier(passphrase_of(name)))
    _must(rig, "contacts.add", role="guardian", channel="host", **_card("mama"))
    for address in ("ming", "asked"):
        _must(rig, "contacts.add", role="friend", channel="host", **_card(address))
    _must(rig, "contacts.agreed", address="ming", mac=agreement_mac(bytes([7]) * 32, "ming").hex())
    _must(rig, "administration.grant", key="contacts.unknown", value=1, minutes=60, channel="host")
    _must(rig, "approval.key", key=APPROVAL_KEY.hex(), channel="host")
    envelope = {"sender": "bao", "counter": 1, "mac": "00" * 16, "text": "hello you"}
    assert _do(rig, {"op": "service", "call": "receive", "with": {"envelope": envelope}})["verdict"] == "allow"
    _must(rig, "blocking.press", place="contact", party="bao")
    _must(rig, "credentials.logout", channel="host")
    return rig


def _kinds(rig: Rig) -> dict[str, list[tuple[str, str, int]]]:
    """Every request in the build that takes a guardian's proof."""
    watch: Any = rig.watch
    found = {}
    for name, rule in watch.engine.rules.items():
        for verb, fields in forms(rule.FORMS).items():
            if any(field[0].startswith("channel") for field in fields):
                found[name + "." + verb] = fields
    return found


def _request(rig: Rig, kind: str, fields: list[tuple[str, str, int]]) -> dict[str, Any]:
    request: dict[str, Any] = {"kind": kind}
    for name, form, limit in fields:
        plain = name.rstrip("?")
        if plain == "message" and kind.startswith("blocking."):
            continue
        own = {**_GOOD, **GOOD_IN.get(kind, {}), **_GOOD_IN.get(kind, {})}
        request[plain] = own[plain] if plain in own else good_value(kind, plain, form, limit)
    if kind == "content_access.read":
        watch: Any = rig.watch
        request["id"] = next(row[0] for row in rig.do({"op": "journal"})["records"] if row[3] == "messages.in")
        assert watch.engine.recent.find(request["id"]) >= 0
    return request


def _verdicts(root: Path, role: str) -> dict[str, str]:
    """What a guardian of this role ("" for nobody) gets for every request, each on a watch of its own."""
    found = {}
    kinds = _kinds(_watch(root))
    for kind, fields in kinds.items():
        rig = _watch(root)
        request = _request(rig, kind, fields)
        request["channel"] = "host"
        if role:
            _login(rig, role)
        answer = _do(rig, {"op": "ask", "request": request})
        assert "verdict" in answer, (kind, answer)
        found[kind] = answer["verdict"]
    return found


def test_role_matrix(tmp_path: Path) -> None:
    """For every request that takes a proof: an owner's opens it, a carer's the few above, a viewer's none.

    The table is made from the build, so a new request is judged when it is written."""
    verdicts = {role: _verdicts(tmp_path / (role or "nobody"), role) for role in (*ROLES, "")}
    opened = {role: {kind for kind, verdict in verdicts[role].items() if verdict == "allow"} for role in verdicts}
    needs_owner = opened[OWNER] - opened[""]
    assert len(needs_owner) >= 20, needs_owner
    assert set(verdicts[OWNER]) - needs_owner == (_NO_DIFFERENCE | _UNPREPARED) & set(verdicts[OWNER])
    assert opened[CARER] - opened[""] == CARERS
    assert opened[VIEWER] - opened[""] == VIEWERS
    assert opened[""] <= opened[VIEWER], "a proof must never close what is open without one"
    assert set(MAY[CARER]) >= CARERS and set(MAY[VIEWER]) == VIEWERS


@pytest.mark.parametrize("lost", ["key write", "nothing"])
def test_a_power_cut_between_record_and_key(tmp_path: Path, lost: str) -> None:
    """The journal says who is in, the key table holds the secret: whatever a cut leaves, nobody is in by halves."""
    rig = _watch(tmp_path / "watch")
    watch: Any = rig.watch
    context = watch.engine.context
    if lost == "key write":
        context.keep_secrets = lambda *secrets: None
    _login(rig, OWNER)
    phrase = scram_verifier(passphrase_of("opa"))
    _must(rig, "credentials.user", name="opa", role=CARER, channel="host", **phrase)
    _must(rig, "credentials.remove_user", name="tante", channel="host")
    _must(rig, "credentials.user", name="oma", role=OWNER, channel="host", **scram_verifier(passphrase_of("oma")))
    _do(rig, {"op": "reboot"})

    def role_of(name: str) -> str:
        answer = _do(rig, {"op": "ask", "request": login(passphrase_of(name), "host", name, passphrase_of(name))})
        restarted: Any = rig.watch
        request = {"kind": "credentials.user", "channel": "host"}
        role: str = restarted.engine.rules["credentials"].role(request) if answer["verdict"] == "allow" else ""
        return role

    complete = lost == "nothing"
    restarted: Any = rig.watch
    assert (restarted.engine.context.secrets(2) == b"") is complete, "who is out leaves no secret behind"
    assert role_of("opa") == (CARER if complete else "")
    assert role_of("oma") == (OWNER if complete else ""), "half a change is no role, and never the higher one"
    assert role_of("tante") == "", "who is out stays out, though the secret still lies among the keys"
    _login(rig, OWNER)  # a place that a cut has spoilt is not taken for ever
    for name in ("opa", "oma", "neu"):
        verifier_ = scram_verifier(passphrase_of(name))
        _must(rig, "credentials.user", name=name, role=CARER, channel="host", **verifier_)
    assert (
        _ask(rig, "credentials.user", name="late", role=CARER, channel="host", **phrase)["reason"] == "credentials.full"
    )


def test_nothing_that_apps_follow_can_be_written(tmp_path: Path) -> None:
    """What an app gets is a copy without birthday, and changing it changes nothing (D10)."""
    rig = _watch(tmp_path / "watch")
    watch: Any = rig.watch
    first = watch.guardians.protection()
    assert set(first) == {"protected", "strict", "band", "version", "profile", "lost"}
    for name in first:
        first[name] = None
    assert watch.guardians.protection()["band"] == 0
    assert watch.guardians.protection()["protected"] is True
