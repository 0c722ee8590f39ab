"""The battery pulled in every flash operation of what a child would like to have forgotten. Runs on MicroPython.

usage: battery.py OPERATION...    prints as tests/faults/cuts.py does, which does the work

After each cut the rules' whole state must be one from before or after a step, and none before an acknowledged one.
"""

import sys

from tests.bypass.wallet import KEY, PASSWORD, PAYMENT, open_wallet
from tests.faults import cuts
from tests.faults.cuts import Block
from tests.faults.household import allowed, ask, expect, family, kinds

APPROVAL_KEY = bytes(range(32))


def refused(rig, kind, **fields):
    expect(ask(rig, kind, **fields)["verdict"] == "deny", kind)


class Passwords(Block):
    """The fourth and fifth wrong payment password: no try is forgotten, and the lock holds."""

    def prepare(self, rig):
        family(rig)
        open_wallet(rig)
        for _ in range(3):
            self._fail(rig)

    def steps(self):
        return [self._fail, self._fail]

    def _fail(self, rig):
        refused(rig, "payments.authorise", password="111222", **PAYMENT)

    def check(self, device, rig):
        failed, locked = kinds(rig).count("payments.refused"), "payments.locked" in kinds(rig)
        expect(locked == (failed >= 5), "tries", failed, locked)
        paid = ask(rig, "payments.authorise", password=PASSWORD, **PAYMENT)
        expect((paid["reason"] == "payments.locked") == locked, "the lock is gone", paid)
        self.usable(rig)


class Paying(Block):
    """Agreed to and captured: never twice, and what was spent is not free again."""

    def prepare(self, rig):
        family(rig)
        open_wallet(rig)

    def steps(self):
        return [
            lambda rig: allowed(ask(rig, "payments.authorise", password=PASSWORD, **PAYMENT)),
            lambda rig: allowed(
                ask(rig, "payments.capture", key=KEY, merchant=PAYMENT["merchant"], amount=PAYMENT["amount"])
            ),
        ]

    def check(self, device, rig):
        paid = ask(rig, "payments.capture", key=KEY, merchant=PAYMENT["merchant"], amount=PAYMENT["amount"])
        authorised = kinds(rig).count("payments.authorised")
        expect((paid["verdict"] == "allow") == (authorised == 1), "captured without a password", paid)
        expect(kinds(rig).count("payments.captured") == authorised, "captured twice")
        other = dict(PAYMENT, key="cd" * 16)
        again = ask(rig, "payments.request", **other)
        allowed(again)
        allowed(ask(rig, "payments.authorise", password=PASSWORD, **other))
        last = ask(rig, "payments.request", **dict(PAYMENT, key="ef" * 16))
        expect((last["reason"] == "payments.daily_limit") == (authorised == 1), "money is free again", last)
        self.usable(rig)


class Codes(Block):
    """A wrong approval code and then the right one: no try is forgotten, and the code works once."""

    def prepare(self, rig):
        family(rig)
        allowed(ask(rig, "approval.key", key=APPROVAL_KEY.hex(), channel="host"))
        allowed(ask(rig, "approval.ask", what="grant", value=1, minutes=30, detail="contacts.unknown"))

    def _number(self, rig):
        pending = rig.watch.engine.rules["approval"].pending
        return pending[0][0] if pending else 0

    def _code(self, rig):
        from firmware.policy.desk.approval import code

        return code(APPROVAL_KEY, self._number(rig), "grant", 1, 30, "contacts.unknown")

    def steps(self):
        return [
            lambda rig: refused(rig, "approval.enter", request=self._number(rig), code="00000000"),
            lambda rig: allowed(ask(rig, "approval.enter", request=self._number(rig), code=self._code(rig))),
        ]

    def check(self, device, rig):
        used = not self._number(rig)
        expect(used == ("administration.grant" in kinds(rig)), "used up without the grant, or not used up with it")
        expect((rig.do({"op": "setting", "key": "contacts.unknown"})["value"] == 1) == used, "setting")
        if not used:
            left = 3 - kinds(rig).count("approval.failed")
            for _ in range(left):
                refused(rig, "approval.enter", request=self._number(rig), code="00000000")
            expect(not self._number(rig), "a try too many")
        self.usable(rig)


cuts.OPERATIONS = (Passwords, Paying, Codes)  # type: ignore[assignment]

if __name__ == "__main__":
    cuts.main(sys.argv[1:])
