"""The owner's half of the reference model: state, settings, secrets, policy and clock."""

from collections import defaultdict

from tests.reference import numbers as n
from tests.reference.grades import Mark


def against(*pairs):
    return {reason for reason, holds in pairs if holds}


class Owned:
    SETTINGS = n.SETTINGS

    def __init__(self, wall):
        self.wall, self.powered, self.trust, self.today = wall, 0, "none", 0
        self.profile, self.birth, self.band, self.private = "", 0, 0, False  # no profile: not set up
        self.version, self.expires, self.expired = 0, 0, False
        self.policy, self.grants, self.contacts, self.marks = {}, {}, {}, defaultdict(Mark)  # by key, key, party, party
        self.messages, self.packages = {}, {}  # by number: party, hit, collapsed; handed over
        self.fails, self.locked = defaultdict(int), defaultdict(int)  # by channel
        self.mode, self.alarm = ("", "", 0, 0), (0, 0)  # chosen (name, by whom, until wall and powered time); automatic
        self.emergency, self.last = (0, 0), None
        self.forget()

    def forget(self):  # what a reboot takes away
        self.proofs, self.attempts, self.last_attempt, self.thinking, self.slip = {}, [], self.powered, ("", 0), ("", 0)

    def judge(self, act, channel=None, **given):
        self.last, self.channel, self.unproved = None, channel, self.proofs.get(channel, 0) <= self.powered
        why = getattr(self, act)(**given) if self.profile or act == "setup" else {"administration.set_up_first"}
        if act != "secret":
            self.tried(channel)
        return (False, why) if why and isinstance(why, set) else (True, {why or "ok"})

    def tried(self, channel):  # a proof on the child's own keypad is good for one act, refused or not
        if channel == "keypad":
            self.proofs.pop(channel, None)

    def setting(self, key, lasting=False):
        _, _, lower, defaults = self.SETTINGS[key]
        if not lasting and (
            self.expired or self.profile == "strict"
        ):  # D3: and what a guardian has closed stays closed
            values = [*defaults, self.policy.get(key, defaults[0])]
            return min(values) if lower else max(values)
        chosen = self.policy.get(key, defaults[self.band])
        return chosen if lasting or key not in self.grants else self.grants[key][0]

    def secret(self, right):  # B15
        if self.locked[self.channel] > self.powered:
            return {"credentials.locked"}
        self.fails[self.channel] = 0 if right else self.fails[self.channel] + 1
        late = self.fails[self.channel] - n.TRIES
        self.locked[self.channel] = self.powered + n.DELAYS[min(late, 3)] if late >= 0 else 0
        self.proofs.update({self.channel: self.powered + n.PROOF} if right else {})  # D7
        return against(("credentials.wrong", not right))

    def logout(self):
        self.proofs.pop(self.channel, None)

    def set_policy(self, version, expires, values):  # D2, D7
        now = {key: self.setting(key, lasting=True) for key, _ in values}
        weaker = any(value != now[key] and (value > now[key]) == self.SETTINGS[key][2] for key, value in values)
        leap = version != self.version + 1 or expires != self.expires  # would use the numbers up, or set an end
        unproved = self.unproved and (weaker or leap or self.expired)
        why = against(("administration.old_policy", version <= self.version), (n.NO_PROOF, unproved))
        if not why:
            self.version, self.expires, self.expired = version, expires, False
            self.policy.update(dict(values))
        return why

    def grant(self, key, value, minutes):  # D12
        long = not 1 <= minutes <= self.setting("administration.grant_minutes")
        why = against((n.NO_PROOF, self.unproved), ("administration.grant_too_long", long))
        self.grants.update({} if why else {key: (value, self.wall + minutes * 60, self.powered + minutes * 60)})
        return why

    def clock(self, wall):  # D4
        if not self.unproved:
            self.wall, self.trust = wall, "set"
            self.today = self.day()
        return against(("administration.clock_not_yours", self.unproved))

    def setup(self, wall, profile, birth, weak):
        why = against(("administration.already_set_up", self.profile), ("credentials.weak_pin", weak))
        if not why:
            self.wall, self.trust, self.profile, self.birth = wall, "set", profile, birth
            self.today = self.day()
            self.grow()
        return why

    def day(self):
        return (self.wall + n.ZONES[self.profile] * 60) // n.DAY

    def over(self, span):  # D12: by powered time, or by wall time where that is trusted
        return self.powered >= span[-1] or (self.trust == "set" and self.wall >= span[-2])

    def grow(self):  # X8: what 8 years close, at once and for good; what a higher band opens, a month later
        months = n.month_of(self.today) - self.birth
        self.private, self.band = self.private or months >= 96, (months > 96) + (months > 144)
