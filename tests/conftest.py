"""What all tests share: the shims, the real MicroPython, and repeatable random tests."""

import os
import pickle
import signal
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple, cast

import pytest
from hypothesis import settings

import simulator  # noqa: F401 (installs the shims)
from firmware.policy.desk import credentials
from firmware.storage import stretch
from host_tools.making.build import compile_firmware
from simulator import micropython
from simulator.portable.rig import Rig
from simulator.scenario import Run, Scenario
from tests.carriers.broker import mosquitto
from tests.thorough import LEFT, THOROUGH

ROOT = Path(__file__).resolve().parent.parent
SCENARIOS = ROOT / "tests" / "scenarios"

# A shell that runs the tests in the background has them ignore Ctrl-C, and all that they start; many wait for it.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Each secret is stretched once in this process: PBKDF2 takes half of a set-up and always gives the same.
stretch.pbkdf2 = credentials.pbkdf2 = lru_cache(maxsize=256)(stretch.pbkdf2)

# Private names of the firmware that tests and the simulator's rig use; the build leaves them as they are.
REACHED_INTO = ("_parts", "_keys", "_files", "_recent", "_buffer")

# CI must fail for what a change did, not for the day's luck; at a desk new examples are welcome.
settings.register_profile("ci", derandomize=True, deadline=None)
settings.register_profile("desk", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "desk")


@pytest.fixture(scope="session")
def micropython_binary() -> str:
    """The real MicroPython's executable. Skips the test where there is none."""
    executable = micropython.binary()
    if executable is None:
        pytest.skip(micropython.why_missing())
    return executable


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for what the workers of pytest-xdist make once for all of them, in this session."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "shared"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def once(shared: Path) -> Callable[[str, Callable[[Path], object]], Path]:
    """once(name, make): the folder of this name, which make(folder) has filled, in this worker or in another one."""

    def made(name: str, make: Callable[[Path], object]) -> Path:
        import fcntl

        folder, finished = shared / name, shared / (name + ".finished")
        with open(shared / (name + ".lock"), "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # until the file is closed
            if not finished.exists():
                make(folder)
                finished.touch()
        return folder

    return made


class OnCPython(NamedTuple):
    """What a scenario gave in this process, or in another one of the same session."""

    answers: list[dict[str, Any]]
    facts: dict[str, Any]
    reasons: set[str]


@pytest.fixture(scope="session")
def on_cpython(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], OnCPython]:
    """A function that runs a scenario on CPython, once per session and file: the workers of pytest-xdist share it."""

    def run(path: Path) -> OnCPython:
        kept = (shared / "on_cpython" / path.relative_to(SCENARIOS)).with_suffix(".pickle")
        if kept.is_file():
            return cast(OnCPython, pickle.loads(kept.read_bytes()))
        done = Run(Scenario(path), Rig().do, tmp_path_factory.mktemp("watch") / "root").run()
        found = OnCPython(done.answers, done.facts, done.reasons)
        kept.parent.mkdir(parents=True, exist_ok=True)
        written = kept.with_suffix(".%d" % os.getpid())
        written.write_bytes(pickle.dumps(found))
        written.replace(kept)
        return found

    return run


@pytest.fixture(scope="session")
def mpy_root(micropython_binary: str, once: Callable[[str, Callable[[Path], object]], Path]) -> Path:
    """The folder that holds the compiled firmware, for MICROPYPATH."""
    target = ROOT / "build" / "tests" / "mpy"
    once("mpy", lambda _: compile_firmware(target, keep=REACHED_INTO))
    return target


@pytest.fixture(scope="session")
def source_root() -> Path:
    """The folder that holds the firmware's source, for MICROPYPATH."""
    return ROOT


@pytest.fixture
def start_micropython(micropython_binary: str) -> Iterator[Callable[..., micropython.Process]]:
    """A function like `simulator.micropython.Process`; what it starts ends with the test."""
    started: list[micropython.Process] = []

    def start(*args: object, **options: object) -> micropython.Process:
        started.append(micropython.Process(*args, **options))  # type: ignore[arg-type]
        return started[-1]

    yield start
    for process in started:
        process.close()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was left out, so that a green run cannot hide it: parts, or half of the tests without MicroPython."""
    if not THOROUGH:
        terminalreporter.section("left to `make thorough`")
        for line in LEFT:
            terminalreporter.line(line)
    if micropython.binary() is None:
        terminalreporter.section("left out: every test on the real MicroPython", yellow=True)
        terminalreporter.line(micropython.why_missing() + ".")
    if mosquitto() is None:
        terminalreporter.section("left out: every test over a real network", yellow=True)
        terminalreporter.line("mosquitto is not installed: apt-get install mosquitto")


# The files with the longest tests, those of each worker: it begins with them, so that none is left over at the end.
LONG = (
    ("test_heap.py", "faults/test_cuts.py", "ui/test_golden.py"),
    ("faults/test_tampering.py", "storage/test_power_cuts.py", "ui/test_memory.py", "boards/test_on_board.py"),
    ("ui/test_crawler.py", "histories/test_histories.py", "web/test_browser.py", "test_bad_requests.py"),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """pytest-xdist gives each worker an equal run of the tests, and lets one that has finished take over others' last
    ones: each run begins with long tests."""
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "0"))
    if not workers:
        return
    first: list[list[pytest.Item]] = [[] for _ in range(workers)]
    others: list[pytest.Item] = []
    for item in items:
        name = item.path.relative_to(ROOT / "tests").as_posix()
        number = next((number for number, names in enumerate(LONG) if name in names), -1)
        (first[number % workers] if number >= 0 else others).append(item)
    each, ordered = len(items) // workers, []
    for long in first:
        room = max(each - len(long), 0)
        ordered += [*long, *others[:room]]
        del others[:room]
    items[:] = ordered + others
