"""The guardian's settings: their table, values by name, and a change of many as one policy (D7)."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from host_tools.console import Failure
from host_tools.link.talk import Talk
from host_tools.settings import load_settings

_MOST = 64  # values in one policy


@cache
def settings() -> dict[str, dict[str, Any]]:
    """The table of all settings by key."""
    return {row["key"]: row for row in load_settings()["setting"]}


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


def name_of(key: str, value: int) -> str:
    """What a value of a choice is called, "" where it has no name."""
    names = row_of(key).get("names", [])
    return str(names[value]) if value < len(names) else ""


def top_of(key: str, band: int) -> int:
    """The largest value at an age."""
    top = row_of(key)["max"]
    return int(top[band] if isinstance(top, list) else top)


def differing(talk: Talk, wanted: dict[str, int]) -> dict[str, list[int]]:
    """{key: [value in force, wanted value]}. Where an exception runs, nobody sees what is under it: it differs."""
    now = {key: value for key, value, _ in talk.read("settings.read")}
    covered = {key for key, _, _ in talk.read("grants.read")}
    for key in wanted:
        if key not in now:
            raise Failure("This watch has no setting %s: its firmware is older than this program." % key)
    return {key: [now[key], value] for key, value in wanted.items() if now[key] != value or key in covered}


def change(talk: Talk, wanted: dict[str, int]) -> dict[str, list[int]]:
    """Bring the watch to these values: {key: [before, after]} of what changed. All or nothing."""
    changed = differing(talk, wanted)
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
