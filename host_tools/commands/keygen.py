"""`ward keygen`: the key that signs firmware (docs/maker.md)."""

import os
from pathlib import Path

import click
from cryptography.hazmat.primitives.asymmetric import rsa

from host_tools.console import Failure, say, secret
from host_tools.making.sign import CURRENT, NEXT, create, home, load, pin


@click.command()
@click.option("--rotate", is_flag=True, help="Announce a next key; run again, change over to it.")
@click.option("--plain", is_flag=True, help="No passphrase for the file.")
def keygen(rotate: bool, plain: bool) -> None:
    """Make the key that signs firmware.

    With --rotate the next key is made, and each release from then on names it. Once every watch has had such a release,
    `ward keygen --rotate` changes over: the next key signs, the old one is kept aside."""
    current, following = home() / CURRENT, home() / NEXT
    if not rotate:
        if current.exists():
            raise Failure("%s is there already. For another key: ward keygen --rotate" % current)
        say("Key %s signs. Keep a copy of %s where nobody else gets at it." % (pin(_new(current, plain)), current))
    elif not current.exists():
        raise Failure("There is no key yet. Make one with: ward keygen")
    elif not following.exists():
        say("Every release names %s from now on. When all watches have one: ward keygen --rotate" % pin(
            _new(following, plain)
        ))  # fmt: skip
    else:
        kept = current.with_name("maker-old-%s.pem" % pin(load(current))[:8])
        os.rename(current, kept)
        os.rename(following, current)
        say("%s signs from now on. The old key is kept as %s." % (pin(load(current)), kept.name))


def _new(path: Path, plain: bool) -> rsa.RSAPrivateKey:
    passphrase = "" if plain else secret("Passphrase for the key (Enter for none)", default="", show_default=False)
    return create(path, passphrase)
