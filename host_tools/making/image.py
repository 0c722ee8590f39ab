"""What lies on a watch's flash, as bytes: partition table, file system, signed package. Same content, same bytes.

partition table   32-byte entries and an MD5 entry (ESP-IDF, "Partition Tables"), at 0x8000
file system       littlefs 2 in MicroPython's geometry, sized from the partition
package           firmware/update/package.py
"""

import hashlib
import json
import struct
import zlib
from dataclasses import dataclass
from pathlib import PurePosixPath

from cryptography.hazmat.primitives.asymmetric import rsa
from littlefs import LittleFS
from littlefs.context import UserContext

import simulator  # noqa: F401  makes the firmware importable
from firmware.storage.frames import encode
from firmware.update import package
from host_tools.making import sign
from host_tools.making.build import BuildFailed

SECTOR = 4096
TABLE_AT = 0x8000
_TABLE_SIZE = 0xC00
_APP_AT = 0x10000
_APP_SIZE = 0x1F0000  # MicroPython's own table: what its images fit into
_VFS_AT = 0x200000
_KEYS_SIZE = 4 * SECTOR  # firmware/storage/keys.py

# Number of the form of what rules keep. Raise it with any change of a snapshot: docs/maker.md, "State".
STATE = 1

Files = dict[str, bytes]


# --- partitions


@dataclass(frozen=True)
class Partition:
    """One row of the table. kind: 0 app, 1 data."""

    label: str
    kind: int
    subtype: int
    at: int
    size: int


def partitions(flash_mb: int) -> list[Partition]:
    """MicroPython's own table for this size of flash, its file system shorter by the keys behind it."""
    end = flash_mb << 20
    return [
        Partition("nvs", 1, 0x02, 0x9000, 0x6000),
        Partition("phy_init", 1, 0x01, 0xF000, 0x1000),
        Partition("factory", 0, 0x00, _APP_AT, _APP_SIZE),
        Partition("vfs", 1, 0x81, _VFS_AT, end - _KEYS_SIZE - _VFS_AT),
        Partition("keys", 1, 0x40, end - _KEYS_SIZE, _KEYS_SIZE),
    ]


def partition_table(rows: list[Partition]) -> bytes:
    """The table as it lies at 0x8000, with the MD5 entry that the bootloader checks."""
    table = b"".join(
        struct.pack("<2sBBII16sI", b"\xaa\x50", row.kind, row.subtype, row.at, row.size, row.label.encode(), 0)
        for row in rows
    )
    table += b"\xeb\xeb" + b"\xff" * 14 + hashlib.md5(table, usedforsecurity=False).digest()
    return table.ljust(_TABLE_SIZE, b"\xff")


def read_table(data: bytes) -> list[Partition]:
    """The rows of a partition table; ValueError if its MD5 is not right."""
    rows: list[Partition] = []
    for at in range(0, len(data) - 31, 32):
        magic, kind, subtype, start, size, label, _ = struct.unpack("<2sBBII16sI", data[at : at + 32])
        if magic == b"\xeb\xeb":
            if hashlib.md5(data[:at], usedforsecurity=False).digest() != data[at + 16 : at + 32]:
                raise ValueError("the partition table's MD5 is not right")
            return rows
        if magic != b"\xaa\x50":
            break
        rows.append(Partition(label.rstrip(b"\0").decode(), kind, subtype, start, size))
    raise ValueError("this is no partition table")


# --- the package


@dataclass(frozen=True)
class Package:
    """A signed package. slot: what lies in a slot of the watch; assets: {path: content} of what is not code."""

    slot: bytes
    assets: Files

    @property
    def bytes(self) -> bytes:
        """The file that is handed out."""
        return self.slot + b"".join(self.assets[path] for path in sorted(self.assets))


def code_of(files: Files) -> bytes:
    """An index and the compressed bodies behind it."""
    bodies = {path: packed(files[path]) for path in sorted(files)}
    rows = "".join("%s\t%d\n" % (path, len(body)) for path, body in bodies.items()).encode()
    return b"%08x\n" % len(rows) + rows + b"".join(bodies.values())


def packed(data: bytes) -> bytes:
    """RFC 1951, for the small window of firmware/update/pack.py. Which bytes, the version of zlib decides too, so the
    bill of materials names it."""
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -package.WINDOW, 9)
    return squeeze.compress(data) + squeeze.flush()


def make_package(
    board: str, version: int, code: Files, assets: Files, key: rsa.RSAPrivateKey, minimum: int = 0, next_pin: str = ""
) -> Package:
    """Sign code and assets for one board."""
    content = code_of(code)
    items: list[object] = [
        "wardwatch firmware", board, version, minimum, STATE, next_pin,
        len(content), hashlib.sha256(content).hexdigest(),
    ]  # fmt: skip
    for path in sorted(assets):
        items += [path, len(assets[path]), hashlib.sha256(assets[path]).hexdigest()]
    return Package(head_of(items, key) + content, assets)


def head_of(items: list[object], key: rsa.RSAPrivateKey) -> bytes:
    """The signed head of a package; BuildFailed if the watch would not take in so long a one."""
    text = encode(items)
    head = package.MAGIC + text + b"\n" + sign.modulus(key).hex().encode() + b"\n" + sign.sign(key, text).hex().encode()
    if len(head) + 1 > package.HEAD:
        raise BuildFailed("the manifest has %d bytes, %d too many" % (len(head), len(head) + 1 - package.HEAD))
    return head + b"\n"


# --- the file system


class _Flash(UserContext):
    """Flash in memory."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self.buffer = bytearray(b"\xff" * size)


def _mount(context: _Flash, blocks: int, fresh: bool) -> LittleFS:
    """With the geometry of MicroPython's VfsLfs2. The cache decides which files lie inside their folder, and a reader
    with a smaller one would not see all of such a file."""
    system = LittleFS(
        context=context, mount=False, block_size=SECTOR, block_count=blocks, read_size=32, prog_size=32, cache_size=128,
        lookahead_size=32, disk_version=0x00020000,
    )  # fmt: skip
    if fresh:
        system.format()
    system.mount()
    return system


def file_system(files: Files, size: int) -> bytes:
    """A littlefs image of `size` bytes that holds the files, by their paths from the root."""
    context = _Flash(size)
    system = _mount(context, size // SECTOR, fresh=True)
    for path in sorted(files):
        folder = PurePosixPath(path).parent
        if str(folder) != ".":
            system.makedirs(str(folder), exist_ok=True)
        with system.open(path, "wb") as file:
            file.write(files[path])
    system.unmount()
    return bytes(context.buffer)


def used_blocks(image: bytes) -> int:
    """Blocks of the image that the file system has in use."""
    context = _Flash(len(image))
    context.buffer[:] = image
    system = _mount(context, len(image) // SECTOR, fresh=False)
    used = int(system.used_block_count)
    system.unmount()
    return used


def blocks_of(size: int) -> int:
    """Blocks that a file of this many bytes takes at most: its data, and the pointers at each block's beginning."""
    return -(-size // (SECTOR - 8)) if size else 0


def first_content(version: int, board: str, pins: list[str], slot: bytes, assets: Files) -> Files:
    """The watch's own records, as firmware/update/slots.py reads them: slot a runs, confirmed."""
    found: Files = {"slots/now": bytes(encode(["a", 0, version, board, *pins])), "slots/a": slot}
    for content in assets.values():
        found["assets/" + hashlib.sha256(content).hexdigest()[:16]] = content
    return found


def written(value: object) -> bytes:
    """JSON for people and programs, the same bytes each time."""
    return (json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()
