"""Where MicroPython comes from: fetched and known, or a file; never something unchecked."""

import dataclasses
import hashlib
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from host_tools.boards import FOLDER, Board, BoardError, load, names
from host_tools.console import Failure
from host_tools.making import stock
from tests.update.test_flashing import firmware

BOARD = "lilygo-t-watch-s3"


class Server:
    """The downloads: file names and their bytes; `asked`: what was asked for."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.asked: list[str] = []
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.asked.append(self.path[1:])
                data = server.files.get(self.path[1:])
                self.send_response(200 if data is not None else 404)
                self.end_headers()
                self.wfile.write(data or b"")

            def log_message(self, *words: Any) -> None:
                pass

        self._http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = "http://127.0.0.1:%d/" % self._http.server_address[1]
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


@pytest.fixture
def downloads(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Server]:
    server = Server()
    monkeypatch.setattr(stock, "IMAGES", server.url)
    monkeypatch.setenv("WARD_HOME", str(tmp_path))
    yield server
    server.close()


def image(version: bytes = b"MicroPython v1.27.0", build: bytes = b"ESP32_GENERIC_S3-SPIRAM_OCT") -> bytes:
    data = firmware(load(BOARD))
    return data[:-100] + b"\0" + version + b" on 2025-12-09\0" + build + b"\0" + data[-100:]


def board_with(data: bytes) -> Board:
    """The board, whose description names `data`."""
    known = load(BOARD)
    table = {**known.micropython, "sha256": hashlib.sha256(data).hexdigest()}
    return dataclasses.replace(known, data={**known.data, "micropython": table})


def test_the_named_image_is_fetched_once_and_kept(downloads: Server) -> None:
    data = image()
    board = board_with(data)
    downloads.files[board.micropython["image"]] = data
    assert stock.micropython(board, None) == data
    assert stock.micropython(board, None) == data
    assert downloads.asked == [board.micropython["image"]]


def test_another_image_under_the_name_is_refused_and_not_kept(downloads: Server, tmp_path: Path) -> None:
    board = board_with(image())
    downloads.files[board.micropython["image"]] = image(build=b"ESP32_GENERIC_S3-OTHER")
    for _ in range(2):
        with pytest.raises(Failure, match=r"is not the image that board.toml names"):
            stock.micropython(board, None)
    assert len(downloads.asked) == 2
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_kept_image_that_was_changed_is_fetched_again(downloads: Server, tmp_path: Path) -> None:
    data = image()
    board = board_with(data)
    downloads.files[board.micropython["image"]] = data
    stock.micropython(board, None)
    (kept,) = (tmp_path / "images").iterdir()
    kept.write_bytes(data[:-1] + b"x")
    assert stock.micropython(board, None) == data
    assert len(downloads.asked) == 2


def test_what_cannot_be_fetched_asks_for_a_file(downloads: Server) -> None:
    with pytest.raises(Failure, match=r"404.*--firmware FILE"):
        stock.micropython(board_with(image()), None)


def test_without_a_sum_nothing_is_fetched(downloads: Server) -> None:
    """The one board of the list whose image nobody could check yet; and one that names none at all."""
    with pytest.raises(Failure, match=r"no SHA-256.*UM_TINYWATCHS3.*--firmware FILE"):
        stock.micropython(load("tinywatch-s3"), None)
    nameless = board_with(b"")
    del nameless.data["micropython"]["image"], nameless.data["micropython"]["sha256"]
    with pytest.raises(Failure, match=r"ESP32_GENERIC_S3-SPIRAM_OCT, 1.24 or newer, from https"):
        stock.micropython(nameless, None)
    assert downloads.asked == []


def test_a_file_is_taken_and_told_from_the_named_image(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "image.bin"
    path.write_bytes(image())
    assert stock.micropython(board_with(image()), path) == image()
    assert capsys.readouterr().err == ""
    assert stock.micropython(load(BOARD), path) == image()
    assert "another image than the one that board.toml names" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (image(version=b"Python"), "does not say which MicroPython"),
        (image(build=b"ESP32_GENERIC_S3"), "says it is ESP32_GENERIC_S3; the board wants ESP32_GENERIC_S3-SPIRAM_OCT"),
        (image(version=b"MicroPython v1.24.1"), ""),
    ],
)
def test_what_an_image_says_of_itself(
    data: bytes, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "image.bin"
    path.write_bytes(data)
    stock.micropython(board_with(data), path)
    said = capsys.readouterr().err
    assert words in said if words else said == ""


@pytest.mark.parametrize("version", [b"MicroPython v1.23.0", b"MicroPython v0.99.0"])
def test_a_micropython_that_is_too_old(version: bytes, tmp_path: Path) -> None:
    path = tmp_path / "image.bin"
    path.write_bytes(image(version=version))
    with pytest.raises(Failure, match=r"1.24 is the oldest"):
        stock.micropython(load(BOARD), path)


@pytest.mark.parametrize("board", names())
def test_every_board_names_its_image(board: str) -> None:
    """By board, variant and version, at least 1.24; all but one with its SHA-256."""
    wanted = load(board).micropython
    assert tuple(map(int, wanted["version"].split(".")[:2])) >= stock.OLDEST
    assert ("sha256" in wanted) == (board != "tinywatch-s3")


@pytest.mark.parametrize(
    ("line", "changed"),
    [
        ('variant = "SPIRAM_OCT"\n', ""),
        ('version = "1.27.0"', 'version = "1.28.0"'),
        ("-20251209-", "-"),
        ('image = "ESP32', 'image = "../ESP32'),
        ('image = "ESP32_GENERIC_S3-SPIRAM_OCT-20251209-v1.27.0.bin"\n', ""),
    ],
)
def test_a_name_that_does_not_fit_the_board_is_refused(line: str, changed: str, tmp_path: Path) -> None:
    text = (FOLDER / BOARD / "board.toml").read_text(encoding="utf-8")
    assert line in text
    (tmp_path / "a-board").mkdir()
    (tmp_path / "a-board" / "board.toml").write_text(text.replace(line, changed, 1), encoding="utf-8")
    with pytest.raises(BoardError, match=r"micropython.image"):
        load("a-board", tmp_path)
