"""Simulated publishers: the app store, the child pool and the maker, with RSA keys that are derived from their names.

A key is no secret: its primes are the first ones after numbers that anybody can compute. Signing is done by the
`cryptography` package, so that the watch's own check is judged by somebody else's.
"""

import hashlib
import json
from functools import cache
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

_EXPONENT = 65537
# How far behind its base each of the two primes lies: searched for once, as that takes a second.
_FOUND = {"store": (1168, 324), "pool": (24, 1042), "maker": (2962, 730), "other": (154, 532)}


def _base(words: str) -> int:
    """An odd number of 1536 bits, the two highest of them set."""
    stream = b"".join(hashlib.sha256(("%s %d" % (words, count)).encode()).digest() for count in range(6))
    return int.from_bytes(stream, "big") | 3 << 1534 | 1


@cache
def private_key(name: str) -> rsa.RSAPrivateKey:
    """The 3072-bit key of "store", "pool", "maker" or "other"."""
    p, q = (_base("%s %s" % (name, part)) + _FOUND[name][at] for at, part in enumerate("pq"))
    d = pow(_EXPONENT, -1, (p - 1) * (q - 1))
    numbers = rsa.RSAPrivateNumbers(
        p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p), rsa.RSAPublicNumbers(_EXPONENT, p * q)
    )
    return numbers.private_key()


def modulus(name: str) -> str:
    """The public key as the watch takes it, in hexadecimal."""
    return private_key(name).public_key().public_numbers().n.to_bytes(384, "big").hex()


@cache
def signature(name: str, text: str) -> str:
    """The signature of a text, in hexadecimal."""
    return private_key(name).sign(text.encode(), padding.PKCS1v15(), hashes.SHA256()).hex()


def written(items: list[Any]) -> str:
    """A list as publishers write it: JSON without blanks, characters as they are."""
    return json.dumps(items, ensure_ascii=False, separators=(",", ":"))


def digest(body: str) -> str:
    """The hash by which a signed text names a package or a body."""
    return hashlib.sha256(body.encode()).hexdigest()


def manifest(given: dict[str, Any]) -> str:
    """A package's manifest: {app, version, class, ages, permissions, body, name}, all but `app` with defaults."""
    words = " ".join(given.get("permissions", []))
    body = digest(given.get("body", "a package"))
    class_, name = given.get("class", "education"), given.get("name", "Abacus")
    return written(
        ["wardwatch app", given["app"], given.get("version", 1), class_, given.get("ages", 8), words, body, name]
    )


def item(given: dict[str, Any], day: int) -> str:
    """An item of the pool: {id, channel, label, ages, topic, age_days, keep_days, body}, made `age_days` before."""
    made = day - given.get("age_days", 0)
    channel, topic = given.get("channel", "stories"), given.get("topic", "nature")
    label, ages = given.get("label", "plain"), given.get("ages", 3)
    body = digest(given.get("body", "a story"))
    return written(
        ["wardwatch item", given["id"], channel, label, ages, topic, made, day + given.get("keep_days", 60), body]
    )
