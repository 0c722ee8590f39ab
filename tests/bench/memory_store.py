"""A store without flash and without a journal's cryptography: what is left of `ask` is the policy's own time."""

from firmware.storage.crypto import Hmac
from firmware.storage.journal import Record
from firmware.storage.store import Report


class MemoryStore:
    """The part of firmware.storage.store.Store that the engine uses; records come back at once and are forgotten."""

    def __init__(self):
        self._tag = Hmac(b"tag key of the measurement")
        self._credentials = {}
        self._seq = 0
        self.is_new = True

    def open(self, restore, apply):
        return Report("new")

    def create(self, t, powered, month, parts, credentials):
        self._credentials = {0: credentials}
        self.is_new = False

    def commit(self, t, powered, month, version, events):
        records = []
        for kind, fields, private, cls in events:
            self._seq += 1
            record = Record([self._seq, t, powered, kind] + fields, b"", 1, self._seq * 200, self._seq * 200 + 200)
            record.private = None if cls in ("m", "a") else private or b""
            records.append(record)
        return records

    def deny(self, t, powered, version, fields):
        pass

    def save_powered(self, minutes):
        pass

    def due(self, month):
        return False

    def check_next(self):
        return False

    def expire(self, cls, before_month):
        pass

    def wipe(self):
        self._credentials = {}
        self.is_new = True

    def evidence(self, month, expiry_day, places, number):
        return len(places), "00" * 16

    def readable(self, place):
        return True

    def holds_key(self, cls, month):
        return True

    def tag(self, address):
        return self._tag.digest(address.encode())[:8]

    def credentials(self, number=0):
        return self._credentials.get(number, b"")

    def set_credentials(self, blob, number=0, more=()):
        for place, new in ((number, blob),) + more:
            self._credentials[place] = new
