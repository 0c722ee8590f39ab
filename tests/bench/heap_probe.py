"""Full state on littlefs in a file, inside a small heap. Runs on MicroPython.

usage: heap_probe.py prepare IMAGE RECORDS    make the state in a large heap
       heap_probe.py run IMAGE                boot from it and use it; prints one line of JSON
       heap_probe.py steps IMAGE              the same, printing the heap in use after each step
"""

import gc
import json
import sys

import vfs

if True:
    gc.collect()
    START = gc.mem_alloc()

from simulator.portable.flash import ERASE_MICROS, SECTOR, Flash, Partition, Power

if True:
    gc.collect()
    FLASH = gc.mem_alloc()

from tests.bench import full_state

BLOCKS = 512
BLANK = b"\xff" * 256


class File(Flash):
    """The same flash without buffers of a whole sector: on a board its driver has none in this heap either."""

    def erase_at(self, block):
        for at in range(0, SECTOR, len(BLANK)):
            self._write(block * SECTOR + at, BLANK)
        self.erases += 1
        self.micros += ERASE_MICROS
        return True


ROOT = "/flash"


def attach(image, fresh):
    flash = File(image, BLOCKS, Power())
    if fresh:
        vfs.VfsLfs2.mkfs(flash)
    vfs.mount(vfs.VfsLfs2(flash), ROOT)
    return flash, Partition(image + ".keys", Power())


def show(loud, what, before=[0]):
    gc.collect()
    now = gc.mem_alloc()
    if loud:
        print("%-46s %7d %7d" % (what, now - before[0], now))
    before[0] = now


def prepare(image, records):
    _, partition = attach(image, True)
    device = full_state.Device(ROOT, partition)
    device.engine.rebuild()
    full_state.fill(device, records)
    print(json.dumps(full_state.facts(device)))


def run(image, loud):
    show(loud, "all modules")
    _, partition = attach(image, False)
    show(loud, "littlefs")
    device = full_state.Device(ROOT, partition, 7000000)
    show(loud, "empty engine and store")
    report = device.engine.rebuild(full_state.WALL + 10000000)
    show(loud, "rebuilt state")
    answer = full_state.facts(device)
    answer.update({"status": report.status, "code": report.code, "records": report.records})
    print(answer) if loud else None
    counter = 100000
    for text in [full_state.CALM] * 18 + [full_state.RUDE] * 2:
        counter += 1
        device.must("messages.incoming", **full_state.message(3, counter, text))
    show(loud, "20 messages in")
    device.must("messages.outgoing", to=full_state.address(4), text=full_state.CALM)
    show(loud, "message out")
    device.must("blocking.press", place="message", party=full_state.address(3))
    show(loud, "block with 20 messages")
    number = device.engine.rules["content_access"].packages()[-1][0]
    month = device.engine.clock.month()
    answer["sealed"] = len(device.store.package(month, number))
    show(loud, "evidence read back")
    device.must("calls.outgoing", number="13900001005")
    full_state.prove(device)
    device.must("administration.grant", key="contacts.unknown", value=1, minutes=30, channel=full_state.HOST)
    show(loud, "call, proof, grant")
    segment = device.store.main.segment
    while device.store.main.segment == segment:
        counter += 1
        device.must("messages.incoming", **full_state.message(5, counter, full_state.CALM))
        device.pass_time(30)
    answer["rotated"] = 1
    show(loud, "rotation")
    while device.store.check_next():
        pass
    show(loud, "older segments checked")
    print(json.dumps(answer))


def main(args):
    if args[0] == "prepare":
        prepare(args[1], int(args[2]))
    else:
        run(args[1], args[0] == "steps")


main(sys.argv[1:])
