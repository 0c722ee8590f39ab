"""The store opened at boot: keys, journals and marks loaded, verified and held against each other.

Loaded for boot and dropped again; it works on the fields of the Store.
"""

from firmware.loading import forget
from firmware.storage.crypto import Hmac
from firmware.storage.journal import JournalBroken


def load(store, restore, apply) -> tuple:
    """Return (status, code) of the Report. restore, apply: see Store.open. Raises JournalBroken, Broken, OSError."""

    def part(name, blob):
        store._month = blob[1] << 8 | blob[2]
        restore(name, store._vault.unseal(store.main.seq, blob))

    def event(record):
        blob = record.attachment
        if blob[:1] in (b"m", b"a"):
            record.private = None
        elif blob:
            record.private = store._vault.unseal(record.seq, blob)
        if record.seq > marked:
            unmarked.add((record.t, record.powered))
        apply(record)

    store._forget()
    store._keys.load()
    unmarked: set = set()  # the times of the records that no mark covers
    marked = store._keys.marks[0] if store._keys.marks else 0x3FFFFFFF
    _finish(store)
    if store._keys.marks is None and store.is_new:
        _provisioning().clear(store)  # what an interrupted set-up may have left
        return "new", ""
    store.main.open(part, event)
    store.denials.open(None, _pass)
    tag_key = store._keys.get("T", 0)
    if tag_key is None or store._keys.get("C", 0) is None:
        raise JournalBroken("key")
    store._tag = Hmac(tag_key)
    marks = store._keys.marks
    seq, denied = (marks or (0, 0))[:2]
    if store.main.seq < seq or store.denials.seq < denied:
        return "broken", "rollback"
    if len(unmarked) > 1:
        # A power cut leaves at most one decision without its mark: an older key partition was put back.
        return "broken", "rollback"
    if marks is None:
        # Set-up was interrupted before its last step; later, a missing mark means that it was erased.
        if store.main.seq or store.denials.seq:
            return "broken", "rollback"
        store._mark(0, store.main.powered)
    return "ok", ""


def _finish(store) -> None:
    """Finish an interrupted wipe, and remove the leftovers of interrupted writes."""
    if store._files.size("wipe") >= 0:
        _provisioning().resume_wipe(store)
    store._files.tidy()


def _pass(record) -> None:
    pass


def _provisioning():
    from firmware.storage import provisioning

    forget("firmware.storage.provisioning")
    return provisioning
