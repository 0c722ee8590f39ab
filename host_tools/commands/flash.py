"""`ward flash`: from this tree to a watch on a board."""

from pathlib import Path

import click

from host_tools.boards import BoardError, load, names
from host_tools.console import Failure, Result, say, sure, warn
from host_tools.making import release, sign, stock
from host_tools.making.build import BuildFailed
from host_tools.making.flash import check_chip, find_port, parts, plan, traps, wait_for_hello, write


@click.command()
@click.option("--board", "name", required=True, help="One of: " + ", ".join(names()))
@click.option("--port", envvar="WARD_PORT", show_envvar=True, help="Serial port, path or socket://host:port.")
@click.option("--firmware", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="A MicroPython image.")
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), default=Path("build/release"), show_default=True
)
@click.option(
    "--passphrase-fd", type=int, metavar="N", help="Read the signing key's passphrase from file descriptor N."
)
@click.option("--no-stub", is_flag=True, help="Use the loader in the chip's ROM alone; slower, for emulators.")
@click.option("--no-wait", is_flag=True, help="Do not wait for the watch's hello.")
@click.option("--yes", is_flag=True, help="Do not ask before erasing.")
@click.option("--dry-run", is_flag=True, help="Print every step and do none.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def flash(
    name: str, port: str | None, firmware: Path | None, out: Path, passphrase_fd: int | None, no_stub: bool,
    no_wait: bool, yes: bool, dry_run: bool, as_json: bool,
) -> None:  # fmt: skip
    """Build this tree for a board and write it: MicroPython, partitions, files. Erases the board.

    Asks first, verifies all that it has written, and waits until the watch answers. It never touches eFuses."""
    try:
        board = load(name)
        data = stock.micropython(board, firmware)
        made = release.make(board, out, _key(passphrase_fd, dry_run), release.next_pin())
    except (BuildFailed, BoardError, OSError) as failed:
        raise Failure("Nothing was written: %s" % failed) from failed
    content = parts(board, data, made)
    for words in traps(board):
        warn(words)
    if dry_run:
        Result(*plan(board, port, content, not no_stub, no_wait)).write(as_json)
        return
    port = find_port(board, port)
    check_chip(board, port, not no_stub)
    sure("Erase %s at %s and write Wardwatch?" % (board.title, port), yes)
    release.write(made)
    write(board, port, content, not no_stub)
    if "://" in port:
        say("Restart the chip now: that cannot be done over a socket.")
    if not no_wait:
        port = wait_for_hello(board, port)
    step = "ward setup --port %s" % port
    Result({"board": board.name, "port": port, "version": made.version, "next": step},
           "Wardwatch %d is on it. Next: %s" % (made.version, step)).write(as_json)  # fmt: skip


def _key(descriptor: int | None, dry_run: bool) -> sign.rsa.RSAPrivateKey:
    """The key that signs; on the first flash of a maker's own watch one is made."""
    path = sign.home() / sign.CURRENT
    if path.exists() or dry_run:
        return sign.load(path, descriptor)
    say(
        "There is no key to sign with yet; %s is made, without a passphrase. Keep it: it alone can update this watch."
        % path
    )
    return sign.create(path)
