"""`ward workshop`: the ways into a watch that repair and debugging need (requirement B14)."""

from pathlib import Path

import click

from host_tools.console import Result, ask, say, sure
from host_tools.guardian.backup import save
from host_tools.link.talk import Talk, with_watch

_WHAT = ("service", "repl", "bootloader")


@click.command()
@click.argument("what", type=click.Choice(_WHAT))
@click.option("--export", type=click.Path(path_type=Path), help="Rules and contacts go to this new file, sealed.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_watch()
def workshop(talk: Talk, what: str, export: Path | None, yes: bool) -> Result:
    """Open the watch for repair: service, repl or bootloader. Takes the passphrase.

    Before repl and bootloader a sealed export is offered, then every key on the watch is erased, so that nobody reads
    what it held, and only then it opens."""
    if what == "service":
        talk.act("firmware.service")
        return Result(
            {"open": what}, "The watch is in recovery for 15 minutes. Help calls work. Give it: ward update PACKAGE"
        )
    say("Contacts, evidence, rules and the journal go for good. Evidence that counts: ward evidence export, first.")
    if export is None and not yes:
        named = ask("A new file for rules and contacts, sealed (Enter for none)", default="", show_default=False)
        export = Path(named) if named else None
    if export is not None:
        say(save(talk, export).text)
    sure("Erase everything and open the watch?", yes)
    talk.act("firmware.open", what=what)
    talk.keys.forget(talk.hello.watch)
    words = "The watch is empty and open until it is switched off. Then: ward flash"
    return Result({"open": what, "export": str(export) if export else None}, words)
