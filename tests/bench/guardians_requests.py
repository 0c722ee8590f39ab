"""Rows of guardians, lost mode and approvals."""

from firmware.policy.desk.approval import code
from tests.bench import full_state as full
from tests.bench.parts import HOST, proved, with_fields


def _guardian():
    fields = full.verifier()
    fields.pop("pin")
    fields.update({"name": "oma", "role": "carer"})
    return fields


def _user(device, number):
    full.prove(device)
    return "credentials.user", with_fields(_guardian(), channel=full.HOST)


def _remove_user(device, number):
    full.prove(device)
    device.must("credentials.user", **with_fields(_guardian(), channel=full.HOST))
    return "credentials.remove_user", with_fields(HOST, name="oma")


def _not_lost(device):
    full.prove(device)
    device.must("administration.found", **HOST)


def _lost(device, number):
    _not_lost(device)
    return "administration.lost", with_fields(HOST, message="13900000000")


def _found(device, number):
    _not_lost(device)
    device.must("administration.lost", **with_fields(HOST, message="13900000000"))
    return "administration.found", with_fields(HOST)


_APPROVAL_KEY = bytes(range(32))


def _ask_approval(device, number):
    _not_lost(device)
    device.must("approval.key", **with_fields(HOST, key=_APPROVAL_KEY.hex()))
    return "approval.ask", {"what": "payment", "value": 100, "detail": "bakery"}


def _enter_code(device, number):
    kind, fields = _ask_approval(device, number)
    device.must(kind, **fields)
    waiting = device.engine.rules["approval"].pending[-1]
    return "approval.enter", {"request": waiting[0], "code": code(_APPROVAL_KEY, *waiting[:5])}


def _enter_wrong(device, number):
    kind, fields = _enter_code(device, number)
    return kind, with_fields(fields, code="none")


ROWS = (
    ("credentials_user", 1, "ok", _user),
    ("credentials_remove_user", 1, "ok", _remove_user),
    ("administration_lost", 1, "ok", _lost),
    ("administration_found", 1, "ok", _found),
    ("administration_card", 1, "ok", proved("administration.card", text="peanuts")),
    ("administration_band", 1, "deny administration.age_known", proved("administration.band", band=2)),
    ("approval_key", 1, "ok", proved("approval.key", key=_APPROVAL_KEY.hex())),
    ("approval_ask", 86401, "ok", _ask_approval),
    ("approval_enter", 86401, "ok", _enter_code),
    ("approval_enter_wrong", 86401, "deny approval.wrong", _enter_wrong),
)
