"""The firmware's files on a modelled flash, on CPython: the real littlefs, in the geometry of MicroPython's VfsLfs2.

MicroPython mounts a file system and every `open` finds it. CPython cannot, so `mounted` gives the firmware's one module
that touches files, `firmware/storage/files.py`, an `os` and an `open` of its own.
"""

import contextlib
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

from littlefs import LittleFS
from littlefs.context import UserContext
from littlefs.errors import LittleFSError

from firmware.storage import files
from simulator.portable.flash import SECTOR, Flash


class _Blocks(UserContext):
    """littlefs's block device: the flash model, which counts."""

    def __init__(self, flash: Flash) -> None:
        super().__init__(0)
        self._flash = flash

    def read(self, cfg: Any, block: int, off: int, size: int) -> bytearray:
        data = bytearray(size)
        self._flash.read_at(block * SECTOR + off, data)
        return data

    def prog(self, cfg: Any, block: int, off: int, data: bytes) -> int:
        self._flash.program_at(block * SECTOR + off, bytes(data))
        return 0

    def erase(self, cfg: Any, block: int) -> int:
        self._flash.erase_at(block)
        return 0


def _as_os(act: Callable[..., Any]) -> Callable[..., Any]:
    """The package's errors carry littlefs's numbers, which are errno's."""

    def called(*arguments: str) -> Any:
        try:
            return act(*arguments)
        except LittleFSError as error:
            raise OSError(-error.code, str(error)) from error

    return called


@contextlib.contextmanager
def mounted(flash: Flash) -> Iterator[LittleFS]:
    """While this lasts, all files of the firmware lie on `flash`, in a new littlefs."""
    system = LittleFS(
        context=_Blocks(flash), mount=False, block_size=SECTOR, block_count=flash.blocks, read_size=32, prog_size=32,
        cache_size=128, lookahead_size=32, block_cycles=100,
    )  # fmt: skip
    system.format()
    system.mount()

    def name(path: str) -> str:
        return path.rpartition("/")[2]  # the firmware keeps one flat folder; here it is the root

    def opened(path: str, mode: str) -> Any:
        try:
            return system.open(name(path), mode)
        except FileNotFoundError:
            if mode != "ab":
                raise
            return system.open(name(path), "xb")  # the package's own "a" makes no file

    def stat(path: str) -> tuple[int, ...]:
        return (0,) * 6 + (system.stat(name(path)).size,)

    own = SimpleNamespace(
        mkdir=lambda path: None,
        rename=_as_os(lambda old, new: system.rename(name(old), name(new))),
        stat=_as_os(stat),
        listdir=_as_os(lambda path: system.listdir("/")),
        remove=_as_os(lambda path: system.remove(name(path))),
        statvfs=lambda path: (SECTOR, SECTOR, flash.blocks, flash.blocks, flash.blocks - system.used_block_count),
    )
    names, before = vars(files), {"os": files.os, "open": open}
    names.update({"os": own, "open": opened})
    try:
        yield system
    finally:
        names["os"] = before["os"]
        del names["open"]
