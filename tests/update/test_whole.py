"""The image that `ward build` lays out, booted whole on a board's simulated chips in the real MicroPython."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from firmware.link.frames import Reader, frame
from host_tools import boards
from host_tools.making import image, release
from simulator import micropython, publisher
from tests.conftest import ROOT
from tests.thorough import THOROUGH
from tests.update import packs

HELLO = {"jsonrpc": "2.0", "id": 1, "method": "link.hello", "params": {"host": "00" * 8, "nonce": "00" * 16}}


@pytest.mark.parametrize("board", boards.names() if THOROUGH else ["lilygo-t-watch-s3"])
def test_the_image_boots_shows_a_picture_and_says_hello(board: str, mpy_root: Path, tmp_path: Path) -> None:
    """Then, after three boots that did not last, the recovery with its own picture; then one more try."""
    known = boards.load(board)
    code, assets, base = release.contents(mpy_root, known)
    made = image.make_package(board, 100, code, assets, publisher.private_key("maker"))
    first = image.first_content(100, board, [packs.pin("maker")], made.slot, made.assets)
    (tmp_path / "image").write_bytes(image.file_system({**base, **first}, 2 << 20))
    (tmp_path / "facts").write_bytes(known.packed())
    path = os.pathsep.join([str(ROOT), ".frozen"])
    done = subprocess.run(
        [str(micropython.binary()), "-X", "heapsize=12M", str(ROOT / "tests" / "update" / "whole.py"),
         str(tmp_path / "image"), str(tmp_path / "facts"), "3", "-", "-", "-", "-"],
        env={**os.environ, "MICROPYPATH": path}, input=frame(json.dumps(HELLO).encode()),
        capture_output=True, check=False,
    )  # fmt: skip
    bodies = [json.loads(body) for body in Reader().feed(done.stdout)]
    assert [(body["id"], body["result"]["set_up"]) for body in bodies] == [(1, False)], done.stdout + done.stderr
    seen = [line.split()[1:] for line in done.stdout.decode("utf-8", "replace").splitlines() if line.startswith("SEEN")]
    assert [row[0] for row in seen] == ["65535"] * 4, "the light is on"
    pixels = known.display["width"] * known.display["height"]
    reds = [int(row[2]) for row in seen]
    assert max(reds[:3]) < pixels // 4, "the dial"
    assert reds[3] > pixels // 2, "the recovery"
