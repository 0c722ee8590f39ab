"""One message a line, found again after any garbage (requirement E8).

    frame = RS | CRC-32 of the body, 8 lower-case hex digits | body | LF

RS (0x1E) opens a message as in JSON text sequences (RFC 7464), so that whatever else is written to the line, such as
the boot messages of a chip, is skipped. A body is UTF-8 without control characters: JSON, or sealed (session.py).
"""

import binascii

from micropython import const

LIMIT = 4096  # bytes of a frame between RS and LF; a longer one is dropped

_RS = const(b"\x1e")
_LF = const(b"\n")
_CRC = const(8)


def frame(body):
    """The bytes to write for a body. ValueError if it cannot be a frame."""
    if len(body) > LIMIT - _CRC or body.find(_LF) >= 0 or body.find(_RS) >= 0:
        raise ValueError("not the body of a frame")
    return _RS + b"%08x" % binascii.crc32(body) + body + _LF


class Reader:
    """Takes bytes in pieces of any size and finds the frames. Holds at most one frame; never raises.

    dropped: frames that began and were broken: cut off, too long, or with a wrong checksum. open: inside a frame."""

    def __init__(self):
        self.dropped = 0
        self.open = False
        self._held = bytearray()

    def feed(self, data):
        """The bodies of all frames that `data` completes, as a list."""
        found = []
        at = 0
        while at < len(data):
            start = data.find(_RS, at)
            if not self.open:
                if start < 0:
                    return found
                self._begin()
                at = start + 1
                continue
            end = data.find(_LF, at)
            if start >= 0 and (end < 0 or start < end):
                self.dropped += 1  # another one begins before this one has ended
                self._begin()
                at = start + 1
            elif end < 0:
                self._hold(data[at:])
                return found
            else:
                self._hold(data[at:end])
                self._finish(found)
                at = end + 1
        return found

    def _begin(self):
        self.open = True
        self._held = bytearray()

    def _hold(self, piece):
        if self.open and len(self._held) + len(piece) > LIMIT:
            self.dropped += 1
            self.open = False
        if self.open:
            self._held += piece

    def _finish(self, found):
        if not self.open:
            return  # it was too long
        self.open = False
        body = bytes(self._held[_CRC:])
        if bytes(self._held[:_CRC]) == b"%08x" % binascii.crc32(body):
            found.append(body)
        else:
            self.dropped += 1
