"""How long a watch is busy while its network hangs: `python -m tests.carriers.hang`.

On the MicroPython unix port, against a real Mosquitto and a proxy that accepts and passes nothing, and against an
address that answers nothing at all: the longest step in milliseconds, and how long a call for help takes until the
child reads that it has begun, and whether somebody has it. A board is slower: its TLS handshake computes for a moment.
"""

import tempfile
import time
from pathlib import Path

from simulator.watch import RUNTIMES, Watch
from tests.carriers.broker import Authority, Broker, Proxy
from tests.carriers.people import befriend, endpoint, live, person, watch

NOWHERE = {"host": "203.0.113.1", "port": 8883, "name": "broker.test"}  # RFC 5737: belongs to nobody
_ROUNDS = 12


def busy(made: Watch) -> list[int]:
    """The longest step of each quarter of a second in which the network hangs."""
    return [made.do("live", ms=250, speed=20, whole=True)["longest"] for _ in range(_ROUNDS)]


def help_after(made: Watch) -> tuple[float, float]:
    """Seconds from the gesture until the child reads that help is called, and, after the five in which it can be taken
    back, until it reads whether somebody has it."""
    made.do("seen")
    begun = time.monotonic()
    made.sos()
    assert any(kind == "sos" for kind, _ in made.do("seen")["seen"])
    first = time.monotonic() - begun
    while not any(kind in ("sos_delivered", "sos_not_delivered") for kind, _ in made.do("seen")["seen"]):
        assert time.monotonic() - begun < 30
        made.do("live", ms=20, whole=True)
    return first, time.monotonic() - begun - 5


def main() -> None:
    """Print the table."""
    print("runtime      the network        longest step, ms (median of %d)   SOS shown, s   outcome, s" % _ROUNDS)
    for runtime in RUNTIMES:
        for where in ("hangs at once", "hangs when online", "answers nothing"):
            with tempfile.TemporaryDirectory() as folder:
                broker = Broker(Path(folder) / "broker", Authority())
                proxy = Proxy(broker.port)
                proxy.stalled = where == "hangs at once"
                made = watch(Path(folder), "mei", broker.address(proxy.port), runtime)
                befriend(made, watch(Path(folder), "bao", broker.address()))
                if where == "hangs when online":
                    live(made, state="online")
                    proxy.stalled = True
                if where == "answers nothing":
                    answer = endpoint(made, "messages", {**NOWHERE, "authority": broker.authority.text})
                    assert answer["verdict"] == "allow"
                assert made.write(person("bao"), "hello")["verdict"] == "allow"
                made.do("live", ms=100, whole=True)  # what is loaded once
                longest = sorted(busy(made))
                first, outcome = help_after(made)
                print("%-12s %-20s %4d (%d)%24s%12.2f%12.2f"
                      % (runtime, where, longest[-1], longest[_ROUNDS // 2], "", first, outcome))  # fmt: skip
                made.close()
                proxy.close()
                broker.stop()


if __name__ == "__main__":
    main()
