"""A message that goes out again, as its broker died right after it had taken it."""

import random
from typing import Any

import simulator  # noqa: F401  makes the firmware importable
from firmware.services.transport import mqtt
from firmware.services.transport.network import NetworkCarrier
from tests.load.stand_ins import Contacts, Engine, Store


class _Client:
    """What the carrier asks of an MQTT client; the test says what the broker has done."""

    state = mqtt.ONLINE
    busy = False
    message = None
    acknowledged, connections = 0, 1
    topics: tuple[bytes, ...] = ()

    def step(self, now: int) -> None:
        """The test moves it."""

    def renew(self) -> None:
        """Nothing to subscribe to."""

    def publish(self, topic: bytes, payload: bytes) -> bool:
        self.busy = True
        return True

    def took(self) -> None:
        """The broker has acknowledged what was published."""
        self.busy = False
        self.acknowledged += 1


def test_an_acknowledgement_after_all_patience() -> None:
    """What went out again is no longer waited for when the broker, very late, says that it has it."""
    client: Any = _Client()
    contacts = Contacts("bao", b"k" * 32)
    contacts.counter = 1  # heard before, so no greeting is needed
    carrier = NetworkCarrier(Engine(contacts), Store(), "mei", random.randbytes, lambda words: client)
    carrier.step(1)
    assert not carrier.send({"to": "bao", "counter": 1, "mac": "00" * 16, "text": "hello"})
    assert client.busy
    client.took()
    carrier.step(2)
    client.connections += 1  # it broke right behind the acknowledgement
    carrier.step(3)
    assert client.busy, "the message goes out again"
    carrier.step(400)
    client.took()
    carrier.step(401)
    assert not client.busy and carrier.send({"to": "bao", "counter": 1, "mac": "00" * 16, "text": "hello"})
