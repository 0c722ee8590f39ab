"""A journal read and checked: its newest segment replayed at boot, the older ones against the pinned hashes.

The functions work on the fields of a Journal. They are loaded for one act and dropped again.
"""

from binascii import hexlify
from hashlib import sha256

from micropython import const

from firmware.storage.crypto import equal, hkdf
from firmware.storage.frames import Chain, JournalBroken, Record, parse, read_frame

_PART_LIMIT = const(60000)
_EVENT_LIMIT = const(8192)


def replay(journal, on_part, on_record) -> None:
    """See Journal.open."""
    number, key, late = _newest(journal)
    chain = Chain(key)
    with journal._files.open(journal._name(number)) as stream:
        whole = _next(journal, chain, stream, number, on_part, on_record)
        while whole:
            whole = _next(journal, chain, stream, number, on_part, on_record)
    journal.torn = whole is False
    if not journal.start:
        raise JournalBroken("segment")
    journal._chain = chain
    if late:
        if journal.count:
            raise JournalBroken("key")  # an older key table was put back: an interrupted rotation has no events yet
        journal._keys.change([(journal._cls, number - 1)], [(journal._cls, number, key)])
    journal._remove_old()


def _newest(journal) -> tuple:
    """Return the newest segment, its key, and whether the key table is one behind."""
    found = journal.segments()
    owned = journal._keys.numbers(journal._cls)
    if not found:
        raise JournalBroken("missing")
    if not owned:
        raise JournalBroken("key")
    ahead = found[-1] - owned[-1]
    if ahead < 0:
        raise JournalBroken("missing")
    if ahead > 1:
        raise JournalBroken("segment")
    key = journal._keys.get(journal._cls, owned[-1])
    return found[-1], hkdf(key, b"", b"segment") if ahead else key, ahead


def _next(journal, chain: Chain, stream, number: int, on_part, on_record):
    """Take one frame; None at the end of the file, False when it ends inside the frame.

    One call for each frame, so that nothing holds a part of the snapshot while the next one is read."""
    if not journal.size:
        frame = read_frame(stream, 0)
    elif journal.start:
        frame = read_frame(stream, _EVENT_LIMIT)
    else:
        frame = read_frame(stream, _PART_LIMIT, True)
    if not frame:
        return None if frame is None else False
    head, text, attachment, mac = frame
    if not equal(chain.next(head, text, attachment), mac):
        raise JournalBroken("mac")
    chain.head = mac
    record = parse(frame, number, journal.size)
    journal.size = record.end
    _take(journal, record, on_part, on_record)
    return True


def _take(journal, record: Record, on_part, on_record) -> None:
    """Take one verified frame of the newest segment, in order."""
    if not journal.segment:
        _take_header(journal, record)
    elif journal.start:
        if record.seq != journal.seq + 1:
            raise JournalBroken("order")
        journal.count += 1
        on_record(record)
    elif record.kind == "snapshot":
        on_part(record.fields[0], record.attachment)
    elif record.kind == "begin":
        journal.start = journal.size
    else:
        raise JournalBroken("order")
    journal.seq, journal.t, journal.powered = record.seq, record.t, record.powered


def _take_header(journal, record: Record) -> None:
    journal.oldest, journal._pin = _header(record)
    journal._unchecked = record.segment - 1
    journal.segment = record.segment
    found = journal.segments()
    if found[-(record.segment - journal.oldest) - 1 :] != list(range(journal.oldest, record.segment + 1)):
        raise JournalBroken("missing")


def _header(record: Record) -> tuple:
    """Return (oldest, pinned hash of the segment before); raises JournalBroken unless this is its file's header."""
    if record.kind != "segment" or len(record.fields) != 4 or record.fields[0] != record.segment:
        raise JournalBroken("segment")
    return record.fields[1], record.fields[3]


def check_next(journal) -> bool:
    """See Journal.check_next; there is one to check."""
    number = journal._unchecked
    journal._unchecked = -1  # damage is told once, not at every step
    name = journal._name(number)
    if journal._files.size(name) < 0:
        raise JournalBroken("missing")
    if hexlify(journal._files.digest(name, sha256())).decode() != journal._pin:
        raise JournalBroken("mac")
    found = journal.read(number, 0)
    if not found:
        raise JournalBroken("segment")
    journal._pin = _header(found[0])[1]
    journal._unchecked = number - 1
    return True
