"""`ward approve`: the code that approves one request of a watch far away, computed without any network."""

import functools
from collections.abc import Callable
from typing import Any

import click

from firmware.policy.rules.approval import AI_MINUTES, GRANT, PAYMENT, UNBLOCK
from host_tools.guardian.approval import KeyFileError, Request, code, fen, read_key


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
