"""What files and boots can be made to do. Runs on CPython and on MicroPython, which must print the same.

usage: tricks.py FOLDER    works in the new folder and prints a line for each trial
"""

import os
import sys

from firmware.policy.decision import event
from firmware.storage.files import Files
from firmware.watch import Watch
from tests.faults.household import allowed, ask, befriend, expect, family, login, message, new_rig, setup

WALL = 210902400
# Stricter than the profile gives it to the child, looser than the strictest of all: damage must not bring that back.
KEPT = {"contacts.cap": 15, "usage.daily_minutes": 40, "contacts.unknown": 0}


def household(folder):
    """A watch with people, a block, evidence, a denial and a policy that is stricter than its profile."""
    rig = new_rig()
    rig.do({"op": "new", "root": folder, "seed": "tricks", "wall": WALL})
    family(rig)
    values = [[key, KEPT[key]] for key in sorted(KEPT)]
    allowed(ask(rig, "administration.policy", version=1, issuer="ward", expires=0, values=values, channel="host"))
    allowed(message(rig, "bully", 1))
    allowed(ask(rig, "blocking.press", party="bully", place="message"))
    expect(message(rig, "bully", 2)["verdict"] == "deny")
    rig.do({"op": "advance", "seconds": 60})
    return rig


def is_guarded(rig):
    """Whatever was done: nobody is logged in or can set it up, the floor answers, no setting is looser."""
    expect(setup(rig)["verdict"] == "deny", "set up again")
    expect(ask(rig, "emergency.call", number="110")["verdict"] == "allow", "emergency call")
    denied = ask(rig, "administration.grant", key="contacts.cap", value=50, minutes=9, channel="host")
    expect(denied["verdict"] == "deny", "a grant")
    for key in sorted(KEPT):
        expect(rig.do({"op": "setting", "key": key})["value"] <= KEPT[key], "looser", key)
    expect(message(rig, "bully", 900)["verdict"] == "deny", "the bully writes")


def state_of(rig):
    state = rig.do({"op": "state"})
    return "strict" if state["strict"] else "as before"


def files(folder):
    """Each file emptied, cut in the middle, thrown away, and doubled."""
    rig = household(folder)
    store = Files(rig.board.root)
    content = {name: bytes(store.read(name)) for name in store.names()}
    keys, time = rig.board.partition.flash.image(), rig.board.true_time
    rig.do({"op": "reboot"})
    rig.do({"op": "advance", "seconds": 60})
    is_guarded(rig)
    before = rig.do({"op": "state"})["digest"]  # when nothing was damaged
    ways: tuple = (
        ("emptied", lambda data: b""),
        ("cut", lambda data: data[: len(data) // 2]),
        ("doubled", lambda data: data + data),
        ("gone", None),
    )
    for name in sorted(content):
        for title, change in ways:
            for other in sorted(store.names()):
                os.remove(rig.board.root + "/" + other)
            for other in sorted(content):
                if other != name or change:
                    with open(rig.board.root + "/" + other, "wb") as stream:
                        stream.write(change(content[other]) if other == name else content[other])
            rig.board.partition.flash.load(keys)
            rig.board.true_time = time
            report = rig.do({"op": "reboot"})
            rig.do({"op": "advance", "seconds": 60})
            is_guarded(rig)
            found = state_of(rig)
            # Denials and decisions are chained; the other files hold nothing that a rule decides by.
            if name[0] in "jd":
                expect(found == "strict", name, title)
            else:
                expect(rig.do({"op": "state"})["digest"] == before, name, title)
            print("file", name, title, report["status"], report["code"] or "-", found)


def keys_gone(folder):
    """The key partition erased, and the files left: nothing can be read, so nothing is open."""
    rig = household(folder)
    rig.board.partition.flash.load(b"\xff" * len(rig.board.partition.flash.image()))
    report = rig.do({"op": "reboot"})
    expect(rig.do({"op": "state"})["strict"], "open")
    expect(message(rig, "bully", 900)["verdict"] == "deny", "the bully writes")
    expect(ask(rig, "usage.start", **{"class": "other"})["verdict"] == "deny", "an app opens")
    expect(ask(rig, "emergency.call", number="110")["verdict"] == "allow", "emergency call")
    expect(login(rig).get("verdict") != "allow", "somebody logs in")
    print("keys gone", report["status"], report["code"] or "-")


def newer_journal(folder):
    """Older firmware than the one that wrote the journal: it closes, and throws nothing away."""
    rig = household(folder)
    engine, store = rig.watch.engine, rig.watch.store
    clock = engine.clock
    store.commit(clock.wall, clock.powered, clock.month(), 1, [event("games.season", 3)])
    before = rig.do({"op": "files"})["files"]
    for _ in range(3):
        report = rig.do({"op": "reboot"})
        expect(report["status"] == "broken" and report["code"] == "kind", report)
        rig.do({"op": "advance", "seconds": 3600})
        is_guarded(rig)
        expect(state_of(rig) == "strict", "open")
        expect(ask(rig, "usage.start", **{"class": "other"})["verdict"] == "deny", "an app opens")
    after = rig.do({"op": "files"})["files"]
    names = sorted([row[0] for row in before if row[0][0] == "j"])
    expect(names == sorted([row[0] for row in after if row[0][0] == "j"]), "the journal was thrown away")
    print("newer journal", report["code"])


def before_boot(folder):
    """A watch that is held in its boot, or never gets through it: closed, and the floor answers."""
    rig = household(folder)
    rig.watch = Watch(rig.board)  # and nobody calls start
    for kind, fields in (
        ("usage.start", {"class": "other"}),
        ("credentials.pin", {"pin": "270418"}),
        ("administration.grant", {"key": "contacts.cap", "value": 50, "minutes": 9, "channel": "host"}),
    ):
        answer = ask(rig, kind, **fields)
        expect(answer["verdict"] == "deny" and answer["reason"] == "engine.starting", answer)
    expect(message(rig, "bully", 900)["verdict"] == "deny", "the bully writes")
    expect(setup(rig)["reason"] == "engine.starting", "set up again")
    expect(ask(rig, "emergency.call", number="110")["verdict"] == "allow", "emergency call")
    rig.do({"op": "reboot"})
    is_guarded(rig)
    allowed(login(rig))
    befriend(rig, "aunt")
    print("before boot", state_of(rig))


def main(folder):
    for trial in (files, keys_gone, newer_journal, before_boot):
        trial(folder)


if __name__ == "__main__":
    main(sys.argv[1])
