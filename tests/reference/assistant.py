"""The assistant's part of the reference model: who may talk, how often, how long (rows G3-G5, G7, G8, G11, G17, X1)."""

from typing import Any

from tests.reference import numbers as n
from tests.reference.owner import Owned


def no(**reasons):
    return {"assistant." + name for name in reasons if reasons[name]}


class Talks(Owned):
    agreed, asked, said = False, False, False
    record: Any = ()  # days from which and before which the assessment holds
    talk: Any = ()  # began, until
    on = 0  # the day of the last talk
    counted: Any = ()  # (day, "talks", "turns" or "seconds", how many, powered time)
    cool, more, started = 0, (0, 0), 0  # more: the extension's end by wall and by powered time

    def consent(self, give):  # G8, A5: any paired host takes it back, only the owner erases what was said
        if self.unproved and (give or self.channel != "host"):
            return {n.NO_PROOF}
        kept, self.agreed = self.unproved and self.said, give
        self.said = self.said and (give or kept)
        return "consent.kept" if kept else set()

    def provider(self, role, record):  # G7, G17, X1
        why = no(role=role not in n.ROLES, absent=self.profile != "cn-ccia") | (
            {n.NO_PROOF} if self.unproved else set()
        )
        self.record = self.record if why else record
        return why

    def limit(self, name):
        return self.setting("assistant." + name)

    def why_closed(self):
        old = self.record and not self.record[0] <= self.day() < self.record[1]
        why = no(
            no_consent=not self.agreed, no_provider=not self.record, provider_expired=old, off=not self.limit("enabled")
        )
        return why | no(absent=self.profile != "cn-ccia", too_young=not self.band, no_time=self.trust != "set")

    def count(self, what, amount, at=None):
        self.counted += ((self.on, what, amount, self.powered if at is None else at),)

    def used(self, what):  # D5: what was counted under a later date counts too, for a day of powered time
        today = self.on if self.talk else self.day()
        last = {entry[0]: entry[3] for entry in self.counted}
        days = [day for day in last if day == today or (day > today and self.powered - last[day] < n.DAY)]
        return sum(entry[2] for entry in self.counted if entry[0] in days and entry[1] == what)

    def talk_begin(self, role):
        why = no(role=role not in n.ROLES, open_already=self.talk) | self.why_closed()
        if why:
            return why
        midnight = n.DAY - (self.wall + n.ZONES[self.profile] * 60) % n.DAY
        left = min(self.limit("talk_minutes") * 60, self.limit("day_minutes") * 60 - self.used("seconds"), midnight)
        more = 0 if self.over(self.more) else self.more[1] - self.powered
        talks, turns = self.used("talks") >= self.limit("talks"), self.used("turns") >= self.limit("turns")
        spent = no(cool_down=self.cool > self.powered, conversations=talks, minutes=left <= 0, turns=turns)
        why = no(cool_down=self.powered == self.started) or (set() if more else spent)
        if not why:
            self.on, self.asked = self.day(), False
            self.count("talks", 1)
            self.talk = self.powered, self.powered + (more if spent else max(left, more))
        return why

    def talk_end(self, at=None):
        end = min(self.powered if at is None else at, self.talk[1]) if self.talk else 0
        if self.talk:
            self.count("seconds", end - self.talk[0], end)
        self.talk, self.cool = (), end + self.limit("cool_minutes") * 60 if self.talk else self.cool

    def talk_turn(self, refused):  # G4, G11, G12; what a text is refused for, the history tells
        if refused in ("help", "stop"):
            return "assistant.help" if refused == "help" else self.talk_end()
        spent = no(turns=self.used("turns") >= self.limit("turns") and self.over(self.more))
        why = no(closed=not self.talk) or self.stopped() or no(busy=self.asked) or (spent and self.stopped(spent))
        if not why and not refused:
            self.asked = self.said = True
            self.count("turns", 1)
        return why or ({refused} if refused else set())

    def stopped(self, why=None):  # switched off or out of consent in the middle of a talk
        why = why or self.why_closed()
        return (why and self.talk_end()) or why

    def talk_answer(self):
        return no(closed=not (self.talk and self.asked)) or self.stopped()

    def talk_finish(self, nothing):
        if self.asked and nothing:  # nothing came: the question does not count
            self.count("turns", -1, self.counted[-1][3])
        why, self.asked = no(closed=not self.asked), False
        return why

    def extend(self, minutes):  # D12
        why = self.why_closed() | no(too_long=not 1 <= minutes <= self.limit("extend_minutes"))
        why |= {n.NO_PROOF} if self.unproved else set()
        self.more = self.more if why else (self.wall + minutes * 60, self.powered + minutes * 60)
        self.talk = (self.talk[0], max(self.talk[1], self.more[1])) if self.talk and not why else self.talk
        return why

    def counting(self):  # while it counts, a power cut takes a minute at most (D48)
        return bool(self.talk) or max(self.cool, self.more[1]) > self.powered

    def cut_off(self):  # D5
        self.started = self.powered
        self.talk_end(self.started)
