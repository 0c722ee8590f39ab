"""Every screen, in both languages, on four displays, is drawn as it was: to the pixel, on both runtimes."""

from pathlib import Path

import pytest

from simulator.watch import Watch
from tests.thorough import THOROUGH
from tests.ui import golden, tour

_HOW = "not the same any more: %s. If that was meant: python -m tests.ui.golden, and look at tests/golden/%s_%s.png"


def compare(pictures: golden.Pictures, display: str, language: str) -> None:
    drawn = {stop: digest for stop, (digest, _) in pictures.items()}
    before = golden.known()[display, language]
    changed = sorted(stop for stop in drawn.keys() | before.keys() if drawn.get(stop) != before.get(stop))
    assert not changed, _HOW % (", ".join(changed), display, language)


@pytest.mark.parametrize("display", tour.DISPLAYS)
def test_pictures_on_micropython(display: str, micropython_binary: str, tmp_path: Path) -> None:
    """On the square display in both languages, and each change is drawn on the way, as it is on a board: what has come
    about in pieces must be what is drawn at once. On the others in one of the languages; with `make thorough` in both.
    """
    with Watch(tmp_path, tour.START, "micropython") as watch:
        for number, language in enumerate(tour.LANGUAGES):
            if THOROUGH or display == "square" or number == list(tour.DISPLAYS).index(display) % 2:
                compare(golden.draw(watch, display, language, display != "square", False), display, language)


@pytest.mark.parametrize("language", tour.LANGUAGES)
def test_pictures_on_cpython(language: str, tmp_path: Path) -> None:
    """The same, and the sheets beside the table show them."""
    with Watch(tmp_path, tour.START) as watch:
        for display in tour.DISPLAYS:
            pictures = golden.draw(watch, display, language)
            compare(pictures, display, language)
            stored = (golden.FOLDER / ("%s_%s.png" % (display, language))).read_bytes()
            assert golden.pixels_of(stored) == golden.sheet(display, pictures)[2], "the sheet shows something else"
            if (display, language) == ("square", "en"):
                shown = golden.pixels_of(golden.POSTER.read_bytes())
                assert shown == golden.poster(pictures)[2], "docs/pictures/screens.png is older than the screens"
