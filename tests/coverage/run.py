"""`make coverage`: break the firmware in every way under every scenario, and write down what that proves.

Writes build/coverage.json and build/coverage.md and prints a line for each row that is the device's. docs/coverage.md
tells what counts. `--thorough` also finds the breaks that no scenario sees, which takes several times as long.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

from simulator import micropython
from simulator.scenario import ScenarioError, ScenarioFailed, find
from tests.coverage import report, runtimes
from tests.coverage.catalogue import ROOT
from tests.coverage.judging import Judgement, judge

SCENARIOS = ROOT / "tests" / "scenarios"
_IN_MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # thousands of small folders


def _judge(path: Path, thorough: bool) -> Judgement:
    with tempfile.TemporaryDirectory(dir=_IN_MEMORY) as folder:
        return judge(path, Path(folder), thorough)


def judged(paths: list[Path], jobs: int, thorough: bool = False) -> Iterator[Judgement]:
    """Judge the scenarios in so many processes, in the order in which they are done. ScenarioFailed, ScenarioError."""
    with ProcessPoolExecutor(jobs) as pool:
        # The long files first, so that none is left over for one process at the end.
        for done in as_completed(
            [pool.submit(_judge, path, thorough) for path in sorted(paths, key=_size, reverse=True)]
        ):
            yield done.result()


def _size(path: Path) -> int:
    return path.stat().st_size


def _told(judgements: Iterator[Judgement], total: int) -> list[Judgement]:
    """All of them, with a line on stderr for each tenth."""
    got: list[Judgement] = []
    start = time.monotonic()
    for judgement in judgements:
        got.append(judgement)
        if len(got) % max(total // 10, 1) == 0 or len(got) == total:
            line = "%d of %d scenarios, %d broken runs, %d s"
            print(line % (len(got), total, sum(j.runs for j in got), time.monotonic() - start), file=sys.stderr)
    return sorted(got, key=lambda judgement: judgement.path)


def main(argv: list[str]) -> int:
    """0 if everything could be judged, 1 if a scenario is not green or differs on MicroPython."""
    parser = argparse.ArgumentParser(prog="python -m tests.coverage.run", description=__doc__.split("\n")[0])
    parser.add_argument("paths", nargs="*", type=Path, default=[SCENARIOS], help="scenario files or folders")
    parser.add_argument("--out", type=Path, default=ROOT / "build", help="folder for coverage.json and coverage.md")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    parser.add_argument("--thorough", action="store_true", help="find the breaks that no scenario sees, too")
    options = parser.parse_args(argv)
    paths = [path.resolve() for given in options.paths for path in find(given)]
    try:
        judgements = _told(judged(paths, options.jobs, options.thorough), len(paths))
    except (ScenarioFailed, ScenarioError) as wrong:
        print("no coverage while a scenario is not green: %s" % wrong, file=sys.stderr)
        return 1
    proving = [judgement.path for judgement in judgements if judgement.proofs]
    if micropython.binary() is None:
        print("not on MicroPython: %s" % micropython.why_missing(), file=sys.stderr)
    results = runtimes.results(proving, options.out, options.jobs)
    result = report.Report(judgements, results)
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "coverage.json").write_text(json.dumps(result.table(), indent=1) + "\n", encoding="utf-8")
    (options.out / "coverage.md").write_text(result.markdown(), encoding="utf-8")
    print("\n".join(result.lines()))
    return 1 if result.differing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
