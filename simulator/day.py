"""One day of a simulated watch, told as a timeline: what `ward demo` and `ward sim --headless` run.

With `--days` it is a year, or any number of days, of which only a summary is told (simulator/days/year.py).

Exit codes: 0 the day ended with a verified journal, and the year without a fault; 1 it did not; 2 the command line or
the message file is wrong.
"""

import argparse
import io
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from simulator import micropython
from simulator.days import report
from simulator.days.story import OtherDay, SchoolDay, Story
from simulator.days.stream import SCHOOL_DAY, BadStream, read_stream
from simulator.days.timeline import Printer
from simulator.watch import ROOT, RUNTIMES

README = ROOT / "README.md"
BEGIN = "<!-- transcript: `python -m simulator.day --update-readme` writes what follows -->"
END = "<!-- end of transcript -->"
_README_OPTIONS = ["--brief"]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="ward demo", description=__doc__.split("\n")[0], allow_abbrev=False)
    parser.add_argument(
        "--messages",
        type=Path,
        metavar="FILE",
        help="another message stream: .csv with a column text (and perhaps label), .tsv with time, from, "
        "text, or one message a line",
    )
    parser.add_argument("--limit", type=int, default=200, metavar="N", help="messages to take from FILE (%(default)s)")
    parser.add_argument("--runtime", choices=RUNTIMES, default="cpython", help="what the watch runs on (%(default)s)")
    parser.add_argument("--language", choices=("en", "zh"), default="en", help="language of the watch (%(default)s)")
    parser.add_argument("--age", type=int, choices=(7, 9), default=9, help="the child's age in years (%(default)s)")
    parser.add_argument("--days", type=int, metavar="N", help="live N days with every rule on, and print a summary")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="another life for --days (%(default)s)")
    parser.add_argument("--brief", action="store_true", help="leave out what was simply allowed")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead")
    parser.add_argument("--png", type=Path, metavar="DIR", help="the watch has a display; write what it shows into DIR")
    parser.add_argument("--headless", action="store_true", help="without the page, as always here")
    parser.add_argument("--update-readme", action="store_true", help=argparse.SUPPRESS)
    return parser


def main(argv: list[str]) -> int:
    """Run the day with these options and print it."""
    options = _parser().parse_args(argv)
    if options.update_readme:
        update_readme()
        return 0
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal without Chinese still shows the rest
    try:
        return _live(options.days, options.seed) if options.days else _run(options, sys.stdout)
    except BadStream as bad:
        print("ward: %s" % bad, file=sys.stderr)
        return 2
    except FileNotFoundError:
        if options.runtime != "micropython" or micropython.binary():
            raise
        print("ward: %s. Use --runtime cpython." % micropython.why_missing(), file=sys.stderr)
        return 2


def _live(days: int, seed: int) -> int:
    from simulator.days.year import Year

    with tempfile.TemporaryDirectory() as folder:
        year = Year(Path(folder) / "watch", days, seed)
        year.live()
    print("\n".join(year.summary()))
    return 1 if year.faults else 0


def _run(options: argparse.Namespace, stream: Any) -> int:
    if options.limit < 1:
        raise BadStream("--limit must be at least 1")
    messages = read_stream(options.messages, options.limit) if options.messages else read_stream(SCHOOL_DAY)
    day = OtherDay if options.messages else SchoolDay
    with tempfile.TemporaryDirectory() as folder:
        if options.png:
            options.png.mkdir(parents=True, exist_ok=True)
        story = day(Path(folder), options.runtime, options.language, options.age, messages, options.png)
        with story.watch:
            story.tell()
            found = report.make(story)
    try:
        if options.json:
            json.dump(report.as_json(story, found, options.runtime), stream, ensure_ascii=False, indent=1)
            print(file=stream)
        else:
            _print(story, found, Printer(stream, brief=options.brief))
        stream.flush()
    except BrokenPipeError:  # the reader, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0 if found["verified"] else 1


def _print(story: Story, found: dict[str, Any], printer: Printer) -> None:
    printer.line(
        "Wardwatch: one day of %s, %d years old, %s" % (report.CHILD, story.age, story.date.strftime("%A %d %B %Y"))
    )
    printer.entries(story.timeline.entries)
    report.write(found, printer)


def transcript() -> str:
    """What README.md shows between its marks."""
    stream = io.StringIO()
    _run(_parser().parse_args(_README_OPTIONS), stream)
    return "```\n$ ward sim --brief\n" + stream.getvalue() + "```\n"


def update_readme() -> None:
    """Write today's transcript into README.md."""
    text = README.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    README.write_text(before + BEGIN + "\n" + transcript() + END + after, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
