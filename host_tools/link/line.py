"""The host's end of the line to a watch: frames, sessions and pairing as in firmware/link, over any byte stream.

The firmware's own modules make the frames and the proofs, so both ends cannot disagree (docs/protocol.md).
"""

import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import simulator  # noqa: F401  makes the firmware importable
from firmware.link import session
from firmware.link.frames import Reader, frame
from firmware.link.pairing import Pairing
from firmware.storage.crypto import Broken, equal

_TIMEOUT = 10.0  # seconds without any answer


class Stream(Protocol):
    """A serial port, a socket, or a watch in the same process."""

    def read(self, size: int) -> bytes:
        """Wait a moment for bytes, at most `size` of them; b"" if there were none."""

    def write(self, data: bytes) -> Any:
        """Write all of it."""


class LineError(Exception):
    """The watch cannot be reached, or does not answer as a watch does. The text says what to do."""


class Refused(Exception):
    """The watch answered with an error. code: JSON-RPC's or -32000 (no session), -32001 (not proved)."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(str(error.get("message", "")))
        self.code: int = error.get("code", 0)
        self.data: dict[str, Any] = error.get("data", {})


@dataclass(frozen=True)
class Hello:
    """What a watch says of itself to anybody: its public id, whether it is set up, whether it knows this host."""

    watch: bytes
    protocol: int
    set_up: bool
    known: bool
    recovery: str = ""  # why it runs no firmware of its own, if so


class Line:
    """One connection. `host`: this host's id, 8 bytes. random(n) -> n bytes."""

    def __init__(self, stream: Stream, host: bytes, random: Callable[[int], bytes] = secrets.token_bytes) -> None:
        self._stream = stream
        self._host = host
        self._random = random
        self._reader = Reader()
        self._waiting: list[bytes] = []
        self._session: session.Session | None = None
        self._number = 0
        self._greeting: dict[str, Any] = {}
        self._nonce = b""

    # --- requests

    def call(self, method: str, timeout: float = _TIMEOUT, **params: Any) -> Any:
        """One request and its result. Refused with the watch's words; LineError if nothing comes back."""
        self._number += 1
        request = {"jsonrpc": "2.0", "id": self._number, "method": method, "params": params}
        body = json.dumps(request, ensure_ascii=False, separators=(",", ":")).encode()
        self._stream.write(frame(self._session.seal(body) if self._session else body))
        answer = self._answer(timeout)
        if "error" in answer:
            raise Refused(answer["error"])
        return answer["result"]

    def _answer(self, timeout: float) -> dict[str, Any]:
        """The answer to the request with the last number; older ones, which nobody waits for any more, are skipped."""
        until = time.monotonic() + timeout
        while True:
            answer = self._parsed(self._body(until))
            if answer.get("id") == self._number or answer.get("id") is None:
                return answer

    def _body(self, until: float) -> bytes:
        while not self._waiting:
            if time.monotonic() > until:
                raise LineError("The watch does not answer. Is it switched on, and does another program use its port?")
            self._waiting += self._reader.feed(self._stream.read(4096))
        return self._waiting.pop(0)

    def _parsed(self, body: bytes) -> dict[str, Any]:
        if session.is_sealed(body):
            if self._session is None:
                return {"id": 0}  # of a session that is over
            try:
                body = self._session.unseal(body)
            except Broken as broken:
                self._session = None
                raise LineError("The session broke: somebody or something changed a frame. Connect again.") from broken
        elif self._session is not None and b'"error"' in body:
            self._session = None  # the watch has ended it, and says so in the clear
        try:
            answer = json.loads(body)
        except ValueError as error:
            raise LineError("The watch sent something that is no message.") from error
        if not isinstance(answer, dict):
            raise LineError("The watch sent something that is no answer.")
        return answer

    # --- opening a session

    def hello(self, timeout: float = _TIMEOUT) -> Hello:
        """Greet the watch; ends a session that was open."""
        self._session = None
        self._nonce = self._random(session.NONCE)
        self._greeting = self.call("link.hello", timeout, host=self._host.hex(), nonce=self._nonce.hex())
        return Hello(
            bytes.fromhex(self._greeting["watch"]),
            self._greeting["protocol"],
            self._greeting["set_up"],
            "proof" in self._greeting,
            str(self._greeting.get("recovery", "")),
        )

    def open(self, key: bytes) -> None:
        """After `hello`: prove the pairing key both ways. LineError if the watch does not have it."""
        watch, nonce = bytes.fromhex(self._greeting["watch"]), bytes.fromhex(self._greeting["nonce"])
        bound = session.transcript(self._host, watch, self._nonce, nonce)
        shown = bytes.fromhex(self._greeting.get("proof", ""))
        if not equal(shown, session.proof(key, session.WATCH, bound)):
            raise LineError("This is not the watch that this host was paired with, or it was wiped since. Pair again.")
        self.call("link.open", proof=session.proof(key, session.HOST, bound).hex())
        self._session = session.Session(key, bound, session.HOST, self._random)

    def pair(self, ask_for_code: Callable[[], str]) -> tuple[bytes, bytes]:
        """Pair by the six digits that the watch shows now; a session is open afterwards: (watch's id, pairing key).

        The digits are never sent. Refused if they were not right: the watch counts tries."""
        self._session = None
        shown = self.call("link.code")
        watch = bytes.fromhex(shown["watch"])
        attempt = Pairing(True, ask_for_code(), self._random)
        own = self._random(session.NONCE)
        bound = session.transcript(self._host, watch, own, bytes.fromhex(shown["nonce"]))
        key = attempt.key(bytes.fromhex(shown["public"]), bound)
        answer = self.call(
            "link.pair",
            timeout=60.0,  # seconds of big numbers on a board
            host=self._host.hex(),
            nonce=own.hex(),
            public=attempt.public.hex(),
            proof=session.proof(key, session.HOST, bound).hex(),
        )
        if not equal(bytes.fromhex(answer["proof"]), session.proof(key, session.WATCH, bound)):
            raise LineError("Something in between pretends to be the watch. Unplug it and look at the cable.")
        self._session = session.Session(key, bound, session.HOST, self._random)
        return watch, key
