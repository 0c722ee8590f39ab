"""Serves the page of `ward inbox --web`.

On the loopback interface unless the command says otherwise, and elsewhere only over TLS. The Host must be the address
that was printed (a name that is made to point here is refused), a request with an Origin must come from the page, and
everything but the login needs its cookie. Paths:

    GET  /                        the page, its script and its style
    POST /login   {code}          {} and the cookie, or 403 {wait}: seconds until the next try counts
    GET  /entries?after=N         {entries, week, online, words}: what came after number N
    POST /agree   {number}        sends the code for the request with this number
"""

import json
import ssl
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from aiohttp import web

from host_tools.console import moment
from host_tools.guardian.inbox import Entry
from host_tools.inbox_page.login import Login
from host_tools.inbox_page.words import LANGUAGES, PAGE, words
from simulator import EPOCH

COOKIE = "inbox"
FILES = {"": "page.html", "page.css": "page.css", "page.js": "page.js"}

_HERE = Path(__file__).parent
_BODY = 1024  # bytes of a request, at most
_WEEK = 7 * 86400
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Page:
    """shown: what has come, oldest first; others may add to it. agree(entry) sends the code for a request, and returns
    False if this computer has no key for it. online() -> whether the broker is in reach."""

    def __init__(
        self,
        login: Login,
        shown: list[Entry],
        agree: Callable[[Entry], bool],
        online: Callable[[], bool],
        now: Callable[[], float] = time.time,
    ) -> None:
        self._login = login
        self._shown = shown
        self._agree = agree
        self._online = online
        self._now = now
        self._agreed: dict[int, bool] = {}  # numbers of requests -> whether there was a key
        self._origins: set[str] = set()
        self._secure = False

    def app(self) -> web.Application:
        app = web.Application(middlewares=[self._guard], client_max_size=_BODY)
        app.router.add_post("/login", self._enter)
        app.router.add_get("/entries", self._entries)
        app.router.add_post("/agree", self._say_yes)
        app.router.add_get("/{file:[a-z.]*}", self._file)
        app.on_response_prepare.append(_harden)
        return app

    def serve_at(self, host: str, port: int, secure: bool) -> str:
        """From now on the page is known under this address, which is returned."""
        names = {host, "localhost"} if host == "127.0.0.1" else {host}
        scheme = "https" if secure else "http"
        self._secure = secure
        self._origins = {"%s://%s:%d" % (scheme, name, port) for name in names}
        return "%s://%s:%d/" % (scheme, host, port)

    @web.middleware
    async def _guard(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        own = "%s://%s" % ("https" if self._secure else "http", request.headers.get("Host", ""))
        origin = request.headers.get("Origin")
        if own not in self._origins or (own != origin if origin else request.method == "POST"):
            raise web.HTTPForbidden(text="This address is for the page of `ward inbox --web` only.\n")
        free = request.path == "/login" or request.path[1:] in FILES
        if not free and not self._login.knows(request.cookies.get(COOKIE, "")):
            raise web.HTTPUnauthorized(text="Log in first.\n")
        return await handler(request)

    async def _file(self, request: web.Request) -> web.StreamResponse:
        name = FILES.get(request.match_info["file"])
        if name is None:
            raise web.HTTPNotFound()
        return web.FileResponse(_HERE / name)

    async def _enter(self, request: web.Request) -> web.StreamResponse:
        session = self._login.enter(str((await _fields(request)).get("code", "")))
        if session is None:
            return web.json_response({"wait": self._login.wait}, status=403)
        answer = web.json_response({})
        answer.set_cookie(COOKIE, session, httponly=True, samesite="Strict", secure=self._secure)
        return answer

    async def _entries(self, request: web.Request) -> web.StreamResponse:
        after = request.query.get("after", "0")
        language = request.query.get("language", "")
        if not after.isdecimal() or len(after) > 9 or language not in LANGUAGES:
            raise web.HTTPBadRequest(text="after is a number, language one of: %s\n" % ", ".join(LANGUAGES))
        shown = list(self._shown)
        return web.json_response(
            {
                "entries": [self._row(number, shown[number], language) for number in range(int(after), len(shown))],
                "agreed": {str(number): had_key for number, had_key in self._agreed.items()},
                "week": self._week(shown, language),
                "online": self._online(),
                "words": {name: both[LANGUAGES.index(language)] for name, both in PAGE.items()},
            }
        )

    def _row(self, number: int, entry: Entry, language: str) -> dict[str, Any]:
        time_of = entry.fields.get("time")
        return {
            "number": number,
            "kind": entry.kind,
            "watch": entry.watch,
            "time": moment(time_of) if isinstance(time_of, int) and time_of else "",
            "words": words(entry.kind, entry.fields, language),
        }

    def _week(self, shown: list[Entry], language: str) -> list[str]:
        """What came in the last seven days, each kind once, the newest words for it."""
        since = self._now() - EPOCH - _WEEK
        counts: Counter[str] = Counter()
        said: dict[str, str] = {}
        for entry in shown:
            if entry.kind in ("alert", "sos") and entry.fields["time"] >= since:
                name = str(entry.fields.get("code", "sos"))
                counts[name] += 1
                said[name] = words(entry.kind, entry.fields, language)
        return ["%s%s" % (said[name], " ×%d" % count if count > 1 else "") for name, count in counts.most_common()]

    async def _say_yes(self, request: web.Request) -> web.StreamResponse:
        number = (await _fields(request)).get("number")
        shown = list(self._shown)
        if type(number) is not int or not 0 <= number < len(shown) or shown[number].kind != "request":
            raise web.HTTPBadRequest(text="number must be that of a request\n")
        if not self._agreed.get(number):
            self._agreed[number] = self._agree(shown[number])
        return web.json_response({"agreed": self._agreed[number]})


async def _fields(request: web.Request) -> dict[str, Any]:
    try:
        fields = json.loads(await request.text())
    except (ValueError, RecursionError):
        fields = None
    if not isinstance(fields, dict):
        raise web.HTTPBadRequest(text="the body must be a JSON object\n")
    return fields


async def _harden(request: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(_HEADERS)


async def serve(page: Page, host: str, port: int, certificate: tuple[Path, Path] | None) -> tuple[web.AppRunner, str]:
    """Begin to serve: (what to clean up, the address). OSError if the port is taken or the certificate is none."""
    context = None
    if certificate:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*certificate)
    runner = web.AppRunner(page.app(), access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port, ssl_context=context).start()
    except OSError:
        await runner.cleanup()
        raise
    return runner, page.serve_at(host, runner.addresses[0][1], context is not None)
