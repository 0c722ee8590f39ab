"""What is measured: one row per kind of request and intended answer. A later rule adds its rows here.

A row is (name, seconds, answer, make): seconds of powered time that pass before each request; the answer is "ok" or
another reason of an allow, or "deny " and the reason; make(device, number) prepares the watch, which is not measured,
and returns (kind, fields). Nothing may depend on how often a row was asked before.
"""

from firmware.policy.desk.approval import code
from firmware.storage.crypto import hmac_sha256
from tests.bench import full_state as full

_CLEAN = 10  # contacts 40 to 49 have a clean slate
_HOST = {"channel": full.HOST}
_FIX = {"lat": 3990300, "lon": 11640000, "accuracy": 20, "age": 0, "before": []}
_OTHER = {"device": "mic", "purpose": "voice_message", "seconds": 5, "held": False}
_VOICE = {"owner": "messages", "device": "mic", "purpose": "voice_message"}


def _with(fields, **more):
    fields = dict(fields)
    fields.update(more)
    return fields


def _friend(number):
    return 40 + number % (_CLEAN - 1)


def _counter(device):
    """A counter that every contact has not yet used: time only goes forward."""
    return 1000 + device.engine.clock.powered * 4


def _rude(device, number, place=0):
    """A hurtful message from a contact whose grade is taken back first; its sequence number."""
    full.prove(device)
    device.ask("blocking.unmark", _with(_HOST, party=full.address(_friend(number))))
    fields = full.message(_friend(number), _counter(device) + place, full.RUDE)
    return device.must("messages.incoming", **fields).records[0].seq


def _released(device, number):
    """A clean contact that is not blocked."""
    full.prove(device)
    party = full.address(_friend(number))
    device.ask("blocking.release", _with(_HOST, party=party))
    device.ask("blocking.unmark", _with(_HOST, party=party))
    return party


def _pressed(device, number):
    party = _released(device, number)
    device.must("blocking.press", place="contact", party=party)
    return party


def _incoming(text):
    return lambda device, number: ("messages.incoming", full.message(_friend(number), _counter(device), text))


def _incoming_rude(device, number):
    full.prove(device)
    device.ask("blocking.unmark", _with(_HOST, party=full.address(_friend(number))))
    return "messages.incoming", full.message(_friend(number), _counter(device), full.RUDE)


def _not_bullying(device, number):
    return "messages.not_bullying", {"message": _rude(device, number)}


def _press_20(device, number):
    party = _released(device, number)
    for place in range(20 if number < _CLEAN - 1 else 0):
        device.must("messages.incoming", **full.message(_friend(number), _counter(device) + place, full.CALM))
    return "blocking.press", {"place": "message", "party": party}


def _undo(device, number):
    return "blocking.undo", {"party": _pressed(device, number)}


def _release(device, number):
    return "blocking.release", _with(_HOST, party=_pressed(device, number))


def _unmark(device, number):
    _rude(device, number)
    fields = full.message(_friend(number), _counter(device) + 1, full.RUDE)
    device.must("messages.incoming", **fields)
    return "blocking.unmark", _with(_HOST, party=full.address(_friend(number)))


def _remove_grade(device, number):
    return "blocking.remove", _with(_HOST, party=_released(device, number))


def _protect_end(device, number):
    device.must("blocking.protect", mode="shield")
    return "blocking.protect_end", {}


def _gone(device):
    """Contact 49 is no contact."""
    full.prove(device)
    device.ask("contacts.remove", _with(_HOST, address=full.address(49)))


def _add(device, number):
    _gone(device)
    return "contacts.add", _with(full.card(49), role="friend", channel=full.HOST)


def _ask(device, number):
    _gone(device)
    return "contacts.ask", full.card(49)


def _agreed(device, number):
    _gone(device)
    device.must("contacts.ask", **full.card(49))
    return "contacts.agreed", full.agreement(49)


def _approve(device, number):
    _gone(device)
    device.must("contacts.ask", **full.card(49))
    return "contacts.approve", _with(_HOST, address=full.address(49))


def _remove(device, number):
    _gone(device)
    full.add(device, 49)
    return "contacts.remove", {"address": full.address(49)}


def _group_add(device, number):
    _gone(device)
    full.add(device, 49)
    return "contacts.group_add", _with(_HOST, group=1, address=full.address(49))


def _read_message(device, number):
    fields = full.message(_friend(number), _counter(device), full.CALM)
    seq = device.must("messages.incoming", **fields).records[0].seq
    return "content_access.read", {"what": "message", "id": seq, "exit": "screen", "reader": "child"}


def _open_message(device, number):
    seq = _rude(device, number)
    return "content_access.read", {"what": "message", "id": seq, "exit": "screen", "reader": "child", "confirmed": True}


def _package(device):
    return device.engine.rules["content_access"].packages()[-1][0]


def _read_evidence(device, number):
    full.prove(device)
    device.must("content_access.hand_over", package=_package(device))
    return "content_access.read", _with(_HOST, what="evidence", id=_package(device), exit="cable", reader="guardian")


def _proved(kind, **fields):
    def make(device, number):
        full.prove(device)
        return kind, _with(fields, channel=full.HOST)

    return make


def _policy(device, number):
    full.prove(device)
    version = device.engine.rules["administration"].version + 1
    return "administration.policy", _with(
        _HOST,
        version=version,
        issuer="owner",
        expires=65000,
        values=[["contacts.unknown", 1], ["messages.keep_days", 20]],
    )


def _end_grant(device, number):
    full.prove(device)
    device.must("administration.grant", key="contacts.groups", value=4, minutes=30, channel=full.HOST)
    return "administration.end_grant", _with(_HOST, key="contacts.groups")


def _clock(device, number):
    full.prove(device)
    return "administration.clock", _with(_HOST, wall=device.engine.clock.wall + 1)


def _alert(device, number):
    _rude(device, number)
    return "alerts.delivered", {"alert": device.engine.rules["alerts"].alert(0)[0]}


def _tell(device, number):
    return "alerts.tell", {"message": _rude(device, number)}


def _guardian():
    fields = full.verifier()
    fields.pop("pin")
    fields.update({"name": "oma", "role": "carer"})
    return fields


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


def _user(device, number):
    full.prove(device)
    return "credentials.user", _with(_guardian(), channel=full.HOST)


def _placed(verb, proof=False, **fields):
    def make(device, number):
        _positions(device)
        return "location." + verb, _with(fields, channel=full.HOST) if proof else dict(fields)

    return make


def _remove_user(device, number):
    full.prove(device)
    device.must("credentials.user", **_with(_guardian(), channel=full.HOST))
    return "credentials.remove_user", _with(_HOST, name="oma")


def _request(device, number):
    _positions(device)
    counter, sender = _counter(device), full.address(full.GUARDIAN)
    mac = hmac_sha256(full._key(full.GUARDIAN), b"locate\0", sender.encode(), counter.to_bytes(4, "big"))[:16]
    return "location.request", {"sender": sender, "counter": counter, "mac": mac.hex()}


def _not_lost(device):
    full.prove(device)
    device.must("administration.found", **_HOST)


def _zone(device, number):
    _positions(device)
    for zone in device.ask("location.zones", {}).details[1:]:
        device.must("location.end_zone", zone=zone[0], channel=full.HOST)
    return "location.zone", _with(_HOST, lat=3990000, lon=11640000, radius=200, name="park")


def _lost(device, number):
    _not_lost(device)
    return "administration.lost", _with(_HOST, message="13900000000")


def _end_zone(device, number):
    kind, fields = _zone(device, number)
    zone = device.must(kind, **fields).records[0].seq
    return "location.end_zone", _with(_HOST, zone=zone)


def _found(device, number):
    _not_lost(device)
    device.must("administration.lost", **_with(_HOST, message="13900000000"))
    return "administration.found", _with(_HOST)


def _forget(device, number):
    _positions(device)
    device.must("consent.withdraw", purpose="location", channel=full.HOST)
    return "location.forget", {}


_APPROVAL_KEY = bytes(range(32))


def _ask_approval(device, number):
    _not_lost(device)
    device.must("approval.key", **_with(_HOST, key=_APPROVAL_KEY.hex()))
    return "approval.ask", {"what": "payment", "value": 100, "detail": "bakery"}


def _enter_code(device, number):
    kind, fields = _ask_approval(device, number)
    device.must(kind, **fields)
    waiting = device.engine.rules["approval"].pending[-1]
    return "approval.enter", {"request": waiting[0], "code": code(_APPROVAL_KEY, *waiting[:5])}


def _enter_wrong(device, number):
    kind, fields = _enter_code(device, number)
    return kind, _with(fields, code="none")


def _capture(device, number):
    full.prove(device)
    if not device.engine.rules["consent"].has("voice"):
        device.must("consent.give", purpose="voice", manifest=1, channel=full.HOST)
    return "capture.open", _with(_VOICE, seconds=10, held=False)


def _plain(kind, **fields):
    return lambda device, number: (kind, fields)


def _hurtful(device, number):
    return "messages.outgoing", {"to": full.address(_friend(number)), "text": full.RUDE + str(number)}


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
    ("messages_incoming", 1, "ok", _incoming(full.CALM)),
    ("messages_incoming_hurtful", 1, "messages.collapsed", _incoming_rude),
    (
        "messages_incoming_unknown",
        200,
        "messages.collapsed",
        lambda device, number: ("messages.incoming", full.foreign(9000 + number, full.CALM)),
    ),
    (
        "messages_outgoing",
        1,
        "ok",
        lambda device, number: ("messages.outgoing", {"to": full.address(_friend(number)), "text": full.CALM}),
    ),
    (
        "messages_outgoing_personal",
        61,
        "deny messages.personal",
        _plain("messages.outgoing", to=full.address(44), text=full.PERSONAL),
    ),
    ("messages_outgoing_hurtful", 61, "deny messages.think", _hurtful),
    ("messages_not_bullying", 1, "ok", _not_bullying),
    (
        "blocking_press_stranger",
        301,
        "ok",
        lambda device, number: ("blocking.press", {"place": "call", "party": full.stranger(5000 + number)}),
    ),
    ("blocking_press_20_messages", 301, "ok", _press_20),
    ("blocking_undo", 301, "ok", _undo),
    ("blocking_release", 301, "ok", _release),
    ("blocking_unmark", 1, "ok", _unmark),
    ("blocking_remove", 1, "ok", _remove_grade),
    ("blocking_protect", 1, "ok", _plain("blocking.protect", mode="shield")),
    ("blocking_protect_end", 1, "ok", _protect_end),
    ("calls_incoming", 1, "ok", lambda device, number: ("calls.incoming", {"number": full.phone(_friend(number))})),
    ("calls_outgoing", 1, "ok", lambda device, number: ("calls.outgoing", {"number": full.phone(_friend(number))})),
    ("calls_outgoing_unknown", 61, "deny calls.unknown", _plain("calls.outgoing", number="13700000000")),
    ("usage_start", 61, "ok", _start),
    ("usage_start_refused", 61, "deny usage.games_off", _plain("usage.start", **{"class": "game_offline"})),
    ("usage_start_stays", 1, "ok", _stays),
    ("usage_stop", 61, "ok", _stop),
    ("usage_charging", 1, "ok", _plain("usage.charging", on=False)),
    ("usage_elsewhere", 1, "ok", _elsewhere),
    ("usage_at_school", 1, "ok", _proved("usage.at_school", address=full.address(44), allowed=True)),
    ("contacts_add", 1, "ok", _add),
    ("contacts_ask", 1, "ok", _ask),
    ("contacts_approve", 1, "ok", _approve),
    ("contacts_agreed", 1, "ok", _agreed),
    ("contacts_remove", 1, "ok", _remove),
    ("contacts_card", 1, "ok", _plain("contacts.card", to=full.address(44))),
    ("contacts_incoming", 1, "ok", _plain("contacts.incoming", address=full.address(44), what="mention")),
    ("contacts_group_add", 1, "ok", _group_add),
    ("content_access_read_message", 1, "ok", _read_message),
    ("content_access_open_message", 1, "ok", _open_message),
    ("content_access_read_evidence", 1, "ok", _read_evidence),
    (
        "content_access_hand_over",
        1,
        "ok",
        lambda device, number: ("content_access.hand_over", {"package": _package(device)}),
    ),
    ("content_access_emergency", 1, "ok", _proved("content_access.emergency", reason="she did not come home")),
    ("credentials_pin", 1, "ok", _plain("credentials.pin", pin=full.PIN)),
    ("credentials_scram", 1, "ok", lambda device, number: ("credentials.scram", full.scram())),
    ("credentials_logout", 1, "ok", _plain("credentials.logout", channel="host")),
    ("credentials_renew", 1, "ok", _proved("credentials.renew", **full.verifier())),
    ("credentials_user", 1, "ok", _user),
    ("credentials_remove_user", 1, "ok", _remove_user),
    ("administration_policy", 1, "ok", _policy),
    ("administration_grant", 1, "ok", _proved("administration.grant", key="contacts.groups", value=4, minutes=30)),
    ("administration_end_grant", 1, "ok", _end_grant),
    ("administration_clock", 1, "ok", _clock),
    (
        "administration_time_hint",
        1,
        "ok",
        lambda device, number: ("administration.time_hint", {"wall": device.engine.clock.wall}),
    ),
    ("administration_floor", 1, "ok", _proved("administration.floor", region="cn", numbers=["13900000000"])),
    ("administration_lost", 1, "ok", _lost),
    ("administration_found", 1, "ok", _found),
    ("administration_card", 1, "ok", _proved("administration.card", text="peanuts")),
    ("administration_band", 1, "deny administration.age_known", _proved("administration.band", band=2)),
    ("approval_key", 1, "ok", _proved("approval.key", key=_APPROVAL_KEY.hex())),
    ("approval_ask", 86401, "ok", _ask_approval),
    ("approval_enter", 86401, "ok", _enter_code),
    ("approval_enter_wrong", 86401, "deny approval.wrong", _enter_wrong),
    ("alerts_delivered", 1, "ok", _alert),
    ("alerts_tell", 1, "ok", _tell),
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
    ("capture_open_by_others", 61, "deny capture.no_owner", _plain("capture.open", owner="game", **_OTHER)),
    ("emergency_call", 1, "ok", _plain("emergency.call", number="110")),
    ("emergency_incoming", 1, "ok", _plain("emergency.incoming", number="13900000000")),
    ("emergency_time", 1, "ok", _plain("emergency.time")),
    ("emergency_help", 1, "ok", _plain("emergency.help")),
    ("emergency_sos", 1, "ok", _plain("emergency.sos")),
    ("emergency_sos_done", 1, "ok", _plain("emergency.sos_done", delivered=True, carrier="wifi")),
)

# Asked again and again, one second apart: how repeats of a denial fold.
REPEATED = ("messages_outgoing_personal", "calls_outgoing_unknown")


class Wrong(AssertionError):
    """A request was not answered as intended: its figures would mean nothing."""


def check(name, wanted, decision):
    """Wrong unless the decision is the intended one."""
    got = decision.reason if decision.allowed else "deny " + decision.reason
    if got != wanted:
        raise Wrong("%s: wanted %s, got %s" % (name, wanted, got))
