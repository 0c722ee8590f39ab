"""What a host reads beside the lists of methods.py. Loaded for one request and let go.

Receipts (requirement D11): the MAC behind a record stands for every record before it, so a host that keeps one notices
when the whole flash was put back to an older state, which the watch itself cannot know.
"""

import sys
from binascii import b2a_base64
from hashlib import sha256

from firmware.link.params import number
from firmware.policy.decision import BadRequest
from firmware.policy.resting import copy_of
from firmware.policy.rules.consent import MANIFEST, PURPOSES
from firmware.policy.rules.usage import CLASSES
from firmware.storage.crypto import Broken
from firmware.storage.journal import JournalBroken
from firmware.texts import collected

# Rules whose state follows from public fields alone, and holds neither a secret nor a name: a host can rebuild it.
OPEN = ("alerts", "blocking", "consent", "content_access", "usage")

_PIECE = 1440  # bytes in one answer, before base64
_ROOM = 2600  # bytes of rows in one answer


def call(watch, method, params):
    """The result of one of READS. BadRequest for wrong params, or if the flash does not give what was asked for."""
    try:
        return READS[method](watch, params)
    except (JournalBroken, Broken, OSError):
        raise BadRequest("flash", "does not give this: it is damaged, erased, or not there")


def _text(data):
    return b2a_base64(data)[:-1].decode()


# --- evidence


def _package(watch, params):
    package = watch.engine.rules["content_access"].package(number(params, "package"))
    if package is None:
        raise BadRequest("package", "is not there")
    return package


def _sealed(watch, params):
    package, month = _package(watch, params)[:2]
    return {"data": _text(watch.store.package_piece(month, package, number(params, "from"), _PIECE))}


def _key(watch, params):
    """The key of one package, wherever its texts may be read: content_access decides, and the child is told before."""
    request = {
        "kind": "content_access.read",
        "what": "evidence",
        "id": number(params, "package"),
        "exit": "export",
        "reader": "guardian",
        "channel": "host",
    }
    decision, key = watch.guardians.act(request, watch.guardians.package_key)
    return {"verdict": decision.verdict, "reason": decision.reason, "wait": decision.wait, "key": key or ""}


# --- the journal


def _receipt(watch, params):
    main = watch.store.main
    asked = main.mac(number(params, "segment"), number(params, "end"))
    return {
        "set_up": watch.engine.context.tag("set up").hex(),
        "set_ups": watch.store.set_ups,
        "segment": main.segment,
        "oldest": main.oldest,
        "end": main.size,
        "seq": main.seq,
        "wall": main.t,
        "mac": main.head.hex(),
        "version": watch.engine.rules["administration"].version,
        "asked": asked.hex(),
    }


def _segments(watch, params):
    main, found = watch.store.main, []
    for segment in main.segments():
        record = main.read(segment, 0)[0]
        found.append([segment, record.seq, record.t])
    return found


def _snapshot(watch, params):
    """The next piece of the newest snapshot that belongs to one of OPEN; {} behind the last one."""
    main, at = watch.store.main, number(params, "from")
    while at < main.start:
        record = main.read(main.segment, at)[0]
        at = record.end
        if record.kind == "snapshot" and record.fields[0] in OPEN:
            piece = watch.store.opened_part(record)
            return {"segment": main.segment, "rule": record.fields[0], "piece": _text(piece), "next": at}
    return {}


def _suffix(watch, params):
    """Records of the newest segment: [offset, end, MAC, seq, time, powered, kind, fields...]. from: 0, or an `end`."""
    main = watch.store.main
    at, rows, room = max(number(params, "from"), main.start), [], _ROOM
    while at < main.size:
        record = main.read(main.segment, at)[0]
        row = [at, record.end, main.mac(main.segment, record.end).hex()]
        row += [record.seq, record.t, record.powered, record.kind] + record.fields
        room -= len(str(row)) + 8
        if room < 0 and rows:
            break
        rows.append(row)
        at = record.end
    return {"segment": main.segment, "rows": rows}


def _state(watch, params):
    found = {"seq": watch.store.main.seq}
    for name in OPEN:
        digest = sha256()
        for piece in watch.engine.rules[name].pieces():
            digest.update(piece)
        found[name] = digest.digest().hex()
    return found


# --- what was used, paid and agreed to


def _bill(watch, params):
    return watch.wallet.bill("guardian", "host") or []


def _assistant(watch, params):
    return copy_of(watch.engine.rules["assistant"]).overview()


def _usage(watch, params):
    rule = watch.engine.rules["usage"]
    mode, minutes, change, why = rule.state()
    return {
        "mode": mode,
        "minutes": minutes,
        "change": change,
        "why": why,
        "front": CLASSES[rule.front] if rule.front >= 0 else "",
        "today": watch.engine.clock.day(),
        "days": rule.days(),
    }


def _apps(watch, params):
    return watch.apps().report()


def _build():
    """What MicroPython calls the image, from 1.25 on: board and variant; else ""."""
    return str(sys.implementation).partition(" _build='")[2].partition("'")[0]


def _health(watch, params):
    main = watch.store.main
    return {
        "platform": sys.implementation.name,
        "runtime": list(sys.implementation.version[:3]),
        "build": _build(),
        "board": watch.model,
        "frozen": __file__[:1] != "/",
        "free": watch.store.free,
        "journal": [main.seq, main.oldest, main.segment],
        "keys": watch.store.is_marked,
        "phone": watch.can_call,
        "core": watch.core,
    }


def _consents(watch, params):
    rule = watch.engine.rules["consent"]
    return [[PURPOSES[row], rule.given[row], MANIFEST[row], rule.quiet_until[row]] for row in range(len(PURPOSES))]


def _collected(watch, params):
    language = params.get("language")
    if language not in ("zh", "en"):
        raise BadRequest("language", "must be zh or en")
    return [list(row) for row in collected(language)]


def _network(watch, params):
    rule = copy_of(watch.engine.rules["network"])
    return {
        "networks": [entry[0] for entry in rule.networks],
        "endpoints": [entry[:4] for entry in rule.endpoints],
        "state": watch.carrier.state,
    }


READS = {
    "apps.read": _apps,
    "assistant.read": _assistant,
    "bill.read": _bill,
    "network.read": _network,
    "collected.read": _collected,
    "consents.read": _consents,
    "evidence.key": _key,
    "evidence.sealed": _sealed,
    "health.read": _health,
    "log.receipt": _receipt,
    "log.segments": _segments,
    "log.snapshot": _snapshot,
    "log.state": _state,
    "log.suffix": _suffix,
    "usage.read": _usage,
}
