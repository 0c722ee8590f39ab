"""The parts of `ward` that need no whole set-up: where keys lie, which port is taken, what is printed."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from host_tools import port
from host_tools.cli import main
from host_tools.console import Failure, Result, harmless, write_private
from host_tools.keys import Keys
from tests.ward.home import Home, a_home, set_up

WATCH, KEY = b"watch-id", b"k" * 32


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """This computer's data folder. No keyring."""
    monkeypatch.setenv("WARD_HOME", str(tmp_path / "kept"))
    monkeypatch.setitem(sys.modules, "keyring", None)
    return tmp_path / "kept"


def test_keys_lie_in_a_file_of_their_owner(folder: Path) -> None:
    keys = Keys()
    keys.put(WATCH, KEY)
    assert (folder / "hosts.json").stat().st_mode & 0o777 == 0o600 and folder.stat().st_mode & 0o777 == 0o700
    again = Keys()
    assert again.host == keys.host and again.key(WATCH) == KEY and again.key(b"other-id") is None
    again.forget(WATCH)
    again.forget(WATCH)
    assert Keys().key(WATCH) is None


def test_a_file_that_others_can_read_or_nobody_understands_is_refused(folder: Path) -> None:
    Keys()
    (folder / "hosts.json").chmod(0o640)
    with pytest.raises(Failure, match="chmod 600"):
        Keys()
    (folder / "hosts.json").chmod(0o600)
    for text in ("{", "[]", '{"host": 3}', ""):
        (folder / "hosts.json").write_text(text)
        with pytest.raises(Failure, match="pair again"):
            Keys()


@pytest.mark.parametrize("works", [True, False])
def test_keys_lie_in_the_keyring_if_it_works(folder: Path, monkeypatch: pytest.MonkeyPatch, works: bool) -> None:
    held: dict[tuple[str, str], str] = {}

    def put(service: str, name: str, text: str) -> None:
        if not works:
            raise RuntimeError("locked")
        held[service, name] = text

    ring = SimpleNamespace(
        get_keyring=lambda: SimpleNamespace(priority=5),
        set_password=put,
        get_password=lambda service, name: held.get((service, name)),
        delete_password=lambda service, name: held.pop((service, name)),
    )
    monkeypatch.setitem(sys.modules, "keyring", ring)
    Keys().put(WATCH, KEY)
    kept = json.loads((folder / "hosts.json").read_text())["watches"][WATCH.hex()]["key"]
    assert (kept, len(held)) == ((None, 1) if works else (KEY.hex(), 0))
    assert Keys().key(WATCH) == KEY
    Keys().forget(WATCH)
    assert not held and Keys().key(WATCH) is None


def test_the_only_port_with_a_watch_is_taken(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    silent, other = os.openpty()
    monkeypatch.setattr(port, "_GREETING", 0.5)
    with a_home(tmp_path / "one", "cpython") as one, a_home(tmp_path / "two", "cpython") as two:
        monkeypatch.setattr(port, "candidates", lambda: [os.ttyname(other), one.watch.path, "/nowhere"])
        found, _, hello = port.find(None, b"host--id")
        assert found.url == one.watch.path and not hello.set_up
        found.close()
        monkeypatch.setattr(port, "candidates", lambda: [one.watch.path, two.watch.path])
        with pytest.raises(Failure, match="More than one") as failed:
            port.find(None, b"host--id")
        assert failed.value.exit_code == 4
    monkeypatch.setattr(port, "candidates", list)
    with pytest.raises(Failure, match="WARD_PORT"):
        port.find(None, b"host--id")
    os.close(silent)
    os.close(other)


def test_a_watch_behind_a_socket(tmp_path: Path, folder: Path) -> None:
    """socket://: bytes go to and fro between a socket and the port."""
    with a_home(tmp_path, "cpython") as home, socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=_bridge, args=(server, home), daemon=True)
        thread.start()
        found, _, hello = port.find("socket://127.0.0.1:%d" % server.getsockname()[1], b"host--id")
        assert len(hello.watch) == 8
        found.close()
        thread.join(10)


def _bridge(server: socket.socket, home: Home) -> None:
    connection = server.accept()[0]
    cable = port.Port(home.watch.path)
    with connection:
        connection.settimeout(0.05)
        while True:
            try:
                data = connection.recv(4096)
                if not data:
                    break
                cable.write(data)
            except TimeoutError:
                pass
            connection.sendall(cable.read(4096))
    cable.close()


def test_two_simulated_watches_share_nothing(tmp_path: Path, folder: Path) -> None:
    with a_home(tmp_path / "one", "cpython") as one, a_home(tmp_path / "two", "cpython") as two:
        set_up(one)
        set_up(two)
        watches, keys, partitions = set(), set(), set()
        for home in (one, two):
            kept = json.loads((home.folder / "keys" / "hosts.json").read_text())["watches"]
            watches |= kept.keys()
            keys |= {entry["key"] for entry in kept.values()}
            partitions |= {row[2] for row in home.watch.do("files")["files"] if row[0] == "keys"}
        assert len(watches) == len(keys) == len(partitions) == 2


def test_the_watch_command_serves_until_it_is_stopped(tmp_path: Path) -> None:
    with a_home(tmp_path / "other", "cpython") as other:
        link = tmp_path / "port"
        process = subprocess.Popen(
            [sys.executable, "-u", "-m", "host_tools.cli", "watch", "--port", str(link)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=other.environment(WARD_PORT=""), encoding="utf-8",
        )  # fmt: skip
        assert process.stdin is not None and process.stdout is not None
        assert str(link) in process.stdout.readline() and "ward setup" in process.stdout.readline()
        found, line, _ = port.find(str(link), b"host--id")
        process.stdin.write("\n")  # before there is anything to press for
        process.stdin.flush()

        def pressed() -> str:
            assert process.stdin is not None and process.stdout is not None
            assert "Press Enter here" in process.stdout.readline()
            process.stdin.write("\n")
            process.stdin.flush()
            return process.stdout.readline().strip().rpartition("pairing digits: ")[2]

        assert len(line.pair(pressed)[1]) == 32
        found.close()
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0 and not link.is_symlink()


def test_a_port_is_never_put_over_a_file(tmp_path: Path) -> None:
    (tmp_path / "port").write_text("mine")
    done = CliRunner().invoke(main, ["watch", "--port", str(tmp_path / "port")])
    assert done.exit_code == 1 and "another port" in done.stderr and (tmp_path / "port").read_text() == "mine"


def test_names_of_others_cannot_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    assert harmless("A\x1b[2J\u202eB\nC\r") == "A\ufffd[2J\ufffdB\nC\ufffd"
    Result([], "a\x1b[31mb").write(False)
    assert "\x1b" not in capsys.readouterr().out


def test_a_new_file_is_private_and_never_replaces_one(tmp_path: Path) -> None:
    write_private(tmp_path / "new", "x")
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o600
    with pytest.raises(Failure, match="there already"):
        write_private(tmp_path / "new", "y")
    with pytest.raises(Failure, match="could not be written"):
        write_private(tmp_path / "no" / "folder", "y")


def test_help_names_the_exit_codes() -> None:
    out = CliRunner().invoke(main, ["--help"]).output
    assert "5  the connection broke" in out
    for name in ("setup", "policy", "data"):
        assert CliRunner().invoke(main, [name, "--help"]).exit_code == 0
