"""`ward flash` with the real esptool against a chip in its ROM loader, and the image that it writes."""

import hashlib
import json
import struct
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from host_tools.boards import Board, load, names
from host_tools.cli import main
from host_tools.making import flash, image, release
from simulator.rom_loader import RomLoader
from simulator.watch import Watch
from tests.link.test_whole_watch import START
from tests.update import packs

ESP32, S3 = "esp32-devkitc-st7789", "lilygo-t-watch-s3"


def firmware(board: Board, app: int = 40000) -> bytes:
    """Something with the header of a MicroPython image: bootloader, table, app, of bytes that do not repeat."""
    size = 0x10000 - board.micropython["offset"] + app
    body = b"".join(hashlib.sha256(b"%d" % number).digest() for number in range(size // 32 + 1))[:size]
    header = bytes([0xE9, 3, 2, 0x20]) + bytes(8) + struct.pack("<H", {"esp32": 0, "esp32s3": 9}[board.soc["family"]])
    return header + body[len(header) :]


def small(board: Board, out: Path, *rest: Any) -> release.Release:
    """A release with little in it, in place of a whole one."""
    system = image.file_system(packs.first(), 64 * image.SECTOR)[: 16 * image.SECTOR]
    files = {"partitions.bin": image.partition_table(image.partitions(board.soc["flash_mb"])), "files.littlefs": system}
    return release.Release(board.name, 100, out / board.name, files, {})


@pytest.fixture
def at_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder for keys, and small releases."""
    monkeypatch.setenv("WARD_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(release, "make", small)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["flash", *arguments])


def options(folder: Path, board: str, chip: RomLoader) -> list[str]:
    path = folder / "micropython.bin"
    path.write_bytes(firmware(load(board)))
    return [
        "--board", board, "--port", chip.address, "--firmware", str(path), "--out", str(folder / "out"), "--no-stub",
        "--yes",
    ]  # fmt: skip


@pytest.mark.parametrize(("board", "family"), [(ESP32, "esp32"), (S3, "esp32s3")])
def test_a_chip_is_written_and_says_hello(at_home: Path, board: str, family: str) -> None:
    known = load(board)
    with Watch(at_home / "watch", START) as watch, RomLoader(
        family, known.soc["flash_mb"], firmware=lambda data: bytes.fromhex(watch.do("cable", data=data.hex())["data"])
    ) as chip:  # fmt: skip
        done = run(*options(at_home, board, chip), "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["next"] == "ward setup --port " + chip.address
    rows = image.read_table(bytes(chip.flash[image.TABLE_AT : image.TABLE_AT + 0xC00]))
    assert rows == image.partitions(known.soc["flash_mb"])
    image_ = firmware(known)
    offset = known.micropython["offset"]
    app = image_[0x10000 - offset :]
    assert chip.flash[0x10000 : 0x10000 + len(app)] == app
    assert chip.flash[offset + 16 : 0x7000] == image_[16 : 0x7000 - offset], "the loader, but for its flash size"
    made = small(known, at_home)
    system, keys = rows[3], rows[4]
    assert chip.flash[system.at : system.at + 16 * image.SECTOR] == made.files["files.littlefs"]
    assert chip.flash[keys.at : keys.at + keys.size] == b"\xff" * keys.size, "somebody else's keys"
    assert chip.efuse_writes == []


def test_what_does_not_fit_is_told_and_nothing_is_written(at_home: Path) -> None:
    with RomLoader("esp32", 4) as chip:
        before = bytes(chip.flash)
        done = run(*options(at_home, S3, chip))
        assert done.exit_code == 1 and "is an esp32; lilygo-t-watch-s3 has an esp32s3" in done.output
        assert chip.flash == before
    with RomLoader("esp32s3", 8) as chip:
        before = bytes(chip.flash)
        done = run(*options(at_home, S3, chip))
        assert done.exit_code == 1 and "has 8 MB of flash" in done.output
        assert chip.flash == before


def test_a_flash_that_does_not_keep_a_byte_is_noticed(at_home: Path) -> None:
    with RomLoader("esp32", 4, fail_at=0x12345) as chip:
        done = run(*options(at_home, ESP32, chip), "--no-wait")
    assert done.exit_code == 5 and "esptool failed" in done.output


def test_nobody_is_asked_twice_and_nothing_happens_without_a_yes(at_home: Path) -> None:
    with RomLoader("esp32", 4) as chip:
        before = bytes(chip.flash)
        arguments = [one for one in options(at_home, ESP32, chip) if one != "--yes"]
        done = CliRunner().invoke(main, ["flash", *arguments, "--no-wait"], input="n\n")
        assert done.exit_code == 1 and "Nothing was changed" in done.output
        assert chip.flash == before


def test_a_dry_run_prints_every_step_and_opens_no_port(at_home: Path) -> None:
    path = at_home / "micropython.bin"
    path.write_bytes(firmware(load(S3)))
    assert run("--board", S3, "--firmware", str(path), "--dry-run").exit_code == 1, "there is no key yet"
    assert CliRunner().invoke(main, ["keygen", "--plain"]).exit_code == 0
    done = run("--board", S3, "--port", "/dev/none", "--firmware", str(path), "--dry-run")
    assert done.exit_code == 0, done.output
    for words in ("flash-id", "write-flash", "--erase-all", "0x200000", "MD5", "hello", "ward setup"):
        assert words in done.output
    assert "BOOT button is inside the case" in done.output
    assert "efuse" not in done.output.lower() and "burn" not in done.output.lower()


@pytest.mark.parametrize("board", names())
def test_every_board_has_a_table_that_fits(board: str) -> None:
    """Partitions do not overlap, lie on sectors and end with the flash."""
    known = load(board)
    rows = image.partitions(known.soc["flash_mb"])
    assert image.read_table(image.partition_table(rows)) == rows
    for row, following in pairwise(rows):
        assert row.at + row.size <= following.at
        assert row.at % image.SECTOR == row.size % image.SECTOR == 0
    assert rows[-1].at + rows[-1].size == known.soc["flash_mb"] << 20
    assert rows[3].size >= (2 << 20) - rows[-1].size


def test_the_table_is_what_the_field_reads(tmp_path: Path) -> None:
    """As ESP-IDF's documentation has it, byte for byte; a changed one is noticed."""
    table = image.partition_table(image.partitions(4))
    assert table[:32] == bytes.fromhex("aa5001020090000000600000") + b"nvs".ljust(16, b"\0") + bytes(4)
    assert len(table) == 0xC00
    with pytest.raises(ValueError, match="MD5"):
        image.read_table(table[:40] + bytes([table[40] ^ 1]) + table[41:])
    with pytest.raises(ValueError, match="no partition table"):
        image.read_table(b"\xff" * 0xC00)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda data: data[:1000], "no MicroPython image"),
        (lambda data: b"\x00" + data[1:], "no MicroPython image"),
        (lambda data: data[:12] + b"\x09\x00" + data[14:], "another chip"),
        (lambda data: data + bytes(0x1F0000), "room for"),
    ],
)
def test_an_image_that_is_none(at_home: Path, change: Any, words: str) -> None:
    path = at_home / "micropython.bin"
    path.write_bytes(change(firmware(load(ESP32))))
    done = run("--board", ESP32, "--port", "/dev/none", "--firmware", str(path))
    assert done.exit_code == 1 and words in done.output


def test_esptool_reads_the_image_that_is_written(at_home: Path) -> None:
    """The bootloader's header stays what esptool's own image-info takes for one of this chip."""
    known = load(ESP32)
    content = flash.parts(known, firmware(known), small(known, at_home))
    path = at_home / "whole.bin"
    arguments = []
    for number, part in enumerate(content):
        (at_home / str(number)).write_bytes(part.data)
        arguments += [hex(part.at), str(at_home / str(number))]
    merge = [sys.executable, "-m", "esptool", "--chip", "esp32", "merge-bin", "-o", str(path), *arguments]
    done = subprocess.run(merge, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    whole = path.read_bytes()
    for part in content:
        assert whole[part.at : part.at + 4096][16:] == part.data[:4096][16:]
