"""Changed modules onto a development board, over the raw REPL, by the library of `mpremote`.

A development board is no child's watch: its modules lie unsigned in a folder of their own, Ctrl-C stays open, there are
no slots. `ward flash` makes a watch of it again.
"""

import ast
import contextlib
import hashlib
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

from mpremote.transport import TransportError
from mpremote.transport_serial import SerialTransport

from host_tools.console import BROKEN, Failure
from host_tools.making import image

FOLDER = "dev"
_BOOT = "import gc, sys\ngc.threshold(8192)\nsys.path[:] = ['.frozen', '/%s']\n" % FOLDER
_MAIN = "from firmware.run import run\n\nrun('/', 0, False)\n"
_PIECE = 2048  # bytes written at once

# Runs on the board, with the names in the root that are ours: the SHA-256 of every file, and every folder.
_LOOK = """
import os
from hashlib import sha256
def look(path, found):
    for entry in os.ilistdir(path):
        name = path + '/' + entry[0]
        if entry[1] == 0x4000:
            found[name] = ''
            look(name, found)
        else:
            digest = sha256()
            with open(name, 'rb') as file:
                while True:
                    piece = file.read(512)
                    if not piece:
                        break
                    digest.update(piece)
            found[name] = digest.digest().hex()
found = {}
for entry in os.ilistdir('/'):
    name = '/' + entry[0]
    if entry[0] not in %r:
        continue
    if entry[1] == 0x4000:
        found[name] = ''
        look(name, found)
    else:
        with open(name, 'rb') as file:
            found[name] = sha256(file.read()).digest().hex()
print(repr(found))
"""


def wanted(compiled: Path) -> image.Files:
    """What lies on a development board, by the paths there."""
    found: image.Files = {"/boot.py": _BOOT.encode(), "/main.py": _MAIN.encode()}
    for path in sorted((compiled / "firmware").rglob("*")):
        if path.is_file() and path.suffix != ".tmp" and path.name != "model_small.bin":
            found["/%s/%s" % (FOLDER, path.relative_to(compiled).as_posix())] = path.read_bytes()
    return found


def deploy_files(board: SerialTransport, files: image.Files) -> tuple[list[str], list[str]]:
    """Make the board's files these: (paths written, paths removed). What else lies in its root stays.

    The board is in the raw REPL."""
    ours = sorted({path.split("/")[1] for path in files})
    there: dict[str, str] = ast.literal_eval(board.exec(_LOOK % (ours,)).decode())
    folders = {path for path, digest in there.items() if not digest}
    written, removed = [], []
    for path, data in files.items():
        if there.get(path) == hashlib.sha256(data).hexdigest():
            continue
        parts = path.split("/")[1:-1]
        for count in range(1, len(parts) + 1):
            folder = "/" + "/".join(parts[:count])
            if folder not in folders:
                board.fs_mkdir(folder)
                folders.add(folder)
        board.fs_writefile(path, data, _PIECE)
        written.append(path)
    for path, digest in there.items():
        if digest and path not in files:
            board.fs_rmfile(path)
            removed.append(path)
    return written, removed


@contextlib.contextmanager
def at_prompt(port: str) -> Iterator[SerialTransport]:
    """A board in the raw REPL, after a soft reset without main.py. Failure if it does not answer there, or stops."""
    try:
        board = SerialTransport(port, timeout=10)
        try:
            if isinstance(connection := getattr(board.serial, "_socket", None), socket.socket):
                # pyserial leaves small writes waiting for the other side's acknowledgement: 40 ms for each.
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with contextlib.redirect_stdout(sys.stderr):  # where mpremote shows what a board said instead of a prompt
                board.enter_raw_repl()
            yield board
        finally:
            board.close()
    except (TransportError, OSError) as error:
        raise Failure(
            "The board does not answer at its prompt (%s). A watch has none: see docs/maker.md." % error, BROKEN
        ) from error
