"""The parts of `ward` that need no whole set-up: where keys lie, which port is taken, what is printed."""

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from host_tools.cli import main
from host_tools.console import Failure, Result, harmless, write_private
from host_tools.link import port
from host_tools.link.keys import Keys
from host_tools.link.line import LineError
from simulator.ends import end_of
from simulator.serial_port import SerialWatch
from tests.ward.home import a_home, set_up

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
        # at a terminal the person says which
        monkeypatch.setattr(port.sys.stdin, "isatty", lambda: True, raising=False)
        asked: list[list[str]] = []
        monkeypatch.setattr(
            port,
            "ask",
            lambda question, type: asked.append(list(type.choices)) or two.watch.path,  # type: ignore[func-returns-value]
        )
        found, line, _ = port.find(None, b"host--id")
        assert asked == [[one.watch.path, two.watch.path]] and found.url == two.watch.path
        line.hello()
        found.close()
    monkeypatch.setattr(port, "candidates", list)
    with pytest.raises(Failure, match="WARD_PORT"):
        port.find(None, b"host--id")
    os.close(silent)
    os.close(other)


def test_only_ports_with_a_watchs_usb_id_are_opened(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By class of id: those of boards/*/board.toml, generic MicroPython on native USB, and nothing else."""
    present = [
        SimpleNamespace(device="/dev/ttyUSB1", vid=0x10C4, pid=0xEA60),  # a bridge of ours
        SimpleNamespace(device="/dev/ttyACM0", vid=0x303A, pid=0x4001),  # generic MicroPython
        SimpleNamespace(device="/dev/ttyACM1", vid=0x303A, pid=0x1001),  # a chip in its loader
        SimpleNamespace(device="/dev/ttyACM2", vid=0x2341, pid=0x0043),  # somebody's printer
        SimpleNamespace(device="/dev/ttyS0", vid=None, pid=None),
    ]
    monkeypatch.setattr(port.list_ports, "comports", lambda: present)
    assert port.candidates() == ["/dev/ttyACM0", "/dev/ttyUSB1"]
    opened: list[str] = []

    def refuse(url: str) -> port.Port:
        opened.append(url)
        raise port.Unplugged("gone")

    monkeypatch.setattr(port, "Port", refuse)
    with pytest.raises(Failure, match=r"ttyACM1 \(303a:1001\), /dev/ttyACM2 \(2341:0043\)"):
        port.find(None, b"host--id")
    assert opened == ["/dev/ttyACM0", "/dev/ttyUSB1"]


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


@pytest.mark.parametrize("over", ["a terminal", "TCP"])
def test_the_watch_command_serves_until_it_is_stopped(tmp_path: Path, over: str) -> None:
    with a_home(tmp_path / "other", "cpython") as other:
        link = tmp_path / "port"
        wanted = "socket://127.0.0.1:0" if over == "TCP" else str(link)
        process = subprocess.Popen(
            [sys.executable, "-u", "-m", "host_tools.cli", "watch", "--port", wanted],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=other.environment(WARD_PORT=""), encoding="utf-8",
        )  # fmt: skip
        assert process.stdin is not None and process.stdout is not None
        url = process.stdout.readline().split(" is at ")[1].split(". ")[0]
        assert "ward setup --port " + url in process.stdout.readline()
        assert url == str(link) if over == "a terminal" else url.startswith("socket://127.0.0.1:")
        found, line, _ = port.find(url, b"host--id")
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
        again, _, hello = port.find(url, b"host--id")  # one host goes and another one comes
        assert not hello.set_up
        again.close()
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0 and not link.is_symlink()


def test_a_watch_over_tcp_that_is_unplugged(tmp_path: Path, folder: Path) -> None:
    with SerialWatch(tmp_path / "watch", "socket://127.0.0.1:0", "cpython", lambda kind, fields: None) as watch:
        stop = threading.Event()
        thread = threading.Thread(target=watch.serve, args=(stop,), daemon=True)
        thread.start()
        found, line, _ = port.find(watch.path, b"host--id")
        watch.unplug()
        with pytest.raises(LineError, match="unplugged"):
            line.hello()
        found.close()
        stop.set()
        thread.join()
    for url in ("socket://127.0.0.1", "socket:nowhere", "socket://:80"):
        with pytest.raises(OSError, match="no address"):
            end_of(url)


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
