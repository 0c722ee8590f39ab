"""Writes a release onto a board, by `esptool` as a program of its own (it is under the GPL).

Nothing here burns an eFuse, and no command of esptool's that could is ever called.
"""

import contextlib
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import click
from serial.tools import list_ports

from host_tools.boards import Board
from host_tools.console import BROKEN, NO_WATCH, Failure
from host_tools.link.keys import Keys
from host_tools.link.line import Line, LineError, Refused
from host_tools.link.port import Port
from host_tools.making import image, release

_BAUD = 460800
_HELLO_SECONDS = 90.0
_GREETING = 3.0
_PERCENT = re.compile(r"Writing at 0x[0-9a-f]+ .*?([0-9.]+)%")
_CHIP = re.compile(r"^Chip type: +(ESP32(?:-S3)?)\b", re.MULTILINE)
_SIZE = re.compile(r"^Detected flash size: +([0-9]+)MB", re.MULTILINE)


@dataclass(frozen=True)
class Part:
    """Bytes and where they go."""

    name: str
    at: int
    data: bytes


def parts(board: Board, firmware: bytes, made: release.Release) -> list[Part]:
    """What is written: MicroPython with the watch's own partition table in it, the file system, blank keys."""
    offset = board.micropython["offset"]
    table = made.files["partitions.bin"]
    at = image.TABLE_AT - offset
    system, keys = image.partitions(board.soc["flash_mb"])[3:]
    return [
        Part("MicroPython", offset, firmware[:at] + table + firmware[at + len(table) :]),
        Part("file system", system.at, made.files["files.littlefs"]),
        Part("keys", keys.at, b"\xff" * keys.size),
    ]


# --- esptool


def command(port: str, *rest: str, chip: str = "auto", stub: bool = True) -> list[str]:
    """The command line of one call. A chip at a socket is in its loader already, and cannot be reset from here."""
    line = [sys.executable, "-m", "esptool", "--chip", chip, "--port", port]
    if "://" in port:
        line += ["--before", "no-reset", "--after", "no-reset"]
    else:
        line += ["--baud", str(_BAUD)]
    return line + ([] if stub else ["--no-stub"]) + list(rest)


def writing(board: Board, files: list[tuple[int, str]], stub: bool) -> list[str]:
    """Arguments of the one call that writes and verifies. Without esptool's own loader the ROM cannot erase all."""
    found = ["write-flash", "--flash-size", "%dMB" % board.soc["flash_mb"]] + (["--erase-all"] if stub else [])
    for at, name in files:
        found += ["0x%x" % at, name]
    return found


def _output(process: "subprocess.Popen[str]") -> Iterator[str]:
    assert process.stdout is not None
    for line in process.stdout:
        yield from line.replace("\r", "\n").split("\n")


def call(line: list[str], heard: Callable[[str], None] = lambda words: None) -> str:
    """Run esptool; all that it says, also line by line to `heard`. Failure with its own last words."""
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", "NO_COLOR": "1"}
    with subprocess.Popen(
        line, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8", env=environment
    ) as process:
        said = []
        for words in _output(process):
            said.append(words)
            heard(words)
    if process.returncode:
        tail = " ".join(words for words in said[-6:] if words.strip())
        raise Failure("esptool failed: %s" % tail, BROKEN)
    return "\n".join(said)


def check_chip(board: Board, port: str, stub: bool) -> None:
    """Whether the board's chip is at the port, with as much flash as the board has."""
    said = call(command(port, "flash-id", stub=stub))
    chip, size = _CHIP.search(said), _SIZE.search(said)
    family = chip.group(1).lower().replace("-", "") if chip else "?"
    if family != board.soc["family"]:
        raise Failure("At %s is an %s; %s has an %s. Nothing was written." % (
            port, family, board.name, board.soc["family"]
        ))  # fmt: skip
    if size is None or int(size.group(1)) < board.soc["flash_mb"]:
        raise Failure("The chip at %s has %s MB of flash; %s has %d. Nothing was written." % (
            port, size.group(1) if size else "?", board.name, board.soc["flash_mb"]
        ))  # fmt: skip


def write(board: Board, port: str, content: list[Part], stub: bool) -> None:
    """Write and verify everything, with one bar. Failure unless every part was verified."""
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for number, part in enumerate(content):
            path = Path(folder) / ("%d.bin" % number)
            path.write_bytes(part.data)
            files.append((part.at, str(path)))
        total = sum(len(part.data) for part in content)
        done = [0, 0]  # bytes shown; parts that are finished
        with click.progressbar(
            length=total, label="Writing", file=sys.stderr, hidden=not sys.stderr.isatty()
        ) as bar:  # fmt: skip

            def heard(words: str) -> None:
                found = _PERCENT.search(words)
                before = sum(len(part.data) for part in content[: done[1]])
                if words.startswith("Wrote ") and done[1] < len(content):
                    done[1] += 1
                    now = sum(len(part.data) for part in content[: done[1]])
                elif found and done[1] < len(content):
                    now = before + int(len(content[done[1]].data) * float(found.group(1)) / 100)
                else:
                    return
                bar.update(now - done[0])
                done[0] = now

            said = call(command(port, *writing(board, files, stub), chip=board.soc["family"], stub=stub), heard)
    if said.count("Hash of data verified") != len(content):
        raise Failure("Not all that was written could be verified. Run it again.", BROKEN)


# --- ports


def find_port(board: Board, named: str | None) -> str:
    """The port that was named, or the only one whose USB id is the board's."""
    if named:
        return named
    ids = {*board.usb["ids"], *board.usb["bootloader_ids"]}
    found = _ports(ids)
    if len(found) == 1:
        return found[0]
    if found:
        raise Failure("More than one such board is here: %s. Say which with --port." % ", ".join(found), NO_WATCH)
    raise Failure(
        "No %s is plugged in (USB ids %s). Name its port with --port." % (board.title, ", ".join(sorted(ids))), NO_WATCH
    )


def _ports(ids: set[str]) -> list[str]:
    return sorted(
        port.device
        for port in list_ports.comports()
        if port.vid is not None and "%04x:%04x" % (port.vid, port.pid) in ids
    )


def wait_for_hello(board: Board, port: str, seconds: float = _HELLO_SECONDS) -> str:
    """The port at which the watch answers after its restart; a native USB port may have another name by then."""
    until = time.monotonic() + seconds
    host = Keys().host
    while time.monotonic() < until:
        for url in dict.fromkeys([port, *([] if "://" in port else _ports(set(board.usb["ids"])))]):
            with contextlib.suppress(LineError, Refused):
                stream = Port(url)
                try:
                    hello = Line(stream, host).hello(timeout=_GREETING)
                finally:
                    stream.close()
                if hello.recovery:
                    raise Failure("The watch is in recovery (%s). Flash it again." % hello.recovery, BROKEN)
                return url
    raise Failure(
        "The watch has not said hello. Unplug it, plug it in again and look with: ward status --port %s" % port, BROKEN
    )


def traps(board: Board) -> list[str]:
    """What to know before this board is written, from its description."""
    found = ["Everything on it is erased: rules, contacts, evidence, the journal."]
    if board.usb["kind"] == "native":
        found.append("If its port does not appear: unplug it, hold BOOT, plug it in, let BOOT go.")
    if "trap" in board.usb:
        found.append(board.usb["trap"])
    return found


def plan(board: Board, port: str | None, content: list[Part], stub: bool, no_wait: bool) -> tuple[list[str], str]:
    """Every step in words."""
    place = port or "the port with USB id " + " or ".join(board.usb["ids"] + board.usb["bootloader_ids"])
    files = [(part.at, "<%s, %d bytes>" % (part.name, len(part.data))) for part in content]
    steps = [
        "find %s at %s" % (board.title, place),
        "check that it is an %s with %d MB: %s" % (
            board.soc["family"], board.soc["flash_mb"], " ".join(command(place, "flash-id", stub=stub)[2:])
        ),
        "ask before erasing",
        " ".join(command(place, *writing(board, files, stub), chip=board.soc["family"], stub=stub)[2:]),
        "verify each part by its MD5, as esptool reads it back",
        "restart",
    ]  # fmt: skip
    if not no_wait:
        steps.append("wait for the watch's hello")
    steps.append("say: ward setup")
    return steps, "\n".join("%d. %s" % (number, step) for number, step in enumerate(steps, 1))
