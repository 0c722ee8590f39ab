"""Damage every part of a watch's storage and see what the watch makes of it. Runs on CPython and on MicroPython.

usage: tampering.py FOLDER STRIDE GROUP...    works in the new folder and prints a line for each group

A trial damages a stored watch, switches it on and lets it take at most STEPS steps of time. What it says is one of

    boot        the report is "broken": strict at once
    background  the check of older segments, or of evidence, has found it: strict from then on
    refused     an evidence package does not open; nothing else is touched
    text        message texts are gone, and read as gone
    harmless    nothing is lost, changed or opened
"""

import json
import os
import sys

from firmware.storage.crypto import Broken
from firmware.storage.files import Files
from tests.faults.household import (
    GUARDIAN_NUMBER,
    PIN,
    allowed,
    ask,
    befriend,
    expect,
    family,
    login,
    message,
    new_rig,
    records,
    setup,
)

SECTOR = 4096
STEPS = 12  # at most this many steps of time until a damage in older files is found
MOTHER = 2000  # counters of the messages after the damage


class Image:
    """Everything that is stored: the files by name, and the key partition."""

    forgets = False  # the policy's version is in none of it

    def __init__(self, files, keys, time):
        self.files, self.keys, self.time = files, keys, time

    def copy(self):
        """A copy to be damaged."""
        return Image(dict(self.files), self.keys, self.time)

    def put(self, rig):
        """Make it what the watch has stored."""
        root = rig.board.root + "/"
        for name in os.listdir(rig.board.root):
            if name not in self.files:
                os.remove(root + name)
        for name in self.files:
            with open(root + name, "wb") as stream:
                stream.write(self.files[name])
        rig.board.partition.flash.load(self.keys)
        rig.board.true_time = self.time
        rig.board.carrier.online = True


def stored(rig):
    """The image of what the watch has stored now."""
    files = Files(rig.board.root)
    content = {name: files.read(name) for name in files.names()}
    return Image(content, rig.board.partition.flash.image(), rig.board.true_time)


class Watch:
    """A watch with two finished segments, a running one, denials, two evidence packages, a renewed PIN and a policy."""

    def __init__(self, folder):
        self.rig = rig = new_rig()
        rig.do({"op": "new", "root": folder, "seed": "tampering", "wall": 2260 * 86400 + 28800})
        family(rig)
        self.first = stored(rig)
        values = [["contacts.unknown", 1]]
        allowed(ask(rig, "administration.policy", version=5, issuer="ward", expires=0, values=values, channel="host"))
        allowed(message(rig, "bully", 1, "first"))
        allowed(ask(rig, "blocking.press", party="bully", place="message"))
        self._rotate()
        expect(message(rig, "bully", 2)["verdict"] == "deny")
        allowed(message(rig, "friend", 1, "second"))
        self.earlier = stored(rig)
        self._rotate()
        self.running = stored(rig)
        rig.do({"op": "advance", "seconds": 5})
        allowed(message(rig, "friend", 2, "third"))
        rig.do({"op": "advance", "seconds": 5})
        allowed(ask(rig, "blocking.press", party="friend", place="message"))
        allowed(message(rig, "mother", 1, "fourth"))
        self.last = len(records(rig))
        self.good = stored(rig)
        self.packages = [[row[4], row[5], row[7], row[9]] for row in records(rig) if row[3] == "content_access.sealed"]
        numbers = [row[0] for row in records(rig) if row[3] == "messages.in"]
        self.texts = list(zip(numbers, ("first", "second", "third", "fourth")))
        self.digest = rig.do({"op": "state"})["digest"]
        expect(
            sorted(self.good.files)
            == [
                "d000001",
                "e0074",
                "floor0" if "floor0" in self.good.files else "floor1",
                "j000001",
                "j000002",
                "j000003",
                "setups",
            ],
            sorted(self.good.files),
        )

    def _rotate(self):
        engine = self.rig.watch.engine
        self.rig.watch.store.rotate(engine.clock.wall, engine.clock.powered, engine.clock.month(), engine._parts())

    def _evidence(self):
        """ "" if each package opens as it was journalled, else "refused"."""
        store = self.rig.watch.store
        for number, month, count, digest in self.packages:
            try:
                if len(store.package(month, number)) != count or store.digest_of(month, number) != digest:
                    return "refused"
            except (Broken, OSError):
                return "refused"
        return ""

    def _text(self):
        """ "" if the message texts can be read, "text" if they read as gone; damaged text must never come out."""
        store, recent = self.rig.watch.store, self.rig.watch.engine.rules["messages"]._recent
        for number, text in self.texts:
            private = store.read(recent.place(recent.find(number)))[1]
            if private is None:
                return "text"
            expect(json.loads(private)[1] == text, "damaged text was shown")
        return ""

    def judge(self, image, thorough):
        """Put the image, switch on and name what the watch made of it; all that must hold then is checked."""
        image.put(self.rig)
        self.forgets = image.forgets
        report = self.rig.do({"op": "reboot"})
        if report["status"] == "broken":
            self.strict(thorough)
            return "boot"
        expect(report["status"] == "ok", report)
        for _ in range(STEPS):
            if self.rig.do({"op": "state"})["tampered"]:
                self.strict(thorough)
                return "background"
            self.rig.do({"op": "advance", "seconds": 1})
        return self._evidence() or self._text() or self._unchanged()

    def _unchanged(self):
        rig = self.rig
        expect(
            rig.do({"op": "grade", "party": "bully"})["blocked"]
            and rig.do({"op": "grade", "party": "friend"})["blocked"]
        )
        expect(rig.do({"op": "setting", "key": "contacts.unknown"})["value"] == 1)
        expect(len(records(rig)) >= self.last and not rig.do({"op": "state"})["strict"])
        return "harmless"

    def strict(self, thorough):
        """What holds while a damage is not acknowledged."""
        rig = self.rig
        state = rig.do({"op": "state"})
        expect(state["strict"] and state["tampered"], "not strict", state)
        expect(rig.do({"op": "setting", "key": "contacts.unknown"})["value"] == 0, "a loose setting")
        expect(ask(rig, "emergency.call", number="110")["verdict"] == "allow", "110")
        expect(setup(rig)["verdict"] == "deny", "a new set-up")
        expect(
            message(rig, "bully", MOTHER)["verdict"] == "deny" and message(rig, "friend", MOTHER)["verdict"] == "deny"
        )
        if not thorough:
            return
        expect(message(rig, "nobody", 1)["verdict"] == "deny")
        expect(rig.do({"op": "sos"})["state"] == "counting", "sos")
        rig.do({"op": "advance", "seconds": 6})
        expect(rig.watch.sos.state == "delivered", "sos", rig.watch.sos.state)
        again = rig.do({"op": "reboot"})
        state = rig.do({"op": "state"})
        # Without the owner's secret nobody can ever acknowledge: each boot says so, until the whole flash is erased.
        expect(again["status"] == "ok" or not rig.watch.store.credentials(), "damaged for good", again)
        expect(state["tampered"] and state["strict"], "a reboot frees the watch", state)
        expect(ask(rig, "credentials.pin", pin=PIN)["verdict"] == "deny", "the keypad is open at once")
        refused = ask(rig, "administration.acknowledge")
        expect(refused["reason"] == "credentials.proof_needed", refused)
        if rig.watch.store.credentials():
            self.acknowledged()
        else:
            expect(login(rig)["verdict"] == "deny", "a login without a secret")

    def acknowledged(self):
        """The guardian proves the passphrase and acknowledges: the watch works again."""
        rig = self.rig
        allowed(login(rig))
        allowed(ask(rig, "administration.acknowledge", channel="host"))
        for _ in range(STEPS):
            rig.do({"op": "advance", "seconds": 1})
            state = rig.do({"op": "state"})
            expect(not state["tampered"] and not state["strict"], "not free after the acknowledgement", state)
        expect(rig.do({"op": "state"})["private"], "guardians may read an eight-year-old's messages")
        old = ask(
            rig,
            "administration.policy",
            version=4,
            issuer="ward",
            expires=0,
            values=[["contacts.unknown", 0]],
            channel="host",
        )
        expect(self.forgets or old["reason"] == "administration.old_policy", "an older policy", old)
        befriend(rig, "aunt", "guardian")
        allowed(message(rig, "aunt", 1))
        report = rig.do({"op": "reboot"})
        expect(report["status"] == "ok" and not rig.do({"op": "state"})["tampered"], report)


def flips(watch, name, stride):
    """(place, damaged image) for bytes of a file, or of the partition: the whole beginning, then every stride-th."""
    data = watch.good.files[name] if name != "keys" else watch.good.keys
    for at in range(len(data)):
        if (at < 64 and stride < 20) or at % stride == 0:
            image = watch.good.copy()
            changed = data[:at] + bytes([data[at] ^ (1 << at % 8)]) + data[at + 1 :]
            if name == "keys":
                image.keys = changed
            else:
                image.files[name] = changed
            yield at, image


def frames(data):
    """The places where the records of a segment begin, and its end."""
    at, places = 0, []
    while at < len(data):
        places.append(at)
        at += 4 + int.from_bytes(data[at : at + 2], "big") + int.from_bytes(data[at + 2 : at + 4], "big") + 16
    return places + [at]


def tally(watch, title, trials, allowed_outcomes, every=16):
    """Judge each (name, image); print the counts. Each 16th damage that is detected is followed through to the end."""
    counts: dict[str, int] = {}
    for name, image in trials:
        number = sum(counts.values())
        try:
            outcome = watch.judge(image, number % every == 0)
        except Exception:
            print("failed:", title, name)
            raise
        expect(outcome in allowed_outcomes, title, name, outcome)
        counts[outcome] = counts.get(outcome, 0) + 1
    print(title, *["%s=%d" % (key, counts[key]) for key in sorted(counts)])


def newest(watch, stride):
    tally(watch, "newest", flips(watch, "j000003", stride), ("boot",))


def older(watch, stride):
    for name in ("j000001", "j000002"):
        tally(watch, "older", flips(watch, name, stride), ("background",))


def denials(watch, stride):
    tally(watch, "denials", flips(watch, "d000001", stride), ("boot",), 32)


def evidence(watch, stride):
    tally(watch, "evidence", flips(watch, "e0074", stride), ("refused",))


def floor(watch, stride):
    """A damaged floor file: the built-in numbers, or the other copy's; the rest of the watch does not notice."""
    name = next(name for name in watch.good.files if name.startswith("floor"))
    for at, image in flips(watch, name, 1):
        expect(watch.judge(image, False) == "harmless", at)
        expect(ask(watch.rig, "emergency.call", number="110")["verdict"] == "allow")
        expect(ask(watch.rig, "emergency.call", number=GUARDIAN_NUMBER)["verdict"] == "deny", at)
    watch.good.put(watch.rig)
    watch.rig.do({"op": "reboot"})
    allowed(login(watch.rig))
    allowed(ask(watch.rig, "administration.floor", region="eu", numbers=["13900000009"], channel="host"))
    both, kept = stored(watch.rig), watch.good
    watch.good = both
    for name in ("floor0", "floor1"):
        for at, image in flips(watch, name, 7):
            watch.judge(image, False)
            found = watch.rig.do({"op": "floor"})
            newest_hurt = both.files[name][:4] == max(both.files["floor0"][:4], both.files["floor1"][:4])
            expect(found["numbers"] == ([GUARDIAN_NUMBER] if newest_hurt else ["13900000009"]), name, at, found)
    watch.good = kept
    print("floor", "harmless=%d" % len(both.files[name]))


def table_end(keys, sector):
    return len(keys[sector * SECTOR : (sector + 1) * SECTOR].rstrip(b"\xff")) + sector * SECTOR


def keys(watch, stride):
    """The head, secrets of journal, state, tags and credentials, are noticed at boot. A month's key of messages or
    evidence is as if erased: texts read as gone, packages do not open. The last mark is as if its program had been cut
    (harmless: the journal is whole); blank flash holds nothing (a set bit there only wastes a place)."""
    for sector in range(4):
        end = table_end(watch.good.keys, sector)
        tally(
            watch,
            "sector%d" % sector,
            [pair for pair in flips(watch, "keys", stride) if sector * SECTOR <= pair[0] < end],
            ("boot", "text", "refused") if sector < 2 else ("harmless",),
        )
        blank = range(end, (sector + 1) * SECTOR, 509)
        trials = []
        for at in blank:
            image = watch.good.copy()
            image.keys = image.keys[:at] + b"\xfe" + image.keys[at + 1 :]
            trials.append((at, image))
        tally(watch, "blank%d" % sector, trials, ("harmless",))


def cuts(watch, stride):
    """Each file cut at every record boundary."""
    for name, outcome in (
        ("j000003", "boot"),
        ("d000001", "boot"),
        ("j000001", "background"),
        ("j000002", "background"),
    ):
        trials = []
        for end in frames(watch.good.files[name])[:-1]:
            image = watch.good.copy()
            image.files[name] = image.files[name][:end]
            trials.append(("%s at %d" % (name, end), image))
        tally(watch, "cut", trials, (outcome, "boot") if name == "j000002" else (outcome,), 1)


def files(watch, stride):
    """Files missing, emptied, swapped, duplicated, older; whole file systems and partitions put back."""
    good, trials = watch.good, []

    def trial(title, **changes):
        image = good.copy()
        for name, data in changes.items():
            if data is None:
                del image.files[name]
            else:
                image.files[name] = data
        trials.append((title, image))

    for name in ("j000001", "j000002", "j000003", "d000001"):
        trial(name + " missing", **{name: None})
        trial(name + " empty", **{name: b""})
    segments = good.files
    trial("swapped", j000002=segments["j000003"], j000003=segments["j000002"])
    trial("swapped, older", j000001=segments["j000002"], j000002=segments["j000001"])
    trial("main and denials swapped", j000003=segments["d000001"], d000001=segments["j000003"])
    trial("newest duplicated", j000004=segments["j000003"])
    trial("newest duplicated far away", j000009=segments["j000003"])
    trial("newest instead of an older", j000002=segments["j000003"])
    trial("renamed", j000003=None, j000004=segments["j000003"])
    trial("older version of the newest", j000003=segments["j000003"][: frames(segments["j000003"])[-2]])
    trial(
        "older version of a segment",
        j000002=watch.earlier.files["j000002"][: frames(watch.earlier.files["j000002"])[-2]],
    )
    trial("denials duplicated", d000002=segments["d000001"])
    trial("older denials", d000001=segments["d000001"][: frames(segments["d000001"])[-2]])
    for title, image in (("this segment's", watch.running), ("earlier", watch.earlier), ("first", watch.first)):
        restored = image.copy()
        restored.keys, restored.time = good.keys, good.time
        trials.append((title + " file system", restored))
    gone = good.copy()
    gone.files = {}
    trials.append(("no file left", gone))
    erased = good.copy()
    erased.keys = b"\xff" * (4 * SECTOR)
    trials.append(("partition erased", erased))
    tally(watch, "files", trials, ("boot", "background"), 1)
    below = good.copy()
    below.files["j000000"] = segments["j000001"]
    tally(watch, "file below the oldest", [("j000000", below)], ("harmless",))
    partition(watch)
    factory(watch)


def partition(watch):
    """The partition put back with the files kept: old marks, and perhaps an old PIN. Only the records of one commit
    may lie above the mark: the power may have failed before its mark."""
    trials = []
    for title, image in (("of the segment before", watch.earlier), ("first", watch.first)):
        restored = watch.good.copy()
        restored.keys = image.keys
        # Marks from before the policy, and a journal that their keys do not open: nothing knows its version.
        restored.forgets = image is watch.first
        trials.append((title, restored))
    tally(watch, "older partition", trials, ("boot",), 1)
    restored = watch.good.copy()
    restored.keys = watch.running.keys
    tally(watch, "a few records older", [("running", restored)], ("boot",), 1)
    watch.good.put(watch.rig)
    watch.rig.do({"op": "reboot"})
    for counter in range(3, 80):
        allowed(message(watch.rig, "mother", counter))
        watch.rig.do({"op": "advance", "seconds": counter % 2})
    restored = stored(watch.rig)
    restored.keys = watch.good.keys
    tally(watch, "many records older", [("good", restored)], ("boot",), 1)
    # The one commit whose mark the power did not reach: no damage.
    watch.good.put(watch.rig)
    watch.rig.do({"op": "reboot"})
    kept = stored(watch.rig).keys
    allowed(ask(watch.rig, "blocking.press", party="nobody", place="message"))
    restored = stored(watch.rig)
    restored.keys = kept
    tally(watch, "one commit without its mark", [("press", restored)], ("harmless",), 1)


def factory(watch):
    """Everything erased: only this is the factory's state, in which a set-up is accepted."""
    image = watch.good.copy()
    image.files, image.keys = {}, b"\xff" * (4 * SECTOR)
    image.put(watch.rig)
    expect(watch.rig.do({"op": "reboot"})["status"] == "new")
    expect(message(watch.rig, "mother", MOTHER)["verdict"] == "deny")
    allowed(setup(watch.rig))


GROUPS = {
    "newest": newest,
    "older": older,
    "denials": denials,
    "evidence": evidence,
    "floor": floor,
    "keys": keys,
    "cuts": cuts,
    "files": files,
}


def main(folder, stride, names):
    watch = Watch(folder)
    for name in names:
        GROUPS[name](watch, stride)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3:] or sorted(GROUPS))
