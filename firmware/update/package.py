"""What a firmware package is, and whether this watch may take it (requirements E1, E2).

    package  = head | code | assets, in the manifest's order
    head     = "WARD1" | manifest | modulus in hex | signature in hex, each ended by LF
    manifest = canonical JSON: ["wardwatch firmware", board, version, minimum, state, next key, bytes of code, SHA-256
               of code, then for each asset: path, bytes, SHA-256]
    code     = bytes of the index in eight hex digits, LF | index, a line "path TAB bytes" each | bodies, each
               compressed by itself (RFC 1951), so that a window of 2**WINDOW bytes unpacks it

`minimum`: no lower version starts any more, not even as the way back. `state`: number of the form of what the rules
keep. `next key`: SHA-256 of the modulus that may sign from then on, besides this one; "" for none.
"""

from hashlib import sha256

from micropython import const

from firmware.storage.signature import signed_list, sound

MAGIC = b"WARD1\n"
HEAD = const(4096)  # bytes at most
CODE = const(256000)  # bytes of a slot's code at most: 250 KB
WINDOW = 10  # log2 of the bytes that unpacking a module takes of the heap

_KIND = const("wardwatch firmware")
_FIELDS = const(8)
_INDEX = const(16384)  # bytes at most
_PIECE = const(1024)
_MOST = const(65535)

# Why a package is refused: each is a reason of rules/firmware.py.
FORM = const("form")
KEY = const("key")
SIGNATURE = const("signature")
BOARD = const("board")
OLD = const("old")
BIG = const("big")
PATH = const("path")
DAMAGED = const("damaged")


class Manifest:
    """A manifest whose signature was right. assets: [(path, bytes, SHA-256 in hex)]; at: where the code begins."""

    def __init__(self, items, signer, at):
        self.board, self.version, self.minimum, self.state, self.next_key, self.size, self.sha = items[1:_FIELDS]
        self.assets = [tuple(items[at : at + 3]) for at in range(_FIELDS, len(items), 3)]
        self.signer = signer
        self.at = at

    @property
    def pins(self):
        """The keys that may sign once this package is confirmed."""
        return [self.signer, self.next_key] if self.next_key else [self.signer]


def read_head(data, pins):
    """(why not, manifest): the head at the beginning of `data`, signed by a key whose SHA-256 is in pins (hex)."""
    if data[: len(MAGIC)] != MAGIC:
        return FORM, None
    lines = bytes(data).split(b"\n", 4)
    if len(lines) < 5:
        return FORM, None
    try:
        text, key, signed = lines[1].decode(), lines[2].decode(), lines[3].decode()
        modulus = bytes.fromhex(key)
        bytes.fromhex(signed)
    except (ValueError, UnicodeError):
        return FORM, None
    signer = sha256(modulus).digest()
    if not sound(modulus) or signer.hex() not in pins:
        return KEY, None
    items = signed_list(text, key, signed, signer)
    if items is None:
        return SIGNATURE, None
    if not _well_formed(items):
        return FORM, None
    return "", Manifest(items, signer.hex(), len(MAGIC) + len(text.encode()) + len(key) + len(signed) + 3)


def _well_formed(items):
    if len(items) < _FIELDS or items[0] != _KIND or (len(items) - _FIELDS) % 3:
        return False
    if not isinstance(items[1], str) or not (items[5] == "" or _is_hash(items[5])) or not _is_hash(items[7]):
        return False
    for number in items[2:5]:
        if not isinstance(number, int) or not 0 <= number <= _MOST:
            return False
    for at in range(_FIELDS, len(items), 3):
        path, size, sha = items[at : at + 3]
        if not isinstance(path, str) or not _is_size(size) or not _is_hash(sha):
            return False
    return _is_size(items[6])


def _is_size(value):
    return isinstance(value, int) and 0 < value < 1 << 24


def _is_hash(value):
    return isinstance(value, str) and len(value) == 64 and not value.strip("0123456789abcdef")


def unfit(manifest, board, least):
    """Why this watch does not take a package whose signature is right, or "". least: the lowest version it takes."""
    if manifest.board != board:
        return BOARD
    if manifest.version < least:
        return OLD
    if manifest.size > CODE:
        return BIG
    for path, _, _ in manifest.assets:
        if not _inside(path):
            return PATH
    return ""


def _inside(path):
    """Whether a path stays below firmware/, spelled in the one way that the index is searched by."""
    parts = path.split("/")
    if parts[0] != "firmware" or len(parts) < 2:
        return False
    for part in parts:
        if part in ("", ".", ".."):
            return False
    return path.find("\\") < 0


def index(stream):
    """[(path, offset from the stream's place, bytes)] of the code that begins there; None if it is not sound."""
    try:
        length = int(stream.read(8), 16)
        if not 0 < length <= _INDEX or stream.read(1) != b"\n":
            return None
        found, at = [], 9 + length
        for line in stream.read(length).split(b"\n")[:-1]:
            path, _, size = line.decode().partition("\t")
            found.append((path, at, int(size)))
            at += found[-1][2]
    except (ValueError, UnicodeError):
        return None
    return found


def check_code(stream, manifest):
    """Why the code that begins at the stream's place is not the manifest's, or "" (all bytes are read)."""
    found, left, piece = sha256(), manifest.size, memoryview(bytearray(_PIECE))
    while left:
        size = stream.readinto(piece[: min(left, _PIECE)])
        if not size:
            return DAMAGED
        found.update(piece[:size])
        left -= size
    return "" if found.digest().hex() == manifest.sha else DAMAGED


def check_paths(entries, size):
    """Why an index must not be used, or "". size: bytes of the code."""
    if not entries:
        return DAMAGED
    for path, at, length in entries:
        if not _inside(path):
            return PATH
        if length < 0 or at + length > size:
            return DAMAGED
    return ""
