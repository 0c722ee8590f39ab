"""The heap of one watch's carrier, on MicroPython: python -m tests.load.run asks for it.

micropython -m tests.load.heap PORT NAME AUTHORITY.der
"""

import gc
import os
import sys
import time

from firmware.services.transport.mqtt import ONLINE, Client
from firmware.services.transport.network import NetworkCarrier
from firmware.services.transport.stream import Stream
from tests.load.stand_ins import Contacts, Engine, Store


def online(port: int, name: str, authority: bytes, client: bytes) -> NetworkCarrier:
    """A carrier that hears everything."""
    carrier = NetworkCarrier(
        Engine(Contacts("friend", b"k" * 32)),
        Store(),
        "own",
        os.urandom,
        lambda last_words: Client(
            lambda: Stream(("127.0.0.1", port), name, authority), client, b"", b"", os.urandom, last_words
        ),
    )
    end = time.time() + 20
    while carrier.state != ONLINE and time.time() < end:
        carrier.step(int(time.time() - end) + 30)
    return carrier


def main() -> None:
    port, name, path = sys.argv[1:]
    with open(path, "rb") as file:
        authority = file.read()
    carriers = [online(int(port), name, authority, b"heap0")]  # with it comes code that is loaded once
    gc.collect()
    before = gc.mem_alloc()  # type: ignore[attr-defined]
    carriers.append(online(int(port), name, authority, b"heap1"))
    gc.collect()
    print(carriers[1].state, gc.mem_alloc() - before)  # type: ignore[attr-defined]


main()
