"""Rows of paired hosts and of the recovery by a code."""

from firmware.policy.desk.credentials import recovery_hash
from tests.bench import full_state as full
from tests.bench.parts import HOST, plain, with_fields

_CODE = bytes(range(15))
_HOST_ID = "ab" * 8


def _add(device, number):
    full.prove(device)
    return "hosts.add", with_fields(HOST, host=_HOST_ID, key="cd" * 32, name="desk")


def _remove(device, number):
    kind, fields = _add(device, number)
    device.must(kind, **fields)
    return "hosts.remove", with_fields(HOST, host=_HOST_ID)


def _recovery_code(device, number):
    full.prove(device)
    return "credentials.recovery_code", with_fields(HOST, hash=recovery_hash(_CODE).hex())


def _recover(device, number):
    kind, fields = _recovery_code(device, number)
    if device.engine.rules["credentials"].recovery_left():
        device.must("credentials.recovery_cancel", **HOST)
    device.must(kind, **fields)
    return "credentials.recover", with_fields(full.verifier(), code=_CODE.hex(), hash="ef" * 32)


def _cancel(device, number):
    kind, fields = _recover(device, number)
    device.must(kind, **fields)
    return "credentials.recovery_cancel", with_fields(HOST)


ROWS = (
    ("hosts_code", 3601, "ok", plain("hosts.code")),
    ("hosts_refused", 61, "deny hosts.refused", plain("hosts.refused", what="proof")),
    ("hosts_add", 3601, "ok", _add),
    ("hosts_remove", 3601, "ok", _remove),
    ("hosts_failed", 3601, "deny hosts.wrong_code", plain("hosts.failed")),
    ("credentials_recovery_code", 1, "ok", _recovery_code),
    ("credentials_recover", 1, "ok", _recover),
    ("credentials_recovery_cancel", 1, "ok", _cancel),
)
