"""Checking a request's shape before any rule sees it (requirement E8).

A rule declares each verb's fields as a tuple of (name, type, limit). Types: "i" whole number 0..limit, "s" text of at
most `limit` characters, "h" hexadecimal text of exactly `limit` bytes, "b" true or false, "l" list of at most `limit`
items. A name that ends in "?" may be left out.
"""

from firmware.policy.decision import BadRequest

_HEX = "0123456789abcdef"


def _check_text(name, value, limit):
    if not isinstance(value, str):
        raise BadRequest(name, "must be text")
    if len(value) > limit:
        raise BadRequest(name, "has more than %d characters" % limit)
    try:
        encoded = value.encode()
    except UnicodeError:
        raise BadRequest(name, "is not valid UTF-8") from None
    # MicroPython keeps lone surrogates as the bytes ED A0..BF xx; CPython has refused them above.
    at = encoded.find(b"\xed")
    while at >= 0:
        if encoded[at + 1 : at + 2] >= b"\xa0":
            raise BadRequest(name, "is not valid UTF-8")
        at = encoded.find(b"\xed", at + 1)


def _check_hex(name, value, size):
    if not isinstance(value, str) or len(value) != 2 * size:
        raise BadRequest(name, "must be %d bytes in hexadecimal" % size)
    for digit in value:
        if digit not in _HEX:
            raise BadRequest(name, "must be lower-case hexadecimal")


def _check_field(name, value, kind, limit):
    if kind == "s":
        _check_text(name, value, limit)
    elif kind == "i":
        if isinstance(value, bool) or not isinstance(value, int):
            raise BadRequest(name, "must be a whole number")
        if not 0 <= value <= limit:
            raise BadRequest(name, "must be from 0 to %d" % limit)
    elif kind == "h":
        _check_hex(name, value, limit)
    elif kind == "b":
        if not isinstance(value, bool):
            raise BadRequest(name, "must be true or false")
    elif not isinstance(value, list) or len(value) > limit:
        raise BadRequest(name, "must be a list of at most %d items" % limit)


def check(request, fields):
    """Raise BadRequest unless `request` (a dict with "kind") has exactly the declared fields, each well formed."""
    known = 1
    for name, kind, limit in fields:
        optional = name[-1] == "?"
        if optional:
            name = name[:-1]
        if name in request:
            known += 1
            _check_field(name, request[name], kind, limit)
        elif not optional:
            raise BadRequest(name, "is missing")
    if len(request) != known:
        for name in sorted([str(key) for key in request]):
            if name != "kind" and not any(name == field[0].rstrip("?") for field in fields):
                raise BadRequest(name, "is not a field of " + request["kind"])
        raise BadRequest("kind", "has fields of a wrong type")


def choice(request, name, choices):
    """The field's value if it is one of `choices`, else BadRequest."""
    value = request[name]
    if value not in choices:
        raise BadRequest(name, "must be one of " + ", ".join(choices))
    return value
