"""The list of commands: each has a test, a line on the page, and help; shells complete them and the settings."""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator

import click
import pytest
from click.shell_completion import BashComplete
from click.testing import CliRunner

from host_tools.cli import main
from host_tools.guardian.policy import settings
from simulator.watch import ROOT
from tests.ward.tree import leaves


def commands_in(text: str) -> Iterator[list[str]]:
    """The words of every command that a test runs: texts that stand first in a call or a list, one after the other."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call):
            parts = node.args[1:] if node.args and isinstance(node.args[0], ast.Name) else node.args
        elif isinstance(node, ast.List):
            parts = node.elts
        else:
            continue
        words = []
        for part in parts:
            if not isinstance(part, ast.Constant) or not isinstance(part.value, str):
                break
            words.append(part.value)
        if words:
            yield words


def test_every_command_has_a_test() -> None:
    tested = set()
    folders = [ROOT / "tests" / name for name in ("", "ward", "update", "carriers")]
    for path in [path for folder in folders for path in folder.glob("*.py")]:
        start = ["approve"] if path.name == "test_approve.py" else []  # its words stand in a table
        for words in commands_in(path.read_text(encoding="utf-8")):
            tested |= {" ".join(found[:size]) for found in (words, start + words) for size in (1, 2, 3)}
    assert sorted(set(leaves(main)) - tested) == []
    assert {"policy set", "data consent give"} <= tested and "policy sit" not in tested


def test_every_command_says_what_it_does() -> None:
    def walk(group: click.Group, path: list[str]) -> Iterator[list[str]]:
        context = click.Context(group)
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            assert command is not None
            assert command.help and command.help.split("\n")[0].rstrip(".").strip(), path
            yield [*path, name]
            if isinstance(command, click.Group):
                yield from walk(command, [*path, name])

    names = [" ".join(path) for path in walk(main, [])]
    assert len(names) > 60
    shown = CliRunner().invoke(main, ["--help"]).output
    for name in names:
        assert " " in name or re.search(r"^  %s " % name, shown, re.MULTILINE), name


def completed(args: list[str], incomplete: str) -> dict[str, str]:
    found = BashComplete(main, {}, "ward", "_WARD_COMPLETE").get_completions(args, incomplete)
    return {item.value: item.help or "" for item in found}


def test_the_shell_completes_commands_options_and_settings() -> None:
    assert {"policy", "evidence", "log"} <= set(completed([], ""))
    assert set(completed(["evidence"], "")) == {"list", "export", "notice", "close"}
    assert "--json" in completed(["status"], "--") and set(completed(["log"], "ver")) == {"verify"}
    assert set(completed(["evidence", "notice", "1", "--to"], "")) == {"platform", "school", "police"}
    for command in (["policy", "get"], ["policy", "set"], ["grant"]):
        found = completed(command, "usage.")
        assert found == {key: row["help"] for key, row in settings().items() if key.startswith("usage.")}


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_completion_script_of_each_shell(shell: str) -> None:
    environment = {
        **os.environ,
        "_WARD_COMPLETE": shell + "_source",
        "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path]),
    }
    program = "from host_tools.cli import main; main(prog_name='ward')"
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, check=False, encoding="utf-8"
    )
    assert "_WARD_COMPLETE" in done.stdout, done.stderr
