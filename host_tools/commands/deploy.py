"""`ward deploy`: changed modules onto a development board."""

from pathlib import Path

import click

from host_tools.boards import BoardError, load, names
from host_tools.console import Failure, Result
from host_tools.link.port import candidates
from host_tools.making.build import BuildFailed, compile_firmware
from host_tools.making.deploy import FOLDER, at_prompt, deploy_files, wanted


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
        files["/%s/firmware/board.json" % FOLDER] = load(name).packed()
    except (BuildFailed, BoardError) as failed:
        raise Failure("Nothing was copied: %s" % failed) from failed
    ports = [port] if port else candidates()
    if len(ports) != 1:
        raise Failure("Say which port with --port; there are: %s." % (", ".join(ports) or "none"))
    with at_prompt(ports[0]) as board:
        written, removed = deploy_files(board, files)
        board.exit_raw_repl()
        board.serial.write(b"\x04")  # a soft reset, which runs main.py
    data = {"written": written, "removed": removed}
    Result(data, "%d files written, %d removed, %d as they were." % (
        len(written), len(removed), len(files) - len(written)
    )).write(as_json)  # fmt: skip
