"""`ward policy` and `grant`: the guardian's settings. Stricter takes no passphrase, looser does (D7)."""

from pathlib import Path

import click
from click.shell_completion import CompletionItem

from host_tools.console import Failure, Result, moment, table
from host_tools.guardian.policy import change, differing, name_of, number_of, read_file, row_of, settings, top_of
from host_tools.link.talk import Talk, with_watch


def complete_key(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The shell's completion of a setting's name, with its help from the table."""
    return [CompletionItem(key, help=row["help"]) for key, row in settings().items() if key.startswith(incomplete)]


def _changes(changed: dict[str, list[int]]) -> Result:
    text = table(["setting", "before", "now"], [[key, *values] for key, values in sorted(changed.items())])
    return Result(changed, text or "Nothing differs.")


@click.group()
def policy() -> None:
    """Read and change the settings. Stricter needs no passphrase, looser does."""


@policy.command("list")
@click.option("--chosen", is_flag=True, help="Only what a guardian has chosen.")
@with_watch()
def list_(talk: Talk, chosen: bool) -> Result:
    """List all settings with the values in force; * was chosen by a guardian."""
    rows = [row for row in talk.read("settings.read") if row[2] or not chosen]
    until = {key: end for key, _, end in talk.read("grants.read")}
    data = [{"key": key, "value": value, "chosen": mark, "until": until.get(key)} for key, value, mark in rows]
    lines = [
        [key, value, "*" if mark else "", name_of(key, value), moment(until[key]) if key in until else ""]
        for key, value, mark in rows
    ]
    return Result(data, table(["setting", "value", "", "means", "exception until"], lines) or "No setting was chosen.")


@policy.command()
@click.argument("key", shell_complete=complete_key)
@with_watch()
def get(talk: Talk, key: str) -> Result:
    """Show one setting: its value, its bounds and what it does."""
    row = row_of(key)
    found = {name: [value, chosen] for name, value, chosen in talk.read("settings.read")}
    if key not in found:
        raise Failure("This watch has no setting %s: its firmware is older than this program." % key)
    value, chosen = found[key]
    low, high = row.get("min", 0), top_of(key, talk.line.call("status.read")["band"])
    data = {"key": key, "value": value, "chosen": chosen, "min": low, "max": high, "stricter": row["stricter"],
            "names": row.get("names", []), "help": row["help"]}  # fmt: skip
    means = " (%s)" % name_of(key, value) if name_of(key, value) else ""
    names = "".join("\n  %d %s" % one for one in enumerate(row.get("names", [])) if low <= one[0] <= high)
    stricter = {
        "lower": "Lower is stricter.",
        "higher": "Higher is stricter.",
        "same": "Any change takes the passphrase.",
    }
    return Result(data, "%s = %d%s, from %d to %d. %s\n%s%s" % (key, value, means, low, high, stricter[row["stricter"]],
                  row["help"], names))  # fmt: skip


@policy.command("set")
@click.argument("key", shell_complete=complete_key)
@click.argument("value")
@with_watch()
def set_(talk: Talk, key: str, value: str) -> Result:
    """Set one setting to a number or to the name of a choice."""
    return _changes(change(talk, {key: number_of(key, value)}))


@policy.command()
@click.argument("file", type=click.Path(path_type=Path))
@with_watch()
def diff(talk: Talk, file: Path) -> Result:
    """Show what `apply` would change."""
    return _changes(differing(talk, read_file(file)))


@policy.command("apply")
@click.argument("file", type=click.Path(path_type=Path))
@with_watch()
def apply_(talk: Talk, file: Path) -> Result:
    """Set what a TOML file says, all of it or nothing. Settings that it leaves out stay."""
    return _changes(change(talk, read_file(file)))


@policy.command()
@with_watch()
def export(talk: Talk) -> Result:
    """Print what a guardian has chosen as TOML, for `ward policy apply`."""
    chosen: dict[str, dict[str, int]] = {}
    for key, value, mark in talk.read("settings.read"):
        if mark:
            group, _, name = key.partition(".")
            chosen.setdefault(group, {})[name] = value
    text = "\n\n".join(
        "\n".join(["[%s]" % group] + ["%s = %d" % one for one in sorted(values.items())])
        for group, values in sorted(chosen.items())
    )
    return Result(chosen, text)


@click.command()
@click.argument("key", shell_complete=complete_key)
@click.argument("value")
@click.option("--minutes", required=True, type=click.IntRange(1, 1440), help="How long the exception holds.")
@with_watch()
def grant(talk: Talk, key: str, value: str, minutes: int) -> Result:
    """Give the setting KEY another VALUE for some minutes. Takes the passphrase."""
    number = number_of(key, value)
    talk.act("administration.grant", key=key, value=number, minutes=minutes)
    return Result(
        {"key": key, "value": number, "minutes": minutes}, "%s is %d for %d minutes." % (key, number, minutes)
    )
