"""Flash that is slow, full, failing or dead, under a whole watch. Runs on MicroPython, on littlefs.

usage: full.py CASE...    prints a line with figures for each case
"""

import os
import sys

from simulator.portable.flash import Partition, Power
from tests.faults.device import ROOT, Device
from tests.faults.household import (
    PIN,
    allowed,
    ask,
    befriend,
    expect,
    family,
    login,
    message,
    secrets,
    setup,
)

LONG = 300  # bytes of each message
CONTEXT = 20
ROUNDS = 12  # of all kinds of requests while nothing fits
PRESSES = 10  # parties that are blocked meanwhile
ALERTS = 32  # that wait at most
RESERVE = 65536  # of the file system, for the journal


def block_time():
    """Modelled time of a press that seals 20 long messages, by the flash cost model; on several ages of the flash."""
    device = Device()
    rig = device.start()
    family(rig)
    worst = 0
    for round_ in range(8):
        name = "bully %d" % round_
        allowed(login(rig))
        befriend(rig, name)
        for count in range(1, CONTEXT + 1):
            allowed(message(rig, name, count, "x" * LONG))
        before = device.micros()
        pressed = allowed(rig.do({"op": "service", "call": "press", "with": {"place": "message", "party": name}}))
        worst = max(worst, device.micros() - before)
        sealed = next(record for record in pressed["records"] if record[1] == "content_access.sealed")
        expect(
            sealed[5] == CONTEXT and rig.watch.store.package(sealed[3], sealed[2])[0][1].find(b"x" * LONG) > 0, sealed
        )
        rig.do({"op": "advance", "seconds": 601})
    device.stop()
    expect(worst <= 1000000, "block and sealing take too long", worst)
    print("block_time worst of 8: %d ms" % (worst // 1000))


def fill(path, leave):
    """Fill the file system with a foreign file until at most `leave` bytes are free; 0: until nothing fits."""
    piece = b"\xa5" * 4096
    written = 0
    with open(path, "wb") as stream:
        while not leave or free() > leave + len(piece):
            try:
                stream.write(piece)
                stream.flush()
            except OSError:
                break
            written += len(piece)
    return written


def free():
    status = os.statvfs(ROOT)
    return status[1] * status[4]


def no_evidence():
    """No room for evidence: the block acts all the same, with an alert; the reserve is the journal's."""
    device = Device(blocks=64)
    rig = device.start()
    family(rig)
    for count in range(1, CONTEXT + 1):
        allowed(message(rig, "bully", count, "x" * LONG))
    fill(ROOT + "/junk", RESERVE)
    rig.do({"op": "network", "online": False})
    pressed = allowed(rig.do({"op": "service", "call": "press", "with": {"place": "message", "party": "bully"}}))
    expect("content_access.sealed" not in [record[1] for record in pressed["records"]], "sealed out of the reserve")
    expect("evidence_no_room" in [alert[1] for alert in rig.watch.engine.rules["alerts"].pending()], "no alert")
    expect(message(rig, "bully", 99)["reason"] == "messages.blocked")
    decisions = 0
    while rig.watch.store.main.size < 30000:
        decisions += 1
        allowed(message(rig, "friend", decisions, "word " * 20))
        expect(
            ask(rig, "messages.incoming", sender="nobody", counter=1, mac="00" * 16, text="hello")["verdict"] == "deny"
        )
    sos(rig)
    device.stop()
    rig = device.start()
    expect(device.report.status == "ok" and rig.do({"op": "grade", "party": "bully"})["blocked"], device.report.code)
    device.stop()
    print("no_evidence %d decisions in the reserve" % decisions)


def sos(rig):
    """The child's call for help goes out whatever the flash says."""
    rig.do({"op": "network", "online": True})
    expect(rig.do({"op": "sos"})["state"] == "counting", "sos")
    rig.do({"op": "advance", "seconds": 6})
    expect(rig.watch.sos.state == "delivered", "sos", rig.watch.sos.state)
    for number in ("110", "12355"):
        allowed(ask(rig, "emergency.call", number=number))


def requests_of(rig, count):
    """[kind, fields] of a request of each kind of effect."""
    return [
        ("messages.incoming", {"sender": "nobody", "counter": 1, "mac": "00" * 16, "text": "hello"}),
        ("messages.outgoing", {"to": "friend", "text": "hello"}),
        ("calls.incoming", {"number": "13900000077"}),
        ("contacts.ask", {"name": "a", "address": "a", "key": "11" * 32}),
        ("contacts.incoming", {"address": "b", "what": "request"}),
        ("blocking.press", {"party": "somebody %d" % (count % PRESSES), "place": "message"}),
        ("blocking.protect", {"mode": "shield"}),
        ("credentials.pin", {"pin": "111222"}),
        ("credentials.pin", {"pin": PIN}),
        ("administration.grant", {"key": "contacts.unknown", "value": 1, "minutes": 9, "channel": "host"}),
        ("administration.floor", {"region": "eu", "numbers": ["13900000009"], "channel": "host"}),
        ("administration.clock", {"wall": rig.do({"op": "clock"})["wall"], "channel": "host"}),
        ("credentials.renew", dict(secrets("593817"), channel="host")),
        ("content_access.emergency", {"reason": "a reason that is long enough", "channel": "host"}),
        (
            "administration.policy",
            {"version": 60 + count, "issuer": "ward", "expires": 0, "values": [["contacts.cap", 1]], "channel": "host"},
        ),
    ]


def everything(rig, count):
    """A request of each kind of effect: none may raise, and only a block is ever allowed without a record."""
    verdicts = []
    for kind, fields in requests_of(rig, count):
        answer = ask(rig, kind, **fields)
        expect("verdict" in answer, kind, answer)
        if kind == "blocking.press" and not rig.do({"op": "state"})["tampered"]:
            # It acts at once, and is journalled when that is possible. (While tampered only guardians pass anyway.)
            expect(
                answer["verdict"] == "allow" and rig.do({"op": "grade", "party": fields["party"]})["blocked"], answer
            )
        silent = kind in ("contacts.incoming", "blocking.press")
        expect(answer["verdict"] == "deny" or answer["records"] or silent, "allowed without a record", kind)
        verdicts.append(answer["verdict"])
    rig.do({"op": "advance", "seconds": 61})
    told = len(rig.do({"op": "seen"})["alerts"])
    expect(told <= 3 * ALERTS, "guardians are flooded with alerts", told)
    return verdicts


def no_room_at_all():
    """Not a byte is free: refusals, SOS and the floor work, nothing raises; with room again everything works."""
    device = Device(blocks=64)
    rig = device.start()
    family(rig)
    allowed(ask(rig, "blocking.press", party="bully", place="message"))
    junk = fill(ROOT + "/junk", 0)
    allowed(login(rig)) if free() > 8192 else login(rig)
    refused = 0
    for count in range(ROUNDS):
        refused += everything(rig, count).count("deny")
    expect(message(rig, "bully", 50)["verdict"] == "deny")
    sos(rig)
    os.remove(ROOT + "/junk")
    rig.do({"op": "advance", "seconds": 4000})  # over the lock-out of the wrong PINs
    allowed(message(rig, "friend", 60))
    allowed(ask(rig, "blocking.press", party="friend", place="message"))
    state = rig.do({"op": "state"})
    device.stop()
    rig = device.start()
    expect(device.report.status == "ok" and rig.do({"op": "verify"})["ok"], "after the reboot", device.report.code)
    lost = [count for count in range(PRESSES) if not rig.do({"op": "grade", "party": "somebody %d" % count})["blocked"]]
    expect(not lost, "blocks are lost that acted while there was no room", lost)
    expect(rig.do({"op": "state"})["mode"] == state["mode"] and not rig.do({"op": "state"})["strict"])
    device.stop()
    print("no_room_at_all %d bytes of junk, %d refusals" % (junk, refused))


class Failing(Partition):
    """A key partition that can fail: `broken` is "", "read", "program" or "erase" (each with those after it)."""

    broken = ""

    def read(self, sector, offset, length):
        if self.broken == "read":
            raise OSError(5)
        return super().read(sector, offset, length)

    def program(self, sector, offset, data):
        if self.broken in ("read", "program"):
            raise OSError(5)
        super().program(sector, offset, data)

    def erase(self, sector):
        if self.broken:
            raise OSError(5)
        super().erase(sector)


def failing_partition():
    """The key partition fails while the watch runs, in a rotation too, and at boot: nothing raises, nothing opens."""
    for broken in ("erase", "program", "read"):
        device = Device()
        device.partition = device.board.partition = Failing(None, Power())
        rig = device.start()
        family(rig)
        rig.do({"op": "advance", "seconds": 1})
        allowed(ask(rig, "blocking.press", party="bully", place="message"))
        count = 0
        while not rig.watch.store.full:
            count += 1
            allowed(message(rig, "friend", count, "a long story " * 76))
        allowed(login(rig))
        device.partition.broken = broken
        for count in range(3):
            everything(rig, count)
            expect(message(rig, "bully", 50)["verdict"] == "deny")
        sos(rig)
        device.stop()
        rig = device.start()
        for count in range(3):
            verdicts = everything(rig, count)
        expect(message(rig, "bully", 50)["verdict"] == "deny", broken)
        expect(setup(rig)["verdict"] == "deny", "set up again", broken)
        if broken == "read":
            expect(device.report.status == "broken" and rig.do({"op": "state"})["strict"], device.report.status)
            expect(set(verdicts) == {"deny"}, "allowed on a dead partition", verdicts)
        sos(rig)
        status = device.report.status
        device.stop()
        device.partition.broken = ""
        rig = device.start()
        expect(
            device.report.status == "ok" and rig.do({"op": "verify"})["ok"], "after repair", broken, device.report.code
        )
        expect(
            rig.do({"op": "grade", "party": "bully"})["blocked"] and not rig.do({"op": "state"})["strict"],
            "after repair",
            broken,
        )
        allowed(login(rig))
        device.stop()
        print("failing_partition", broken, status)


CASES = {
    "block_time": block_time,
    "no_evidence": no_evidence,
    "no_room_at_all": no_room_at_all,
    "failing_partition": failing_partition,
}


def main(names):
    for name in names or sorted(CASES):
        CASES[name]()


main(sys.argv[1:])
