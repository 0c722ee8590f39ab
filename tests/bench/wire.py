"""The serial line: how busy a cable of 115,200 baud is while a log is exported, and what each command costs the watch.

    python -m tests.bench.wire

The watch runs on the real MicroPython behind a cable that takes the time of its bits; `ward`'s own port and line are at
the other end. A command's work is the processor time of the watch's process while it has the request, less that of a
step without one (Linux: /proc/PID/schedstat, so that a busy machine does not count). An ESP32 is slower by a factor
that only a board can tell. The export is the best of some: other programs make it slower, nothing makes it faster.
"""

import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from host_tools.link.line import Line
from host_tools.link.port import Port
from simulator.cable import Cable
from simulator.serial_port import SerialWatch
from simulator.watch import Person, Watch
from tests.link.test_whole_watch import START, set_up

BAUD = 115200
RECORDS = 400
OCCUPANCY = 85  # percent, the aim
WORK = 20  # milliseconds, the aim
_TIMES = 15
_EXPORTS = 4

_COMMANDS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("status.read", {}),
    ("settings.read", {}),
    ("contacts.read", {}),
    ("alerts.read", {}),
    ("evidence.list", {}),
    ("log.read", {}),
    ("data.copy", {}),
    ("consent.refuse", {"purpose": "voice"}),
    ("administration.card", {"text": "allergic to nuts"}),
    ("administration.clock", {"wall": START}),
)


def _fill(watch: Any, records: int) -> None:
    """Messages of a friend, until the journal holds so many records."""
    lin = Person("Lin")
    watch.do("ask", request={"kind": "contacts.agreed", "address": lin.address, "mac": lin.agreement()})
    while watch.do("state")["seq"] < records:
        watch.do("service", call="receive", **{"with": {"envelope": lin.envelope("see you at the gate")}})
        watch.do("seen")  # or what the child saw fills the heap


def _befriend(line: Line) -> None:
    lin = Person("Lin")
    card: dict[str, Any] = {"name": lin.name, "address": lin.address, "key": lin.key.hex(), "role": "friend"}
    if line.call("contacts.add", **card)["verdict"] != "allow":
        raise RuntimeError("no contact")


def _processor(watch: Watch) -> float:
    """Seconds that the watch's process has run."""
    assert watch._process is not None
    pid = watch._process._process.pid
    return int(Path("/proc/%d/schedstat" % pid).read_text(encoding="ascii").split()[0]) / 1e9


def work(folder: Path) -> dict[str, float]:
    """Milliseconds of the watch for each command, the median of some, in one session on MicroPython."""
    found = {}
    with Watch(folder, START, "micropython") as watch:
        line, stream = set_up(watch)[:2]
        _befriend(line)
        _fill(watch, RECORDS)
        spent = 0.0
        carry = watch.do

        def timed(op: str, **fields: Any) -> dict[str, Any]:
            nonlocal spent
            began = _processor(watch)
            answer = carry(op, **fields)
            spent = _processor(watch) - began
            return answer

        watch.do = timed  # type: ignore[method-assign]
        idle = []
        for _ in range(_TIMES):
            stream.write(b"")
            idle.append(spent)
        for name, params in _COMMANDS:
            times = []
            for _ in range(_TIMES):
                line.call(name, **params)
                times.append(spent)
            found[name] = 1000 * (statistics.median(times) - statistics.median(idle))
    return found


def occupancy(folder: Path) -> tuple[float, int, int]:
    """(percent of the time in which bits were on the cable, records, bytes from the watch) of an export of the log."""
    stop = threading.Event()
    codes: list[str] = []
    shown = threading.Condition()

    def show(kind: str, fields: dict[str, Any]) -> None:
        if kind == "pairing_code":
            with shown:
                codes.append(str(fields["code"]))
                shown.notify_all()

    def code() -> str:
        with shown:
            if not shown.wait_for(lambda: codes, 60):
                raise RuntimeError("no digits")
        watch.do("in_hand")
        return codes[-1]

    with SerialWatch(folder, None, "micropython", show) as watch:
        thread = threading.Thread(target=watch.serve, args=(stop,), daemon=True)
        thread.start()
        try:
            with Cable(watch.path, BAUD) as cable:
                return _export(watch, cable, code)
        finally:
            stop.set()
            thread.join()


def _export(watch: SerialWatch, cable: Cable, code: Any) -> tuple[float, int, int]:
    port = Port(cable.url)
    line = Line(port, b"computer")
    line.pair(code)
    set_up_by(line)
    _befriend(line)
    _fill(watch, RECORDS)
    best = max(_export_once(line, cable) for _ in range(_EXPORTS))
    port.close()
    return best


def _export_once(line: Line, cable: Cable) -> tuple[float, int, int]:
    began, busy, sent = time.monotonic(), cable.to_host.busy + cable.to_watch.busy, cable.to_host.count
    after = count = 0
    while rows := line.call("log.read", after=after):
        after, count = rows[-1][0], count + len(rows)
    elapsed = time.monotonic() - began
    busy = cable.to_host.busy + cable.to_watch.busy - busy
    return 100 * busy / elapsed, count, cable.to_host.count - sent


def set_up_by(line: Line) -> None:
    """The first set-up, and an owner's proof."""
    from host_tools.link.login import log_in, new_verifier

    fields: dict[str, Any] = {"wall": int(time.time()) - 1577836800, "birth_year": 2017, "birth_month": 3}
    more: dict[str, Any] = {"profile": "cn-ccia", "language": "en", "owner": "mum", "region": "cn", "numbers": []}
    fields.update(more, pin="280519", **new_verifier("three owls under the bridge").fields())
    if line.call("administration.setup", timeout=60.0, **fields)["verdict"] != "allow":
        raise RuntimeError("no set-up")
    log_in(line, "owner", "three owls under the bridge")


def measure() -> dict[str, float]:
    """Flat figures, units in the key."""
    with tempfile.TemporaryDirectory() as folder:
        figures = {"line_work_%s_ms" % name.replace(".", "_"): round(ms, 2) for name, ms in work(Path(folder)).items()}
    with tempfile.TemporaryDirectory() as folder:
        percent, count, size = occupancy(Path(folder))
    figures["line_occupancy_log_export_percent"] = round(percent, 1)
    figures["line_log_export_bytes_per_record"] = round(size / count, 1)
    return figures


def report(figures: dict[str, float]) -> list[str]:
    """The lines of the table."""
    percent = figures["line_occupancy_log_export_percent"]
    lines = [
        "cable of %d baud while a log is exported: busy %.1f%s %% of the time (aim %d), %.0f bytes a record"
        % (BAUD, percent, "!" if percent < OCCUPANCY else "", OCCUPANCY, figures["line_log_export_bytes_per_record"])
    ]
    for name, _ in _COMMANDS:
        ms = figures["line_work_%s_ms" % name.replace(".", "_")]
        lines.append("work for %-24s %6.2f%s ms (aim %d)" % (name, ms, "!" if ms > WORK else " ", WORK))
    return lines


if __name__ == "__main__":
    print("\n".join(report(measure())))
    sys.exit(0)
