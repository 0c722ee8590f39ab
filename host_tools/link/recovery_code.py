"""The recovery code: made on this computer, shown once and never kept; the watch has a hash of it (requirement C15).

120 bits of chance, written as six groups of four signs of Crockford's base 32, which has no letters that look like
digits.
"""

import secrets

import click

from firmware.policy.desk.credentials import recovery_hash
from host_tools.console import say
from host_tools.link.talk import Talk

_SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_GROUP = 4
_SIZE = 15  # bytes


def new_code() -> tuple[str, str]:
    """(a code as a person writes it down, its hash in hexadecimal for the watch)."""
    code = secrets.token_bytes(_SIZE)
    number = int.from_bytes(code, "big")
    signs = "".join(_SIGNS[number >> shift & 31] for shift in range(8 * _SIZE - 5, -1, -5))
    groups = [signs[at : at + _GROUP] for at in range(0, len(signs), _GROUP)]
    return "-".join(groups), recovery_hash(code).hex()


def code_bytes(typed: str) -> bytes:
    """The code that a person has typed, in any case and grouping. UsageError if it cannot be one."""
    signs = "".join(typed.upper().split()).replace("-", "").translate(str.maketrans("OIL", "011"))
    if len(signs) != 8 * _SIZE // 5 or any(sign not in _SIGNS for sign in signs):
        raise click.UsageError("Six groups of four letters and digits, please.")
    number = 0
    for sign in signs:
        number = number << 5 | _SIGNS.index(sign)
    return number.to_bytes(_SIZE, "big")


def give_code(talk: Talk) -> None:
    """Set a new recovery code and show it, this once. The owner has proved the passphrase."""
    code, hash_ = new_code()
    talk.act("credentials.recovery_code", hash=hash_)
    show(code)


def show(code: str) -> None:
    """For the guardian's papers."""
    say("Recovery code, to be kept on paper away from the watch: " + code)
