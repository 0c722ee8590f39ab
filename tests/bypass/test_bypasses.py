"""Every bypass of the list has its tests, and those that no scenario can express; see __init__.py and tricks.py."""

import json
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from simulator import micropython
from simulator.portable.rig import Rig
from simulator.scenario import Scenario
from tests import thorough
from tests.bypass import BYPASSES, tricks
from tests.faults.household import family, message, setup

ROOT = Path(__file__).resolve().parent.parent.parent
SCENARIOS = ROOT / "tests" / "scenarios" / "bypass"
PROCESS = ROOT / "simulator" / "portable" / "process.py"
LEAST = {"Passwords": 12, "Paying": 25, "Codes": 20}

# The list, as it was given; a line that is added there is to be added here.
LIST = """
clock forward past an expiry · clock set into a permitted window · roll back and restart a timer · reboot to reset a
timer · a jump, then a date change · time-zone change · holding the boot button, safe mode · disabling a permission the
guard needs · a rule combination that was never tested · installing older firmware · factory reset or erase · PIN
guessing or shoulder-surfing · approving on the guardian's phone · reaching a blocked app by another route · USB: Ctrl-C
· USB: raw REPL · USB: a file shadowing a module · corrupting or emptying the policy file · pulling the battery in the
middle of a write · splitting an AI session · honest: the clock is fast by mistake · honest: the guardian forgot the
password
"""


# --- the table


def test_every_bypass_has_a_test() -> None:
    assert set(" ".join(LIST.split()).split(" · ")) == set(BYPASSES)
    for title, tests in BYPASSES.items():
        assert tests, title
        for test in tests:
            file, _, name = test.partition("::")
            if name:
                assert file == Path(__file__).name and callable(globals().get(name)), test
            else:
                assert Scenario(SCENARIOS / file).steps, test


def test_every_scenario_is_in_the_table() -> None:
    named = {test for tests in BYPASSES.values() for test in tests if test.endswith(".toml")}
    assert named == {path.name for path in SCENARIOS.glob("*.toml")}


# --- files and boots


def test_tricks(tmp_path: Path) -> None:
    tricks.main(str(tmp_path / "watch"))


def test_tricks_micropython(
    micropython_binary: str, mpy_root: Path, source_root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done = micropython.run(tricks.__file__, str(tmp_path / "watch"), path=f"{mpy_root}:{source_root}", heap="8M")
    assert done.returncode == 0, done.stdout
    tricks.main(str(tmp_path / "other"))
    assert done.stdout == capsys.readouterr().out
    assert len(done.stdout.splitlines()) >= 15


# --- the battery


@pytest.mark.parametrize("operation", LEAST)
def test_battery_pulled_in_a_write(operation: str, micropython_binary: str, mpy_root: Path, source_root: Path) -> None:
    script = Path(__file__).with_name("battery.py")
    done = micropython.run(script, *thorough.cuts(operation), path=f"{mpy_root}:{source_root}", heap="8M")
    lines = [line.split() for line in done.stdout.splitlines()]
    assert [line[:2] for line in lines] == [[operation, name] for name in ("dropped", "half", "mixed")], done.stdout
    assert all(int(cuts) >= LEAST[operation] for _, _, cuts, _ in lines), lines


# --- the cable. There is no boot.py and no protocol yet: a terminal on the unix port stands for it. What a watch's own
# REPL would do, and what a file beside boot.py can do, waits for the firmware on a board.


@pytest.fixture
def watch(
    start_micropython: Callable[..., micropython.Process], source_root: Path, tmp_path: Path
) -> Callable[..., micropython.Process]:
    """Starts the watch of tmp_path/watch in the real MicroPython, new or with the flash that is there."""

    def start(keep: bool = False) -> micropython.Process:
        process = start_micropython(PROCESS, str(source_root), heap="2M")
        command = {"op": "new", "root": str(tmp_path / "watch"), "seed": "cable", "wall": tricks.WALL, "keep": keep}
        assert process.ask(command)["status"] == ("ok" if keep else "new")
        return process

    return start


class Wire:
    """A process seen as a Rig, for the functions of the household."""

    def __init__(self, process: micropython.Process) -> None:
        self.do = process.ask


def guarded(process: micropython.Process) -> dict[str, Any]:
    """The state of a watch that nobody opened."""
    rig = Wire(process)
    assert setup(rig)["verdict"] == "deny"
    grant = {"kind": "administration.grant", "key": "contacts.cap", "value": 50, "minutes": 9, "channel": "host"}
    assert process.ask({"op": "ask", "request": grant})["verdict"] == "deny"
    return process.ask({"op": "state"})


def test_ctrl_c_opens_nothing(watch: Callable[..., micropython.Process], source_root: Path, tmp_path: Path) -> None:
    """An interrupt in the middle of the work ends the process; what comes up again is the watch as it was."""
    process = watch()
    family(Wire(process))
    interrupted = process._process
    assert interrupted.stdin is not None
    command = {"op": "advance", "seconds": 40 * 86400}
    interrupted.stdin.write(json.dumps(command) + "\n")
    interrupted.stdin.flush()
    interrupted.send_signal(signal.SIGINT)
    assert interrupted.wait(timeout=60) != 0
    process.close()
    again = watch(keep=True)
    assert guarded(again)["set_up"] is True
    assert again.ask({"op": "verify"})["ok"] is True
    assert message(Wire(again), "friend", 7)["verdict"] == "allow"


@pytest.mark.parametrize(
    "keys", ["\x01", "\x02", "\x03", "\x04", "\x05"], ids=["raw", "friendly", "stop", "eof", "paste"]
)
def test_keys_of_the_raw_repl_run_nothing(
    keys: str, source_root: Path, tmp_path: Path, micropython_binary: str
) -> None:
    """The keys with which a terminal enters the REPL, then a program: it does not run, and the watch is as before."""
    marker = tmp_path / "marker"
    program = "open(%r, 'w').close()" % str(marker)
    new = {"op": "new", "root": str(tmp_path / "watch"), "seed": "cable", "wall": tricks.WALL}
    text = "%d\n%s" % (len(json.dumps(new)), json.dumps(new)) + keys + program + "\x04\n" + program + "\n"
    done = subprocess.run(
        [micropython_binary, "-X", "heapsize=2M", str(PROCESS)],
        input=text, env={"MICROPYPATH": "%s:.frozen" % source_root}, capture_output=True, encoding="utf-8",
        timeout=60, check=False,
    )  # fmt: skip
    assert done.stdout.startswith('{"'), done.stdout  # the watch was up
    assert not marker.exists()
    assert ">>>" not in done.stdout + done.stderr


def test_a_file_in_the_watchs_data_shadows_nothing(watch: Callable[..., micropython.Process], tmp_path: Path) -> None:
    """Files that carry modules' names, dropped where the watch keeps its data, are not what it imports."""
    process = watch()
    family(Wire(process))
    process.close()
    process = watch(keep=True)
    before = guarded(process)["digest"]
    process.close()
    marker = tmp_path / "marker"
    evil = "open(%r, 'w').close()\n" % str(marker)
    root = tmp_path / "watch"
    for name in ("json.py", "hashlib.py", "boot.py", "main.py", "firmware/__init__.py", "firmware/watch.py"):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(evil, encoding="utf-8")
    again = watch(keep=True)
    assert guarded(again)["digest"] == before
    assert not marker.exists()


def test_the_same_watch_on_cpython_is_as_closed(tmp_path: Path) -> None:
    rig = Rig()
    rig.do({"op": "new", "root": str(tmp_path / "watch"), "seed": "cable", "wall": tricks.WALL})
    family(rig)
    rig.do({"op": "reboot"})
    assert setup(rig)["verdict"] == "deny"
