"""`ward doctor`: what may stand between this computer and a watch, one line each with what to do about it."""

from collections.abc import Callable

import click

from host_tools.console import FAILED, Failure, Result, table
from host_tools.guardian.checks import BAD, GOOD, Line, check_port, check_watch
from host_tools.link import usb
from host_tools.link.keys import Keys
from host_tools.link.line import LineError, Refused
from host_tools.link.talk import Talk


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--port", envvar="WARD_PORT", show_envvar=True, help="Serial port, path or socket://host:port.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def doctor(port: str | None, as_json: bool) -> None:
    """Check cable, port, pairing and the watch itself; each line says what to do. Changes nothing."""
    lines: list[Line] = []
    for check in (_keys, lambda: _all(port)):
        lines += _safe(check)
    data = [{"check": what, "state": state, "words": words} for what, state, words in lines]
    Result(data, table(["", "", ""], [[state, what, words] for what, state, words in lines]).lstrip("\n")).write(
        as_json
    )
    if any(state == BAD for _, state, _ in lines):
        raise Failure("Something needs you: see the lines that begin with bad.", FAILED)


def _safe(check: Callable[[], list[Line]]) -> list[Line]:
    try:
        return check()
    except (LineError, Refused) as error:
        return [("answer", BAD, "The watch stopped answering (%s). Unplug it and plug it in again." % error)]


def _keys() -> list[Line]:
    try:
        count = len(Keys().watches())
    except Failure as error:
        return [("this computer", BAD, str(error))]
    return [("this computer", GOOD, "knows %d watches" % count)]


def _all(port: str | None) -> list[Line]:
    lines, name = check_port(port)
    if name is None:
        return lines
    talk = Talk(name, "owner", None)
    try:
        return lines + check_watch(talk, usb.id_of(name))
    finally:
        talk.close()
