"""What reading a message costs on MicroPython, and whether it reads there what it reads here."""

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import simulator  # noqa: F401  makes the firmware importable
from firmware.text import MAX_CHARS, classifier, reading
from host_tools.train import texts
from simulator import micropython

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"

# Runs on MicroPython: times in microseconds and allocated bytes a message, from a file of messages and one of words. Each
# is the least of seven, as others use the machine too, of eight in a row, as the clock only knows whole microseconds.
_BENCH = """
import gc, micropython, sys, time
from firmware.text import reading
lines = [line for line in open(sys.argv[1]).read().split("\\n") if line]
words = open(sys.argv[2]).read().split("\\n")
read = reading.read
for line in lines:
    read(line)
allocate = 0
for line in lines:
    micropython.heap_lock()
    try:
        read(line)
    except MemoryError:
        allocate += 1
    micropython.heap_unlock()
gc.collect()
gc.disable()
before = gc.mem_alloc()
for line in lines:
    read(line)
allocated = (gc.mem_alloc() - before) // len(lines)
gc.enable()
def naive(line):
    for word in words:
        if word in line:
            return True
def timed(act, line):
    best = 1 << 29
    for _ in range(7):
        start = time.ticks_us()
        for _ in range(8):
            act(line)
        best = min(best, time.ticks_diff(time.ticks_us(), start))
    return best
times = [0, 0]
for line in lines:
    times[0] += timed(read, line)
    times[1] += timed(naive, line)
    gc.collect()
print(allocate, len(lines), allocated, times[0] * 10 // 8 // len(lines), times[1] * 10 // 8 // len(lines))
"""


def _run(name: str, script: str, *files: Path) -> "subprocess.CompletedProcess[str] | None":
    """Run a script on the unix port with these files as its arguments; None without it."""
    binary = micropython.binary()
    if binary is None:
        return None
    path = BUILD / name
    path.write_text(script, "utf-8")
    return subprocess.run(
        [binary, "-X", "heapsize=8M", str(path), *map(str, files)],
        env={**os.environ, "MICROPYPATH": str(ROOT) + ":.frozen"}, capture_output=True, text=True, check=False,
    )  # fmt: skip


def cost(data: Path) -> dict[str, Any]:
    """What one message costs on the unix port; the naive list has a thousand words."""
    chinese, english = texts.benign(data, measuring=True)
    BUILD.mkdir(exist_ok=True)
    sample, words = BUILD / "evaluate_sample.txt", BUILD / "evaluate_words.txt"
    sample.write_text("\n".join(chinese[:300] + english[:100]), "utf-8")
    listed = [row["text"] for row in texts._rows(data / "surge/profanity_en.csv")][:700]
    words.write_text("\n".join(listed + (data / "ldnoobw/zh.txt").read_text("utf-8").split("\n")[:300]), "utf-8")
    done = _run("evaluate_bench.py", _BENCH, sample, words)
    if done is None:
        return {"missing": micropython.why_missing()}
    try:
        allocating, messages, allocated, read, naive = map(int, done.stdout.split())
    except ValueError:
        return {"failed": done.stdout + done.stderr}
    return {
        "messages": messages, "of_them_allocating": allocating, "allocated_bytes": allocated, "reading_us": read / 10,
        "naive_1000_words_us": naive / 10, "times_faster": round(naive / read, 1),
    }  # fmt: skip


# Runs on MicroPython: reading and sums of every line of one file, into another.
_READ_ALL = """
import sys
from firmware.text import classifier
from firmware.text.reading import read
with open(sys.argv[1]) as lines:
    with open(sys.argv[2], "w") as out:
        for line in lines:
            found = read(line[:-1])
            out.write("%s %s\\n" % (found[:2] + found[3:], list(classifier.sums)))
"""


def equal_readings(data: Path) -> dict[str, Any]:
    """Whether every message of the data folder gets the same reading and the same sums on both runtimes."""
    messages = []
    for path in sorted(data.rglob("*")):
        if path.suffix == ".csv":
            messages += [row.get("text") or "" for row in texts._rows(path)]
        elif path.suffix == ".txt" and "LICENSE" not in path.name:
            messages += texts.lines(path)
    messages = [re.sub("[\r\n]", " ", text)[:MAX_CHARS] for text in messages]
    BUILD.mkdir(exist_ok=True)
    given, made = BUILD / "evaluate_all.txt", BUILD / "evaluate_all.out"
    given.write_text("".join(text + "\n" for text in messages), "utf-8")
    done = _run("evaluate_all.py", _READ_ALL, given, made)
    if done is None:
        return {"missing": micropython.why_missing()}
    if done.returncode:
        return {"failed": done.stdout + done.stderr}
    there = made.read_text("utf-8").splitlines()
    here = []
    for text in messages:
        found = reading.read(text)
        here.append("%s %s" % (found[:2] + found[3:], list(classifier.sums)))
    different = sum(a != b for a, b in zip(here, there, strict=True))
    return {"messages": len(messages), "different": different}
