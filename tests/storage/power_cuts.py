"""Cut the power at every flash operation of a scenario, on real littlefs, then open again and check. For MicroPython.

usage: power_cuts.py [all] SCENARIO...
prints "SCENARIO VARIANT CUTS RECOVERIES" for each scenario and variant (those of simulator/portable/flash.py)

With "all" each variant cuts at every operation; without it each operation is cut in one of the three ways.

A scenario's act() adds to `done` what the storage has acknowledged; check() raises AssertionError when one of these is
lost, when something half-done shows, or when the storage is not usable afterwards. The recovery is itself cut, at each
of its first operations, and must then succeed.
"""

import gc
import sys
from hashlib import sha256

import vfs
from flash import DROP, HALF, MIXED, Flash, Partition, Power  # type: ignore[import-not-found]

from firmware.storage import evidence, floor
from firmware.storage.crypto import Broken
from firmware.storage.files import Files
from firmware.storage.journal import Journal
from firmware.storage.key_table import entry
from firmware.storage.keys import Keys
from firmware.storage.store import Store
from firmware.storage.vault import Vault

BLOCKS = 96
RECOVERY_CUTS = {DROP: 2, HALF: 6, MIXED: 2}  # cuts of the recovery after each cut
ROOT = "/flash"
SECRET = b"device secret of the test watch "
PARTS = [("settings", b"s" * 300), ("contacts", b"c" * 900)]


def expect(condition, *what):
    if not condition:
        raise AssertionError(what)


class Device:
    """A file system and a key partition under one power; random is a counter, so every run is the same."""

    def __init__(self):
        power = Power()
        self.flash = Flash(None, BLOCKS, power)
        self.partition = Partition(None, power)
        vfs.VfsLfs2.mkfs(self.flash)
        self.start(power)

    def start(self, power):
        """Switch on: mount and build the storage anew."""
        self.power = self.flash.power = self.partition.flash.power = power
        vfs.mount(vfs.VfsLfs2(self.flash), ROOT)
        self._count = 0
        self.files = Files(ROOT)
        self.keys = Keys(self.partition, SECRET)
        self.store = Store(self.files, self.partition, SECRET, self.random)

    def stop(self):
        vfs.umount(ROOT)
        gc.collect()

    def random(self, size):
        self._count += 1
        return sha256(b"%d" % self._count).digest()[:size]

    def images(self):
        return self.flash.image(), self.partition.flash.image()

    def load(self, images):
        self.flash.load(images[0])
        self.partition.flash.load(images[1])


class KeyChange:
    """Either the old or the new table, and no byte of a dropped key in the flash."""

    def prepare(self, device):
        device.keys.load()
        for number in range(5):
            device.keys.add("m", number, bytes([number]) * 32)

    def act(self, device, done):
        device.keys.load()
        device.keys.change([("m", 1), ("m", 3)], [("j", 7, b"j" * 192)])
        done.append(1)

    def check(self, device, done):
        keys = device.keys
        keys.load()
        changed = keys.get("j", 7) is not None
        expect(changed or not done)
        expect(keys.numbers("m") == ([0, 2, 4] if changed else [0, 1, 2, 3, 4]), keys.numbers("m"))
        for number in keys.numbers("m"):
            expect(keys.get("m", number) == bytes([number]) * 32)
        if changed:
            image = device.partition.flash.image()
            for number in (1, 3):
                wrapped = entry(SECRET, ord("m") << 16 | number, bytes([number]) * 32)[8:]
                expect(wrapped[:16] not in image and wrapped[-16:] not in image, "key left")
        if keys.get("x", 9) is None:
            keys.add("x", 9, b"x" * 16)
        keys.load()
        expect(keys.get("x", 9) == b"x" * 16)


class KeyAdd(KeyChange):
    """A secret appended beside others."""

    def act(self, device, done):
        device.keys.load()
        for number in (5, 6, 7):
            device.keys.add("m", number, bytes([number]) * 32)
            done.append(number)

    def check(self, device, done):
        keys = device.keys
        keys.load()
        numbers = keys.numbers("m")
        expect(numbers == list(range(len(numbers))) and len(numbers) >= 5 + len(done), numbers)
        for number in range(len(numbers), 9):
            keys.add("m", number, bytes([number]) * 32)
        keys.load()
        for number in range(9):
            expect(keys.get("m", number) == bytes([number]) * 32)


class Marks:
    """Marks over a change of sector."""

    def prepare(self, device):
        device.keys.load()
        for number in range(1, 511):
            device.keys.mark(number, 0, 1, 0)

    def act(self, device, done):
        device.keys.load()
        for number in range(511, 516):
            device.keys.mark(number, number, 2, 3)
            done.append(number)

    def check(self, device, done):
        device.keys.load()
        seq, denied, version, powered = device.keys.marks
        expect((done or [510])[-1] <= seq <= 600, seq, done)
        expect(not done or (denied >= done[-1] and (version, powered) == (2, 3)))
        device.keys.mark(seq + 1, 9, 1, 1)
        device.keys.load()
        expect(device.keys.marks == (seq + 1, max(9, denied), max(1, version), max(1, powered)), device.keys.marks)


class Segments:
    """A journal alone: appends and a rotation."""

    def _journal(self, device):
        device.keys.load()
        return Journal(device.files, device.keys, "j", "j")

    def prepare(self, device):
        journal = self._journal(device)
        device.keys.add("j", 1, b"k" * 32)
        journal.create(1, 1, [("a", b"A" * 2000)], b"k" * 32)
        journal.append(2, 2, [("e", ["first"], b"")])

    def act(self, device, done):
        journal = self._journal(device)
        journal.open(lambda *part: None, lambda record: None)
        for _ in range(2):
            journal.append(3, 3, [("e", ["more"], b"x" * 700), ("e", ["pair"], b"")])
            done.append(journal.seq)
        journal.rotate(4, 4, [("a", b"B" * 2000)], 1)
        journal.append(3, 3, [("e", ["more"], b"x" * 100), ("e", ["pair"], b"")])
        done.append(journal.seq)

    def check(self, device, done):
        journal = self._journal(device)
        device.files.tidy()
        parts = []
        journal.open(lambda *part: parts.append(part), lambda record: None)
        expect(journal.seq >= (done or [1])[-1], journal.seq, done)
        expect(journal.seq % 2 == 1 and not journal.torn, "half of a group")
        expect(parts == [("a", (b"A" if journal.segment == 1 else b"B") * 2000)])
        expect(device.keys.numbers("j") == [journal.segment])
        while journal.check_next():
            pass
        journal.append(9, 9, [("e", [], b""), ("e", [], b"")])


class Packages:
    """Evidence packages."""

    RECORDS = [b"a" * 400, b"b", b"c" * 1500]

    def _vault(self, device):
        device.keys.load()
        return Vault(device.keys, device.random)

    def prepare(self, device):
        self._write(device, self._vault(device), 1)

    def _write(self, device, vault, number):
        return evidence.write(device.files, vault, 9, 100, number, lambda: iter(self.RECORDS))

    def act(self, device, done):
        vault = self._vault(device)
        for number in (2, 3):
            done.append(self._write(device, vault, number)[1])

    def check(self, device, done):
        vault = self._vault(device)
        for number in range(1, 5):
            try:
                expect(list(evidence.read(device.files, vault, 9, number)) == self.RECORDS)
            except Broken:
                expect(number > 1 + len(done), number, done)
                self._write(device, vault, number)
        expect([evidence.digest_of(device.files, 9, number) for number in (2, 3)][: len(done)] == done)
        expect(list(evidence.read(device.files, vault, 9, 4)) == self.RECORDS)


class Create:
    """First set-up: nothing, or all of it."""

    statuses: tuple = ("new", "ok")

    def prepare(self, device):
        floor.save(device.files, SECRET, "CN", ["13800000000"])

    def act(self, device, done):
        self.open(device)
        device.store.create(1, 60, 5, PARTS, b"credentials")
        done.append("ok")

    def open(self, device):
        self.parts: list = []
        self.records: list = []
        report = device.store.open(lambda *part: self.parts.append(part), self.records.append)
        return report

    def check(self, device, done):
        report = self.open(device)
        expect(report.status in self.statuses and (not done or report.status == done[-1]), report.status, report.code)
        if report.status == "new":
            expect(device.partition.flash.image() == b"\xff" * 16384 and not self.parts, "leftovers")
            device.store.create(1, 60, 5, PARTS, b"credentials")
            report = self.open(device)
        expect(self.parts == PARTS and device.store.credentials() == b"credentials" and report.powered == 60)
        self.usable(device)

    def usable(self, device):
        """The safety floor is there, and one more commit is found after one more open."""
        expect(floor.load(device.files, SECRET) == ("CN", ["13800000000"]))
        store = device.store
        while store.check_next():
            pass
        seq = store.commit(99, 999, 7, 1, [("last", [1], b"private", "p")])[0].seq
        report = self.open(device)
        expect((report.status, report.seq) == ("ok", seq), report.status, report.code)
        expect(self.records[-1].private == b"private")


class Commit(Create):
    """Decisions with private parts, the first of a month, and old messages and evidence beside them."""

    statuses: tuple = ("ok",)
    EVENTS = [("message", ["friend", 1], b"text" * 50, "m"), ("grade", [2], b"state", "p"), ("seen", [3], None, None)]

    def prepare(self, device):
        super().prepare(device)
        self.open(device)
        device.store.create(1, 60, 5, PARTS, b"credentials")
        self._place(device.store.commit(2, 60, 5, 1, self.EVENTS))

    def _place(self, records):
        self.place = (records[0].segment, records[0].offset)

    def act(self, device, done):
        self.open(device)
        for month in (5, 6, 6):
            done.append(device.store.commit(3, 120, month, 2, self.EVENTS)[-1].seq)

    def check(self, device, done):
        report = self.open(device)
        expect(report.status == "ok", report.code)
        expect((report.seq >= (done or [3])[-1] and report.seq % 3 == 0) or self.records[-1].kind == "last", report.seq)
        kinds = [record.kind for record in self.records if record.kind != "last"]
        expect(kinds == ["message", "grade", "seen"] * (len(kinds) // 3))
        expect([record.private for record in self.records[:3]] == [None, b"state", b""])
        expect(device.store.read(self.place)[1] == b"text" * 50)
        self.usable(device)


class Rotate(Commit):
    """A new segment in a new month, the keys of the old month erased, evidence before it."""

    def act(self, device, done):
        self.open(device)
        store = device.store
        count, digest = store.evidence(5, 200, [self.place], 1)
        expect(count == 1)
        store.rotate(5, 180, 6, [(name, blob + b"2") for name, blob in PARTS])
        done.append(digest)
        store.expire("p", 6)
        done.append("expired")
        store.commit(6, 240, 6, 2, self.EVENTS)
        done.append(6)

    def check(self, device, done):
        report = self.open(device)
        expect(report.status == "ok", report.code)
        rotated = device.store.main.segment == 2
        expect(rotated or not done)
        expect(self.parts == ([(name, blob + b"2") for name, blob in PARTS] if rotated else PARTS))
        expect(report.seq >= 6 or len(done) < 3)
        expect(device.store.read(self.place)[1] == b"text" * 50)
        if done:
            expect(device.store.digest_of(5, 1) == done[0] and device.store.package(5, 1)[0][1] == b"text" * 50)
        if "expired" in done:
            expect(5 not in device.store._keys.numbers("p"))
        self.usable(device)


class Deny(Commit):
    """Denials over the rotation of their ring."""

    def prepare(self, device):
        super().prepare(device)
        for number in range(249):
            device.store.deny(3, 60, 1, ["payments.off", number])

    def act(self, device, done):
        self.open(device)
        for number in range(249, 253):
            device.store.deny(4, 60, 1, ["payments.off", number])
            done.append(number + 1)

    def check(self, device, done):
        report = self.open(device)
        expect(report.status == "ok", report.code)
        denials = device.store.denials
        expect((done or [249])[-1] <= denials.seq <= 260, denials.seq)
        device.store.deny(4, 60, 1, ["again", 0])
        self.usable(device)


class Rebuild(Commit):
    """New journals after one was cut: still broken, or whole."""

    def prepare(self, device):
        super().prepare(device)
        device.files.cut("j000001", device.store.main.start)

    def act(self, device, done):
        expect(self.open(device).code == "rollback")
        device.store.rebuild_after_tamper(7, 300, 5, PARTS)
        done.append("ok")

    def check(self, device, done):
        report = self.open(device)
        expect(report.status == "ok" or (report.status == "broken" and not done), report.status)
        if report.status == "broken":
            device.store.rebuild_after_tamper(7, 300, 5, PARTS)
            report = self.open(device)
        expect(report.status == "ok" and report.seq >= 3 and self.parts == PARTS, report.code)
        self.usable(device)


class Wipe(Commit):
    """Once begun, a wipe ends in a new watch without a key."""

    def act(self, device, done):
        self.open(device)
        device.store.wipe()
        done.append("new")

    def check(self, device, done):
        report = self.open(device)
        expect(report.status == "new" or (report.status == "ok" and not done), report.code)
        if report.status == "ok":
            expect(self.parts == PARTS)
            self.usable(device)
            return
        expect(device.partition.flash.image() == b"\xff" * 16384)
        expect(device.files.names() == ["setups"], device.files.names())
        expect(device.store.set_ups == 1)


class Floor:
    """The safety floor's records: the old ones or the new ones."""

    OLD, NEW = ("CN", ["1", "2"]), ("DE", ["3", "4", "5", "6"])

    def prepare(self, device):
        floor.save(device.files, SECRET, "", ["0"])
        floor.save(device.files, SECRET, *self.OLD)

    def act(self, device, done):
        floor.save(device.files, SECRET, *self.NEW)
        done.append(1)

    def check(self, device, done):
        found = floor.load(device.files, SECRET)
        expect(found == self.NEW or (found == self.OLD and not done), found)
        floor.save(device.files, SECRET, *found)
        expect(floor.load(device.files, SECRET) == found)


SCENARIOS = (KeyChange, KeyAdd, Marks, Segments, Packages, Create, Commit, Rotate, Deny, Rebuild, Wipe, Floor)


def attempt(device, step, power, done):
    """Run a step under this power until it ends or power fails; whether it ended."""
    device.start(power)
    ended = False
    try:
        step(device, done)
        ended = True
    except OSError:
        expect(power.off, "failed with the power on")
    except AssertionError:
        if not power.off:
            raise
        # The store reports a dead flash as damage, so a check that was cut may complain.
    finally:
        device.stop()
    return ended and not power.off


def cut_everywhere(scenario, variant, first, stride):
    """Cut the scenario at every `stride`-th of its operations from the `first` one on; yield the cut's number and how
    many recoveries were tried after it."""
    device = Device()
    scenario.prepare(device)
    device.stop()
    base = device.images()
    cuts = first
    while True:
        done: list = []
        device.load(base)
        ended = attempt(device, scenario.act, Power(cuts, variant), done)
        after = device.images()
        recovered, again = False, 0
        while not recovered and again < RECOVERY_CUTS[variant]:
            device.load(after)
            recovered = attempt(device, scenario.check, Power(again, variant), done)
            expect(attempt(device, scenario.check, Power(), done), cuts, again)
            again += 1
        yield cuts, again
        if ended:
            return
        cuts += stride


def main(names):
    stride = 1 if "all" in names else 3
    for scenario in SCENARIOS:
        if names and scenario.__name__ not in names:
            continue
        for turn, (variant, title) in enumerate(((DROP, "dropped"), (HALF, "half"), (MIXED, "mixed"))):
            last = again = 0
            for number, count in cut_everywhere(scenario(), variant, turn * stride // 3, stride):
                last, again = number, again + count
            print(scenario.__name__, title, last, again)


main(sys.argv[1:])
