"""`ward approve`: the code that approves one request of a watch far away, computed without any network.

The child reads a six-digit request number out; the guardian says eight digits back. The key is the one that the watch
was given at pairing; it is read from a file or from stdin and never from the command line, where others could see it.
"""

import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from firmware.policy.desk.approval import code as code_of
from firmware.policy.rules.approval import AI_MINUTES, GRANT, PAYMENT, UNBLOCK


class KeyFileError(ValueError):
    """The key cannot be read; the text says what to do."""


def read_key(source: str) -> bytes:
    """The 32 bytes in hexadecimal from a file, or from stdin if `source` is "-". KeyFileError says what is wrong."""
    if source == "-":
        text = sys.stdin.readline()
    else:
        path = Path(source)
        try:
            mode = path.stat().st_mode
            text = path.read_text(encoding="ascii")
        except (OSError, UnicodeDecodeError) as error:
            raise KeyFileError("cannot read the key file %s: %s" % (source, error)) from error
        if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise KeyFileError("others can read %s; close it with: chmod 600 %s" % (source, source))
    try:
        key = bytes.fromhex(text.strip())
    except ValueError:
        key = b""
    if len(key) != 32:
        raise KeyFileError("the key must be 64 hexadecimal digits, as pairing wrote them")
    return key


def code(key: bytes, number: int, what: str, value: int = 0, minutes: int = 0, detail: str = "") -> str:
    """The eight digits for a request, by the watch's own function."""
    return str(code_of(key, number, what, value, minutes, detail))


def fen(amount: str) -> int:
    """Whole fen of an amount in yuan such as "12", "12.5" or "12.50". ValueError for anything else."""
    whole, _, rest = amount.partition(".")
    if (
        not whole.isascii()
        or not whole.isdigit()
        or (rest and not (rest.isascii() and rest.isdigit()))
        or len(rest) > 2
    ):
        raise ValueError("no amount such as 12.50")
    return int(whole) * 100 + int((rest + "00")[:2])


def _options(command: Callable[..., None]) -> Callable[..., None]:
    """What every approval needs: the request number and the key."""
    number = click.option(
        "--request", "number", required=True, type=click.IntRange(0, 999999), help="The number that the watch shows."
    )
    key = click.option(
        "--key-file", required=True, metavar="FILE", help="The watch's key, 64 hexadecimal digits; - for stdin."
    )
    return number(key(command))


def _say(key_file: str, number: int, what: str, **asked: Any) -> None:
    try:
        key = read_key(key_file)
    except KeyFileError as error:
        raise click.ClickException(str(error)) from error
    click.echo(code(key, number, what, **asked))


@click.group()
def approve() -> None:
    """Compute the code that approves one request of a watch far away, to be read out on the phone.

    No network is used. The code fits one request number and exactly what is named here, once."""


@approve.command("ai-minutes")
@click.argument("minutes", type=click.IntRange(1, 60))
@_options
def ai_minutes(minutes: int, number: int, key_file: str) -> None:
    """So many more MINUTES with the assistant."""
    _say(key_file, number, AI_MINUTES, value=minutes)


@approve.command()
@click.argument("amount")
@click.option("--payee", default="", help="The payee, letter for letter as the watch shows it.")
@_options
def payment(amount: str, payee: str, number: int, key_file: str) -> None:
    """One payment of at most AMOUNT yuan, such as 12.50."""
    try:
        value = fen(amount)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="AMOUNT") from error
    _say(key_file, number, PAYMENT, value=value, detail=payee)


@approve.command()
@click.argument("address")
@_options
def unblock(address: str, number: int, key_file: str) -> None:
    """Lift the child's block of the party with this ADDRESS."""
    _say(key_file, number, UNBLOCK, detail=address)


@approve.command()
@click.argument("setting")
@click.argument("value", type=int)
@click.option("--minutes", required=True, type=click.IntRange(1, 1440), help="How long the exception holds.")
@_options
def grant(setting: str, value: int, minutes: int, number: int, key_file: str) -> None:
    """An exception: SETTING has VALUE for some minutes."""
    _say(key_file, number, GRANT, value=value, minutes=minutes, detail=setting)
