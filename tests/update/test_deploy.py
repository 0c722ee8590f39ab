"""`ward deploy` with mpremote's own library against the real MicroPython at a pseudo-terminal."""

from pathlib import Path

import pytest
from mpremote.transport_serial import SerialTransport

from host_tools.commands import deploy as command
from host_tools.making import deploy
from simulator.raw_repl import RawReplBridge

FILES = {
    "/boot.py": b"",
    "/main.py": b"",
    "/dev/firmware/__init__.mpy": b"",
    "/dev/firmware/ui/font.bin": bytes(range(256)) * 20,
    "/dev/firmware/texts.tsv": "a\t文字\n".encode(),
}


def test_only_what_has_changed_is_copied(micropython_binary: str, tmp_path: Path) -> None:
    """By hash, with folders made and what is no longer there removed; the watch's own data stays."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "j000001").write_bytes(b"a journal")
    with RawReplBridge(tmp_path) as bridge:
        board = SerialTransport(bridge.path, timeout=10)
        board.enter_raw_repl()
        written, removed = deploy.deploy_files(board, FILES)
        assert (written, removed) == (list(FILES), [])
        for path, data in FILES.items():
            assert (tmp_path / path[1:]).read_bytes() == data
        assert deploy.deploy_files(board, FILES) == ([], [])
        changed = {**FILES, "/dev/firmware/texts.tsv": b"b\n"}
        changed.pop("/dev/firmware/__init__.mpy")
        assert deploy.deploy_files(board, changed) == (["/dev/firmware/texts.tsv"], ["/dev/firmware/__init__.mpy"])
        board.exit_raw_repl()
        board.close()
    assert (tmp_path / "data" / "j000001").read_bytes() == b"a journal"


def test_what_a_development_board_gets(mpy_root: Path) -> None:
    files = deploy.wanted(mpy_root)
    assert "/dev/firmware/policy/engine.mpy" in files and "/dev/firmware/ui/font.bin" in files
    assert b"kbd_intr" not in files["/boot.py"] + files["/main.py"]
    assert not [path for path in files if not path.startswith("/dev/") and path not in ("/boot.py", "/main.py")]


@pytest.mark.parametrize("port", ["/dev/none", ""])
def test_without_a_board_it_says_so(port: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mpy_root: Path) -> None:
    from click.testing import CliRunner

    from host_tools.cli import main

    monkeypatch.setattr(command, "compile_firmware", lambda out: mpy_root)
    monkeypatch.setattr(command, "candidates", list)
    done = CliRunner().invoke(main, ["deploy", "--board", "simulator", *(["--port", port] if port else [])])
    assert done.exit_code == (5 if port else 1), done.output
