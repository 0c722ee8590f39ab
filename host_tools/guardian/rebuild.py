"""The watch's state rebuilt from its journal on this computer, by the firmware's own rules (docs/architecture.md).

The watch gives the opened snapshot and the records of its newest segment for the rules of `OPEN`, which hold no secret.
Folding the one over the other must give the very state that the watch has: whoever left a record out, changed one, or
brought the watch into a state that no record explains, is found.
"""

import base64
from collections.abc import Iterable
from hashlib import sha256
from types import SimpleNamespace
from typing import Any

import simulator  # noqa: F401  makes the firmware importable
from firmware.link.reports import OPEN
from firmware.policy.engine import Engine
from firmware.storage.frames import Record

Row = list[Any]  # of log.suffix: offset, end, MAC, seq, time, powered, kind, fields
_KIND = 6


def snapshot(talk: Any) -> dict[str, str]:
    """{rule: its part of the newest snapshot in hexadecimal}, from a watch."""
    found: dict[str, bytes] = {}
    at = 0
    while piece := talk.line.call("log.snapshot", **{"from": at}):
        found[piece["rule"]] = found.get(piece["rule"], b"") + base64.b64decode(piece["piece"])
        at = piece["next"]
    return {rule: blob.hex() for rule, blob in found.items()}


def suffix(talk: Any) -> list[Row]:
    """All records of the newest segment, from a watch."""
    rows: list[Row] = []
    while page := talk.line.call("log.suffix", **{"from": rows[-1][1] if rows else 0})["rows"]:
        rows += page
    return rows


def rebuilt(parts: dict[str, str], rows: Iterable[Row], segment: int) -> dict[str, str]:
    """{rule: SHA-256 of its state} after the records. ValueError if they cannot be folded."""
    store = SimpleNamespace(
        tag=lambda address: bytes(8),
        credentials=bytes,
        set_credentials=None,
        expire=None,
        main=None,
        readable=None,
        holds_key=None,
    )
    engine = Engine(store, bytes, lambda: ("cn", []), None, None)
    rules = engine.rules
    try:
        for name, blob in parts.items():
            rules[name].restore(bytes.fromhex(blob))
        for offset, end, _, *items in rows:
            name, _, verb = items[3].partition(".")
            if name in OPEN:
                rules[name].apply(verb, Record(items, b"", segment, offset, end))
            elif items[3] == "contacts.removed":
                rules["usage"].forget(bytes.fromhex(items[4]))  # as rules/contacts.py does
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise ValueError("a record does not fit: %r" % error) from error
    return {name: sha256(b"".join(bytes(piece) for piece in rules[name].pieces())).hexdigest() for name in OPEN}
