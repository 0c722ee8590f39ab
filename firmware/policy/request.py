"""Checking a request's form before any rule sees it (requirement E8).

A rule declares its requests as text, one line a verb: `verb field=type ...`. Types: i<limit> whole number from 0 to
limit (2**30 - 1 if none is given), z<limit> whole number from -limit to limit, s<limit> text of at most limit
characters, h<size> lower-case hexadecimal text of exactly size bytes, b true or false, l<limit> list of at most limit
items. A field whose name ends in "?" may be left out. One text for all requests of a rule takes a tenth of the heap
that tuples take.
"""

from micropython import const

from firmware.policy.decision import BadRequest

_HEX = const("0123456789abcdef")
_MAX = const(0x3FFFFFFF)
_READ_CAP = const(3)

_read: dict = {}  # kind -> fields of the requests asked last: most come again and again


def has_surrogate(encoded):
    """True if text in UTF-8 holds half of a surrogate pair: the bytes ED A0..BF xx, which no valid text has."""
    at = encoded.find(b"\xed")
    while at >= 0:
        if encoded[at + 1 : at + 2] >= b"\xa0":
            return True
        at = encoded.find(b"\xed", at + 1)
    return False


def _check_text(name, value, limit):
    if not isinstance(value, str):
        raise BadRequest(name, "must be text")
    if len(value) > limit:
        raise BadRequest(name, "has more than %d characters" % limit)
    try:
        encoded = value.encode()
    except UnicodeError:
        raise BadRequest(name, "is not valid UTF-8") from None
    if has_surrogate(encoded):  # MicroPython keeps them; CPython has refused them above
        raise BadRequest(name, "is not valid UTF-8")


def _check_field(name, value, kind, limit):
    if kind == "s":
        _check_text(name, value, limit)
    elif kind in "iz":
        if isinstance(value, bool) or not isinstance(value, int):
            raise BadRequest(name, "must be a whole number")
        least = -limit if kind == "z" else 0
        if not least <= value <= limit:
            raise BadRequest(name, "must be from %d to %d" % (least, limit))
    elif kind == "h":
        if not isinstance(value, str) or len(value) != 2 * limit:
            raise BadRequest(name, "must be %d bytes in hexadecimal" % limit)
        if value.strip(_HEX):
            raise BadRequest(name, "must be lower-case hexadecimal")
    elif kind == "b":
        if not isinstance(value, bool):
            raise BadRequest(name, "must be true or false")
    elif not isinstance(value, list) or len(value) > limit:
        raise BadRequest(name, "must be a list of at most %d items" % limit)


def _field(word):
    """(name, type, limit) of `name=type`."""
    name, _, form = word.partition("=")
    return name, form[0], int(form[1:]) if len(form) > 1 else _MAX


def _fields(forms, verb):
    """The fields of a verb, or None if there is no such verb."""
    at = forms.find("\n" + verb) if verb else -1
    while at >= 0:
        words = forms[at + 1 : forms.find("\n", at + 1)].split(" ")
        if words[0] == verb:
            return [_field(word) for word in words[1:]]
        at = forms.find("\n" + verb, at + 1)
    return None


def forms(text):
    """All requests of a rule, for tests and documents: {verb: [(name, type, limit), ...]}."""
    lines = [line.split(" ") for line in text.strip().split("\n")]
    return {words[0]: [_field(word) for word in words[1:]] for words in lines}


def check(request, forms, verb):
    """Raise BadRequest unless `request` (a dict with "kind") has exactly the fields of `verb`, each well formed."""
    fields = _read.get(request["kind"])
    if fields is None:
        fields = _fields(forms, verb)
        if fields is None:
            raise BadRequest("kind", "is unknown")
        if len(_read) >= _READ_CAP:
            _read.clear()
        _read[request["kind"]] = fields
    names = ["kind"]
    for name, kind, limit in fields:
        optional = name[-1] == "?"
        if optional:
            name = name[:-1]
        if name in request:
            _check_field(name, request[name], kind, limit)
            names.append(name)
        elif not optional:
            raise BadRequest(name, "is missing")
    if len(request) != len(names):
        # sorted, because dicts have no order on MicroPython
        strange = sorted([str(name) for name in request if name not in names])
        raise BadRequest(strange[0], "is not a field of this request")


def choice(request, name, choices):
    """The field's value if it is one of `choices`, else BadRequest."""
    value = request[name]
    if value not in choices:
        raise BadRequest(name, "must be one of " + ", ".join(choices))
    return value
