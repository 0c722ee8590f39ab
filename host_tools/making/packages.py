"""What an app source checks before it signs a package, and the build before it presets one (D62-D64, E3, E4, E7, G1).

A package is a folder: `package.toml` with the fields of its manifest, Python, and texts. All apps of a watch share one
interpreter, so nothing in the memory keeps an app from a driver: what is not to be touched must not be named. This
check reads the syntax trees. It finds what is written plainly; somebody set on hiding things from it is stopped by the
source's own people, or not at all.
"""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import simulator  # noqa: F401  makes the firmware importable
from firmware.policy.rules.apps import AGES, CLASSES, PERMISSIONS

# Modules that hold no way to hardware, files, the network, other modules or the rules.
IMPORTS = {"array", "binascii", "collections", "heapq", "json", "math", "micropython", "random", "re", "struct"}
# Never on a watch as it leaves the workshop: nothing that entertains, plays, answers homework or talks by itself.
PRESET = ("education", "tool", "communication")
PRESET_FOLDER = Path(__file__).resolve().parents[2] / "firmware" / "apps"

_TEXTS = {".txt", ".tsv", ".csv", ".json", ".toml"}
_NAMES = {
    *("eval", "exec", "compile", "__import__", "open", "globals", "locals", "vars", "getattr", "setattr", "delattr"),
    *("input", "breakpoint"),
}
_FIELDS = {"id": str, "version": int, "class": str, "ages": int, "permissions": list, "name": str}
_LINK = re.compile(r"(?:https?|ftp|market|app|wardwatch|weixin|alipays?)\s*:|www\.|\bqr\b|二维码|扫码", re.IGNORECASE)
_ADVERT = re.compile(
    r"\bad(?:s|vert\w*|mob|view|unit|banner|sdk)?\b|\bsponsor\w*|\bpromo(?:tion\w*)?\b|\bbuy now\b|\bsplash[_ ]?ad"
    r"|interstitial|广告|推广|赞助|限时优惠|立即购买|开屏",
    re.IGNORECASE,
)
_GAME = re.compile(
    r"\b(?:play|download|try) (?:\w+ ){0,3}game\b|\bgame ?(?:cent(?:er|re)|store|hall)\b|游戏(?:中心|大厅|下载|入口)",
    re.IGNORECASE,
)


def lint(folder: Path) -> list[str]:
    """What keeps a package from being signed, a line each; [] for a clean one."""
    try:
        table = tomllib.loads((folder / "package.toml").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        return ["package.toml: %s" % error]
    found = list(_fields(table))
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != "package.toml":
            found += ["%s: %s" % (path.relative_to(folder), problem) for problem in _file(path, folder, table)]
    return found


def _fields(table: dict[str, Any]) -> Iterator[str]:
    for name, kind in _FIELDS.items():
        if type(table.get(name)) is not kind:
            yield "package.toml: %s is no %s" % (name, kind.__name__)
    yield from ("package.toml: %s is unknown" % name for name in sorted(set(table) - set(_FIELDS)))
    if table.get("class") not in CLASSES or table.get("ages") not in AGES:
        yield "package.toml: class is one of %s, ages of %s" % (", ".join(CLASSES), ", ".join(map(str, AGES)))
    permissions = table.get("permissions")
    if not isinstance(permissions, list) or set(map(str, permissions)) - set(PERMISSIONS):
        yield "package.toml: permissions are %s" % ", ".join(PERMISSIONS)


def _file(path: Path, folder: Path, table: dict[str, Any]) -> Iterator[str]:
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeError:
        text = None
    if path.suffix == ".py" and text is not None:
        try:
            tree = ast.parse(text)
        except SyntaxError as error:
            yield "line %s: is no Python" % error.lineno
            return
        own = {other.stem for other in folder.rglob("*.py")}
        yield from _code(tree, own)
        words = [(line, said) for line, said in _words(tree)]
    elif path.suffix in _TEXTS and text is not None:
        words = list(enumerate(text.splitlines(), 1))
    else:
        yield "is neither Python nor text, so nobody can read what it does"
        return
    for line, said in words:
        if _ADVERT.search(said):
            yield "line %d: looks like an advert (D63): %.40r" % (line, said)
        if table.get("class") == "education" and (_LINK.search(said) or _GAME.search(said)):
            yield "line %d: looks like a link or a way to a game (D64): %.40r" % (line, said)


def _words(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Every text and every name of a module, names with blanks between their parts."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value
        elif isinstance(node, ast.Name):
            yield node.lineno, node.id.replace("_", " ")
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            yield node.lineno, node.name.replace("_", " ")


def _code(tree: ast.Module, own: set[str]) -> Iterator[str]:
    """What an app must not name (E4)."""
    for node in ast.walk(tree):
        line = getattr(node, "lineno", 0)
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = ["." * node.level + (node.module or "")]
        else:
            names = []
        for name in names:
            if name.split(".")[0] not in IMPORTS | own:
                yield "line %d: imports %s (E4)" % (line, name)
        if isinstance(node, ast.Name) and node.id in _NAMES:
            yield "line %d: uses %s (E4)" % (line, node.id)
        if isinstance(node, ast.Attribute) and (node.attr.startswith("__") or node.attr in ("mem8", "mem16", "mem32")):
            yield "line %d: reaches for %s (E4)" % (line, node.attr)
        if isinstance(node, ast.FunctionDef) and any(
            "viper" in ast.dump(d) or "asm" in ast.dump(d) for d in node.decorator_list
        ):
            yield "line %d: is machine code (E4)" % line


def preset_problems(folder: Path = PRESET_FOLDER) -> list[str]:
    """What is wrong with the apps that an image brings along; an image without any is the usual one (D62, G1)."""
    found = []
    for package in sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else ():
        problems = lint(package)
        if not problems:
            table = tomllib.loads((package / "package.toml").read_text(encoding="utf-8"))
            if table["class"] not in PRESET:
                problems = ["class %s is never preset" % table["class"]]
        found += ["%s: %s" % (package.name, problem) for problem in problems]
    return found
