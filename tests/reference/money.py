"""The child's wallet in the reference model, written from rows D30-D39 in the catalogue of requirements."""

from tests.reference import numbers as n
from tests.reference.model import Model


def reasons(**held):
    return {"payments." + name for name, holds in held.items() if holds}


class Money(Model):
    SETTINGS = {**n.SETTINGS, **n.MONEY}

    def __init__(self, wall):
        super().__init__(wall)
        self.consented = self.presented = self.accepted = self.shut = False
        self.password, self.pin, self.wrong = "", "", 0
        self.payments = {}  # (shop, key): amount, kind, state, captured (until then: held), refunded, day, at, end
        self.counts = {"made": 0, "refused": 0}

    def guardian(self, what, password=""):  # what only a guardian does: D30, A5, the payment password, opening
        why = reasons(
            agreement=what == "accepted" and not (self.presented and self.consented),
            weak_password=what == "password" and (len(password) < 6 or len(set(password)) == 1),
            same_as_pin=what == "password" and password == self.pin,
        ) | ({n.NO_PROOF} if self.unproved else set())
        if not why:
            self.wrong = 0 if what in ("opened", "password") else self.wrong
            setattr(self, *{"opened": ("shut", False)}.get(what, (what, password or True)))
        return why

    def lock(self):  # anybody may lock the wallet
        self.shut = True

    def withdraw(self):  # A5: a consent is the guardians' to take back, on a paired host or with a proof
        refused = self.unproved and self.channel != "host"
        self.consented = self.consented and refused
        return {n.NO_PROOF} if refused else set()

    def room(self, limit, unit, span):  # a later date than today's counts until so much powered time has gone by
        left, now, paid = self.setting("payments." + limit), unit(self.day()), self.payments.values()
        for number in {unit(one["day"]) for one in paid}:
            group = [one for one in paid if unit(one["day"]) == number]
            if number == now or (number > now and self.powered - max(one["at"] for one in group) < span):
                left -= sum(one["captured"] for one in group)
        return left

    def pay(self, shop, key, amount, kind, password=None):
        paid, setting, held = self.payments.get((shop, key)), self.setting, [*self.payments.values()]
        if self.shut or paid:
            other = paid and (paid["state"] == "void" or (paid["amount"], paid["kind"]) != (amount, kind))
            return self.told(reasons(locked=self.shut, key_used=other))
        why = reasons(
            class_never=kind in n.NEVER, too_young=self.band == 0, off=not setting("payments.enabled"),
            agreement=not self.consented or not self.accepted, no_password=not self.password,
            class_closed=kind in n.CLOSED and not setting("payments." + kind), clock=self.trust != "set",
            single_limit=amount > setting("payments.single_limit"),
            daily_limit=amount > self.room("daily_limit", int, n.DAY),
            monthly_limit=amount > self.room("monthly_limit", n.month_of, 31 * n.DAY),
            busy=[one["state"] for one in held].count("held") >= n.OPEN,
        )  # fmt: skip
        if not why and password is not None:
            wrong = password != self.password
            why = reasons(wrong_password=wrong, no_password=not wrong and password == self.pin)
            self.wrong = self.wrong + wrong if why else 0
            self.shut = self.wrong >= n.TRIES
        if not why and password is not None:
            what = {"amount": amount, "kind": kind, "state": "held", "captured": amount, "refunded": 0}
            self.payments[shop, key] = {**what, "day": self.day(), "at": self.powered, "end": self.powered + n.HOLD}
            self.counts["made"] += 1
        return self.told(why)

    def told(self, why):
        self.counts["refused"] += bool(why)
        return why

    def finish(self, how, shop, key, amount):
        paid = self.payments.get((shop, key), {"state": "", "captured": 0})
        act, captured = (how, paid["state"]), how == "capture"
        again = act == ("capture", "captured") and amount == paid["captured"]
        late = act in (("capture", "void"), ("void", "captured"), ("capture", "captured")) and not again
        much = act in (("refund", "captured"), ("capture", "held")) and amount > paid["captured"]
        nothing = act in (("refund", "held"), ("refund", "void"))
        why = reasons(locked=self.shut, unknown=not act[1], too_much=much, over=late, nothing_paid=nothing)
        if not why and how == "refund":
            paid["refunded"] = max(paid["refunded"], amount)
        elif not why and act[1] == "held":
            paid.update(state="captured" if captured else "void", captured=amount if captured else 0)
        return self.told(why)

    def settle(self, day):
        super().settle(day)
        for paid in self.payments.values():
            if paid["state"] == "held" and paid["end"] <= self.powered:
                paid.update(state="void", captured=0)
