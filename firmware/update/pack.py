"""A slot's code as a read-only file system over one file, for `vfs.mount`; runs on MicroPython alone.

One file a slot, because littlefs gives every file of its own at least a block of 4 KB: 180 modules would take twice
their size. Each module in it is compressed, and unpacked while it is imported. Nothing else can be found under the
mount point, so no file on the flash can stand in for a module (E11). Files that are not code (font, words) are assets:
they lie once on the flash, whichever slot uses them, and are opened there, at the speed of the flash.
"""

import struct
from hashlib import sha256

from deflate import RAW, DeflateIO
from micropython import const

from firmware.update.package import WINDOW, index

_ROW = const(14)  # digest of the path, 6 bytes; offset u32; bytes u32
_DIGEST = const(6)
_FOLDER = const(0xFFFFFFFF)  # offset of a folder, and of an asset with its number in place of the size
_ASSET = const(0xFFFFFFFE)
_NO_ENTRY = const(2)
_READ_ONLY = const(30)


class Pack:
    """path: the slot's file; manifest: of it, checked; assets: folder that holds them by their digests, with "/"."""

    def __init__(self, path, manifest, assets):
        self._path = path
        self._assets = [assets + asset[2][:16] for asset in manifest.assets]
        self._rows = bytearray()
        with open(path, "rb") as stream:
            stream.seek(manifest.at)
            entries = index(stream) or []
        folders = set()
        for number in range(len(manifest.assets)):
            self._add(manifest.assets[number][0], _ASSET, number, folders)
        for name, at, size in entries:
            self._add(name, manifest.at + at, size, folders)

    def _add(self, name, at, size, folders):
        self._rows += _digest(name) + struct.pack(">II", at, size)
        end = name.rfind("/")
        if end > 0 and name[:end] not in folders:
            folders.add(name[:end])
            self._add(name[:end], _FOLDER, 0, folders)

    def _find(self, path):
        """(offset, bytes) of a path; OSError where there is none."""
        wanted, at = _digest(path[1:] if path[:1] == "/" else path), -1
        while True:
            at = self._rows.find(wanted, at + 1)
            if at < 0:
                raise OSError(_NO_ENTRY)
            if at % _ROW == 0:
                return struct.unpack(">II", self._rows[at + _DIGEST : at + _ROW])

    # What vfs.mount and the import ask for

    def mount(self, readonly, mkfs):
        pass

    def umount(self):
        pass

    def ilistdir(self, path):
        """Nothing: paths are kept as digests. The import lists no folder."""
        return iter(())

    def stat(self, path):
        at, size = self._find(path)
        return (0x4000 if at == _FOLDER else 0x8000, 0, 0, 0, 0, 0, size, 0, 0, 0)  # of a module: as it lies here

    def open(self, path, mode):
        if "w" in mode or "a" in mode or "+" in mode:
            raise OSError(_READ_ONLY)
        at, size = self._find(path)
        if at == _FOLDER:
            raise OSError(_NO_ENTRY)
        if at == _ASSET:
            return open(self._assets[size], mode)
        stream = open(self._path, "rb")
        stream.seek(at)
        return DeflateIO(stream, RAW, WINDOW, True)  # a module's end is in its own bits; it closes the file


def _digest(path):
    return sha256(path.encode()).digest()[:_DIGEST]
