"""The assistant over real HTTP with streaming: what leaves the watch, what is shown, and connections that break."""

import errno
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from firmware.services.transport.events import Malformed, Reply
from firmware.services.transport.stream import Stream
from simulator.watch import Watch
from tests.carriers.broker import Authority, Proxy
from tests.carriers.chat_server import ChatServer
from tests.carriers.people import endpoint, watch
from tests.thorough import THOROUGH

KEY = "sk-a-key-of-nobody"
PROVIDER = {"name": "Sample Model Works", "filing": "Sample-AI-1", "role": "knowledge"}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ChatServer]:
    made = ChatServer(tmp_path / "server")
    yield made
    made.close()


def child(folder: Path, where: dict[str, Any], runtime: str = "cpython") -> Watch:
    """A watch on which a talk with this endpoint's model has begun."""
    made = watch(folder, "mei", {}, runtime)
    day = made.do("clock")["day"]
    values = [["network.check_minutes", 0], ["assistant.enabled", 1]]
    requests: list[tuple[str, dict[str, Any]]] = [
        ("administration.policy", {"version": 2, "issuer": "home", "expires": 0, "values": values}),
        ("consent.give", {"purpose": "ai", "manifest": 1}),
        ("assistant.provider", {**PROVIDER, "assessed": day - 9, "expires": day + 90}),
    ]
    for kind, fields in requests:
        answer = made.ask(kind, channel="host", **fields)
        assert answer["verdict"] == "allow", (kind, answer)
    assert endpoint(made, "assistant", where)["verdict"] == "allow"
    made.advance(2)  # in the second of a boot no talk begins
    begun = made.do("service", call="chat_begin", **{"with": {}})
    assert begun["verdict"] == "allow", begun
    made.do("seen")
    return made


def say(made: Watch, text: str, *, ms: int = 8000) -> list[list[Any]]:
    """The child asks; everything that it sees until the answer is over."""
    decision = made.do("service", call="chat_say", **{"with": {"text": text}})
    assert decision["verdict"] == "allow", decision
    assert made.do("live", ms=ms, speed=2, answered=True)["done"]
    return [[kind, fields.get("text", "")] for kind, fields in made.do("seen")["seen"]]


def turns(made: Watch) -> int:
    """Questions that are left today."""
    return int(made.do("left")["turns"])


@pytest.mark.parametrize("secure", [True, False])
def test_a_question_and_its_answer(tmp_path: Path, runtime: str, secure: bool) -> None:
    """Sentence by sentence, past the filter, over TLS and in the clear on the loopback; only the question leaves."""
    server = ChatServer(tmp_path / "server", Authority() if secure else None, KEY)
    server.pieces = [
        "A whale ",
        "is an ani",
        "mal. 鲸鱼会唱",
        "歌。",
        "Really 😀! ",
        "You can buy one at a casino. ",
        "Bye.",
    ]
    mei = child(tmp_path, server.address(), runtime)
    before = turns(mei)
    seen = say(mei, "What is a whale?")
    assert [row for row in seen if row[0].startswith("assistant")] == [
        ["assistant", "A whale is an animal. "],
        ["assistant", "鲸鱼会唱歌。"],
        ["assistant", "Really 😀!"],
        ["assistant_kept_back", ""],
        ["assistant", "Bye."],
    ]
    assert turns(mei) == before - 1
    headers, body = server.asked[0]
    assert headers["Authorization"] == "Bearer " + KEY
    assert body["stream"] is True and body["store"] is False and body["model"] == "small-model"
    assert [message["role"] for message in body["messages"]] == ["system", "user"]
    assert body["messages"][1]["content"] == "What is a whale?"
    sent = json.dumps(body) + json.dumps(headers)
    for private in ("mei", "owner", "13800000000", "2016", "wade", "home"):
        assert private not in sent, private
    server.close()


def test_a_dropped_connection_is_not_charged_twice(tmp_path: Path, server: ChatServer, runtime: str) -> None:
    """Cut before a word: the question is not counted. Cut after one: counted once. Then all goes on."""
    mei = child(tmp_path, server.address(), runtime)
    before = turns(mei)
    server.pieces = ["!"]
    assert say(mei, "What is a whale?")[-1] == ["assistant_lost", ""]
    assert turns(mei) == before
    server.pieces = ["Big. It", "!"]
    assert say(mei, "What is a whale?") == [["assistant", "Big. "], ["assistant_lost", ""]]
    assert turns(mei) == before - 1
    server.pieces, server.ends = ["Big. It"], False
    assert say(mei, "What is a whale?") == [["assistant", "Big. "], ["assistant_lost", ""]]
    server.pieces, server.ends = ["Big."], True
    assert say(mei, "What is a whale?") == [["assistant", "Big."]]
    assert turns(mei) == before - 3


@pytest.mark.parametrize("status", [204, 302, 401, 404, 429, 500])
def test_anything_but_an_answer_is_a_lost_one(tmp_path: Path, server: ChatServer, status: int) -> None:
    """And where a redirect points to, nothing goes: it is not on the list, which is journalled (B12)."""
    other = ChatServer(tmp_path / "other")
    server.status, server.location = status, "http://127.0.0.1:%d/v1/chat/completions" % other.port
    mei = child(tmp_path, server.address())
    before = turns(mei)
    assert say(mei, "What is a whale?")[-1] == ["assistant_lost", ""]
    assert turns(mei) == before
    assert len(server.asked) == 1 and other.asked == []
    reasons = {row[5] for row in mei.do("journal")["denials"]}
    assert ("network.not_listed" in reasons) is (status == 302)
    other.close()


def test_without_a_network_the_question_is_given_back(tmp_path: Path, server: ChatServer) -> None:
    mei = child(tmp_path, server.address())
    before = turns(mei)
    mei.network(False)
    mei.do("live", ms=50, speed=1000, whole=True)
    decision = mei.do("service", call="chat_say", **{"with": {"text": "What is a whale?"}})
    assert decision["verdict"] == "allow"
    assert mei.do("live", ms=8000, speed=20, answered=True)["done"]
    assert [kind for kind, _ in mei.do("seen")["seen"]] == ["assistant_lost"]
    assert turns(mei) == before and server.asked == []


def test_a_server_that_says_nothing_is_left(tmp_path: Path, server: ChatServer, runtime: str) -> None:
    """It accepts and stalls: no step of the watch takes long, the talk can be ended, and time ends the question."""
    server.pieces = ["Big. ", "..."]
    mei = child(tmp_path, server.address(), runtime)
    assert mei.do("service", call="chat_say", **{"with": {"text": "What is a whale?"}})["verdict"] == "allow"
    mei.do("live", ms=1500, seen=1)
    answer = mei.do("live", ms=8000, speed=20, answered=True)
    assert answer["done"] and answer["longest"] < 250
    assert [kind for kind, _ in mei.do("seen")["seen"]] == ["assistant", "assistant_lost"]
    server.go.clear()
    mei.do("service", call="chat_say", **{"with": {"text": "What is a seal?"}})
    mei.do("live", ms=1500, seen=1)
    assert mei.do("service", call="chat_say", **{"with": {"text": "stop"}})["verdict"] == "allow"
    kinds = [kind for kind, _ in mei.do("seen")["seen"]]
    assert kinds[-1] == "assistant_closed"


def test_cut_after_every_byte(tmp_path: Path, server: ChatServer) -> None:
    """Whatever byte is the last: only whole sentences are shown, and an answer counts if it showed something."""
    server.pieces = ["One. Two. ", "Three."]
    proxy = Proxy(server.port)
    mei = child(tmp_path, server.address(proxy.port))
    full = [["assistant", "One. "], ["assistant", "Two. "], ["assistant", "Three."]]
    assert say(mei, "Count!") == full
    whole, lost = proxy.passed, [["assistant_lost", ""]]
    for number in range(1, whole, 1 if THOROUGH else 61):
        proxy.cut_after = number
        before = turns(mei)
        if before < 2:
            mei.do("service", call="chat_end", **{"with": {}})
            mei.advance(86400)
            assert mei.do("service", call="chat_begin", **{"with": {}})["verdict"] == "allow"
            mei.do("seen")
            before = turns(mei)
        seen = say(mei, "Count!")
        assert seen in (full, lost, full[:2] + lost, full[:1] + lost), number
        assert turns(mei) == before - (seen != lost)
    proxy.close()


def test_nothing_goes_in_the_clear_but_on_the_loopback() -> None:
    """The last of three walls: the rule refuses such an endpoint, and the build whoever opens a stream by himself."""
    with pytest.raises(OSError, match=str(errno.EACCES)):
        Stream(("192.0.2.1", 80), "", b"")


# --- the parser

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
EVENTS = b': alive\r\n\r\ndata: {"a":1}\r\n\r\nevent: x\nid: 7\ndata:two\ndata: lines\n\ndata: [DONE]\n\n'
FOUND = [b'{"a":1}', b"two\nlines", b"[DONE]"]


def chunked(body: bytes, size: int) -> bytes:
    parts = [body[at : at + size] for at in range(0, len(body), size)]
    return b"".join(b"%x;x=1\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\nExpires: 0\r\n\r\n"


ANSWERS = {
    "chunked": HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunked(EVENTS, 7),
    "length": HEAD + b"Content-Length: %d\r\n\r\n" % len(EVENTS) + EVENTS,
    "to the end": b"HTTP/1.1 100 Continue\r\n\r\n" + HEAD + b"\r\n" + EVENTS,
}


@pytest.mark.parametrize("form", ANSWERS)
@pytest.mark.parametrize("size", [1, 2, 3, 5, 64, 10000])
def test_an_answer_in_pieces_of_any_size(form: str, size: int) -> None:
    reply = Reply()
    data = ANSWERS[form]
    found = [event for at in range(0, len(data), size) for event in reply.feed(data[at : at + size])]
    assert found == FOUND and reply.status == 200 and reply.over is (form != "to the end")


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/2 200\r\n",
        b"SSH-2.0-OpenSSH\r\n",
        b"HTTP/1.1 2x0 OK\r\n",
        b"\n" * 3,
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n",
        HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n",
        HEAD + b"Content-Encoding: gzip\r\n\r\n",
        HEAD + b"Content-Length: -1\r\n\r\n",
        HEAD + b"Content-Length: 99999999999\r\n\r\n",
        HEAD + b"X: \xff\r\n\r\n",
        HEAD + b"A: b\r\n" * 100,
        HEAD + b"A: " + b"b" * 5000,
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nfffffffff\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n+2\r\nab\r\n",
        HEAD + b"\r\ndata: " + b"x" * 5000,
        HEAD + b"\r\n" + b"data: xxxxxxxx\n" * 500,
        HEAD + b"\r\n" + b": alive\n\n" * 40000,
    ],
)
def test_what_is_no_answer_ends_it(data: bytes) -> None:
    """Nothing that a server sends grows without a bound, or is taken for something else."""
    reply = Reply()
    with pytest.raises(Malformed):
        for at in range(0, len(data), 100):
            reply.feed(data[at : at + 100])
