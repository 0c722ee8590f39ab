"""The page of `ward inbox --web`: who gets in, what it shows, and what a press on Agree sends."""

import asyncio
import re
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, CookieJar

from host_tools.guardian.inbox import Entry
from host_tools.inbox_page.login import Login
from host_tools.inbox_page.server import Page, serve
from simulator import EPOCH

NOW = 220_000_000
WATCH = "00112233445566aa"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


def _alert(code: str, count: int, time: int = NOW) -> Entry:
    fields = {"id": "a1.1", "number": 1, "count": count, "code": code, "party": 0, "severity": 1, "time": time}
    return Entry(WATCH, "alert", fields)


REQUEST = Entry(
    WATCH, "request", {"id": "q7", "request": 7, "what": "ai_minutes", "value": 10, "minutes": 0, "detail": ""}
)


class Served:
    """A page in a thread of its own."""

    def __init__(self, key: bool = True) -> None:
        self.time = 0.0
        self.login = Login(lambda: self.time)
        self.shown = [
            _alert("blocked", 1, NOW - 8 * 86400),
            _alert("blocked", 1),
            Entry(WATCH, "sos", {"id": "s1", "time": NOW}),
        ]
        self.agreed: list[Entry] = []
        self.key = key
        self.online = True
        self.page = Page(self.login, self.shown, self._agree, lambda: self.online, lambda: float(NOW + EPOCH))
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.runner, self.address = self.run(serve(self.page, "127.0.0.1", 0, None))

    def _agree(self, entry: Entry) -> bool:
        self.agreed.append(entry)
        return self.key

    def run(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(20)

    def close(self) -> None:
        self.run(self.runner.cleanup())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


@pytest.fixture
def served() -> Iterator[Served]:
    made = Served()
    yield made
    made.close()


async def _ask(served: Served, *steps: tuple[str, str, Any, dict[str, str]]) -> list[tuple[int, Any]]:
    """Each (method, path, JSON body or None, headers) in one session: (status, answer)."""
    found = []
    async with ClientSession(served.address, cookie_jar=CookieJar(unsafe=True)) as session:
        for method, path, body, headers in steps:
            async with session.request(method, path, json=body, headers=headers) as answer:
                is_json = answer.content_type == "application/json"
                found.append((answer.status, await answer.json() if is_json else await answer.text()))
    return found


def _own(served: Served) -> dict[str, str]:
    return {"Origin": served.address.rstrip("/")}


def _entries(after: int = 0) -> tuple[str, str, Any, dict[str, str]]:
    return ("GET", "/entries?after=%d&language=en" % after, None, {})


def _enter(served: Served, code: str) -> tuple[str, str, Any, dict[str, str]]:
    return ("POST", "/login", {"code": code}, _own(served))


def test_without_the_digits_nothing_is_shown(served: Served) -> None:
    (page, _), (entries, _), (agree, _) = served.run(
        _ask(served, ("GET", "/", None, {}), _entries(), ("POST", "/agree", {"number": 0}, _own(served)))
    )
    assert (page, entries, agree) == (200, 401, 401)


def test_five_wrong_digits_bring_a_pause_that_grows(served: Served) -> None:
    wrong = "%08d" % ((int(served.login.code) + 1) % 10**8)
    answers = served.run(_ask(served, *[_enter(served, wrong)] * 5, _enter(served, served.login.code)))
    assert [status for status, _ in answers] == [403] * 6, "even the right ones wait"
    assert [answer["wait"] for _, answer in answers[3:]] == [0, 60, 60]
    served.time = 61
    assert served.run(_ask(served, _enter(served, wrong)))[0][1]["wait"] == 300
    served.time = 362
    assert served.run(_ask(served, _enter(served, served.login.code), _entries()))[1][0] == 200


def test_the_week_and_what_came(served: Served) -> None:
    served.shown.append(_alert("blocked", 2))
    found = served.run(_ask(served, _enter(served, served.login.code), _entries(), _entries(3)))
    everything, newest = found[1][1], found[2][1]
    assert [entry["kind"] for entry in everything["entries"]] == ["alert", "alert", "sos", "alert"]
    assert everything["week"] == ["Somebody was blocked on this watch. ×2", "Call for help"], "not that of last week"
    assert [entry["number"] for entry in newest["entries"]] == [3]
    assert everything["online"] is True


def test_another_page_or_name_is_refused(served: Served) -> None:
    strange = [
        ("GET", "/", None, {"Host": "evil.example:80"}),
        ("GET", "/", None, {"Origin": "http://evil.example"}),
        ("POST", "/login", {"code": served.login.code}, {}),
        ("POST", "/login", {"code": served.login.code}, {"Origin": "null"}),
    ]
    assert [status for status, _ in served.run(_ask(served, *strange))] == [403] * 4


def test_agree_sends_once_and_for_requests_only(served: Served) -> None:
    served.shown.append(REQUEST)
    steps = [("POST", "/agree", {"number": number}, _own(served)) for number in (3, 3, 0, 9, -1, True, "3")]
    found = served.run(_ask(served, _enter(served, served.login.code), *steps, _entries()))
    assert [status for status, _ in found] == [200, 200, 200, 400, 400, 400, 400, 400, 200]
    assert served.agreed == [REQUEST], "a second press sends nothing"
    assert found[-1][1]["agreed"] == {"3": True}


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b"[" * 900, b"x" * 2000])
def test_bad_bodies_are_refused(served: Served, body: bytes) -> None:
    async def send() -> int:
        session = ClientSession(served.address)
        async with session, session.post("/login", data=body, headers=_own(served)) as answer:
            return answer.status

    assert served.run(send()) in (400, 413)


@pytest.mark.skipif(not CHROMIUM, reason="no chromium on PATH: on Debian and Ubuntu, apt install chromium")
def test_a_phone_logs_in_reads_and_agrees(served: Served, tmp_path: Path) -> None:
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: run `make setup`")
    served.shown.append(REQUEST)
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = browser.new_context(viewport={"width": 390, "height": 844}, locale="en-GB")
        page = context.new_page()
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(served.address)
        page.fill("#code", served.login.code)
        page.click("#login button")
        page.wait_for_selector("li.sos")
        assert "Call for help" in page.inner_text("li.sos")
        assert page.inner_text("#week li >> nth=0") == "Somebody was blocked on this watch."
        page.click("#requests button")
        page.wait_for_selector(".settled")
        assert served.agreed == [REQUEST]
        served.shown.append(_alert("blocked", 3))
        page.wait_for_selector("[data-entry='4']")
        page.click("[data-language=zh]")
        page.wait_for_selector("h2:text-is('最近七天')")
        page.wait_for_selector("#requests .settled")
        assert re.search("孩子的请求", page.inner_text("#asking"))
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= 390, "nothing sticks out on a phone"
        served.online = False
        page.wait_for_selector("#state:not([hidden])")
        page.screenshot(path=str(tmp_path / "inbox.png"))
        assert complaints == []
        browser.close()
