"""`ward backup` and `restore`: a guardian's rules and contacts in a file that only the passphrase opens."""

from pathlib import Path

import click

from host_tools.console import Failure, Result, say, sure
from host_tools.guardian.backup import add_contact, opened, save
from host_tools.guardian.contacts import people
from host_tools.guardian.policy import change
from host_tools.link.talk import Talk, with_watch


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@with_watch()
def backup(talk: Talk, file: Path) -> Result:
    """Write rules and contacts to a new FILE, sealed under your passphrase. Messages and evidence stay in the watch."""
    return save(talk, file)


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True))
@click.option("--invitations", type=click.Path(path_type=Path), help="New folder for the contacts' new invitations.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_watch()
def restore(talk: Talk, file: Path, invitations: Path | None, yes: bool) -> Result:
    """Bring the rules and contacts of FILE to this watch. Contacts that it has stay. Takes the passphrase."""
    content = opened(file.read_bytes(), talk.passphrase("Passphrase of the backup"))
    here = {one["address"] for one in people(talk)}
    missing = [one for one in content["contacts"] if one["address"] not in here]
    if missing and invitations is None:
        raise Failure(
            "Name a new folder with --invitations: %d contacts get new keys, to be handed over." % len(missing)
        )
    known = {row[0] for row in talk.read("settings.read")}
    wanted = {key: value for key, value in content["settings"].items() if key in known}
    sure("Set %d settings and add %d contacts?" % (len(wanted), len(missing)), yes)
    changed = change(talk, wanted)
    for one in missing:
        assert invitations is not None
        add_contact(talk, one, invitations)
    for key in sorted(content["settings"].keys() - known):
        say("This watch has no setting %s; it was left out." % key)
    return Result(
        {"settings": changed, "contacts": [one["address"] for one in missing]},
        "%d settings changed, %d contacts were added." % (len(changed), len(missing)),
    )
