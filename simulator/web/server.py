"""Serves the page: static files and one websocket, on the loopback interface only.

Another page in the same browser could reach a port on the loopback interface too. So every path begins with a random
token, which other pages do not know; the Host must be the loopback address (a name that is made to point there is
refused), and a request that carries an Origin must come from this page. The websocket must carry one.

Over the websocket, the page sends {"act": name, ...fields}. The server sends JSON objects with some of
    cast, entries, status, clock, paused, texts, words, problem, failed
and pictures as binary messages: width and height, 16 bits each, then RGB565, all with the higher byte first.
"""

import asyncio
import csv
import hmac
import json
import select
import struct
import time
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from aiohttp import WSMsgType, web

from simulator.ends import Listener, Terminal
from simulator.watch import ROOT
from simulator.web.household import BadAct, Entry, Household

LOOPBACK = "127.0.0.1"
FILES = {"": "page.html", "page.css": "page.css", "page.js": "page.js", "words.js": "words.js"}

_HERE = Path(__file__).parent
_TEXTS = ROOT / "firmware" / "texts" / "texts.tsv"
_MESSAGE_LIMIT = 16 * 1024  # bytes of one message from the page
_SLOW_SECONDS = 5  # a page that takes no data for so long is let go; it comes back by itself
_CABLE_SECONDS = 0.2  # how long the end of the program may wait for the cable
_LAG_SECONDS = 10  # of standing still, as with a closed laptop, are made up for at most
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

Make = Callable[..., Household]
Message = dict[str, Any]


def all_texts() -> dict[str, list[str]]:
    """Every text of the watch: id -> [Chinese, English, requirement rows, remedy]."""
    with _TEXTS.open(encoding="utf-8", newline="") as lines:
        rows = csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        return {row[0]: [row[3], row[4], row[2], row[1]] for row in rows if len(row) > 4}


class Page:
    """One household and the browsers that look at it.

    make(language=, age=) gives a new household; it may be called again when the page starts over. `now` tells the
    seconds of the real time, by which the virtual time goes on while somebody looks."""

    def __init__(
        self, make: Make, token: str, now: Callable[[], float] | None = None, cable: Terminal | Listener | None = None
    ) -> None:
        """cable: where the watch's serial line is offered to programs such as `ward`."""
        self._make = make
        self._token = token
        self._now = now
        self._cable = cable
        self._household: Household | None = None
        self._sockets: set[web.WebSocketResponse] = set()
        self._hosts: set[str] = set()
        self._picture = b""
        self._words: list[str] = []
        self._paused = False
        self._failed = ""
        # The watch is no thing for two threads, and a jump over a week must not hold up the loop.
        self._thread = ThreadPoolExecutor(max_workers=1)
        self._turn = asyncio.Lock()  # what one act brought is sent before the next one begins

    def app(self) -> web.Application:
        """The web application; its household lives as long as it."""
        app = web.Application(middlewares=[self._guard], client_max_size=_MESSAGE_LIMIT)
        app.router.add_get("/{token}/socket", self._socket)
        app.router.add_get("/{token}/{file:[a-z.]*}", self._file)
        app.on_response_prepare.append(_harden)
        app.cleanup_ctx.append(self._life)
        return app

    def serve_at(self, port: int) -> str:
        """From now on the page is known under this port. Returns its address."""
        self._hosts = {"%s:%d" % (host, port) for host in (LOOPBACK, "localhost")}
        return "http://%s:%d/%s/" % (LOOPBACK, port, self._token)

    async def _life(self, app: web.Application) -> AsyncIterator[None]:
        self._household = await self._run(self._make)
        clock = asyncio.create_task(self._pass_time())
        line = asyncio.create_task(self._serve_cable(self._cable)) if self._cable else None
        yield
        clock.cancel()
        if line:
            line.cancel()
        for socket in list(self._sockets):
            await socket.close()
        await self._run(self._household.close)
        self._thread.shutdown()

    async def _run(self, act: Callable[..., Any], *arguments: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._thread, act, *arguments)

    # --- who may ask

    @web.middleware
    async def _guard(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        """Refuse whoever is not this page: by token, Host and Origin."""
        given = request.path.split("/")[1].encode()
        host, origin = request.headers.get("Host", ""), request.headers.get("Origin")
        wants_socket = "upgrade" in request.headers.get("Connection", "").lower()
        if host not in self._hosts or not (origin == "http://" + host or (origin is None and not wants_socket)):
            raise web.HTTPForbidden(text="This address is for the page of `ward sim` only.\n")
        if not hmac.compare_digest(given, self._token.encode()):
            raise web.HTTPNotFound(text="Open the whole address that `ward sim` has printed.\n")
        return await handler(request)

    async def _file(self, request: web.Request) -> web.StreamResponse:
        name = FILES.get(request.match_info["file"])
        if name is None:
            raise web.HTTPNotFound()
        return web.FileResponse(_HERE / name)

    # --- the cable

    async def _serve_cable(self, cable: Terminal | Listener) -> None:
        """Hand what comes to the watch, and its answer back, between two acts of the pages."""
        loop = asyncio.get_running_loop()
        while True:
            data = await loop.run_in_executor(None, _waited_for, cable)
            if data:
                async with self._turn:
                    if not self._failed:
                        await self._tell_of(await self._run(self._plugged, data, cable))

    # --- the websocket

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(max_msg_size=_MESSAGE_LIMIT, heartbeat=30)
        await socket.prepare(request)
        async with self._turn:
            await self._send(socket, json.dumps(await self._run(self._everything), ensure_ascii=False))
            if self._picture:
                await self._send(socket, self._picture)
            self._sockets.add(socket)
        try:
            async for message in socket:
                if message.type == WSMsgType.TEXT:
                    await self._asked(socket, message.data)
                else:
                    break
        finally:
            self._sockets.discard(socket)
        return socket

    async def _asked(self, socket: web.WebSocketResponse, text: str) -> None:
        """Carry out what a page asks; what is malformed is answered to that page alone."""
        try:
            fields = json.loads(text)
            act = str(fields.pop("act"))
        except (ValueError, RecursionError, AttributeError, KeyError, TypeError):
            await self._send(socket, json.dumps({"problem": "no JSON object with an act"}))
            return
        try:
            async with self._turn:
                if act == "pause":
                    self._paused = fields.get("on") is True
                    await self._tell({"paused": self._paused})
                elif act == "start_over":
                    await self._start_over(fields)
                elif not self._failed:
                    await self._tell_of(await self._run(self._do, act, fields))
        except BadAct as bad:
            await self._send(socket, json.dumps({"problem": str(bad)}, ensure_ascii=False))

    async def _start_over(self, fields: Message) -> None:
        """A new watch in a new household; the old one ends first."""
        language, age = fields.get("language"), fields.get("age")
        if language not in ("en", "zh") or age not in (7, 9):
            raise BadAct("a household has a language, en or zh, and an age, 7 or 9")
        assert self._household is not None
        await self._run(self._household.close)
        self._household = await self._run(lambda: self._make(language=language, age=age))
        self._failed, self._picture = "", b""
        await self._tell(await self._run(self._everything))
        if self._picture:
            await self._tell(self._picture)

    # --- on the watch's thread

    def _everything(self) -> Message:
        """What a page needs that has just been opened."""
        household = self._household
        assert household is not None
        message = {"cast": household.cast(), "entries": household.entries, "texts": all_texts(), "new": True}
        self._look()
        message.update(paused=self._paused, words=self._words, status=household.status())
        return {**message, "failed": self._failed} if self._failed else message

    def _do(self, act: str, fields: Message) -> Message:
        household = self._household
        assert household is not None
        return self._outcome(lambda: household.act(act, fields))

    def _plugged(self, data: bytes, cable: Terminal | Listener) -> Message:
        household = self._household
        assert household is not None
        return self._outcome(lambda: household.cable(data, cable.write))

    def _tick(self, seconds: int) -> Message:
        household = self._household
        assert household is not None
        return self._outcome(lambda: household.pass_time(seconds))

    def _outcome(self, act: Callable[[], Entry | None]) -> Message:
        """What an act brought: its entry and the status, or only the time; with "picture", if it changed."""
        household = self._household
        assert household is not None
        try:
            entry = act()
            message: Message = {"entries": [entry], "status": household.status()} if entry else {}
            return {**message, **self._look(), "clock": household.clock()}
        except BadAct:
            raise
        except Exception as crash:  # the watch's own: shown on the page and told in full where `ward sim` runs
            traceback.print_exc()
            self._failed = "%s: %s" % (type(crash).__name__, str(crash)[:2000])
            return {"failed": self._failed}

    def _look(self) -> Message:
        """The display, if it shows something new."""
        assert self._household is not None
        shown = self._household.picture()
        if shown is None:
            return {}
        width, height, pixels = shown
        picture = struct.pack(">HH", width, height) + pixels
        if picture == self._picture:
            return {}
        self._picture, self._words = picture, self._household.words_shown()
        return {"words": self._words, "picture": picture}

    # --- to the pages

    async def _tell_of(self, message: Message) -> None:
        picture = message.pop("picture", None)
        await self._tell(message)
        if picture:
            await self._tell(picture)

    async def _tell(self, message: Message | bytes) -> None:
        """Send to every page."""
        data = message if isinstance(message, bytes) else json.dumps(message, ensure_ascii=False)
        await asyncio.gather(*[self._send(socket, data) for socket in list(self._sockets)])

    async def _send(self, socket: web.WebSocketResponse, data: str | bytes) -> None:
        sending = socket.send_str(data) if isinstance(data, str) else socket.send_bytes(data)
        try:
            await asyncio.wait_for(sending, _SLOW_SECONDS)
        except (ConnectionError, TimeoutError):
            self._sockets.discard(socket)
            await socket.close()

    async def _pass_time(self) -> None:
        """While a page is open, virtual time goes on like the real one, in whole seconds."""
        now = self._now or asyncio.get_running_loop().time
        last = now()
        while True:
            await asyncio.sleep(0.2)
            if self._paused or self._failed or not self._sockets:
                last = now()
                continue
            seconds = int(now() - last)
            if seconds < 1:
                continue
            last += seconds
            async with self._turn:
                await self._tell_of(await self._run(self._tick, min(seconds, _LAG_SECONDS)))


def _waited_for(cable: Terminal | Listener) -> bytes:
    """What comes over the cable within the next moment."""
    try:
        select.select([cable], [], [], _CABLE_SECONDS)
        return cable.read()
    except (OSError, ValueError):  # it was pulled
        time.sleep(_CABLE_SECONDS)
        return b""


async def _harden(request: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(_HEADERS)


async def serve(page: Page, port: int, opened: Callable[[str], None]) -> None:
    """Serve until cancelled. port 0: any free one. `opened` gets the page's address. OSError if the port is taken."""
    runner = web.AppRunner(page.app(), access_log=None)
    try:
        await runner.setup()
        site = web.TCPSite(runner, LOOPBACK, port)
        await site.start()
        opened(page.serve_at(runner.addresses[0][1]))
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()
