"""The simulated `machine` offers what the ESP32's offers and no more, and drivers allocate nothing on hot paths."""

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

from simulator import machine, micropython

ROOT = Path(__file__).resolve().parent.parent.parent
HERE = Path(__file__).resolve().parent


def test_a_signal_is_the_same_on_both_runtimes(micropython_binary: str) -> None:
    real = micropython.run(HERE / "signals.py", path=ROOT)
    shim = subprocess.run(
        [sys.executable, str(HERE / "signals.py")],
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert len(real.stdout.splitlines()) > 90, real.stdout
    assert shim.stdout.splitlines() == real.stdout.splitlines()


def test_on_the_display_path_nothing_is_allocated(micropython_binary: str) -> None:
    done = micropython.run(HERE / "allocation.py", path=ROOT)
    assert done.returncode == 0, done.stdout
    assert int(done.stdout) == 2 * 6 * (240 * 40 * 2 + 11)


def _stub() -> dict[str, set[str]]:
    """{class: names} of upstream's `machine` for this chip, by its type stubs; "" holds the module's own names."""
    for folder in (ROOT / ".venv" / "typings", Path(sys.prefix) / "typings"):
        if (folder / "machine.pyi").exists():
            tree = ast.parse((folder / "machine.pyi").read_text("utf-8"))
            break
    else:
        pytest.skip("no type stubs here: make setup")
    found: dict[str, set[str]] = {"": set()}
    for node in tree.body:
        names = _names(node)
        found[""] |= names
        if isinstance(node, ast.ClassDef):
            inside = set().union(*[_names(item) for item in node.body])
            for base in node.bases:
                inside |= found.get(ast.unparse(base), set())
            found[node.name] = inside
    return found


def _names(node: ast.AST) -> set[str]:
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        return {node.name}
    if isinstance(node, ast.AnnAssign):
        return {ast.unparse(node.target)}
    if isinstance(node, ast.Assign):
        return {ast.unparse(target) for target in node.targets}
    return set()


def test_every_name_is_upstreams() -> None:
    upstream = _stub()
    offered = {name: value for name, value in vars(machine).items() if name[0] != "_"}
    assert set(offered) <= upstream[""]
    classes = 0
    for name, value in offered.items():
        if inspect.isclass(value):
            classes += 1
            assert {key for key in vars(value) if key[0] != "_"} <= upstream[name], name
    assert classes == 6
