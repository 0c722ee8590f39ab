"""Rows of positions, microphone and camera."""

from firmware.storage.crypto import hmac_sha256
from tests.bench import full_state as full
from tests.bench.parts import HOST, counter, plain, with_fields

_FIX = {"lat": 3990300, "lon": 11640000, "accuracy": 20, "age": 0, "before": []}


_OTHER = {"device": "mic", "purpose": "voice_message", "seconds": 5, "held": False}


_VOICE = {"owner": "messages", "device": "mic", "purpose": "voice_message"}


def _positions(device):
    """Consent, key and settings for positions."""
    full.prove(device)
    if not device.engine.rules["consent"].has("location"):
        device.must("consent.give", purpose="location", manifest=1, channel=full.HOST)
        device.must("location.key", key="5c" * 32, channel=full.HOST)
        version = device.engine.rules["administration"].version + 1
        device.must(
            "administration.policy",
            version=version,
            issuer="owner",
            expires=65000,
            channel=full.HOST,
            values=[["location." + name, 1] for name in ("on_request", "zones", "looks_per_hour", "apps")],
        )
        device.must("location.app", app="maps", allowed=True, channel=full.HOST)
        device.must("location.zone", lat=3990000, lon=11640000, radius=200, name="school", channel=full.HOST)


def _placed(verb, proof=False, **fields):
    def make(device, number):
        _positions(device)
        return "location." + verb, with_fields(fields, channel=full.HOST) if proof else dict(fields)

    return make


def _request(device, number):
    _positions(device)
    number, sender = counter(device), full.address(full.GUARDIAN)
    mac = hmac_sha256(full._key(full.GUARDIAN), b"locate\0", sender.encode(), number.to_bytes(4, "big"))[:16]
    return "location.request", {"sender": sender, "counter": number, "mac": mac.hex()}


def _zone(device, number):
    _positions(device)
    for zone in device.ask("location.zones", {}).details[1:]:
        device.must("location.end_zone", zone=zone[0], channel=full.HOST)
    return "location.zone", with_fields(HOST, lat=3990000, lon=11640000, radius=200, name="park")


def _end_zone(device, number):
    kind, fields = _zone(device, number)
    zone = device.must(kind, **fields).records[0].seq
    return "location.end_zone", with_fields(HOST, zone=zone)


def _forget(device, number):
    _positions(device)
    device.must("consent.withdraw", purpose="location", channel=full.HOST)
    return "location.forget", {}


def _capture(device, number):
    full.prove(device)
    if not device.engine.rules["consent"].has("voice"):
        device.must("consent.give", purpose="voice", manifest=1, channel=full.HOST)
    return "capture.open", with_fields(_VOICE, seconds=10, held=False)


ROWS = (
    ("location_look", 1, "ok", _placed("look", True)),
    ("location_request", 1, "ok", _request),
    ("location_interval", 1, "ok", _placed("interval")),
    ("location_sos", 1, "ok", _placed("sos")),
    ("location_zones", 1, "ok", _placed("zones")),
    ("location_check", 1, "ok", _placed("check", **_FIX)),
    ("location_history", 1, "ok", _placed("history", True)),
    ("location_looks", 1, "ok", _placed("looks")),
    ("location_for_app", 1, "ok", _placed("for_app", app="maps")),
    ("location_clear", 1, "ok", _placed("clear")),
    ("location_key", 1, "ok", _placed("key", True, key="5d" * 32)),
    ("location_zone", 1, "ok", _zone),
    ("location_end_zone", 1, "ok", _end_zone),
    ("location_app", 1, "ok", _placed("app", True, app="maps", allowed=True)),
    ("location_forget", 1, "ok", _forget),
    ("capture_open", 1, "ok", _capture),
    ("capture_open_by_others", 61, "deny capture.no_owner", plain("capture.open", owner="game", **_OTHER)),
)
