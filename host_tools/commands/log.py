"""`ward log`: the watch's journal, shown, followed, exported, and verified."""

import json
import time
from pathlib import Path
from typing import Any

import click

from firmware.texts import text
from host_tools.console import FAILED, Failure, Result, moment, say, table, warn, write_private
from host_tools.guardian.journal import FORMAT, compared, newest, read_export, records, whole
from host_tools.link import receipts
from host_tools.link.talk import Talk, with_watch

_PAUSE = 2.0  # seconds between two looks of `follow`


@click.group()
def log() -> None:
    """Read the watch's journal, and check that it is whole."""


def _lines(found: list[list[Any]]) -> list[list[Any]]:
    return [[record[0], moment(record[1]), record[3], " ".join(map(str, record[4:]))] for record in found]


@log.command("show")
@click.option("--after", default=0, type=click.IntRange(0), help="Only records after this number.")
@with_watch()
def show(talk: Talk, after: int) -> Result:
    """Show the journal: number, time, what, and its public fields."""
    found = records(talk, after)
    return Result(found, table(["number", "time", "record", "fields"], _lines(found)) or "No records.")


@log.command()
@click.option("--notify", is_flag=True, help="Show alerts too; the watch then tells the child that a guardian knows.")
@click.option("--seconds", default=0, type=click.IntRange(0), help="End after so long; 0: with Ctrl-C.")
@with_watch()
def follow(talk: Talk, notify: bool, seconds: int) -> Result:
    """Show new records as they come, while the cable is connected; with --json one array a line."""
    after: int = talk.line.call("status.read")["records"]
    until = time.monotonic() + seconds if seconds else None
    try:
        while True:
            found = records(talk, after)
            after = found[-1][0] if found else after
            for record, line in zip(found, _lines(found), strict=True):
                words = "  ".join(str(cell) for cell in line)
                click.echo(json.dumps(record, ensure_ascii=False) if talk.as_json else words)
            if notify:
                _notify(talk)
            if until and time.monotonic() >= until:
                break
            time.sleep(_PAUSE if until is None else max(min(_PAUSE, until - time.monotonic()), 0))
    except KeyboardInterrupt:
        pass
    return Result(None, "")


def _notify(talk: Talk) -> None:
    """Show each alert that waits, then tell the watch that a guardian has it: in this order, or one could be lost."""
    waiting = talk.read("alerts.read")
    for number, code, _, _, count, wall in waiting:
        warn("%s  %s" % (moment(wall), text("alert." + code, "en").replace("{count}", str(count))))
        talk.act("alerts.delivered", alert=number)


@log.command("export")
@click.argument("file", type=click.Path(path_type=Path))
@with_watch()
def export(talk: Talk, file: Path) -> Result:
    """Write the journal to a new FILE, with what `ward log verify FILE` needs.

    One JSON array a line is a record; the first line and the last are objects."""
    older = records(talk, 0)
    found = newest(talk)
    head = {"format": FORMAT, "version": 1, "watch": talk.hello.watch.hex(), "snapshot": found["snapshot"]}
    lines = [head, *older, {name: found[name] for name in ("receipt", "state", "suffix")}]
    write_private(file, "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))
    return Result({"records": len(older)}, "%d records are in %s." % (len(older), file))


@log.command()
@click.argument("file", required=False, type=click.Path(path_type=Path, exists=True))
@click.option(
    "--accept", is_flag=True, help="You know what happened: compare with the watch as it is now from here on."
)
@with_watch()
def verify(talk: Talk, file: Path | None, accept: bool) -> Result:
    """Check that the journal is whole, explains the watch's state, and goes on from the last contact.

    With FILE, what `ward log export` wrote: that it is whole, and what the watch still holds of it is the same."""
    live = newest(talk)
    found = read_export(file, talk.hello.watch) if file else live
    checks = whole(found)
    if file:
        checks.append(("the watch still says the same", compared(talk, found, live)))
    checks.append(("goes on from the last contact", talk.history))
    wrong = [words for _, words in checks if words and words != receipts.GONE]
    lines = ["%s  %s" % ("ok   " if not words else "?    " if words == receipts.GONE else "WRONG", name)
             for name, words in checks]  # fmt: skip
    if accept:
        talk.accept()
    if wrong:
        say("\n".join(lines))
        raise Failure(" ".join(wrong), FAILED)
    receipt = found["receipt"]
    data = {"records": len(found["suffix"]), "seq": receipt["seq"], "mac": receipt["mac"], "gone": talk.history != ""}
    return Result(data, "\n".join([*lines, "Record %d, %s." % (receipt["seq"], receipt["mac"])]))
