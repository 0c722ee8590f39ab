"""`ward block` and `data`: who is kept out, and what the watch keeps about people."""

from pathlib import Path
from typing import Any

import click

from host_tools.console import Failure, Result, Shown, say, sure, table, write_private
from host_tools.guardian.contacts import listed, people
from host_tools.link.talk import Talk, with_watch


@click.group()
def block() -> None:
    """See who is blocked or graded, and lift it."""


@block.command("list")
@with_watch()
def block_list(talk: Talk) -> Result:
    """List the contacts that are blocked or graded. Strangers stay blocked without being listed."""
    return listed([one for one in people(talk) if one["blocked"] or one["grade"]], "No contact is blocked or graded.")


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
def data() -> None:
    """See, copy or erase what the watch keeps about people, and what was agreed to."""


@data.command("inventory")
@with_watch()
def inventory(talk: Talk) -> Result:
    """List what is kept, by category. Takes the passphrase."""
    talk.log_in()
    found = talk.read("data.list")
    return Result(dict(found), table(["category", "entries"], found))


@data.command("export")
@click.argument("file", type=click.Path(path_type=Path))
@with_watch()
def data_export(talk: Talk, file: Path) -> Result:
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


@data.group(cls=Shown, shown="list")
def consent() -> None:
    """Agree to what is collected for a purpose, or take that back; alone: what was agreed to."""


@consent.command("list")
@with_watch()
def consent_list(talk: Talk) -> Result:
    """List the purposes, and whether a guardian has agreed to each as it is declared today."""
    names = ["purpose", "agreed_to", "declared", "quiet_until"]
    found = [dict(zip(names, row, strict=True)) for row in talk.read("consents.read")]
    rows = [[one["purpose"], _agreed(one["agreed_to"], one["declared"])] for one in found]
    return Result(found, table(["purpose", "agreed"], rows))


def _agreed(number: int, today: int) -> str:
    if not number:
        return "no"
    return "yes" if number == today else "to an older declaration: ask again"


def _consent(verb: str, does: str, words: str) -> None:
    from firmware.policy.rules.consent import PURPOSES

    @consent.command(verb, help=does)
    @click.argument("purpose", type=click.Choice(PURPOSES))
    @click.option("--yes", is_flag=True, help="Do not ask.")
    @with_watch()
    def command(talk: Talk, purpose: str, yes: bool) -> Result:
        fields: dict[str, Any] = {"purpose": purpose}
        if verb == "give":
            for line in [said for of, said in talk.read("collected.read", language="en") if of == purpose]:
                say("- " + line)
            sure("Agree to this?", yes)
            fields["manifest"] = next(row[2] for row in talk.read("consents.read") if row[0] == purpose)
        elif verb == "withdraw":
            sure("What was kept for %s is erased. Go on?" % purpose, yes)
        kept = talk.act("consent." + verb, **fields)["reason"] == "consent.kept"
        told = words % purpose + (" What was said stays until an owner erases it." if kept else "")
        return Result({"purpose": purpose, "did": verb, "kept": kept}, told)


_consent("give", "Agree to what PURPOSE needs, after it was shown. Takes the passphrase.", "Agreed: %s.")
_consent("withdraw", "Take an agreement back; what was kept for it is erased.", "Withdrawn: %s.")
_consent("refuse", "Say no; the watch does not ask again for a while.", "Refused: %s.")
