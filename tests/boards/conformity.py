"""What a run of the scenarios on a board says of the eight items for which a minor mode is examined before it may use a
network (requirement E15: the draft rules' articles 10 and 12): linkage, switch, exit check, anti-bypass, period,
duration, function, content. `make test-board REPORT=FILE` writes it.

It is a protocol of a self-test: which scenarios ran on which board and firmware, and what came out. It is no
certificate, and the items' wording follows a draft.
"""

from datetime import UTC, datetime

# Item: the requirement rows that it stands for (tests/coverage/rows.tsv).
ITEMS = {
    "linkage: apps follow the watch's state": ("D10", "D60", "D45"),
    "one-touch switch: ways into protection": ("D8", "C14"),
    "exit check: leaving takes the guardian": ("D6", "D7", "C15"),
    "anti-bypass": ("D2", "D3", "D4", "D5", "E11", "B14"),
    "period": ("D40", "D42", "D44", "D47"),
    "duration": ("D41", "D43", "D48", "D50"),
    "function": ("D20", "D23", "D30", "D31", "D61"),
    "content": ("D70", "D71", "D72", "D74"),
}

Outcome = tuple[set[str], bool]  # rows that a scenario names, whether it held


def report(board: str, runtime: str, firmware: str, outcomes: dict[str, Outcome]) -> str:
    """Markdown. firmware: SHA-256 of what ran; outcomes: by the scenarios' names."""
    held = sum(good for _, good in outcomes.values())
    lines = [
        "# Self-test of the minor mode",
        "",
        "| | |",
        "| --- | --- |",
        "| board | %s |" % board,
        "| MicroPython | %s |" % runtime,
        "| firmware, SHA-256 | `%s` |" % firmware,
        "| time | %s |" % datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "| scenarios | %d run, %d held |" % (len(outcomes), held),
        "",
        "| item | row | scenarios held | not held |",
        "| --- | --- | --- | --- |",
    ]
    for item, rows in ITEMS.items():
        for row in rows:
            good = [name for name, (named, holds) in outcomes.items() if row in named and holds]
            bad = [name for name, (named, holds) in outcomes.items() if row in named and not holds]
            what = "%d" % len(good) if good or bad else "**not run**"
            lines.append("| %s | %s | %s | %s |" % (item, row, what, ", ".join(bad) or "–"))
    lines += ["", "Held: every answer, journal and file was what the reference gave, byte for byte.",
              "", "## Scenarios", ""]  # fmt: skip
    lines += [
        "- %s: %s (%s)" % (name, "held" if holds else "**not held**", ", ".join(sorted(named)))
        for name, (named, holds) in sorted(outcomes.items())
    ]
    return "\n".join(lines) + "\n"
