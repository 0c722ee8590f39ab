"""What drawing costs: bytes to the display, processor beside wire, letters beside `framebuf.text`, and the dark hours.

python -m tests.bench.display      also part of `make bench`; about ten seconds
"""

import json
import sys
import tempfile
from pathlib import Path

from host_tools import boards
from host_tools.making.energy import estimate
from simulator import micropython
from tests.bench.harness import ROOT, Failed
from tests.boards import story, updates

_BOARDS = ("simulator", "m5stickc-plus2", "waveshare-s3-touch-lcd-1.28")
_MINUTE_AIM = 15  # percent of a frame
_FRAME = 240 * 240 * 2


def measure(folder: Path) -> tuple[dict[str, float], list[str]]:
    """(flat figures, lines of the report). Failed when a script does not end well."""
    figures: dict[str, float] = {}
    lines = ["sent to the display, beside the smallest rectangle that changed; time on the wire at 40 MHz", ""]
    for board in _BOARDS:
        for update in updates.measure(board, folder / board):
            share = update.sent * 100 / update.frame
            late = "!" if update.name == "a minute passes" and share > _MINUTE_AIM else " "
            row = (board, update.name, update.sent, update.smallest, share, late, update.wire_ms)
            lines.append("%-28s %-16s %7d B %7d B  %4.0f %% of a frame%s %5.1f ms" % row)
            key = "display_%s_%s" % (board, update.name.replace(" ", "_"))
            figures[key + "_bytes"], figures[key + "_smallest_bytes"] = update.sent, update.smallest
    done = micropython.run(ROOT / "tests" / "bench" / "drawing.py", str(folder / "flash"), heap="8M", path=ROOT)
    if done.returncode:
        raise Failed("drawing: " + done.stdout[-2000:])
    times = _times(done.stdout)
    wire = _FRAME * 8000 / updates.WIRE_HZ
    lines.append("")
    for name in ("dial", "help"):
        micros = times["frame_" + name]
        lines.append("a whole frame of %-5s %6.2f ms to draw here, %5.1f ms on the wire" % (name, micros / 1000, wire))
        figures["frame_%s_us" % name] = micros
    each, beside = times["text"] / times["letters"], times["framebuf"] / times["letters"]
    figures["letter_us"], figures["framebuf_letter_us"] = round(each, 2), round(beside, 2)
    lines.append(
        "a letter (16 pixels high, four shades, from the file) %.1f us, of framebuf.text (8 x 8, in C) %.2f us"
        % (each, beside)
    )
    lines += ["", "dark: turns of the loop in ten minutes, and an estimate from data sheets, not a measurement"]
    for board in boards.names():
        wakes = _wakes(board, folder / ("dark " + board))
        figures["dark_%s_wakes_per_minute" % board] = wakes / 10
        found = estimate(boards.load(board))
        how = "light sleep" if found.sleeps else "awake"
        lines.append(
            "%-28s %4d turns, about %4.1f mA dark (%s), %2.0f mA lit" % (board, wakes, found.dark, how, found.lit)
        )
    return figures, lines


def _times(said: str) -> dict[str, float]:
    found: dict[str, float] = json.loads(said.splitlines()[-1])
    return found


def _wakes(board: str, folder: Path) -> int:
    with story.watch(board, folder, "cpython") as watch:
        watch.advance(20)
        before = int(watch.do("chips")["wakes"])
        watch.advance(600)
        return int(watch.do("chips")["wakes"]) - before


def main() -> int:
    """Print the report."""
    if micropython.binary() is None:
        print(micropython.why_missing(), file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder:
        print("\n".join(measure(Path(folder))[1]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
