"""Carries messages between the watches at this computer, sealed and signed by the watches themselves."""

from typing import Any

from host_tools.console import NO_WATCH, Failure
from host_tools.link.line import LineError, Refused
from host_tools.link.port import candidates
from host_tools.link.talk import Talk

_MOST = 64  # envelopes that one watch may hand over before the next one has its turn


class Relay:
    """The watches of some open conversations, by their addresses. It can read no message and make none."""

    def __init__(self, talks: list[Talk]) -> None:
        self._talks: dict[str, Talk] = {}
        for talk in talks:
            address = talk.line.call("relay.take")["address"]
            if address in self._talks:
                raise Failure("Two watches here have the address %s; envelopes could go to the wrong one." % address)
            self._talks[address] = talk
        self.carried: dict[tuple[str, str], int] = {}  # (sender's address, receiver's) -> messages

    @property
    def addresses(self) -> list[str]:
        """Whom messages can reach here."""
        return sorted(self._talks)

    def round(self) -> int:
        """Carry what waits in any watch for any other: how many envelopes."""
        return sum(self._from(address, talk) for address, talk in self._talks.items())

    def _from(self, address: str, talk: Talk) -> int:
        """An envelope is let go only once the other watch has it: a break in between sends it twice, and the counter in
        it makes the second one worthless."""
        count = skip = 0
        asked: dict[str, Any] = {}
        for _ in range(_MOST):
            envelope = talk.line.call("relay.take", **asked, skip=skip)
            if "sealed" not in envelope:
                break
            other = self._talks.get(envelope["to"])
            if other is None or other is talk:
                skip += 1  # it waits for a carrier that reaches further
                asked = {}
                continue
            other.line.call(
                "relay.give", **{name: envelope[name] for name in ("sender", "to", "counter", "mac", "sealed")}
            )
            asked = {"taken": envelope["mac"]}
            count += 1
            way = (address, envelope["to"])
            self.carried[way] = self.carried.get(way, 0) + 1
        return count


def open_all(ports: tuple[str, ...]) -> list[Talk]:
    """A session with each watch that this computer is paired with."""
    talks: list[Talk] = []
    for port in ports or candidates():
        talk = Talk(port, "owner", None)
        try:
            talk.open()
        except (Failure, LineError, Refused) as error:
            talk.close()
            if ports:
                for other in talks:
                    other.close()
                raise Failure("%s: %s" % (port, error), getattr(error, "exit_code", NO_WATCH)) from error
            continue
        talks.append(talk)
    return talks
