"""The build's short private names: which may be shared, what is refused, and how a traceback is read again."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from host_tools.making import build, names
from simulator import micropython

ROOT = Path(__file__).resolve().parent.parent
STORE = """
class Store:
    def __init__(self):
        self._keys = {}
        self._files = 1
"""


def firmware() -> names.Sources:
    """Every module by its full name."""
    return {build._dotted(path.relative_to(build.SOURCE)): path.read_text() for path in build.SOURCE.rglob("*.py")}


def test_the_whole_firmware_is_only_spelled_differently() -> None:
    """Put back by the map, every module is what it was, to the byte; and few names are left."""
    sources = firmware()
    texts, short = names.shorten(sources)
    for module, text in texts.items():
        long = {new: old for old, new in short[module].items()}
        assert len(long) == len(short[module]), "two names of %s became one" % module
        assert names._spell(text, long) == sources[module]
    before = {name for module in short.values() for name in module}
    after = {name for module in short.values() for name in module.values()}
    assert len(after) * 4 < len(before)


def test_what_can_meet_stays_apart() -> None:
    """One unit, or a class and what it is made from; what cannot meet shares its names."""
    _, short = names.shorten(
        {
            "firmware.storage.store": STORE,
            "firmware.storage.rotation": "def _begin(store):\n    store._keys = 2\n",
            "firmware.policy.rule": "class Rule:\n    def __init__(self):\n        self._base = 1\n",
            "firmware.policy.rules.one": "class One(Rule):\n    def _own(self):\n        return self._base\n",
            "firmware.policy.desk.one": "def decide(rule):\n    return rule._own()\n\ndef _helper():\n    pass\n",
            "firmware.policy.rules.two": "class Two(Rule):\n    _other = 1\n",
        }
    )
    store, rotation = short["firmware.storage.store"], short["firmware.storage.rotation"]
    assert store["_keys"] == rotation["_keys"]
    assert len({*store.values(), rotation["_begin"]}) == 3
    one, desk, two = (short["firmware.policy." + name] for name in ("rules.one", "desk.one", "rules.two"))
    assert one["_base"] == short["firmware.policy.rule"]["_base"]
    assert one["_own"] == desk["_own"] != desk["_helper"]
    assert short["firmware.policy.rule"]["_base"] not in (one["_own"], two["_other"])
    assert one["_own"] == two["_other"], "two rules never meet in one object"


def test_constants_strings_comments_and_lines_stay() -> None:
    text = "_LIMIT = const(3)\n\n\ndef _count(limit):  # _count\n    return '%s _count' % _LIMIT\n"
    spelled, short = names.shorten({"firmware.text.count": text})
    assert short == {"firmware.text.count": {"_count": "_a"}}
    assert spelled["firmware.text.count"] == text.replace("def _count", "def _a")


def test_names_to_keep_are_kept() -> None:
    spelled, short = names.shorten({"firmware.storage.store": STORE}, keep=["_keys"])
    assert short == {"firmware.storage.store": {"_files": "_a"}}
    assert "self._keys = {}" in spelled["firmware.storage.store"]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("def _f():\n    pass\nfound = getattr(f, name)\n", "line 3: uses getattr"),
        ("class A:\n    __slots__ = ('_a',)\n", "line 2: uses __slots__"),
        ("def _find():\n    pass\nwhere = '_find'\n", "line 3: has the private name _find in a string"),
        ("from firmware.storage.store import _find\n", "line 1: imports the private name _find"),
        ("def f(a, _b=1):\n    pass\n", "line 1: has a private argument, _b"),
        ("f(_b=1)\n", "line 1: has a private argument, _b"),
        ("def f(store):\n    return store._keys\n", "line 2: uses _keys, which no class of firmware.services.x has"),
    ],
)
def test_what_cannot_be_followed_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(names.CannotShorten, match="firmware.services.x, " + complaint):
        names.shorten({"firmware.storage.store": STORE, "firmware.services.x": text})


def test_a_traceback_is_read_again(micropython_binary: str, tmp_path: Path) -> None:
    """From a real failure, with the map that the build has left."""
    source = tmp_path / "source"
    source.mkdir()
    (source / "__init__.py").write_text("")
    (source / "deep.py").write_text(
        "class A:\n    def _dig(self):\n        return self._gold\n\n    def fill(self):\n        self._gold = 1\n"
    )
    target = build.compile_firmware(tmp_path / "out", source)
    script = tmp_path / "use.py"
    short = json.loads((target / names.MAP).read_bytes())["firmware.deep"]
    script.write_text("from firmware.deep import A\nA().%s()\n" % short["_dig"])
    printed = micropython.run(script, path=target).stdout
    assert "_dig" not in printed and 'File "firmware.deep", line 3' in printed
    command = [sys.executable, "-m", "host_tools.making.names", str(target)]
    told = subprocess.run(command, input=printed, capture_output=True, text=True, check=True, cwd=ROOT).stdout
    assert 'File "firmware.deep", line 3, in _dig' in told
    assert "no attribute '_gold'" in told
