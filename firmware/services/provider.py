"""The assistant's provider: chat completions as OpenAI has published them, streamed, over HTTPS to the one endpoint
that a guardian has set (requirements B12, G14; services/assistant.py has the contract).

What goes out is the model's name, two lines that say how to answer a child, the question, and that nothing is to be
stored: no name, no number, no earlier question, no id of this watch. Redirects are not followed: where one points to
is asked of the one door, which refuses and journals it.
"""

import errno
import json

from micropython import const

from firmware.policy.resting import copy_of
from firmware.services.transport.egress import opened
from firmware.services.transport.events import Malformed, Reply
from firmware.storage.journal import encode

_PURPOSE = const("assistant")
_PATIENCE = const(30)  # seconds without a word, from the question on: a small model at home may need some for the first
_READS = const(8)  # pieces read in one turn
_TOKENS = const(400)  # of an answer: a little more than what is shown of one
_PATH = "/v1/chat/completions"
_DONE = b"[DONE]"

_TASK = {
    "zh": "你是回答小学生问题的程序。用简短、平实的句子回答，不用表格和标记。不要问孩子的个人情况，不要装成人。",
    "en": "You are a program that answers questions of a child. Use short, plain sentences, no tables and no markup. "
    "Ask nothing about the child. Do not pretend to be a person.",
}


class Provider:
    """engine; wireless: services/transport/wireless.py."""

    def __init__(self, engine, wireless):
        self._engine = engine
        self._wireless = wireless
        self._stream = None
        self._out = b""
        self._host = ""
        self._port = 0
        self._reply = Reply()
        self._pieces = []
        self._complete = False
        self._asking = False
        self._answer_by = 0

    def question(self, question):
        """As the contract says; the connection is made while `poll` is asked."""
        self.cancel()
        endpoint = copy_of(self._engine.rules["network"]).endpoint(_PURPOSE)
        if endpoint is None:
            return False
        _, host, port, name, _, model, secret, path = endpoint
        body = _body(model, question)
        head = "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n"
        head = head % (path or _PATH, name or host, len(body)) + "Accept: text/event-stream\r\nConnection: close\r\n"
        if secret:
            head += "Authorization: Bearer " + secret + "\r\n"
        self._out = head.encode() + b"\r\n" + body
        self._host, self._port = host, port
        self._reply, self._pieces, self._complete, self._asking = Reply(), [], False, True
        self._answer_by = self._engine.clock.powered + _PATIENCE
        return True

    def poll(self):
        """As the contract says."""
        if not self._asking:
            raise OSError(errno.ENOTCONN)
        try:
            if not self._pieces and not self._complete:
                self._run(self._engine.clock.powered)
        except (Malformed, ValueError, KeyError, IndexError, TypeError, RuntimeError):
            raise OSError(errno.EINVAL)
        if self._pieces:
            return self._pieces.pop(0)
        if self._complete:
            self.cancel()
            return ""
        return None

    def cancel(self):
        """As the contract says."""
        if self._stream is not None:
            self._stream.close()
        self._stream, self._out, self._pieces, self._asking = None, b"", [], False

    def _run(self, now):
        """What can be done now. OSError if the answer is lost."""
        self._wireless.want("wanted")
        if now >= self._answer_by:
            raise OSError(errno.ETIMEDOUT)
        if self._reply.over:
            raise OSError(errno.ECONNRESET)  # it ended without saying that this is the end
        if self._stream is None:
            if not self._wireless.joined:
                return
            self._stream = opened(self._engine, _PURPOSE, self._host, self._port)
        if not self._stream.ready():
            return
        while self._out:
            sent = self._stream.write(self._out)
            if not sent:
                return
            self._out = self._out[sent:]
        for _ in range(_READS):
            data = self._stream.read()
            if not data:
                return
            self._answer_by = now + _PATIENCE
            self._wireless.reached()
            events = self._reply.feed(data)
            self._judge()
            for event in events:
                self._take(event)
            if self._pieces or self._complete:
                return

    def _judge(self):
        """Anything but 200 is no answer, and nobody is followed anywhere else."""
        reply = self._reply
        if 300 <= reply.status < 400 and reply.location:
            host, port = _target(reply.location)
            self._engine.ask({"kind": "network.connect", "purpose": _PURPOSE, "host": host, "port": port})
            raise OSError(errno.EACCES)
        if reply.status >= 201:
            raise OSError(errno.ECONNRESET)

    def _take(self, event):
        """One event: a piece of text, the end, or something else that does not matter here."""
        if self._complete:
            return
        if event == _DONE:
            self._complete = True
            return
        found = json.loads(event.decode())
        if "error" in found:
            raise OSError(errno.ECONNRESET)
        choices = found["choices"]
        if not choices:  # such as the count of tokens at the end
            return
        text = choices[0].get("delta", {}).get("content")
        if text:
            self._pieces.append(_whole(text))
        if choices[0].get("finish_reason"):
            self._complete = True


def _body(model, question):
    """The request as JSON."""
    task = _TASK["zh" if question["language"] == "zh" else "en"]
    return (
        b'{"model":'
        + _quoted(model)
        + b',"stream":true,"store":false,"max_tokens":%d,"messages":[{"role":"system","content":' % _TOKENS
        + _quoted(task)
        + b'},{"role":"user","content":'
        + _quoted(question["text"])
        + b"}]}"
    )


def _quoted(text):
    return encode([text])[1:-1]


def _whole(text):
    """The text with every surrogate pair made one character: MicroPython's JSON leaves an escaped one in halves."""
    if not isinstance(text, str):
        raise TypeError
    try:
        data = text.encode()
    except UnicodeError:  # CPython, half of a pair
        raise ValueError
    at = data.find(b"\xed")
    while at >= 0:
        if data[at + 1] >= 0xA0:
            if len(data) < at + 6 or data[at + 1] >= 0xB0 or data[at + 3] != 0xED or data[at + 4] < 0xB0:
                raise ValueError
            high = (data[at + 1] & 15) << 6 | data[at + 2] & 63
            low = (data[at + 4] & 15) << 6 | data[at + 5] & 63
            data = data[:at] + chr(0x10000 + (high << 10 | low)).encode() + data[at + 6 :]
        at = data.find(b"\xed", at + 1)
    return data.decode()


def _target(location):
    """(host, port) of an address, as far as it can be told; ("", 0) of a path at the same place."""
    scheme, there, rest = location.partition("://")
    if not there:
        return "", 0
    host, _, port = rest.split("/")[0].rpartition("@")[2].partition(":")
    number = int(port) if port.isdigit() and len(port) <= 5 else 443 if scheme == "https" else 80
    return host[:64], min(number, 65535)
