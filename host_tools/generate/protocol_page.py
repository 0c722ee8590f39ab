"""The list of acts in docs/protocol.md, made from the handlers and the rules' own forms (requirement E5)."""

from pathlib import Path

import simulator  # noqa: F401  makes the firmware importable
from firmware.link import methods
from firmware.policy import resting
from firmware.policy.request import forms
from firmware.policy.resident import RULES

PAGE = Path(__file__).resolve().parents[2] / "docs" / "protocol.md"
_BEGIN, _END = "<!-- acts: made by `make generate` -->\n", "<!-- end of acts -->\n"
_MAX = 0x3FFFFFFF
_TYPES = {
    "s": "text of at most %d",
    "h": "%d bytes in hexadecimal",
    "i": "0 to %d",
    "z": "±%d",
    "l": "list of at most %d",
}


def acts() -> str:
    """A table: each act with its fields, but for `channel`, which the watch sets."""
    known = {rule.name: forms(rule.FORMS) for rule in (*RULES, *(resting._load(name) for name in resting.NAMES))}
    lines = ["| act | params |", "| --- | --- |"]
    for kind in methods.ACTS.split():
        rule, _, verb = kind.partition(".")
        fields = [_field(*field) for field in known[rule][verb] if field[0].rstrip("?") != "channel"]
        lines.append("| `%s` | %s |" % (kind, ", ".join(fields) or "–"))
    return "\n".join(lines) + "\n"


def _field(name: str, form: str, limit: int) -> str:
    kind = {"b": "true or false", "i": "whole number" if limit == _MAX else ""}.get(form) or _TYPES[form] % limit
    return "%s%s (%s)" % (name.rstrip("?"), ", may be left out" if name.endswith("?") else "", kind)


def page(text: str) -> str:
    """The page with the list as it is in this build."""
    head, rest = text.split(_BEGIN)
    return head + _BEGIN + acts() + _END + rest.split(_END)[1]


def write() -> int:
    """Write the page. Returns the number of acts."""
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    return len(methods.ACTS.split())
