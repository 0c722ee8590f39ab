"""Published vectors on both runtimes, and random input against the `cryptography` package."""

from pathlib import Path

from cryptography.hazmat.primitives import hashes, hmac, keywrap
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC
from hypothesis import given
from hypothesis import strategies as st

from firmware.storage import crypto, key_table, stretch
from simulator import micropython
from tests.storage import vectors

key_bytes = st.binary(min_size=32, max_size=32)


def test_vectors_on_cpython() -> None:
    for name, passed in vectors.checks():
        assert passed, name


def test_vectors_on_micropython(micropython_binary: str, source_root: Path) -> None:
    done = micropython.run(vectors.__file__, path=source_root)
    assert done.stdout == "passed %d\n" % len(list(vectors.checks())), done.stdout + done.stderr


@given(st.binary(max_size=150), st.lists(st.binary(max_size=100)))
def test_hmac(key: bytes, parts: list[bytes]) -> None:
    theirs = hmac.HMAC(key, hashes.SHA256())
    theirs.update(b"".join(parts))
    assert crypto.Hmac(key).digest(*parts) == theirs.finalize()


@given(st.binary(min_size=1, max_size=80), st.binary(max_size=80), st.binary(max_size=80), st.integers(1, 200))
def test_hkdf(key: bytes, salt: bytes, info: bytes, length: int) -> None:
    assert crypto.hkdf(key, salt, info, length) == HKDF(hashes.SHA256(), length, salt, info).derive(key)


@given(st.binary(max_size=80), st.binary(max_size=80), st.integers(1, 50))
def test_pbkdf2(password: bytes, salt: bytes, rounds: int) -> None:
    assert stretch.pbkdf2(password, salt, rounds) == PBKDF2HMAC(hashes.SHA256(), 32, salt, rounds).derive(password)


@given(key_bytes, st.integers(2, 24).flatmap(lambda count: st.binary(min_size=8 * count, max_size=8 * count)))
def test_key_wrap(key: bytes, secret: bytes) -> None:
    wrapped = key_table.wrap(key, secret)
    assert wrapped == keywrap.aes_key_wrap(key, secret)
    assert key_table.unwrap(key, wrapped) == secret


@given(key_bytes, st.binary(min_size=16, max_size=16), st.binary(max_size=200), st.binary(max_size=40))
def test_sealing_is_cbc_then_hmac(key: bytes, iv: bytes, plain: bytes, aad: bytes) -> None:
    sealer = crypto.Sealer(key)
    sealed = bytes(sealer.seal(iv, plain, aad))
    assert sealer.unseal(sealed, aad) == sealer.unseal(bytearray(sealed), aad) == plain
    decryptor = Cipher(algorithms.AES(crypto.hkdf(key, b"", b"encrypt")), modes.CBC(iv)).decryptor()
    padded = decryptor.update(sealed[16:-16]) + decryptor.finalize()
    assert padded == plain + bytes([16 - len(plain) % 16]) * (16 - len(plain) % 16)
    theirs = hmac.HMAC(crypto.hkdf(key, b"", b"authenticate"), hashes.SHA256())
    theirs.update(len(aad).to_bytes(4, "big") + aad + sealed[:-16])
    assert sealed[:16] == iv and sealed[-16:] == theirs.finalize()[:16]
