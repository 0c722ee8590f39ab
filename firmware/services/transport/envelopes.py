"""What goes over a network that belongs to others: a routing id, and bytes that only the two ends can open (B7, F24).

Two ends share a key: contacts that of their contact, a host and the watch their pairing key. From it comes everything
that a broker sees. The routing id of a direction is 24 digits of HKDF-SHA-256 over the key and the receiver: it names
nobody, and who does not have the key can neither guess nor make it. The rest is a canonical JSON list, sealed
(crypto.Sealer) with the routing id under the tag, so nothing that was recorded opens in another place:

    between contacts   ["message", counter, mac, text] and in a group its number besides    mac: 16 bytes in hexadecimal
                       ["hello"]  is your watch there?      ["here"]  it is
    guardian -> watch  ["locate", counter, mac]           a request for the position (rules/location.py)
    watch -> host      ["alert", id, number, count, code, party, severity, time]   ["sos", id, time]
                       ["position", id, counter, part, sealed], or with its fields ["position", id, counter, part, "",
                       fields...]
                       ["request", id, number, what, value, minutes, detail]    the child asks for an approval
                       ["gone", since]           the last words; since: powered seconds at which the watch connected
    host -> watch      ["got", id]               it is on the guardian's device
                       ["here"]                  a guardian is there: what waits may come now
                       ["approve", number, code]  the code that a guardian gives for a request (rules/approval.py)
"""

import json

from firmware.storage.crypto import Broken, Sealer, hkdf
from firmware.storage.frames import encode

HOST = "host"
WATCH = "watch"


def route(key, to):
    """The topic of what the holder of `key` who is called `to` receives."""
    return b"w/" + hkdf(key, b"", b"route" + to.encode(), 12).hex().encode()


def seal(key, topic, random, items):
    """The bytes that a broker carries."""
    return bytes(_sealer(key).seal(random(16), encode(items), topic))


def unseal(key, topic, payload):
    """The list. Broken unless a holder of the key made it for this topic."""
    try:
        items = json.loads(_sealer(key).unseal(payload, topic).decode())
    except (ValueError, RuntimeError):  # ill encoded, no JSON, or nested too deep
        raise Broken("form")
    if not isinstance(items, list) or not items:
        raise Broken("form")
    return items


def _sealer(key):
    return Sealer(hkdf(key, b"", b"carried"))
