"""The whole story over a real network, as one test on the real MicroPython."""

from pathlib import Path

import pytest

from simulator import micropython
from tests.carriers import story
from tests.carriers.broker import mosquitto

pytestmark = pytest.mark.skipif(mosquitto() is None, reason="mosquitto is not installed: apt-get install mosquitto")


def test_the_whole_story(tmp_path: Path, micropython_binary: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """And its pictures in the README are the ones that the watch shows."""
    assert micropython_binary == micropython.binary()
    monkeypatch.setenv("WARD_HOME", str(tmp_path / "home"))
    shown = story.Poster()
    story.tell(tmp_path, "micropython", shown.draw)
    assert shown.picture() == story.POSTER.read_bytes(), "draw them anew: python -m tests.carriers.story"
