"""`ward approve`: the code that approves one request of a watch far away, computed without any network.

The child reads a six-digit request number out; the guardian says eight digits back, or sends them where a broker
reaches the watch. The key is the one that `ward keys` gave the watch; it is kept with the pairing, or read from a file
or from stdin, and never from the command line, where others could see it.
"""

import functools
import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from firmware.policy.desk.approval import code as code_of
from firmware.policy.rules.approval import AI_MINUTES, GRANT, PAYMENT, UNBLOCK

Request = dict[str, Any]


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


def _options(command: Callable[..., Request]) -> Callable[..., None]:
    """What every approval needs: the request number and the key; and whether the code goes there by itself. The command
    itself gives what it approves, as `code` takes it."""

    @click.option(
        "--request", "number", required=True, type=click.IntRange(0, 999999), help="The number that the watch shows."
    )
    @click.option(
        "--key-file",
        metavar="FILE",
        help="The watch's key, 64 hexadecimal digits; - for stdin; without: the one that ward keys has kept here.",
    )
    @click.option("--watch", default="", metavar="ID", help="Which watch, if this computer has keys of several.")
    @click.option("--send", is_flag=True, help="Send the code to the watch over the broker of ward inbox.")
    @click.option("--password-file", metavar="FILE", help="Read the broker's password from FILE; - for stdin.")
    @functools.wraps(command)
    def wrapped(
        number: int, key_file: str | None, watch: str, send: bool, password_file: str | None, **asked: Any
    ) -> None:
        request = command(**asked)
        if key_file is None or send:
            from host_tools.guardian import sending  # with what talks to brokers
        try:
            key = read_key(key_file) if key_file is not None else sending.kept_key(watch)
        except KeyFileError as error:
            raise click.ClickException(str(error)) from error
        digits = code(key, number, **request)
        if send:
            sending.send_code(watch, number, digits, password_file)
        click.echo(digits)

    return wrapped


@click.group()
def approve() -> None:
    """Compute the code that approves one request of a watch far away, to be read out on the phone, or sent.

    The code fits one request number and exactly what is named here, once. Without --send no network is used."""


@approve.command("ai-minutes")
@click.argument("minutes", type=click.IntRange(1, 60))
@_options
def ai_minutes(minutes: int) -> Request:
    """So many more MINUTES with the assistant."""
    return {"what": AI_MINUTES, "value": minutes}


@approve.command()
@click.argument("amount")
@click.option("--payee", default="", help="The payee, letter for letter as the watch shows it.")
@_options
def payment(amount: str, payee: str) -> Request:
    """One payment of at most AMOUNT yuan, such as 12.50."""
    try:
        value = fen(amount)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="AMOUNT") from error
    return {"what": PAYMENT, "value": value, "detail": payee}


@approve.command()
@click.argument("address")
@_options
def unblock(address: str) -> Request:
    """Lift the child's block of the party with this ADDRESS."""
    return {"what": UNBLOCK, "detail": address}


@approve.command()
@click.argument("setting")
@click.argument("value", type=int)
@click.option("--minutes", required=True, type=click.IntRange(1, 1440), help="How long the exception holds.")
@_options
def grant(setting: str, value: int, minutes: int) -> Request:
    """An exception: SETTING has VALUE for some minutes."""
    return {"what": GRANT, "value": value, "minutes": minutes, "detail": setting}
