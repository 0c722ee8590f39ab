"""An answer over HTTP/1.1 (RFC 9112) whose body is a stream of events (HTML standard, 9.2.6), in pieces of any size.

Everything has a bound: a line, the head, the whole body. What breaks one, or is no such answer, raises Malformed.
"""

from micropython import const

_LINE = const(4096)  # bytes of one line, and of one event
_HEAD = const(64)  # lines of the head
_BODY = const(262144)  # bytes of the body
_DIGITS = const(7)  # of a size: it must be a small integer on every watch
_OPEN = const(-1)  # the body ends with the connection

_STATUS = const(0)
_HEADER = const(1)
_SIZE = const(2)  # the line before a chunk (7.1)
_DATA = const(3)
_AFTER = const(4)  # the empty line behind a chunk
_TRAILER = const(5)


class Malformed(Exception):
    """The other side does not answer as it should."""


class Reply:
    """feed(bytes) -> the data of all events that they complete. status: 0 until it is known; location: where a redirect
    points to; over: the body is complete."""

    def __init__(self):
        self.status = 0
        self.location = ""
        self.over = False
        self._stage = _STATUS
        self._rest = b""
        self._lines = 0
        self._chunked = False
        self._left = _OPEN
        self._taken = 0
        self._part = b""  # of a line of the body
        self._event = b""
        self._is_stream = False

    def feed(self, data):
        """The data of the events that are complete now, oldest first."""
        found = []
        rest = self._rest + data
        while rest and not self.over:
            if self._stage == _DATA:
                piece = rest if self._left == _OPEN else rest[: self._left]
                rest = rest[len(piece) :]
                self._body(piece, found)
                if self._left != _OPEN:
                    self._left -= len(piece)
                    if not self._left:
                        self._stage = _AFTER
                        self.over = not self._chunked
                continue
            at = rest.find(b"\n")
            if at < 0:
                if len(rest) > _LINE:
                    raise Malformed("line")
                break
            line = rest[:at]
            rest = rest[at + 1 :]
            self._line(line[:-1] if line[-1:] == b"\r" else line)
        self._rest = rest
        return found

    # --- the head, and chunks

    def _line(self, line):
        self._lines += 1
        if self._lines > _HEAD and self._stage in (_STATUS, _HEADER, _TRAILER):
            raise Malformed("head")
        if self._stage == _STATUS:
            if line[:7] != b"HTTP/1." or line[8:9] != b" ":
                raise Malformed("status")
            self.status = _number(line[9:12], 10)
            self._stage = _HEADER
        elif self._stage == _HEADER:
            if line:
                self._header(line)
            else:
                self._begin()
        elif self._stage == _SIZE:
            self._left = _number(line.split(b";")[0].strip(), 16)
            self._stage = _DATA if self._left else _TRAILER
            self._lines = 0
        elif self._stage == _AFTER:
            if line:
                raise Malformed("chunk")
            self._stage = _SIZE
        elif not line:
            self.over = True

    def _header(self, line):
        name, _, value = _split(line)
        if name == "transfer-encoding":
            if value.lower() != "chunked":
                raise Malformed("encoding")
            self._chunked = True
        elif name == "content-length":
            self._left = _number(value.encode(), 10)
        elif name == "content-encoding" and value.lower() != "identity":
            raise Malformed("encoding")
        elif name == "content-type":
            self._is_stream = value.lower()[:17] == "text/event-stream"
        elif name == "location":
            self.location = value

    def _begin(self):
        if 100 <= self.status < 200:  # "wait": the answer itself follows (RFC 9110, 15.2)
            self._stage = _STATUS
        elif self._chunked:
            self._stage = _SIZE
        else:
            self._stage = _DATA
            self.over = self._left == 0
        if self.status == 200 and not self._is_stream:
            raise Malformed("type")

    # --- the body

    def _body(self, piece, found):
        self._taken += len(piece)
        if self._taken > _BODY:
            raise Malformed("length")
        rest = self._part + piece
        while True:
            at = rest.find(b"\n")
            if at < 0:
                break
            line = rest[:at]
            rest = rest[at + 1 :]
            self._field(line[:-1] if line[-1:] == b"\r" else line, found)
        if len(rest) > _LINE:
            raise Malformed("line")
        self._part = rest

    def _field(self, line, found):
        """One line of the stream: data, the empty line behind an event, or something that does not matter here."""
        if not line:
            if self._event:
                found.append(self._event)
            self._event = b""
        elif line[:5] == b"data:":
            data = line[6:] if line[5:6] == b" " else line[5:]
            self._event = self._event + b"\n" + data if self._event else data
            if len(self._event) > _LINE:
                raise Malformed("event")


def _split(line):
    """(name in small letters, ":", value) of a header line, whatever bytes are in it."""
    try:
        name, colon, value = line.decode().partition(":")
    except UnicodeError:
        raise Malformed("header")
    return name.lower(), colon, value.strip()


def _number(digits, base):
    if not 1 <= len(digits) <= _DIGITS:
        raise Malformed("number")
    for digit in digits.lower():
        if digit not in b"0123456789abcdef"[:base]:
            raise Malformed("number")
    return int(digits, base)
