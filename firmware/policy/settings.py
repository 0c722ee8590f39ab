"""The guardian's settings: bounds, defaults per profile and age band, and which direction is stricter.

All values are whole numbers. The rows come from `settings_rows.py`, which `make generate` packs from `settings.toml`;
they stay one text, because 170 rows as objects would take 100 KB. While the watch is not set up, or whenever its state
is in doubt, `strict` is on: every setting then has the strictest value that any profile gives it, or the guardian's own
if that is stricter still (requirement D3): damage or a policy that expires must not open what a guardian has closed.
"""

from array import array

from micropython import const

from firmware.policy.decision import BadRequest
from firmware.policy.settings_rows import ROWS

STRICT = "strict"  # the profile until set-up and in doubt; a guardian may also choose it

_LOWER = const("<")
_HIGHER = const(">")
_SAME = const("=")  # neither is stricter: such a setting keeps its value when the watch turns strict


class Settings:
    """Read with `settings["contacts.cap"]`. `profile` is one of PROFILES or "strict"; `band` is 0, 1 or 2 for 3-8, 8-12
    and 12-14 years (a younger child is treated as 3-8, an older one as 12-14)."""

    def __init__(self):
        self.profile = STRICT
        self.band = 0
        self.strict = True
        self._policy = {}  # key -> value chosen by the guardian
        self._granted = {}  # key -> value of a running exception
        self._now = array("i", [0] * ROWS.count("\n"))
        self.refresh()

    def __getitem__(self, key):
        return self._now[_number(key)]

    def keys(self):
        """All keys, in the table's order."""
        return [row.split(" ", 1)[0] for row in ROWS.strip().split("\n")]

    def lasting(self, key):
        """The value in force once running exceptions have ended."""
        return self._in_force(_row(key), ())

    def refresh(self):
        """Work out the values in force; called after any change of profile, band, policy, grants or strictness."""
        number = 0
        start = 1
        while start < len(ROWS):
            end = ROWS.find("\n", start)
            self._now[number] = self._in_force(ROWS[start:end].split(" "), self._granted)
            start = end + 1
            number += 1

    def default(self, key, profile):
        """The value that a profile gives a setting for this age band, before any guardian's choice."""
        return self._default(_row(key), profile)

    def choose(self, key, value):
        """Set the guardian's value (checked before by `check`); call `refresh` after the last one."""
        self._policy[key] = value

    def chosen(self):
        """The guardian's values as a sorted list of (key, value)."""
        return sorted(self._policy.items())

    def grant(self, key, value):
        """Start (or, with None, end) a bounded exception to one setting; call `refresh` afterwards."""
        if value is None:
            self._granted.pop(key, None)
        else:
            self._granted[key] = value

    def check(self, key, value):
        """BadRequest unless `key` exists and `value` lies in its bounds for this age band."""
        if not isinstance(key, str) or " " in key or ROWS.find("\n" + key + " ") < 0:
            raise BadRequest("key", "is not a setting")
        if isinstance(value, bool) or not isinstance(value, int):
            raise BadRequest(key, "must be a whole number")
        row = _row(key)
        top = _per_band(row[2], self.band)
        if not int(row[1]) <= value <= top:
            raise BadRequest(key, "must be from %s to %d" % (row[1], top))

    def weakens(self, key, value):
        """True if `value` is looser than what the guardian's policy says now."""
        row = _row(key)
        now = self._lasting(row)
        if row[3] == _LOWER:
            return value > now
        if row[3] == _HIGHER:
            return value < now
        return value != now

    def _in_force(self, row, granted):
        if (self.strict or self.profile == STRICT) and row[3] != _SAME:
            strictest, chosen = _strictest(row), self._policy.get(row[0])
            if chosen is None:
                return strictest
            return min(chosen, strictest) if row[3] == _LOWER else max(chosen, strictest)
        if row[0] in granted and not self.strict:
            return min(granted[row[0]], _per_band(row[2], self.band))
        return self._lasting(row)

    def _lasting(self, row):
        value = self._policy.get(row[0])
        if value is None:
            return self._default(row, self.profile)
        return min(value, _per_band(row[2], self.band))

    def _default(self, row, profile):
        for override in row[5:]:
            name, _, values = override.partition("=")
            if name == profile:
                return _per_band(values, self.band)
        return _per_band(row[4], self.band)


def _number(key):
    """The place of a key in the table."""
    at = ROWS.find("\n" + key + " ")
    if at < 0:
        raise KeyError(key)
    return ROWS.count("\n", 0, at)


def _row(key):
    """[key, low, high, direction, default, profile=default ...] of a setting."""
    at = ROWS.find("\n" + key + " ") + 1
    return ROWS[at : ROWS.find("\n", at)].split(" ")


def _strictest(row):
    """The strictest of all profiles and age bands."""
    values = [int(value) for column in row[4:] for value in column.split("=")[-1].split(",")]
    return min(values) if row[3] == _LOWER else max(values)


def _per_band(column, band):
    """The value of "15,30,50" for a band; "7" holds for all."""
    values = column.split(",")
    return int(values[band if len(values) > 1 else 0])
