"""`ward build`: everything that goes onto a board, from this tree, signed."""

import json
from pathlib import Path

import click

from host_tools.boards import BoardError, load, names
from host_tools.console import Failure, Result, say
from host_tools.making import sign
from host_tools.making.build import BuildFailed
from host_tools.making.release import changes, make, next_pin, write


@click.command()
@click.option("--board", "name", required=True, help="One of: " + ", ".join(names()))
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), default=Path("build/release"), show_default=True
)
@click.option("--version", "version", default="", help="Another version than this tree's.")
@click.option("--minimum", default="", help="No lower version starts any more, not even as the way back.")
@click.option(
    "--maker", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Another boards/maker.toml."
)
@click.option("--key", type=click.Path(path_type=Path), help="Another key than `ward keygen` made.")
@click.option("--passphrase-fd", type=int, metavar="N", help="Read the key's passphrase from file descriptor N.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def build(
    name: str, out: Path, version: str, minimum: str, maker: Path | None, key: Path | None, passphrase_fd: int | None,
    as_json: bool,
) -> None:  # fmt: skip
    """Build everything that goes onto a board, signed.

    A second build of the same tree gives the same bytes."""
    try:
        board = load(name)
        signer = sign.load(key or sign.home() / sign.CURRENT, passphrase_fd)
        made = make(board, out, signer, "" if key else next_pin(), version, minimum, maker)
        before = _before(made.folder)
        write(made)
    except (BuildFailed, BoardError, OSError) as failed:
        raise Failure("Nothing was built: %s" % failed) from failed
    say(changes(made.parts, before))
    data = {"board": made.board, "version": made.version, "folder": str(made.folder), "parts": made.parts}
    Result(data, "%s, version %d, is in %s" % (made.board, made.version, made.folder)).write(as_json)


def _before(folder: Path) -> dict[str, int]:
    try:
        found = json.loads((folder / "manifest.json").read_bytes())["parts"]
    except (OSError, ValueError, KeyError):
        return {}
    return found if isinstance(found, dict) else {}
