"""How often the reading flags what it should and should not: `python -m tests.text.figures FOLDER`.

FOLDER holds the files of the message data (cold/dev.csv, davidson/dev.csv, lccc/benign_calib.txt,
taskmaster/benign_calib.txt), which are not part of this repository. Flagged means any class but a cry for help.
"""

import csv
import sys
from pathlib import Path

import simulator  # noqa: F401  makes the firmware importable
from firmware.text import MAX_CHARS, reading


def _flagged(text: str) -> bool:
    return reading.read(text[:MAX_CHARS]).classes & ~reading.CRY != 0


def _share(texts: list[str]) -> str:
    hits = sum(_flagged(text) for text in texts)
    return "%d of %d (%.2f %%)" % (hits, len(texts), 100 * hits / len(texts))


def main(folder: Path) -> None:
    """Print one line per file."""
    for name in ("lccc/benign_calib.txt", "taskmaster/benign_calib.txt"):
        lines = (folder / name).read_text(encoding="utf-8").splitlines()
        print("%-28s benign flagged     %s" % (name, _share(lines)))
    for name in ("cold/dev.csv", "davidson/dev.csv"):
        with (folder / name).open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))
        for label, title in (("1", "abusive flagged"), ("0", "others flagged")):
            print("%-28s %-18s %s" % (name, title, _share([row["text"] for row in rows if row["label"] == label])))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
