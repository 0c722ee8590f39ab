"""Checks an evidence package of a Wardwatch. It needs only Python 3:  python3 verify.py [FOLDER or ZIP]

It proves that the sealed package has the digest that the watch noted when sealing it, and, where its key was given out,
that the texts are what lies in it. It does not prove who wrote them: see 00-read-me-first.txt.
"""

import functools
import hashlib
import hmac
import json
import operator
import pathlib
import struct
import sys
import zipfile
from collections.abc import Iterable


def xor(numbers: Iterable[int]) -> int:
    return functools.reduce(operator.xor, numbers)


def times(a: int, b: int) -> int:  # in GF(2^8), FIPS 197 section 4.2
    product = 0
    while b:
        product ^= a if b & 1 else 0
        a = a << 1 & 255 ^ (0x1B if a & 128 else 0)
        b >>= 1
    return product


INVERSE = [next((b for b in range(256) if times(a, b) == 1), 0) for a in range(256)]
SBOX = [xor((b << by | b >> 8 - by) & 255 for by in range(5)) ^ 0x63 for b in INVERSE]
BACK = [SBOX.index(byte) for byte in range(256)]
MIX = [[times(byte, factor) for byte in range(256)] for factor in (14, 11, 13, 9)]


def round_keys(key: bytes) -> list[list[int]]:  # AES-256, FIPS 197 section 5.2
    words = [list(key[at : at + 4]) for at in range(0, 32, 4)]
    for number in range(8, 60):
        word = words[-1]
        if number % 8 == 0:
            word = [SBOX[byte] for byte in word[1:] + word[:1]]
            word[0] ^= 1 << number // 8 - 1
        word = [SBOX[byte] for byte in word] if number % 8 == 4 else word
        words.append([*map(operator.xor, words[-8], word)])
    return [[byte for word in words[at : at + 4] for byte in word] for at in range(0, 60, 4)]


def block(keys: list[list[int]], data: bytes) -> bytes:  # FIPS 197 section 5.3
    state = [a ^ b for a, b in zip(data, keys[14], strict=True)]
    for turn in range(13, -1, -1):
        state = [BACK[state[(at - 4 * (at % 4)) % 16]] ^ keys[turn][at] for at in range(16)]
        if turn:
            state = [xor(MIX[of][state[at // 4 * 4 + (at + of) % 4]] for of in range(4)) for at in range(16)]
    return bytes(state)


def hkdf(key: bytes, info: bytes) -> bytes:  # RFC 5869, one block
    return hmac.digest(hmac.digest(b"", key, "sha256"), info + b"\1", "sha256")


def opened(package: bytes, key: bytes) -> list[list[object]]:
    """The plain records of a package; ValueError if one of them was changed."""
    keys, tag_key, head, at = round_keys(hkdf(key, b"encrypt")), hkdf(key, b"authenticate"), package[:20], 20
    found: list[list[object]] = []
    while at < len(package):
        size = int.from_bytes(package[at : at + 2], "big")
        body, tag = package[at + 2 : at + size - 14], package[at + size - 14 : at + size + 2]
        bound = head + struct.pack(">H", len(found))
        if hmac.digest(tag_key, struct.pack(">I", len(bound)) + bound + body, "sha256")[:16] != tag:
            raise ValueError("record %d does not open with this key" % len(found))
        plain = b"".join(
            bytes(map(operator.xor, block(keys, body[here : here + 16]), body[here - 16 : here]))
            for here in range(16, len(body), 16)
        )
        items, private = plain[: -plain[-1]].split(b"\n", 1)
        found.append(json.loads(items) + (json.loads(private) if private else []))
        at += 2 + size
    return found


def main(place: str | pathlib.Path) -> int:
    where, wrong = pathlib.Path(place), []
    read = zipfile.ZipFile(where).read if where.is_file() else lambda name: where.joinpath(name).read_bytes()
    for name, digest in json.loads(read("manifest.json"))["files"].items():
        wrong += [] if hashlib.sha256(read(name)).hexdigest() == digest else [name + " was changed"]
    about, package = json.loads(read("package.json")), read("package.bin")
    if hashlib.sha256(package).hexdigest()[:32] != about["digest"]:
        wrong.append("package.bin is not what the watch sealed")
    if about["key"] and not wrong and opened(package, bytes.fromhex(about["key"])) != json.loads(read("messages.json")):
        wrong.append("messages.json is not what lies in package.bin")
    print("\n".join("WRONG: " + words for words in wrong) or "Unchanged.")
    print("SHA-256 of manifest.json, to compare: " + hashlib.sha256(read("manifest.json")).hexdigest())
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent))
