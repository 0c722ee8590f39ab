"""A whole watch on modelled flash: littlefs and the raw key partition under one power. Runs on MicroPython only."""

import gc

import vfs

from firmware.watch import Watch
from simulator.portable.board import Board, Drbg
from simulator.portable.flash import Flash, Partition, Power
from tests.faults.household import WALL, new_rig

ROOT = "/flash"


class FlashBoard(Board):
    """The simulated board on a mounted flash instead of a folder beside a file."""

    def __init__(self, seed, partition):
        self.root = ROOT
        self.device_secret = Drbg("device " + seed)(32)
        self.random = Drbg(seed)
        self.partition = partition
        self.rtc_runs = True
        self.true_time = WALL
        self.attach()


class Device:
    """The flash outlives each `start`; `rig` is the watch that runs on it, `report` what it said at boot."""

    def __init__(self, blocks=128, seed="seed"):
        power = Power()
        self.flash = Flash(None, blocks, power)
        self.partition = Partition(None, power)
        vfs.VfsLfs2.mkfs(self.flash)
        self._seed = seed
        self.board = FlashBoard(seed, self.partition)

    def start(self, power=None, step=True):
        """Switch on. With `step` false only the state has been rebuilt, and no rule has acted on the time."""
        self.power = self.flash.power = self.partition.flash.power = power or Power()
        vfs.mount(vfs.VfsLfs2(self.flash), ROOT)
        self.rig = new_rig()
        self.rig.board = self.board
        self.rig.watch = Watch(self.board)
        self.report = self.rig.watch.start()
        if step:
            self.rig.do({"op": "step"})
        return self.rig

    def stop(self):
        """Switch off; what was in memory is gone."""
        del self.rig
        vfs.umount(ROOT)
        gc.collect()

    def images(self):
        """Both flash contents and what is outside of them: the time."""
        return self.flash.image(), self.partition.flash.image(), self.board.true_time

    def load(self, images):
        """Put contents and time back; random bytes begin anew, so that equal acts leave equal bytes."""
        self.flash.load(images[0])
        self.partition.flash.load(images[1])
        self.board.true_time = images[2]
        self.board.random = Drbg(self._seed + " again")

    def micros(self):
        """Modelled time that the flash has taken so far."""
        return self.flash.micros + self.partition.flash.micros
