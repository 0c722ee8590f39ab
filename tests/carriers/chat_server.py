"""A server of chat completions over real HTTP with streaming, with TLS or without."""

import asyncio
import contextlib
import json
import ssl
import threading
from pathlib import Path
from typing import Any

from aiohttp import web

from tests.carriers.broker import NAME, Authority, free_port

PATH = "/v1/chat/completions"


class ChatServer:
    """pieces: what it streams as an answer, a piece an event; "!" ends the connection there, "..." waits until `go` is
    set. status, location: what it answers instead, if not 200. asked: [(headers, body)] of all requests."""

    def __init__(self, folder: Path, authority: Authority | None = None, secret: str = "") -> None:
        self.port = free_port()
        self.pieces: list[Any] = []
        self.status, self.location = 200, ""
        self.ends = True  # with finish_reason and [DONE], as it should
        self.asked: list[tuple[dict[str, str], dict[str, Any]]] = []
        self.go = threading.Event()
        self._secret = secret
        self._authority = authority
        self._context: ssl.SSLContext | None = None
        if authority:
            folder.mkdir(parents=True, exist_ok=True)
            authority.issue(folder, NAME)
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(folder / "server.crt", folder / "server.key")
        self._loop = asyncio.new_event_loop()
        started = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(started,), daemon=True)
        self._thread.start()
        assert started.wait(10)

    def address(self, port: int = 0) -> dict[str, object]:
        """What a guardian tells a watch of it."""
        authority = self._authority
        where = {"host": "127.0.0.1", "port": port or self.port, "account": "small-model", "secret": self._secret}
        return {**where, "name": NAME if authority else "", "authority": authority.text if authority else ""}

    def _run(self, started: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        app = web.Application()
        app.router.add_post(PATH, self._answer)
        runner = web.AppRunner(app, access_log=None)
        self._loop.run_until_complete(runner.setup())
        site = web.TCPSite(runner, "127.0.0.1", self.port, ssl_context=self._context)
        self._loop.run_until_complete(site.start())
        started.set()
        self._loop.run_forever()
        self._loop.run_until_complete(runner.cleanup())
        self._loop.close()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append((dict(request.headers), await request.json()))
        if self._secret and request.headers.get("Authorization") != "Bearer " + self._secret:
            return web.Response(status=401)
        if self.status != 200:
            headers = {"Content-Type": "text/event-stream", **({"Location": self.location} if self.location else {})}
            said = None if self.status == 204 else _event({"content": "Listen to me. "}) + _event({}, "stop")
            return web.Response(status=self.status, headers=headers, body=said)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream; charset=utf-8"})
        await response.prepare(request)
        with contextlib.suppress(ConnectionError):
            for piece in self.pieces:
                if piece == "!":
                    assert request.transport
                    request.transport.close()  # after what was written
                    return response
                if piece == "...":
                    while not self.go.is_set():
                        await asyncio.sleep(0.005)
                    continue
                await response.write(piece if isinstance(piece, bytes) else _event({"content": piece}))
            if self.ends:
                await response.write(_event({}, "stop") + b"data: [DONE]\n\n")
            await response.write_eof()
        return response

    def close(self) -> None:
        """End it."""
        self.go.set()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)


def _event(delta: dict[str, str], finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    found = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "model": "small-model", "choices": [choice]}
    return b": alive\n\ndata: " + json.dumps(found).encode() + b"\n\n"  # escapes all that is not ASCII, as many do
