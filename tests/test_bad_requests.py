"""Malformed requests: for every kind in the build each field once missing, mistyped, too long, out of range (E8).

The table is made from the rules' own FORMS, so a new request is covered when it is written. Each entry must raise
BadRequest that names the field, on every runtime, and change neither state nor journal.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from firmware.policy.decision import BadRequest
from firmware.policy.request import forms
from simulator import micropython
from simulator.portable.rig import Rig
from tests.conftest import ROOT
from tests.good_requests import good_value
from tests.histories import batch
from tests.histories.play import Played
from tests.thorough import THOROUGH

Request = Any
KINDS = 110  # of requests in the build; a smaller number would mean that the table has lost some

_LOOK_ALIKES: tuple[Any, ...] = (
    "", ".", "..", "messages", "messages.", ".incoming", "messages.incoming.", "messages..incoming", "a.b.c",
    "emergency", "emergency.",
    "administration.", "blocking.", "contacts.", "credentials.", "content_access.", "alerts.", "calls.",
    "Messages.incoming", "messages.incoming ",
    " messages.incoming", "messages.incoming\n", "messages.\nincoming", "messages.incoming sender=s64",
    "messages.inc", "messages.__init__",
    "messages.decide", "engine.ask", "messages/incoming", "messages.incoming\u0000", "ｍessages.incoming",
    "emergency.call\u200b", "x" * 5000,
    "\ud800", "messages.\udfff", 5, 0, True, False, None, 1.5, [], {}, ["messages.incoming"],
    {"kind": "messages.incoming"},
)  # fmt: skip


def _bad(form: str, limit: int) -> Iterator[Any]:
    """Values that no field of this type may take."""
    numbers = [-1, limit + 1, 2**31, 2**31 - 1, 2**62, 2**64, -(2**64)]
    yield from [None, 1.0, -0.5, {}, {"a": 1}, b"bytes"]
    if form == "z":
        yield from [limit + 1, -limit - 1, 2**64, -(2**64), "1", "", True, [1], float("nan")]
    elif form != "i":
        yield from [0, 1]
    else:
        yield from [number for number in numbers if not 0 <= number <= limit] + [
            "1",
            "",
            True,
            False,
            [1],
            float("inf"),
            float("nan"),
        ]
    if form == "b":
        yield from ["true", "", [True]]
    if form == "s":
        yield from [
            True,
            ["x"],
            "x" * (limit + 1),
            "字" * (limit + 1),
            "x" * 100_000,
            "\ud800",
            "\udfff",
            "x\ud83d",
            "\ude00\ud83d",
        ]
    if form == "h":
        size = 2 * limit
        yield from [
            True,
            "",
            "0" * (size - 1),
            "0" * (size + 1),
            "0" * (size - 2),
            "g" * size,
            "A" * size,
            " " * size,
            "0x" + "0" * (size - 2),
            "０" * size,
            "é" * size,
            "\ud800" * size,
            "0" * (size - 1) + "\n",
        ]
    if form == "l":
        yield from ["x", True, [0] * (limit + 1), {"0": 1}]


def _engine(rig: Rig) -> Any:
    watch: Any = rig.watch
    return watch.engine


def _forms(rig: Rig) -> dict[str, list[tuple[str, str, int]]]:
    """All kinds of requests in the build, with their fields."""
    found = {}
    for name, rule in _engine(rig).rules.items():
        found.update({name + "." + verb: fields for verb, fields in forms(rule.FORMS).items()})
    return found


def _table(rig: Rig) -> Iterator[tuple[Request, str]]:
    """(request, name of the field that is wrong); an empty name where the request is no dict with text as kind."""
    for kind, fields in _forms(rig).items():
        good: Request = {"kind": kind}
        for name, form, limit in fields:
            good[name.rstrip("?")] = good_value(kind, name.rstrip("?"), form, limit)
        for name, form, limit in fields:
            plain = name.rstrip("?")
            if plain == name:
                yield {key: value for key, value in good.items() if key != plain}, plain
            for value in _bad(form, limit):
                yield {**good, plain: value}, plain
        for extra in ("force", "", "Kind", "kind?", "sender\u0000", "\ud800"):
            yield {**good, extra: 1}, extra
    for look_alike in _LOOK_ALIKES:
        yield {"kind": look_alike}, "kind"
        yield {"kind": look_alike, "channel": "host"}, "kind"
    for request in ({}, {"Kind": "emergency.time"}, [], ["kind"], "emergency.time", "", 5, None, True, 1.5, b"kind"):
        yield request, "kind"
    # What a rule checks beyond the form.
    policy = {"kind": "administration.policy", "version": 9, "issuer": "owner", "expires": 0, "channel": "host"}
    setting = "contacts.mode"
    for item, field in ((5, "values"), ([setting], "values"), ([setting, 1, 1], "values"), ({"key": 1}, "values"),
    (None, "values"),
                        ([setting, 3], setting), ([setting, -1], setting), ([setting, True], setting), ([setting,
                        "1"], setting),
                        ([setting, None], setting), ([setting, 2**64], setting), (["", 1], "key"), (["emergency.call",
                        0], "key"),
                        ([5, 1], "key"), ([setting + " ", 1], "key"), ([[], 1], "key"), ([None, None], "key"),
                        (["\ud800", 1], "key")):  # fmt: skip
        yield {**policy, "values": [item]}, field
        yield {**policy, "values": [["blocking.burst", 3], item]}, field
    for number in ("110", "112", "12", "1" * 16, "+4912345", "１３９", "", 110, None):
        yield {"kind": "administration.floor", "region": "cn", "numbers": [number], "channel": "host"}, "numbers"
    for kind, field, word in (("capture.open", "device", "face"), ("capture.open", "purpose", "training"),
    ("blocking.press", "place", "sofa"), ("blocking.protect", "mode", "protective"),
    ("contacts.incoming", "what", "gift"),
                              ("contacts.add", "role", "owner"), ("content_access.read", "exit", "cloud"),
                              ("content_access.read", "reader", "teacher"), ("content_access.read", "what", "key"),
                              ("consent.give", "purpose", "ads"), ("consent.erased", "what", "proofs"),
                              ("personal_data.erase", "what", "all"), ("personal_data.list", "reader", "owner"),
                              ("administration.floor", "region", "xx"), ("credentials.scram", "channel",
                              "keypad"), ("apps.ask", "source", "qrcode"), ("content.trust", "publisher",
                              "store"), ("content.trust", "key", "00" * 384), ("apps.trust", "key", "7f" * 384),
                              ("apps.trust", "key", "fe" * 384)):  # fmt: skip
        fields = _forms(rig)[kind]
        given_ = {name.rstrip("?"): good_value(kind, name.rstrip("?"), form, limit) for name, form, limit in fields}
        yield {"kind": kind, **given_, field: word}, field
    yield {"kind": "blocking.press", "place": "contact"}, "party"
    yield {"kind": "blocking.undo", "party": ""}, "party"
    yield {"kind": "content_access.emergency", "reason": "         a", "channel": "host"}, "reason"
    for cls in ("", "Other", "game", "calls"):
        yield {"kind": "usage.start", "class": cls}, "class"
    for day in (2314, 2316):  # only today's minutes can be added to
        yield {"kind": "usage.elsewhere", "day": day, "seconds": 0}, "day"


def _mark(rig: Rig) -> list[Any]:
    return [rig.do({"op": op}) for op in ("state", "journal", "files")]


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Rig:
    """A watch that is set up, with a proof of its owner that is still good: what stops a request then is its form."""
    rig = Rig()
    for command in Played(str(tmp_path_factory.mktemp("bad") / "watch")).commands:
        if command["op"] in ("new", "ask", "service"):
            rig.do(command)
    return rig


def test_the_table_knows_every_request_of_the_build(rig: Rig) -> None:
    kinds = set(_forms(rig))
    assert len(kinds) >= KINDS, len(kinds)
    assert {
        request["kind"]
        for request, _ in _table(rig)
        if isinstance(request, dict) and isinstance(request.get("kind"), str)
    } >= kinds


def test_a_good_request_of_every_kind_is_answered(rig: Rig, tmp_path: Path) -> None:
    """Or the table would be refused for another reason than the one it means to test."""
    other = Rig()
    for command in Played(str(tmp_path / "watch")).commands:
        if command["op"] in ("new", "ask", "service"):
            other.do(command)
    for kind, fields in _forms(rig).items():
        if kind in ("administration.wipe", "administration.setup"):
            continue
        good = {name.rstrip("?"): good_value(kind, name.rstrip("?"), form, limit) for name, form, limit in fields}
        assert "verdict" in other.do({"op": "ask", "request": {"kind": kind, **good}}), kind


def test_every_malformed_request_is_refused_by_the_field(rig: Rig) -> None:
    before = _mark(rig)
    count = 0
    for request, field in _table(rig):
        count += 1
        with pytest.raises(BadRequest) as caught:
            decision = _engine(rig).ask(request)
            pytest.fail("%.300r was answered: %s %s" % (request, decision.verdict, decision.reason))
        assert caught.value.field == field, (request, caught.value)
        assert len(str(caught.value)) < 300, "an error message must not grow with the request"
    assert _mark(rig) == before
    print("%d malformed requests" % count)


def _portable(request: Request, field: str) -> bool:
    """True if the request survives JSON on its way to the other process, and the field's name the way back."""
    try:
        field.encode()
        return bool(json.loads(json.dumps(request, allow_nan=False)) == request)
    except (TypeError, ValueError):
        return False


@pytest.mark.parametrize("compiled", [False, True] if THOROUGH else [True], ids=str)
def test_micropython_refuses_the_same(
    compiled: bool, rig: Rig, tmp_path: Path, request: pytest.FixtureRequest, micropython_binary: str
) -> None:
    root = request.getfixturevalue("mpy_root") if compiled else ROOT
    beginning = [c for c in Played(str(tmp_path / "cpython")).commands if c["op"] in ("new", "ask", "service")]
    marks = [{"op": op} for op in ("state", "journal", "files")]
    table = [(bad, field) for bad, field in _table(rig) if _portable(bad, field)]
    with micropython.Process(batch.__file__, "%s:%s" % (root, ROOT), "8M") as process:

        def play(commands: list[dict[str, Any]]) -> list[dict[str, Any]]:
            answers: list[dict[str, Any]] = process.ask({"root": str(tmp_path / "unix"), "commands": commands})[
                "answers"
            ]
            return answers

        play(beginning)
        before = play(marks)
        for at in range(0, len(table), 50):
            part = table[at : at + 50]
            for (bad, field), answer in zip(
                part, play([{"op": "ask", "json": json.dumps(bad)} for bad, _ in part]), strict=True
            ):
                assert answer.get("bad") == field, (bad, answer)
        assert play(marks) == before
    assert len(table) > 2100


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.binary(max_size=4),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)  # fmt: skip


def test_any_value_as_a_request(rig: Rig) -> None:
    """Random values, and random fields under real kinds: BadRequest or an answer, never another exception."""
    kinds = _forms(rig)
    safe = [kind for kind in sorted(kinds) if kind not in ("administration.wipe",)]
    engine = _engine(rig)

    def ask(request: Request) -> None:
        try:
            engine.ask(request)
        except BadRequest as bad:
            assert isinstance(bad.field, str)

    @seed(1)
    @settings(max_examples=1000, database=None, deadline=None)
    @given(_json | st.fixed_dictionaries({"kind": _json}), st.sampled_from(safe), st.data())
    def run(value: Request, kind: str, data: st.DataObject) -> None:
        ask(value)
        names = [name.rstrip("?") for name, _, _ in kinds[kind]]
        fields = data.draw(
            st.dictionaries(
                st.sampled_from([*names, "extra"]), _json | st.sampled_from(["host", "lin", 0, 1, "0" * 32]), max_size=4
            )
        )
        ask({"kind": kind, **fields})

    run()
