"""Frames, sessions and pairing between two ends. Prints what came out, which must be equal on both runtimes."""

from hashlib import sha256

from firmware.link import pairing, session
from firmware.link.frames import LIMIT, Reader, frame
from firmware.storage.crypto import Broken
from simulator.portable.board import Drbg


def ends(key=b"k" * 32, other_key=None):
    """(host's session, watch's session) after a handshake."""
    bound = session.transcript(b"host-1", b"watch-1", b"h" * 16, b"w" * 16)
    return (
        session.Session(key, bound, session.HOST, Drbg("host")),
        session.Session(other_key or key, bound, session.WATCH, Drbg("watch")),
    )


def pair(host_code, watch_code):
    """The keys of both sides of a pairing."""
    host = pairing.Pairing(True, host_code, Drbg("pairing host"))
    watch = pairing.Pairing(False, watch_code, Drbg("pairing watch"))
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
