"""The long-lived MicroPython process, the firmware's build and the `ward` command's frame."""

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from host_tools import cli
from host_tools.making import build
from simulator import micropython

Start = Callable[..., micropython.Process]

ECHO = """
import json, sys
while True:
    size = sys.stdin.buffer.readline()
    if not size:
        break
    request = json.loads(sys.stdin.buffer.read(int(size)))
    if request.get("crash"):
        raise ValueError("crashed as asked")
    if request.get("hang"):
        while True:
            pass
    if request.get("noise"):
        print("not json")
    else:
        print(json.dumps({"echo": request["text"], "path": sys.path[1:]}))
"""


@pytest.fixture
def echo(tmp_path: Path) -> Path:
    """A script that answers with what it was asked, or misbehaves on request."""
    script = tmp_path / "echo.py"
    script.write_text(ECHO)
    return script


def test_a_process_answers_question_by_question(echo: Path, start_micropython: Start) -> None:
    """Text of any script survives both ways, and only the given folder is imported from."""
    process = start_micropython(echo, path=echo.parent, heap="256K")
    for text in ("hello", "你好", "😀", "\u200b", 'quote " and \\', "line\nbreak", ""):
        answer = process.ask({"text": text})
        assert answer == {"echo": text, "path": [str(echo.parent), ".frozen"]}


@pytest.mark.parametrize(
    ("request_", "complaint"),
    [
        ({"crash": 1}, "crashed as asked"),
        ({"noise": 1}, r"no JSON object.*\n.*not json"),
        ({"hang": 1}, "gave no answer"),
    ],
)
def test_a_failing_process_says_why(
    echo: Path, start_micropython: Start, request_: dict[str, int], complaint: str
) -> None:
    """A crash shows MicroPython's own traceback, noise shows itself, silence ends by the time limit."""
    process = start_micropython(echo, path=echo.parent)
    seconds = 0.2 if "hang" in request_ else 60
    with pytest.raises(micropython.ProcessFailed, match=complaint):
        process.ask(request_, seconds=seconds)
    with pytest.raises(micropython.ProcessFailed):
        process.ask({"text": "after the end"})


def test_the_heap_limit_holds(micropython_binary: str, tmp_path: Path) -> None:
    """`heap` is MicroPython's own limit: what does not fit is a MemoryError there."""
    script = tmp_path / "big.py"
    script.write_text("import sys\nprint(len(bytearray(int(sys.argv[1]))))\n")
    assert micropython.run(script, "100000", heap="256K").stdout == "100000\n"
    refused = micropython.run(script, "300000", heap="256K")
    assert refused.returncode != 0
    assert "MemoryError" in refused.stdout


def test_without_micropython_the_reason_is_clear(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing beside the interpreter and nothing on PATH."""
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert micropython.binary() is None
    with pytest.raises(FileNotFoundError, match="its wheel exists for Linux"):
        micropython.run("script.py")


@pytest.fixture
def small_firmware(tmp_path: Path) -> Path:
    """A package with a module, a data file and a folder."""
    source = tmp_path / "source"
    (source / "sub").mkdir(parents=True)
    (source / "__init__.py").write_text("")
    (source / "sub" / "__init__.py").write_text("ANSWER = 42\n")
    (source / "sub" / "data.tsv").write_text("a\tb\n")
    (source / "sub" / "for_the_host.toml").write_text("")
    return source


def test_the_build_runs_on_micropython(small_firmware: Path, micropython_binary: str, tmp_path: Path) -> None:
    """Bytecode and data lie where the source had them, and nothing for the host comes along."""
    target = build.compile_firmware(tmp_path / "out", small_firmware)
    files = {path.relative_to(target).as_posix() for path in target.rglob("*") if path.is_file()}
    assert files == {
        "manifest.json",
        "names.json",
        "firmware/__init__.mpy",
        "firmware/sub/__init__.mpy",
        "firmware/sub/data.tsv",
    }
    script = tmp_path / "use.py"
    script.write_text("from firmware.sub import ANSWER\nprint(ANSWER)\n")
    assert micropython.run(script, path=target).stdout == "42\n"


def test_the_build_makes_only_what_changed(
    small_firmware: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Equal content is left alone whatever its date; a changed file is made again, a removed one goes."""
    compiled: list[str] = []
    real = build.compile_module

    def recording(content: bytes, shown_as: str, lines: bool) -> bytes:
        compiled.append(shown_as)
        return real(content, shown_as, lines)

    monkeypatch.setattr(build, "compile_module", recording)
    target = tmp_path / "out"
    build.compile_firmware(target, small_firmware)
    assert compiled == ["firmware", "firmware.sub"]
    compiled.clear()
    (small_firmware / "__init__.py").touch()
    build.compile_firmware(target, small_firmware)
    assert compiled == []
    (small_firmware / "__init__.py").write_text("CHANGED = 1\n")
    (small_firmware / "sub" / "data.tsv").unlink()
    build.compile_firmware(target, small_firmware)
    assert compiled == ["firmware"]
    assert not (target / "firmware" / "sub" / "data.tsv").exists()


def test_builds_at_once_agree(small_firmware: Path, tmp_path: Path) -> None:
    """Test workers share one folder."""
    target = tmp_path / "out"
    threads = [threading.Thread(target=build.compile_firmware, args=(target, small_firmware)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    alone = build.compile_firmware(tmp_path / "alone", small_firmware)
    for path in alone.rglob("*"):
        if path.is_file():
            assert (target / path.relative_to(alone)).read_bytes() == path.read_bytes()
    assert not list(target.rglob("*.tmp"))


def test_a_module_that_does_not_compile_is_named(small_firmware: Path, tmp_path: Path) -> None:
    """The compiler's own words, with the line."""
    (small_firmware / "broken.py").write_text("def\n")
    with pytest.raises(build.BuildFailed, match=r"firmware\.broken.*line 1"):
        build.compile_firmware(tmp_path / "out", small_firmware)


def test_the_command_explains_itself() -> None:
    """Help, version, and exit code 2 for an unknown command."""
    shown = CliRunner().invoke(cli.main, ["--help"])
    assert shown.exit_code == 0
    assert "demo" in shown.output and "sim" in shown.output
    assert CliRunner().invoke(cli.main, ["--version"]).output.startswith("ward")
    unknown = CliRunner().invoke(cli.main, ["fly"])
    assert unknown.exit_code == 2
    assert "No such command" in unknown.output


@pytest.mark.parametrize(
    ("typed", "module", "passed_on"),
    [
        (["demo", "--help"], "simulator.day", ["--headless", "--help"]),
        (["sim", "--port", "80"], "simulator.web.command", ["--port", "80"]),
    ],
)
def test_the_simulator_gets_its_options(
    monkeypatch: pytest.MonkeyPatch, typed: list[str], module: str, passed_on: list[str]
) -> None:
    """`ward` hands every option over, and hands the exit code back."""
    seen: list[list[str]] = []

    def stand_in(argv: list[str], *more: object) -> int:
        seen.append(argv)
        return 3

    monkeypatch.setitem(sys.modules, module, SimpleNamespace(main=stand_in))
    assert CliRunner().invoke(cli.main, typed).exit_code == 3
    assert seen == [passed_on]


def test_make_help_lists_every_target() -> None:
    """The list is made from the Makefile itself, so a target without help is the mistake to find."""
    root = Path(build.__file__).resolve().parents[2]
    shown = subprocess.run(["make", "-s", "help"], cwd=root, capture_output=True, text=True, check=True).stdout
    makefile = (root / "Makefile").read_text()
    phony = makefile.split(".PHONY:")[1].splitlines()[0].split()
    assert [line.split()[1] for line in shown.splitlines()] == phony
