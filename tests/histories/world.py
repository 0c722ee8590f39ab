"""Turns a history's abstract steps into rig commands, and says what each means to the reference model.

A step is (name of an operation, a, b) with two small numbers that the operation reads as it likes, so that Hypothesis
shrinks a failing history to the few steps that matter.
"""

from collections.abc import Iterator
from typing import Any

from tests.histories import people as p
from tests.reference.model import Model
from tests.reference.numbers import SETTINGS

Json = dict[str, Any]
Act = tuple[str, Json] | None

NOW = 200_000_000  # 2026-05-03, about 19:33 UTC: month 76
MONTH = 76
# Months of birth: 5 years old; turns 8 in the next month; in the month of the 8th birthday; 9; turns 12 soon; 13.
BIRTHS = (MONTH - 60, MONTH - 95, MONTH - 96, MONTH - 110, MONTH - 144, MONTH - 160)
PROFILES = ("cn-ccia", "cn-ccia", "cn-ccia", "eu-uk", "strict")
PAUSES = (1, 4, 7, 11, 61, 290, 310, 601, 3600, 3700, 10000, 30000)
DAYS = (1, 2, 3, 7, 8, 31)
CHANNELS = (None, "host", "host", "host", "keypad", "unpaired")

ROLES = ("knowledge",) * 8 + ("tutor", "translator", "mother", "boyfriend")
# What a child asks an assistant, and the reason against it; "help" and "stop" are no refusals.
CHATS = (
    ("what is a whale", ""), ("why is the sky blue", ""), ("鲸鱼有多大", ""), ("what is a reef", ""), ("是什么", ""),
    ("my number is 13900000000", "assistant.personal"), ("i want to die", "help"), ("be my mum", "assistant.role"),
    ("帮你开盒，查人", "assistant.people_search"), ("send nudes", "assistant.private"), ("stop", "stop"),
)  # fmt: skip

_HOSTILE: tuple[tuple[Json, str], ...] = (
    ({"kind": "messages.incoming"}, "sender"),
    ({"kind": "messages."}, "kind"),
    ({"kind": "administration."}, "kind"),
    (
        {
            "kind": "administration.policy",
            "version": 1,
            "issuer": "child",
            "expires": 0,
            "values": [["contacts.mode", 9]],
        },
        "contacts.mode",
    ),
    (
        {"kind": "administration.policy", "version": 1, "issuer": "child", "expires": 0, "values": [["no.such", 1]]},
        "key",
    ),
    ({"kind": "administration.clock", "wall": -5}, "wall"),
    ({"kind": "administration.clock", "wall": True}, "wall"),
    ({"kind": "blocking.press", "place": "sofa", "party": "lin"}, "place"),
    ({"kind": "blocking.release", "party": "lin", "channel": "host", "force": True}, "force"),
    ({"kind": "credentials.pin", "pin": 482915}, "pin"),
    ({"kind": "contacts.agreed", "address": "qiu", "mac": "A" * 32}, "mac"),
    ({"kind": "emergency.call", "number": "1" * 25}, "number"),
)


def ask(kind: str, **fields: object) -> Json:
    return {
        "op": "ask",
        "request": {"kind": kind, **{name: value for name, value in fields.items() if value is not None}},
    }


def serve(call: str, **arguments: object) -> Json:
    return {"op": "service", "call": call, "with": arguments}


class World:
    """The people around one watch, and the reference model of it."""

    MODEL: type[Model] = Model

    def __init__(self, root: str, birth: int, profile: int):
        self.root, self.birth, self.profile = root, BIRTHS[birth], PROFILES[profile]
        self.model = self.MODEL(NOW)
        self.counters = dict.fromkeys(p.PARTIES, 0)
        self.seqs: list[int] = []  # messages that the watch has let through
        self.version = 0

    def beginning(self) -> Iterator[tuple[Json, Act]]:
        """A set-up watch with a guardian and two friends; refused before, and refused with a weak PIN."""
        yield {"op": "new", "root": self.root, "wall": NOW}, None
        yield self.message("lin", 0)
        for pin in ("123456", p.PIN):
            setup = ask(
                "administration.setup",
                **{**p.VERIFIER, "pin": pin},
                wall=NOW,
                birth_year=2020 + self.birth // 12,
                birth_month=self.birth % 12 + 1,
                profile=self.profile,
                language="zh",
                owner="owner",
                region="cn",
                numbers=[p.NUMBERS[p.GUARDIAN]],
            )
            yield setup, ("setup", {"wall": NOW, "profile": self.profile, "birth": self.birth, "weak": pin != p.PIN})
        yield from self.login(0, 0)
        for party in (p.GUARDIAN, *p.FRIENDS):
            role = "guardian" if party == p.GUARDIAN else "friend"
            yield (
                ask(
                    "contacts.add",
                    name=party,
                    address=party,
                    number=p.NUMBERS[party],
                    key=p.key(party),
                    role=role,
                    channel="host",
                ),
                ("add", {"party": party, "role": role, "channel": "host"}),
            )
            if role == "friend":
                yield from self.agreed(p.PARTIES.index(party), 0)

    def steps(self, name: str, a: int, b: int) -> Iterator[tuple[Json, Act]]:
        yield from getattr(self, name)(a, b)

    def any_message(self, a: int) -> int:
        return self.seqs[-1 - a % len(self.seqs)] if self.seqs else 999_999

    # --- messages and calls

    def message(self, party: str, text: int, genuine: bool = True, replay: bool = False) -> tuple[Json, Act]:
        self.counters[party] += 0 if replay else 1
        entry = p.TEXTS[text % len(p.TEXTS)]
        sent = p.envelope(party, self.counters[party], entry["text"], genuine)
        return (
            serve("receive", envelope=sent),
            ("receive", {"party": party, "genuine": genuine, "counter": self.counters[party], "text": entry}),
        )

    def receive(self, a: int, b: int) -> Iterator[tuple[Json, Act]]:
        yield self.message(p.PARTIES[a % 5], b)

    def insult(self, a: int, b: int) -> Iterator[tuple[Json, Act]]:
        for _ in range(1 + b % 3):
            yield self.message(p.FRIENDS[a % 2], 2 + b % 6)

    def forged(self, a: int, b: int) -> Iterator[tuple[Json, Act]]:
        yield self.message(p.PARTIES[a % 5], b, genuine=False)

    def replayed(self, a: int, b: int) -> Iterator[tuple[Json, Act]]:
        yield self.message(p.PARTIES[a % 5], b, replay=True)

    def burst(self, a: int, b: int) -> Iterator[tuple[Json, Act]]:
        for at in range(1 + b % 6):
            yield self.message(p.OTHERS[(a + at) % 2], b)

    def send(self, a: int, b: int) -> Iterator[tuple[Json, Act]]:
        party, entry, confirmed = p.PARTIES[a % 5], p.TEXTS[b], a > 5
        channel = "host" if a % 2 else None
        given = {"to": party, "text": entry["text"], "confirmed": confirmed, "channel": channel}
        yield (
            serve("send", **given),
            ("send", {"party": party, "text": entry, "confirmed": confirmed, "channel": channel}),
        )

    def send_again(self, a: int, b: int) -> Iterator[tuple[Json, Act]]:
        """A hurtful message, sent, thought over, sent again."""
        for pause in (0, 3, 3):
            if pause:
                yield from self.advance(pause)
            yield from self.send(6 + a % 2, 2 + b % 4)

    def call(self, a: int, b: int) -> Iterator[tuple[Json, Act]]:
        incoming = b % 2 == 0
        number = p.NUMBERS[p.PARTIES[a % 5]]
        kind = "calls.incoming" if incoming else "calls.outgoing"
        yield ask(kind, number=number), ("call", {"party": p.PARTIES[a % 5], "incoming": incoming})

    # --- the one button

    def press(self, a: int, b: int) -> Iterator[tuple[Json, Act]]:
        if b % 3:
            party = p.PARTIES[a % 5]
            yield serve("press", place="contact", party=party), ("press", {"party": party})
        else:
            message = self.any_message(a)
            yield serve("press", place="message", message=message), ("press", {"message": message})

    def press_late(self, a: int, b: int) -> Iterator[tuple[Json, Act]]:
        """A message is queued already when the button is pressed: it must not get through any more."""
        party = p.PARTIES[1 + a % 4]
        command, act = self.message(party, b)
        yield {"op": "seen"}, None
        yield {"op": "queue", "envelope": command["with"]["envelope"]}, None
        yield serve("press", place="conversation", party=party), ("press", {"party": party})
        yield {"op": "step"}, act
        yield {"op": "seen"}, None

    def undo(self, a: int, b: int) -> Iterator[tuple[Json, Act]]:
        party = p.PARTIES[1 + a % 4]
        yield serve("press", place="contact", party=party), ("press", {"party": party})
        yield from self.advance((1, 9, 10, 11)[b % 4])
        if b > 8:
            yield from self.reboot(0, 0)
        yield serve("undo", party=party), ("undo", {"party": party})

    def owner(self, a: int, b: int) -> Iterator[tuple[Json, Act]]:
        what, party, channel = ("release", "release", "unmark", "remove")[b % 4], p.PARTIES[a % 5], CHANNELS[a % 6]
        yield (
            ask("blocking." + what, party=party, channel=channel),
            ("owner", {"what": what, "party": party, "channel": channel}),
        )

    def not_bullying(self, a: int, b: int) -> Iterator[tuple[Json, Act]]:
        message = self.any_message(a)
        yield ask("messages.not_bullying", message=message), ("not_bullying", {"message": message})

    def protect(self, a: int, b: int) -> Iterator[tuple[Json, Act]]:
        mode, channel = ("shield", "guardians")[a % 2], CHANNELS[b % 6]
        yield ask("blocking.protect", mode=mode, channel=channel), ("protect", {"mode": mode, "channel": channel})

    def protect_end(self, a: int, b: int) -> Iterator[tuple[Json, Act]]:
        yield ask("blocking.protect_end", channel=CHANNELS[b % 6]), ("protect_end", {"channel": CHANNELS[b % 6]})

    # --- content

    def read(self, a: int, b: int) -> Iterator[tuple[Json, Act]]:
        what = "evidence" if a % 3 == 0 else "message"
        number = 1 + b % 3 if what == "evidence" else self.any_message(b)
        reader, exit_ = ("guardian", "cable") if a % 4 < 3 else ("child", "screen")
        channel = CHANNELS[1 + b % 5] if reader == "guardian" else None
        confirmed = b % 2 == 1
        yield (
            ask(
                "content_access.read",
                what=what,
                id=number,
                reader=reader,
                exit=exit_,
                confirmed=confirmed,
                channel=channel,
            ),
            ("read", {"what": what, "number": number, "reader": reader, "confirmed": confirmed, "channel": channel}),
        )

    def hand_over(self, a: int, b: int) -> Iterator[tuple[Json, Act]]:
        yield ask("content_access.hand_over", package=1 + a % 3), ("hand_over", {"package": 1 + a % 3})

    def emergency_read(self, a: int, b: int) -> Iterator[tuple[Json, Act]]:
        channel = CHANNELS[a % 6]
        yield (
            ask("content_access.emergency", reason="the child is not at home", channel=channel),
            ("emergency_read", {"channel": channel}),
        )

    # --- contacts

    def add(self, a: int, b: int) -> Iterator[tuple[Json, Act]]:
        party, channel = p.PARTIES[a % 5], CHANNELS[b % 6]
        card: Json = {"name": party, "address": party, "number": p.NUMBERS[party], "key": p.key(party)}
        if b % 2:
            yield ask("contacts.ask", **card), ("add", {"party": party, "role": "friend", "by_child": True})
        else:
            role = "guardian" if party == p.GUARDIAN else "friend"
            yield (
                ask("contacts.add", **card, role=role, channel=channel),
                ("add", {"party": party, "role": role, "channel": channel}),
            )

    def agreed(self, a: int, b: int) -> Iterator[tuple[Json, Act]]:
        party, genuine = p.PARTIES[a % 5], b % 4 != 1
        yield (
            ask("contacts.agreed", address=party, mac=p.agreement(party, genuine)),
            ("approve", {"party": party, "side": "other", "genuine": genuine}),
        )

    def approve(self, a: int, b: int) -> Iterator[tuple[Json, Act]]:
        party, channel = p.PARTIES[a % 5], CHANNELS[b % 6]
        yield (
            ask("contacts.approve", address=party, channel=channel),
            ("approve", {"party": party, "side": "this", "channel": channel}),
        )

    def drop(self, a: int, b: int) -> Iterator[tuple[Json, Act]]:
        party, channel = p.PARTIES[a % 5], CHANNELS[b % 6]
        yield ask("contacts.remove", address=party, channel=channel), ("drop", {"party": party, "channel": channel})

    # --- secrets and policy

    def login(self, a: int, b: int) -> Iterator[tuple[Json, Act]]:
        channel, right = "unpaired" if b % 4 == 3 else "host", a < 8
        proof = p.scram_proof("n=owner", right)
        yield (
            ask("credentials.scram", channel=channel, auth="n=owner", proof=proof),
            ("secret", {"right": right, "channel": channel}),
        )

    def wrong_logins(self, a: int, b: int) -> Iterator[tuple[Json, Act]]:
        for _ in range(2 + b % 5):
            yield from self.login(8, a)

    def pin(self, a: int, b: int) -> Iterator[tuple[Json, Act]]:
        right = b > 3
        yield (
            ask("credentials.pin", pin=p.PIN if right else p.WRONG_PIN),
            ("secret", {"right": right, "channel": "keypad"}),
        )

    def logout(self, a: int, b: int) -> Iterator[tuple[Json, Act]]:
        channel = CHANNELS[1 + a % 5]
        yield ask("credentials.logout", channel=channel), ("logout", {"channel": channel})

    def policy(self, a: int, b: int) -> Iterator[tuple[Json, Act]]:
        keys = sorted(key for key in SETTINGS if not key.startswith("assistant."))  # open_assistant has those
        values = []
        for at in range(1 + a % 2):
            low, high, _, _ = SETTINGS[keys[(b + at * 5) % len(keys)]]
            values.append([keys[(b + at * 5) % len(keys)], (low, high, (low + high) // 2)[(a + at) % 3]])
        yield from self.choose(
            values, CHANNELS[(a + b) % 6], leap=0 if a == 11 else 1, expires=self.model.today + 2 if b == 11 else 0
        )

    def choose(
        self, values: list[list[Any]], channel: str | None, leap: int = 1, expires: int = 0
    ) -> Iterator[tuple[Json, Act]]:
        self.version += leap
        yield (
            ask(
                "administration.policy",
                version=self.version,
                issuer="owner",
                expires=expires,
                values=values,
                channel=channel,
            ),
            ("set_policy", {"version": self.version, "expires": expires, "values": values, "channel": channel}),
        )

    def grant(self, a: int, b: int) -> Iterator[tuple[Json, Act]]:
        key = ("contacts.unknown", "contacts.mode", "messages.collapse_from")[a % 3]
        value, minutes, channel = 1, (1, 5, 60, 61, 240)[b % 5], CHANNELS[b % 6]
        yield (
            ask("administration.grant", key=key, value=value, minutes=minutes, channel=channel),
            ("grant", {"key": key, "value": value, "minutes": minutes, "channel": channel}),
        )

    def clock(self, a: int, b: int) -> Iterator[tuple[Json, Act]]:
        """Somebody sets the time, mostly the child without a proof."""
        wall, channel = self.model.wall + (-7200, 3600, 90000, -200000)[a % 4], (None, None, "keypad", "host")[b % 4]
        yield ask("administration.clock", wall=wall, channel=channel), ("clock", {"wall": wall, "channel": channel})
        yield from self.advance(1)

    # --- the assistant

    def open_assistant(self, a: int, b: int) -> Iterator[tuple[Json, Act]]:
        """A guardian, or somebody without a proof, opens it wholly or in part, with small limits."""
        channel, low = CHANNELS[(0, 1, 1, 2, 3, 4)[a % 6]], (1, 2, 5)[b % 3]
        values = [["assistant.enabled", int(b != 11)], ["assistant.talks", low], ["assistant.turns", low]]
        if self.model.band == 0:
            request = ask("administration.policy", version=self.version + 1, issuer="o", expires=0, values=values)
            yield request, ("bad", {"field": "assistant.talks" if b == 11 else "assistant.enabled"})
        else:
            yield from self.choose(values, channel or "host")
        give = b != 10
        kind = "consent.give" if give else "consent.withdraw"
        consent = ask(kind, purpose="ai", manifest=1 if give else None, channel=channel)
        yield (
            consent if give else serve("privacy", request=consent["request"]),
            ("consent", {"give": give, "channel": channel}),
        )
        yield from self.provider(a, b)

    def provider(self, a: int, b: int) -> Iterator[tuple[Json, Act]]:
        role, day, channel = ROLES[b], self.model.today + (1 if a == 11 else -3), CHANNELS[(0, 1, 1, 2, 3, 4)[a % 6]]
        record = day, day + (3, 5, 200, 366)[a % 4]
        yield (
            ask(
                "assistant.provider", name="N", filing="F", assessed=day, expires=record[1], role=role, channel=channel
            ),
            ("provider", {"role": role, "record": record, "channel": channel}),
        )

    def talk(self, a: int, b: int) -> Iterator[tuple[Json, Act]]:
        """A talk with some questions, some answers, some connections lost; ended by the child or not."""
        role = ROLES[(a + b) % 12]
        yield ask("assistant.begin", role=role), ("talk_begin", {"role": role})
        for at in range(b % 4):
            yield from self.question(a + 5 * at, b)
        if a % 3 == 0:
            yield ask("assistant.end"), ("talk_end", {})

    def question(self, a: int, b: int) -> Iterator[tuple[Json, Act]]:
        text, refused = CHATS[a % len(CHATS)]
        yield ask("assistant.turn", text=text), ("talk_turn", {"refused": refused})
        if b % 3:
            yield ask("assistant.answer", text="A whale is big."), ("talk_answer", {})
        if b % 5:
            shown, lost = ("A whale is big." if b % 2 else ""), b % 4 == 2
            yield (
                ask("assistant.finish", text=shown, lost=lost),
                ("talk_finish", {"nothing": lost and not shown}),
            )

    def talk_again(self, a: int, b: int) -> Iterator[tuple[Json, Act]]:
        """Leaving and entering again, with or without a power cut in between."""
        yield from self.talk(0, 1)
        yield from self.advance((1, 59, 299, 300)[a % 4])
        if a > 5:
            yield from self.reboot(b, b)
            yield from self.advance(1)
        yield from self.talk(1, 2)

    def extend(self, a: int, b: int) -> Iterator[tuple[Json, Act]]:
        minutes, channel = (1, 5, 10, 11, 20, 21, 0)[a % 7], CHANNELS[b % 6]
        yield (
            ask("assistant.extend", minutes=minutes, channel=channel),
            ("extend", {"minutes": minutes, "channel": channel}),
        )

    # --- time and power

    def advance(self, seconds: int) -> Iterator[tuple[Json, Act]]:
        yield {"op": "advance", "seconds": seconds}, None

    def wait(self, a: int, b: int) -> Iterator[tuple[Json, Act]]:
        yield from self.advance(PAUSES[b % 12])

    def reboot(self, a: int, b: int) -> Iterator[tuple[Json, Act]]:
        yield {"op": "reboot", "off": (0, 5, 4000, 90000)[a % 4], "rtc": b % 3 != 2}, None
        yield {"op": "clock"}, None

    def days_off(self, a: int, b: int) -> Iterator[tuple[Json, Act]]:
        """The watch lies in a drawer, its battery-backed clock runs."""
        yield {"op": "reboot", "off": DAYS[a % 6] * 86400, "rtc": True}, None
        yield {"op": "clock"}, None

    # --- longer attempts that single steps seldom add up to

    def evade(self, a: int, b: int) -> Iterator[tuple[Json, Act]]:
        """A blocked friend tries to come back as a stranger, after the contact is gone."""
        party = p.FRIENDS[a % 2]
        yield from self.login(0, 0)
        yield from self.choose([["contacts.unknown", 1]], "host")
        yield serve("press", place="contact", party=party), ("press", {"party": party})
        yield ask("contacts.remove", address=party), ("drop", {"party": party})
        yield self.message(party, b, genuine=a < 6)

    def outlive(self, a: int, b: int) -> Iterator[tuple[Json, Act]]:
        """An exception of five minutes, used before and after its end, with or without a power cut in between."""
        yield from self.login(0, 0)
        yield from self.grant(0, 1)
        yield self.message("zed", b)
        yield from self.advance((200, 299, 300, 301)[a % 4])
        if a > 5:
            yield from self.reboot(b, b)
        yield self.message("zed", b)

    # --- what the model need not know: it changes nothing that it predicts

    def hostile(self, a: int, b: int) -> Iterator[tuple[Json, Act]]:
        request, field = _HOSTILE[(a * 5 + b) % len(_HOSTILE)]
        yield {"op": "ask", "request": request}, ("bad", {"field": field})

    def emergency(self, a: int, b: int) -> Iterator[tuple[Json, Act]]:
        number = ("110", "119", "112", p.NUMBERS[p.GUARDIAN])[a % 4]
        yield ask("emergency.call", number=number), ("floor", {})

    def other(self, a: int, b: int) -> Iterator[tuple[Json, Act]]:
        party = p.PARTIES[a % 5]
        yield (
            (
                ask("contacts.card", to=party),
                ask("contacts.group_add", group=0, address=party, channel="host"),
                ask("administration.time_hint", wall=self.model.wall + 1000 * b),
                ask("administration.acknowledge", channel="host"),
                ask("messages.outgoing", to="", text=""),
                ask("alerts.delivered", alert=5),
                ask("contacts.card", to="\u0000?mama"),
                {"op": "network", "online": b % 12 > 2},
                {"op": "sos", "cancel": a % 2 == 1},
                {"op": "verify"},
                ask("emergency.help"),
                ask("emergency.sos_done", delivered=True, carrier="simulated"),
            )[b],
            None,
        )


# How often each operation is drawn.
WEIGHTS = {
    "receive": 6, "insult": 5, "forged": 2, "replayed": 2, "burst": 2, "send": 4, "send_again": 1, "call": 2,
    "press": 3, "press_late": 2, "undo": 2, "owner": 3, "not_bullying": 2, "protect": 2, "protect_end": 1,
    "read": 4, "hand_over": 1, "emergency_read": 1, "add": 3, "agreed": 2, "approve": 2, "drop": 2,
    "login": 6, "wrong_logins": 1, "pin": 1, "logout": 1, "policy": 4, "grant": 3, "clock": 2, "wait": 6,
    "open_assistant": 3, "provider": 1, "talk": 4, "question": 3, "talk_again": 2, "extend": 2,
    "evade": 1, "outlive": 1, "reboot": 3, "days_off": 1, "hostile": 3, "emergency": 1, "other": 3,
}  # fmt: skip
OPERATIONS = tuple(name for name in WEIGHTS for _ in range(WEIGHTS[name]))
_TALKING = {
    "talk": 8, "question": 6, "talk_again": 4, "extend": 2, "wait": 8, "reboot": 3, "clock": 2, "login": 4, "pin": 1,
    "open_assistant": 1, "provider": 1, "policy": 1, "days_off": 1, "receive": 1,
}  # fmt: skip
TALKING = tuple(name for name in _TALKING for _ in range(_TALKING[name]))
