"""The build's audit: what must not be in the firmware is found at its line, and the firmware has none of it."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from host_tools.making.audit import ALLOWED, COLLECTORS, FIRMWARE, PERIPHERALS, Finding, audit

ROOT = FIRMWARE.parent


def test_the_firmware_passes() -> None:
    assert audit() == []


def found(folder: Path, module: str, source: str) -> list[Finding]:
    """The findings in a tree of one module."""
    path = folder / module
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(source, encoding="utf-8")
    return audit(folder)


@pytest.mark.parametrize(
    ("module", "source", "what"),
    [
        # microphone and camera
        ("services/messaging.py", "x = 1\nfrom machine import I2S\n", "I2S is used"),
        ("services/messaging.py", "x = 1\nmic = board.I2S(0)\n", "I2S is used"),
        ("drivers/display.py", "import machine\nmic = machine.I2S(0)\n", "I2S is used"),
        ("drivers/display.py", "import machine as m\nmic = getattr(m, 'I2S')(0)\n", "I2S is used"),
        ("drivers/touch.py", "from machine import Pin\nfrom machine import ADC\n", "ADC is used"),
        ("drivers/touch.py", "x = 1\nlevel = machine.ADCBlock(1)\n", "ADCBlock is used"),
        ("drivers/touch.py", "x = 1\nfrom machine import PDM as Wave\n", "PDM is used"),
        ("services/photos.py", "x = 1\nimport camera\n", "camera is used"),
        ("drivers/microphone.py", "x = 1\nimport camera\n", "camera is used"),
        ("services/messaging.py", "x = 1\nimport machine\n", "machine is imported"),
        # anything that can send (B12)
        ("services/provider.py", "x = 1\nimport socket\n", "socket is imported"),
        ("services/transport/mqtt.py", "x = 1\nfrom ssl import SSLContext\n", "ssl is imported"),
        ("ui/shell.py", "x = 1\nimport usocket as s\n", "usocket is imported"),
        ("services/sos.py", "def f():\n    import umqtt.simple\n", "umqtt is imported"),
        ("services/sos.py", "x = 1\nimport requests\n", "requests is imported"),
        ("chip.py", "x = 1\nimport network\n", "network is imported"),
        ("drivers/wifi.py", "x = 1\nimport socket\n", "socket is imported"),
        ("drivers/gps.py", "x = 1\nimport espnow\n", "espnow is imported"),
        ("services/transport/stream.py", "x = 1\nimport asyncio\n", "asyncio is imported"),
        ("watch.py", "x = 1\nfrom firmware.services.transport.stream import Stream\n", "stream is imported"),
        ("watch.py", "x = 1\nfrom firmware.services.transport import stream\n", "stream is imported"),
        ("watch.py", "x = 1\nimport firmware.services.transport.stream\n", "stream is imported"),
        ("services/messaging.py", "def f():\n    from machine import Pin\n", "machine is imported"),
        ("services/messaging.py", "x = 1\nimport umachine\n", "umachine is imported"),
        ("policy/rules/usage.py", "x = 1\nimport esp32\n", "esp32 is imported"),
        ("drivers/touch.py", "import machine\nfrom machine import *\n", "import *"),
        # round the service that owns a sensor
        ("services/messaging.py", "def f(board):\n    board.devices['mic'].power(True)\n", "board's devices"),
        ("services/messaging.py", "def f(self):\n    self._board.positions.on()\n", "board's positions"),
        ("watch.py", "x = 1\nservice = Messaging(board.devices)\n", "board's devices"),
        ("watch.py", "service = Locator(board.positions)\nboard.positions.on()\n", "board's positions"),
        ("ui/face.py", "x = 1\nboard.heart_rate.read()\n", "board's heart_rate"),
        # code from data
        ("policy/engine.py", "x = 1\neval('1')\n", "eval makes code"),
        ("policy/engine.py", "x = 1\nexec(text)\n", "exec makes code"),
        ("policy/engine.py", "x = 1\nrun = compile\n", "compile makes code"),
        ("policy/engine.py", "x = 1\n__import__(name)\n", "__import__ makes code"),
        ("policy/engine.py", "x = 1\nimport builtins\n", "builtins makes code"),
        ("policy/engine.py", "x = 1\ngetattr(thing, name)()\n", "name that is made up"),
        ("policy/engine.py", "x = 1\nsetattr(thing, 'a' + b, 1)\n", "name that is made up"),
        ("policy/engine.py", "x = 1\nfetch = getattr\n", "getattr is handed on"),
        ("policy/engine.py", "x = 1\ngetattr(machine, 'mem32')\n", "mem32 reaches"),
        ("policy/engine.py", "x = 1\nglobals()['x']\n", "globals makes code"),
        ("policy/engine.py", "x = 1\nthing.__dict__[name]\n", "__dict__ makes code"),
        ("policy/engine.py", "import sys\nsys.modules['machine'].I2S_\n", "sys.modules"),
        ("policy/engine.py", "import sys as s\ns.modules['machine']\n", "sys.modules"),
        ("link/server.py", "import os\nos.dupterm(stream)\n", "dupterm makes code"),
        # past Python
        ("drivers/touch.py", "import machine\nmachine.mem32[0x3FF44000] = 1\n", "mem32 reaches"),
        ("drivers/touch.py", "import machine\nmachine.mem8[0]\n", "mem8 reaches"),
        ("drivers/touch.py", "import machine\nfrom machine import mem16\n", "mem16 reaches"),
        ("drivers/touch.py", "x = 1\nimport uctypes\n", "uctypes reaches"),
        ("text/fold.py", "import micropython\n@micropython.native\ndef f():\n    pass\n", "native reaches"),
        ("text/fold.py", "import micropython\n@micropython.viper\ndef f():\n    pass\n", "viper reaches"),
        ("text/fold.py", "from micropython import const\nfrom micropython import asm_xtensa\n", "asm_xtensa reaches"),
        # raw motion
        ("services/steps.py", "x = 1\nchip.acceleration()\n", "names raw motion"),
        ("ui/face.py", "x = 1\nx, y, z = motion.read_xyz()\n", "names raw motion"),
        ("drivers/bma423.py", "class Chip:\n    def samples(self):\n        pass\n", "offers samples"),
        ("drivers/bma423.py", "def f(self):\n    self.last = 1\n", "offers f"),
        ("drivers/mpu6886.py", "_x = 1\nlast = (0, 0, 0)\n", "offers last"),
        # biometrics
        ("services/unlock.py", "x = 1\ndef enroll_face(picture):\n    pass\n", "biometric"),
        ("services/unlock.py", "x = 1\nclass VoicePrint:\n    pass\n", "biometric"),
        ("policy/rules/usage.py", "x = 1\nkind = 'capture.fingerprint'\n", "biometric"),
        ("policy/rules/usage.py", 'x = 1\nF = """\nopen a=s8\nidentify_gait b=s8\n"""\n', "biometric"),
        ("services/unlock.py", "x = 1\nfrom lib import iris\n", "biometric"),
        ("services/unlock.py", "def f(\n    emotion):\n    pass\n", "biometric"),
    ],
)
def test_one_violation_is_found_at_its_line(module: str, source: str, what: str, tmp_path: Path) -> None:
    findings = [finding for finding in found(tmp_path, module, source) if what in finding.what]
    assert findings, "not found"
    assert findings[0].path == module and findings[0].line in (1, 2)
    assert findings[0].line == 2 or "offers f" in what
    assert len(findings[0].remedy) > 10, "it says what to do"


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("drivers/microphone.py", "from machine import I2S, Pin\n"),
        ("drivers/battery.py", "import machine\nlevel = machine.ADC(35)\n"),
        ("drivers/bma423.py", "class Chip:\n    _xyz = 0\n\n    def steps(self):\n        pass\n"),
        ("watch.py", "locator = Locator(engine, board.positions)\ncapture = CaptureService(board.devices)\n"),
        ("services/calls.py", "device = 'camera'\n"),
        ("services/transport/stream.py", "import select\nimport socket\nimport ssl\n"),
        ("services/transport/egress.py", "from firmware.services.transport.stream import Stream\n"),
        ("services/face.py", "'''There is no face recognition here.'''\nsurface = interface = 1\n"),
        ("ui/watch_dial.py", "def f(x):\n    return getattr(x, 'title')\n"),
        ("policy/usage.py", "def count(evaluation, executed, excel):\n    return evaluation\n"),
    ],
)  # fmt: skip
def test_what_is_plain_passes(module: str, source: str, tmp_path: Path) -> None:
    assert found(tmp_path, module, source) == []


@pytest.mark.parametrize("name", ["lib/mod.mpy", "driver.so", "models/who.tflite", "drivers/blob.bin", "x.a"])
def test_native_code_and_models_are_found(name: str, tmp_path: Path) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_bytes(b"\0")
    assert [finding.what for finding in audit(tmp_path)] == ["a file of unknown kind"]


def test_an_exception_that_nothing_uses_is_found(tmp_path: Path) -> None:
    assert [finding.what for finding in found(tmp_path, "guard.py", "x = 1\n")] == [
        "__import__ is allowed here and not used",
        "builtins is allowed here and not used",
    ]


def test_an_exception_holds_in_its_own_module_only(tmp_path: Path) -> None:
    source = (FIRMWARE / "guard.py").read_text(encoding="utf-8")
    assert found(tmp_path / "a", "guard.py", source) == []
    assert len(found(tmp_path / "b", "services/guard.py", source)) >= 2


def test_a_collector_that_is_not_declared_is_found(tmp_path: Path) -> None:
    """A3: from the moment that there is a declaration, every built-in collector stands in it."""
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "collected.tsv").write_text("capture.recording\tvoice\n", encoding="utf-8")
    (tmp_path / "services").mkdir()
    for service in ("capture.py", "locator.py"):
        (tmp_path / "services" / service).touch()
    assert [finding.what for finding in audit(tmp_path)] == ["collects location.position"]


def test_every_call_site_of_a_sensor_is_a_declared_one() -> None:
    """Renaming a sensor's service must not silently open its place to others."""
    present = {service for service, _ in COLLECTORS.values() if (FIRMWARE / service).exists()}
    assert {"services/locator.py", "services/capture.py"} <= present
    assert all((FIRMWARE / module).exists() for module, _ in ALLOWED)
    assert set(PERIPHERALS) >= {"I2S", "ADC", "camera"}


def test_the_real_tree_with_one_bad_line_fails(tmp_path: Path) -> None:
    """The command says where, and its exit code stops a build."""
    copy = tmp_path / "firmware"
    shutil.copytree(FIRMWARE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    with (copy / "services" / "messaging.py").open("a", encoding="utf-8") as stream:
        stream.write("\n\ndef listen(board):\n    return board.devices['mic']\n")
    lines = len((copy / "services" / "messaging.py").read_text(encoding="utf-8").splitlines())
    command = [sys.executable, "-m", "host_tools.making.audit"]
    done = subprocess.run([*command, str(copy)], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("firmware/services/messaging.py:%d: the board's devices" % lines)
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == 0
