"""Rows of the time the watch is used."""

from tests.bench import full_state as full
from tests.bench.parts import plain, proved


def _start(device, number):
    """Education: it takes no minutes of the day, which would be used up after a few requests."""
    device.must("usage.stop")
    device.pass_time(600)  # a rest
    _by_day(device)
    return "usage.start", {"class": "education"}


def _by_day(device):
    """Noon, whatever has passed before."""
    full.prove(device)
    clock = device.engine.clock
    noon = clock.day() * 86400 + 43200 - clock.zone * 60
    device.must("administration.clock", wall=noon, channel=full.HOST)


def _stays(device, number):
    device.must(*_start(device, number)[:1], **{"class": "education"})
    return "usage.start", {"class": "education"}


def _stop(device, number):
    _stays(device, number)
    return "usage.stop", {}


def _elsewhere(device, number):
    return "usage.elsewhere", {"day": device.engine.clock.day(), "seconds": number}


ROWS = (
    ("usage_start", 61, "ok", _start),
    ("usage_start_refused", 61, "deny usage.games_off", plain("usage.start", **{"class": "game_offline"})),
    ("usage_start_stays", 1, "ok", _stays),
    ("usage_stop", 61, "ok", _stop),
    ("usage_charging", 1, "ok", plain("usage.charging", on=False)),
    ("usage_elsewhere", 1, "ok", _elsewhere),
    ("usage_at_school", 1, "ok", proved("usage.at_school", address=full.address(44), allowed=True)),
)
