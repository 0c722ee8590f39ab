"""JSON as every runtime writes it: keys in order, UTF-8 as it is. `json.dumps` of MicroPython orders keys by hash."""

from firmware.storage.journal import encode


def dumps(value):
    """The bytes of a value made of dicts, lists, tuples, texts, whole numbers, booleans and None."""
    if value is None:
        return b"null"
    if value is True or value is False:
        return b"true" if value else b"false"
    if isinstance(value, dict):
        return b"{" + b",".join([dumps(key) + b":" + dumps(value[key]) for key in sorted(value)]) + b"}"
    if isinstance(value, (list, tuple)):
        return b"[" + b",".join([dumps(item) for item in value]) + b"]"
    return encode([value])[1:-1]
