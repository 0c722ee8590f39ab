"""Two slots for code and the pointer that says which one runs (requirements E1, E2, C12).

    slots/now    canonical JSON: [slot, on trial, least version, board, pinned keys in hex...], switched by one rename
    slots/a, b   packages without their assets; slots/new: one that is being received
    slots/tries  a byte for each boot since the watch last ran well
    slots/order  what a guardian wants the next boot to be
    assets/      what the slots share, by the first half of its SHA-256

A new version runs on trial. It is confirmed once it has run well and a guardian has been at the line, or for 24 hours;
until then the slot before it is the way back. From then on only a newer package replaces it: a version that keeps
crashing ends in the recovery, never in an older one.
"""

import json
import os
from hashlib import sha256

from micropython import const

from firmware.storage.files import Files
from firmware.storage.frames import encode
from firmware.update.package import DAMAGED, HEAD, check_code, read_head

TRIES = const(3)  # boots that did not end well, until something else is tried
WELL = const(60)  # seconds of running after which a boot counts as good

_NOW = const("now")
_TRIES = const("tries")
_ORDER = const("order")
NEW = const("new")

OPENINGS = ("repl", "bootloader")  # what an order can open, once every key is erased

# Why no slot starts
SERVICE = "service"
CRASHES = const("crashes")
NO_POINTER = const("pointer")


class Slots:
    """root: the folder of the file system that holds `slots` and `assets`, ended by "/". Failures are OSErrors."""

    def __init__(self, root):
        self.files = Files(root + "slots")
        self.assets = Files(root + "assets")
        self._root = root
        self.slot = ""  # "a" or "b"; "" if the pointer cannot be read
        self.trial = False
        self.least = 0  # no lower version starts
        self.board = ""
        self.pins = []
        try:
            items = json.loads(self.files.read(_NOW))
            slot, trial, self.least, self.board = items[:4]
            self.trial, self.pins = trial == 1, items[4:]
            self.slot = slot if slot in ("a", "b") else ""
        except (OSError, ValueError, TypeError, KeyError):
            self.slot = ""

    @property
    def other(self):
        return "b" if self.slot == "a" else "a"

    def path(self, name):
        return self._root + "slots/" + name

    def assets_path(self):
        return self._root + "assets/"

    def _point(self, slot, trial, least, pins):
        """Switch, durably and at once or not at all."""
        self.files.replace(_NOW, encode([slot, 1 if trial else 0, least, self.board] + pins))
        self.slot, self.trial, self.least, self.pins = slot, trial, least, pins

    # --- boot

    def tries(self):
        """Boots that have begun since one last went well."""
        try:
            return len(self.files.read(_TRIES))
        except OSError:
            return 0

    def begin_try(self):
        """Count this boot before anything can go wrong in it."""
        self.files.append(_TRIES, b"x")

    def went_well(self):
        """This boot has lasted: forget the ones before."""
        self.files.remove(_TRIES)

    def spare_try(self):
        """The recovery has run for a while: the next switching on may try once more."""
        self.files.replace(_TRIES, b"x" * (TRIES - 1))

    def order(self, what):
        """The next boot shall be SERVICE; or one of OPENINGS, which a guardian gets when all is wiped."""
        self.files.replace(_ORDER, what.encode())

    def ordered(self):
        """What was ordered, or ""; an order is good for one boot."""
        try:
            what = self.files.read(_ORDER).decode()
        except (OSError, UnicodeError):
            return ""
        self.files.remove(_ORDER)
        return what

    def choose(self):
        """(manifest, why not): what may start now, else (None, why). Goes back from a trial that failed."""
        if not self.slot:
            return None, NO_POINTER
        crashes = self.tries() >= TRIES
        manifest = None if crashes else self.manifest(self.slot)
        if manifest is None and self.trial:
            back = self.manifest(self.other)
            if back and back.version >= self.least:
                self._point(self.other, False, self.least, self.pins)
                self.went_well()
                return back, ""
        if manifest is None or manifest.version < self.least:
            return None, CRASHES if crashes else DAMAGED
        return manifest, ""

    def manifest(self, name):
        """The manifest of a slot whose signature, board and bytes are right; else None."""
        try:
            with open(self.path(name), "rb") as stream:
                _, manifest = read_head(stream.read(HEAD), self.pins)
                if manifest is None or manifest.board != self.board:
                    return None
                stream.seek(manifest.at)
                if check_code(stream, manifest):
                    return None
        except OSError:
            return None
        for _, size, sha in manifest.assets:
            if self.assets.size(sha[:16]) != size:
                return None
        return manifest

    # --- an update

    def take(self, manifest):
        """`new` is whole and checked: it runs on trial from the next boot on."""
        self.files.move(NEW, self.other)
        pins = self.pins + [pin for pin in manifest.pins if pin not in self.pins]
        self._point(self.other, True, max(self.least, manifest.minimum), pins)
        self.went_well()  # the tries were another version's

    def confirm(self, manifest):
        """The version that runs has proved itself: there is no way back, and its keys alone are good from now on."""
        self._point(self.slot, False, max(self.least, manifest.version), manifest.pins)
        self.files.remove(self.other)
        self.tidy(manifest)

    def tidy(self, manifest):
        """Remove assets that the only slot does not use, and what interrupted writes left."""
        used = [sha[:16] for _, _, sha in manifest.assets]
        for name in os.listdir(self._root + "assets"):
            if name not in used:
                self.assets.remove(name)
        self.files.tidy()


def asset_is_sound(files, name, sha):
    """Whether the whole file has this SHA-256 (hex)."""
    return files.digest(name, sha256()).hex() == sha
