"""Cut the power at every flash operation of opening a watch for a workshop (requirement B14). Runs on MicroPython.

usage: opening.py    prints "VARIANT CUTS OPENED" for each variant of Power

However far it came, the next start must find one of three: a watch that is as it was, closed; an empty one, closed; or
an empty one with the order to open. Empty means that the raw key partition is blank: never is there an order beside a
key.
"""

import os

from firmware.update.slots import OPENINGS, Slots
from simulator.portable.flash import DROP, HALF, MIXED, Power
from tests.faults.device import ROOT, Device
from tests.faults.household import allowed, ask, expect, family, login, message

BLANK = b"\xff" * 16384


class Whole(Device):
    """A device whose file system holds the slots' own folder beside the watch's."""

    def __init__(self):
        super().__init__()
        self.board.root = ROOT + "/data"

    def start(self, power=None, step=True):
        rig = super().start(power, step)
        rig.watch.slots = Slots(ROOT + "/")
        return rig


def opened(rig):
    """As a host does it, in its session."""
    rig.watch.updates.open({"what": "repl"})


def judge(device):
    """(what the next start is to open, whether the watch is as it was)."""
    rig = device.start()
    order = Slots(ROOT + "/").ordered()
    blank = device.partition.flash.image() == BLANK
    expect(order == "" or order in OPENINGS, "another order", order)
    expect(order == "" or blank, "open beside a key")
    if device.report.status == "ok":
        expect(order == "", "open beside a whole watch")
        expect(rig.do({"op": "verify"})["ok"], "journal")
        allowed(message(rig, "friend", 902))
        allowed(login(rig))
    else:
        expect(device.report.status == "new" and blank, device.report.status, device.report.code)
        expect(ask(rig, "firmware.open", what="repl", channel="host")["verdict"] == "deny", "open without anybody")
    expect(Slots(ROOT + "/").ordered() == "", "an order that is good twice")
    kept = device.report.status == "ok"
    device.stop()
    return order, kept


def main():
    device = Whole()
    rig = device.start()
    for folder in ("/slots", "/assets"):
        expect(folder[1:] in os.listdir(ROOT), folder)
    family(rig)
    device.stop()
    images = device.images()
    for variant in (DROP, HALF, MIXED):
        number, over, found = 0, False, []
        while not over:
            device.load(images)
            rig = device.start()
            allowed(login(rig))
            power = device.flash.power = device.partition.flash.power = Power(number, variant)
            try:
                opened(rig)
            except OSError:
                expect(power.off)
            over = not power.off
            device.stop()
            found.append(judge(device))
            number += 1
        expect(found[0] == ("", True) and found[-1] == ("repl", False), found)
        expect(("", False) in found, "nothing between", found)
        print(variant, number - 1, found.count(("repl", False)))


main()
