"""Pairs this computer with a watch in somebody's hand, and asks for new secrets."""

import click

from host_tools.console import WRONG, Failure, ask, say, secret
from host_tools.link.line import Refused
from host_tools.link.talk import Talk

_TRIES = 3
_LEAST = 12  # characters of a passphrase


def pair(talk: Talk, keep: bool = True) -> None:
    """Pair by the digits on the watch. keep: this computer remembers the key; else it is good for this talk alone."""
    for left in range(_TRIES - 1, -1, -1):
        try:
            watch, key = talk.line.pair(lambda: ask("The six digits on the watch", value_proc=_digits))
        except Refused as refused:
            minutes = -(-refused.data.get("wait", 0) // 60)
            if minutes or not left:
                then = "Wait for %d min, then run" % minutes if minutes else "Run"
                raise Failure("Those were not the digits on the watch. %s ward setup again." % then, WRONG) from refused
            say("Those were not the digits, or they were too old. The watch shows new ones.")
        else:
            if keep:
                talk.keys.put(watch, key)  # before the watch does: a break in between must not shut this computer out
            return


def new_passphrase() -> str:
    """A passphrase that is long enough, typed without being shown."""
    return ask("Passphrase for this and other computers", hide_input=True, value_proc=_passphrase)


def new_pin() -> str:
    """A PIN, typed without being shown; the watch judges it."""
    return secret("PIN for the watch's own keypad, six digits or more")


def _digits(typed: str) -> str:
    digits = typed.replace(" ", "")
    if len(digits) != 6 or not (digits.isascii() and digits.isdigit()):
        raise click.UsageError("Six digits, please.")
    return digits


def _passphrase(typed: str) -> str:
    if len(typed) < _LEAST:
        raise click.UsageError("At least %d characters: a few words are easy to remember." % _LEAST)
    return typed
