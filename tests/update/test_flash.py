"""Slots on littlefs in the real MicroPython: power cuts, and boots from an image with the scripts that lie on it."""

from pathlib import Path

import pytest

from host_tools.making import image
from host_tools.making.build import SCRIPTS, SOURCE
from host_tools.making.release import BASE, closure
from simulator import micropython
from tests.update import packs

HERE = Path(__file__).parent
BLOCKS = 64


def test_every_cut_leaves_one_of_the_two_versions(
    micropython_binary: str, mpy_root: Path, source_root: Path, tmp_path: Path
) -> None:
    (tmp_path / "image").write_bytes(image.file_system(packs.first(100), BLOCKS * image.SECTOR))
    (tmp_path / "package").write_bytes(packs.package(101).bytes)
    done = micropython.run(
        HERE / "cuts.py", str(tmp_path / "image"), str(tmp_path / "package"),
        path="%s:%s" % (mpy_root, source_root), heap="8M",
    )  # fmt: skip
    lines = [line.split() for line in done.stdout.splitlines()]
    assert [line[0] for line in lines] == ["0", "1", "2"], done.stdout
    for variant, cuts in lines:
        assert int(cuts) >= 60, "too few cut points: the update no longer does what it says"
        print("variant %s: %s cuts" % (variant, cuts))


RUN = """
import sys
from machine import crash
import machine
def run(root, version, trial):
    from firmware.words import words
    import hashlib
    print("RUN", version, trial, words(), sys.path, hasattr(hashlib, "shadow"))
    if machine.crash:
        raise ValueError("a crash")
    from firmware.update.slots import Slots
    Slots(root).went_well()
    return ""
"""
RECOVERY = """
from firmware.update.slots import Slots
def run(root, why):
    print("RECOVERY", why)
    if why == "crashes":
        Slots(root).spare_try()
"""


@pytest.fixture(scope="module")
def flash(mpy_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An image as `ward build` lays it out, with a firmware and a recovery that say what they are."""
    files: image.Files = {name: (SOURCE / name).read_bytes() for name in SCRIPTS}
    for module in closure(BASE):
        path = module.replace(".", "/") + ".mpy"
        files["base/" + path] = (mpy_root / path).read_bytes()
    files["base/firmware/recovery.mpy"] = packs.compiled("firmware.recovery", RECOVERY)
    code = {
        **packs.code(),
        "firmware/run.mpy": packs.compiled("firmware.run", RUN.replace("from machine import crash\n", "")),
    }
    for path in (
        "update/slots",
        "update/package",
        "storage/files",
        "storage/frames",
        "storage/signature",
        "storage/crypto",
    ):
        code["firmware/%s.mpy" % path] = (mpy_root / "firmware" / (path + ".mpy")).read_bytes()
    made = packs.package(100, files=code)
    files.update(image.first_content(100, packs.BOARD, [packs.pin("maker")], made.slot, made.assets))
    whole = tmp_path_factory.mktemp("flash") / "image"
    whole.write_bytes(image.file_system(files, 128 * image.SECTOR))
    return whole


def boots(flash: Path, *orders: str) -> list[str]:
    done = micropython.run(HERE / "boots.py", str(flash), *orders, heap="2M", path="")
    assert done.returncode == 0, done.stdout + done.stderr
    return [line for line in done.stdout.splitlines() if not line.startswith(("Traceback", "  File", "ValueError"))]


GOOD = ["RUN 100 False words of 100 ['.frozen', '/code'] False", "RESTART 8192"]


def test_the_image_boots_and_restarts_and_never_ends_at_the_prompt(micropython_binary: str, flash: Path) -> None:
    """boot.py and main.py as they lie on the flash, from the base into the slot; a crash restarts too."""
    assert boots(flash, "-") == GOOD
    assert boots(flash, "crash", "-") == GOOD + GOOD


def test_three_crashes_end_in_the_recovery_and_the_next_switching_on_tries_again(flash: Path) -> None:
    found = boots(flash, "crash", "crash", "crash", "-", "-", "-")
    assert found == GOOD * 3 + ["RECOVERY crashes", "RESTART 8192"] + GOOD * 2


def test_no_file_can_stand_in_for_a_module(flash: Path) -> None:
    """Neither in the root, nor in lib, nor beside the slots (E11)."""
    for path in ("/hashlib.py", "/firmware.py", "/slots/hashlib.py", "/json.py", "/vfs.py", "/start.py"):
        assert boots(flash, path + "=shadow = True\nprint('SHADOW')\n") == GOOD, path


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("service", ["RECOVERY service", "RESTART 8192", *GOOD]),
        ("bootloader", ["BOOTLOADER, sectors with keys: 0", "RESTART 8192", *GOOD]),
        ("repl", ["PROMPT, sectors with keys: 0", *GOOD]),
        ("else", ["RESTART 8192", *GOOD]),
    ],
)
def test_an_order_is_good_for_one_boot(flash: Path, order: str, expected: list[str]) -> None:
    """And what opens, opens nothing: whoever wrote the order, the base erases every key first (B14)."""
    assert boots(flash, "/slots/order=" + order, "-") == expected


def test_without_a_pointer_there_is_the_recovery(flash: Path) -> None:
    for text in ("", "[]", "{}", "null", '["c",0,1,"b"]', '["a",0]', "[" * 200):
        assert boots(flash, "/slots/now=" + text) == ["RECOVERY pointer", "RESTART 8192"], text
    assert boots(flash, '/slots/now=["a",0,101,"%s","%s"]' % (packs.BOARD, packs.pin("maker")))[0] == "RECOVERY damaged"
    assert boots(flash, '/slots/now=["a",0,0,"other","%s"]' % packs.pin("maker"))[0] == "RECOVERY damaged"
    assert boots(flash, '/slots/now=["a",0,0,"%s","%s"]' % (packs.BOARD, packs.pin("other")))[0] == "RECOVERY damaged"


def test_a_broken_base_restarts(flash: Path) -> None:
    assert boots(flash, "/base/firmware/start.mpy=x", "-") == ["RESTART 8192"] * 2
