"""The house rules that no other test sees: which way imports run, what the firmware may use, what a clone may hold."""

import ast
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FIRMWARE = ROOT / "firmware"

# What each part of the firmware may import of the others. A part without a line may import none.
_BELOW = {
    "loading": (),
    "guard": (),
    "preload": ("text", "storage", "policy"),
    "texts": (),
    "text": ("loading",),
    "storage": ("loading",),
    "update": ("storage",),
    "policy": ("loading", "text", "storage"),
    "services": ("loading", "texts", "text", "storage", "update", "policy"),
    "link": ("loading", "texts", "text", "storage", "policy", "services"),
    "ui": ("loading", "texts", "text", "storage", "policy", "services", "link"),
    "drivers": (),
    "board": ("loading", "board_parts"),
    "board_parts": ("drivers",),
    "watch": ("loading", "texts", "text", "storage", "policy", "services", "link", "ui", "drivers", "board"),
    "device": ("drivers", "board", "ui", "watch"),
    "chip": ("board", "drivers", "services"),
    "recovery": ("chip", "drivers", "services", "loading", "storage", "update", "policy", "link", "ui", "board"),
    "run": ("preload", "chip", "device", "drivers", "loading", "guard", "update", "ui", "watch", "board"),
    "start": ("update", "run", "recovery", "chip"),
    "boot": (),
    "main": ("start",),
}

# Built into stock MicroPython for ESP32. Nothing else exists on a watch.
_PURE = {"array", "binascii", "collections", "cryptolib", "errno", "hashlib", "json", "micropython", "struct", "sys"}
_FILES = _PURE | {"gc", "io", "os"}
_ON_BOARD = _FILES | {
    *("_thread", "asyncio", "bluetooth", "builtins", "deflate", "esp", "esp32", "espnow", "framebuf", "heapq"),
    *("machine", "math", "neopixel", "network", "ntptime", "random", "re", "requests", "select", "socket", "ssl"),
    *("time", "tls", "uctypes", "umqtt", "vfs"),
}
# The lower parts are narrower: policy and text know no machine, no file, no clock and no chance.
_BUILT_IN = {"text": _PURE | {"io", "os"}, "storage": _FILES, "policy": _PURE | {"gc"}}

_FORBIDDEN_NAMES = {"eval", "exec", "compile", "__import__"}


def firmware_modules() -> dict[str, Path]:
    """Every module of the firmware by its dotted name; a package stands for its `__init__`."""
    modules = {}
    for path in sorted(FIRMWARE.rglob("*.py")):
        parts = list(path.relative_to(ROOT).with_suffix("").parts)
        modules[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return modules


MODULES = firmware_modules()


@cache
def tree(module: str) -> ast.Module:
    """A module's syntax tree."""
    return ast.parse(MODULES[module].read_text(encoding="utf-8"))


def imports(module: str) -> Iterator[str]:
    """Everything a module imports, at any depth in it, as dotted names; relative imports begin with a dot."""
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = "." * node.level + (node.module or "")
            for alias in node.names:
                full = base + "." + alias.name
                yield full if full in MODULES else base


def part(module: str) -> str:
    """The part of the firmware that a module belongs to: "policy" for firmware.policy.rules.usage."""
    return module.split(".")[1] if "." in module else ""


@pytest.mark.parametrize("module", MODULES)
def test_imports_run_downwards(module: str) -> None:
    """A part imports itself, the parts below it and what its watch has built in; always by absolute names."""
    own = part(module)
    allowed_parts = {own, *_BELOW.get(own, ())}
    for name in imports(module):
        top = name.split(".")[0]
        if top == "firmware":
            assert part(name) in allowed_parts, "%s must not import %s" % (module, name)
        else:
            assert top in _BUILT_IN.get(own, _ON_BOARD), "%s must not import %s" % (module, name)


# The same for what runs on a guardian's or developer's computer; modules beside these packages are for all of them.
_TOOLS_BELOW = {
    "link": (),
    "guardian": ("link",),
    "making": ("link",),
    "generate": ("making",),
    "inbox_page": ("link", "guardian"),
    "train": (),
    "evaluate": ("train",),
    "commands": ("link", "guardian", "making", "inbox_page"),
}


def test_tools_import_downwards() -> None:
    """A package imports itself and those below it; commands are imported by cli.py alone."""
    top = ROOT / "host_tools"
    names = re.compile(r"^ *(?:from|import) host_tools(?:\.| import )(\w+)", re.MULTILINE)
    wrong = []
    for path in sorted(top.rglob("*.py")):
        own = path.relative_to(top).parts[0]
        for name in names.findall(path.read_text(encoding="utf-8")):
            below = own == "cli.py" or name in (own, *_TOOLS_BELOW.get(own, ()))
            if (top / name).is_dir() and not below:
                wrong.append("%s must not import %s" % (path.relative_to(ROOT), name))
    assert not wrong


def test_no_import_circles() -> None:
    """Not even one that an import inside a function hides."""
    graph = {module: {name for name in imports(module) if name in MODULES and name != module} for module in MODULES}
    while True:
        leaves = [module for module, needs in graph.items() if not needs & graph.keys()]
        if not leaves:
            break
        for module in leaves:
            del graph[module]
    circle = {module: sorted(needs & graph.keys()) for module, needs in graph.items()}
    assert not circle, "these import each other, or what does: %s" % circle


def at_import(module: str) -> list[str]:
    """The firmware's modules that a module imports while it is imported itself, packages included, in order."""
    needed = []
    for node in tree(module).body:
        names = [alias.name for alias in node.names] if isinstance(node, (ast.Import, ast.ImportFrom)) else []
        base = node.module + "." if isinstance(node, ast.ImportFrom) and node.module else ""
        for name in names:
            full = base + name if base + name in MODULES else base[:-1]
            parts = full.split(".")
            needed += [".".join(parts[: end + 1]) for end in range(len(parts))]
    return [name for name in needed if name in MODULES]


def nesting(module: str, loaded: set[str]) -> int:
    """How many imports run inside each other at most when a module is imported where `loaded` are loaded already."""
    if module in loaded:
        return 0
    loaded.add(module)
    return 1 + max((nesting(name, loaded) for name in at_import(module)), default=0)


def test_no_import_nests_deeply() -> None:
    """Each level takes C stack, of which an ESP32's task has 16 KB; rare code is imported while a request runs."""
    loaded = {"firmware"}
    assert nesting("firmware.preload", loaded) <= 3, "sort firmware/preload.py: a module after those that it needs"
    assert nesting("firmware.watch", loaded) <= 3
    rare = {module: nesting(module, set(loaded)) for module in MODULES if module.startswith("firmware.policy.")}
    assert max(rare.values()) <= 2, rare


@pytest.mark.parametrize("module", MODULES)
def test_firmware_uses_no_code_from_data_no_assert_no_float(module: str) -> None:
    """Code is never made from data; -O strips assert; an ESP32's floats differ from a desktop's."""
    for node in ast.walk(tree(module)):
        where = "%s:%s" % (MODULES[module].relative_to(ROOT), getattr(node, "lineno", 0))
        if isinstance(node, ast.Name):
            assert node.id not in _FORBIDDEN_NAMES, where
            assert node.id != "float", where + " uses floats"
            assert node.id != "open" or part(module) != "policy", where + " opens a file"
        assert not isinstance(node, ast.Assert), where + " enforces with assert"
        assert not isinstance(node, ast.Constant) or not isinstance(node.value, float), where + " uses floats"
        assert not isinstance(node, (ast.BinOp, ast.AugAssign)) or not isinstance(node.op, ast.Div), where + " divides"


@pytest.mark.parametrize("top", ["firmware", "simulator", "host_tools"])
def test_every_folder_of_code_is_a_package(top: str) -> None:
    """An installed copy holds packages only: a folder without `__init__.py` would be left behind."""
    folders = {path.parent for path in (ROOT / top).rglob("*.py")}
    missing = [str(folder.relative_to(ROOT)) for folder in folders if not (folder / "__init__.py").exists()]
    assert not missing


def files_of_a_clone() -> list[Path]:
    """What git tracks or would track; without git, everything outside hidden and built folders."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
        paths = [ROOT / name for name in listed if name]
    except (OSError, subprocess.CalledProcessError):
        left_out = {"build", "__pycache__", "wardwatch.egg-info"}
        paths = [
            path
            for path in ROOT.rglob("*")
            if not any(name in left_out or (name[0] == "." and name != ".ci") for name in path.relative_to(ROOT).parts)
        ]
    return [path for path in paths if path.is_file()]


# Written so that this file does not match itself.
_MACHINE = re.compile(
    rb"(?<![\w.~-])/(?:home/\w|Users/\w|root/|work/|tmp/t/|opt/(?:pypi|wheels))|[A-Z]:\\\\?Users\\"
    rb"|(?:pypi\.|npmjs\.|debian\.)org|pythonhosted\.|proxy\.golang\."
)


def test_no_file_names_a_machine_or_a_registry() -> None:
    """What is checked in works anywhere, and says nothing of where it was made."""
    found = []
    for path in files_of_a_clone():
        match = _MACHINE.search(path.read_bytes())
        if match:
            found.append("%s: %s" % (path.relative_to(ROOT), match.group().decode("utf-8", "replace")))
    assert not found


def test_licence_and_security_policy_are_there() -> None:
    """Row B20: a contact for vulnerability reports and a support period."""
    assert "Apache License" in (ROOT / "LICENSE").read_text()
    policy = (ROOT / "SECURITY.md").read_text()
    assert "Report a vulnerability" in policy
    assert "24 months" in policy
