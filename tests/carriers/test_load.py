"""The load simulation tells the truth on a small scale: everything arrives, once, whatever becomes of the broker."""

from tests.carriers.broker import NAME, Broker
from tests.load.fleet import Fleet


def _until(fleet: Fleet, **wanted: int) -> None:
    for _ in range(200):
        counts, _ = fleet.run(0.1, 0)
        if all(counts[name] == value for name, value in wanted.items()):
            return
    raise AssertionError((wanted, counts))


def test_everything_arrives_and_a_broker_that_comes_back_gets_the_rest(broker: Broker) -> None:
    fleet = Fleet(0, 6, ("127.0.0.1", broker.port), NAME, broker.authority.certificate, 100)
    _until(fleet, online=6)
    fleet.greet()
    _until(fleet, sent=6, arrived=6, waiting=0, refused=0)
    broker.kill()
    for wearer in fleet.wearers:
        wearer.write()
    fleet.run(0.2, 0)
    assert fleet.counts["arrived"] == 6 and fleet.counts["waiting"] == 6, "there is nobody to take them"
    broker.start()
    _until(fleet, online=6, sent=12, arrived=12, waiting=0, refused=0)
