"""One fixed history on the store, with nothing left to chance; runs on CPython and MicroPython.

usage: sequence.py FOLDER
works in the new folder and prints what it read, then the SHA-256 of every file and key sector
"""

import sys
from binascii import hexlify
from hashlib import sha256

from firmware.storage import floor
from firmware.storage.files import Files
from firmware.storage.journal import encode
from firmware.storage.store import Store

SECRET = b"device secret of the test watch "
TEXTS = ["", "plain", 'quote " and \\', "\x00\x1f\n\t\x7f", "你好，小朋友", "\U0001f600 é \ud7ff "]
NUMBERS = [0, -1, 7, 2**30 - 1, 2**30, 2**31, 2**32, 2**63, -(2**31)]


class Memory:
    """The raw key partition, in memory."""

    def __init__(self):
        self.sectors = [bytearray(b"\xff" * 4096) for _ in range(4)]

    def read(self, sector, offset, length):
        return bytes(self.sectors[sector][offset : offset + length])

    def program(self, sector, offset, data):
        for at in range(len(data)):
            self.sectors[sector][offset + at] &= data[at]

    def erase(self, sector):
        self.sectors[sector][:] = b"\xff" * 4096


class Counter:
    """Stands for the source of random bytes."""

    def __init__(self):
        self.count = 0

    def __call__(self, size):
        self.count += 1
        return sha256(b"%d" % self.count).digest()[:size]


def show(*items):
    print(*[hexlify(item).decode() if isinstance(item, bytes) else item for item in items])


def reopen(files, partition, random):
    store = Store(files, partition, SECRET, random)
    seen = sha256()

    def restore(name, plain):
        seen.update(name.encode() + plain)

    def apply(record):
        seen.update(encode([record.seq, record.t, record.powered, record.kind] + record.fields))
        seen.update(record.private or b"")

    report = store.open(restore, apply)
    show(report.status, report.code, report.records, report.seq, report.t, report.powered, seen.digest())
    return store


def run(folder):
    files = Files(folder)
    partition = Memory()
    random = Counter()
    floor.save(files, SECRET, "CN", ["13800000000", "110"])
    store = reopen(files, partition, random)
    store.create(100, 60, 72, [("settings", b"s" * 999), ("empty", b"")], b"credentials")
    places = []
    for number in range(620):
        month = 72 + number // 300
        if store.due(month):
            store.rotate(200 + number, 99, month, [("state", b"%d" % number)])
        fields = [TEXTS[number % len(TEXTS)], NUMBERS[number % len(NUMBERS)], number]
        events = [("message.received", fields, b"hello %d" % number, "m"), ("graded", fields, b"g", "p")]
        record = store.commit(200 + number, 60 + number, month, 3, events[: 1 + number % 2])[0]
        if number % 100 == 0:
            places.append((record.segment, record.offset))
    for number in range(260):
        store.deny(900, 800, 4, ["payments.off", number])
    store = reopen(files, partition, random)
    while store.check_next():
        pass
    show(*store.evidence(74, 2500, places, 1))
    for items, text in store.package(74, 1):
        show(encode(items), text)
    store.expire("m", 73)
    show([store.read(place)[1] for place in places].count(None))
    store.set_credentials(b"other", 1)
    show(store.credentials(), store.credentials(1), store.tag("小明"))
    store.save_powered(77)
    reopen(files, partition, random)
    print(floor.load(files, SECRET))
    for name in files.names():
        show(name, files.digest(name, sha256()))
    for sector in partition.sectors:
        show(sha256(sector).digest())


if __name__ == "__main__":
    run(sys.argv[1])
