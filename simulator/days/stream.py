"""Reading a stream of messages from a file.

.tsv   time (HH:MM), from, text: as in school_day.tsv; "?" before a name marks a stranger, "class:" the school chat
.csv   a column `text`, and perhaps `label`, by which the results are counted
else   one message a line
"""

import csv
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

SCHOOL_DAY = Path(__file__).parent / "school_day.tsv"
SENDERS = 14  # of a file that names none: with a guardian they just fit into the youngest children's contact list
_FIRST = 7 * 3600 + 1800  # seconds after midnight between which such messages are spread
_LAST = 20 * 3600
_GROUP = "class:"


class BadStream(ValueError):
    """The file is no message stream; the words say what to change."""


@dataclass
class Message:
    """A message to come: seconds after midnight, who, whether a stranger or in the school chat, text, label or ""."""

    at: int
    sender: str
    text: str
    stranger: bool = False
    in_group: bool = False
    label: str = ""


def seconds_of(time: str) -> int:
    """Seconds after midnight of HH:MM or HH:MM:SS. ValueError for anything else."""
    parts = [int(part) for part in time.split(":")]
    if len(parts) not in (2, 3) or not all(0 <= part < 60 for part in parts) or parts[0] > 23:
        raise ValueError(time)
    return parts[0] * 3600 + parts[1] * 60 + (parts[2] if len(parts) == 3 else 0)


def read_stream(path: Path, limit: int | None = None) -> list[Message]:
    """All messages of a file in order of time, `limit` at most. BadStream if it cannot be read or holds none."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            found = _READERS.get(path.suffix, _plain)(lines)
    except OSError as error:
        raise BadStream("cannot read %s: %s" % (path, error.strerror or error)) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise BadStream("%s is no UTF-8 text file: %s" % (path, error)) from error
    if not found:
        raise BadStream("%s holds no messages" % path)
    if not found[0].sender:
        return _spread(found[:limit])
    return sorted(found, key=lambda message: message.at)[:limit]


def _timed(lines: Iterable[str]) -> list[Message]:
    found = []
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        try:
            time, sender, text = line.rstrip("\r\n").split("\t")
            at = seconds_of(time)
        except ValueError:
            raise BadStream("line %d is not: time (HH:MM), tab, from, tab, text" % number) from None
        name = sender.removeprefix("?").removeprefix(_GROUP)
        found.append(Message(at, name, text, sender.startswith("?"), sender.startswith(_GROUP)))
    return found


def _from_csv(lines: Iterable[str]) -> list[Message]:
    rows = csv.DictReader(lines)
    if "text" not in (rows.fieldnames or ()):
        raise BadStream("the .csv file needs a first line with a column named text")
    return [Message(0, "", row["text"], label=row.get("label") or "") for row in rows if row["text"]]


def _plain(lines: Iterable[str]) -> list[Message]:
    return [Message(0, "", line.strip()) for line in lines if line.strip()]


def _spread(messages: list[Message]) -> list[Message]:
    """Give messages that have neither a sender and a time: evenly over the day, the senders in turn."""
    for number, message in enumerate(messages):
        message.at = _FIRST + (_LAST - _FIRST) * number // len(messages)
        message.sender = "Sender %d" % (number % SENDERS + 1)
    return messages


_READERS: dict[str, Callable[[Iterable[str]], list[Message]]] = {".tsv": _timed, ".csv": _from_csv}
