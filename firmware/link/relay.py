"""The line as a carrier: a host carries envelopes between the watches that it is paired with (`ward relay`).

An envelope counts only by its sender's MAC under the contact's key, as with every carrier, so a host can bring no
message of its own. Its text is sealed under a key of these two contacts, so the host that carries it cannot read it
either: what a guardian may read is decided elsewhere (rules/content_access.py). Loaded for one request and let go.
"""

from binascii import a2b_base64, b2a_base64

from firmware.link.json_text import dumps
from firmware.link.params import number
from firmware.policy.decision import BadRequest
from firmware.storage.crypto import Broken, Sealer, hkdf


def take(watch, params):
    """An envelope that waits, with the watch's own address; the address alone if there is none.

    taken: the MAC of the one that was carried away before; skip: how many of the oldest to leave where they are."""
    watch.messaging.taken(params.get("taken"))
    envelope = watch.messaging.waiting(number(params, "skip"))
    row = watch.engine.rules["contacts"].party(envelope["to"]).row if envelope else -1
    if row < 0:
        if envelope:  # no contact any more: nobody could open it
            watch.messaging.taken(envelope["mac"])
        return {"address": watch.address}
    contacts = watch.engine.rules["contacts"]
    found = {name: envelope[name] for name in ("sender", "to", "counter", "mac")}
    sealed = _sealer(contacts.key(row)).seal(watch.engine.context.random(16), envelope["text"].encode(), _bound(found))
    found["sealed"] = b2a_base64(sealed)[:-1].decode()
    found["address"] = watch.address
    return found


def give(watch, params):
    """Take an envelope as from any carrier. The answer is the same for everybody, blocked or not."""
    counter = number(params, "counter")
    found = {"sender": params.get("sender"), "to": params.get("to"), "counter": counter, "mac": params.get("mac")}
    for name in ("sender", "to", "mac"):
        if not isinstance(found[name], str) or len(found[name]) > 64:
            raise BadRequest(name, "must be a text of at most 64 characters")
    contacts = watch.engine.rules["contacts"]
    row = contacts.party(found["sender"]).row
    text = ""  # a stranger's text cannot be opened: it is judged, and refused, without one
    if row >= 0:
        if contacts.came_before(row, counter):
            return {}  # carried twice: no attempt of a stranger
        try:
            text = _sealer(contacts.key(row)).unseal(a2b_base64(params.get("sealed", "")), _bound(found)).decode()
        except (Broken, ValueError, TypeError):
            found["mac"] = "0" * 32  # forged, or sealed under an older key: like any envelope that does not verify
    watch.messaging.queue({"sender": found["sender"], "counter": counter, "mac": found["mac"], "text": text})
    return {}


def _sealer(key):
    return Sealer(hkdf(key, b"", b"relay"))


def _bound(envelope):
    return dumps([envelope[name] for name in ("sender", "to", "counter", "mac")])


METHODS = {"relay.take": take, "relay.give": give}
