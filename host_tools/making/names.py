"""Short names for what is private: MicroPython keeps every different name it has ever loaded in the heap, for good.

What begins with `_` is private: to its module, or, as an attribute, to the modules that work on the same objects. The
build spells such names `_a`, `_b` and so on, and gives one short name to many private names that can never meet. Lines
stay lines, so tracebacks stay true; `python -m host_tools.making.names build/mpy < traceback` puts the names back.
"""

import ast
import io
import json
import re
import sys
import tokenize
from collections.abc import Iterable
from itertools import count
from pathlib import Path

MAP = "names.json"

# These reach a name that stands in no line of code.
_HIDDEN = {"getattr", "setattr", "hasattr", "delattr", "globals", "locals", "vars", "__dict__", "__slots__"}
_MAY_HIDE = {"firmware.loading"}  # handles the names of modules only
_LETTERS = "abcdefghijklmnopqrstuvwxyz"

Sources = dict[str, str]  # text of each module by its dotted name
Names = dict[str, dict[str, str]]  # for each module the short name of each private name


class CannotShorten(ValueError):
    """A module uses a private name in a way that the build cannot follow."""


def _is_private(name: str | None) -> bool:
    return name is not None and name[:1] == "_" and name[1:2] not in ("_", "")


def _unit(module: str) -> str:
    """Modules that work on the private attributes of the same objects: all of storage, a rule and its desk."""
    parts = module.split(".")
    if parts[1:2] == ["storage"]:
        return "storage"
    if parts[1:3] in (["policy", "rules"], ["policy", "desk"]):
        return "rule " + parts[-1]
    return module


class _Module:
    """What names one module has."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.tree = ast.parse(text, name)
        self.attributes: set[str] = set()
        self.own_attributes: set[str] = set()  # of self, or defined in a class
        self.constants: set[str] = set()
        self.others: set[str] = set()
        self.bases: set[str] = set()  # names of the classes that classes here are made from
        self.classes: set[str] = set()
        for node in ast.walk(self.tree):
            self._take(node)
        self.others -= self.attributes | self.constants

    def _take(self, node: ast.AST) -> None:
        """Sort the names of one node; CannotShorten for what no one could follow."""
        name = getattr(node, "id", None) or getattr(node, "attr", None) or getattr(node, "name", None)
        if name in _HIDDEN and self.name not in _MAY_HIDE:
            self._refuse(node, "uses " + name)
        if isinstance(node, ast.Attribute):
            self._attribute(node.attr, isinstance(node.value, ast.Name) and node.value.id == "self")
        elif isinstance(node, ast.ClassDef):
            self.classes.add(node.name)
            self.bases.update(base.id for base in node.bases if isinstance(base, ast.Name))
            for part in node.body:
                for target in getattr(part, "targets", [part]):
                    self._attribute(getattr(target, "name", None) or getattr(target, "id", None), True)
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            if isinstance(node.value.func, ast.Name) and node.value.func.id == "const":
                self.constants.update(target.id for target in node.targets if isinstance(target, ast.Name))
        elif isinstance(node, ast.keyword | ast.arg) and _is_private(node.arg):
            self._refuse(node, "has a private argument, " + str(node.arg))
        elif isinstance(node, ast.ImportFrom | ast.Import):
            for alias in node.names:
                if _is_private(alias.asname or alias.name.split(".")[-1]):
                    self._refuse(node, "imports the private name " + alias.name)
        if _is_private(name):
            self.others.add(str(name))

    def _attribute(self, name: str | None, own: bool) -> None:
        if _is_private(name):
            self.attributes.add(str(name))
            if own:
                self.own_attributes.add(str(name))

    def _refuse(self, node: ast.AST, what: str) -> None:
        raise CannotShorten("%s, line %d: %s" % (self.name, getattr(node, "lineno", 0), what))

    def check(self, private: set[str], known: set[str]) -> None:
        """CannotShorten for a string that is a private name, or a foreign attribute that no class here has."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in private:
                self._refuse(node, "has the private name %s in a string" % node.value)
            if isinstance(node, ast.Attribute) and _is_private(node.attr) and node.attr not in known:
                self._refuse(node, "uses %s, which no class of %s has" % (node.attr, _unit(self.name)))


def shorten(sources: Sources, keep: Iterable[str] = ()) -> tuple[Sources, Names]:
    """The modules with short private names, and which are whose. `keep`: names to leave as they are.

    CannotShorten says where a name may be used unseen."""
    modules = [_Module(name, text) for name, text in sorted(sources.items())]
    fixed = set(keep).union(*(module.constants for module in modules))
    private = set().union(*(module.attributes | module.others for module in modules)) - fixed
    for module in modules:
        known = set().union(*(other.own_attributes for other in modules if _unit(other.name) == _unit(module.name)))
        module.check(private, known)
    names: Names = {module.name: {} for module in modules}
    near = _related(modules)
    used: dict[str, set[str]] = {unit: set(fixed) for unit in near}
    # What is used in many places comes first, as it is the hardest to find a short name for.
    by_units = {}
    for name in set().union(*(module.attributes for module in modules)) - fixed:
        by_units[name] = sorted({_unit(module.name) for module in modules if name in module.attributes})
    for name in sorted(by_units, key=lambda name: (-len(by_units[name]), name)):
        units = by_units[name]
        short = _first_free(used[other] for unit in units for other in near[unit])
        for unit in units:
            used[unit].add(short)
        for module in modules:
            if _unit(module.name) in units:
                names[module.name][name] = short
    for module in modules:
        own = names[module.name]
        for name in sorted(module.others - fixed):
            own[name] = _first_free([used[_unit(module.name)], set(own.values())])
    return {name: _spell(text, names[name]) for name, text in sources.items()}, names


def _related(modules: list[_Module]) -> dict[str, set[str]]:
    """For each unit those whose attributes may lie in one object with its own: itself, and whatever its classes are
    made from or serve to make."""
    makers: dict[str, list[_Module]] = {}  # modules that have a class of this name
    for module in modules:
        for name in module.classes:
            makers.setdefault(name, []).append(module)
    near = {_unit(module.name): {_unit(module.name)} for module in modules}
    for module in modules:
        waiting, seen = sorted(module.bases), set()
        while waiting:
            base = waiting.pop()
            for maker in makers.get(base, []) if base not in seen else []:
                near[_unit(module.name)].add(_unit(maker.name))
                near[_unit(maker.name)].add(_unit(module.name))
                waiting += sorted(maker.bases)
            seen.add(base)
    return near


def _first_free(taken: Iterable[set[str]]) -> str:
    """The first of _a to _z, _aa, _ab ... that is in none of these."""
    together = set().union(*taken)
    for number in count():
        short = "_" + (_LETTERS[number // 26 - 1] if number > 25 else "") + _LETTERS[number % 26]
        if short not in together:
            return short
    raise AssertionError


def _spell(text: str, names: dict[str, str]) -> str:
    """The text with other names; every line stays where it is."""
    lines = text.splitlines(keepends=True)
    for token in reversed(list(tokenize.generate_tokens(io.StringIO(text).readline))):
        if token.type == tokenize.NAME and token.string in names:
            row, column = token.start
            line = lines[row - 1]
            lines[row - 1] = line[:column] + names[token.string] + line[column + len(token.string) :]
    return "".join(lines)


def read_again(traceback: str, names: Names) -> str:
    """A traceback with the names of the source; an error's own line is read as the last module's that was named."""
    out = []
    long: dict[str, str] = {}
    for line in traceback.splitlines(keepends=True):
        module = re.search(r'File "([\w.]+)", line \d+', line)
        if module:
            long = {short: name for name, short in names.get(module.group(1), {}).items()}
        words = re.split(r"\b(_[a-z]{1,2})\b", line)
        out.append("".join(long.get(word, word) for word in words))
    return "".join(out)


if __name__ == "__main__":
    sys.stdout.write(read_again(sys.stdin.read(), json.loads((Path(sys.argv[1]) / MAP).read_bytes())))
