"""Every screen, in both languages, on four displays, is drawn as it was: to the pixel, on both runtimes."""

import pytest

from tests.ui import golden, tour

_HOW = "not the same any more: %s. If that was meant: python -m tests.ui.golden, and look at tests/golden/%s_%s.png"


@pytest.mark.parametrize("runtime", ["cpython", "micropython"])
@pytest.mark.parametrize("language", tour.LANGUAGES)
@pytest.mark.parametrize("display", tour.DISPLAYS)
def test_pictures(display: str, language: str, runtime: str, request: pytest.FixtureRequest) -> None:
    if runtime == "micropython":
        request.getfixturevalue("micropython_binary")
    pictures = golden.draw(display, language, runtime)
    drawn = {stop: digest for stop, (digest, _) in pictures.items()}
    before = golden.known()[display, language]
    changed = sorted(stop for stop in drawn.keys() | before.keys() if drawn.get(stop) != before.get(stop))
    assert not changed, _HOW % (", ".join(changed), display, language)
    if runtime == "cpython":
        stored = (golden.FOLDER / ("%s_%s.png" % (display, language))).read_bytes()
        assert golden.pixels_of(stored) == golden.sheet(display, pictures)[2], "the sheet shows something else"
