"""An invented household for the fault tests: what its people send and ask. Runs on CPython and on MicroPython.

`rig` is a simulator.portable.rig.Rig; answers are its dicts.
"""

import json
import struct
from hashlib import sha256

from firmware.policy.rules.contacts import envelope_mac
from firmware.storage.crypto import hmac_sha256
from firmware.storage.files import Files
from simulator.portable.rig import Rig

WALL = 2260 * 86400 + 8 * 3600  # 2026-03-10, in the afternoon of the guardian's zone
OWNER = "Invented Owner"
PIN = "270418"
GUARDIAN_NUMBER = "13900000001"
AUTH = "n=owner,r=invented-nonce,s=salt,i=4096"

# The salted password of RFC 5802: what PBKDF2 would give; the watch never sees it, so any 32 bytes do.
_SALTED = sha256(b"invented passphrase").digest()
_CLIENT_KEY = hmac_sha256(_SALTED, b"Client Key")
_STORED_KEY = sha256(_CLIENT_KEY).digest()


def new_rig():
    """A rig without a watch yet."""
    return Rig()


def expect(condition, *what):
    """AssertionError with `what` unless the condition holds (MicroPython shows no values of an assert)."""
    if not condition:
        raise AssertionError(what)


def ask(rig, kind, **fields):
    """The engine's answer to a request."""
    fields["kind"] = kind
    return rig.do({"op": "ask", "request": fields})


def allowed(answer):
    """The answer, which must be an allow."""
    expect(answer.get("verdict") == "allow", answer)
    return answer


def secrets(pin=PIN):
    """The guardian's verifiers as a host sends them."""
    return {
        "salt": "5a" * 16,
        "rounds": 4096,
        "stored_key": _STORED_KEY.hex(),
        "server_key": hmac_sha256(_SALTED, b"Server Key").hex(),
        "pin": pin,
    }


def setup(rig, birth_year=2017, wall=WALL):
    """The first set-up. The child is 8 years old: messages are private."""
    fields = secrets()
    fields.update(
        {
            "wall": wall,
            "birth_year": birth_year,
            "birth_month": 5,
            "profile": "cn-ccia",
            "language": "en",
            "owner": OWNER,
            "region": "cn",
            "numbers": [GUARDIAN_NUMBER],
        }
    )
    return ask(rig, "administration.setup", **fields)


def login(rig):
    """The owner proves the passphrase from a paired host (RFC 5802 section 3)."""
    signature = hmac_sha256(_STORED_KEY, AUTH.encode())
    proof = bytes([_CLIENT_KEY[at] ^ signature[at] for at in range(32)])
    return ask(rig, "credentials.scram", channel="host", auth=AUTH, proof=proof.hex())


def key_of(name):
    return sha256(b"key of " + name.encode()).digest()


def number_of(name):
    """An invented mobile number of valid shape."""
    return "1390000%04d" % (2000 + sum(name.encode()))


def befriend(rig, name, role="friend"):
    """Add a contact that both sides agree to; the owner is logged in."""
    key = key_of(name)
    allowed(
        ask(
            rig,
            "contacts.add",
            name=name,
            address=name,
            number=number_of(name),
            key=key.hex(),
            role=role,
            channel="host",
        )
    )
    if role == "friend":
        allowed(ask(rig, "contacts.agreed", address=name, mac=hmac_sha256(key, b"agree\0", name.encode())[:16].hex()))


def envelope(name, counter, text):
    """A message as it comes from the carrier."""
    return {
        "sender": name,
        "counter": counter,
        "mac": envelope_mac(key_of(name), name, counter, text).hex(),
        "text": text,
    }


def message(rig, name, counter, text="see you at the gate"):
    """The engine's answer to a message."""
    return ask(rig, "messages.incoming", **envelope(name, counter, text))


def family(rig):
    """Set up, log in, add a guardian, a friend and somebody who will be blocked."""
    allowed(setup(rig))
    allowed(login(rig))
    befriend(rig, "mother", "guardian")
    befriend(rig, "friend")
    befriend(rig, "bully")


def records(rig, kind="."):
    """The records on flash whose text holds `kind`, oldest first: [seq, time, powered, kind, fields...]."""
    files = Files(rig.board.root)
    found = []
    for segment in rig.watch.store.main.segments():
        data = bytes(files.read("j%06d" % segment))
        at = 0
        while at < len(data):
            length, attached = struct.unpack(">HH", data[at : at + 4])
            text = data[at + 4 : at + 4 + length]
            if kind.encode() in text:
                items = json.loads(text)
                if "." in items[3]:
                    found.append(items)
            at += 4 + length + attached + 16
    return found


def kinds(rig):
    """The kinds of all records on flash, oldest first."""
    return [row[3] for row in records(rig)]
