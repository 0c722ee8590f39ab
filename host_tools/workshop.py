"""`ward workshop`: the ways into a watch that repair and debugging need (requirement B14)."""

import click

from host_tools.console import Result, say, sure
from host_tools.talk import Talk, with_watch

_WHAT = ("service", "repl", "bootloader")


@click.command()
@click.argument("what", type=click.Choice(_WHAT))
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_watch()
def workshop(talk: Talk, what: str, yes: bool) -> Result:
    """Open the watch for repair: service, repl or bootloader. Takes the passphrase.

    Before repl and bootloader every key on the watch is erased, so that nobody reads what it held."""
    if what == "service":
        talk.act("firmware.service")
        return Result(
            {"open": what}, "The watch is in recovery for 15 minutes. Help calls work. Give it: ward update PACKAGE"
        )
    say("Contacts, evidence, rules and the journal go for good. A copy first: ward data export FILE")
    sure("Erase everything and open the watch?", yes)
    talk.act("firmware.open", what=what)
    talk.keys.forget(talk.hello.watch)
    return Result({"open": what}, "The watch is empty and open until it is switched off. Then: ward flash")
