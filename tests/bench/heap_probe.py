"""Full state on littlefs, with the flash in a file outside the heap. Runs on MicroPython, in a heap of any size.

usage: prepare IMAGE RECORDS    make the state and its history (in a heap of 16 MB); prints what it holds
       run IMAGE                boot from it and use it; prints what was found and done
       steps IMAGE              the same, with the bytes in use after each step
       boot IMAGE TIMES         boot from it several times; prints the milliseconds of each and what was found
       chat IMAGE TIMES         boot from it and take messages; prints the median microseconds of one

Every output but that of `steps` is one line of JSON.
"""

import gc

# Or the garbage of loading lies scattered between what stays, and no large block is free.
gc.threshold(8192)  # type: ignore[attr-defined]

import json  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402

import vfs  # noqa: E402

import firmware.preload  # noqa: E402, F401
from simulator.portable.flash import SECTOR, Flash, Partition, Power  # noqa: E402
from tests.bench import full_state  # noqa: E402
from tests.bench.probing import BLOCKS, ROOT, FileFlash, Steps  # noqa: E402

_DENIALS = 95  # in the newest segment of their ring, which holds 100


def start(image, seed):
    """A device that is about to boot from an image."""
    vfs.mount(vfs.VfsLfs2(FileFlash(image, BLOCKS, Power())), ROOT)
    keys = Partition(image + ".keys", Power())
    keys.flash = FileFlash(image + ".keys", keys.flash.blocks, Power())
    return full_state.on_flash(ROOT, keys, seed)


def prepare(image, records):
    # With the flash in the heap a collection takes long.
    gc.threshold(-1)  # type: ignore[attr-defined]
    flash = Flash(None, BLOCKS, Power())
    vfs.VfsLfs2.mkfs(flash)
    vfs.mount(vfs.VfsLfs2(flash), ROOT)
    keys = Partition(None, Power())
    device = full_state.on_flash(ROOT, keys, 0)
    full_state.prepare(device)
    full_state.chat(device, records)
    full_state.deny(device, _DENIALS)
    while not device.store.full:
        full_state.chat(device, device.store.main.seq + 1)
    sector = bytearray(SECTOR)
    for path, content in ((image, flash), (image + ".keys", keys.flash)):
        with open(path, "wb") as stream:
            for block in range(content.blocks):
                content.read_at(block * SECTOR, sector)
                stream.write(sector)
    found = full_state.size(device)
    found["journal_records"] = device.store.main.seq
    print(json.dumps(found))


class Opened:
    """Counts what a boot reads of the journals: opened segments by name, frames."""

    def __init__(self, files):
        self.names: list[str] = []
        opening = files.open

        def counted(name):
            if name[0] in "jd" and name[1:].isdigit():
                self.names.append(name)
            return opening(name)

        files.open = counted


def run(image, loud):
    step = Steps(loud)
    step("all modules, ours too")
    device = start(image, 7000000)
    step("littlefs, empty engine and store")
    opened = Opened(device.files)
    report = device.engine.rebuild(full_state.WALL + 10000000)
    found = full_state.size(device)
    found.update(
        {
            "status": report.status,
            "code": report.code,
            "opened": len(opened.names),
            "records": device.store.main.count + device.store.denials.count,
        }
    )
    step("state rebuilt")
    if report.status == "ok":
        use(device, found, step)
    print(json.dumps(found))


def use(device, found, step):
    """Requests of several kinds, a block with 20 messages, a rotation."""
    counter = 100000
    for text in [full_state.CALM] * 18 + [full_state.RUDE] * 2:
        counter += 1
        device.must("messages.incoming", **full_state.message(3, counter, text))
    step("20 messages in")
    device.must("messages.outgoing", to=full_state.address(44), text=full_state.CALM)
    device.ask("messages.outgoing", {"to": full_state.address(44), "text": full_state.PERSONAL})
    step("messages out")
    device.must("blocking.press", place="message", party=full_state.address(3))
    number, month = device.engine.rules["content_access"].packages()[-1][:2]
    step("block with 20 messages")
    found["sealed"] = len(device.store.package(month, number))
    step("evidence read back")
    device.must("calls.outgoing", number=full_state.phone(45))
    device.must("emergency.call", number="110")
    full_state.prove(device)
    device.must("administration.grant", key="contacts.unknown", value=1, minutes=30, channel=full_state.HOST)
    device.must("credentials.pin", pin=full_state.PIN)
    step("calls, proofs, a grant")
    segment = device.store.main.segment
    for _ in range(400):  # a rotation that fails for lack of memory is put off again and again
        if device.store.main.segment != segment:
            break
        counter += 1
        device.must("messages.incoming", **full_state.message(45, counter, full_state.CALM))
        device.pass_time(10)
    step("rotation")
    while device.store.check_next():
        pass
    found["rotated_to"] = device.store.main.segment - segment
    step("older segments checked")


def boot(image, times):
    gc.threshold(-1)  # type: ignore[attr-defined]
    took = []
    found: dict = {}
    for number in range(times):
        device = start(image, 8000000 + number * 1000)
        gc.collect()
        begun = time.ticks_us()  # type: ignore[attr-defined]
        report = device.engine.rebuild(full_state.WALL + 10000000)
        took.append(time.ticks_diff(time.ticks_us(), begun) / 1000)  # type: ignore[attr-defined]
        found = full_state.size(device)
        found.update(
            {
                "ms": took,
                "status": report.status,
                "journal_records": device.store.main.seq,
                "records": device.store.main.count + device.store.denials.count,
            }
        )
        vfs.umount(ROOT)
    print(json.dumps(found))


def chat(image, times):
    device = start(image, 9000000)
    device.engine.rebuild(full_state.WALL + 10000000)
    took = []
    for number in range(times):
        fields = full_state.message(45, 200000 + number, full_state.CALM)
        begun = time.ticks_us()  # type: ignore[attr-defined]
        device.must("messages.incoming", **fields)
        took.append(time.ticks_diff(time.ticks_us(), begun))  # type: ignore[attr-defined]
    print(json.dumps({"us": sorted(took)[times // 2]}))


def main(command, image, number="0"):
    if command == "prepare":
        prepare(image, int(number))
    elif command == "boot":
        boot(image, int(number))
    elif command == "chat":
        chat(image, int(number))
    else:
        run(image, command == "steps")


if len(sys.argv) > 1:  # else loaded by harness_size
    main(*sys.argv[1:])
