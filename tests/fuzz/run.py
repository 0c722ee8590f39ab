"""`make fuzz`: millions of frames against the line of a simulated watch, and what became of them.

    python -m tests.fuzz.run --frames 5000000 --jobs 2

A round is one watch in one state and some thousand frames; everything in it follows from its seed, so what is found can
be repeated: `--seed S --first ROUND --frames 1`. Frames and what must hold are in frames.py and household.py. Some
rounds run under coverage.py, which tells the branches that were taken.
"""

import argparse
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import coverage

from tests.fuzz.frames import METHODS
from tests.fuzz.household import BLOCK, BLOCKS, STATES, Broke, Fuzzed

ROOT = Path(__file__).resolve().parents[2]
ROUND = 80  # blocks
MEASURED = 2 * len(STATES)  # rounds under coverage
_PLACES = [
    "firmware/link/*",
    "firmware/services/hosts.py",
    "firmware/policy/request.py",
    "firmware/policy/rules/hosts.py",
    "firmware/policy/rules/credentials.py",
    "firmware/policy/desk/credentials.py",
]
_MOST_GROWTH = 200_000  # kilobytes that this process may grow by after its first rounds

Answers = Counter[tuple[str, str]]


def play(seed: str, number: int, runtime: str, blocks: int = ROUND) -> tuple[int, Answers]:
    """One round: (frames sent, what was answered). Broke, or whatever the watch raised."""
    with tempfile.TemporaryDirectory(prefix="fuzz-", dir=_memory()) as folder:
        fuzzed = Fuzzed(Path(folder), "%s/%d" % (seed, number), STATES[number % len(STATES)], runtime)
        try:
            for block in range(blocks):
                if not fuzzed.block(BLOCKS[block % len(BLOCKS)]):
                    break
        except BaseException:
            print("round %d of seed %s, after %d frames; the last lines to the watch:" % (number, seed, fuzzed.sent))
            for line in fuzzed.last[-8:]:
                print("   ", line)
            raise
        finally:
            fuzzed.watch.close()
        return fuzzed.sent, fuzzed.answers


def _memory() -> str | None:
    """A file system in memory, where there is one: the flash of thousands of watches need not go to a disk."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


def batch(seed: str, numbers: list[int], runtime: str) -> tuple[int, Answers, int]:
    """Rounds in one process: frames, answers, and by how many kilobytes the process grew after the first."""
    frames, answers, small = 0, Counter[tuple[str, str]](), 0
    for number in numbers:
        sent, found = play(seed, number, runtime)
        frames += sent
        answers.update(found)
        small = small or _size()
    return frames, answers, _size() - small


def _size() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def measured(seed: str, numbers: list[int]) -> tuple[int, Answers, dict[str, tuple[int, int]]]:
    """Rounds under coverage: frames, answers, (branches taken, branches) by file."""
    watch = coverage.Coverage(branch=True, include=[str(ROOT / place) for place in _PLACES], data_file=None)
    watch.start()
    try:
        frames, answers, _ = batch(seed, numbers, "cpython")
    finally:
        watch.stop()
    branches = {}
    with tempfile.NamedTemporaryFile("r", suffix=".json") as report:
        watch.json_report(outfile=report.name)
        import json

        for name, file in json.load(report)["files"].items():
            summary = file["summary"]
            branches[name] = summary["covered_branches"], summary["num_branches"]
            for line in file["missing_branches"]:
                print("    not taken: %s %d -> %d" % (name, *line))
    return frames, answers, branches


def _batches(first: int, size: int) -> Iterator[list[int]]:
    while True:
        yield list(range(first, first + size))
        first += size


def main() -> int:
    options = argparse.ArgumentParser(description="Fuzz the serial line of a simulated watch.")
    options.add_argument("--frames", type=int, default=5_000_000)
    options.add_argument("--seed", default="wardwatch")
    options.add_argument("--first", type=int, default=0, metavar="ROUND", help="number of the first round")
    options.add_argument("--jobs", type=int, default=1)
    options.add_argument("--runtime", choices=["cpython", "micropython"], default="cpython")
    chosen = options.parse_args()
    began = time.monotonic()
    frames, answers, growth = 0, Counter[tuple[str, str]](), 0
    branches: dict[str, tuple[int, int]] = {}
    batches = _batches(chosen.first, MEASURED)
    if chosen.runtime == "cpython":
        frames, answers, branches = measured(chosen.seed, next(batches))
    with ProcessPoolExecutor(chosen.jobs) as pool:
        while frames < chosen.frames:
            lots = [pool.submit(batch, chosen.seed, next(batches), chosen.runtime) for _ in range(2 * chosen.jobs)]
            for lot in lots:
                sent, found, grown = lot.result()
                frames += sent
                answers.update(found)
                growth = max(growth, grown)
            print("%9d frames, %5.0f s" % (frames, time.monotonic() - began), file=sys.stderr)
    if growth > _MOST_GROWTH:
        raise Broke("a process grew by %d KB" % growth)
    tell(frames, answers, branches, growth, time.monotonic() - began)
    return 0


def tell(frames: int, answers: Answers, branches: dict[str, tuple[int, int]], growth: int, seconds: float) -> None:
    """The figures."""
    share = {kind: BLOCKS.count(kind) * 100 // len(BLOCKS) for kind in BLOCKS}
    print("%d frames in %.0f s: %s" % (frames, seconds, ", ".join("%d %% %s" % (share[one], one) for one in share)))
    print("no crash, no answer to noise, no state change without a record; largest growth %d KB" % growth)
    reached = {method for method, came in answers if not came.startswith("-")}
    known = {method for method, _ in answers if method in METHODS}
    print("methods: %d, asked: %d, answered with a result: %d" % (len(METHODS), len(known), len(reached)))
    for method in METHODS:
        rows = sorted((came, count) for (name, came), count in answers.items() if name == method)
        print("  %-28s %s" % (method, "  ".join("%s %d" % row for row in rows)))
    for name, (taken, all_of_it) in sorted(branches.items()):
        print("  %-44s %3d of %3d branches" % (name, taken, all_of_it))
    if branches:
        taken, all_of_it = (sum(column) for column in zip(*branches.values(), strict=True))
        print("branches taken: %d of %d, %d %%" % (taken, all_of_it, 100 * taken // all_of_it))


if __name__ == "__main__":
    print("blocks of %d frames" % BLOCK, file=sys.stderr)
    sys.exit(main())
