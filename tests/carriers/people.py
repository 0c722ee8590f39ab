"""Watches whose carrier is a real broker, and friends who know each other's keys."""

import hashlib
from pathlib import Path
from typing import Any

from simulator.watch import Guardian, Person, Watch

NOW = 220_000_000


def pair_key(one: str, other: str) -> bytes:
    """What the watches with these addresses share."""
    return hashlib.sha256("|".join(sorted((one, other))).encode()).digest()


def person(address: str) -> Person:
    """The other side, by its address."""
    return Person(address)


def watch(folder: Path, address: str, broker: dict[str, Any], runtime: str = "cpython", **options: Any) -> Watch:
    """A watch that is set up, with a network at home and a broker; `check` minutes between two looks: 0, it stays."""
    check = options.pop("check", 0)
    made = Watch(folder / address, NOW, runtime, seed=folder.name + address, address=address, wifi=True, **options)
    guardian = Guardian()
    assert made.set_up(guardian, (2016, 1), ["13800000000"])["verdict"] == "allow"
    assert made.guardian_login(guardian)["verdict"] == "allow"
    values = [["network.check_minutes", check]]
    policy = made.ask("administration.policy", version=1, issuer="home", expires=0, values=values, channel="host")
    assert policy["verdict"] == "allow", policy
    join(made)
    if broker:
        assert endpoint(made, "messages", broker)["verdict"] == "allow"
    return made


def join(made: Watch) -> None:
    """The guardian enters the network at home."""
    assert made.ask("network.wifi", name="home", password="grey herons wade", channel="host")["verdict"] == "allow"


def endpoint(made: Watch, purpose: str, where: dict[str, Any], **more: str) -> dict[str, Any]:
    """The guardian says where to connect to. where: host, port, name, authority (base64 of DER)."""
    fields = {"account": "", "secret": "", "path": "", **where, **more}
    return made.ask("network.endpoint", purpose=purpose, channel="host", **fields)


def befriend(one: Watch, other: Watch, names: tuple[str, str] = ("mei", "bao")) -> None:
    """Both guardians agree that the two watches may write to each other."""
    for mine, name in ((one, names[1]), (other, names[0])):
        friend = person(name)
        friend.key = pair_key(*names)
        assert mine.add_contact(friend)["verdict"] == "allow"
        assert mine.agree(friend)["verdict"] == "allow"


def live(made: Watch, ms: int = 8000, **until: Any) -> dict[str, Any]:
    """Real time until it is so; an assertion if it does not come."""
    answer = made.do("live", ms=ms, speed=until.pop("speed", 10), **until)
    assert answer["done"], (until, answer)
    return answer


def meet(one: Watch, other: Watch, names: tuple[str, str] = ("mei", "bao")) -> None:
    """They write to each other for the first time: neither sends before it has heard of the other."""
    assert one.write(person(names[1]), "hi")["verdict"] == other.write(person(names[0]), "hi")["verdict"] == "allow"
    for _ in range(400):
        done = [made.do("live", ms=10, speed=100, sent=True, seen=1)["done"] for made in (one, other)]
        if all(done):
            break
    assert all(done)
    for made in (one, other):
        made.do("live", ms=20, whole=True)
        assert texts(made) == ["hi"]


def texts(made: Watch) -> list[str]:
    """The messages that the child saw since the last time."""
    return [fields["text"] for kind, fields in made.do("seen")["seen"] if kind == "message"]
