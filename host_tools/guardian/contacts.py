"""A watch's contacts as a guardian sees them, and the invitations by which two guardians agree to one (D20, D21)."""

import json
from pathlib import Path
from typing import Any

from host_tools.console import Failure, Result, table
from host_tools.link.talk import Talk

_FORMAT = "wardwatch-invitation"
_GRADES = ("", "watched", "limited", "muted", "removed")


def people(talk: Talk) -> list[dict[str, Any]]:
    """The contacts by the names of their fields."""
    names = ["name", "address", "number", "guardian", "grade", "blocked"]
    people = [dict(zip(names, row, strict=True)) for row in talk.read("contacts.read")]
    return [{**one, "grade": _GRADES[one["grade"]]} for one in people]


def listed(people: list[dict[str, Any]], nobody: str) -> Result:
    """People as a table; `nobody`: the words for none."""
    rows = [
        [one["name"], one["address"], one["number"], "guardian" if one["guardian"] else "", one["grade"],
         "blocked" if one["blocked"] else ""]
        for one in people
    ]  # fmt: skip
    return Result(people, table(["name", "address", "number", "role", "grade", "block"], rows) or nobody)


def invitation_text(own: str, key: str, code: str) -> str:
    """What the other guardian needs: our watch's address, the key of this contact, and that we agree."""
    return json.dumps({"format": _FORMAT, "address": own, "key": key, "agreed": code}) + "\n"


def read_invitation(file: Path, address: str) -> dict[str, Any]:
    """An invitation from the watch with this address. Failure says what is wrong with it."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        if (
            found["format"] != _FORMAT
            or len(bytes.fromhex(found["key"])) != 32
            or len(bytes.fromhex(found["agreed"])) != 16
        ):
            raise ValueError("another format")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Failure("%s is no invitation (%s)." % (file, error)) from error
    if found["address"] != address:
        raise Failure("%s is from the watch %s, not from %s." % (file, found["address"], address))
    return dict(found)
