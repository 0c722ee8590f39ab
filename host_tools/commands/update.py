"""`ward update`: a signed package goes to the watch."""

from pathlib import Path

import click

from host_tools.console import Result
from host_tools.guardian.update import agree, come_back, confirm, differing, read, rules, send
from host_tools.link.talk import Talk, with_watch


@click.command()
@click.argument("package", type=click.Path(path_type=Path, dir_okay=False), required=False)
@click.option("--confirm", "only_confirm", is_flag=True, help="Confirm the version that runs on trial.")
@click.option("--no-wait", is_flag=True, help="Do not wait for the watch to come back.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_watch(session=False)
def update(talk: Talk, package: Path | None, only_confirm: bool, no_wait: bool, yes: bool) -> Result:
    """Bring the signed firmware PACKAGE onto the watch. Takes the passphrase.

    The watch restarts with the new version on trial, and keeps it once it has run well for a minute. What was chosen
    stays; rules that the new version itself has set otherwise are listed first, and need your yes. Run it again if it
    was interrupted; it goes on where it was. A watch in recovery takes it without a passphrase."""
    if bool(package) == only_confirm:
        raise click.UsageError("Name a package, or --confirm.")
    made = read(package) if package else None
    recovering = talk.greet().recovery
    if not recovering:
        talk.open_greeted()
    if made is None:
        return confirm(talk)
    before = {} if recovering else rules(talk)
    send(talk, made, recovering)
    version = made.manifest.version
    if no_wait:
        return Result({"version": version, "trial": True}, "Version %d is on the watch, which restarts now." % version)
    come_back(talk)
    if before:
        agree(differing(before, rules(talk)), yes)
    return confirm(talk, version)
