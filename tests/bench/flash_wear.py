"""What decisions cost the flash, on littlefs. Runs on MicroPython.

usage: flash_wear.py TIMES ROW...    rows of requests.py, all when none is named

Prints one line of JSON: {row: [erases, bytes programmed, milliseconds by the flash model]} per decision and
{"repeat.ROW": the same} per folded repeat. Rotations that fall into a measured request count; file system and key
partition are added up. Each row begins with the same full state in a file system of 2 MB.
"""

import gc
import json
import sys

import vfs

from simulator.portable.flash import Flash, Partition, Power
from tests.bench import full_state, requests

_BLOCKS = 512
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

    def close(self):
        vfs.umount(_ROOT)


def _row(row, times, seconds):
    """Mean of each counter over the requests of a row."""
    name, _, wanted, make = row
    watch = Watch()
    device = watch.device
    total = [0, 0, 0]
    for number in range(times):
        device.pass_time(seconds - 1)
        kind, fields = make(device, number)
        fields["kind"] = kind
        device.pass_time(1)  # so that housekeeping falls into the request
        before = watch.counters()
        decision = device.engine.ask(fields)
        if kind.startswith("emergency."):
            device.engine.note(decision)
        after = watch.counters()
        requests.check(name, wanted, decision)
        total = [total[i] + after[i] - before[i] for i in range(3)]
    watch.close()
    return [value / times for value in total]


def main(times, *names):
    result = {}
    for row in requests.ROWS:
        if not names or row[0] in names:
            result[row[0]] = _row(row, int(times), row[1])
            if row[0] in requests.REPEATED:
                result["repeat." + row[0]] = _row(row, int(times), 1)
        gc.collect()
    print(json.dumps(result))


main(*sys.argv[1:])
