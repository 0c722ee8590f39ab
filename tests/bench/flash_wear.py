"""What decisions cost the flash, on littlefs. Runs on MicroPython.

usage: flash_wear.py TIMES ROW...    rows of requests.py, all when none is named

Prints one line of JSON: {row: [erases, bytes programmed, milliseconds by the flash model]} per decision and
{"repeat.ROW": the same} per folded repeat; file system and key partition are added up. Each row begins with the same
full state in a file system of 2 MB.

A new segment of the journal is begun by whichever request comes next, so what that costs is measured once and each
decision is charged its share, by events or by bytes, whichever is more.
"""

import gc
import json
import sys

import vfs

from simulator.portable.flash import Flash, Partition, Power
from tests.bench import full_state, requests

_BLOCKS = 512
_EVENTS = 370  # of a segment, and bytes: firmware/storage/store.py
_BYTES = 122880
_ROOT = "/flash"


# One for all rows: two megabytes in one piece are not found a second time.
_FLASH = Flash(None, _BLOCKS, Power())


class Watch:
    """A device on flash in memory, and its counters."""

    def __init__(self):
        self.flash = _FLASH
        for block in range(_BLOCKS):
            self.flash.erase_at(block)
        self.keys = Partition(None, Power())
        vfs.VfsLfs2.mkfs(self.flash)
        vfs.mount(vfs.VfsLfs2(self.flash), _ROOT)
        self.device = full_state.on_flash(_ROOT, self.keys, 0)
        full_state.prepare(self.device)

    def counters(self):
        return [
            self.flash.erases + self.keys.flash.erases,
            self.flash.programmed + self.keys.flash.programmed,
            (self.flash.micros + self.keys.flash.micros) / 1000,
        ]

    def ask(self, fields):
        """(decision, what it cost, whether it began a segment of the journal)."""
        journal, before = self.device.store.main, self.counters()
        segment = journal.segment
        decision = self.device.engine.ask(fields)
        if fields["kind"].startswith("emergency."):
            self.device.engine.note(decision)
        return decision, [new - old for new, old in zip(self.counters(), before)], journal.segment != segment

    def close(self):
        vfs.umount(_ROOT)


def _rotation():
    """What a decision costs more than the one before it when it begins a segment."""
    watch = Watch()
    cost, begun = [0, 0, 0], False
    while not begun:
        watch.device.pass_time(1)
        usual = cost
        _, cost, begun = watch.ask({"kind": "calls.incoming", "number": full_state.phone(45)})
    watch.close()
    return [cost[i] - usual[i] for i in range(3)]


def _row(row, times, seconds, rotation):
    """Mean of each counter over the requests of a row."""
    name, _, wanted, make = row
    watch = Watch()
    device, journal = watch.device, watch.device.store.main
    total, counted, share = [0, 0, 0], 0, 0
    for number in range(times):
        device.pass_time(seconds - 1)
        kind, fields = make(device, number)
        fields["kind"] = kind
        device.pass_time(1)  # so that housekeeping falls into the request
        events, size = journal.seq, journal.size
        decision, cost, begun = watch.ask(fields)
        requests.check(name, wanted, decision)
        if not begun:
            total = [total[i] + cost[i] for i in range(3)]
            share += max((journal.seq - events) / _EVENTS, (journal.size - size) / _BYTES)
            counted += 1
    watch.close()
    return [(total[i] + share * rotation[i]) / counted for i in range(3)]


def main(times, *names):
    rotation = _rotation()
    result = {}
    for row in requests.ROWS:
        if not names or row[0] in names:
            result[row[0]] = _row(row, int(times), row[1], rotation)
            if row[0] in requests.REPEATED:
                result["repeat." + row[0]] = _row(row, int(times), 1, rotation)
        gc.collect()
    print(json.dumps(result))


main(*sys.argv[1:])
