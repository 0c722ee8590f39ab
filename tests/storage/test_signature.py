"""RSA signatures: other people's signatures pass, everything that is nearly one does not, on both runtimes."""

import hashlib
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware.storage import signature
from simulator import micropython, publisher
from tests.bench import signed as bench

MESSAGE = b"a signed text"
KEY = publisher.private_key("store")
MODULUS = KEY.public_key().public_numbers().n
N = bytes.fromhex(publisher.modulus("store"))
GOOD = KEY.sign(MESSAGE, padding.PKCS1v15(), hashes.SHA256())
PREFIX = bytes.fromhex("3031300d060960864801650304020105000420")
DIGEST = hashlib.sha256(MESSAGE).digest()


def raw(block: bytes) -> bytes:
    """The signature whose block this is, right or wrong (RFC 8017: RSASP1)."""
    number = pow(int.from_bytes(block, "big"), KEY.private_numbers().d, MODULUS)
    return number.to_bytes(384, "big")


def padded(tail: bytes, fill: int = 0xFF, head: bytes = b"\x00\x01") -> bytes:
    return head + bytes([fill]) * (384 - len(head) - 1 - len(tail)) + b"\x00" + tail


# What has fooled verifiers: Bleichenbacher's short padding, parameters left out or stuffed, other hashes, other types.
FORGED = {
    "garbage behind the hash": raw(b"\x00\x01" + b"\xff" * 8 + b"\x00" + PREFIX + DIGEST + bytes(384 - 11 - 51)),
    "garbage before the hash": raw(padded(b"\x00" * 40 + PREFIX + DIGEST)),
    "padding of other bytes": raw(padded(PREFIX + DIGEST, fill=0xFE)),
    "padding for encryption": raw(padded(PREFIX + DIGEST, head=b"\x00\x02")),
    "no parameters": raw(padded(bytes.fromhex("302f300b0609608648016503040201") + b"\x04\x20" + DIGEST)),
    "no DigestInfo": raw(padded(DIGEST)),
    "hash of another text": raw(padded(PREFIX + hashlib.sha256(b"another").digest())),
    "one bit of the hash": raw(padded(PREFIX + DIGEST[:-1] + bytes([DIGEST[-1] ^ 1]))),
    "long form of a length": raw(padded(bytes.fromhex("308131300d060960864801650304020105000420") + DIGEST)),
    "SHA-512": KEY.sign(MESSAGE, padding.PKCS1v15(), hashes.SHA512()),
    "PSS": KEY.sign(MESSAGE, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256()),
    "zero": bytes(384),
    "one": bytes(383) + b"\x01",
    "the modulus": N,
    "the modulus minus one": (MODULUS - 1).to_bytes(384, "big"),
    "all ones": b"\xff" * 384,
    "a byte short": GOOD[:-1],
    "a byte more": GOOD + b"\x00",
    "empty": b"",
    "another key's": publisher.private_key("other").sign(MESSAGE, padding.PKCS1v15(), hashes.SHA256()),
}


def test_a_signature_passes() -> None:
    assert signature.verify(N, MESSAGE, GOOD)
    assert raw(padded(PREFIX + DIGEST)) == GOOD, "or the forged ones are wrong for another reason"


@pytest.mark.parametrize("name", FORGED)
def test_nearly_a_signature_does_not(name: str) -> None:
    assert not signature.verify(N, MESSAGE, FORGED[name])


def test_plus_the_modulus_is_refused() -> None:
    """The same number modulo n, were it taken, would be a second signature of the text."""
    small = next(
        signed
        for count in range(200)
        if int.from_bytes(signed := KEY.sign(b"%d" % count, padding.PKCS1v15(), hashes.SHA256()), "big") + MODULUS
        < 1 << 3072
    )
    message = next(b"%d" % c for c in range(200) if KEY.sign(b"%d" % c, padding.PKCS1v15(), hashes.SHA256()) == small)
    assert signature.verify(N, message, small)
    assert not signature.verify(N, message, (int.from_bytes(small, "big") + MODULUS).to_bytes(384, "big"))


def test_keys_of_another_form() -> None:
    even = (MODULUS - 1).to_bytes(384, "big")
    for key in (b"", N[:-1], N + b"\x00", bytes(384), b"\x7f" + N[1:], even):
        assert not signature.sound(key)
        assert not signature.verify(key, MESSAGE, GOOD)
    small = rsa.generate_private_key(65537, 2048)
    short = small.public_key().public_numbers().n.to_bytes(384, "big")
    signed = bytes(128) + small.sign(MESSAGE, padding.PKCS1v15(), hashes.SHA256())
    assert not signature.verify(short, MESSAGE, signed), "2048 bits are none of ours"


@settings(max_examples=40)
@given(st.binary(max_size=300), st.integers(0, 3071))
def test_any_message_and_any_bit(message: bytes, bit: int) -> None:
    signed = KEY.sign(message, padding.PKCS1v15(), hashes.SHA256())
    assert signature.verify(N, message, signed)
    flipped = (int.from_bytes(signed, "big") ^ 1 << bit).to_bytes(384, "big")
    assert not signature.verify(N, message, flipped)
    assert not signature.verify(N, message + b"x", signed)


def test_the_measurements_use_genuine_signatures() -> None:
    assert publisher.modulus("store") == bench.KEY
    for name in ("MANIFEST", "TALE", "RECALL", "APPS_WITHDRAWN", "ITEMS_WITHDRAWN"):
        assert publisher.signature("store", getattr(bench, name)) == getattr(bench, name + "_SIGNED")


@pytest.mark.parametrize("compiled", [False, True], ids=["source", "mpy"])
def test_micropython_judges_the_same(
    compiled: bool, source_root: Path, request: pytest.FixtureRequest, tmp_path: Path, micropython_binary: str
) -> None:
    root = request.getfixturevalue("mpy_root") if compiled else source_root
    script = tmp_path / "check.py"
    cases = [GOOD, *FORGED.values()]
    script.write_text(
        "from firmware.storage.signature import verify\n"
        "key = bytes.fromhex(%r)\n"
        % N.hex()
        + "for signed in %r:\n    print(verify(key, %r, bytes.fromhex(signed)))\n" % ([c.hex() for c in cases], MESSAGE)
    )
    done = micropython.run(script, path=root, heap="192K")
    assert done.stdout.split() == ["True"] + ["False"] * len(FORGED), done.stderr
