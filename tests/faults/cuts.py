"""Cut the power at every flash operation of what a whole watch does, then switch it on again. Runs on MicroPython.

usage: cuts.py [all] OPERATION...    prints "OPERATION VARIANT CUTS AGAIN" for each operation and variant of Power

With "all" each variant cuts at every operation of the flash; without it every third operation is cut in one of the
three ways, which take turns.

An operation is a list of steps; one that has returned is acknowledged. An uninterrupted run gives the facts after each
of them. After a cut the watch must show the facts after some step that is not below the last acknowledged one, and
nothing else: no half block, no looser setting, no try forgotten. The recovery itself is cut too, where it writes.
"""

import json
import sys

from firmware.policy.decision import BadRequest
from firmware.policy.desk.credentials import recovery_hash
from simulator.portable.flash import DROP, HALF, MIXED, Power
from tests.faults.device import Device
from tests.faults.household import (
    GUARDIAN_NUMBER,
    PIN,
    allowed,
    ask,
    befriend,
    expect,
    family,
    kinds,
    login,
    message,
    records,
    secrets,
    setup,
)

SHOWN = 20  # messages that go into the evidence
WIPED = b"\xff" * 16384


def facts(device):
    """Everything that a cut must leave as it was before or after, and nothing that may differ."""
    rig = device.rig
    engine, store = rig.watch.engine, rig.watch.store
    state = rig.do({"op": "state"})
    return [
        device.report.status,
        state["digest"],
        state["strict"],
        state["tampered"],
        [engine.settings[key] for key in list(engine.settings.keys())],
        store.credentials(),
        rig.do({"op": "floor"}),
        rig.do({"op": "clock"})["day"],
    ]


def sound(device):
    """What holds after any cut: nothing is damaged, nobody is logged in, evidence is whole, the journal verifies."""
    rig = device.rig
    expect(device.report.status in ("ok", "new"), device.report.status, device.report.code)
    expect(device.report.status == "new" or rig.do({"op": "verify"})["ok"], "journal")
    state = rig.do({"op": "state"})
    expect(state["tampered"] == "" and state["strict"] == (not state["set_up"]), state)
    expect(ask(rig, "emergency.call", number="110")["verdict"] == "allow", "emergency call")
    whole(rig)
    for kind, fields in (
        ("administration.grant", {"key": "contacts.cap", "value": 50, "minutes": 9, "channel": "host"}),
        ("administration.wipe", {"channel": "keypad"}),
    ):
        expect(ask(rig, kind, **fields)["verdict"] == "deny", "unlocked", kind)


def whole(rig):
    """Every package that the journal speaks of opens, with the noted number of messages and digest."""
    store = rig.watch.store
    sealed = records(rig, "content_access.sealed")
    known = {package[0]: package for package in rig.watch.engine.rules["content_access"].packages()}
    for row in sealed:
        number, month, _, count, _, digest = row[4:]
        if number in known:
            expect(len(store.package(month, number)) == count, "evidence", number)
            expect(store.digest_of(month, number) == digest, "digest", number)
    return sealed


class Block:
    """The one button, with the last 20 messages sealed."""

    away = 0  # seconds that the watch is off before the operation
    settled = True  # before it the watch was on once more, so that only the operation is left to be cut
    recovery_cuts = 2  # second cuts, at the first operations of the recovery
    final: list = []  # the facts after an uninterrupted run

    def prepare(self, rig):
        family(rig)
        for count in range(1, SHOWN + 1):
            allowed(message(rig, "bully", count, "message number %d " % count * 4))

    def begin(self, rig):
        """What comes before the operation after each boot; power holds."""

    def steps(self):
        return [
            lambda rig: allowed(
                rig.do({"op": "service", "call": "press", "with": {"place": "message", "party": "bully"}})
            )
        ]

    def reduced(self, found):
        """What of the facts must be as before or after."""
        return found

    def check(self, device, rig):
        """More than the facts: `rig` runs on what the cut left."""
        sealed = whole(rig)
        blocked = rig.do({"op": "grade", "party": "bully"})["blocked"]
        expect(blocked == ("blocking.blocked" in kinds(rig)), "journal and state")
        expect(blocked == (len(sealed) == 1), "a block without its evidence")
        expect(not blocked or sealed[0][7] == SHOWN, "evidence is not complete", sealed)
        expect((message(rig, "bully", 900)["verdict"] == "deny") == blocked, "the bully writes")
        self.usable(rig)

    def usable(self, rig):
        """Contacts get through, and the bully can be blocked, now or already."""
        allowed(message(rig, "mother", 901))
        allowed(message(rig, "friend", 902))
        allowed(ask(rig, "blocking.press", party="bully", place="message"))
        expect(rig.do({"op": "grade", "party": "bully"})["blocked"])
        whole(rig)
        expect(message(rig, "bully", 903)["verdict"] == "deny")
        allowed(login(rig))


class Setup(Block):
    """From a factory-fresh watch to a guarded one: not at all, or wholly with the guardian's secrets and numbers."""

    def prepare(self, rig):
        pass

    def steps(self):
        return [lambda rig: allowed(setup(rig))]

    def reduced(self, found):
        # A watch that is not set up may hold what the next try overwrites.
        return found if not found[2] else ["not set up", found[2:5]]

    def check(self, device, rig):
        if not rig.do({"op": "state"})["set_up"]:
            expect(message(rig, "friend", 1)["verdict"] == "deny", "open before set-up")
            expect(login(rig).get("verdict") != "allow", "logged in before set-up")
            allowed(setup(rig))
        else:
            allowed(ask(rig, "credentials.pin", pin=PIN))
        expect(setup(rig)["verdict"] == "deny", "set up twice")
        expect(rig.do({"op": "floor"}) == {"region": "cn", "numbers": [GUARDIAN_NUMBER]}, "safety floor")
        allowed(login(rig))
        for name in ("mother", "friend", "bully"):
            befriend(rig, name, "guardian" if name == "mother" else "friend")
        self.usable(rig)


class Grant(Block):
    """An exception to a setting, after the owner's proof."""

    def prepare(self, rig):
        family(rig)

    def begin(self, rig):
        allowed(login(rig))

    def steps(self):
        return [
            lambda rig: allowed(
                ask(rig, "administration.grant", key="contacts.unknown", value=1, minutes=30, channel="host")
            )
        ]

    def check(self, device, rig):
        granted = rig.do({"op": "setting", "key": "contacts.unknown"})["value"] == 1
        expect(granted == ("administration.grant" in kinds(rig)), "a grant without its record")
        rig.do({"op": "advance", "seconds": 30 * 60})
        expect(rig.do({"op": "setting", "key": "contacts.unknown"})["value"] == 0, "the grant does not end")
        self.usable(rig)


class Policy(Grant):
    """Weaker settings from the guardian, in one policy."""

    def steps(self):
        values = [["contacts.cap", 50], ["contacts.unknown", 1], ["messages.collapse_from", 3]]
        return [
            lambda rig: allowed(
                ask(rig, "administration.policy", version=2, issuer="ward", expires=0, values=values, channel="host")
            )
        ]

    def check(self, device, rig):
        changed = rig.do({"op": "setting", "key": "contacts.unknown"})["value"] == 1
        expect(changed == ("administration.policy" in kinds(rig)), "a policy without its record")
        self.usable(rig)


class Rotation(Block):
    """A full segment: the next one begins with a snapshot. The state stays."""

    messages = 250  # of 1,000 characters, at most: fewer fill a segment
    settled = False  # the first step of time is the operation
    recovery_cuts = 1

    def prepare(self, rig):
        family(rig)
        rig.do({"op": "advance", "seconds": 1})  # the day is noted
        for count in range(1, SHOWN + 1):
            allowed(message(rig, "bully", count))
        allowed(ask(rig, "blocking.press", party="bully", place="message"))
        count = 0
        while count < self.messages and not rig.watch.store.full:
            count += 1
            allowed(message(rig, "friend", count, "a long story " * 76))
        expect(rig.watch.store.full or self.away, "too few messages")
        rig.board.true_time += self.away

    def steps(self):
        return [lambda rig: rig.do({"op": "step"})]

    def check(self, device, rig):
        rig.do({"op": "step"})
        store = rig.watch.store
        expect(store.main.segment == 2 and not store.due(rig.watch.engine.clock.month()), "not rotated")
        expect(rig.do({"op": "grade", "party": "bully"})["blocked"] and len(whole(rig)) == 1, "block lost")
        expect(rig.do({"op": "state"})["digest"] == self.final[1], "another state than without the cut")
        self.usable(rig)


class NewMonth(Rotation):
    """Two months away: days and decay are journalled, the segment rotated, the old months' keys erased."""

    messages = 3
    away = 62 * 86400

    def reduced(self, found):
        return found[2:5]  # the journal may hold any beginning of what the step writes

    def check(self, device, rig):
        super().check(device, rig)
        keys = rig.watch.store._keys
        month = rig.watch.engine.clock.month()
        expect(keys.numbers("p") == [month] and month - 2 not in keys.numbers("m"), "expired keys")


class Tries(Block):
    """Wrong PINs up to the lock-out and beyond."""

    def prepare(self, rig):
        family(rig)
        for _ in range(3):
            expect(ask(rig, "credentials.pin", pin="111222")["verdict"] == "deny")

    def steps(self):
        return [self._fail, self._fail]

    def _fail(self, rig):
        expect(ask(rig, "credentials.pin", pin="111222")["reason"] in ("credentials.wrong", "engine.storage"))

    def check(self, device, rig):
        failed = len([kind for kind in kinds(rig) if kind == "credentials.failed"])
        tries = json.loads(rig.watch.engine.rules["credentials"].snapshot())[0]
        expect(tries == failed >= 3, "tries", tries, failed)
        if failed == 5:
            expect(ask(rig, "credentials.pin", pin=PIN)["reason"] == "credentials.locked", "the lock-out is gone")
        self.usable(rig)


class ClockSet(Grant):
    """The guardian puts the clock forward by five days."""

    def steps(self):
        return [
            lambda rig: allowed(ask(rig, "administration.clock", wall=rig.board.true_time + 5 * 86400, channel="host"))
        ]

    def check(self, device, rig):
        self.usable(rig)


class Wipe(Grant):
    """Back to the factory: not begun, or finished by the next boot."""

    def steps(self):
        return [lambda rig: allowed(ask(rig, "administration.wipe", channel="host"))]

    def reduced(self, found):
        return found if found[0] == "ok" else ["new", found[2:7]]

    def check(self, device, rig):
        if device.report.status == "ok":
            self.usable(rig)
            return
        expect(device.partition.flash.image() == WIPED, "a key is left")
        left = [row[0] for row in rig.do({"op": "files"})["files"]]
        expect(left == ["setups", "keys"], "a file is left")  # how often it was set up, and the raw partition
        expect(rig.do({"op": "floor"})["numbers"] == [], "a number is left")
        allowed(setup(rig))


class Sitting(Block):
    """Two apps opened and left: what was used is counted, with less than a minute too much, and none too little."""

    def prepare(self, rig):
        family(rig)

    def steps(self):
        return [
            lambda rig: allowed(ask(rig, "usage.start", **{"class": "other"})),
            lambda rig: rig.do({"op": "advance", "seconds": 100}),
            lambda rig: allowed(ask(rig, "usage.start", **{"class": "education"})),
            lambda rig: rig.do({"op": "advance", "seconds": 100}),
            lambda rig: allowed(ask(rig, "usage.stop")),
        ]

    def check(self, device, rig):
        rig.do({"op": "step"})
        told = [row for row in records(rig, "usage.now") if row[3] == "usage.now"]
        found = rig.do({"op": "usage"})
        expect(found["front"] == "", "something is still open")
        switched = [row for row in told if row[4] == "education"]
        least = 100 if switched else 60 if len(told) > 1 and told[-1][2] >= 60 else 0
        expect(least <= found["used"] <= 160, "seconds", found, told)
        expect(len(told) == 0 or told[-1][4] == "", "an open sitting in the journal")
        self.usable(rig)


class Recover(Block):
    """A recovery begins, by its code: it runs with all that it needs, or it has not begun."""

    recovery_cuts = 0  # a boot after this writes nothing of its own

    code = b"fifteen bytes.."
    new_pin = "604713"

    def prepare(self, rig):
        family(rig)
        allowed(ask(rig, "credentials.recovery_code", hash=recovery_hash(self.code).hex(), channel="host"))

    def steps(self):
        return [lambda rig: allowed(self.recover(rig))]

    def recover(self, rig):
        fields = secrets(self.new_pin)
        fields.update({"code": self.code.hex(), "hash": "5b" * 32})
        return ask(rig, "credentials.recover", **fields)

    def check(self, device, rig):
        begun = "credentials.recovery" in kinds(rig)
        rig.do({"op": "advance", "seconds": 86400})
        self.one_of_two(device, rig, begun)

    def one_of_two(self, device, rig, may_be_new):
        """Either the new PIN holds or the old one, at the keypad as after the next power on."""
        new = ask(rig, "credentials.pin", pin=self.new_pin)["verdict"] == "allow"
        expect(may_be_new or not new, "new secrets without a record")
        old = ask(rig, "credentials.pin", pin=PIN)["verdict"] == "allow"
        expect(new != old, "one PIN holds", new, old)
        expect(new == ("credentials.recovered" in kinds(rig)), "journal and secrets")
        expect(rig.watch.store.credentials(5) == b"", "a verifier that waits for nothing")
        device.stop()
        allowed(ask(device.start(), "credentials.pin", pin=self.new_pin if new else PIN))


class Recovered(Recover):
    """A recovery ends: the new secrets take the old ones' place in one record, whatever lies where."""

    def prepare(self, rig):
        super().prepare(rig)
        allowed(self.recover(rig))
        rig.do({"op": "advance", "seconds": 86370})

    def steps(self):
        return [lambda rig: rig.do({"op": "advance", "seconds": 60})]  # of which the reboot before took up to a half

    def reduced(self, found):
        # The record decides and the keys follow at the next step; then the alert is delivered, in a record of its own.
        return found[:1] + found[2:5] + found[6:]

    def check(self, device, rig):
        rig.do({"op": "step"})
        if "credentials.recovered" in kinds(rig):
            self.one_of_two(device, rig, True)
        else:
            super().check(device, rig)


OPERATIONS = (Setup, Block, Grant, Policy, Rotation, NewMonth, Tries, ClockSet, Wipe, Sitting, Recover, Recovered)


class Cutter:
    """Runs one operation again and again from one image of the flash."""

    def __init__(self, operation):
        self.operation = operation
        self.device = Device()
        operation.prepare(self.device.start())
        self.device.stop()
        if operation.settled:
            self.device.start()
            self.device.stop()
        self.base = self.device.images()
        self.states = [self._uninterrupted(count) for count in range(len(operation.steps()) + 1)]
        operation.final = self.final

    def _uninterrupted(self, count):
        """The facts after that many steps and a reboot."""
        self._act(Power(), count)
        self.device.start(step=False)
        self.final = facts(self.device)
        self.device.stop()
        return self.operation.reduced(self.final)

    def _act(self, power, count=None):
        """Run the steps, with `power` in force for them; return how many were acknowledged."""
        device = self.device
        device.load(self.base)
        # A full segment or a new month is rotated by the first step of time: none may come before the power is armed.
        rig = device.start(step=False)
        self.operation.begin(rig)
        device.power = device.flash.power = device.partition.flash.power = power
        done = 0
        try:
            for step in self.operation.steps()[:count]:
                step(rig)
                done += not power.off
        except (OSError, AssertionError, BadRequest):
            expect(power.off, "failed with the power on")
        device.stop()
        return done

    def _recover(self, power, done, used):
        """Switch on and look; whether the power held."""
        device = self.device
        rig = device.start(power, step=False)
        try:
            if not power.off and not used:
                found = self.operation.reduced(facts(device))
                expect(found in self.states[done:], "neither before nor after", done, found, self.states)
                sound(device)
                self.operation.check(device, rig)
            else:
                rig.do({"op": "step"})
        except OSError:
            expect(power.off, "failed with the power on")
        except Exception:
            if not power.off:
                raise
        device.stop()
        return not power.off

    def cut(self, number, variant):
        """Cut at one operation; return (whether the operation ended before, cuts of the recovery)."""
        power = Power(number, variant)
        done = self._act(power)
        after = self.device.images()
        self._recover(Power(), done, False)
        again, held = 0, variant != HALF  # one variant of second cuts is enough
        while again < self.operation.recovery_cuts and not held:
            self.device.load(after)
            held = self._recover(Power(again, variant), done, True)
            self._recover(Power(), done, False)
            again += not held
        return not power.off, again


def main(names):
    stride = 1 if "all" in names else 9
    for operation in OPERATIONS:
        if operation.__name__ not in names and names:
            continue
        cutter = Cutter(operation())
        for turn, (variant, title) in enumerate(((DROP, "dropped"), (HALF, "half"), (MIXED, "mixed"))):
            number, last, more, ended = turn * stride // 3, 0, 0, False
            while not ended:
                try:
                    ended, again = cutter.cut(number, variant)
                except Exception:
                    print("failed:", operation.__name__, title, "cut at", number)
                    raise
                last, more = number, more + again
                number += stride
            print(operation.__name__, title, last, more)


if __name__ == "__main__":
    main(sys.argv[1:])
