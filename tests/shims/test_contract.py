"""The shims answer as the real MicroPython does, and offer nothing that upstream does not."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from simulator import micropython, shims

CONTRACT = Path(__file__).with_name("contract.py")
ROOT = CONTRACT.parent.parent.parent

# Documented upstream but not in every build: the compiler's decorators, and a function of boards with interrupts.
DOCUMENTED = {
    "micropython": {"native", "viper", "alloc_emergency_exception_buf"},
    "cryptolib": set(),
    "framebuf": set(),
}


def test_both_runtimes_give_the_same_answers(micropython_binary: str) -> None:
    """One script, one line an answer, equal line by line."""
    real = micropython.run(CONTRACT, path=ROOT)
    assert real.returncode == 0, real.stderr
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    shim = subprocess.run([sys.executable, str(CONTRACT)], env=environment, capture_output=True, text=True, check=True)
    expected = real.stdout.splitlines()
    assert len(expected) > 300
    assert shim.stdout.splitlines() == expected


@pytest.mark.parametrize("name", shims.NAMES)
def test_a_shim_offers_upstream_names_only(name: str, micropython_binary: str, tmp_path: Path) -> None:
    """What the firmware finds on CPython must exist on the watch."""
    script = tmp_path / "names.py"
    script.write_text("import %s\nprint(*dir(%s))\n" % (name, name))
    upstream = set(micropython.run(script).stdout.split()) | DOCUMENTED[name]
    module = sys.modules[name]
    offered = {
        key
        for key, value in vars(module).items()
        if not key.startswith("_") and getattr(value, "__module__", None) == module.__name__
    }
    assert offered
    assert offered <= upstream


def test_text_is_no_key() -> None:
    """Stricter than upstream on purpose: text where bytes belong is a mistake."""
    import cryptolib

    with pytest.raises(TypeError):
        cryptolib.aes("k" * 32, 1)
