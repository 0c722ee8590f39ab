"""Project Wycheproof's vectors against the watch's own verifier. Runs on both runtimes: prints a verdict a line.

usage: wycheproof.py FILE
"""

import sys
from binascii import a2b_base64

from firmware.storage.signature import verify


def rows(path):
    """(exponent, modulus, fields of the row) of each vector."""
    exponent, modulus = 0, b""
    with open(path) as file:
        for line in file:
            fields = line.rstrip("\n").split("\t")
            if fields[0] == "key":
                exponent, modulus = int(fields[1]), a2b_base64(fields[2])
            elif line[0] != "#":
                yield exponent, modulus, fields


def judged(path):
    """(number, whether the watch takes it) of each vector."""
    for _, modulus, (number, _, _, message, signed, _) in rows(path):
        yield int(number), verify(modulus, bytes.fromhex(message), a2b_base64(signed))


if __name__ == "__main__":
    for found in judged(sys.argv[1]):
        print(*found)
