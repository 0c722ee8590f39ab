"""Takes a package piece by piece into the slot that does not run. Loaded for an update, in the watch and the recovery.

Nothing is written before the head's signature, board, version and sizes have been judged, and what is written is used
by nobody before all of it has been checked. A broken transfer goes on where it was: `wants` says from which byte.
"""

from micropython import const

from firmware.update.package import (
    BIG,
    DAMAGED,
    FORM,
    check_code,
    check_paths,
    index,
    read_head,
    unfit,
)
from firmware.update.slots import NEW, asset_is_sound

_RESERVE = const(65536)  # bytes that stay free: the journal's (firmware/storage/vault.py)
_BLOCK = const(4096)
_MORE = ".new"  # an asset that has not come wholly


def judge(slots, head, least):
    """(why this watch does not take the package that begins with `head`, or "", its manifest). Writes nothing.

    least: the lowest version to take."""
    problem, manifest = read_head(head, slots.pins)
    if manifest and manifest.at != len(head):
        problem = FORM
    problem = problem or unfit(manifest, slots.board, least) or _no_room(slots, manifest)
    return problem, manifest


def _no_room(slots, manifest):
    needed = _RESERVE + manifest.at + manifest.size + _BLOCK
    for _, size, sha in manifest.assets:
        if slots.assets.size(sha[:16]) != size:
            needed += size + _BLOCK
    free = slots.files.free() + max(slots.files.size(slots.other), 0) + max(slots.files.size(NEW), 0)
    return BIG if needed > free else ""


class Receiver:
    """slots: Slots; head and manifest: of a package that `judge` has found nothing wrong with."""

    def __init__(self, slots, head, manifest):
        self._slots = slots
        self._head = head
        self.manifest = manifest

    def begin(self):
        """Make room, and write the head unless an earlier transfer of the same package got further."""
        slots = self._slots
        slots.files.remove(slots.other)  # judged before: there is no trial, so it is nobody's way back
        if slots.files.size(NEW) < len(self._head) or slots.files.read(NEW, 0, len(self._head)) != self._head:
            slots.files.replace(NEW, self._head)
        for asset in self.manifest.assets:
            self._name(asset)  # the power may have failed between its last byte and its name

    def wants(self):
        """[[part, next byte, bytes in all], ...] of what is still missing; part 0 is the code, then the assets."""
        manifest, assets = self.manifest, self._slots.assets
        have = self._slots.files.size(NEW) - manifest.at
        rows = [[0, have, manifest.size]] if have != manifest.size else []
        for number, (_, size, sha) in enumerate(manifest.assets, 1):
            if assets.size(sha[:16]) != size:
                rows.append([number, max(assets.size(sha[:16] + _MORE), 0), size])
        return rows

    def piece(self, part, at, data):
        """The next bytes of a part; False if they are not the next ones that are wanted."""
        for wanted, have, size in self.wants():
            if wanted == part:
                if at != have or not data or at + len(data) > size:
                    return False
                if part == 0:
                    self._slots.files.append(NEW, data)
                    return True
                return self._asset(self.manifest.assets[part - 1], data)
        return False

    def _asset(self, asset, data):
        self._slots.assets.append(asset[2][:16] + _MORE, data)
        return self._name(asset)

    def _name(self, asset):
        """A whole asset gets its name if it is the right one; else it is dropped, to begin again: False."""
        assets, name = self._slots.assets, asset[2][:16]
        if assets.size(name + _MORE) < asset[1]:
            return True
        if not asset_is_sound(assets, name + _MORE, asset[2]):
            assets.remove(name + _MORE)
            return False
        assets.move(name + _MORE, name)
        return True

    def check(self):
        """Why what came must not run, or "". Everything was read again, from the flash."""
        manifest = self.manifest
        if self.wants():
            return DAMAGED
        with self._slots.files.open(NEW) as stream:
            stream.seek(manifest.at)
            problem = check_code(stream, manifest)
            if problem:
                return problem
            stream.seek(manifest.at)
            entries = index(stream)
        return check_paths(entries, manifest.size)

    def drop(self):
        """Leave nothing of it, but in the recovery what may be of use to the next try."""
        slots = self._slots
        slots.files.remove(NEW)
        running = slots.manifest(slots.slot)
        if running:
            slots.tidy(running)
