"""The rare acts on a whole store: set-up, a new beginning after tamper, new credentials, wipe.

Loaded for one act and dropped again; the functions work on the fields of the Store.
"""

from firmware.storage.crypto import Hmac, equal, hmac_sha256

_WIPING = "wipe"
_COUNT = "setups"
_OUTLIVE = ("floor0", "floor1", _WIPING)


def create(store, t: int, powered: int, month: int, parts, credentials: bytes) -> None:
    """See Store.create."""
    if not store.is_new:
        raise ValueError("set up already")
    clear(store)
    _count(store, set_ups(store) + 1)
    secrets = [(cls, number, store._random(32)) for cls, number in (("j", 1), ("d", 1), ("T", 0))]
    store._keys.change((), secrets + [("C", 0, padded(credentials))])
    _begin(store, t, powered, month, parts, 1, 0, 1, 0)


def rebuild_after_tamper(store, t: int, powered: int, month: int, parts) -> None:
    """See Store.rebuild_after_tamper."""
    keys = store._keys
    seq, denied = (keys.marks or (0, 0))[:2]
    seq, denied = max(seq, store.main.seq), max(denied, store.denials.seq)
    drop = []
    numbers = []
    for journal, cls in ((store.main, "j"), (store.denials, "d")):
        owned = keys.numbers(cls)
        drop += [(cls, number) for number in owned]
        numbers.append(max([0] + owned + journal.segments()) + 1)
    secrets = [(cls, number, store._random(32)) for cls, number in zip("jd", numbers)]
    if keys.get("T", 0) is None:
        secrets.append(("T", 0, store._random(32)))
    keys.change(drop, secrets)
    _begin(store, t, powered, month, parts, numbers[0], seq, numbers[1], denied)


def _begin(store, t, powered, month, parts, segment, seq, denial_segment, denied) -> None:
    """Write both journals, the main one last (open goes by it), then the mark."""
    store._forget()
    store._tag = Hmac(store._keys.get("T", 0))
    store.denials.create(t, powered, (), store._keys.get("d", denial_segment), denial_segment, denied)
    sealed = store._sealed(month, seq, parts)
    store.main.create(t, powered, sealed, store._keys.get("j", segment), segment, seq)
    store._month = month
    store._mark(0, powered)


def padded(blob: bytes) -> bytes:
    """Return the blob behind its length, filled up to a multiple of 8 bytes, at least 16."""
    if len(blob) > 191:
        raise ValueError("credentials too long")
    size = max(16, (len(blob) + 8) // 8 * 8)
    return bytes([len(blob)]) + blob + bytes(size - 1 - len(blob))


def wipe(store) -> None:
    """See Store.wipe."""
    try:
        store._files.replace(_WIPING, _order(store))
    except OSError:
        pass  # a full file system must not keep the keys alive
    clear(store)
    for name in _OUTLIVE:
        store._files.remove(name)


def resume_wipe(store) -> None:
    """Wipe if the file that orders it is there and genuine."""
    if store._files.read(_WIPING) == _order(store):
        wipe(store)


def set_ups(store) -> int:
    """How often this watch was set up: the one thing that outlives a wipe, so that guardians see that there was one.

    It says nothing about anybody. 0 if it was never counted, or not by this watch."""
    if store._files.size(_COUNT) < 0:
        return 0
    data = store._files.read(_COUNT)
    return int.from_bytes(data[:4], "big") if equal(data, _counted(store, data[:4])) else 0


def _count(store, number: int) -> None:
    store._files.replace(_COUNT, _counted(store, number.to_bytes(4, "big")))


def _counted(store, number: bytes) -> bytes:
    return number + hmac_sha256(store._device, b"wardwatch set-ups", number)[:12]


def _order(store) -> bytes:
    # Nobody else can write this file, or it would be a way to free the watch.
    return hmac_sha256(store._device, b"wardwatch wipe")


def clear(store) -> None:
    """Destroy all keys, then all files but the safety floor's, the order to wipe and the count of set-ups."""
    store._keys.wipe()
    store._forget()
    for name in store._files.names():
        if name not in _OUTLIVE and name != _COUNT:
            store._files.remove(name)
