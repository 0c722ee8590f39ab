"""Switch a whole board on: the image that `ward build` lays out, on the board's simulated chips. Runs on MicroPython.

usage: whole.py IMAGE FACTS TURNS ORDER...    FACTS: a file with the packed description; each ORDER is a boot: "-", or
PATH=TEXT, a file that is written before. The line is stdin and stdout. After TURNS turns of the loop a boot ends, and
what can be seen of the board is printed: "SEEN", light, pixels that are not black, pixels of the recovery's red.
"""

import builtins
import json
import sys

import vfs

import simulator.machine as machine
from simulator.chips.wiring import Bench
from tests.update.boots import Ram, Restart, script

RED = 0xD800
_IMPORT = builtins.__import__


class Nvs:
    kept: dict = {}

    def __init__(self, name):
        pass

    def get_blob(self, key, buffer):
        if key not in self.kept:
            raise OSError(2)
        buffer[:] = self.kept[key]
        return len(buffer)

    def set_blob(self, key, value):
        self.kept[key] = bytes(value)

    def commit(self):
        pass


class Partition:
    TYPE_DATA = 1
    flash = Ram(b"\xff" * 16384)

    @classmethod
    def find(cls, kind, label):
        return [cls.flash] if label == "keys" else []


class Dog:
    """The watchdog; it also ends the boot."""

    turns = 0

    def __init__(self, timeout):
        self.fed = 0

    def feed(self):
        self.fed += 1
        if self.fed > self.turns:
            raise Restart


class Esp32:
    NVS = Nvs
    Partition = Partition


class Time:
    """The circuit's time."""

    def __init__(self, bench):
        self.ticks_ms = bench.ticks
        self.sleep_ms = bench.circuit.advance


def reset():
    raise Restart


def switch_on(facts):
    bench = Bench(facts)
    bench.battery(80, 3700)
    sys.modules["time"] = Time(bench)  # type: ignore[assignment]
    setattr(machine, "lightsleep", bench.circuit.sleep)  # noqa: B010
    try:
        script("/boot.py")
        script("/main.py")
    except Restart:
        pass
    builtins.__import__ = _IMPORT
    frame = bench.display.picture()
    shown = [frame[at] << 8 | frame[at + 1] for at in range(0, len(frame), 2)]
    print("SEEN", bench.display.lit(), len([1 for colour in shown if colour]), shown.count(RED))
    for name in list(sys.modules):
        if name.split(".")[0] == "firmware":
            sys.modules.pop(name)
    try:
        vfs.umount("/code")
    except OSError:
        pass


def main():
    with open(sys.argv[1], "rb") as file:
        flash = Ram(file.read())
    with open(sys.argv[2]) as file:
        facts = json.load(file)
    Dog.turns = int(sys.argv[3])
    for name, what in (("reset", reset), ("unique_id", lambda: b"\x02\x00\x00\x00\x00\x01"), ("WDT", Dog)):
        setattr(machine, name, what)
    sys.modules["machine"] = machine
    sys.modules["esp32"] = Esp32  # type: ignore[assignment]
    vfs.umount("/")
    vfs.mount(vfs.VfsLfs2(flash), "/")
    for order in sys.argv[4:]:
        name, is_file, text = order.partition("=")
        if is_file:
            with open(name, "w") as file:
                file.write(text)
        switch_on(facts)


main()
