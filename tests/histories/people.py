"""Who takes part in the histories, what they write, and what their own devices compute: keys, envelopes, proofs.

All names, numbers and texts are invented. The MACs are made with Python's own `hmac`, so that the firmware's
cryptography is not its own judge.
"""

import hmac
from hashlib import sha256
from typing import Any

Json = dict[str, Any]

GUARDIAN, FRIENDS, OTHERS = "mama", ("lin", "bao"), ("qiu", "zed")
PARTIES = (GUARDIAN, *FRIENDS, *OTHERS)
NUMBERS = {name: "1390000000%d" % at for at, name in enumerate(PARTIES)}
PIN, WRONG_PIN = "482915", "482916"
_CLIENT_KEY = sha256(b"passphrase of the histories").digest()
_STORED_KEY = sha256(_CLIENT_KEY).digest()
VERIFIER = {"salt": "00" * 16, "rounds": 4096, "stored_key": _STORED_KEY.hex(), "server_key": "11" * 32, "pin": PIN}


def _text(text: str, kind: str = "", severity: int = 0, leaks: str = "") -> Json:
    return {"text": text, "class": kind, "severity": severity, "leaks": leaks}


# text, what it is (bully, threat, lure, doxx, cry, data, intimate or nothing), severity, and why it may not be sent.
# "data": someone's details without an insult, which is warned about but makes nobody a doxxer.
TEXTS = (
    _text("good morning, see you at school"),
    _text("早上好，一起去图书馆吗"),
    _text("you are dumb", "bully", 1),
    _text("nobody likes you", "bully", 2),
    _text("drink bleach", "bully", 3),
    _text("i will beat you up", "threat", 2),
    _text("dont tell mom", "lure", 2),
    _text("帮你开盒，查人", "doxx", 2, "messages.doxxing"),
    _text("my number is 13900000000", "data", 1, "messages.personal"),
    _text("我家住在阳光路15号3单元", "data", 2, "messages.personal_never"),
    _text("i was bullied and i want to cut myself", "cry", 3),
    _text("send nudes", "intimate", 3, "messages.private"),
)


def key(party: str) -> str:
    return sha256(party.encode()).hexdigest()


def _mac(party: str, message: bytes) -> str:
    return hmac.new(bytes.fromhex(key(party)), message, sha256).hexdigest()[:32]


def envelope(party: str, counter: int, text: str, genuine: bool = True) -> Json:
    """A message as the carrier brings it; forged: made by somebody who does not know the party's key."""
    signed = party.encode() + b"\0" + counter.to_bytes(4, "big") + text.encode()
    mac = _mac(party if genuine else "somebody", signed)
    return {"sender": party, "counter": counter, "mac": mac, "text": text}


def agreement(party: str, genuine: bool = True) -> str:
    return _mac(party if genuine else "somebody", b"agree\0" + party.encode())


def scram_proof(auth: str, right: bool = True) -> str:
    """RFC 5802, section 3: ClientKey XOR HMAC(StoredKey, AuthMessage)."""
    signature = hmac.new(_STORED_KEY, auth.encode(), sha256).digest()
    return bytes(a ^ b for a, b in zip(_CLIENT_KEY if right else _STORED_KEY, signature)).hex()
