"""The board at a pseudo-terminal, tried with the real mpremote: what deployment relies on."""

import select
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import serial

from simulator.raw_repl import RawReplBridge

pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the bridge reads /proc")


@pytest.fixture
def flash(micropython_binary: str, tmp_path: Path) -> Path:
    folder = tmp_path / "flash"
    folder.mkdir()
    return folder


@pytest.fixture
def board(flash: Path) -> Iterator[RawReplBridge]:
    with RawReplBridge(flash) as bridge:
        yield bridge


def mpremote(board: RawReplBridge, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "mpremote", "connect", board.path, *arguments],
        capture_output=True, check=False, encoding="utf-8", timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, (arguments, done.stdout, done.stderr)
    return done.stdout


def test_mpremote_runs_code_and_copies_files(board: RawReplBridge, tmp_path: Path) -> None:
    """In one go, as a deployment does: folders there and back, a listing, a mounted folder, a soft reset."""
    source = tmp_path / "source"
    (source / "part").mkdir(parents=True)
    (source / "part" / "one.py").write_text("WORD = 'from the flash'\n")
    (source / "bytes.bin").write_bytes(bytes(range(256)) * 20)
    script = tmp_path / "script.py"
    script.write_text("from source.part.one import WORD\nprint(WORD)\n")
    said = mpremote(
        board,
        "exec", "kept = 6 * 7", "+", "exec", "print(kept)", "+",
        "fs", "cp", "-r", str(source), ":", "+", "run", str(script), "+", "fs", "ls", ":source", "+",
        "soft-reset", "+", "eval", "'kept' in globals()",
    )  # fmt: skip
    assert said.splitlines()[0] == "42" and "from the flash" in said and "bytes.bin" in said
    assert said.splitlines()[-1] == "False"
    mpremote(board, "fs", "cp", ":source/bytes.bin", str(tmp_path / "back.bin"))
    assert (tmp_path / "back.bin").read_bytes() == bytes(range(256)) * 20
    mounted = mpremote(board, "mount", str(source), "exec", "from part.one import WORD; print(WORD.upper())")
    assert "FROM THE FLASH" in mounted


def test_the_folder_is_the_whole_flash(board: RawReplBridge, flash: Path) -> None:
    (flash / "here").touch()
    assert mpremote(board, "exec", "import os; print(os.listdir('/'))").strip() == "['here']"


def until(port: serial.Serial, words: bytes) -> bytes:
    """What comes up to these words."""
    found = port.read_until(words)
    assert found.endswith(words), found
    return bytes(found)


def at_the_prompt(port: serial.Serial) -> None:
    """Whatever the board had said before the port was open is gone: knock until it answers."""
    for _ in range(100):
        port.write(b"\r")
        if select.select([port], [], [], 0.2)[0]:
            until(port, b">>> ")
            return
    pytest.fail("there is no prompt")


def test_a_soft_reset_runs_boot_and_main_as_a_board_does(flash: Path) -> None:
    (flash / "boot.py").write_text("print('booted')\n")
    (flash / "main.py").write_text("print('main runs')\n1 / 0\n")
    with RawReplBridge(flash) as board, serial.Serial(board.path, timeout=20) as port:
        at_the_prompt(port)
        port.write(b"\r\x03\x04")
        until(port, b"MPY: soft reboot\r\n")
        said = until(port, b">>> ")
        assert b"booted" in said and b"main runs" in said and b"ZeroDivisionError" in said
        port.write(b"\x01")
        until(port, b"exit\r\n>")
        port.write(b"\x04")
        until(port, b"MPY: soft reboot\r\n")
        said = until(port, b"raw REPL; CTRL-B to exit\r\n>")
        assert b"booted" in said and b"main runs" not in said and b">>>" not in said


def test_ctrl_c_interrupts_code_unless_it_has_closed_that_door(flash: Path) -> None:
    (flash / "main.py").write_text("import time\nwhile True:\n    print('begun')\n    time.sleep_ms(20)\n")
    with RawReplBridge(flash) as board, serial.Serial(board.path, timeout=20) as port:
        until(port, b"begun\n")
        port.write(b"\r\x03\x03\r\x01")  # as mpremote begins, all at once: nothing of it may be lost
        until(port, b"raw REPL; CTRL-B to exit\r\n>")
        closed = "import micropython, sys\nmicropython.kbd_intr(-1)\nprint('closed')\nprint(repr(sys.stdin.read(2)))\n"
        port.write(closed.encode() + b"\x04")
        until(port, b"closed\n")
        port.write(b"\x03\x01")
        assert b"'\\x03\\x01'\n\x04\x04>" in until(port, b">")


def test_what_runs_for_ever_ends_with_the_bridge(board: RawReplBridge) -> None:
    with serial.Serial(board.path, timeout=20) as port:
        port.write(b"\r\x03\x01")
        until(port, b"exit\r\n>")
        port.write(b"while True:\n    pass\n\x04")
        until(port, b"OK")
    began = time.monotonic()
    board.close()
    assert time.monotonic() - began < 5 and not Path(board.path).is_symlink()
