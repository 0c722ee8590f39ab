"""`ward deploy`: changed modules onto a development board, over the raw REPL, by the library of `mpremote`.

A development board is no child's watch: its modules lie unsigned in a folder of their own, Ctrl-C stays open, there are
no slots. `ward flash` makes a watch of it again.
"""

import ast
import hashlib
from pathlib import Path

import click
from mpremote.transport import TransportError
from mpremote.transport_serial import SerialTransport

from host_tools import image
from host_tools.boards import BoardError, load, names
from host_tools.build import BuildFailed, compile_firmware
from host_tools.console import BROKEN, Failure, Result
from host_tools.port import candidates

_FOLDER = "dev"
_BOOT = "import gc, sys\ngc.threshold(8192)\nsys.path[:] = ['.frozen', '/%s']\n" % _FOLDER
_MAIN = "from firmware.run import run\n\nrun('/', 0, False)\n"
_PIECE = 2048  # bytes written at once

# Runs on the board: the SHA-256 of every file of ours, and every folder.
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
for name in os.listdir('/'):
    if name in ('boot.py', 'main.py'):
        with open('/' + name, 'rb') as file:
            found['/' + name] = sha256(file.read()).digest().hex()
    elif name == '%s':
        found['/' + name] = ''
        look('/' + name, found)
print(repr(found))
"""


def wanted(compiled: Path) -> image.Files:
    """What lies on a development board, by the paths there."""
    found: image.Files = {"/boot.py": _BOOT.encode(), "/main.py": _MAIN.encode()}
    for path in sorted((compiled / "firmware").rglob("*")):
        if path.is_file() and path.suffix != ".tmp" and path.name != "model_small.bin":
            found["/%s/%s" % (_FOLDER, path.relative_to(compiled).as_posix())] = path.read_bytes()
    return found


def deploy_files(board: SerialTransport, files: image.Files) -> tuple[list[str], list[str]]:
    """Make the board's files these: (paths written, paths removed). The board is in the raw REPL."""
    there: dict[str, str] = ast.literal_eval(board.exec(_LOOK % _FOLDER).decode())
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


@click.command()
@click.option("--board", "name", required=True, help="One of: " + ", ".join(names()))
@click.option("--port", envvar="WARD_PORT", show_envvar=True, help="Serial port of a board at its prompt.")
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), default=Path("build/deploy"), show_default=True
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def deploy(name: str, port: str | None, out: Path, as_json: bool) -> None:
    """Copy what has changed onto a development board, and restart it.

    Never onto a child's watch: what is copied is not signed, and the prompt stays open."""
    try:
        files = wanted(compile_firmware(out))
        files["/%s/firmware/board.json" % _FOLDER] = load(name).packed()
    except (BuildFailed, BoardError) as failed:
        raise Failure("Nothing was copied: %s" % failed) from failed
    ports = [port] if port else candidates()
    if len(ports) != 1:
        raise Failure("Say which port with --port; there are: %s." % (", ".join(ports) or "none"))
    try:
        board = SerialTransport(ports[0], timeout=10)
        try:
            board.enter_raw_repl()
            written, removed = deploy_files(board, files)
            board.exit_raw_repl()
            board.serial.write(b"\x04")  # a soft reset, which runs main.py
        finally:
            board.close()
    except (TransportError, OSError) as error:
        raise Failure(
            "The board does not answer at its prompt (%s). A watch has none: see docs/maker.md." % error, BROKEN
        ) from error
    data = {"written": written, "removed": removed}
    Result(data, "%d files written, %d removed, %d as they were." % (
        len(written), len(removed), len(files) - len(written)
    )).write(as_json)  # fmt: skip
