"""`ward recover`: new secrets for an owner who has forgotten both, with the recovery code of the set-up (C15)."""

import click

from host_tools.console import Failure, Result, say, sure
from host_tools.link.login import new_verifier
from host_tools.link.pairing import new_passphrase, new_pin, pair
from host_tools.link.recovery_code import code_bytes, give_code, new_code, show
from host_tools.link.talk import Talk, refuse, with_watch

_WAIT = 86400  # seconds of powered time (docs/protocol.md)


@click.command()
@click.option("--cancel", is_flag=True, help="Stop a recovery that is under way; takes the passphrase.")
@click.option("--new-code", "renew", is_flag=True, help="Make a new recovery code; takes the passphrase.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_watch(session=False)
def recover(talk: Talk, cancel: bool, renew: bool, yes: bool) -> Result:
    """Set a new passphrase and PIN with the recovery code that `ward setup` has shown.

    Take the watch into your hand: it shows six digits. The new secrets hold after 24 hours in which the watch is
    switched on. It shows that they are coming, and whoever knows the old ones can stop it. Rules, contacts, counters
    and evidence stay. Without a code the watch can only be wiped; nobody else has one."""
    if cancel and renew:
        raise click.UsageError("--cancel makes a new code anyway.")
    if cancel or renew:
        return _as_owner(talk, cancel)
    if not talk.greet().set_up:
        raise Failure("This watch is new: there is nothing to recover. Run: ward setup")
    sure("Set a new passphrase and PIN for this watch?", yes)
    pair(talk, keep=False)
    code: bytes = click.prompt("The recovery code", value_proc=code_bytes, err=True)
    passphrase = new_passphrase()
    verifier = new_verifier(passphrase).fields()
    following, hash_ = new_code()
    while True:
        answer = talk.line.call(
            "credentials.recover", timeout=60.0, code=code.hex(), hash=hash_, pin=new_pin(), **verifier
        )
        if answer["reason"] != "credentials.weak_pin":
            break
        say("The watch finds this PIN easy to guess.")
    if answer["verdict"] != "allow":
        refuse(answer)
    say("The old code is used up. This one holds together with the new passphrase and PIN.")
    show(following)
    words = "New secrets hold in %d hours of power. Then pair this computer with: ward setup" % (_WAIT // 3600)
    return Result({"recovery": _WAIT}, words)


def _as_owner(talk: Talk, cancel: bool) -> Result:
    talk.open()
    talk.log_in()
    if cancel:
        talk.act("credentials.recovery_cancel")
    give_code(talk)
    return Result({"recovery": 0}, "The recovery was stopped; its code is used up." if cancel else "")
