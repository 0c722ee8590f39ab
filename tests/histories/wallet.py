"""Histories of a wallet: what shops, child and guardian do with it, and what that means to the reference model."""

from collections.abc import Iterator
from typing import Any

from tests.histories import people as p
from tests.histories.play import Played
from tests.histories.world import Act, Json, World, ask, serve
from tests.reference.money import Money
from tests.reference.numbers import CLOSED, DAY, MONEY, NEVER, month_of

PASSWORD, OTHER_PASSWORD, WRONG = "604918", "731846", "604919"
SHOPS = ("kiosk", "baker")
AMOUNTS = (1, 99, 500, 999, 1000, 1001, 1999, 2000, 2001, 5000, 700, 300)
CLASSES = ("goods", "food", "service", "goods", "food", "transport", *CLOSED[:3], *NEVER[:3])


class Wallet(World):
    """A household that has set up payments, as far as the child's age and the profile let it."""

    MODEL = Money
    model: Money

    def __init__(self, root: str, birth: int, profile: int):
        super().__init__(root, birth, profile)
        self.keys = 0
        self.model.pin = p.PIN

    def beginning(self) -> Iterator[tuple[Json, Act]]:
        yield from super().beginning()
        yield from self.open_wallet(0, 0)
        yield from self.allow("monthly_limit", 3000)  # low, or few histories would reach it

    def open_wallet(self, a: int, b: int) -> Iterator[tuple[Json, Act]]:
        """All that paying needs, in order; with b, one thing is left out."""
        yield from self.login(0, 0)
        for step in range(4):
            if step + 6 != b:
                yield from self.guardian(step, 1)
        yield from self.allow("enabled", 1)

    def guardian(self, a: int, b: int) -> Iterator[tuple[Json, Act]]:
        """One act of a guardian, with or without a proof."""
        channel = "host" if b or a == 5 else None
        what = ("consented", "presented", "accepted", "password", "opened", "pin", "password", "opened")[a % 8]
        password = PASSWORD if a == 3 else (PASSWORD, OTHER_PASSWORD, p.PIN, "777777", "12345")[b % 5]
        request = {
            "consented": ask("consent.give", purpose="payment", manifest=1, channel=channel),
            "presented": ask("payments.shown", version=1, digest="00" * 32, channel=channel),
            "accepted": ask("payments.accept", version=1, channel=channel),
            "password": ask("payments.password", password=password, channel=channel),
            "opened": ask("payments.unlock", channel=channel),
            "pin": ask("credentials.renew", **{**p.VERIFIER, "pin": password}, channel=channel),
        }[what]
        if what == "pin":
            password = (PASSWORD, p.PIN)[b % 2]
            request["request"]["pin"] = password
        given: Json = {"what": what, "channel": channel}
        if what in ("password", "pin"):
            given["password"] = password
        yield request, ("guardian", given)

    def allow(self, key: str, value: int) -> Iterator[tuple[Json, Act]]:
        """The guardian's choice for one setting. Under eight none is taken but 0 (D39)."""
        if self.model.band == 0 and value:
            request = ask(
                "administration.policy", version=99, issuer="owner", expires=0, channel="host",
                values=[["payments." + key, value]],
            )  # fmt: skip
            yield request, ("bad", {"field": "payments." + key})
        else:
            yield from self.choose([["payments." + key, value]], "host", expires=self.model.expires)

    def setting(self, a: int, b: int) -> Iterator[tuple[Json, Act]]:
        key = sorted(MONEY)[a % len(MONEY)].partition(".")[2]
        yield from self.login(0, 0)
        yield from self.allow(key, (0, 1)[b % 2] if key in ("enabled", *CLOSED) else (0, 500, 1500, 6000, 10000)[b % 5])

    def child(self, a: int, b: int) -> Iterator[tuple[Json, Act]]:
        """What anybody may do, and what only a guardian may (A5); the child tries both."""
        if a % 2:
            yield ask("payments.lock"), ("lock", {})
        else:
            channel = "host" if b % 3 else None
            request = ask("consent.withdraw", purpose="payment", channel=channel)["request"]
            yield serve("privacy", request=request), ("withdraw", {"channel": channel})

    def _payment(self, key: int) -> Json:
        return {"shop": SHOPS[key % 2], "key": "%032x" % key}

    def _pay(self, key: int, amount: int, kind: str, password: str | None) -> tuple[Json, Act]:
        given = {**self._payment(key), "amount": amount, "kind": kind, "password": password}
        request = ask(
            "payments.request" if password is None else "payments.authorise", merchant=given["shop"], name="sample",
            key=given["key"], amount=amount, password=password, **{"class": kind},
        )  # fmt: skip
        return request, ("pay", given)

    def _finish(self, how: str, key: int, amount: int) -> tuple[Json, Act]:
        given = {**self._payment(key), "how": how, "amount": amount}
        number: dict[str, Any] = {"capture": {"amount": amount}, "refund": {"total": amount}, "void": {}}[how]
        return ask("payments." + how, merchant=given["shop"], key=given["key"], **number), ("finish", given)

    def pay(self, a: int, b: int) -> Iterator[tuple[Json, Act]]:
        self.keys += 1
        yield self._pay(self.keys, AMOUNTS[a], CLASSES[b], None if a == b else self.model.password or PASSWORD)

    def shopping(self, a: int, b: int) -> Iterator[tuple[Json, Act]]:
        """Payment after payment, up to the limit and over it."""
        for at in range(2 + b % 4):
            self.keys += 1
            yield self._pay(self.keys, AMOUNTS[(a + at * b) % 12], "goods", self.model.password or PASSWORD)
            if at % 2 or b > 5:
                yield self._finish("capture", self.keys, max(AMOUNTS[(a + at * b) % 12] - at, 1))

    def to_the_limit(self, a: int, b: int) -> Iterator[tuple[Json, Act]]:
        """All that is left of day and month, by payments of at most the single limit; then one fen more."""
        model, single = self.model, self.model.setting("payments.single_limit")
        left = min(model.room("daily_limit", int, DAY), model.room("monthly_limit", month_of, 31 * DAY))
        left += b % 3 - 1
        while left > 0 and single and self.keys < 1000:
            self.keys += 1
            yield self._pay(self.keys, min(left, single), "goods", model.password or PASSWORD)
            yield self._finish("capture", self.keys, min(left, single))
            left -= single
        self.keys += 1
        yield self._pay(self.keys, 1, "goods", model.password or PASSWORD)

    def repeat(self, a: int, b: int) -> Iterator[tuple[Json, Act]]:
        """An old key again, with any amount: a terminal's retry, or a cheat."""
        key = self._some_key(a)
        paid = self.model.payments.get((SHOPS[key % 2], "%032x" % key))
        amount = paid["amount"] if paid and a % 3 else AMOUNTS[b]
        yield self._pay(key, amount, CLASSES[a % 2], self.model.password or PASSWORD)

    def _some_key(self, a: int) -> int:
        """One of the last payments that were authorised; without any, or at times, one that was not."""
        known = [int(key, 16) for _, key in self.model.payments]
        return known[-1 - a % min(len(known), 4)] if known and a < 11 else self.keys + a

    def finish(self, a: int, b: int) -> Iterator[tuple[Json, Act]]:
        key = self._some_key(a)
        for how in (("capture",), ("void",), ("capture", "refund"), ("void", "capture"), ("refund",))[b % 5]:
            yield self._finish(how, key, AMOUNTS[b])

    def guess(self, a: int, b: int) -> Iterator[tuple[Json, Act]]:
        for _ in range(1 + a % 5):
            self.keys += 1
            yield self._pay(self.keys, 1, "goods", WRONG)

    def jump(self, a: int, b: int) -> Iterator[tuple[Json, Act]]:
        """The guardian corrects the clock: by a day, a month, back and forth."""
        day = 86400
        move = (day, -day, 2 * day, -2 * day, 31 * day, -31 * day, 400 * day, -40 * day, 3600, -3600, 1, -1)[a]
        yield from self.login(0, 0)
        wall = max(self.model.wall + move, 180_000_000)
        yield ask("administration.clock", wall=wall, channel="host"), ("clock", {"wall": wall, "channel": "host"})
        yield from self.advance(1)


class WalletPlayed(Played):
    """One history of a wallet."""

    WORLD = Wallet
    _world: Wallet

    def _check_ending(self) -> None:
        super()._check_ending()
        records = next(answer for answer in self.answers if "records" in answer and "denials" in answer)["records"]
        self._check_attempts(records)
        self._check_ends(records)
        if not self._world.model.shut:
            self._check_bill(self._rig.do({"op": "bill", "reader": "child"})["lines"])

    def _check_attempts(self, records: list[list[Any]]) -> None:
        """An alert for each attempt that stands in the ledger (D37); of refusals the ledger takes twenty a day."""
        kinds = [record[3] for record in records]
        raised = [record[4] for record in records if record[3] == "alerts.raised"]
        made, refused = kinds.count("payments.authorised"), kinds.count("payments.refused")
        assert raised.count("payment_made") == made == self._world.model.counts["made"]
        assert raised.count("payment_refused") == refused <= self._world.model.counts["refused"]
        assert refused >= min(self._world.model.counts["refused"], 20)

    def _check_ends(self, records: list[list[Any]]) -> None:
        """What was authorised ends once: captured or void."""
        held = [record[4] for record in records if record[3] == "payments.authorised"]
        ended = [record[4] for record in records if record[3] in ("payments.captured", "payments.voided")]
        assert len(set(held)) == len(held) and len(set(ended)) == len(ended) and set(ended) <= set(held)

    def _check_bill(self, lines: list[list[Any]]) -> None:
        """The bill is the model's: each payment, and the sums by day."""
        model = self._world.model
        shown = [line[4:7] for line in lines if line[0] == "payment" and "." not in line[4]]
        wanted = [
            [paid["state"], paid["amount" if paid["state"] != "captured" else "captured"], paid["refunded"]]
            for paid in model.payments.values()
        ]
        assert shown == wanted[-64:], (shown, wanted)
        days = {line[1]: line[2:] for line in lines if line[0] == "day"}
        for day, sums in days.items():
            paid = [one for one in model.payments.values() if one["day"] == day]
            assert sums == [sum(one["captured"] for one in paid), sum(one["refunded"] for one in paid)], day


WEIGHTS = {
    "pay": 8, "shopping": 9, "to_the_limit": 3, "repeat": 3, "finish": 8, "guess": 2, "guardian": 3,
    "open_wallet": 3, "setting": 3, "child": 1,
    "jump": 3, "login": 2, "logout": 1, "wrong_logins": 1, "clock": 2, "wait": 6, "reboot": 4,
    "days_off": 2, "receive": 1, "hostile": 1,
}  # fmt: skip
# Numbers of BIRTHS and PROFILES: mostly children who may pay.
CHILDREN, LAWS = (0, 1, 2, 3, 3, 4, 4, 5, 5), (0, 0, 0, 3, 3, 4)
OPERATIONS = tuple(name for name in WEIGHTS for _ in range(WEIGHTS[name]))
