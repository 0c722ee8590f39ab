"""The watch's journal: read, and verified against what this computer remembers."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

from host_tools.console import Failure
from host_tools.guardian.rebuild import Row, rebuilt, snapshot, suffix
from host_tools.link import receipts
from host_tools.link.talk import Talk

FORMAT = "wardwatch-log"
_TRIES = 3  # to read a journal that grows meanwhile


def records(talk: Talk, after: int) -> list[list[Any]]:
    """All records with a higher number: [seq, time, powered, kind, fields...]."""
    found: list[list[Any]] = []
    while page := talk.line.call("log.read", after=after):
        found += page
        after = page[-1][0]
    return found


def since(talk: Talk, wall: int) -> list[list[Any]]:
    """All records from a time on, without reading the segments that ended before."""
    after = 0
    for _, seq, begun in talk.line.call("log.segments"):
        if begun < wall:
            after = seq
    return [record for record in records(talk, after) if record[1] >= wall]


def newest(talk: Talk) -> dict[str, Any]:
    """Snapshot, records, state and end of the newest segment, all of one moment."""
    for _ in range(_TRIES):
        before = talk.line.call("log.receipt", **receipts.place(talk.keys.receipt(talk.hello.watch)))
        found = {"snapshot": snapshot(talk), "suffix": suffix(talk), "state": talk.line.call("log.state")}
        found["receipt"] = talk.line.call("log.receipt", **receipts.place(talk.keys.receipt(talk.hello.watch)))
        if before == found["receipt"]:
            return found
    raise Failure("The journal grows faster than it can be read. Try again in a minute.")


def whole(found: dict[str, Any]) -> list[tuple[str, str]]:
    """(check, what is wrong or "") of one segment by itself."""
    rows: list[Row] = found["suffix"]
    receipt, state = found["receipt"], dict(found["state"])
    gaps = [after[3] for before, after in pairwise(rows)
            if after[3] != before[3] + 1 or after[0] != before[1]]  # fmt: skip
    whole = "A record before number %d is missing." % gaps[0] if gaps else ""
    last = rows[-1] if rows else None
    ends = not last or (last[1], last[2], last[3]) == (receipt["end"], receipt["mac"], receipt["seq"])
    try:
        state.pop("seq")
        other = sorted(name for name, digest in rebuilt(found["snapshot"], rows, receipt["segment"]).items()
                       if state.get(name) != digest)  # fmt: skip
        words = "The journal does not lead to the watch's state of: %s." % ", ".join(other) if other else ""
    except ValueError as error:
        words = "The journal cannot be folded (%s)." % error
    return [
        ("no record is missing", whole),
        ("it ends where the watch says", "" if ends else "It does not end where the watch says."),
        ("it leads to the watch's state", words),
    ]


def read_export(file: Path, watch: bytes) -> dict[str, Any]:
    """What `export` wrote. Failure if this is no such file, or of another watch."""
    try:
        lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
        head, tail, body = lines[0], lines[-1], lines[1:-1]
        if head["format"] != FORMAT or head["version"] != 1:
            raise ValueError("another format")
        if head["watch"] != watch.hex():
            raise Failure("%s is the journal of another watch." % file)
        found = {"snapshot": head["snapshot"], **{name: tail[name] for name in ("receipt", "state", "suffix")}}
        listed = {row[0]: row for row in body}
        if any(listed.get(row[3], row[3:]) != row[3:] for row in found["suffix"]):
            raise ValueError("its records contradict each other")
        return found
    except (OSError, ValueError, KeyError, IndexError, TypeError) as error:
        raise Failure("%s is not what ward log export writes (%s)." % (file, error)) from error


def compared(talk: Talk, found: dict[str, Any], live: dict[str, Any]) -> str:
    """What is wrong with a file, compared with the watch: its last MAC, and its records while the watch shows them."""
    receipt, now = found["receipt"], live["receipt"]
    if receipt["segment"] < now["oldest"]:
        return receipts.GONE
    asked = talk.line.call("log.receipt", **receipts.place(receipt))["asked"]
    held = live["suffix"][: len(found["suffix"])] if receipt["segment"] == now["segment"] else found["suffix"]
    same = asked == receipt["mac"] and held == found["suffix"]
    return "" if same else "The file and the watch do not say the same."
