"""`ward contacts`: who may reach the child. A contact counts once both sides' guardians have agreed (D20, D21)."""

import secrets
from pathlib import Path

import click

from firmware.policy.rules.contacts import agreement_mac
from host_tools.console import Failure, Result, Shown, sure, write_private
from host_tools.guardian.contacts import invitation_text, listed, people, read_invitation
from host_tools.link.talk import Talk, with_watch


@click.group(cls=Shown, shown="list")
def contacts() -> None:
    """List, add, rename and remove contacts; alone: the list."""


@contacts.command("list")
@with_watch()
def list_(talk: Talk) -> Result:
    """List the contacts, with what stands against them."""
    return listed(people(talk), "There are no contacts.")


@contacts.command()
@click.argument("name")
@click.argument("address")
@click.option("--number", default="", help="Phone number, for calls.")
@click.option("--role", type=click.Choice(["friend", "guardian"]), default="friend", show_default=True)
@click.option("--invite", type=click.Path(path_type=Path), help="Write an invitation to this new file.")
@click.option("--invitation", type=click.Path(path_type=Path), help="Read the other guardian's invitation.")
@with_watch()
def add(
    talk: Talk, name: str, address: str, number: str, role: str, invite: Path | None, invitation: Path | None
) -> Result:
    """Add NAME with the watch address ADDRESS, by an invitation given or made. Takes the passphrase.

    One guardian runs it with --invite FILE and hands the file to the other, who runs it with --invitation FILE and says
    the code back, for `ward contacts agree`. The file holds the key of this contact: hand it over in person."""
    if (invite is None) == (invitation is None):
        raise Failure("Say either --invite FILE, to make an invitation, or --invitation FILE, to use one.")
    own = talk.line.call("status.read")["address"]
    given = read_invitation(invitation, address) if invitation else {"key": secrets.token_hex(32), "agreed": ""}
    key = str(given["key"])
    code = agreement_mac(bytes.fromhex(key), own).hex()
    if invite:  # before the watch is asked: a contact without its invitation would have to be added again
        write_private(invite, invitation_text(own, key, code))
    card = {"name": name, "address": address, "key": key, "role": role}
    try:
        talk.act("contacts.add", **card, **({"number": number} if number else {}))
    except Failure:
        if invite:
            invite.unlink(missing_ok=True)
        raise
    if invite:
        words = "%s is added. Hand %s to the other guardian; then: ward contacts agree %s CODE" % (
            name,
            invite,
            address,
        )
        return Result({"address": address, "invitation": str(invite)}, words)
    talk.act("contacts.agreed", address=address, mac=given["agreed"])
    return Result({"address": address, "code": code}, "%s is added. Code for the other guardian: %s" % (name, code))


@contacts.command()
@click.argument("address")
@click.argument("code")
@with_watch()
def agree(talk: Talk, address: str, code: str) -> Result:
    """The other guardian agrees to the contact with ADDRESS: enter the CODE that was said to you."""
    talk.act("contacts.agreed", address=address, mac=code.strip().lower())
    return Result({"address": address}, "%s can be reached now." % address)


@contacts.command()
@click.argument("address")
@with_watch()
def approve(talk: Talk, address: str) -> Result:
    """Agree to a contact that the child has asked for. Takes the passphrase."""
    talk.act("contacts.approve", address=address)
    return Result({"address": address}, "You agree to %s; the other side has to agree too." % address)


@contacts.command()
@click.argument("address")
@click.argument("name")
@click.option("--number", default="", help="Phone number; without it there is none any more.")
@with_watch()
def rename(talk: Talk, address: str, name: str, number: str) -> Result:
    """Correct NAME and number of the contact with ADDRESS. Takes the passphrase."""
    talk.act("personal_data.rename", address=address, name=name, **({"number": number} if number else {}))
    return Result({"address": address, "name": name, "number": number}, "%s is %s now." % (address, name))


@contacts.command()
@click.argument("address")
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_watch()
def remove(talk: Talk, address: str, yes: bool) -> Result:
    """Remove the contact with ADDRESS; to come back takes a new invitation. For a guardian it takes the passphrase."""
    sure("Nothing of %s reaches the child any more. Remove?" % address, yes)
    talk.act("contacts.remove", address=address)
    return Result({"removed": address}, "%s is removed." % address)
