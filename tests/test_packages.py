"""What the source's check finds in a package; an image brings along nothing that entertains (D62-D64, E4, G1)."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from firmware.policy.rules.apps import CLASSES
from host_tools.cli import main
from host_tools.making import build, packages

CLEAN = """import math

BEADS = 7


def count(rods):
    \"\"\"Add up the beads on each rod.\"\"\"
    return sum(math.floor(rod) for rod in rods) + BEADS
"""


def package(folder: Path, class_: str = "education", code: str = CLEAN, **more: str) -> Path:
    """A package's folder; `more`: further files, "_" for "." in their names."""
    folder.mkdir(parents=True)
    (folder / "package.toml").write_text(
        'id = "org.example.abacus"\nversion = 1\nclass = "%s"\nages = 8\npermissions = []\nname = "Abacus"\n' % class_
    )
    (folder / "main.py").write_text(code, encoding="utf-8")
    for name, text in more.items():
        (folder / name.replace("_", ".")).write_text(text, encoding="utf-8")
    return folder


def test_a_clean_package_passes(tmp_path: Path) -> None:
    assert packages.lint(package(tmp_path / "a", help_txt="Move a bead. Nine and one make ten.")) == []


@pytest.mark.parametrize(
    "code",
    [
        "import machine", "import os", "import sys", "import network", "import socket", "from machine import Pin",
        "import firmware.policy.engine", "from firmware import watch", "import uctypes", "import esp32", "import gc",
        "from . import other", "eval('1')", "exec('x')", "__import__('machine')", "open('/flash/a')",
        "getattr(print, '__globals__')", "x = print.__globals__", "x = ().__class__.__bases__", "x = globals()",
        "import micropython\n@micropython.viper\ndef f(): pass",
        "import micropython\n@micropython.asm_thumb\ndef f(): pass",
        "class A:\n    def f(self, m): m.mem32[0] = 1", "def f(:",
    ],
)  # fmt: skip
def test_what_reaches_for_the_watch_is_found(code: str, tmp_path: Path) -> None:
    """E4: sensors, radio, files, other modules, code made from data."""
    assert packages.lint(package(tmp_path / "a", code=code))


@pytest.mark.parametrize("class_", CLASSES)
@pytest.mark.parametrize(
    "words",
    ["Advert", "sponsored by", "an ad", "ads", "AdMob", "打开广告", "限时优惠", "开屏页", "promo"],
)
def test_no_class_of_app_carries_adverts(class_: str, words: str, tmp_path: Path) -> None:
    """D63, in a text of the code, in a name, and in a file beside it."""
    assert packages.lint(package(tmp_path / "a", class_, code="TEXT = %r\n" % words))
    assert packages.lint(package(tmp_path / "b", class_, page_txt="first line\n%s\n" % words))
    assert packages.lint(package(tmp_path / "c", class_, code="def show_ad():\n    pass\n"))


@pytest.mark.parametrize(
    "words",
    [
        "https://example.org",
        "http://a.b",
        "www.example.org",
        "app:org.example.snake",
        "wardwatch:open",
        "weixin://x",
        "扫码有礼",
        "游戏中心",
        "play this game",
        "Download our new game",
    ],
)
def test_education_carries_no_links_and_no_games(words: str, tmp_path: Path) -> None:
    """D64; another class may name one, it goes nowhere anyway (D72)."""
    assert packages.lint(package(tmp_path / "a", code="TEXT = %r\n" % words))
    assert packages.lint(package(tmp_path / "b", page_txt=words))
    assert packages.lint(package(tmp_path / "c", "entertainment", code="TEXT = %r\n" % words)) == []


@pytest.mark.parametrize(
    "words",
    [
        *("Add the numbers", "a bad day, a sad day", "address book", "adverbs are words", "ladder", "read aloud"),
        "games people played in Rome",
    ],
)
def test_plain_words_are_no_adverts(words: str, tmp_path: Path) -> None:
    assert packages.lint(package(tmp_path / "a", page_txt=words)) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [('"education"', '"casino"'), ("ages = 8", "ages = 9"), ("ages = 8", ""), ("version = 1", "version = true"),
     ("[]", '["flash"]'), ("[]", '"camera"'), ("ages = 8", "ages = 8\nhidden = 1"), ("id =", "id")],
)  # fmt: skip
def test_a_wrong_manifest_is_found(old: str, new: str, tmp_path: Path) -> None:
    folder = package(tmp_path / "a")
    path = folder / "package.toml"
    path.write_text(path.read_text().replace(old, new))
    assert packages.lint(folder)


def test_what_cannot_be_read_is_found(tmp_path: Path) -> None:
    folder = package(tmp_path / "a")
    (folder / "fast.mpy").write_bytes(b"M\x06\x00\x1f")
    assert [problem for problem in packages.lint(folder) if problem.startswith("fast.mpy")]
    assert packages.lint(tmp_path / "nothing")


def test_the_image_presets_nothing_that_entertains() -> None:
    """D62, G1: today an image brings along no app at all."""
    assert packages.preset_problems() == []
    assert not packages.PRESET_FOLDER.exists()


@pytest.mark.parametrize("class_", CLASSES)
def test_only_three_classes_may_be_preset(class_: str, tmp_path: Path) -> None:
    package(tmp_path / "image" / "abacus", class_)
    problems = packages.preset_problems(tmp_path / "image")
    assert (problems == []) == (class_ in ("education", "tool", "communication")), problems


def test_the_build_stops_at_a_wrong_preset(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(build, "preset_problems", lambda: ["snake: class game is never preset"])
    assert build.main([str(tmp_path / "mpy")]) == 1
    assert "never preset" in capsys.readouterr().err
    assert not (tmp_path / "mpy").exists()


def test_the_command_line(tmp_path: Path) -> None:
    clean, wrong = package(tmp_path / "a"), package(tmp_path / "b", code="import machine")
    assert CliRunner().invoke(main, ["check-package", str(clean)]).exit_code == 0
    shown = CliRunner().invoke(main, ["check-package", str(wrong)])
    assert shown.exit_code == 1 and "imports machine" in shown.output
