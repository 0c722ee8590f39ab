"""The whole watch on a board: what firmware/start.py hands over to. MicroPython on ESP32 only."""

import time

import firmware.preload  # noqa: F401
from firmware import chip, guard
from firmware.device import Device
from firmware.update.slots import Slots
from firmware.watch import Watch


class Screen:
    """Takes notices for the device, which is made after the services that give them."""

    device: object = None

    def notice(self, kind, fields):
        if self.device:
            self.device.notice(kind, fields)  # type: ignore[attr-defined]


def run(root, version, trial):
    """Until the watch shall restart. root: of the file system, with "/"; version: of this code, 0 where it is frozen;
    trial: it is on trial."""
    dog = chip.watchdog()
    hardware, screen = chip.hardware(), Screen()
    board = chip.Board(root, screen, hardware, Slots(root) if version else None, version)
    watch = Watch(board)
    watch.start()
    if version:
        watch.updates.started(len(guard.strangers(root) + guard.strangers(root + "base/")))
    guard.fence()
    device = screen.device = Device(watch, hardware, watch.engine.rules["administration"].language)
    while not watch.restart:
        dog.feed()
        hardware.radio = watch.carrier.on
        hardware.rest(device.step(time.ticks_ms()))
