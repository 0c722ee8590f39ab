"""The page in a real browser: Debian's Chromium, driven by Playwright. Skipped, with the reason, if one is missing."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.thorough import THOROUGH

ROOT = Path(__file__).resolve().parent.parent.parent

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: run `make setup`")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no chromium on PATH: on Debian and Ubuntu, apt install chromium")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as driver:
        # As root Chromium needs to run without its own sandbox; the page is ours, and nothing else is opened.
        options = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
        started = driver.chromium.launch(executable_path=CHROMIUM, args=options)
        yield started
        started.close()


@pytest.fixture(params=["cpython", "micropython"])
def address(request: pytest.FixtureRequest) -> Iterator[str]:
    """`ward sim` as a person starts it; ended by Ctrl-C, well."""
    if request.param == "micropython":
        request.getfixturevalue("micropython_binary")
    command = [sys.executable, "-m", "host_tools.cli", "sim", "--runtime", request.param]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        found = re.search(r"http://127\.0\.0\.1:\d+/[\w-]{32}/", process.stdout.readline())
        assert found
        yield found.group()
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0


@pytest.fixture
def page(browser: Any, address: str) -> Iterator[Any]:
    """The page, opened; it must not have complained of anything, nor asked for anything elsewhere."""
    context = browser.new_context(viewport={"width": 1440, "height": 960})
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    opened.on("request", lambda asked: None if asked.url.startswith(address) else complaints.append(asked.url))
    opened.goto(address)
    opened.wait_for_selector("[data-entry=set_up]")
    yield opened
    assert [words for words in complaints if not words.startswith(("data:", "ws:" + address[5:]))] == []
    context.close()


def say(page: Any, person: str, words: str) -> None:
    """Send a message as a person, and wait for it to stand in the journal."""
    page.click("[data-person=%s]" % person)
    page.fill("#text", words)
    page.press("#text", "Enter")
    page.locator("[data-entry=message]", has_text=words).first.wait_for()


def test_the_button_on_the_watch_blocks(page: Any) -> None:
    """A bully writes, the child presses the button, the journal has the block, and the next message does not pass."""
    say(page, "bully", "everyone hates you")
    page.click("#key")
    page.locator("#journal .records", has_text="blocking.blocked").wait_for()
    page.locator("#alerts", has_text="Somebody was blocked on this watch.").wait_for()
    say(page, "bully", "hello again")
    refused = page.locator("[data-entry=message]").first
    assert "messages.blocked" in refused.inner_text() and "F5" in refused.inner_text()
    assert page.locator("#block").is_disabled() and page.locator("#undo").is_enabled()


def test_a_day_at_the_panel(page: Any) -> None:
    """Pay, jump, pull the battery, move the clock, change the language; markup in a message stays text."""
    say(page, "friend", "<b id=injected>hi</b>")
    assert page.locator("#injected").count() == 0
    page.fill("#amount", "4.5")
    page.click("#pay button")
    page.click("[data-act=password] >> nth=0")
    page.locator(".records", has_text="payments.captured").wait_for()
    page.click("#bill-box summary")
    page.click("[data-act=fetch_bill]")
    page.locator("#bill td", has_text="4.50").first.wait_for()
    page.click("[data-act=until] >> nth=0")
    page.locator("[data-entry=passed]").wait_for()
    assert page.inner_text("#time").startswith("22:00")
    page.click("#battery")
    page.locator("#trust.warn").wait_for()
    page.click("[data-clock='0']")
    page.locator("#trust:not(.warn)").wait_for()
    page.click("[data-language=zh]")
    assert page.inner_text("#pause") == "暂停时间" and "妈妈" in page.inner_text("#people")
    assert not re.search(r"\{\w+\}|undefined|\bact\.", page.inner_text("body"))


@pytest.mark.parametrize("address", ["cpython", "micropython"] if THOROUGH else ["cpython"], indirect=True)
@pytest.mark.parametrize("width", [390, 800, 1440])
def test_nothing_is_cut_off(page: Any, width: int) -> None:
    """No sideways scrolling at the width of a phone, a tablet, a desktop."""
    page.set_viewport_size({"width": width, "height": 844})
    say(page, "bully", "you are so stupid " * 20)
    for language in ("en", "zh"):
        page.click("[data-language=%s]" % language)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
