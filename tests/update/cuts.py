"""Cut the power at every flash operation of an update, from the first piece to the confirmation. Runs on MicroPython.

usage: cuts.py IMAGE PACKAGE    IMAGE: littlefs of 64 blocks with version 100 in slot a; PACKAGE: version 101

After each cut the watch must start one of the two versions, whole; never the old one after the new one was confirmed;
the watch's own files are as they were; and the same update, tried again, succeeds.
"""

import gc
import sys

import vfs

from firmware.update.slots import Slots
from simulator.portable.flash import DROP, HALF, MIXED, Flash, Power
from tests.update.device import send

ROOT = "/flash/"
JOURNAL = b"the watch's own records " * 100


def fail(*what):
    raise AssertionError(what)


class Bench:
    def __init__(self, image, package):
        self.package = package
        self.flash = Flash(None, len(image) // 4096, Power())
        self.flash.load(image)
        self.on(Power())
        with open(ROOT + "journal", "wb") as file:
            file.write(JOURNAL)
        self.off()
        self.image = self.flash.image()

    def on(self, power):
        self.flash.power = power
        vfs.mount(vfs.VfsLfs2(self.flash), "/flash")

    def off(self):
        vfs.umount("/flash")
        gc.collect()

    def update(self):
        """Send, start, run well, confirm; yields after each of them."""
        if send(ROOT, self.package) != "":
            return
        yield "sent"
        slots = Slots(ROOT)
        manifest, _ = slots.choose()
        slots.begin_try()
        yield "started"
        slots.went_well()
        slots.confirm(manifest)
        yield "confirmed"

    def run(self, number, variant):
        """Whether the whole update was over before the cut."""
        power = Power(number, variant)
        done = ""
        self.flash.load(self.image)
        self.on(power)
        try:
            for step in self.update():
                if not power.off:
                    done = step
        except OSError:
            if not power.off:
                raise
        self.off()
        self.judge(done)
        return not power.off

    def judge(self, done):
        self.on(Power())
        slots = Slots(ROOT)
        manifest, why = slots.choose()
        if manifest is None:
            fail("nothing starts", why, done)
        if manifest.version == 100 and (done or slots.least > 100):
            fail("the old version", done, slots.least)
        if done == "confirmed" and slots.trial:
            fail("on trial again")
        with open(ROOT + "journal", "rb") as file:
            if file.read() != JOURNAL:
                fail("the watch's own records")
        if manifest.version == 100:
            again = send(ROOT, self.package)
            if again != "":
                fail("the next try", again)
            slots = Slots(ROOT)
            manifest, why = slots.choose()
        slots.confirm(manifest)
        if (manifest.version, Slots(ROOT).least, Slots(ROOT).trial) != (101, 101, False):
            fail("not confirmed")
        self.off()


def main():
    with open(sys.argv[1], "rb") as file:
        image = file.read()
    with open(sys.argv[2], "rb") as file:
        bench = Bench(image, file.read())
    for variant in (DROP, HALF, MIXED):
        number = 0
        while not bench.run(number, variant):
            number += 1
        print(variant, number)


main()
