"""The MicroPython image of a board: a file, or the one that board.toml names, fetched from the project's own downloads.

What is fetched is taken only with the SHA-256 of board.toml, and kept for the next time. A board whose image has no
SHA-256 there needs a file: nothing unchecked is written by itself.
"""

import hashlib
import os
import re
import struct
import tempfile
import urllib.request
from pathlib import Path

import platformdirs

from host_tools.boards import Board, build_of
from host_tools.console import Failure, say, warn

IMAGES = "https://micropython.org/resources/firmware/"
OLDEST = (1, 24)
_CHIP_IDS = {"esp32": 0, "esp32s3": 9}  # of an image's extended header
_APP_AT = 0x10000
_APP_SIZE = 0x1F0000
_LARGEST = 8 << 20  # bytes of an image
_SECONDS = 60
_VERSION = re.compile(rb"MicroPython v(\d+)\.(\d+)\.\d+")
_BUILD = re.compile(rb"\0((?:ESP32|UM)_[A-Z0-9_]+(?:-[A-Z0-9_]+)?)\0")  # sys.implementation._build, from 1.25 on


def micropython(board: Board, file: Path | None) -> bytes:
    """The image for the board, checked. Failure says what is wrong, or where to get it."""
    wanted = board.micropython
    if file is not None:
        data = file.read_bytes()
        _check(board, data)
        if "sha256" in wanted and hashlib.sha256(data).hexdigest() != wanted["sha256"]:
            say("%s is another image than the one that board.toml names (%s)." % (file, wanted["image"]))
        return data
    if "sha256" not in wanted:
        where = IMAGES + wanted["image"] if "image" in wanted else "https://micropython.org/download"
        raise Failure(
            "boards/%s/board.toml holds no SHA-256 of its MicroPython image, and nothing is written unchecked. Get %s, "
            "1.24 or newer, from %s and say: --firmware FILE" % (board.name, build_of(board), where)
        )
    data = _kept(wanted["sha256"]) or _fetch(wanted["image"], wanted["sha256"])
    _check(board, data)
    return data


def _store() -> Path:
    return Path(os.environ.get("WARD_HOME") or platformdirs.user_cache_dir("wardwatch", False)) / "images"


def _kept(sha: str) -> bytes:
    """The image of an earlier time if it is still whole, else nothing."""
    try:
        data = (_store() / sha).read_bytes()
    except OSError:
        return b""
    return data if hashlib.sha256(data).hexdigest() == sha else b""


def _fetch(name: str, sha: str) -> bytes:
    """Download an image; Failure unless it is the one with this SHA-256."""
    url = IMAGES + name
    say("Fetching %s" % url)
    try:
        with urllib.request.urlopen(url, timeout=_SECONDS) as answer:
            data = bytes(answer.read(_LARGEST))
    except OSError as error:
        raise Failure("%s cannot be fetched (%s). Get it otherwise and say: --firmware FILE" % (url, error)) from error
    if hashlib.sha256(data).hexdigest() != sha:
        raise Failure("What came from %s is not the image that board.toml names. Nothing was written." % url)
    folder = _store()
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder, delete=False) as temporary:
        temporary.write(data)
    os.replace(temporary.name, folder / sha)
    return data


def _check(board: Board, data: bytes) -> None:
    """Whether this is an image for the board's chip that fits the partition and that the firmware can run on."""
    name = build_of(board)
    if len(data) < 0x9000 or data[0] != 0xE9:
        raise Failure("This is no MicroPython image for an ESP32. The board wants %s." % name)
    if struct.unpack("<H", data[12:14])[0] != _CHIP_IDS[board.soc["family"]]:
        raise Failure("This image is for another chip; the board has an %s and wants %s." % (board.soc["family"], name))
    app = len(data) - (_APP_AT - board.micropython["offset"])
    if not 0 < app <= _APP_SIZE:
        raise Failure("This image has %d bytes of program; the board has room for %d." % (app, _APP_SIZE))
    version = _VERSION.search(data)
    if version is None:
        warn("The image does not say which MicroPython it is. 1.24 is the oldest that works.")
    elif (int(version[1]), int(version[2])) < OLDEST:
        raise Failure("This image is %s; 1.24 is the oldest that works." % version[0].decode())
    builds = {found.decode() for found in _BUILD.findall(data)}
    if builds and name not in builds:
        warn("The image says it is %s; the board wants %s. Its PSRAM may not work." % (", ".join(sorted(builds)), name))
