"""Every switch of the settings table has a request that it decides, and no two switches open anything for each other.

Each setting's probe is asked with the setting at its loosest and at its strictest value: the verdicts must differ.
Then, for every pair of settings, both strict together are at least as strict as the stricter of the two alone. The
settings are put straight into the engine and nothing is journalled: `decide` changes nothing, which the end checks.

The watches on which the probes are asked are made by scenarios, in which a guardian has opened all that can be opened.
"""

import tomllib
from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from firmware.policy import desk
from firmware.policy.request import check
from simulator import publisher
from simulator.portable.rig import Rig
from simulator.scenario import WRONG_PIN, Run, Scenario, moment
from tests.conftest import ROOT

Json = dict[str, Any]
Strictness = tuple[int, int]

TABLE: dict[str, Json] = {
    row["key"]: row
    for row in tomllib.loads((ROOT / "firmware" / "policy" / "settings.toml").read_text(encoding="utf-8"))["setting"]
}
BAND = 2  # the child of these scenarios is 13: the band in which most can be opened

# Neither value of these is stricter than the other, so that no pair can open anything by them.
NO_DIRECTION = {"evidence.keep_days", "administration.zone_minutes"}
NO_DIRECTION |= {"network.off_from", "network.off_to", "network.check_minutes"}
# No request is decided by these: they say when something ends by itself. The scenario that shows it.
BY_TIME = {
    "messages.keep_days": "messages/texts_expire_sooner.toml",
    "blocking.calm_minutes": "blocking/protective_mode_ends.toml",
    "blocking.decay_days": "blocking/decay.toml",
    "credentials.proof_seconds": "credentials/host_proof_lasts_five_minutes.toml",
    "location.keep_hours": "location/kept_for_a_day.toml",
}


def bounds(key: str) -> tuple[int, int]:
    """(loosest, strictest) value that a guardian can choose."""
    row = TABLE[key]
    low, top = row.get("min", 0), row["max"]
    top = top[BAND] if isinstance(top, list) else top
    # Of "same" there is one switch: school mode closes more when it is on.
    return (top, low) if row["stricter"] == "lower" else (low, top)


def is_switch(row: Json) -> bool:
    top = row["max"][-1] if isinstance(row["max"], list) else row["max"]
    return "names" in row or (top == 1 and row.get("min", 0) == 0)


# --- the watches

_OPEN = [key for key in TABLE if key not in NO_DIRECTION]


def _policy(keys: list[str]) -> str:
    values = ", ".join('"%s" = %d' % (key, bounds(key)[0]) for key in keys)
    return '[[step]]\npolicy = { values = { %s }, channel = "host" }\n' % values


def _step(*lines: str) -> str:
    return "".join("[[step]]\n%s\n" % line for line in lines)


_CONSENTS = _step(
    *['consent = { purpose = "%s", channel = "host" }' % purpose for purpose in ("location", "voice", "photo")]
)
HEAD = """
title = "all is open, %s"
[setup]
born = "2013-01"
wall = "2026-09-04 10:00"
[people.mama]
standing = "guardian"
[people.ming]
standing = "friend"
[people.bao]
standing = "friend"
[people.wei]
standing = "asked"
[people.xu]
"""
# Opened by a guardian on Friday; the probes are asked on Wednesday the 9th at three o'clock unless they say otherwise.
OPENED = (
    HEAD
    + _step("wallet = {}", "assistant = {}", "host_login = true")
    + _policy(_OPEN[:40])
    + _policy(_OPEN[40:])
    + _step('ask = { kind = "consent.give", purpose = "payment", manifest = 1, channel = "host" }')
    + _CONSENTS
)
PREPARED = _step(
    'at = "2026-09-06 14:00"',
    'ask = { kind = "contacts.ask", name = "Wei", address = "wei", key = "%s" }' % ("ab" * 32),
) + _step('at = "2026-09-09 14:50"', "host_login = true")
FREE = (
    _step(
        'report_key = "host"',
        'ask = { kind = "location.zone", lat = 3990000, lon = 11640000, radius = 99, name = "gate", channel = "host" }',
        'ask = { kind = "location.app", app = "maps", allowed = true, channel = "host" }',
        'trust = { who = "store", channel = "host" }',
        'trust = { who = "pool", channel = "host" }',
        'approval_key = { channel = "host" }',
        'ask = { kind = "contacts.group_add", group = 1, address = "{ming}", channel = "host" }',
    )
    + _step(
        *[
            'item = { id = "%s", channel = "%s", age_days = 30, body = "%s" }' % (channel, channel, channel)
            for channel in ("stories", "news", "notices")
        ]
    )
    + _step("pin = false", "pin = false", 'at = "14:59:30"', "host_login = true")
    + _step('write = { to = "ming", text = "you are dumb" }', 'advance = "25s"')
    + _step('press = { party = "bao", place = "contact" }', 'advance = "5s"')
)
WORLDS = {
    "free": PREPARED + FREE,
    "in the middle of a sitting": _step('at = "2026-09-09 14:45"', 'use = "other"', 'advance = "15m"'),
    "after a long sitting": _step('at = "2026-09-09 13:50"', 'use = "other"', 'advance = "1h"', 'advance = "10m"'),
    "charging": _step('at = "2026-09-09 15:00"', "charge = true"),
    "in the middle of a talk": _step('at = "2026-09-09 14:55"', "talk = {}", 'advance = "5m"'),
}


# --- the probes


class Probe(NamedTuple):
    """request: made for the watch; given: settings besides the loosest ones, without which this setting would decide
    nothing; at: local time; extra: what else of the decision is stricter when it is larger."""

    request: Callable[[Run], Json]
    given: Json = {}
    at: str = "2026-09-09 15:00"
    world: str = "free"
    extra: Callable[[Any], int] = lambda decision: 0


def ask(kind: str, **fields: Any) -> Callable[[Run], Json]:
    return lambda run: {"kind": kind, **fields}


def incoming(who: str, text: str, group: int | None = None) -> Callable[[Run], Json]:
    return lambda run: {"kind": "messages.incoming", **run.people[who].envelope(text, 9, None, group)}


def outgoing_call(run: Run) -> Json:
    return {"kind": "calls.outgoing", "number": run.people["ming"].number}


def use(cls: str) -> Callable[[Run], Json]:
    return ask("usage.start", **{"class": cls})


def pay(cls: str) -> Callable[[Run], Json]:
    return ask("payments.request", key="11" * 16, merchant="shop", name="Shop", amount=100, **{"class": cls})


def package(cls: str) -> Callable[[Run], Json]:
    text = publisher.manifest({"app": "quiz", "class": cls})
    key, signature = publisher.modulus("store"), publisher.signature("store", text)
    return ask("apps.ask", manifest=text, key=key, signature=signature, source="store")


def show(item: str, slot: str = "page") -> Callable[[Run], Json]:
    digest = publisher.digest(item)
    return lambda run: {"kind": "content.show", "item": run._item_tag(item), "slot": slot, "hash": digest}


def count(kind: str, place: int = -1, value: Any = None) -> Callable[[Any], int]:
    """How many events of a kind a decision has."""
    return lambda decision: len(
        [one for one in decision.events if one[0] == kind and (value is None or one[1][place] == value)]
    )


def obliged(word: str) -> Callable[[Any], int]:
    return lambda decision: int(word in decision.obligations)


def field(kind: str, place: int, sign: int = 1) -> Callable[[Any], int]:
    """A field of an event of the decision, such as the end of a bounded time."""
    return lambda decision: sum(sign * one[1][place] for one in decision.events if one[0] == kind)


_CAPTURE = {"seconds": 10, "held": False}
_CURFEW, _SCHOOL = {"usage.curfew": 1}, {"usage.school": 1}
_CHECK = {"lat": 3990000, "lon": 11640000, "accuracy": 10, "age": 1, "before": []}
PROBES: dict[str, list[Probe]] = {
    "contacts.mode": [
        Probe(ask("contacts.incoming", address="xu", what="request")),
        Probe(ask("contacts.ask", name="Xu", address="xu", key="cd" * 32)),
        Probe(ask("content.window", channel="host")),
    ],
    "contacts.cap": [Probe(ask("contacts.ask", name="Xu", address="xu", key="cd" * 32))],
    "contacts.unknown": [Probe(incoming("xu", "hello"))],
    "contacts.pending_days": [Probe(ask("contacts.step"), extra=count("contacts.removed"))],
    "contacts.card_visible": [Probe(lambda run: {"kind": "contacts.card", "to": "ming"})],
    "contacts.messages": [Probe(incoming("ming", "hello"))],
    "contacts.groups": [
        Probe(incoming("ming", "hello", 1)),
        Probe(ask("contacts.incoming", address="ming", what="invite")),
    ],
    "messages.collapse_from": [Probe(incoming("ming", "nobody likes you"))],
    "messages.think_seconds": [Probe(ask("messages.outgoing", to="ming", text="you are dumb", confirmed=True))],
    "alerts.severity_from": [Probe(incoming("ming", "nobody likes you"), extra=count("alerts.raised"))],
    "blocking.undo_seconds": [Probe(ask("blocking.undo", party="bao"))],
    "blocking.burst": [Probe(incoming("xu", "hello"), extra=count("blocking.mode"))],
    "blocking.shield_days": [Probe(ask("blocking.protect", mode="shield"), extra=field("blocking.mode", 3))],
    "credentials.tries": [Probe(ask("credentials.pin", pin=WRONG_PIN), extra=lambda decision: int(decision.wait > 0))],
    "administration.grant_minutes": [
        Probe(ask("administration.grant", key="usage.curfew", value=0, minutes=60, channel="host"))
    ],
    "administration.clock_tolerance": [
        Probe(lambda run: {"kind": "administration.time_hint", "wall": moment("2026-09-09 15:01", 480)})
    ],
    "approval.per_day": [Probe(ask("approval.ask", what="payment", value=100))],
    "approval.minutes": [Probe(ask("approval.ask", what="payment", value=100), extra=field("approval.asked", 3, -1))],
    "usage.daily_minutes": [Probe(use("other"))],
    "usage.share": [Probe(use("other"))],
    "usage.rest_after": [Probe(use("other"), world="in the middle of a sitting")],
    "usage.rest_gap": [Probe(use("other"), world="after a long sitting")],
    "usage.curfew": [Probe(use("other"), at="2026-09-10 02:00")],
    "usage.curfew_from": [Probe(use("other"), _CURFEW, at="2026-09-09 22:00")],
    "usage.curfew_to": [Probe(use("other"), _CURFEW, at="2026-09-09 08:00")],
    "usage.weekday_from": [Probe(use("other"))],
    "usage.weekday_to": [Probe(use("other"))],
    "usage.weekend_from": [Probe(use("other"), at="2026-09-12 15:00")],
    "usage.weekend_to": [Probe(use("other"), at="2026-09-12 15:00")],
    "usage.games": [Probe(use("game_offline")), Probe(use("game_online"), at="2026-09-11 20:30")],
    "usage.school": [
        Probe(use("system"), at="2026-09-09 12:30"),
        Probe(outgoing_call, at="2026-09-09 12:30"),
        Probe(ask("messages.outgoing", to="ming", text="see you"), at="2026-09-09 12:30"),
    ],
    "usage.school_from": [Probe(use("system"), _SCHOOL, at="2026-09-09 11:00")],
    "usage.school_to": [Probe(use("system"), _SCHOOL, at="2026-09-09 15:00")],
    "usage.charging": [Probe(use("other"), world="charging"), Probe(outgoing_call, world="charging")],
    "payments.enabled": [Probe(pay("goods"))],
    "payments.single_limit": [Probe(pay("goods"))],
    "payments.daily_limit": [Probe(pay("goods"))],
    "payments.monthly_limit": [Probe(pay("goods"))],
    **{"payments." + cls: [Probe(pay(cls))] for cls in ("in_app", "tip", "red_packet", "gift")},
    "location.on_request": [
        Probe(ask("location.look", channel="host")),
        Probe(ask("location.history", channel="host")),
    ],
    "location.zones": [Probe(ask("location.check", **_CHECK))],
    "location.looks_per_hour": [Probe(ask("location.interval"))],
    "location.apps": [Probe(ask("location.for_app", app="maps"))],
    "capture.voice_seconds": [
        Probe(ask("capture.open", owner="messages", device="mic", purpose="voice_message", **_CAPTURE))
    ],
    "capture.photo_seconds": [Probe(ask("capture.open", owner="camera", device="camera", purpose="photo", **_CAPTURE))],
    "apps.child_asks": [Probe(package("education"))],
    "apps.games": [Probe(package("game"))],
    "apps.photo_search": [Probe(package("photo_search"))],
    "apps.genai_voice": [Probe(package("genai_voice"))],
    "content.lessons": [Probe(ask("content.wake"), extra=obliged("offer_lesson"))],
    **{"content." + channel: [Probe(show(channel))] for channel in ("stories", "news", "notices")},
    "content.recommendation": [Probe(show("stories", "recommended"))],
    "content.push": [Probe(show("stories", "push"))],
    "content.stale_days": [Probe(ask("content.wake"), extra=count("content.stale"))],
    "assistant.enabled": [
        Probe(ask("assistant.begin")),
        Probe(ask("assistant.turn", text="why is the sky blue"), world="in the middle of a talk"),
    ],
    "assistant.talks": [Probe(ask("assistant.begin"))],
    "assistant.turns": [
        Probe(ask("assistant.begin")),
        Probe(ask("assistant.turn", text="why is the sky blue"), world="in the middle of a talk"),
    ],
    "assistant.talk_minutes": [Probe(ask("assistant.begin"))],
    "assistant.day_minutes": [Probe(ask("assistant.begin"))],
    "assistant.cool_minutes": [
        Probe(ask("assistant.end"), world="in the middle of a talk", extra=field("assistant.ended", 2))
    ],
    "assistant.extend_minutes": [Probe(ask("assistant.extend", minutes=5, channel="host"))],
    "assistant.remind_minutes": [
        Probe(
            ask("assistant.turn", text="why is the sky blue"),
            world="in the middle of a talk",
            extra=obliged("remind_ai"),
        )
    ],
    "assistant.remove_personal": [
        Probe(ask("assistant.turn", text="i am 13900000007, why is that"), world="in the middle of a talk")
    ],
}
PAIRS = list(combinations(PROBES, 2))


# --- judging


class Judge:
    """Asks one watch with any settings, and leaves no trace."""

    def __init__(self, world: str, folder: Path) -> None:
        path = folder / "world.toml"
        path.write_text(OPENED % world + WORLDS[world], encoding="utf-8")
        self.rig = Rig()
        self.run = Run(Scenario(path), self.rig.do, folder / "root")
        self.run.begin()
        for number in range(1, len(self.run.scenario.steps) + 1):
            self.run.step(number)
        self.engine = self.rig.watch.engine
        self.before = self.rig.do({"op": "state"})
        self._known: dict[tuple[Any, ...], Strictness] = {}

    def _set(self, values: Json) -> None:
        settings = self.engine.settings
        for key in _OPEN:
            settings.choose(key, values.get(key, bounds(key)[0]))
        settings.refresh()

    def strictness(self, probe: Probe, values: Json) -> Strictness:
        """How strict the watch is to a probe: 0 shown, 1 with a warning, 2 collapsed, 4 refused; then `extra`."""
        known = id(probe), *sorted(values.items())
        if known not in self._known:
            self._known[known] = self._judged(probe, {**probe.given, **values})
        return self._known[known]

    def _judged(self, probe: Probe, values: Json) -> Strictness:
        engine, clock = self.engine, self.engine.clock
        request = probe.request(self.run)
        rule, verb = engine.rules[request["kind"].split(".")[0]], request["kind"].split(".")[1]
        wall, clock.wall = clock.wall, moment(probe.at, 480)
        self._set(values)
        try:
            if verb == "step":
                rule._stepped = -1
                decision = rule.step()
                return 0, probe.extra(decision) if decision else 0
            check(request, rule.FORMS, verb)
            decision = engine._gate(request) or rule.decide(verb, request) or desk.decide(rule, verb, request)
        finally:
            clock.wall = wall
        verdict = 4
        if decision.allowed:
            verdict = 2 if "collapse" in decision.obligations else int("warn" in decision.obligations)
        return verdict, probe.extra(decision)


@pytest.fixture(scope="module")
def judges(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Judge]]:
    made = {world: Judge(world, tmp_path_factory.mktemp("world")) for world in WORLDS}
    yield made
    for judge in made.values():
        judge._set({})
        assert judge.rig.do({"op": "state"}) == judge.before, "decide has changed the state"


def strict(*keys: str) -> Json:
    return {key: bounds(key)[1] for key in keys}


def test_every_switch_has_a_probe() -> None:
    assert not [key for key, row in TABLE.items() if is_switch(row) and key not in PROBES]
    assert set(TABLE) == {*PROBES, *BY_TIME, *NO_DIRECTION}
    for scenario in BY_TIME.values():
        assert (ROOT / "tests" / "scenarios" / scenario).is_file()


@pytest.mark.parametrize("key", PROBES)
def test_a_switch_decides_its_probes(key: str, judges: dict[str, Judge]) -> None:
    for number, probe in enumerate(PROBES[key]):
        judge = judges[probe.world]
        loose, tight = judge.strictness(probe, {}), judge.strictness(probe, strict(key))
        assert loose < tight, "probe %d: loosest %s, strictest %s" % (number, loose, tight)
        assert loose[0] < 4 or key == "credentials.tries", "refused although all is open"


def test_no_switch_opens_what_another_closes(judges: dict[str, Judge]) -> None:
    """Every single switch against every probe: turning one to strict makes nothing looser."""
    found = []
    for key in PROBES:
        for other, probes in PROBES.items():
            for probe in probes:
                judge = judges[probe.world]
                if judge.strictness(probe, strict(key)) < judge.strictness(probe, {}):
                    found.append((key, other))
    assert not found


def test_two_strict_switches_are_as_strict_as_the_stricter_one(judges: dict[str, Judge]) -> None:
    looser, judged = [], 0
    for one, other in PAIRS:
        for probe in PROBES[one] + PROBES[other]:
            judge = judges[probe.world]
            alone = max(judge.strictness(probe, strict(one)), judge.strictness(probe, strict(other)))
            judged += 1
            if judge.strictness(probe, strict(one, other)) < alone:
                looser.append((one, other))
    assert not looser
    assert judged > 2 * len(PAIRS)


def test_all_switches_strict_are_as_strict_as_any_alone(judges: dict[str, Judge]) -> None:
    for key, probes in PROBES.items():
        for probe in probes:
            judge = judges[probe.world]
            assert judge.strictness(probe, strict(*PROBES)) >= judge.strictness(probe, strict(key)), key
