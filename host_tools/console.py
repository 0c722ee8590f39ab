"""How `ward` talks to people and programs: results on stdout, words and questions on stderr, and its exit codes."""

import json
import os
import sys
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click

from simulator import EPOCH

# Exit codes with their meaning: docs/ward.md and `ward --help` show this table.
CODES = {
    0: "done",
    1: "failed here: a file, a value, an answer that was not given",
    2: "the command line was not understood",
    3: "the watch refused, and says why",
    4: "no watch was found, or it does not know this computer",
    5: "the connection broke: what was asked is done wholly or not at all, and the next command says which",
    6: "the digits, the passphrase or the PIN were not right",
}
FAILED, REFUSED, NO_WATCH, BROKEN, WRONG = 1, 3, 4, 5, 6


class Failure(click.ClickException):
    """Ends the command. The words say what happened and what to do next."""

    def __init__(self, words: str, code: int = FAILED) -> None:
        super().__init__(words)
        setattr(self, "exit_code", code)  # noqa: B010 (click declares it for the class alone)

    def show(self, file: Any = None) -> None:
        click.echo("ward: " + self.message, err=True)


class Shown(click.Group):
    """A group that does something by itself: `shown` is its command when none is named."""

    def __init__(self, *arguments: Any, shown: str, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._shown = shown

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        """Put the command in front of options that are its own."""
        if not args or (args[0].startswith("-") and args[0] not in context.help_option_names):
            args = [self._shown, *args]
        return super().parse_args(context, args)


@dataclass(frozen=True)
class Result:
    """What a command found or did. data: for programs, as JSON, or None; text: the same for people."""

    data: Any
    text: str

    def write(self, as_json: bool) -> None:
        """Print it. Texts of others cannot steer the terminal: control characters are shown, not sent."""
        text = harmless(self.text)
        if as_json:
            text = "" if self.data is None else json.dumps(self.data, ensure_ascii=False, indent=1)
        if text:
            click.echo(text)


def harmless(text: str) -> str:
    """The text without what a terminal would obey: control characters, and signs that turn the writing around."""
    return "".join(sign if sign == "\n" or sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)


def say(words: str) -> None:
    """Words for people beside the result."""
    click.echo(harmless(words), err=True)


def warn(words: str) -> None:
    """A warning: red on a terminal, unless NO_COLOR is set."""
    color = False if os.environ.get("NO_COLOR") or not sys.stderr.isatty() else None
    click.echo(click.style("Warning: " + harmless(words), fg="red"), err=True, color=color)


def ask(question: str, **options: Any) -> str:
    """One question on the terminal."""
    return str(click.prompt(question, err=True, **options))


def secret(question: str, **options: Any) -> str:
    """A secret, typed without being shown."""
    return ask(question, hide_input=True, **options)


def sure(question: str, yes: bool) -> None:
    """Ends the command unless the person agrees, or has said --yes."""
    if not yes and not click.confirm(question, err=True):
        raise Failure("Nothing was changed.")


def table(head: list[str], rows: list[list[Any]]) -> str:
    """Columns for people; "" for no rows."""
    if not rows:
        return ""
    lines = [head] + [["" if cell is None else str(cell) for cell in row] for row in rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def moment(wall: int) -> str:
    """A wall time of the watch in this computer's time zone."""
    return datetime.fromtimestamp(wall + EPOCH).astimezone().strftime("%Y-%m-%d %H:%M")


def date(day: int) -> str:
    """A day number of the watch."""
    return (datetime(2020, 1, 1) + timedelta(days=day)).strftime("%Y-%m-%d")


def month(number: int) -> str:
    """A month number of the watch."""
    return "%d-%02d" % (2020 + number // 12, number % 12 + 1)


def write_private(path: Path, text: str | bytes) -> None:
    """Write a new file that only its owner can read. Failure if there is one already."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "wb") as file:
            file.write(text.encode() if isinstance(text, str) else text)
    except FileExistsError as error:
        raise Failure("%s is there already. Name a new file." % path) from error
    except OSError as error:
        raise Failure("%s could not be written: %s." % (path, error.strerror)) from error
