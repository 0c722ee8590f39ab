"""The page's server: who may ask, what goes over the websocket, how time passes."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientWebSocketResponse, WSMsgType, WSServerHandshakeError
from aiohttp.test_utils import TestClient, TestServer

from simulator.web import command, server
from simulator.web.household import Household

TOKEN = "a-token-that-nobody-guesses"

Use = Callable[[TestClient, str], Awaitable[None]]


class Now:
    """The real time, moved by the test."""

    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def use(folder: Path, test: Use, now: Now | None = None) -> None:
    """Run a test against a server of its own; it gets the client and the page's origin."""

    async def run() -> None:
        number = iter(range(9))

        def make(language: str = "en", age: int = 9) -> Household:
            return Household(folder / str(next(number)), language=language, age=age)

        page = server.Page(make, TOKEN, now or Now())
        async with TestClient(TestServer(page.app())) as client:
            assert client.server.port
            await test(client, page.serve_at(client.server.port).partition("/" + TOKEN)[0])

    asyncio.run(run())


async def connect(client: TestClient, origin: str) -> ClientWebSocketResponse:
    return await client.ws_connect("/%s/socket" % TOKEN, origin=origin)


async def hear(socket: ClientWebSocketResponse, wanted: str) -> dict[str, Any]:
    """The next message that has `wanted`; pictures are passed over."""
    while True:
        message = await asyncio.wait_for(socket.receive(), 20)
        if message.type == WSMsgType.BINARY:
            continue
        assert message.type == WSMsgType.TEXT, message
        fields: dict[str, Any] = json.loads(message.data)
        if wanted in fields:
            return fields


def test_only_the_page_itself_gets_in(tmp_path: Path) -> None:
    """Without the token, with another Host (DNS rebinding), or from another page: nothing."""

    async def test(client: TestClient, origin: str) -> None:
        async def status(path: str, **headers: str) -> int:
            async with client.get(path, headers=headers) as answer:
                assert answer.headers["Cache-Control"] == "no-store"
                assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
                return answer.status

        page = "/%s/" % TOKEN
        for name in server.FILES:
            assert await status(page + name) == 200
            assert await status("/" + name) == 404
        assert await status(page + "server.py") == 404
        assert await status(page + "..%2fserver.py") == 404
        assert await status("/" + TOKEN[:-1] + "/") == 404
        assert await status("/" + TOKEN + "x/page.js") == 404
        assert await status(page, Origin=origin) == 200
        assert await status(page, Origin="http://example.com") == 403
        assert await status(page, Origin="null") == 403
        assert await status(page, Host="example.com") == 403
        assert await status(page, Host="127.0.0.1:1") == 403

    use(tmp_path, test)


def test_the_websocket_needs_token_and_origin(tmp_path: Path) -> None:
    async def test(client: TestClient, origin: str) -> None:
        async def refused(path: str, origin: str | None) -> int:
            with pytest.raises(WSServerHandshakeError) as refusal:
                await client.ws_connect(path, origin=origin)
            return refusal.value.status

        assert await refused("/%s/socket" % TOKEN, None) == 403
        assert await refused("/%s/socket" % TOKEN, "http://example.com") == 403
        assert await refused("/%s/socket" % TOKEN, origin.replace("http:", "https:")) == 403
        assert await refused("/other/socket", origin) == 404
        assert not (await connect(client, origin)).closed

    use(tmp_path, test)


def test_an_act_is_told_to_every_page(tmp_path: Path) -> None:
    """The first message holds everything; then each act's entry and the new status."""

    async def test(client: TestClient, origin: str) -> None:
        one, two = await connect(client, origin), await connect(client, origin)
        first = await hear(one, "cast")
        assert first["new"] and first["entries"][0]["act"] == "set_up" and first["status"]["trust"] == "set"
        assert first["texts"]["messages.blocked"][2:] == ["F5", "guardian"]
        await hear(two, "cast")
        await one.send_json({"act": "message", "person": "bully", "text": "hello"})
        await one.send_json({"act": "press"})
        for socket in (one, two):
            assert (await hear(socket, "entries"))["entries"][0]["said"] == "hello"
            pressed = await hear(socket, "entries")
            assert "blocking.blocked" in [record[3] for record in pressed["entries"][0]["records"]]
            assert pressed["status"]["grades"]["bully"]["blocked"]

    use(tmp_path, test)


def test_nonsense_is_answered_and_harmless(tmp_path: Path) -> None:
    """A problem goes to who asked; the page goes on."""

    async def test(client: TestClient, origin: str) -> None:
        socket = await connect(client, origin)
        await hear(socket, "cast")
        for text in ("", "{", "[]", "1", "null", "{}", '{"act": 1}', '{"act": []}', '{"act": "fly"}', "[" * 9000):
            await socket.send_str(text)
            assert await hear(socket, "problem")
        await socket.send_json({"act": "message", "person": "bully", "text": "\ud800"})
        assert await hear(socket, "problem")
        await socket.send_json({"act": "charge", "on": True})
        assert (await hear(socket, "status"))["status"]["charging"]
        await socket.send_str("a" * 20000)
        while (last := await socket.receive()).type in (WSMsgType.BINARY, WSMsgType.TEXT):
            pass
        assert last.type in (WSMsgType.CLOSE, WSMsgType.CLOSED)

    use(tmp_path, test)


def test_time_passes_like_the_real_one_unless_paused(tmp_path: Path) -> None:
    """Whole seconds; after standing still, ten at most are made up for."""
    now = Now()

    async def test(client: TestClient, origin: str) -> None:
        socket = await connect(client, origin)
        start = (await hear(socket, "cast"))["status"]["now"]
        now.seconds += 3
        assert (await hear(socket, "clock"))["clock"]["now"] == start + 3
        now.seconds += 3600
        assert (await hear(socket, "clock"))["clock"]["now"] == start + 13
        await socket.send_json({"act": "pause", "on": True})
        assert (await hear(socket, "paused"))["paused"]
        now.seconds += 5
        await asyncio.sleep(0.5)  # two turns of the server's clock: this is the real event loop, not the watch
        await socket.send_json({"act": "wait", "minutes": 1})
        assert (await hear(socket, "clock"))["clock"]["now"] == start + 73

    use(tmp_path, test, now)


def test_a_crash_is_shown_and_a_new_watch_helps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def test(client: TestClient, origin: str) -> None:
        socket = await connect(client, origin)
        await hear(socket, "cast")
        with monkeypatch.context() as broken:
            broken.setattr(Household, "act", lambda *_: 1 // 0)
            await socket.send_json({"act": "press"})
            assert "ZeroDivisionError" in (await hear(socket, "failed"))["failed"]
        await socket.send_json({"act": "start_over", "language": "zh", "age": 7})
        begun = await hear(socket, "cast")
        assert (begun["cast"]["language"], begun["cast"]["age"], len(begun["entries"])) == ("zh", 7, 1)
        assert "failed" not in begun
        await socket.send_json({"act": "start_over", "language": "zh", "age": 70})
        assert await hear(socket, "problem")

    use(tmp_path, test)


def test_pictures_are_sent_when_they_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Width and height, then the pixels; the words of the picture for who cannot see it."""
    shown = [b"\xf8\x00"]
    monkeypatch.setattr(Household, "picture", lambda self: (1, 1, shown[0]))
    monkeypatch.setattr(Household, "words_shown", lambda self: ["16:00"])

    async def test(client: TestClient, origin: str) -> None:
        socket = await connect(client, origin)
        assert (await hear(socket, "cast"))["words"] == ["16:00"]
        assert await socket.receive_bytes() == b"\0\1\0\1\xf8\x00"
        await socket.send_json({"act": "charge", "on": True})
        await hear(socket, "status")
        shown[0] = b"\0\x1f"
        await socket.send_json({"act": "charge", "on": False})
        await hear(socket, "status")
        assert await socket.receive_bytes() == b"\0\1\0\1\0\x1f"  # nothing was sent for the first act

    use(tmp_path, test)


@pytest.mark.parametrize("options", [["--port", "70000"], ["--port", "x"], ["--board", "none"]])
def test_a_wrong_command_line_ends_with_two(options: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        command.main(options)
    assert ended.value.code == 2


def test_the_told_day_needs_no_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """--headless, and what only a told day knows."""
    told: list[list[str]] = []

    def tell(argv: list[str]) -> int:
        told.append(argv)
        return 0

    monkeypatch.setattr("simulator.day.main", tell)
    days = [["--headless", "--age", "7"], ["--brief"], ["--json"], ["--messages=day.tsv"]]
    assert [command.main(day) for day in days] == [0] * 4 and told == days


def test_a_taken_port_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind((server.LOOPBACK, 0))
        taken.listen()
        assert command.main(["--port", str(taken.getsockname()[1])]) == 1
    assert "Try another --port" in capsys.readouterr().err
