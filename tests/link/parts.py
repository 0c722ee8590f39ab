"""Frames, sessions and pairing between two ends. Prints what came out, which must be equal on both runtimes."""

from hashlib import sha256

from firmware.link import pairing, session
from firmware.link.frames import LIMIT, Reader, frame
from firmware.storage.crypto import Broken


class Random:
    """Repeatable bytes, equal on every runtime. For tests only."""

    def __init__(self, seed):
        self._seed = seed.encode()
        self._count = 0

    def __call__(self, size):
        out = b""
        while len(out) < size:
            self._count += 1
            out += sha256(self._seed + b"%d" % self._count).digest()
        return out[:size]


def ends(key=b"k" * 32, other_key=None):
    """(host's session, watch's session) after a handshake."""
    bound = session.transcript(b"host-1", b"watch-1", b"h" * 16, b"w" * 16)
    return (
        session.Session(key, bound, session.HOST, Random("host")),
        session.Session(other_key or key, bound, session.WATCH, Random("watch")),
    )


def pair(host_code, watch_code):
    """The keys of both sides of a pairing."""
    host = pairing.Pairing(True, host_code, Random("pairing host"))
    watch = pairing.Pairing(False, watch_code, Random("pairing watch"))
    return host.key(watch.public, b"ids"), watch.key(host.public, b"ids")


def main():
    reader = Reader()
    bodies = [b'{"a":1}', "你好".encode(), b"", b"x" * (LIMIT - 8)]
    line = b"boot noise\r\n" + b"noise".join([frame(body) for body in bodies])
    found = []
    for at in range(0, len(line), 7):
        found += reader.feed(line[at : at + 7])
    print(found == bodies, reader.dropped, sha256(line).digest())
    host, watch = ends()
    for body in bodies:
        sealed = host.seal(body)
        print(watch.unseal(sealed) == body, sha256(sealed).digest())
        try:
            watch.unseal(sealed)
        except Broken as broken:
            print(broken)
    one, other = pair("042137", "042137")
    print(one == other, sha256(one).digest())
    one, other = pair("042137", "042138")
    print(one == other, sha256(one).digest())


if __name__ == "__main__":
    main()
