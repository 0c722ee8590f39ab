"""One broker for a file's tests, and both runtimes."""

from collections.abc import Iterator

import pytest

from simulator import micropython
from simulator.watch import RUNTIMES
from tests.carriers.broker import Authority, Broker


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A running Mosquitto; each test uses client ids of its own."""
    made = Broker(tmp_path_factory.mktemp("broker"), Authority())
    yield made
    made.stop()


@pytest.fixture(params=RUNTIMES)
def runtime(request: pytest.FixtureRequest) -> str:
    """The watch's runtime."""
    if request.param == "micropython" and micropython.binary() is None:
        pytest.skip(micropython.why_missing())
    return str(request.param)
