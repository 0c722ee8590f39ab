"""What is measured: one row per kind of request and intended answer. A later rule adds its rows here.

A row is (name, seconds, answer, make): seconds of powered time that pass before each request; the answer is "ok" or
another reason of an allow, or "deny " and the reason; make(device, number) prepares the watch, which is not measured,
and returns (kind, fields). Nothing may depend on how often a row was asked before.
"""

from tests.bench import (
    apps_requests,
    assistant_requests,
    guardians_requests,
    hosts_requests,
    location_requests,
    payments_requests,
    usage_requests,
)
from tests.bench import full_state as full
from tests.bench.parts import CLEAN, HOST, counter, friend, plain, proved, with_fields


def _rude(device, number, place=0):
    """A hurtful message from a contact whose grade is taken back first; its sequence number."""
    full.prove(device)
    device.ask("blocking.unmark", with_fields(HOST, party=full.address(friend(number))))
    fields = full.message(friend(number), counter(device) + place, full.RUDE)
    return device.must("messages.incoming", **fields).records[0].seq


def _released(device, number):
    """A clean contact that is not blocked."""
    full.prove(device)
    party = full.address(friend(number))
    device.ask("blocking.release", with_fields(HOST, party=party))
    device.ask("blocking.unmark", with_fields(HOST, party=party))
    return party


def _pressed(device, number):
    party = _released(device, number)
    device.must("blocking.press", place="contact", party=party)
    return party


def _incoming(text):
    return lambda device, number: ("messages.incoming", full.message(friend(number), counter(device), text))


def _incoming_rude(device, number):
    full.prove(device)
    device.ask("blocking.unmark", with_fields(HOST, party=full.address(friend(number))))
    return "messages.incoming", full.message(friend(number), counter(device), full.RUDE)


def _not_bullying(device, number):
    return "messages.not_bullying", {"message": _rude(device, number)}


def _press_20(device, number):
    party = _released(device, number)
    for place in range(20 if number < CLEAN - 1 else 0):
        device.must("messages.incoming", **full.message(friend(number), counter(device) + place, full.CALM))
    return "blocking.press", {"place": "message", "party": party}


def _undo(device, number):
    return "blocking.undo", {"party": _pressed(device, number)}


def _release(device, number):
    return "blocking.release", with_fields(HOST, party=_pressed(device, number))


def _unmark(device, number):
    _rude(device, number)
    fields = full.message(friend(number), counter(device) + 1, full.RUDE)
    device.must("messages.incoming", **fields)
    return "blocking.unmark", with_fields(HOST, party=full.address(friend(number)))


def _remove_grade(device, number):
    return "blocking.remove", with_fields(HOST, party=_released(device, number))


def _protect_end(device, number):
    device.must("blocking.protect", mode="shield")
    return "blocking.protect_end", {}


def _gone(device):
    """Contact 49 is no contact."""
    full.prove(device)
    device.ask("contacts.remove", with_fields(HOST, address=full.address(49)))


def _add(device, number):
    _gone(device)
    return "contacts.add", with_fields(full.card(49), role="friend", channel=full.HOST)


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
    return "contacts.approve", with_fields(HOST, address=full.address(49))


def _remove(device, number):
    _gone(device)
    full.add(device, 49)
    return "contacts.remove", {"address": full.address(49)}


def _group_add(device, number):
    _gone(device)
    full.add(device, 49)
    return "contacts.group_add", with_fields(HOST, group=1, address=full.address(49))


def _read_message(device, number):
    fields = full.message(friend(number), counter(device), full.CALM)
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
    return "content_access.read", with_fields(
        HOST, what="evidence", id=_package(device), exit="cable", reader="guardian"
    )


def _policy(device, number):
    full.prove(device)
    version = device.engine.rules["administration"].version + 1
    return "administration.policy", with_fields(
        HOST,
        version=version,
        issuer="owner",
        expires=65000,
        values=[["contacts.unknown", 1], ["messages.keep_days", 20]],
    )


def _end_grant(device, number):
    full.prove(device)
    device.must("administration.grant", key="contacts.groups", value=4, minutes=30, channel=full.HOST)
    return "administration.end_grant", with_fields(HOST, key="contacts.groups")


def _clock(device, number):
    full.prove(device)
    return "administration.clock", with_fields(HOST, wall=device.engine.clock.wall + 1)


def _alert(device, number):
    _rude(device, number)
    return "alerts.delivered", {"alert": device.engine.rules["alerts"].alert(0)[0]}


def _tell(device, number):
    return "alerts.tell", {"message": _rude(device, number)}


def _hurtful(device, number):
    return "messages.outgoing", {"to": full.address(friend(number)), "text": full.RUDE + str(number)}


_ROWS: tuple = (
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
        lambda device, number: ("messages.outgoing", {"to": full.address(friend(number)), "text": full.CALM}),
    ),
    (
        "messages_outgoing_personal",
        61,
        "deny messages.personal",
        plain("messages.outgoing", to=full.address(44), text=full.PERSONAL),
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
    ("blocking_protect", 1, "ok", plain("blocking.protect", mode="shield")),
    ("blocking_protect_end", 1, "ok", _protect_end),
    ("calls_incoming", 1, "ok", lambda device, number: ("calls.incoming", {"number": full.phone(friend(number))})),
    ("calls_outgoing", 1, "ok", lambda device, number: ("calls.outgoing", {"number": full.phone(friend(number))})),
    ("calls_outgoing_unknown", 61, "deny calls.unknown", plain("calls.outgoing", number="13700000000")),
    ("contacts_add", 1, "ok", _add),
    ("contacts_ask", 1, "ok", _ask),
    ("contacts_approve", 1, "ok", _approve),
    ("contacts_agreed", 1, "ok", _agreed),
    ("contacts_remove", 1, "ok", _remove),
    ("contacts_card", 1, "ok", plain("contacts.card", to=full.address(44))),
    ("contacts_incoming", 1, "ok", plain("contacts.incoming", address=full.address(44), what="mention")),
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
    ("content_access_emergency", 1, "ok", proved("content_access.emergency", reason="she did not come home")),
    ("credentials_pin", 1, "ok", plain("credentials.pin", pin=full.PIN)),
    ("credentials_scram", 1, "ok", lambda device, number: ("credentials.scram", full.scram())),
    ("credentials_logout", 1, "ok", plain("credentials.logout", channel="host")),
    ("credentials_renew", 1, "ok", proved("credentials.renew", **full.verifier())),
    ("administration_policy", 1, "ok", _policy),
    ("administration_grant", 1, "ok", proved("administration.grant", key="contacts.groups", value=4, minutes=30)),
    ("administration_end_grant", 1, "ok", _end_grant),
    ("administration_clock", 1, "ok", _clock),
    (
        "administration_time_hint",
        1,
        "ok",
        lambda device, number: ("administration.time_hint", {"wall": device.engine.clock.wall}),
    ),
    ("administration_floor", 1, "ok", proved("administration.floor", region="cn", numbers=["13900000000"])),
    ("alerts_delivered", 1, "ok", _alert),
    ("alerts_tell", 1, "ok", _tell),
    ("emergency_call", 1, "ok", plain("emergency.call", number="110")),
    ("emergency_incoming", 1, "ok", plain("emergency.incoming", number="13900000000")),
    ("emergency_time", 1, "ok", plain("emergency.time")),
    ("emergency_help", 1, "ok", plain("emergency.help")),
    ("emergency_sos", 1, "ok", plain("emergency.sos")),
    ("emergency_sos_done", 1, "ok", plain("emergency.sos_done", delivered=True, carrier="wifi")),
)
ROWS: tuple = _ROWS + (
    guardians_requests.ROWS
    + hosts_requests.ROWS
    + usage_requests.ROWS
    + payments_requests.ROWS
    + location_requests.ROWS
    + apps_requests.ROWS
    + assistant_requests.ROWS
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
