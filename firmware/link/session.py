"""A session between a paired host and the watch: both prove the pairing key, then every frame is sealed (B4, B7).

    host  -> watch   host id, host nonce
    watch -> host    watch id, watch nonce, HMAC(key, "watch" | transcript)
    host  -> watch   HMAC(key, "host" | transcript)

The transcript holds both ids and both nonces, so that a proof is good for one session of these two and no other. From
key and transcript come one sealing key for each direction (HKDF-SHA-256, RFC 5869). A sealed body is

    "~" | base64(counter, 4 bytes | IV | ciphertext | tag)

with the counter, the direction and the session under the tag. Counters only go up; the first frame that does not open
ends the session. There is no forward secrecy: who steals a pairing key can read what was recorded before.
"""

import binascii
import struct

from micropython import const

from firmware.storage.crypto import Broken, Sealer, hkdf, hmac_sha256

_MARK = const(b"~")
_PROOF = const(16)
NONCE = 16  # bytes

HOST = b"host"
WATCH = b"watch"


def transcript(host_id, watch_id, host_nonce, watch_nonce):
    """What both proofs and both keys are bound to; each part with its length, so that no two mean the same."""
    out = b"wardwatch link 1"
    for part in (host_id, watch_id, host_nonce, watch_nonce):
        out += struct.pack(">H", len(part)) + part
    return out


def proof(key, side, bound):
    """The 16 bytes by which `side` (HOST or WATCH) proves the pairing key for a transcript."""
    return hmac_sha256(key, side, b"\0", bound)[:_PROOF]


def is_sealed(body):
    """True for the body of a frame that belongs to a session."""
    return body[:1] == _MARK


class Session:
    """One end of a session. side: HOST or WATCH; random(n) -> n bytes."""

    def __init__(self, key, bound, side, random):
        keys = hkdf(key, b"", b"session" + bound, 72)
        host, watch, self._name = Sealer(keys[:32]), Sealer(keys[32:64]), keys[64:]
        self._out, self._in = (host, watch) if side == HOST else (watch, host)
        self._side = side
        self._other = WATCH if side == HOST else HOST
        self._random = random
        self._sent = 0
        self._got = 0

    def seal(self, body):
        """The sealed form of a body, to be framed."""
        self._sent += 1
        head = struct.pack(">I", self._sent)
        blob = self._out.seal(self._random(16), body, self._name + self._side + head, head)
        return _MARK + binascii.b2a_base64(blob)[:-1]

    def unseal(self, sealed):
        """The body of a sealed one. Broken if it was changed, repeated, or is of another session or direction."""
        try:
            blob = binascii.a2b_base64(sealed[1:])
        except ValueError:
            raise Broken("form")
        if len(blob) < 4:
            raise Broken("length")
        counter = struct.unpack(">I", blob[:4])[0]
        if counter <= self._got:
            raise Broken("counter")
        body = self._in.unseal(blob, self._name + self._other + blob[:4], 4)
        self._got = counter
        return body
