"""Agreeing on a pairing key by six digits that are read from the watch and typed into the host (requirements B2, B5).

SPAKE2 (the protocol of RFC 9382) in the 2048-bit group 14 of RFC 3526, which MicroPython's big numbers can do. The
digits never go over the line, and neither a listener nor somebody in between can try them out afterwards: every guess
costs one attempt that the watch counts. The masks M and N are squares of hashed names, so that nobody knows their
logarithms. Loaded for one pairing and dropped again; about 40 ms of work on a desktop, seconds on a board.
"""

from hashlib import sha256

from firmware.storage.crypto import Broken, hkdf

_P = int(
    "ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74020bbea63b139b22514a08798e3404dd"
    "ef9519b3cd3a431b302b0a6df25f14374fe1356d6d51c245e485b576625e7ec6f44c42e9a637ed6b0bff5cb6f406b7ed"
    "ee386bfb5a899fa5ae9f24117c4b1fe649286651ece45b3dc2007cb8a163bf0598da48361c55d39a69163fa8fd24cf5f"
    "83655d23dca3ad961c62f356208552bb9ed529077096966d670c354e4abc9804f1746c08ca18217c32905e462e36ce3b"
    "e39e772c180e86039b2783a2ec07a28fb5c55df06f4c52c9de2bcbf6955817183995497cea956ae515d2261898fa0510"
    "15728e5a8aacaa68ffffffffffffffff",
    16,
)
_G = 2
SIZE = 256  # bytes of a public value


def _mask(name):
    wide = b""
    for number in range(8):
        wide += sha256(b"wardwatch pairing " + name + bytes((number,))).digest()
    return pow(int.from_bytes(wide, "big") % _P, 2, _P)


def _inverse(value):
    """1 / value modulo P, by Euclid: MicroPython's pow takes no negative exponent."""
    low, high, a, b = value, _P, 1, 0
    while low > 1:
        times = high // low
        low, high, a, b = high - times * low, low, b - times * a, a
    return a % _P


class Pairing:
    """One attempt of one side. host: True on the host; code: the six digits; random(n) -> n bytes."""

    def __init__(self, host, code, random):
        self._host = host
        self._code = code.encode()
        self._power = int(code) + 1
        self._secret = int.from_bytes(random(32), "big")
        own = _mask(b"host" if host else b"watch")
        self._public = pow(_G, self._secret, _P) * pow(own, self._power, _P) % _P

    @property
    def public(self):
        """The SIZE bytes to send to the other side."""
        return self._public.to_bytes(SIZE, "big")

    def key(self, other, bound):
        """The 32-byte pairing key, from the other side's public bytes; bound: what else both sides must agree on.

        Both get the same key only with the same code. Broken if `other` is no public value."""
        value = int.from_bytes(other, "big")
        if len(other) != SIZE or not 1 < value < _P - 1:
            raise Broken("public")
        mask = pow(_mask(b"watch" if self._host else b"host"), self._power, _P)
        # Twice the exponent: what lies outside the large subgroup falls away.
        shared = pow(value * _inverse(mask) % _P, 2 * self._secret, _P)
        if shared == 1:
            raise Broken("public")
        first, second = (self.public, other) if self._host else (other, self.public)
        info = sha256(first + second + self._code + bound).digest()
        return hkdf(shared.to_bytes(SIZE, "big"), b"", b"pairing" + info)
