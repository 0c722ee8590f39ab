"""The watch's end of the line: a deadline machine that answers one JSON-RPC 2.0 request after the other.

    closed   anybody on the cable: link.hello, link.code, and one of the two that open a session
    open     a host that has proved its pairing key: everything in methods.py, sealed

The first frame that does not open ends the session (B4). What is refused is counted in the journal's denials. Nothing
here waits: SOS, calls and the one button never depend on what the line does.
"""

import json

from micropython import const

from firmware.link import session
from firmware.link.frames import Reader, frame
from firmware.link.json_text import dumps
from firmware.link.login import final, first
from firmware.link.session import HOST, NONCE, WATCH, Session
from firmware.loading import forget
from firmware.policy.decision import BadRequest
from firmware.policy.request import has_surrogate
from firmware.policy.resting import copy_of
from firmware.policy.rules.credentials import HOST as CHANNEL
from firmware.storage.crypto import Broken, equal

PROTOCOL = 1
_CODE_SECONDS = const(120)  # B5

_PARSE = const(-32700)  # JSON-RPC 2.0, section 5.1
_INVALID = const(-32600)
_NO_METHOD = const(-32601)
_PARAMS = const(-32602)
_INTERNAL = const(-32603)
_CLOSED = const(-32000)  # ours: there is no session, or it has just ended
_TOO_LONG = const(-32002)  # ours: the answer is longer than a frame
_LONGEST = const(2990)  # bytes of an answer: sealed and in base64 it just fits into a frame
_REFUSED = const(-32001)  # ours: a proof or a code that is not right


class Failed(Exception):
    """An answer that is an error: code, words, and what the caller needs to know besides."""

    def __init__(self, code, words, data=None):
        super().__init__(words)
        self.error: dict = {"code": code, "message": words}
        if data is not None:
            self.error["data"] = data


class Server:
    """engine; hosts: services/hosts.py; port with read() -> bytes that have come, write(bytes); identity: the watch's
    public id (8 bytes); random(n) -> n bytes; call(method, params, server): see methods.py; data: what came first."""

    def __init__(self, engine, hosts, port, identity, random, call, data=b""):
        self._engine = engine
        self._hosts = hosts
        self._port = port
        self._id = identity
        self._random = random
        self._call = call
        self._reader = Reader()
        self._data = data
        self.end()

    def end(self):
        """Close the session, with the proof that a guardian gave in it, and forget what a handshake has begun."""
        self._engine.rules["credentials"].proofs.pop(CHANNEL, None)
        self._session = None
        self._asked: tuple = ()  # (host id, transcript, pairing key) after link.hello
        self._pairing: tuple = ()  # (attempt, nonce, powered time of its end) while a code is shown
        self._held = False  # and somebody has pressed for it on the watch; new digits want a new press
        self._auth = ""  # what a login in progress has to prove
        self.host = b""  # id of the host in session
        self.log_place = (0, 0, 0)  # number, segment and end of the last record that log.read gave
        self.let_in = False  # that host is one that an owner keeps
        self.fresh_key = None  # of a host that has just been paired and is not kept yet

    @property
    def idle(self):
        """True while there is nothing that a new server would not know."""
        return self._session is None and not self._pairing and not self._asked and not self._reader.open

    def step(self, now):
        """Answer what has come. Returns the powered time of the next need, or None."""
        data, self._data = self._data or self._port.read(), b""
        dropped = self._reader.dropped
        for body in self._reader.feed(data):
            self._receive(body, now)
        if self._reader.dropped > dropped:
            self._hosts.refused("line")
        if self._pairing and now >= self._pairing[2]:
            self._hide_code()
        return self._pairing[2] if self._pairing else None

    def _receive(self, body, now):
        sealed = session.is_sealed(body)
        try:
            if sealed:
                body = self._open(body)
            answer = self._answer(body, now, sealed)
        except Failed as failed:  # without a request there is no id to answer to
            answer = {"error": failed.error, "id": None}
            sealed = False
        if answer is None:
            return
        answer["jsonrpc"] = "2.0"
        text = dumps(answer)
        if len(text) > _LONGEST:  # nothing that is asked over the line may stop the watch
            answer["error"] = {"code": _TOO_LONG, "message": "the answer does not fit into a frame"}
            answer.pop("result", None)
            text = dumps(answer)
        self._port.write(frame(self._session.seal(text) if sealed and self._session else text))

    def _open(self, body):
        if self._session is None:
            self._hosts.refused("frame")
            raise Failed(_CLOSED, "there is no session: say link.hello first")
        try:
            return self._session.unseal(body)
        except Broken as broken:
            self._hosts.refused("frame")
            self.end()
            raise Failed(_CLOSED, "the session has ended: a frame did not open (%s)" % broken)

    def _answer(self, body, now, sealed):
        """The answer to one request, or None to a notification."""
        number = None
        try:
            request = _parse(body)
            number = request.get("id")
            result = self._run(request["method"], request.get("params", {}), now, sealed)
        except BadRequest as bad:
            answer: dict = {"error": {"code": _PARAMS, "message": str(bad), "data": {"field": bad.field}}}
        except Failed as failed:
            answer = {"error": failed.error}
        except Exception as error:  # no heap, a flash that does not answer: nothing that is asked stops the watch
            answer = {"error": {"code": _INTERNAL, "message": "the watch could not answer: " + type(error).__name__}}
        else:
            if "id" not in request:
                return None
            answer = {"result": result}
        answer["id"] = number
        return answer

    def _run(self, method, params, now, sealed):
        if method == "link.hello":
            return self._hello(params)
        if method == "link.code":
            return self._show_code(now)
        if method == "link.pair":
            return self._pair(params, now)
        if method == "link.open":
            return self._prove(params)
        if not sealed:
            raise Failed(_CLOSED, "there is no session: say link.hello first")
        if method == "login.first":
            return self._log_in(params)
        if method == "login.final":
            auth, self._auth = self._auth, ""
            if not auth:
                raise Failed(_CLOSED, "say login.first first")
            return final(self._engine, params, auth)
        found = self._call(method, params, self)
        if found is None:
            raise Failed(_NO_METHOD, "there is no such method: " + method)
        return found

    def _log_in(self, params):
        answer, self._auth = first(self._engine, params, self._random)
        return answer

    # --- opening a session

    def _hello(self, params):
        self.end()
        host, nonce = _bytes(params, "host", 8), _bytes(params, "nonce", NONCE)
        own = self._random(NONCE)
        key = copy_of(self._engine.rules["hosts"]).key(host)
        answer = {
            "watch": self._id.hex(),
            "nonce": own.hex(),
            "protocol": PROTOCOL,
            "set_up": self._engine.rules["administration"].is_set_up,
        }
        if key:
            bound = session.transcript(host, self._id, nonce, own)
            self._asked = host, bound, key
            answer["proof"] = session.proof(key, WATCH, bound).hex()
        return answer

    def _prove(self, params):
        if not self._asked:
            self._hosts.refused("proof")
            raise Failed(_CLOSED, "say link.hello first; this host may have to be paired")
        host, bound, key = self._asked
        self._asked = ()
        if not equal(_bytes(params, "proof", 16), session.proof(key, HOST, bound)):
            self._hosts.refused("proof")
            raise Failed(_REFUSED, "this is not the host it says it is")
        self._begin(host, bound, key)
        self.let_in = True
        return {}

    def _begin(self, host, bound, key):
        self._session = Session(key, bound, WATCH, self._random)
        self.host = host

    # --- pairing

    def _show_code(self, now):
        """Show six digits on the watch; the host answers with link.pair."""
        self.end()
        code, decision = self._hosts.show_code()
        if not code:
            raise Failed(_REFUSED, "not now", {"reason": decision.reason, "wait": decision.wait})
        from firmware.link.pairing import Pairing

        forget("firmware.link.pairing")
        self._pairing = Pairing(False, code, self._random), self._random(NONCE), now + _CODE_SECONDS
        return {
            "watch": self._id.hex(),
            "nonce": self._pairing[1].hex(),
            "public": self._pairing[0].public.hex(),
            "seconds": _CODE_SECONDS,
        }

    def in_hand(self):
        """The press on the watch without which no digits count, however they were found out (B6)."""
        self._held = bool(self._pairing)
        self._hosts.pressed()

    def _hide_code(self):
        self._pairing = ()
        self._hosts.hide_code()

    def _pair(self, params, now):
        if not self._pairing or now >= self._pairing[2]:
            raise Failed(_CLOSED, "no code is shown: say link.code first")
        if not self._held:
            raise Failed(_REFUSED, "press on the watch first: it then shows the digits")
        attempt, nonce, _ = self._pairing
        host, public = _bytes(params, "host", 8), _bytes(params, "public", 256)
        bound = session.transcript(host, self._id, _bytes(params, "nonce", NONCE), nonce)
        proved = _bytes(params, "proof", 16)
        self._hide_code()  # good for one try: the next one needs new digits
        try:
            key = attempt.key(public, bound)
        except Broken:
            raise Failed(_PARAMS, "public is no public value", {"field": "public"})
        if not equal(proved, session.proof(key, HOST, bound)):
            decision = self._hosts.wrong_code()
            raise Failed(_REFUSED, "the digits are not right", {"reason": decision.reason, "wait": decision.wait})
        self._begin(host, bound, key)
        self.fresh_key = key
        return {"proof": session.proof(key, WATCH, bound).hex()}


def _parse(body):
    """The request as a dict with a method and params that are a dict; Failed says what is wrong with it."""
    # An escaped surrogate becomes invalid UTF-8 on MicroPython, and CPython takes one that is not escaped; hosts send
    # UTF-8 as it is.
    if body.lower().find(b"\\ud") >= 0 or has_surrogate(body):
        raise Failed(_PARSE, "write characters as they are, not as \\u escapes of surrogates")
    try:
        request = json.loads(body.decode())
    except (ValueError, UnicodeError, RuntimeError, MemoryError):  # RuntimeError: nested too deep
        raise Failed(_PARSE, "this is not JSON")
    if not isinstance(request, dict) or not isinstance(request.get("method"), str):
        raise Failed(_INVALID, "this is not a JSON-RPC 2.0 request")
    if not isinstance(request.get("params", {}), dict):
        raise Failed(_PARAMS, "params must be an object")
    if not isinstance(request.get("id", 0), (int, str)):
        raise Failed(_INVALID, "id must be a number or a text")
    return request


def _bytes(params, name, size):
    """The bytes of a parameter in hexadecimal."""
    value = params.get(name)
    if not isinstance(value, str) or len(value) != 2 * size or value.strip("0123456789abcdef"):
        raise BadRequest(name, "must be %d bytes in hexadecimal" % size)
    return bytes.fromhex(value)
