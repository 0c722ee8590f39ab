"""What the firmware must not contain, whoever wrote it: a check of its syntax trees before it is built.

    python -m host_tools.making.audit [FOLDER]      prints what it finds as path:line: what; what to do. 0, or 1 for any

(Requirements A3, B9, B12, G16, G21-G24.)

Microphone, camera and motion sensor have one place each that may touch them. Code is never made from data, memory is
never read past Python, nothing native comes along, and nothing in the tree recognises people by their bodies. Each
exception stands in `ALLOWED`, and one that nothing uses is itself a finding. Sockets have one place, which asks the
rules before it opens one.

It reads names, so it finds what is written plainly, and it forbids the ways of not writing plainly. It cannot see what
a stock module does inside, nor a microphone read bit by bit over a pin: `machine` is therefore for drivers only.
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

FIRMWARE = Path(__file__).resolve().parents[2] / "firmware"

# (module, name): the only places where a name may stand that is forbidden elsewhere.
ALLOWED = {
    ("loading.py", "sys.modules"),  # lets rare code go
    ("loading.py", "delattr"),
    ("loading.py", "hasattr"),
    ("policy/resting.py", "sys.modules"),
    ("policy/desk/__init__.py", "sys.modules"),
    ("guard.py", "builtins"),  # the runtime import guard
    ("guard.py", "__import__"),
    ("start.py", "sys.modules"),  # lets the base go when a slot starts
}

# What the board offers that collects data about people: the name on the board, the one service that may use it, and
# the category under which firmware/texts/collected.tsv declares it, once that file is there (A3).
COLLECTORS = {
    "positions": ("services/locator.py", "location.position"),
    "devices": ("services/capture.py", "capture.recording"),
    "motion": ("services/motion.py", "motion.steps"),
    "heart_rate": ("services/health.py", "health.heart_rate"),
}
_COMPOSITION = "watch.py"  # hands the board's parts to their services, and does nothing else with them

# Drivers that may touch a peripheral which can hear, see or sample.
PERIPHERALS = {
    "I2S": ("drivers/microphone.py", "drivers/speaker.py"),
    "PDM": ("drivers/microphone.py",),
    "ADC": ("drivers/battery.py",),
    "ADCBlock": (),
    "camera": ("drivers/camera.py",),
}
_HARDWARE = ("machine", "esp32", "esp", "umachine", "neopixel", "bluetooth", "ubluetooth", "espnow", "aioespnow")

# Everything of stock MicroPython that can send, and the places that may import it; the firmware's own streams too.
_STREAMS = "firmware.services.transport.stream"
SENDERS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("socket", "ssl"), ("services/transport/stream.py",)),
    "select": ("services/transport/stream.py", "chip.py"),
    "network": ("drivers/wifi.py",),
    _STREAMS: ("services/transport/egress.py",),
    **dict.fromkeys(("usocket", "tls", "ussl", "uselect", "requests", "urequests", "umqtt", "ntptime", "mip"), ()),
    **dict.fromkeys(("asyncio", "uasyncio", "webrepl", "lwip", "cyw43", "espnow", "aioespnow"), ()),
}

# A motion sensor's samples tell who walks (gait), so they stay in its driver; this is all that it may offer.
_MOTION_CHIPS = re.compile(r"bma\d|bmi\d|mpu\d|lis\d|lsm\d|qmi\d|icm\d|adxl|kxtj|sc7a|mc36|accel|gyro|motion|imu")
MOTION_OFFERS = {"on", "off", "steps", "reset_steps", "wrist_raised", "enable_wrist", "clear_interrupt"}
_RAW_MOTION = re.compile(r"(?:^|_)(?:accel\w*|gyro\w*|xyz|raw_motion|motion_samples?|acc_[xyz]|cadence|stride)(?:$|_)")

_BIOMETRIC = re.compile(
    r"(?:^|[_.])(?:biometrics?|faces?|facial|face_?id|voice_?prints?|speaker_id|finger_?prints?|iris(?:es)?|retina|gait"
    r"|palm_?print|embeddings?|enroll\w*|liveness|emotions?)(?:$|[_.])"
)

_CODE_FROM_DATA = {"eval", "exec", "compile", "__import__", "execfile", "globals", "locals", "vars", "builtins"}
_CODE_FROM_DATA |= {"__builtins__", "__builtin__", "importlib", "imp", "__dict__", "__globals__", "__code__", "dupterm"}
_BY_NAME = {"getattr", "setattr", "delattr", "hasattr"}
_MEMORY = {"mem8", "mem16", "mem32", "uctypes", "ptr8", "ptr16", "ptr32", "ffi", "ctypes", "addressof", "bytearray_at"}
_MEMORY |= {"bytes_at", "native", "viper", "asm_thumb", "asm_xtensa", "asm_rv32", "ULP", "vm_code"}
# Everything that a built firmware may hold besides modules. Native code and models have other endings.
_DATA = {".tsv", ".txt", ".toml", ".typed", ".bin"}
_DATA_FOLDERS = {".bin": ("text", "ui")}  # the classifier's model, and the font


class Finding(NamedTuple):
    """One place that must change: file below the firmware, line, what stands there, what to do."""

    path: str
    line: int
    what: str
    remedy: str

    def __str__(self) -> str:
        return "firmware/%s:%d: %s; %s" % self


_SERVICE = "ask the service that owns it; it shows its sign and asks the rules"
_REMEDIES = {
    "code": "write the call plainly, or add the place to ALLOWED in host_tools/making/audit.py with a reason",
    "memory": "use bytes and the driver's own registers; native code and raw memory are not built",
    "sender": "open a stream by services/transport/egress.py, which asks the rules and journals what they refuse",
    "hardware": "move it to firmware/drivers and give the service an object",
    "biometric": "the watch recognises nobody by the body; take it out",
    "motion": "a driver offers only " + ", ".join(sorted(MOTION_OFFERS)),
}


def audit(root: Path = FIRMWARE) -> list[Finding]:
    """All findings below `root`, in order; an empty list lets the build go on."""
    findings: list[Finding] = []
    used: set[tuple[str, str]] = set()
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if not path.is_file() or "__pycache__" in path.parts:
            continue
        if path.suffix == ".py":
            module = _Module(name, used)
            module.read(path.read_text(encoding="utf-8"))
            findings += module.findings
        elif path.suffix not in _DATA or path.parent.name not in _DATA_FOLDERS.get(path.suffix, (path.parent.name,)):
            findings.append(Finding(name, 1, "a file of unknown kind", "only source and text are built"))
    return findings + list(_stale(root, used)) + list(_undeclared(root))


def _stale(root: Path, used: set[tuple[str, str]]) -> Iterator[Finding]:
    for module, name in sorted(ALLOWED - used):
        if (root / module).exists():
            yield Finding(module, 1, "%s is allowed here and not used" % name, "take it out of ALLOWED")


def _undeclared(root: Path) -> Iterator[Finding]:
    """Collectors that are built in and stand in no line of the declaration that guardians agree to."""
    declaration = root / "texts" / "collected.tsv"
    if not declaration.exists():
        return
    declared = {line.split("\t")[0] for line in declaration.read_text(encoding="utf-8").splitlines()}
    for service, category in COLLECTORS.values():
        if (root / service).exists() and category not in declared:
            yield Finding(service, 1, "collects %s" % category, "declare it in firmware/texts/collected.tsv")


class _Module(ast.NodeVisitor):
    """One module's findings."""

    def __init__(self, name: str, used: set[tuple[str, str]]) -> None:
        self.name = name
        self.findings: list[Finding] = []
        self._used = used
        self._is_driver = name.startswith("drivers/") or name in (
            "board.py",
            "board_parts.py",
            "boot.py",
            "chip.py",
            "main.py",
        )
        self._is_motion = name.startswith("drivers/") and bool(_MOTION_CHIPS.search(Path(name).stem))
        self._handed: set[int] = set()  # nodes that the composition root hands to a service

    def read(self, source: str) -> None:
        tree = ast.parse(source)
        if self._is_motion:
            self._offers(tree)
        self.visit(tree)

    def _found(self, node: ast.AST, what: str, remedy: str) -> None:
        self.findings.append(Finding(self.name, getattr(node, "lineno", 1), what, _REMEDIES.get(remedy, remedy)))

    def _allowed(self, name: str) -> bool:
        if (self.name, name) not in ALLOWED:
            return False
        self._used.add((self.name, name))
        return True

    # --- names, wherever they stand

    def _name(self, node: ast.AST, name: str) -> None:
        if name in _CODE_FROM_DATA and not self._allowed(name):
            self._found(node, "%s makes code from data or hides what is called" % name, "code")
        if name in _MEMORY:
            self._found(node, "%s reaches past Python" % name, "memory")
        is_text = isinstance(node, ast.Constant)  # "camera" may be said; "I2S" is only ever said to getattr
        if name in PERIPHERALS and not (is_text and name.islower()) and self.name not in PERIPHERALS[name]:
            self._found(node, "%s is used outside of its driver" % name, _SERVICE)
        if _BIOMETRIC.search(name.lower()):
            self._found(node, "%s names a biometric function" % name, "biometric")
        if not self._is_motion and _RAW_MOTION.search(name.lower()):
            self._found(node, "%s names raw motion" % name, "motion")

    def visit_Name(self, node: ast.Name) -> None:
        self._name(node, node.id)
        if node.id in _BY_NAME and id(node) not in self._handed and not self._allowed(node.id):
            self._found(node, "%s is handed on" % node.id, "code")

    def visit_Attribute(self, node: ast.Attribute) -> None:
        self._name(node, node.attr)
        if node.attr == "modules" and isinstance(node.value, ast.Name) and not self._allowed("sys.modules"):
            self._found(node, "sys.modules is a way round imports", "code")
        if node.attr in COLLECTORS and self._of_board(node):
            self._found(node, "the board's %s is used outside of %s" % (node.attr, COLLECTORS[node.attr][0]), _SERVICE)
        self.generic_visit(node)

    def _of_board(self, node: ast.Attribute) -> bool:
        """True for `board.positions` and `self._board.positions`, except where it may stand."""
        owner = node.value
        name = owner.id if isinstance(owner, ast.Name) else owner.attr if isinstance(owner, ast.Attribute) else ""
        return name.strip("_") == "board" and id(node) not in self._handed

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._name(node, node.name)
        for argument in [*node.args.args, *node.args.kwonlyargs]:
            self._name(argument, argument.arg)
        self.generic_visit(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._name(node, re.sub(r"(?<=[a-z])(?=[A-Z])", "_", node.name))
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        """Kinds of requests and keys of settings are texts: a text of one word is looked at like a name."""
        if isinstance(node.value, str) and re.fullmatch(r"[A-Za-z_][\w.]*", node.value):
            self._name(node, node.value)
        elif isinstance(node.value, str):
            for line in node.value.split("\n"):  # a rule's FORMS
                found = re.match(r"([a-z_]+) [a-z_]+\??=[a-z]", line)
                if found:
                    self._name(node, found.group(1))

    def visit_Expr(self, node: ast.Expr) -> None:
        if not isinstance(node.value, ast.Constant):  # docstrings may say what there is not
            self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        function = node.func
        if isinstance(function, ast.Name) and function.id in _BY_NAME:
            plain = len(node.args) > 1 and isinstance(node.args[1], ast.Constant)
            if plain or self._allowed(function.id):
                self._handed.add(id(function))
            else:
                self._found(node, "%s with a name that is made up" % function.id, "code")
                self._handed.add(id(function))
        if self.name == _COMPOSITION and isinstance(function, ast.Name):
            service = _class_file(function.id)
            for argument in node.args:
                if isinstance(argument, ast.Attribute) and COLLECTORS.get(argument.attr, ("",))[0] == service:
                    self._handed.add(id(argument))
        self.generic_visit(node)

    # --- imports

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self._import(node, alias.name)
            self._sender(node, alias.name)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        self._import(node, node.module or "")
        self._sender(node, node.module or "")
        for alias in node.names:
            if (node.module or "") + "." + alias.name == _STREAMS:
                self._sender(node, _STREAMS)
            if alias.name == "*":
                self._found(node, "import * hides what is used", "code")
            self._name(node, alias.name)

    def _import(self, node: ast.AST, module: str) -> None:
        for part in module.split("."):
            self._name(node, part)
        if module.partition(".")[0] in _HARDWARE and not self._is_driver:
            self._found(node, "%s is imported outside of firmware/drivers" % module, "hardware")

    def _sender(self, node: ast.AST, module: str) -> None:
        name = module if module == _STREAMS else module.partition(".")[0]
        if self.name not in SENDERS.get(name, (self.name,)):
            self._found(node, "%s is imported outside of its place" % name, "sender")

    # --- motion

    def _offers(self, tree: ast.Module) -> None:
        """A motion driver's public names: functions, methods and attributes that it sets on itself."""
        for node in ast.walk(tree):
            name = ""
            if isinstance(node, ast.FunctionDef):
                name = node.name
            elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                name = node.attr
            if name and name[0] != "_" and name not in MOTION_OFFERS:
                self._found(node, "a motion driver offers %s" % name, "motion")
        for node in tree.body:
            for target in node.targets if isinstance(node, ast.Assign) else []:
                if isinstance(target, ast.Name) and target.id[0] != "_":
                    self._found(node, "a motion driver offers %s" % target.id, "motion")


def _class_file(name: str) -> str:
    """services/locator.py for Locator, services/capture.py for CaptureService."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name.removesuffix("Service")).lower()
    return "services/%s.py" % words


def main(argv: list[str]) -> int:
    """Check the firmware, or the folder named by the one argument."""
    if len(argv) > 1:
        print("usage: python -m host_tools.making.audit [FOLDER]", file=sys.stderr)
        return 2
    findings = audit(Path(argv[0]) if argv else FIRMWARE)
    for finding in findings:
        print(finding, file=sys.stderr)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
