"""The packets of MQTT 3.1.1 (OASIS, 2014) that a client needs for QoS 1, and a parser that takes bytes as they come.

Packet types are the high four bits of the first byte (section 2.2.1). Strings are UTF-8 behind a length of two bytes.
"""

import struct

from micropython import const

CONNACK = const(0x20)
PUBLISH = const(0x30)
PUBACK = const(0x40)
SUBACK = const(0x90)
PINGRESP = const(0xD0)

PING = b"\xc0\x00"
GOODBYE = b"\xe0\x00"  # DISCONNECT

_WIDEST = const(4)  # bytes of a length (2.2.3)


class Malformed(Exception):
    """The other side does not speak MQTT 3.1.1."""


def _string(data):
    return struct.pack(">H", len(data)) + data


def _packet(first, body):
    out = bytearray((first,))
    left = len(body)
    while left > 127:
        out.append(left & 127 | 128)
        left >>= 7
    out.append(left)
    return bytes(out) + body


def connect(client, user, password, keepalive, topic, will):
    """CONNECT with a session that outlives the connection, and the last words (`will`, at QoS 1) for `topic`; a topic
    of b"" goes without. user b"": no name and no password. All are bytes, keepalive is seconds (3.1)."""
    flags, body = 0, _string(client)
    if topic:
        flags |= 0x0C
        body += _string(topic) + _string(will)
    if user:
        flags |= 0xC0
        body += _string(user) + _string(password)
    return _packet(0x10, _string(b"MQTT") + bytes((4, flags)) + struct.pack(">H", keepalive) + body)


def publish(topic, payload, number, again):
    """PUBLISH at QoS 1; again: it may have arrived before (3.3)."""
    return _packet(0x3A if again else 0x32, _string(topic) + struct.pack(">H", number) + payload)


def acknowledge(number):
    """PUBACK (3.4)."""
    return _packet(0x40, struct.pack(">H", number))


def subscribe(topics, number):
    """SUBSCRIBE at QoS 1 (3.8)."""
    return _packet(0x82, struct.pack(">H", number) + b"".join([_string(topic) + b"\x01" for topic in topics]))


def unsubscribe(topic, number):
    """UNSUBSCRIBE (3.10)."""
    return _packet(0xA2, struct.pack(">H", number) + _string(topic))


class Parser:
    """Takes bytes in any pieces. Of a packet longer than `limit` only the beginning is kept: enough to acknowledge it,
    so that a broker does not send it for ever."""

    def __init__(self, limit):
        self._limit = limit
        self._rest = b""  # bytes behind the packet that was taken last
        self._inside = False  # its head has been read
        self._body = b""
        self._first = 0
        self._left = 0  # bytes that still belong to it

    def feed(self, data):
        """The next packet as (first byte, body, whole), or None if more bytes are needed. Feed b"" for what else came.

        whole False: the body was too long and is cut. Malformed: the length is none."""
        self._rest += data
        if not self._inside and not self._head():
            return None
        piece = self._rest[: self._left]
        self._rest = self._rest[len(piece) :]
        self._left -= len(piece)
        self._body += piece[: max(self._limit - len(self._body), 0)]
        if self._left:
            return None
        found = self._first, self._body, self._whole
        self._inside = False
        return found

    def _head(self):
        size = 0
        for at in range(1, len(self._rest)):
            byte = self._rest[at]
            size |= (byte & 127) << 7 * (at - 1)
            if byte < 128:
                self._first, self._left = self._rest[0], size
                self._inside, self._body = True, b""
                self._whole = size <= self._limit
                self._rest = self._rest[at + 1 :]
                return True
            if at == _WIDEST:
                raise Malformed("length")
        return False


def message(first, body):
    """(topic, packet number or 0, payload) of a PUBLISH. Malformed if it is none that this client asked for."""
    if len(body) < 4 or first & 6 > 2:
        raise Malformed("publish")
    size = struct.unpack(">H", body[:2])[0]
    start = 2 + size + (2 if first & 6 else 0)
    if start > len(body):
        raise Malformed("publish")
    number = struct.unpack(">H", body[2 + size : start])[0] if first & 6 else 0
    return bytes(body[2 : 2 + size]), number, bytes(body[start:])
