"""The proving scenarios on the real MicroPython: from source and as bytecode, once each."""

import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from host_tools.making.build import compile_firmware
from simulator import micropython
from simulator.portable.rig import Rig
from simulator.scenario import Do, Run, Scenario, ScenarioFailed
from tests.conftest import REACHED_INTO
from tests.coverage.catalogue import ROOT

HOLDS = "holds"
DIFFERS = "differs"
NOT_RUN = "not run"

# As tests/test_scenarios.py: in the smaller heap rare code is dropped after each act.
_HEAPS = {"source": "2M", "mpy": "900K"}
RUNTIMES = ("source", "mpy")


def results(paths: list[Path], out: Path, jobs: int) -> dict[tuple[Path, str], str]:
    """(path, runtime) -> HOLDS, DIFFERS or, where there is no MicroPython, NOT_RUN. Compiles into `out`/mpy."""
    if micropython.binary() is None:
        return {(path, runtime): NOT_RUN for path in paths for runtime in RUNTIMES}
    compile_firmware(out / "mpy", keep=REACHED_INTO)
    tasks = [(paths[start::jobs], runtime, out) for runtime in RUNTIMES for start in range(jobs)]
    found: dict[tuple[Path, str], str] = {}
    with ProcessPoolExecutor(jobs) as pool:
        for part in pool.map(_results, tasks):
            found.update(part)
    return found


def _results(task: tuple[list[Path], str, Path]) -> dict[tuple[Path, str], str]:
    """Run scenarios in one long-lived MicroPython process, each against CPython."""
    paths, runtime, out = task
    where = str(ROOT) if runtime == "source" else "%s:%s" % (out / "mpy", ROOT)
    script = ROOT / "simulator" / "portable" / "process.py"
    found: dict[tuple[Path, str], str] = {}
    with (
        micropython.Process(script, where, heap=_HEAPS[runtime]) as process,
        tempfile.TemporaryDirectory() as folder,
    ):
        for number, path in enumerate(paths):
            ours = _all_of(path, Rig().do, Path(folder) / ("ours%d" % number))
            theirs = _all_of(path, process.ask, Path(folder) / ("theirs%d" % number))
            found[path, runtime] = HOLDS if ours == theirs else DIFFERS
    return found


def _all_of(path: Path, do: Do, root: Path) -> object:
    """Every answer, the journal, the state and the bytes of all files; None if the scenario fails."""
    try:
        run = Run(Scenario(path), do, root).run()
    except ScenarioFailed:
        return None
    return run.answers, run.facts
