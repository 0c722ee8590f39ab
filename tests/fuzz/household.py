"""A watch that is being fuzzed, and what must be true of it after every frame."""

import json
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import simulator  # noqa: F401  makes the firmware importable
from firmware.link import session
from firmware.link.frames import LIMIT, Reader, frame
from host_tools.link.line import Line, LineError, Refused
from host_tools.link.login import log_in, new_verifier
from simulator.portable.board import Drbg
from simulator.watch import Person, Watch
from tests.fuzz.frames import Frames, all_rules, fields_of

START = 212223600
PASSPHRASE = "three owls under the bridge"
HOST = b"fuzzhost"
STATES = ("plain", "proved", "plain", "lost", "proved", "tampered", "plain", "proved", "new")
BLOCK = 128  # frames
BLOCKS = ("noise", "stranger", "noise", "session")  # half does not arrive, a quarter is sealed by a paired host
# Records that an attacker may cause without anything having been allowed: the counted tries.
COUNTED = {"credentials.failed", "hosts.failed"}
# What a paired host may do without an owner's proof: what makes the watch stricter, or gives something back.
UNPROVED = {
    "administration.policy",
    "administration.setup",  # of a new watch
    "consent.refuse",
    "consent.withdraw",
    "blocking.protect_end",  # while no mode is on: nothing happens
    "contacts.remove",
    "credentials.logout",
    "location.app",
    "payments.lock",
    "usage.at_school",  # to take the mark away
    "usage.elsewhere",  # minutes only grow
}
_MOST_FLASH = 2_000_000  # bytes: nine segments of the journal, the denials and a little evidence
_VERIFIER = new_verifier(PASSPHRASE).fields()


class Broke(Exception):
    """The watch did what it must not do."""


class Fuzzed:
    """One round: a watch in a state, and `blocks` blocks of frames. seed: of everything."""

    def __init__(self, folder: Path, seed: str, state: str, runtime: str) -> None:
        self.chance = Random(seed)
        self.state = state
        self.runtime = runtime
        self.folder = folder
        self.watch = Watch(folder, START, runtime, seed=seed)
        self.frames = Frames(self.chance, fields_of(all_rules()))
        self.answers: Counter[tuple[str, str]] = Counter()  # by method and what came of it
        self.sent = 0
        self.last: list[bytes] = []  # what was written last, for whoever has to find a fault
        self._reader = Reader()
        self._coming = b""
        self._over = False  # wiped, or this host was thrown out: a new round begins
        self.line = Line(self, HOST, Drbg("host" + seed))
        self._prepare()

    # --- the line, as host_tools/link/line.py wants it

    def write(self, data: bytes) -> None:
        self.last = [*self.last[-40:], data]
        answer = self.watch.do("cable", data=data.hex())
        self._coming += bytes.fromhex(answer["data"])
        if answer["restart"]:
            self.watch.reboot()
            self._over = True

    def read(self, size: int) -> bytes:
        data, self._coming = self._coming[:size], self._coming[size:]
        if not data:
            raise Broke("no answer to a good frame")
        return data

    def _bodies(self) -> list[bytes]:
        """What the watch has written: whole frames and nothing else."""
        data, self._coming = self._coming, b""
        bodies = self._reader.feed(data)
        self._must(b"".join(frame(body) for body in bodies) == data, "the watch wrote something that is no frame")
        return bodies

    @staticmethod
    def _must(holds: bool, what: str) -> None:
        if not holds:
            raise Broke(what)

    # --- before

    def _prepare(self) -> None:
        self.key = self._pair()
        if self.state == "new":
            return
        call = self.line.call
        fields: dict[str, Any] = {
            "wall": START,
            "birth_year": 2017,
            "birth_month": 3,
            "profile": "cn-ccia",
            "pin": "280519",
        }
        more: dict[str, Any] = {
            "language": "en",
            "owner": "mum",
            "region": "cn",
            "numbers": ["13900000001"],
            **_VERIFIER,
        }
        self._must(call("administration.setup", **fields, **more)["verdict"] == "allow", "set-up")
        log_in(self.line, "owner", PASSPHRASE)
        acts: tuple[tuple[str, dict[str, Any]], ...] = (
            ("hosts.keep", {"name": "desk"}),
            ("contacts.add", {"name": "Lin", "address": "lin", "key": Person("Lin").key.hex(), "role": "friend"}),
            ("consent.give", {"purpose": "location", "manifest": 1}),
            ("administration.grant", {"key": "contacts.cap", "value": 20, "minutes": 60}),
        )
        for name, params in acts:
            self._must(call(name, **params)["verdict"] == "allow", name)
        lin = Person("Lin")
        self.watch.agree(lin)
        for words in ("hello", "you are stupid", "nobody likes you"):
            self.watch.message(lin, words)
        self.watch.press(lin)
        if self.state == "lost":
            self._must(call("administration.lost", message="call me")["verdict"] == "allow", "lost")
        if self.state == "tampered":
            newest = max(path for path in (self.folder / "flash").glob("j*"))
            data = bytearray(newest.read_bytes())
            data[-5] ^= 1
            newest.write_bytes(data)
            self.watch.reboot()
            self.line.hello()

    def _pair(self) -> bytes:
        def code() -> str:
            self.watch.do("in_hand")
            seen = self.watch.seen()["seen"]
            return next(str(fields["code"]) for kind, fields in reversed(seen) if kind == "pairing_code")

        return self.line.pair(code)[1]

    def _open(self) -> None:
        """Open a session, with an owner's proof where the round has one."""
        try:
            if self.state == "new" and not self.watch.do("state")["set_up"]:
                self._pair()
                return
            hello = self.line.hello()
            if not hello.known:
                self._over = True  # a request with an owner's proof has removed this host
                return
            self.line.open(self.key)
            if self.state == "proved":
                self._log_in()
        except (Refused, LineError) as refused:
            # Locked out, or the passphrase is another: both of this fuzzer's doing.
            self._must(self.state in ("proved", "new"), "a good host was turned away: %s" % refused)
            self._over = True

    def _log_in(self) -> None:
        """Wait for the end of a lock-out that wrong tries have earned, then prove the passphrase."""
        for _ in range(2):
            try:
                return log_in(self.line, "owner", PASSPHRASE)
            except Refused as refused:
                wait = refused.data.get("wait", 0)
                if not wait:
                    raise
                self.watch.advance(wait)

    # --- blocks

    def block(self, kind: str) -> bool:
        """One block of frames, and what must hold after it. False if this watch is used up."""
        self.watch.advance(self.chance.choice((0, 0, 1, 61, 301, 3601)))
        if kind == "session" or self.chance.random() < 0.5:
            self._open()
        if self._over:
            return False
        before, records = self._digest()
        allowed = getattr(self, "_" + kind)()
        after, now = self._digest()
        new = {record[3] for record in self.watch.journal(after=records)["records"]} if now > records else set()
        if not allowed:
            self._must(new <= COUNTED, "records without anything allowed: %s" % sorted(new))
            self._must(bool(new) or before == after, "the state changed without a record")
        self._must(self._flash() < _MOST_FLASH, "the flash fills up")
        self._reader, self._coming = Reader(), b""
        self.line.hello()  # Broke if nothing comes back
        return not self._over

    def _digest(self) -> tuple[str, int]:
        """The state in short, and the number of the last record."""
        found = self.watch.do("state")
        return found["digest"], found["seq"]

    def _flash(self) -> int:
        return sum(path.stat().st_size for path in (self.folder / "flash").iterdir())

    def _noise(self) -> int:
        """Lines that are no frames, some at a time; an open session goes on behind them."""
        for _ in range(BLOCK // 8):
            self.write(b"".join(self.frames.noise() for _ in range(8)))
            self.sent += 8
            self._must(self._bodies() == [], "an answer to noise")
        if self.line._session:
            self.write(frame(self.line._session.seal(b'{"jsonrpc":"2.0","id":1,"method":"status.read"}')))
            (body,) = self._bodies()
            self._must(
                session.is_sealed(body) and b'"result"' in self.line._session.unseal(body), "noise ended a session"
            )
        return 0

    def _stranger(self) -> int:
        """Frames that nobody with a key has sealed: an answer at most, and never one that allows or tells."""
        for _ in range(BLOCK):
            body = self.frames.stranger()
            self.write(frame(body))
            self.sent += 1
            bodies = self._bodies()
            self._must(len(bodies) <= 1, "two answers to one frame")
            for answer in bodies:
                self._must(not session.is_sealed(answer), "a sealed answer to a stranger")
                found = json.loads(answer)
                self._must("error" in found or set(found["result"]) <= _PUBLIC, "a stranger was told %r" % found)
                self._count(body, found)
            self._hear(body, bodies)
        return 0

    def _session(self) -> int:
        """Sealed frames with all sorts of requests: one sealed answer each. The number of those that were allowed."""
        allowed = 0
        for _ in range(BLOCK):
            opened = self.line._session
            if self._over or opened is None:
                break
            body = self.frames.request()
            sealed = opened.seal(body)
            self.write(frame(sealed))
            self.sent += 1
            bodies = self._bodies()
            self._hear(sealed, bodies)
            if not bodies:
                self._must(self._may_be_silent(body) or self._over, "no answer in a session")
                allowed += 1  # what a notification did is not told
                continue
            (answer,) = bodies
            self._must(len(answer) <= LIMIT, "an answer that is too long")
            if not session.is_sealed(answer):  # it has asked for a new beginning: link.hello, link.code
                self.line._session = None
                self._count(body, json.loads(answer))
                self._open()
                continue
            found = json.loads(opened.unseal(answer))
            self._count(body, found)
            if isinstance(found.get("result"), dict) and found["result"].get("verdict") == "allow":
                allowed += 1
                method = _method(body)
                if self.state != "proved":
                    self._must(method in UNPROVED, "allowed without a proof: " + method)
        return allowed

    def _may_be_silent(self, body: bytes) -> bool:
        """True for a notification. MicroPython reads some text as JSON that is none, and may find no id in it."""
        try:
            request = json.loads(body)
        except ValueError:
            return self.runtime == "micropython"
        return isinstance(request, dict) and "id" not in request

    def _hear(self, body: bytes, answers: list[bytes]) -> None:
        self.frames.heard = [*self.frames.heard[-30:], body, *answers]

    def _count(self, body: bytes, answer: dict[str, Any]) -> None:
        came = answer.get("error", {}).get("code", "result")
        self._must(came != -32603, "the watch stumbled over %r: %s" % (body, answer))
        if isinstance(answer.get("result"), dict):
            came = answer["result"].get("verdict", "result")
        self.answers[_method(body), str(came)] += 1


_PUBLIC = {"watch", "nonce", "protocol", "set_up", "proof", "public", "seconds"}


def _method(body: bytes) -> str:
    try:
        return str(json.loads(body)["method"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
