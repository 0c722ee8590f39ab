"""The guardian's settings: bounds, defaults per profile and age band, and which direction is stricter.

All values are whole numbers. The rows come from `settings_rows.py`, which `make generate` packs from `settings.toml`.
While the watch is not set up, or whenever its state is in doubt, `strict` is on: every setting then has the strictest
value that any profile gives it (requirement D3).
"""

from array import array

from micropython import const

from firmware.policy.decision import BadRequest
from firmware.policy.settings_rows import ROWS

BANDS = 3  # 3-8, 8-12, 12-14 years; a younger child is treated as 3-8, an older one as 12-14

STRICT = "strict"  # the profile until set-up and in doubt; a guardian may also choose it

_LOWER = const("<")
_HIGHER = const(">")


class Settings:
    """Read with `settings["contacts.cap"]`. `profile` is one of PROFILES or "strict", `band` is 0..2."""

    def __init__(self):
        self.profile = "strict"
        self.band = 0
        self.strict = True
        self._rows = ROWS.split("\n")
        self._at = {}
        for number in range(len(self._rows)):
            self._at[self._rows[number].split(" ", 1)[0]] = number
        self._policy = {}  # row number -> value chosen by the guardian
        self._granted = {}  # row number -> value of a running exception
        self._now = array("i", [0] * len(self._rows))
        self.refresh()

    def __getitem__(self, key):
        return self._now[self._at[key]]

    def keys(self):
        """All keys, in the table's order."""
        return [row.split(" ", 1)[0] for row in self._rows]

    def refresh(self):
        """Work out the values in force; called after any change of profile, band, policy, grants or strictness."""
        for number in range(len(self._rows)):
            self._now[number] = self._in_force(number)

    def default(self, key, profile):
        """The value that a profile gives a setting for this age band, before any guardian's choice."""
        return self._default(self._parts(self._at[key])[4], profile)

    def choose(self, key, value):
        """Set the guardian's value (checked before by `check`); call `refresh` after the last one."""
        self._policy[self._at[key]] = value

    def chosen(self):
        """The guardian's values as a sorted list of [key, value]."""
        return sorted([[self._rows[number].split(" ", 1)[0], self._policy[number]] for number in self._policy])

    def forget(self):
        """Drop every chosen value and exception (wipe, or a new set-up)."""
        self._policy = {}
        self._granted = {}

    def grant(self, key, value):
        """Start (or, with None, end) a bounded exception to one setting."""
        number = self._at[key]
        if value is None:
            self._granted.pop(number, None)
        else:
            self._granted[number] = value
        self._now[number] = self._in_force(number)

    def check(self, key, value):
        """BadRequest unless `key` exists and `value` lies in its bounds for this age band."""
        if not isinstance(key, str) or key not in self._at:
            raise BadRequest("key", "is not a setting")
        if isinstance(value, bool) or not isinstance(value, int):
            raise BadRequest(key, "must be a whole number")
        _, low, high, _, _ = self._parts(self._at[key])
        top = _per_band(high, self.band)
        if not int(low) <= value <= top:
            raise BadRequest(key, "must be from %s to %d" % (low, top))

    def weakens(self, key, value):
        """True if `value` is looser than what the guardian's policy says now."""
        number = self._at[key]
        direction = self._parts(number)[3]
        now = self._lasting(number)
        if direction == _LOWER:
            return value > now
        if direction == _HIGHER:
            return value < now
        return value != now

    def _parts(self, number):
        """(key, low, high, direction, defaults) of a row, as text."""
        return self._rows[number].split(" ", 4)

    def _in_force(self, number):
        if self.strict or self.profile == STRICT:
            return self._strictest(number)
        if number in self._granted:
            return self._granted[number]
        return self._lasting(number)

    def _lasting(self, number):
        value = self._policy.get(number)
        _, _, high, _, defaults = self._parts(number)
        if value is None:
            return self._default(defaults, self.profile)
        return min(value, _per_band(high, self.band))

    def _default(self, defaults, profile):
        base, _, special = defaults.partition(" ")
        for override in special.split(" "):
            name, _, values = override.partition("=")
            if name == profile:
                return _per_band(values, self.band)
        return _per_band(base, self.band)

    def _strictest(self, number):
        _, _, _, direction, defaults = self._parts(number)
        columns = defaults.split(" ")
        if direction not in (_LOWER, _HIGHER):
            return _per_band(columns[0], 0)
        values = [int(value) for column in columns for value in column.split("=")[-1].split(",")]
        return min(values) if direction == _LOWER else max(values)


def _per_band(column, band):
    """The value of "15,30,50" for a band; "7" holds for all."""
    values = column.split(",")
    return int(values[band if len(values) > 1 else 0])
