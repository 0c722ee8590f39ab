"""The watches on which every setting's requests are asked, and those requests.

The watches are made by scenarios, in which a guardian has opened all that can be opened in a profile.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from host_tools.settings import load_settings
from simulator import publisher
from simulator.scenario import WRONG_PIN, Run, moment

Json = dict[str, Any]

TABLE: dict[str, Json] = {row["key"]: row for row in load_settings()["setting"]}
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


# --- the watches

CHOSEN = [key for key in TABLE if key not in NO_DIRECTION]


def _policy(keys: list[str]) -> str:
    values = ", ".join('"%s" = %d' % (key, bounds(key)[0]) for key in keys)
    return '[[step]]\npolicy = { values = { %s }, channel = "host" }\n' % values


def _step(*lines: str) -> str:
    return "".join("[[step]]\n%s\n" % line for line in lines)


CONSENTS = _step(
    *['consent = { purpose = "%s", channel = "host" }' % purpose for purpose in ("location", "voice", "photo")]
)
HEAD = """
title = "all is open in %s, %s"
[setup]
profile = "%s"
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
    _step("host_login = true")
    + _policy(CHOSEN[:40])
    + _policy(CHOSEN[40:])
    + _step('ask = { kind = "consent.give", purpose = "payment", manifest = 1, channel = "host" }')
    + CONSENTS
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
TALK = "in the middle of a talk"
WORLDS = {
    "free": PREPARED + FREE,
    "in the middle of a sitting": _step('at = "2026-09-09 14:45"', 'use = "other"', 'advance = "15m"'),
    "after a long sitting": _step('at = "2026-09-09 13:50"', 'use = "other"', 'advance = "1h"', 'advance = "10m"'),
    "charging": _step('at = "2026-09-09 15:00"', "charge = true"),
    TALK: _step('at = "2026-09-09 14:55"', "talk = {}", 'advance = "5m"'),
}
AI = "cn-ccia"  # the one profile in which there is an assistant


def worlds(profile: str) -> list[str]:
    """Names of the situations that can come about in a profile."""
    return [world for world in WORLDS if world != TALK or profile == AI]


def scenario(profile: str, world: str) -> str:
    """The file that makes a watch of this profile, all open, and brings it into a situation."""
    made = _step("wallet = {}") + (_step("assistant = {}") if profile == AI else "")
    return HEAD % (profile, world, profile) + made + OPENED + WORLDS[world]


# --- the probes


class Answer(NamedTuple):
    """What tests/switches/judge.py tells of a answer."""

    verdict: str = "allow"
    obligations: Sequence[str] = ()
    wait: int = 0
    events: Sequence[tuple[str, list[Any]]] = ()


class Probe(NamedTuple):
    """request: made for the watch; given: settings besides the loosest ones, without which this setting would decide
    nothing; at: local time; extra: what else of the Answer is stricter when it is larger."""

    request: Callable[[Run], Json]
    given: Json = {}
    at: str = "2026-09-09 15:00"
    world: str = "free"
    extra: Callable[[Answer], int] = lambda answer: 0


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


def count(kind: str, place: int = -1, value: Any = None) -> Callable[[Answer], int]:
    """How many events of a kind a decision has."""
    return lambda answer: len(
        [one for one in answer.events if one[0] == kind and (value is None or one[1][place] == value)]
    )


def obliged(word: str) -> Callable[[Answer], int]:
    return lambda answer: int(word in answer.obligations)


def field(kind: str, place: int, sign: int = 1) -> Callable[[Answer], int]:
    """A field of an event of the decision, such as the end of a bounded time."""
    return lambda answer: sum(sign * one[1][place] for one in answer.events if one[0] == kind)


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
    "credentials.tries": [Probe(ask("credentials.pin", pin=WRONG_PIN), extra=lambda answer: int(answer.wait > 0))],
    "administration.grant_minutes": [
        Probe(ask("administration.grant", key="usage.curfew", value=0, minutes=60, channel="host"))
    ],
    "administration.clock_tolerance": [
        Probe(lambda run: {"kind": "administration.time_hint", "wall": moment("2026-09-09 15:01", run.scenario.zone)})
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
        Probe(ask("assistant.turn", text="why is the sky blue"), world=TALK),
    ],
    "assistant.talks": [Probe(ask("assistant.begin"))],
    "assistant.turns": [
        Probe(ask("assistant.begin")),
        Probe(ask("assistant.turn", text="why is the sky blue"), world=TALK),
    ],
    "assistant.talk_minutes": [Probe(ask("assistant.begin"))],
    "assistant.day_minutes": [Probe(ask("assistant.begin"))],
    "assistant.cool_minutes": [Probe(ask("assistant.end"), world=TALK, extra=field("assistant.ended", 2))],
    "assistant.extend_minutes": [Probe(ask("assistant.extend", minutes=5, channel="host"))],
    "assistant.remind_minutes": [
        Probe(
            ask("assistant.turn", text="why is the sky blue"),
            world=TALK,
            extra=obliged("remind_ai"),
        )
    ],
    "assistant.remove_personal": [Probe(ask("assistant.turn", text="i am 13900000007, why is that"), world=TALK)],
}


# What a profile closes whatever the guardian chooses: nothing is left for these settings to decide (X1, G2).
CLOSED = {
    "cn-ccia": set(),
    "cn-gb-draft": {"apps.genai_voice"},
    "eu-uk": set(),
    "us-coppa": set(),
}


def probes(profile: str) -> dict[str, list[Probe]]:
    """The probes of each setting that can be asked in a profile."""
    known = worlds(profile)
    return {key: [probe for probe in made if probe.world in known] for key, made in PROBES.items()}


def decides(key: str, profile: str) -> bool:
    """Whether the setting opens or closes anything in a profile."""
    return key not in CLOSED[profile] and (profile == AI or not key.startswith("assistant."))
