"""`ward policy`: the guardian's settings. What is stricter takes no passphrase, what is looser does (D7)."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from host_tools.console import Failure, Result, moment, table
from host_tools.link.talk import Talk, with_watch
from host_tools.settings import load_settings

_MOST = 64  # values in one policy


@cache
def settings() -> dict[str, dict[str, Any]]:
    """The table of all settings by key."""
    return {row["key"]: row for row in load_settings()["setting"]}


def complete_key(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The shell's completion of a setting's name, with its help from the table."""
    return [CompletionItem(key, help=row["help"]) for key, row in settings().items() if key.startswith(incomplete)]


def row_of(key: str) -> dict[str, Any]:
    """A setting's row. Failure names what comes near."""
    try:
        return settings()[key]
    except KeyError:
        group, _, name = key.partition(".")
        near = ", ".join([known for known in settings() if group in known or (name and name in known)][:5])
        hint = "Perhaps: " + near if near else "See: ward policy list"
        raise Failure("There is no setting %s. %s" % (key, hint)) from None


def number_of(key: str, value: object) -> int:
    """The number of a value given as number or name. Failure says what is possible; the watch checks the bounds."""
    names = row_of(key).get("names", [])
    if isinstance(value, str) and value in names:
        return int(names.index(value))
    try:
        if isinstance(value, bool) or not isinstance(value, (int, str)):
            raise ValueError
        return int(value)
    except ValueError:
        possible = ", ".join('"%s"' % name for name in names) or "a whole number"
        raise Failure("%s takes %s." % (key, possible)) from None


def _name(key: str, value: int) -> str:
    names = row_of(key).get("names", [])
    return str(names[value]) if value < len(names) else ""


def _top(key: str, band: int) -> int:
    top = row_of(key)["max"]
    return int(top[band] if isinstance(top, list) else top)


def _differing(talk: Talk, wanted: dict[str, int]) -> dict[str, list[int]]:
    """{key: [value in force, wanted value]}. Where an exception runs, nobody sees what is under it: it differs."""
    now = {key: value for key, value, _ in talk.read("settings.read")}
    covered = {key for key, _, _ in talk.read("grants.read")}
    for key in wanted:
        if key not in now:
            raise Failure("This watch has no setting %s: its firmware is older than this program." % key)
    return {key: [now[key], value] for key, value in wanted.items() if now[key] != value or key in covered}


def change(talk: Talk, wanted: dict[str, int]) -> dict[str, list[int]]:
    """Bring the watch to these values: {key: [before, after]} of what changed. All or nothing."""
    changed = _differing(talk, wanted)
    if len(changed) > _MOST:
        raise Failure("At most %d settings change at once; apply the file in two parts." % _MOST)
    if changed:
        state = talk.line.call("status.read")
        talk.act(
            "administration.policy",
            version=state["version"] + 1,
            issuer="ward",
            expires=state["expires"],
            values=[[key, after] for key, (_, after) in sorted(changed.items())],
        )
    return changed


def _changes(changed: dict[str, list[int]]) -> Result:
    text = table(["setting", "before", "now"], [[key, *values] for key, values in sorted(changed.items())])
    return Result(changed, text or "Nothing differs.")


def read_file(path: Path) -> dict[str, int]:
    """The settings of a TOML file as `ward policy export` writes it. Failure says what is wrong with it."""
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Failure("%s cannot be read: %s" % (path, error)) from error
    wanted = {}
    for group, values in found.items():
        for name, value in (values if isinstance(values, dict) else {"": values}).items():
            key = group + "." + name if name else group
            wanted[key] = number_of(key, value)
    return wanted


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
        [key, value, "*" if mark else "", _name(key, value), moment(until[key]) if key in until else ""]
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
    low, high = row.get("min", 0), _top(key, talk.line.call("status.read")["band"])
    data = {"key": key, "value": value, "chosen": chosen, "min": low, "max": high, "stricter": row["stricter"],
            "names": row.get("names", []), "help": row["help"]}  # fmt: skip
    means = " (%s)" % _name(key, value) if _name(key, value) else ""
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
    return _changes(_differing(talk, read_file(file)))


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
