"""Several simulated watches at once, at terminals and at TCP addresses, and a cable that has a speed."""

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from host_tools.link.line import Line
from host_tools.link.port import Port
from simulator.cable import Cable, Direction
from simulator.serial_port import SerialWatch


@pytest.fixture
def watches(tmp_path: Path) -> Iterator[list[SerialWatch]]:
    """Two watches that live at the same time."""
    stop = threading.Event()
    with ExitStack() as stack:
        found = [
            stack.enter_context(SerialWatch(tmp_path / name, None, "cpython", lambda kind, fields: None))
            for name in ("one", "two")
        ]
        threads = [threading.Thread(target=watch.serve, args=(stop,), daemon=True) for watch in found]
        for thread in threads:
            thread.start()
        yield found
        stop.set()
        for thread in threads:
            thread.join()


def test_two_watches_at_sockets_are_two_watches(watches: list[SerialWatch]) -> None:
    with Cable(watches[0].path) as one, Cable(watches[1].path) as two:
        ids = set()
        for url in (one.url, two.url, one.url):  # a client goes and another one comes
            port = Port(url)
            ids.add(Line(port, b"computer").hello().watch)
            port.close()
        assert len(ids) == 2 and one.url.startswith("socket://")


def test_a_cable_takes_the_time_of_its_bits(watches: list[SerialWatch]) -> None:
    with Cable(watches[0].path, baud=19200) as cable:
        port = Port(cable.url)
        began = time.monotonic()
        Line(port, b"computer").hello()
        elapsed = time.monotonic() - began
        port.close()
        sent = cable.to_watch.count + cable.to_host.count
        assert sent > 200 and elapsed >= sent * 10 / 19200 * 0.99
        assert cable.to_host.busy == pytest.approx(cable.to_host.count * 10 / 19200)


def test_as_fast_as_possible_is_no_time() -> None:
    way = Direction(None)
    way.carry(b"x" * 1000)
    assert (way.count, way.busy) == (1000, 0.0)


def test_an_unplugged_watch_ends_a_cable(watches: list[SerialWatch]) -> None:
    cable = Cable(watches[0].path)
    watches[0].unplug()
    began = time.monotonic()
    cable.close()
    cable.close()
    assert time.monotonic() - began < 5
