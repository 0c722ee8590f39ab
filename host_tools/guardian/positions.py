"""What a guardian's tool makes of position reports: it opens them, and tells injected and repeated ones (B11).

A report is described in firmware/services/locator.py.
"""

import json
from typing import Any, NamedTuple

from firmware.services.locator import aad
from firmware.storage.crypto import Broken, Sealer

FIELDS = ("format", "time", "trusted", "lat", "lon", "accuracy", "age", "why", "zone", "word")
GENUINE = "genuine"
FORGED = "forged"  # it was not sealed under this watch's key, or not under this number
REPEATED = "repeated"  # genuine once, and played again, or overtaken
UNPROVED = "unproved"  # a call for help from a watch that had no key or could not write: act on it, do not trust it


class Judgement(NamedTuple):
    """What a report is, and its fields by name; empty for a forged one."""

    what: str
    fields: dict[str, Any]


class Reports:
    """One watch's reports, in the order of arrival. `last` is the highest (counter, part) so far, to be kept."""

    def __init__(self, key: bytes, last: tuple[int, int] = (0, 0)) -> None:
        self._sealer = Sealer(key)
        self.last = last

    def judge(self, report: dict[str, Any]) -> Judgement:
        """Never raises: a carrier may bring anything."""
        try:
            return self._judge(report["counter"], report["part"], report)
        except (Broken, KeyError, TypeError, ValueError, OverflowError, AttributeError):
            return Judgement(FORGED, {})

    def _judge(self, counter: int, part: int, report: dict[str, Any]) -> Judgement:
        if "fields" in report:
            if [type(field) for field in report["fields"]] != [int] * 7 + [str, int, str]:
                return Judgement(FORGED, {})
            return Judgement(UNPROVED, dict(zip(FIELDS, report["fields"], strict=True)))
        try:
            bound = aad(counter, part)
        except Exception:  # struct.error has no common base on both sides
            return Judgement(FORGED, {})
        fields = json.loads(self._sealer.unseal(bytes.fromhex(report["sealed"]), bound))
        found = dict(zip(FIELDS, fields, strict=True))
        if (counter, part) <= self.last:
            return Judgement(REPEATED, found)
        self.last = (counter, part)
        return Judgement(GENUINE, found)
