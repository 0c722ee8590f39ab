"""Time and allocations of `ask` without storage, per row of requests.py. Runs on CPython and on MicroPython.

Prints one line of JSON: {row: [microseconds, microseconds of the floor or 0, bytes allocated or -1]}, medians. The
floor of a decision is the JSON and the HMAC of its journal records, on the same runtime in the same run; 0 without any.
"""

import gc
import json
import sys
import time

from firmware.storage.crypto import Hmac
from firmware.storage.journal import encode
from tests.bench import full_state, requests
from tests.bench.memory_store import MemoryStore

_TIMES = 25
_ON_MICROPYTHON = sys.implementation.name == "micropython"
# A secret is stretched, in the request itself or in what prepares it.
_SLOW = ["payments_" + verb for verb in ("password", "authorise", "authorise_wrong", "capture", "void", "refund")]
_SLOW += ["credentials_pin", "credentials_renew", "credentials_recover", "credentials_recovery_cancel"]

if _ON_MICROPYTHON:
    now = time.ticks_us  # type: ignore[attr-defined]
else:

    def now():
        return time.perf_counter_ns() / 1000


def _device():
    floor = ["", []]

    def save(region, numbers):
        floor[:] = [region, numbers]

    device = full_state.Device(MemoryStore(), lambda: (floor[0], floor[1]), save, 0)
    full_state.prepare(device)
    return device


def _floor(device, kind, decision):
    """Microseconds for the JSON and the HMAC of the decision's records."""
    clock = device.engine.clock
    lists = [[record.seq, record.t, record.powered, record.kind] + list(record.fields) for record in decision.records]
    if not decision.allowed and not lists:
        lists = [[1, clock.wall, clock.powered, "denied", kind, decision.reason, decision.who, 1]]
    mac, head = Hmac(b"key of a segment"), bytes(16)
    begun = now()
    for items in lists:
        mac.digest(head, encode(items))
    return now() - begun if lists else 0


def _median(values):
    return sorted(values)[len(values) // 2]


def _once(device, row, number, allocated):
    """(microseconds, floor, bytes) of one request; with `allocated` bytes are counted and the time is of no use."""
    name, seconds, wanted, make = row
    device.pass_time(seconds)
    kind, fields = make(device, number)
    fields["kind"] = kind
    device.engine.step()  # housekeeping is not part of the request
    gc.collect()
    if allocated:
        gc.disable()
        before = gc.mem_alloc()  # type: ignore[attr-defined]
        decision = device.engine.ask(fields)
        used = gc.mem_alloc() - before  # type: ignore[attr-defined]
        gc.enable()
        return 0, 0, used
    begun = now()
    decision = device.engine.ask(fields)
    took = now() - begun
    requests.check(name, wanted, decision)
    return took, _floor(device, kind, decision), -1


def main():
    result = {}
    for row in requests.ROWS:
        device = _device()  # a row may leave anything behind
        times = 5 if row[0] in _SLOW else _TIMES
        rounds = [_once(device, row, number, False) for number in range(times)]
        used = [_once(device, row, times + number, True)[2] for number in range(5)] if _ON_MICROPYTHON else [-1]
        result[row[0]] = [_median([one[0] for one in rounds]), _median([one[1] for one in rounds]), _median(used)]
    print(json.dumps(result))


main()
