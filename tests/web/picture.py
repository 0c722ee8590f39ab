"""Takes the picture of the page for the README: `python -m tests.web.picture` writes docs/pictures/simulator.png."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent.parent
TARGET = ROOT / "docs" / "pictures" / "simulator.png"


def main() -> None:
    """A bully writes, a stranger tries, the child presses the button."""
    command = [sys.executable, "-m", "host_tools.cli", "sim"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process, sync_playwright() as driver:
        assert process.stdout is not None
        found = re.search(r"http\S+", process.stdout.readline())
        assert found
        options = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=options)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.set_default_timeout(10000)
        page.emulate_media(reduced_motion="reduce")
        page.goto(found.group())
        for number, person in enumerate(("friend", "stranger", "bully"), 1):
            page.click("[data-person=%s]" % person)
            page.click("#phrases button >> nth=0")
            page.locator("[data-entry=message]").nth(number - 1).wait_for()
        page.click("#key")
        page.get_by_text("Somebody was blocked on this watch.").first.wait_for()
        page.mouse.move(0, 899)
        TARGET.parent.mkdir(exist_ok=True)
        page.screenshot(path=TARGET)
        browser.close()
        process.terminate()


if __name__ == "__main__":
    main()
