"""`ward log`: the watch's journal, shown, followed, exported, and verified against what this computer remembers."""

import json
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import click

from firmware.texts import text
from host_tools.console import FAILED, Failure, Result, moment, say, table, warn, write_private
from host_tools.guardian.rebuild import Row, rebuilt, snapshot, suffix
from host_tools.link import receipts
from host_tools.link.talk import Talk, with_watch

_FORMAT = "wardwatch-log"
_PAUSE = 2.0  # seconds between two looks of `follow`
_TRIES = 3  # to read a journal that grows meanwhile


@click.group()
def log() -> None:
    """Read the watch's journal, and check that it is whole."""


def records(talk: Talk, after: int) -> list[list[Any]]:
    """All records with a higher number: [seq, time, powered, kind, fields...]."""
    found: list[list[Any]] = []
    while page := talk.line.call("log.read", after=after):
        found += page
        after = page[-1][0]
    return found


def since(talk: Talk, wall: int) -> list[list[Any]]:
    """All records from a time on, without reading the segments that ended before."""
    after = 0
    for _, seq, begun in talk.line.call("log.segments"):
        if begun < wall:
            after = seq
    return [record for record in records(talk, after) if record[1] >= wall]


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
    found = _suffix(talk)
    head = {"format": _FORMAT, "version": 1, "watch": talk.hello.watch.hex(), "snapshot": found["snapshot"]}
    lines = [head, *older, {name: found[name] for name in ("receipt", "state", "suffix")}]
    write_private(file, "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))
    return Result({"records": len(older)}, "%d records are in %s." % (len(older), file))


def _suffix(talk: Talk) -> dict[str, Any]:
    """Snapshot, records, state and end of the newest segment, all of one moment."""
    for _ in range(_TRIES):
        before = talk.line.call("log.receipt", **receipts.place(talk.keys.receipt(talk.hello.watch)))
        found = {"snapshot": snapshot(talk), "suffix": suffix(talk), "state": talk.line.call("log.state")}
        found["receipt"] = talk.line.call("log.receipt", **receipts.place(talk.keys.receipt(talk.hello.watch)))
        if before == found["receipt"]:
            return found
    raise Failure("The journal grows faster than it can be read. Try again in a minute.")


@log.command()
@click.argument("file", required=False, type=click.Path(path_type=Path, exists=True))
@click.option(
    "--accept", is_flag=True, help="You know what happened: compare with the watch as it is now from here on."
)
@with_watch()
def verify(talk: Talk, file: Path | None, accept: bool) -> Result:
    """Check that the journal is whole, explains the watch's state, and goes on from the last contact.

    With FILE, what `ward log export` wrote: that it is whole, and what the watch still holds of it is the same."""
    live = _suffix(talk)
    found = _read(file, talk.hello.watch) if file else live
    checks = _whole(found)
    if file:
        checks.append(("the watch still says the same", _same(talk, found, live)))
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


def _whole(found: dict[str, Any]) -> list[tuple[str, str]]:
    """(check, what is wrong or "") of one segment by itself."""
    rows: list[Row] = found["suffix"]
    receipt, state = found["receipt"], dict(found["state"])
    gaps = [after[3] for before, after in pairwise(rows)
            if after[3] != before[3] + 1 or after[0] != before[1]]  # fmt: skip
    whole = "A record before number %d is missing." % gaps[0] if gaps else ""
    last = rows[-1] if rows else None
    ends = not last or (last[1], last[2], last[3]) == (receipt["end"], receipt["mac"], receipt["seq"])
    try:
        state.pop("seq")
        other = sorted(name for name, digest in rebuilt(found["snapshot"], rows, receipt["segment"]).items()
                       if state.get(name) != digest)  # fmt: skip
        words = "The journal does not lead to the watch's state of: %s." % ", ".join(other) if other else ""
    except ValueError as error:
        words = "The journal cannot be folded (%s)." % error
    return [
        ("no record is missing", whole),
        ("it ends where the watch says", "" if ends else "It does not end where the watch says."),
        ("it leads to the watch's state", words),
    ]


def _read(file: Path, watch: bytes) -> dict[str, Any]:
    """What `export` wrote. Failure if this is no such file, or of another watch."""
    try:
        lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
        head, tail, body = lines[0], lines[-1], lines[1:-1]
        if head["format"] != _FORMAT or head["version"] != 1:
            raise ValueError("another format")
        if head["watch"] != watch.hex():
            raise Failure("%s is the journal of another watch." % file)
        found = {"snapshot": head["snapshot"], **{name: tail[name] for name in ("receipt", "state", "suffix")}}
        listed = {row[0]: row for row in body}
        if any(listed.get(row[3], row[3:]) != row[3:] for row in found["suffix"]):
            raise ValueError("its records contradict each other")
        return found
    except (OSError, ValueError, KeyError, IndexError, TypeError) as error:
        raise Failure("%s is not what ward log export writes (%s)." % (file, error)) from error


def _same(talk: Talk, found: dict[str, Any], live: dict[str, Any]) -> str:
    """What is wrong with a file, compared with the watch: its last MAC, and its records while the watch shows them."""
    receipt, now = found["receipt"], live["receipt"]
    if receipt["segment"] < now["oldest"]:
        return receipts.GONE
    asked = talk.line.call("log.receipt", **receipts.place(receipt))["asked"]
    held = live["suffix"][: len(found["suffix"])] if receipt["segment"] == now["segment"] else found["suffix"]
    same = asked == receipt["mac"] and held == found["suffix"]
    return "" if same else "The file and the watch do not say the same."
