"""`ward contacts`, `block`, `evidence`, `log` and `data`: people, and what the watch keeps."""

import json
from pathlib import Path
from typing import Any

import click

from host_tools.console import Failure, Result, date, moment, month, sure, table, write_private
from host_tools.talk import Talk, with_watch

_GRADES = ("", "watched", "limited", "muted", "removed")


def _people(talk: Talk) -> list[dict[str, Any]]:
    names = ["name", "address", "number", "guardian", "grade", "blocked"]
    people = [dict(zip(names, row, strict=True)) for row in talk.read("contacts.read")]
    return [{**one, "grade": _GRADES[one["grade"]]} for one in people]


def _listed(people: list[dict[str, Any]], nobody: str) -> Result:
    rows = [
        [one["name"], one["address"], one["number"], "guardian" if one["guardian"] else "", one["grade"],
         "blocked" if one["blocked"] else ""]
        for one in people
    ]  # fmt: skip
    return Result(people, table(["name", "address", "number", "role", "grade", "block"], rows) or nobody)


@click.command()
@with_watch()
def contacts(talk: Talk) -> Result:
    """List the contacts, with what stands against them."""
    return _listed(_people(talk), "There are no contacts.")


@click.group()
def block() -> None:
    """See who is blocked or graded, and lift it."""


@block.command("list")
@with_watch()
def block_list(talk: Talk) -> Result:
    """List the contacts that are blocked or graded. Strangers stay blocked without being listed."""
    return _listed([one for one in _people(talk) if one["blocked"] or one["grade"]], "No contact is blocked or graded.")


@block.command()
@click.argument("address")
@with_watch()
def release(talk: Talk, address: str) -> Result:
    """Lift the block of the party with this ADDRESS. Takes the passphrase."""
    talk.act("blocking.release", party=address)
    return Result({"released": address}, "The block of %s is lifted." % address)


@block.command()
@click.argument("address")
@with_watch()
def unmark(talk: Talk, address: str) -> Result:
    """Take the grade off the party with this ADDRESS. Takes the passphrase."""
    talk.act("blocking.unmark", party=address)
    return Result({"unmarked": address}, "%s is not graded any more." % address)


@click.group()
def evidence() -> None:
    """See what evidence is sealed."""


@evidence.command("list")
@with_watch()
def evidence_list(talk: Talk) -> Result:
    """List the sealed evidence packages; their text stays in the watch."""
    names = ["package", "month", "party", "messages", "expires", "handed_over"]
    found = [dict(zip(names, row, strict=True)) for row in talk.read("evidence.list")]
    rows = [
        [
            one["package"],
            month(one["month"]),
            one["messages"],
            date(one["expires"]),
            "yes" if one["handed_over"] else "no",
        ]
        for one in found
    ]
    return Result(found, table(["package", "month", "messages", "kept until", "handed over"], rows) or "No evidence.")


@click.group()
def log() -> None:
    """Read the watch's journal."""


def _records(talk: Talk, after: int) -> list[list[Any]]:
    found: list[list[Any]] = []
    while page := talk.line.call("log.read", after=after):
        found += page
        after = page[-1][0]
    return found


@log.command("show")
@click.option("--after", default=0, type=click.IntRange(0), help="Only records after this number.")
@with_watch()
def log_show(talk: Talk, after: int) -> Result:
    """Show the journal: number, time, what, and its public fields."""
    found = _records(talk, after)
    rows = [[record[0], moment(record[1]), record[3], " ".join(str(field) for field in record[4:])] for record in found]
    return Result(found, table(["number", "time", "record", "fields"], rows) or "No records.")


@log.command("export")
@click.argument("file", type=click.Path(path_type=Path))
@with_watch()
def log_export(talk: Talk, file: Path) -> Result:
    """Write the journal to a new FILE, one JSON array a line."""
    found = _records(talk, 0)
    write_private(file, "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in found))
    return Result({"records": len(found)}, "%d records are in %s." % (len(found), file))


@click.group()
def data() -> None:
    """See, copy or erase what the watch keeps about people."""


@data.command("list")
@with_watch()
def data_list(talk: Talk) -> Result:
    """List what is kept, by category. Takes the passphrase."""
    talk.log_in()
    found = talk.read("data.list")
    return Result(dict(found), table(["category", "entries"], found))


@data.command("copy")
@click.argument("file", type=click.Path(path_type=Path))
@with_watch()
def data_copy(talk: Talk, file: Path) -> Result:
    """Write a copy of what is kept to a new FILE; the watch tells the child. Takes the passphrase."""
    if file.exists():
        raise Failure("%s is there already. Name a new file." % file)
    talk.log_in()
    lines = talk.read("data.copy")
    write_private(file, "".join(line + "\n" for line in lines))
    return Result({"lines": len(lines)}, "%d lines are in %s; nobody but you can read it." % (len(lines), file))


@data.command("erase")
@click.argument("what", type=click.Choice(["messages", "evidence"]))
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_watch()
def data_erase(talk: Talk, what: str, yes: bool) -> Result:
    """Erase all messages, or all evidence. Takes the passphrase."""
    sure("All %s go for good. Is no case open, and shall they be erased?" % what, yes)
    talk.act("personal_data.erase", what=what, confirmed=True)
    return Result({"erased": what}, "Erased: %s." % what)
