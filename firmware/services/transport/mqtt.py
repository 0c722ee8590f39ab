"""A client of MQTT 3.1.1 at QoS 1 that is moved by steps. It knows topics and bytes, never what they mean.

One message is on its way out at a time and one waits to be taken, so the heap holds two at most; the broker keeps the
rest (its session outlives the connection). What came is acknowledged only when it has been dealt with: a message that
a power cut took comes again. Nothing that the broker says sets a clock.
"""

import struct

from micropython import const

from firmware.services.transport import packets

OFF = "off"
WAITING = "waiting"
CONNECTING = "connecting"
ONLINE = "online"

_LIMIT = const(6144)  # bytes of a packet that is taken; longer ones are acknowledged and dropped
_KEEPALIVE = const(120)  # seconds that the broker is told
_PING = const(60)  # seconds without a word of ours
_PATIENCE = const(20)  # seconds for an answer, and for a connection
_READS = const(16)  # pieces read in one step
_FIRST_DELAY = const(2)
_LONGEST_DELAY = const(256)
_TOPICS = const(8)  # in one SUBSCRIBE
_REFUSED = const(0x80)


class _Closed:
    """Stands for a stream while there is none."""

    def ready(self):
        return False

    def read(self):
        return b""

    def write(self, data):
        return 0

    def close(self):
        pass


_CLOSED = _Closed()


class Client:
    """open() -> a new stream (stream.py), or OSError; client, user, password: bytes, user b"" for none; random(n);
    last_words() -> (topic, payload) for the broker to publish when this client is lost, topic b"" for none."""

    def __init__(self, open_stream, client, user, password, random, last_words):
        self._open_stream = open_stream
        self._client = client
        self._user = user
        self._password = password
        self._random = random
        self._last_words = last_words
        self.topics = ()
        self.state = OFF
        self.connections = 0  # how often the broker has let this client in
        self.acknowledged = 0  # how many of its messages the broker has taken
        self.unclear = 0  # connections that ended since the other side did not speak MQTT
        self.message = None  # (topic, payload) that waits to be taken
        self._taken = 0  # its packet number
        self._stream = _CLOSED
        self._number = 0
        self._sending: list = []  # [topic, payload, packet number, sent before] without an acknowledgement
        self._delay = _FIRST_DELAY
        self._next_try = 0
        self._reset()

    def _reset(self):
        self._parser = packets.Parser(_LIMIT)
        self._out = b""
        self._admitted = False
        self._answer_by = 0  # powered time by which something awaited must have come; 0: nothing is
        self._ping_at = 0
        self._more = False  # the last step stopped reading before the end
        self._subscribing = 0  # answers to come until this client hears everything

    # --- for the carrier

    def publish(self, topic, payload):
        """Take one message on its way; False while another is."""
        if self._sending:
            return False
        self._sending = [topic, payload, self._next_number(), False]
        if self.state == ONLINE:
            self._put()
        return True

    @property
    def busy(self):
        """True while a message is on its way out."""
        return len(self._sending) > 0

    def done(self):
        """The message is dealt with: the broker may forget it."""
        if self._taken:
            self._out += packets.acknowledge(self._taken)
        self.message, self._taken = None, 0

    def leave(self, topic):
        """No messages of this topic any more."""
        if self.state == ONLINE:
            self._out += packets.unsubscribe(topic, self._next_number())

    def renew(self):
        """Subscribe anew: `topics` are others now."""
        if self.state == ONLINE:
            self._subscribe()

    def close(self):
        """Leave the broker in peace, without the last words."""
        if self.state == ONLINE:
            self._out += packets.GOODBYE
            try:
                self._write()
            except OSError:
                pass  # the broker finds out by itself
        self._drop()
        self.state = OFF
        self._next_try, self._delay = 0, _FIRST_DELAY

    # --- time

    def step(self, now):
        """One turn. Returns the powered time of the next need; `now`: as soon as there is time."""
        try:
            if self._stream is _CLOSED:
                if now < self._next_try:
                    return self._next_try
                self._connect(now)
            if self._stream.ready():
                self._run(now)
            if self._answer_by and now >= self._answer_by:
                raise OSError(110)  # ETIMEDOUT
        except (OSError, packets.Malformed) as error:
            if isinstance(error, packets.Malformed):
                self.unclear += 1
            self._lost(now)
            return self._next_try
        if self.state != ONLINE or self._out or self._answer_by or self._more or self.message:
            return now
        return self._ping_at

    def _connect(self, now):
        self._reset()
        self.state = CONNECTING
        self._answer_by = now + _PATIENCE
        self._stream = self._open_stream()
        topic, will = self._last_words()
        self._out = packets.connect(self._client, self._user, self._password, _KEEPALIVE, topic, will)

    def _lost(self, now):
        """Try again after a pause that doubles, with chance in it so that many watches do not come back at once."""
        self._drop()
        self.state = WAITING
        half = self._delay // 2
        self._next_try = now + half + struct.unpack(">H", self._random(2))[0] % (half + 1)
        self._delay = min(self._delay * 2, _LONGEST_DELAY)

    def _drop(self):
        self._stream.close()
        self._stream = _CLOSED
        self.message, self._taken = None, 0  # not acknowledged: it comes again
        self._reset()

    def _run(self, now):
        self._write()
        self._more = self._read(now)
        if self.state == ONLINE and not self._answer_by and now >= self._ping_at:
            self._out += packets.PING
            self._answer_by = now + _PATIENCE
        if self._out:
            if self._sending and not self._answer_by:
                self._answer_by = now + _PATIENCE
            self._write()
            self._ping_at = now + _PING

    def _read(self, now):
        """Take what has come; False once nothing is left. While a message waits, the rest stays where it is."""
        for _ in range(_READS):
            if self.message is not None:
                break
            packet = self._parser.feed(b"")
            if packet is None:
                data = self._stream.read()
                if not data:
                    return False
                packet = self._parser.feed(data)
            if packet is not None:
                self._receive(packet, now)
        return True

    def _write(self):
        while self._out:
            sent = self._stream.write(self._out)
            if not sent:
                return
            self._out = self._out[sent:]

    def _receive(self, packet, now):
        first, body, whole = packet
        kind = first & 0xF0
        if not self._admitted:
            self._admit(kind, body, now)
        elif kind == packets.PUBLISH:
            self._take(first, body, whole)
        elif kind == packets.PUBACK:
            if self._sending and _number(body) == self._sending[2]:
                self._sending = []
                self.acknowledged += 1
                self._delay = _FIRST_DELAY
                self._answer_by = 0
        elif kind == packets.PINGRESP:
            self._delay = _FIRST_DELAY
            self._answer_by = now + _PATIENCE if self._sending else 0
        elif kind == packets.SUBACK:
            if _REFUSED in body[2:]:
                raise OSError(13)  # EACCES: the broker does not let this client listen
            self._subscribing -= 1
            self._listening()

    def _admit(self, kind, body, now):
        if kind != packets.CONNACK or len(body) != 2:
            raise packets.Malformed("connack")
        if body[1]:
            self._delay = _LONGEST_DELAY  # refused: trying often would not help
            raise OSError(13)
        self._admitted = True
        self._ping_at = now + _PING
        self._subscribe()
        self._listening()

    def _listening(self):
        """Online is who hears everything: only then do others hear from this client."""
        if self._subscribing or self.state == ONLINE:
            return
        self.state = ONLINE
        self.connections += 1
        self._answer_by = 0
        if self._sending:
            self._put()

    def _subscribe(self):
        for at in range(0, len(self.topics), _TOPICS):
            self._out += packets.subscribe(self.topics[at : at + _TOPICS], self._next_number())
            self._subscribing += 1

    def _put(self):
        topic, payload, number, again = self._sending
        self._out += packets.publish(topic, payload, number, again)
        self._sending[3] = True

    def _take(self, first, body, whole):
        topic, number, payload = packets.message(first, body)
        self.message, self._taken = (topic, payload), number
        self._delay = _FIRST_DELAY
        if not whole:
            self.done()

    def _next_number(self):
        self._number = self._number % 65535 + 1
        return self._number


def _number(body):
    if len(body) != 2:
        raise packets.Malformed("number")
    return struct.unpack(">H", body)[0]
