"""A part of the fleet, in one process: the firmware's own carrier, MQTT client, envelopes and TLS stream, once for each
watch. Only what lies behind a carrier is stood in for: the table of contacts, and the journal's last number.
"""

import random
import selectors
import time
from collections.abc import Callable
from typing import Any

import simulator  # noqa: F401 (installs the shims)
from firmware.services.transport import mqtt
from firmware.services.transport.network import NetworkCarrier
from firmware.services.transport.stream import Stream
from tests.load.stand_ins import Contacts, Engine, Store

TEXT = "放学以后在图书馆门口等你，别忘了带那本书，回家再说"
_HOT = 0.02  # seconds between two steps of a watch that is waiting for something
_WORD = 12  # characters of the time in front of a text

Address = tuple[str, int]


class _Line(Stream):
    """The firmware's stream, that a selector can watch."""

    def __init__(self, where: Address, name: str, authority: bytes, selector: selectors.BaseSelector, of: Any) -> None:
        super().__init__(where, name, authority)
        self._selector, self._number, self._of = selector, self._socket.fileno(), of
        selector.register(self._number, selectors.EVENT_READ, of)

    def read(self) -> bytes:
        data: bytes = super().read()
        self._of.moved += len(data)
        return data

    def write(self, data: bytes) -> int:
        sent: int = super().write(data)
        self._of.moved += sent
        return sent

    def close(self) -> None:
        if self._number >= 0:
            self._selector.unregister(self._number)
            self._number = -1
        super().close()


class Wearer:
    """One watch with one friend. `pending`: envelopes that the carrier has not taken; `moved`: bytes, inside TLS."""

    def __init__(self, own: str, friend: str, key: bytes, open_line: Callable[[Any], Stream]) -> None:
        self.contacts = Contacts(friend, key)
        self.engine = Engine(self.contacts)
        self.pending: list[dict[str, Any]] = []
        self.sent = 0
        self.moved = 0
        self.due = 0.0
        self._own, self._friend = own, friend
        self.carrier = NetworkCarrier(
            self.engine,
            Store(),
            own,
            random.randbytes,
            lambda last_words: mqtt.Client(
                lambda: open_line(self), own.encode(), b"", b"", random.randbytes, last_words
            ),
        )

    def write(self) -> None:
        """The child sends a message; its text begins with the time."""
        self.sent += 1
        text = "%*.4f %s" % (_WORD, time.monotonic(), TEXT)
        mac = random.randbytes(16).hex()
        self.pending.append({"sender": self._own, "to": self._friend, "counter": self.sent, "mac": mac, "text": text})

    def step(self, now: int) -> tuple[list[float], bool]:
        """A turn: (seconds that each message took which came, whether the next turn should be soon)."""
        took = []
        self.carrier.step(now)
        while (envelope := self.carrier.poll()) is not None:
            took.append(time.monotonic() - float(envelope["text"][:_WORD]))
            self.contacts.counter = envelope["counter"]
            self.carrier.done()
        while self.pending and self.carrier.send(self.pending[0]):
            self.pending.pop(0)
        due = self.carrier.step(now)
        return took, due is not None and due <= now


class Fleet:
    """Watches `first` to `last`, pair by pair."""

    def __init__(self, first: int, last: int, where: Address, name: str, authority: bytes, at: int) -> None:
        self._selector = selectors.DefaultSelector()
        self._started = time.monotonic()
        self._rate = 0.0
        self._next_message = 0.0
        self.took: list[float] = []

        def open_line(wearer: Any) -> Stream:
            return _Line(where, name, authority, self._selector, wearer)

        self.wearers = []
        for number in range(first, last):
            pair = number // 2
            key = b"%031d" % pair + b"k"
            self.wearers.append(Wearer("w%d" % number, "w%d" % (number ^ 1), key, open_line))
            self.wearers[-1].due = self._started + (number - first) / at  # they are not all switched on at once

    @property
    def online(self) -> int:
        return sum(wearer.carrier.state == mqtt.ONLINE for wearer in self.wearers)

    @property
    def counts(self) -> dict[str, int]:
        """sent: by children; arrived: counted by the receiver's counter, so a repeated one counts once."""
        return {
            "online": self.online,
            "sent": sum(wearer.sent for wearer in self.wearers),
            "waiting": sum(len(wearer.pending) for wearer in self.wearers),
            "arrived": sum(wearer.contacts.counter for wearer in self.wearers),
            "refused": sum(wearer.engine.refused for wearer in self.wearers),
            "moved": sum(wearer.moved for wearer in self.wearers),
        }

    def greet(self) -> tuple[dict[str, int], list[float]]:
        """Every child writes once: a first message waits until the other watch has answered a greeting."""
        for wearer in self.wearers:
            wearer.write()
        return self.run(1, 0)

    def run(self, seconds: float, rate: float) -> tuple[dict[str, int], list[float]]:
        """So long, with `rate` messages a second from watches of chance: (counts, seconds that each message took)."""
        end = time.monotonic() + seconds
        self.took = []
        self._next_message = time.monotonic()
        while (now := time.monotonic()) < end:
            while rate and self._next_message <= now:
                self._next_message += random.expovariate(rate)
                wearer = random.choice(self.wearers)
                wearer.write()
                self._step(wearer)
            for wearer in self.wearers:
                if wearer.due <= now:
                    self._step(wearer)
            for key, _ in self._selector.select(_HOT / 2):
                self._step(key.data)
        return self.counts, self.took

    def _step(self, wearer: Wearer) -> None:
        now = time.monotonic()
        took, soon = wearer.step(int(now - self._started) + 1)
        self.took += took
        wearer.due = now + (_HOT if soon else 1)
