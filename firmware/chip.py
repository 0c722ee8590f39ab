"""What the ESP32 itself gives to firmware/watch.py's contract: keys' partition, device secret, serial line, randomness.

MicroPython on ESP32 only. The device secret lies in the NVS partition, made at the first start: stock MicroPython
reaches no eFuse key. Whoever reads the whole flash has it; docs/maker.md says what closes that.
"""

import json
import os
import select
import sys
import time
from hashlib import sha256

import esp32
import machine
from micropython import const

from firmware.drivers.wifi import Wifi
from firmware.services.transport.nobody import Nobody

_SECTOR_ERASE = const(6)  # ioctl of a block device
_SECRET = const("secret")
_SIZE = const(32)
_QUIET_MS = const(3)  # between bytes of one frame at 115,200 baud
_MOST = const(4200)  # bytes of one read: a frame and a little more
_DOG_MS = const(30000)
_DATA = const("data")  # the watch's own folder
KEY_SECTORS = 4


class Partition:
    """The raw key partition, as firmware/storage/keys.py wants it."""

    def __init__(self, flash):
        self._flash = flash

    def read(self, sector, offset, length):
        buffer = bytearray(length)
        self._flash.readblocks(sector, buffer, offset)
        return bytes(buffer)

    def program(self, sector, offset, data):
        self._flash.writeblocks(sector, data, offset)

    def erase(self, sector):
        self._flash.ioctl(_SECTOR_ERASE, sector)


class Line:
    """The serial line that the prompt would have: stdin and stdout."""

    def __init__(self):
        self._poll = select.poll()
        self._poll.register(sys.stdin, select.POLLIN)

    def read(self):
        """What has come; waits only within a frame, whose bytes the chip's small buffer would lose."""
        data = bytearray()
        wait = 0
        while len(data) < _MOST and self._poll.poll(wait):
            byte = sys.stdin.buffer.read(1)
            if not byte:
                break
            data += byte
            wait = _QUIET_MS
        return bytes(data)

    def write(self, data):
        sys.stdout.buffer.write(data)


class Board:
    """firmware/watch.py's contract on a chip. What no driver is there for yet is None: it does not exist."""

    phone = positions = terminal = launcher = radio = provider = indicator = None

    def __init__(self, root, screen=None, hardware=None, slots=None, version=0):
        """root: of the file system. The rest is what only a watch that runs its firmware has."""
        self.screen, self.slots, self.version = screen, slots, version
        self.model = hardware.name if hardware else ""
        self.core = hardware is not None and hardware.core
        self._hardware = hardware
        self.root = root + _DATA
        self.identity = sha256(b"wardwatch " + machine.unique_id()).digest()[:8]
        self.address = self.identity.hex()  # for envelopes
        self.device_secret = _secret()
        self.random = os.urandom
        self.partition = keys()
        self.carrier = Nobody()  # firmware/recovery.py has no other
        self.wifi = Wifi()
        self.port = Line()
        self.devices = {}

    def rtc(self):
        return self._hardware.rtc()

    def set_rtc(self, seconds):
        self._hardware.set_rtc(seconds)

    def charging(self):
        return self._hardware.charging()


def keys():
    """The key partition; IndexError where the chip was flashed without one."""
    return Partition(esp32.Partition.find(esp32.Partition.TYPE_DATA, label="keys")[0])


def _secret():
    """32 bytes of this chip alone; made once."""
    store, secret = esp32.NVS("wardwatch"), bytearray(_SIZE)
    try:
        if store.get_blob(_SECRET, secret) == _SIZE:
            return bytes(secret)
    except OSError:
        pass
    store.set_blob(_SECRET, os.urandom(_SIZE))
    store.commit()
    store.get_blob(_SECRET, secret)
    return bytes(secret)


def hardware():
    """The board's parts (firmware/board.py), from the description beside it."""
    from firmware.board import Hardware

    with open(__file__[: __file__.rfind("/") + 1] + "board.json") as file:
        facts = json.load(file)
    return Hardware(facts, time.sleep_ms, time.ticks_ms, machine.lightsleep)


def watchdog():
    """A restart unless it is fed at least every half minute. It cannot be stopped."""
    return machine.WDT(timeout=_DOG_MS)
