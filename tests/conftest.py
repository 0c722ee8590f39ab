"""What all tests share: the shims, the real MicroPython, and repeatable random tests."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

import simulator  # noqa: F401 (installs the shims)
from host_tools.build import compile_firmware
from simulator import micropython
from tests.carriers.broker import mosquitto

ROOT = Path(__file__).resolve().parent.parent

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
def mpy_root(micropython_binary: str) -> Path:
    """The folder that holds the compiled firmware, for MICROPYPATH."""
    return compile_firmware(ROOT / "build" / "tests" / "mpy", keep=REACHED_INTO)


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
    """Say what was left out, so that a green run cannot hide it: half of the tests without MicroPython."""
    if micropython.binary() is None:
        terminalreporter.section("left out: every test on the real MicroPython", yellow=True)
        terminalreporter.line(micropython.why_missing() + ".")
    if mosquitto() is None:
        terminalreporter.section("left out: every test over a real network", yellow=True)
        terminalreporter.line("mosquitto is not installed: apt-get install mosquitto")
