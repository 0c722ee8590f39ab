"""The store: journals, vault and keys behind one door, the only part of storage that the policy engine sees."""

from micropython import const

from firmware.loading import forget
from firmware.storage.crypto import Broken, Hmac
from firmware.storage.journal import Journal, JournalBroken
from firmware.storage.keys import Keys
from firmware.storage.vault import Vault

# A boot reads the newest segment of both journals: at most 500 records with the events of one last decision.
_EVENTS = const(370)
_BYTES = const(122880)
_SEGMENTS = const(9)  # kept: 30 days of at most 3,000 records
_DENIALS = const(100)
_DENIAL_SEGMENTS = const(7)


def _provisioning():
    from firmware.storage import provisioning

    forget("firmware.storage.provisioning")
    return provisioning


def _evidence():
    from firmware.storage import evidence

    forget("firmware.storage.evidence")
    return evidence


class Report:
    """What open() found. status: "new" (not set up), "ok", "broken" (tamper or damage).

    code: "" or why: a code of JournalBroken, "rollback" (a journal ends below the high-water mark), "flash" or
    "memory" (the file system failed, the heap did not suffice).
    records: events replayed; torn: an unfinished write was left out; seq, t, powered (seconds): where the journal ends;
    version: the highest policy version that was ever marked.
    """

    def __init__(self, status: str, code: str = ""):
        self.status = status
        self.code = code
        self.records = self.seq = self.t = self.powered = self.version = 0
        self.torn = False


class Store:
    """files: Files; partition: see Keys; device_secret: 32 bytes; random(n) -> n bytes fit for keys."""

    def __init__(self, files, partition, device_secret: bytes, random):
        self._files = files
        self._device = device_secret
        self._random = random
        self._keys = Keys(partition, device_secret)
        self._vault = Vault(self._keys, random)
        self.main = Journal(files, self._keys, "j", "j")
        self.denials = Journal(files, self._keys, "d", "d")
        self._tag: Hmac | None = None
        self._month: int | None = None

    # Boot

    def open(self, restore, apply) -> Report:
        """Load and verify everything; never raises for damage.

        restore(name, plain) gets each part of the snapshot, then apply(record) each event; record.private is the
        unsealed attachment, b"" when there is none, None for messages and chats (see read). When the status is "broken"
        the state has been replayed up to the damage at most (wholly for "rollback"), and commit, deny and rotate raise
        JournalBroken("closed") until rebuild_after_tamper: more events would lift a cut journal over its mark.
        """
        try:
            from firmware.storage import opening

            forget("firmware.storage.opening")
            report = Report(*opening.load(self, restore, apply))
        except JournalBroken as error:
            report = Report("broken", error.code)
        except Broken:
            report = Report("broken", "key")
        except OSError:
            report = Report("broken", "flash")
        except MemoryError:
            # A damaged length, most likely: what is sound fitted when it was written.
            report = Report("broken", "memory")
        if report.status != "ok":
            self.main.close()
            self.denials.close()
        marked = 0
        if self._keys.marks:
            report.version, marked = self._keys.marks[2], self._keys.marks[3] * 60
        report.records = self.main.count
        report.torn = self.main.torn or self.denials.torn
        report.seq, report.t = self.main.seq, self.main.t
        report.powered = max(marked, self.main.powered, self.denials.powered)
        return report

    @property
    def is_new(self) -> bool:
        """True as long as no journal was created."""
        return not self.main.segments()

    @property
    def is_marked(self) -> bool:
        """True if the key partition holds a high-water mark, as it does from set-up on."""
        return self._keys.marks is not None

    @property
    def free(self) -> int:
        """Bytes that the file system has left."""
        return self._files.free()

    def _forget(self) -> None:
        self.main.forget()
        self.denials.forget()
        self._vault.forget()
        self._tag = None
        self._month = None

    # Set-up, tamper, wipe

    def create(self, t: int, powered: int, month: int, parts, credentials: bytes) -> None:
        """First set-up with fresh keys; parts as in rotate. A power cut leaves "new" or "ok". ValueError if set up."""
        _provisioning().create(self, t, powered, month, parts, credentials)

    def rebuild_after_tamper(self, t: int, powered: int, month: int, parts) -> None:
        """Begin new journals from this state after damage; what is left of the old ones is removed.

        Numbers go on above the marks, so that none comes again. A power cut leaves "broken" or "ok".
        """
        _provisioning().rebuild_after_tamper(self, t, powered, month, parts)

    def wipe(self) -> None:
        """Destroy all keys, then all files but the count of set-ups. After a power cut open() goes on with it."""
        _provisioning().wipe(self)

    @property
    def set_ups(self) -> int:
        """How often this watch was set up, wipes or not; raises OSError."""
        return _provisioning().set_ups(self)

    # Events

    def commit(self, t: int, powered: int, month: int, version: int, events: list) -> list:
        """Seal, journal and mark the events of one decision; durable when it returns, nothing may be acted on before.

        events: [(kind, fields, private bytes or None, class of the private part)]. Return the records as apply gets
        them at boot. ValueError: nothing was written. OSError: it may have been written; only a new open() can tell.
        """
        sealed = []
        for kind, fields, private, cls in events:
            seq = self.main.seq + len(sealed) + 1
            blob = b"" if private is None else self._vault.seal(cls, month, seq, private)
            sealed.append((kind, fields, blob))
        records = self.main.append(t, powered, sealed)
        self._mark(version, powered)
        for record, event in zip(records, events):
            record.private = None if event[3] in ("m", "a") else event[2] or b""
        return records

    def deny(self, t: int, powered: int, version: int, fields: list) -> None:
        """Append a "denied" record to the denial ring, which keeps the last 600 to 700."""
        if self.denials.count >= _DENIALS:
            self.denials.rotate(t, powered, (), self._oldest(self.denials, _DENIAL_SEGMENTS))
        self.denials.append(t, powered, [("denied", fields, b"")])
        self._mark(version, powered)

    def save_powered(self, minutes: int) -> None:
        """Note the minutes of powered time so far, without a journal record (requirement D48)."""
        if self._keys.marks:  # a watch that is not set up must keep its marks blank: open goes by them
            self._keys.mark(0, 0, 0, minutes)

    def _mark(self, version: int, powered: int) -> None:
        self._keys.mark(self.main.seq, self.denials.seq, version, powered // 60)

    # Segments

    @property
    def full(self) -> bool:
        """Whether the newest segment has had its share of events or bytes, and it is time to rotate."""
        # Twice its snapshot at least, or a large snapshot would make every segment full.
        return self.main.count >= _EVENTS or self.main.size >= max(_BYTES, 2 * self.main.start)

    def due(self, month: int) -> bool:
        """Whether to rotate: the segment is full or its snapshot is sealed under the key of another month."""
        return self.full or (self._month is not None and self._month != month)

    def rotate(self, t: int, powered: int, month: int, parts, alone: bool = False) -> None:
        """Begin a segment with a snapshot: parts is an iterable (a generator saves heap) of (name, plain bytes).

        alone: keep no older segment of either journal (they were damaged, and the guardian knows)."""
        oldest = self.main.segment + 1 if alone else self._oldest(self.main, _SEGMENTS)
        self.main.rotate(t, powered, self._sealed(month, self.main.seq, parts), oldest)
        self._month = month
        if alone:
            self.denials.rotate(t, powered, (), self.denials.segment + 1)

    def _oldest(self, journal: Journal, keep: int) -> int:
        """Return the oldest segment to keep once one more is there."""
        return max(journal.oldest, journal.segment + 2 - keep)

    def _sealed(self, month: int, seq: int, parts):
        for name, plain in parts:
            plain = self._vault.seal("p", month, seq, plain)
            yield name, plain
            plain = b""  # before the next part is made: the heap is small

    def check_next(self) -> bool:
        """Check one older segment in the background; False when all are done; raises JournalBroken."""
        return self.main.check_next() or self.denials.check_next()

    # Messages and evidence

    def read(self, place: tuple) -> tuple:
        """Return (record, private bytes) of the event at (segment, offset).

        (None, None) when the segment is gone, (record, None) when the key is; raises JournalBroken.
        """
        found = self.main.read(place[0], place[1])
        if not found:
            return None, None
        record, blob = found
        try:
            return record, self._vault.unseal(record.seq, blob) if blob else b""
        except Broken:
            return record, None

    def readable(self, place: tuple) -> bool:
        """Whether what was sealed at (segment, offset) can still be opened; raises JournalBroken."""
        return self.read(place)[1] is not None

    def holds_key(self, cls: str, month: int) -> bool:
        """Whether what class cls sealed in a month can still be opened."""
        return self._keys.get(cls, month) is not None

    def evidence(self, month: int, expiry_day: int, places: list, number: int) -> tuple:
        """Reseal the events at these places as evidence package `number` (never used before, above 0).

        Return (count, digest) for the journal; events that are gone are left out. Raises NoRoom, OSError,
        JournalBroken.
        """
        return _evidence().seal(self, month, expiry_day, places, number)

    def package(self, month: int, number: int) -> list:
        """Return the evidence as [([seq, t, powered, kind, *fields], private bytes)].

        Raises Broken unless all of it verifies.
        """
        return _evidence().unseal(self, month, number)

    def digest_of(self, month: int, number: int) -> str:
        """Return the digest of a package as stored now, to compare with the journalled one; raises Broken."""
        return _evidence().digest_of(self._files, month, number)

    def package_key(self, month: int, number: int) -> bytes:
        """Return the key of this package alone, for whom its content is handed to; raises Broken."""
        return _evidence().key_of(self._files, self._vault, month, number)

    def package_piece(self, month: int, number: int, start: int, size: int) -> bytes:
        """Return stored bytes of a package, which are noise without its key; raises Broken."""
        return _evidence().piece(self._files, month, number, start, size)

    def opened_part(self, record) -> bytes:
        """Return the plain bytes of a part of the newest snapshot, as main.read gave it; raises Broken."""
        return self._vault.unseal(record.seq, record.attachment)

    def expire(self, cls: str, before_month: int) -> None:
        """Erase what class cls holds from before a month. Rotate first: the newest segment must not need such a key."""
        from firmware.storage import expiry

        forget("firmware.storage.expiry")
        expiry.expire(self._files, self._keys, self._vault, cls, before_month)

    # Secrets

    def tag(self, address: str) -> bytes:
        """Return the 8-byte name under which an address is stored; it means nothing off this watch."""
        if self._tag is None:
            raise JournalBroken("key")
        return self._tag.digest(address.encode())[:8]

    def credentials(self, number: int = 0) -> bytes:
        """Return the blob of credentials, b"" when there is none."""
        secret = self._keys.get("C", number) or b"\x00"
        return secret[1 : 1 + secret[0]]

    def set_credentials(self, blob: bytes, number: int = 0, more: tuple = ()) -> None:
        """Replace the credentials (at most 191 bytes), and more (number, blob) in the same change.

        The old ones are erased."""
        blobs = ((number, blob),) + more
        padded = _provisioning().padded
        self._keys.change([("C", n) for n, _ in blobs], [("C", n, padded(new)) for n, new in blobs])
