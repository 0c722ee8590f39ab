"""`make bench`: time, memory and flash per kind of request, on both runtimes, beside the project's aims.

Prints a table and writes build/bench.json: flat keys, units in the key. A figure that misses its aim is marked "!".
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from simulator import micropython
from tests.bench import display, wire
from tests.bench.harness import ROOT, Failed, Target

HISTORY = 3000  # journal records before the measured boot
DECISIONS = 200  # for the flash, per kind
BOOTS = 5
PER_DAY = 200  # decisions, for the life of the flash
CYCLES = 100000  # erase cycles that a NOR flash sector is specified for
BLOCKS = 512  # of 4 KB: the file system
MARKS = 256  # 16-byte marks in one of the two sectors that take turns

AIMS = {"ratio": 4, "erases": 1.1, "bytes": 2560, "repeat": 0.1, "boot": 300, "heap": 128}


def _mark(value: float, aim: float, form: str) -> str:
    """The figure, with "!" when it misses its aim."""
    return form % value + ("!" if value > aim else " ")


def _processor_on_cpython() -> Any:
    done = subprocess.run(
        [sys.executable, "-c", "import simulator, tests.bench.processor"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Failed("processor on CPython: " + done.stderr[-2000:])
    return json.loads(done.stdout.splitlines()[-1])


def _wear(target: Target, names: list[str]) -> dict[str, list[float]]:
    """All rows' flash cost, from two processes at a time."""
    shares = [names[at : at + 20] for at in range(0, len(names), 20)]  # a few minutes each
    with ThreadPoolExecutor(2) as pool:
        parts = pool.map(lambda share: target.json("flash_wear", str(DECISIONS), *share), shares)
        return {name: cost for part in parts for name, cost in part.items()}


def _passes(target: Target, image: Path, size: int) -> bool:
    """Whether the full-state run passes in a heap of `size` KB."""
    copy = str(image) + ".run"
    shutil.copy(image, copy)
    shutil.copy(str(image) + ".keys", copy + ".keys")
    try:
        found = target.json("heap_probe", "run", copy, heap=size)
    except Failed:
        return False
    return (found["status"], found.get("sealed"), found.get("rotated_to")) == ("ok", 20, 1)


def smallest_heap(target: Target, image: Path) -> int:
    """KB, to 4 KB: by bisection, then upwards until the next size passes too (fragmentation has its luck)."""
    low, high = 96, 512
    while high - low > 4:
        middle = (low + high) // 8 * 4
        low, high = (low, middle) if _passes(target, image, middle) else (middle, high)
    while not (_passes(target, image, high) and _passes(target, image, high + 4)):
        high += 4
    return high


def measure(folder: Path) -> tuple[dict[str, float], dict[str, list[float]], dict[str, Any], dict[str, Any]]:
    """(flat figures, flash cost by row, processor on CPython, processor on MicroPython); what is timed comes first."""
    target = Target(folder / "mpy")
    cpython = _processor_on_cpython()
    unix = target.json("processor", heap=8192)
    line = wire.measure()
    image = folder / "image"
    target.json("heap_probe", "prepare", str(image), str(HISTORY))
    boot = target.json("heap_probe", "boot", str(image), str(BOOTS), heap=1024)
    wear = _wear(target, list(unix))
    figures: dict[str, float] = {
        **line,
        "boot_%d_records_ms" % HISTORY: statistics.median(boot["ms"]),
        "boot_records_read_count": boot["records"],
        "boot_journal_records_count": boot["journal_records"],
        "heap_smallest_that_passes_kb": smallest_heap(target, image),
    }
    for name in unix:
        for runtime, times in (("cpython", cpython), ("micropython", unix)):
            micros, floor, used = times[name]
            figures["ask_%s_%s_us" % (name, runtime)] = round(micros, 1)
            if floor:
                figures["ask_%s_ratio_%s" % (name, runtime)] = round(micros / floor, 2)
            if used >= 0:
                figures["ask_%s_allocated_%s_bytes" % (name, runtime)] = used
        figures["erases_per_decision_" + name] = round(wear[name][0], 3)
        figures["programmed_per_decision_%s_bytes" % name] = round(wear[name][1])
        figures["flash_per_decision_%s_ms" % name] = round(wear[name][2], 1)
    for name, cost in wear.items():
        if name.startswith("repeat."):
            figures["erases_per_folded_repeat_" + name[7:]] = round(cost[0], 3)
            figures["programmed_per_folded_repeat_%s_bytes" % name[7:]] = round(cost[1])
    each = wear["messages_incoming"][0]
    figures["flash_life_file_system_years"] = round(BLOCKS * CYCLES / (each * PER_DAY * 365))
    figures["flash_life_marks_years"] = round(2 * MARKS * CYCLES / (PER_DAY * 365))
    return figures, wear, cpython, unix


def _report(figures: dict[str, float], wear: dict[str, list[float]], names: list[str]) -> list[str]:
    """The table's lines."""
    lines = [
        "ask: time without storage; ratio: to JSON + HMAC of its records; allocated on MicroPython; flash on littlefs.",
        '"!" misses the aim: ratio <= %(ratio)g, erases <= %(erases)g, bytes <= %(bytes)d.' % AIMS + ' "-": no record.',
        "",
        "%-30s %9s %7s %9s %7s %9s %8s %8s %8s"
        % ("request", "cpython", "ratio", "unix port", "ratio", "allocated", "erases", "bytes", "flash"),
    ]
    for name in names:
        ratios = []
        for runtime in ("cpython", "micropython"):
            ratio = figures.get("ask_%s_ratio_%s" % (name, runtime))
            ratios.append("- " if ratio is None else _mark(ratio, AIMS["ratio"], "%.1f"))
        erases, programmed, millis = wear[name]
        lines.append(
            "%-30s %6.0f us %7s %6.0f us %7s %7d B %8s %8s %5.0f ms"
            % (
                name,
                figures["ask_%s_cpython_us" % name],
                ratios[0],
                figures["ask_%s_micropython_us" % name],
                ratios[1],
                figures["ask_%s_allocated_micropython_bytes" % name],
                _mark(erases, AIMS["erases"], "%.3f"),
                _mark(programmed, AIMS["bytes"], "%.0f"),
                millis,
            )
        )
    lines.append("")
    for name, cost in sorted(wear.items()):
        if name.startswith("repeat."):
            lines.append("folded repeat of %-32s %s erases" % (name[7:], _mark(cost[0], AIMS["repeat"], "%.3f")))
    lines += wire.report(figures)
    lines += [
        "boot with %d records of history: %s ms (aim %d), %d records read"
        % (
            figures["boot_journal_records_count"],
            _mark(figures["boot_%d_records_ms" % HISTORY], AIMS["boot"], "%.0f"),
            AIMS["boot"],
            figures["boot_records_read_count"],
        ),
        "smallest heap with full state: %s KB (aim %d)"
        % (_mark(figures["heap_smallest_that_passes_kb"], AIMS["heap"], "%d"), AIMS["heap"]),
        "flash life at %d messages a day, %d cycles: file system of %d MB %d years "
        "(an estimate: littlefs spreads erases evenly over all blocks), marks %d years"
        % (
            PER_DAY,
            CYCLES,
            BLOCKS * 4 // 1024,
            figures["flash_life_file_system_years"],
            figures["flash_life_marks_years"],
        ),
    ]
    return lines


def main() -> int:
    """0; 1 when something could not be measured or was not answered as intended."""
    if micropython.binary() is None:
        print("make bench needs the real MicroPython: " + micropython.why_missing(), file=sys.stderr)
        return 1
    folder = ROOT / "build" / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    begun = time.monotonic()
    try:
        figures, wear, cpython, _ = measure(folder)
        with tempfile.TemporaryDirectory() as boards:
            drawn, drawing = display.measure(Path(boards))
    except Failed as failed:
        print(failed, file=sys.stderr)
        return 1
    print("\n".join([*_report(figures, wear, list(cpython)), "", *drawing]))
    figures.update(drawn)
    (ROOT / "build" / "bench.json").write_text(json.dumps(figures, indent=1, sort_keys=True) + "\n")
    print("%d figures in build/bench.json, measured in %.0f s" % (len(figures), time.monotonic() - begun))
    return 0


if __name__ == "__main__":
    sys.exit(main())
