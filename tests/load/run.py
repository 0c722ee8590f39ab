"""2,000 watches against one Mosquitto on this machine, and what it takes (docs/scale.md).

    python -m tests.load.run [--watches 2000] [--rates 50,100,200,400] [--seconds 15]

The watches run the firmware's own carrier, envelopes, MQTT client and TLS (fleet.py), in as many processes as there
are cores. Children write in turn of chance; what is printed is how many messages arrived, how long they took, what the
broker needed, and what happens when the broker goes away and comes back. Read counts and ratios: fleet and broker share
the machine, and Python is the slower of the two. Writes build/load.json.
"""

import argparse
import json
import multiprocessing
import os
import subprocess
import tempfile
import time
from itertools import pairwise
from multiprocessing.connection import Connection
from pathlib import Path

from simulator import micropython
from tests.carriers.broker import NAME, Authority, Broker, mosquitto
from tests.load.fleet import TEXT, Fleet

_PER_SECOND = 100  # watches switched on, in each process
_PATIENCE = 120  # seconds for the fleet to come online
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


def _serve(line: Connection, first: int, last: int, port: int, authority: bytes) -> None:
    fleet = Fleet(first, last, ("127.0.0.1", port), NAME, authority, _PER_SECOND)
    while (order := line.recv()) is not None:
        line.send(fleet.run(*order) if order else fleet.greet())


class Processes:
    """The whole fleet."""

    def __init__(self, watches: int, port: int, authority: bytes) -> None:
        context = multiprocessing.get_context("spawn")
        count = os.cpu_count() or 1
        bounds = [watches * part // count // 2 * 2 for part in range(count)] + [watches // 2 * 2]
        self.lines = []
        self.processes = []
        for first, last in pairwise(bounds):
            ours, theirs = context.Pipe()
            process = context.Process(target=_serve, args=(theirs, first, last, port, authority), daemon=True)
            process.start()
            self.lines.append(ours)
            self.processes.append(process)

    def run(self, seconds: float, rate: float) -> tuple[dict[str, int], list[float]]:
        """All processes for so long: the sums of their counts, and what each message took, sorted."""
        return self._ask((seconds, rate / len(self.lines)))

    def greet(self) -> dict[str, int]:
        """The first message of each watch, and the counts once they have arrived."""
        self._ask(())
        return self.until_quiet()

    def _ask(self, order: tuple[float, ...]) -> tuple[dict[str, int], list[float]]:
        for line in self.lines:
            line.send(order)
        counts: dict[str, int] = {}
        took: list[float] = []
        for line in self.lines:
            part, times = line.recv()
            counts = {name: counts.get(name, 0) + value for name, value in part.items()}
            took += times
        return counts, sorted(took)

    def until_online(self, watches: int) -> float:
        """Seconds until every watch hears everything; an error if one does not come."""
        began = time.monotonic()
        while time.monotonic() - began < _PATIENCE:
            if self.run(0.25, 0)[0]["online"] == watches:
                return time.monotonic() - began
        raise SystemExit("%s of %d watches came online" % (self.run(0, 0)[0]["online"], watches))

    def until_quiet(self) -> dict[str, int]:
        """The counts once nothing is on its way any more, or nothing has moved for ten seconds."""
        last: dict[str, int] = {}
        since = time.monotonic()
        while True:
            counts, _ = self.run(0.5, 0)
            if counts["arrived"] == counts["sent"]:
                return counts
            if counts != last:
                last, since = counts, time.monotonic()
            if time.monotonic() - since > 10:
                return counts

    def end(self) -> None:
        for line in self.lines:
            line.send(None)
        for process in self.processes:
            process.join()


def _used(pid: int) -> tuple[float, int]:
    """Of a process: (seconds of processor, bytes resident)."""
    fields = Path("/proc/%d/stat" % pid).read_text().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS, int(fields[21]) * _PAGE


def _at(took: list[float], part: float) -> float:
    return took[min(int(len(took) * part), len(took) - 1)] * 1000 if took else -1.0


def _steady(fleet: Processes, broker: Broker, rates: list[float], seconds: float) -> list[dict[str, float]]:
    rows = []
    print("messages a second: offered   arrived   p50 ms   p99 ms   broker's processor   bytes inside TLS a message")
    before_counts = fleet.greet()
    for rate in rates:
        before, began = _used(broker.pid), time.monotonic()
        _, took = fleet.run(seconds, rate)
        passed = time.monotonic() - began
        used = _used(broker.pid)[0] - before[0]
        counts = fleet.until_quiet()
        messages = counts["arrived"] - before_counts["arrived"]
        row = {
            "offered_per_s": rate,
            "arrived_per_s": round(len(took) / passed, 1),
            "p50_ms": round(_at(took, 0.5), 1),
            "p99_ms": round(_at(took, 0.99), 1),
            "broker_cpu_percent": round(100 * used / passed, 1),
            "bytes_per_message": round((counts["moved"] - before_counts["moved"]) / max(messages, 1)),
        }
        print("%26d %9.1f %8.1f %8.1f %18.1f %% %26d" % tuple(row.values()), flush=True)
        rows.append(row)
        before_counts = counts
    return rows


def _restart(fleet: Processes, broker: Broker, watches: int, kill: bool) -> dict[str, float]:
    """The broker goes while messages are on their way, and comes back ten seconds later."""
    rate = watches / 40
    fleet.run(3, rate)
    if kill:
        broker.kill()
    else:
        broker.stop()
    fleet.run(10, rate)
    broker.start()
    back = fleet.until_online(watches)
    counts = fleet.until_quiet()
    name = "killed" if kill else "stopped"
    print(
        "broker %s for 10 s: all %d watches back after %.1f s; of %d messages so far %d arrived, %d wait, %d lost"
        % (
            name,
            watches,
            back,
            counts["sent"],
            counts["arrived"],
            counts["waiting"],
            counts["sent"] - counts["arrived"] - counts["waiting"],
        ),
        flush=True,
    )
    return {"back_s": round(back, 1), **counts}


def _heap(folder: Path, broker: Broker) -> int:
    """Bytes of MicroPython's heap for one carrier online (TLS keeps its own outside of it); -1 without MicroPython."""
    executable = micropython.binary()
    if executable is None:
        return -1
    (folder / "authority.der").write_bytes(broker.authority.certificate)
    ran = subprocess.run(
        [executable, "-m", "tests.load.heap", str(broker.port), NAME, str(folder / "authority.der")],
        capture_output=True,
        text=True,
        check=True,
    )
    state, count = ran.stdout.split()
    assert state == "online", ran.stdout
    return int(count)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--watches", type=int, default=2000, help="an even number")
    parser.add_argument("--rates", default="50,100,200,400", help="messages a second, of the whole fleet")
    parser.add_argument("--seconds", type=float, default=15, help="for each rate")
    parser.add_argument("--out", type=Path, default=Path("build/load.json"))
    options = parser.parse_args()
    if mosquitto() is None:
        raise SystemExit("mosquitto is not installed: apt-get install mosquitto")
    watches = options.watches // 2 * 2
    with tempfile.TemporaryDirectory(prefix="load-") as folder:
        authority = Authority()
        broker = Broker(Path(folder), authority)
        try:
            empty = _used(broker.pid)
            fleet = Processes(watches, broker.port, authority.certificate)
            online = fleet.until_online(watches)
            greeted = _used(broker.pid)
            memory = (greeted[1] - empty[1]) / watches
            print(
                "%d watches online after %.1f s; the broker: %.1f KB and %.2f ms of processor for each"
                % (watches, online, memory / 1024, 1000 * (greeted[0] - empty[0]) / watches),
                flush=True,
            )
            heap = _heap(Path(folder), broker)
            print("a carrier online takes %d bytes of MicroPython's heap" % heap, flush=True)
            result = {
                "watches": watches,
                "watch_heap_bytes": heap,
                "text_bytes": len(TEXT.encode()),
                "online_s": round(online, 1),
                "broker_bytes_per_watch": round(memory),
                "broker_ms_per_connection": round(1000 * (greeted[0] - empty[0]) / watches, 2),
                "rates": _steady(fleet, broker, [float(rate) for rate in options.rates.split(",")], options.seconds),
                "stopped": _restart(fleet, broker, watches, kill=False),
                "killed": _restart(fleet, broker, watches, kill=True),
            }
            fleet.end()
        finally:
            broker.stop()
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
