"""What a thief finds in the raw flash after expiry, withdrawal and wipe. Runs on MicroPython, on littlefs.

usage: erased.py    prints how many keys and markers were looked for, and in how many bytes
"""

import struct
from binascii import crc32

from firmware.storage.keys import Keys
from tests.faults.device import Device
from tests.faults.household import (
    OWNER,
    allowed,
    ask,
    befriend,
    expect,
    family,
    key_of,
    kinds,
    login,
    message,
    number_of,
    secrets,
)

TEXTS = ("the marker of a secret meeting", "标记：放学后见", "marker in an answer")
NAMES = ("mother", "friend", "bully")  # names and addresses of the household
MARKERS = [text.encode() for text in TEXTS + (OWNER, "marker of a reason", "Aunt Marker")]
MARKERS += [number_of(name).encode() for name in NAMES] + [b"13900000001"]
MARKERS += [b'"' + name.encode() + b'"' for name in NAMES]
SECRETS = [key_of(name) for name in NAMES] + [key_of(name).hex().encode() for name in NAMES]


def live(device):
    """A month's life with a marker in everything that is personal."""
    rig = device.start()
    family(rig)
    befriend(rig, "Aunt Marker", "guardian")
    for at in range(len(TEXTS)):
        allowed(message(rig, "bully", at + 1, TEXTS[at]))
        allowed(message(rig, "mother", at + 1, TEXTS[at]))
    rig.do({"op": "service", "call": "send", "with": {"to": "mother", "text": TEXTS[2]}})
    allowed(ask(rig, "content_access.emergency", reason="marker of a reason", channel="host"))
    allowed(ask(rig, "blocking.press", party="bully", place="message"))
    expect(message(rig, "stranger", 1, TEXTS[0])["verdict"] == "deny")
    return rig


def raw(device):
    """Both flash contents, as a thief reads them."""
    return device.flash.image() + device.partition.flash.image()


def clean(device, needles, why):
    """No needle is in the flash; return how many were looked for."""
    image = raw(device)
    for needle in needles:
        expect(needle not in image, why, needle)
    return len(needles)


def key_bytes(device, wanted):
    """For each secret with wanted(class, number): its bytes, the wrapped ones in the partition, their ends."""
    keys, found = device.rig.watch.store._keys, []
    for cls in "mpejdTC":
        for number in keys.numbers(cls):
            if wanted(cls, number):
                secret = keys.get(cls, number)
                wrapped = wrapped_key(device.partition.flash.image(), cls, number, len(secret))
                found += [secret, wrapped, wrapped[:16], wrapped[-16:]]
    return found


def wrapped_key(image, cls, number, size):
    """The wrapped secret in the key table, found by its entry's head and check as firmware/storage/keys.py has them."""
    head = struct.pack(">BBH", ord(cls), size // 8, number)
    for at in range(8, 2 * 4096, 8):
        wrapped = image[at + 8 : at + 16 + size]
        if image[at : at + 4] == head and crc32(wrapped, crc32(head)) == struct.unpack(">I", image[at + 4 : at + 8])[0]:
            return wrapped
    raise AssertionError("no entry", cls, number)


def present(device, found):
    """The wrapped keys are there before they are erased, or the search would prove nothing; plain ones never are."""
    image = raw(device)
    for at in range(0, len(found), 4):
        expect(found[at] not in image and found[at + 1] in image, "key", at)


def gone(device, numbers):
    """A fresh look at the partition yields no key of these classes and months."""
    keys = Keys(device.partition, device.board.device_secret)
    keys.load()
    for cls, number in numbers:
        expect(keys.get(cls, number) is None, "key is back", cls, number)


def expiry(device):
    """Half a year on: keys of texts after 30 days, of evidence after 180."""
    rig = live(device)
    month = rig.watch.engine.clock.month()
    texts = key_bytes(device, lambda cls, number: cls in "mp" and number == month)
    evidence = key_bytes(device, lambda cls, number: cls == "e")
    present(device, texts + evidence)
    device.stop()
    device.board.true_time += 62 * 86400
    rig = device.start()
    rig.do({"op": "advance", "seconds": 5})
    looked = clean(device, texts, "after 62 days")
    gone(device, (("m", month), ("p", month)))
    present(device, evidence)
    device.stop()
    device.board.true_time += 160 * 86400
    rig = device.start()
    rig.do({"op": "advance", "seconds": 5})
    looked += clean(device, texts + evidence, "after 222 days")
    gone(device, (("e", month),))
    expect(
        rig.do({"op": "packages"})["packages"] == [] and "e%04d" % month not in str(rig.do({"op": "files"})), "evidence"
    )
    expect(rig.do({"op": "verify"})["ok"] and rig.do({"op": "grade", "party": "bully"})["blocked"])
    looked += clean(device, MARKERS + SECRETS, "plain text")
    device.stop()
    return looked


def withdrawal(device):
    """Consent to keep texts is withdrawn: their keys go at once, everything else stays."""
    rig = live(device)
    month = rig.watch.engine.clock.month()
    found = key_bytes(device, lambda cls, number: cls == "m")
    present(device, found)
    rig.watch.store.expire("m", month + 1)
    looked = clean(device, found, "after withdrawal")
    gone(device, (("m", month),))
    device.stop()
    rig = device.start()
    expect(device.report.status == "ok" and rig.do({"op": "packages"})["packages"][0][3], "evidence must stay")
    looked += clean(device, MARKERS + SECRETS, "plain text")
    device.stop()
    return looked


def renewal(device):
    """New secrets of the guardian: the old verifiers are gone."""
    rig = live(device)
    old = rig.watch.store.credentials()
    found = key_bytes(device, lambda cls, number: cls == "C")
    present(device, found)
    allowed(ask(rig, "credentials.renew", channel="host", **secrets("593817")))
    looked = clean(device, found + [old[:32], old[-36:]], "after renewal")
    device.stop()
    return looked


def wipe(device):
    """Back to the factory: no key, no text, nothing."""
    rig = live(device)
    found = key_bytes(device, lambda cls, number: True)
    present(device, found)
    looked = clean(device, MARKERS + SECRETS, "plain text before the wipe")
    allowed(login(rig))
    allowed(ask(rig, "administration.wipe", channel="host"))
    looked += clean(device, found + MARKERS + SECRETS, "after the wipe")
    expect(device.partition.flash.image() == b"\xff" * 16384, "partition")
    device.stop()
    return looked


def places(device):
    """A day of looks, calls for help and crossed borders: no place of any of them was ever in the raw flash (D82)."""
    rig = device.start()
    family(rig)
    allowed(ask(rig, "consent.give", purpose="location", manifest=1, channel="host"))
    allowed(ask(rig, "location.key", key="5c" * 32, channel="host"))
    values = [["location." + name, 1] for name in ("on_request", "zones", "looks_per_hour")]
    policy = {"version": 1, "issuer": "owner", "expires": 0, "values": values, "channel": "host"}
    allowed(ask(rig, "administration.policy", **policy))
    zone = {"lat": 3990415, "lon": 11640738, "radius": 300, "name": "marker of a school"}
    allowed(ask(rig, "location.zone", channel="host", **zone))
    needles, reports = [b"marker of a school", b"3990415", b"11640738"], 0
    for step in range(8):
        place = (3990415 + 3001 * step, 11640738 - 4003 * step)
        rig.do({"op": "place", "fix": place + (12, 3)})
        rig.do({"op": "sos"})
        rig.do({"op": "advance", "seconds": 10800})
        reports += len(rig.do({"op": "seen"})["positions"])
        for number in place:
            needles += [b"%d" % number, number.to_bytes(4, "big"), number.to_bytes(4, "little")]
    expect(reports > 40, "reports", reports)
    looked = clean(device, needles, "a place")
    allowed(login(rig))
    allowed(ask(rig, "consent.withdraw", purpose="location", channel="host"))
    rig.do({"op": "advance", "seconds": 2})
    expect("location.forgotten" in kinds(rig), "zones are forgotten")
    looked += clean(device, needles, "after withdrawal")
    device.stop()
    return looked


def sealed_parts(files):
    """Every sealed attachment and MAC of the journal, and the evidence, as pieces of 16 bytes."""
    pieces = set()
    for name in files.names():
        data = files.read(name)
        places, at = [], 0
        while name[0] in "jd" and at < len(data):
            length, attached = struct.unpack(">HH", data[at : at + 4])
            start = at + 4 + length
            places.append((start + 3 * (attached > 0), start + attached + 16))
            at = start + attached + 16
        for start, end in places or [(22, len(data))]:
            for piece in range(start, end - 15, 16):
                pieces.add(data[piece : piece + 16])
    return pieces


def differ():
    """The same life on two watches: nothing sealed, no MAC and no name of a party is on both (B1, B2)."""
    found = []
    for seed in ("one", "other"):
        device = Device(seed=seed)
        rig = live(device)
        tags = {rig.watch.store.tag(name) for name in NAMES} | set(key_bytes(device, lambda cls, number: True))
        found.append((sealed_parts(rig.watch.store._files), tags, device.partition.flash.image()))
        device.stop()
    (pieces, tags, keys), (others, other_tags, other_keys) = found
    expect(len(pieces) > 100 and not pieces & others, "shared sealed bytes", pieces & others)
    expect(not tags & other_tags, "shared names or keys")
    shared = [at for at in range(8, 8176, 16) if keys[at : at + 16] == other_keys[at : at + 16] != b"\xff" * 16]
    expect(not shared, "shared keys", shared)
    print("differ", len(pieces), len(others))


def main():
    for case in (expiry, withdrawal, renewal, wipe, places):
        device = Device()
        print(case.__name__, case(device), len(raw(device)))
    differ()


main()
