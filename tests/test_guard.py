"""The runtime import guard on the real MicroPython; what it says about stock MicroPython is tried here too."""

import ast
from pathlib import Path

from simulator import micropython

ROOT = Path(__file__).resolve().parent.parent
FIRMWARE = ROOT / "firmware"
BEFORE_THE_FENCE = {
    "drivers",
    "board.py",
    "board_parts.py",
    "boot.py",
    "chip.py",
    "main.py",
    "start.py",
    "stream.py",
    "pack.py",
}

# A day's life behind the fence: everything that is loaded late goes through it.
LIFE = """
import sys
from simulator.portable.rig import Rig
from tests.faults.household import allowed, ask, family, message
from firmware import guard
guard.fence()
rig = Rig()
rig.do({"op": "new", "root": sys.argv[1], "wall": 210902400})
family(rig)
allowed(message(rig, "friend", 1))
allowed(ask(rig, "blocking.press", party="friend", place="contact"))
allowed(ask(rig, "location.sos"))
rig.do({"op": "reboot"})
rig.do({"op": "advance", "seconds": 86400})
print(rig.do({"op": "verify"})["ok"], rig.do({"op": "grade", "party": "friend"})["blocked"])
for name in ("uctypes", "machine", "umachine", "camera", "ffi", "socket", "tests.bench.harness", "firmwares"):
    try:
        __import__(name)
        print("imported", name)
    except ImportError as refused:
        print("refused", refused)
try:
    import vfs
    print("imported vfs")
except ImportError:
    print("refused by statement")
exec("import machine", {"__name__": "firmware.drivers.display"})
print("a driver may")
exec("import socket", {"__name__": "firmware.services.transport.stream"})
print("the door may")
try:
    exec("import socket", {"__name__": "firmware.services.provider"})
    print("imported by the provider")
except ImportError:
    print("refused to the provider")
for importer in ("firmware.services.locator", "firmware.driversx", "__main__"):
    try:
        exec("import machine", {"__name__": importer})
        print("imported by", importer)
    except ImportError:
        print("refused to", importer)
"""


def test_the_firmware_lives_behind_the_fence(mpy_root: Path, tmp_path: Path) -> None:
    (tmp_path / "life.py").write_text(LIFE, encoding="utf-8")
    (tmp_path / "machine.py").write_text("", encoding="utf-8")  # stands for the board's
    path = "%s:%s:%s" % (mpy_root, ROOT, tmp_path)
    done = micropython.run(tmp_path / "life.py", str(tmp_path / "flash"), path=path, heap="900K")
    assert done.stdout.splitlines() == [
        "True True",
        "refused uctypes",
        "refused machine",
        "refused umachine",
        "refused camera",
        "refused ffi",
        "refused socket",
        "refused tests.bench.harness",
        "refused firmwares",
        "refused by statement",
        "a driver may",
        "the door may",
        "refused to the provider",
        "refused to firmware.services.locator",
        "refused to firmware.driversx",
        "refused to __main__",
    ], done.stdout


def test_files_that_could_shadow_a_module_are_listed(mpy_root: Path, tmp_path: Path) -> None:
    """And they do shadow: hashlib from the root of the file system is not the built-in one (E11)."""
    root = tmp_path / "flash"
    for name in ("boot.py", "main.py", "firmware/watch.mpy", "data/j000001", "floor0"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    script = tmp_path / "strangers.py"
    script.write_text("import sys\nfrom firmware import guard\nprint(guard.strangers(sys.argv[1] + '/'))\n")

    def strangers() -> str:
        return micropython.run(script, str(root), path=mpy_root).stdout.strip()

    assert strangers() == "[]"
    for name in ("hashlib.py", "machine.mpy", "lib/json.py", "camera/__init__.py"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("shadow = True\n", encoding="utf-8")
    assert strangers() == "['camera', 'hashlib.py', 'lib/json.py', 'machine.mpy']"
    (root / "try.py").write_text("import hashlib, gc\nprint(hashlib.shadow, gc.collect() >= 0)\n", encoding="utf-8")
    assert micropython.run(root / "try.py", path=root).stdout.split() == ["True", "True"]


def test_the_list_is_what_the_firmware_imports() -> None:
    """Every late import of the firmware is on the list, and nothing else is but what drivers hold."""
    from firmware.guard import ALLOWED

    used = set()
    for path in FIRMWARE.rglob("*.py"):
        if path.name == "guard.py" or {path.name, path.relative_to(FIRMWARE).parts[0]} & BEFORE_THE_FENCE:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                used |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                used.add((node.module or "").split(".")[0])
    assert used - {"firmware"} <= set(ALLOWED)
    assert set(ALLOWED) - used <= {"collections", "errno", "io", "time"}, "needed by nobody"
