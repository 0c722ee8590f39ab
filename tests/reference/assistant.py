"""The assistant's part of the reference model: who may talk, how often, how long (rows G3-G5, G7, G8, G11, G17, X1)."""

from typing import Any

from tests.reference import numbers as n
from tests.reference.owner import Owned


def no(**reasons):
    return {"assistant." + name for name in reasons if reasons[name]}


class Talks(Owned):
    agreed, asked, spare = False, False, 0
    record: Any = ()  # days from which and before which the assessment holds
    talk: Any = ()  # began, until
    used: Any = (0, 0, 0, 0)  # day, talks, turns, seconds
    cool, more, started = 0, (0, 0), 0  # more: the extension's end by wall and by powered time

    def consent(self, give):  # G8
        self.agreed = self.agreed if self.unproved else give
        return {n.NO_PROOF} if self.unproved else set()

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

    def talk_begin(self, role):
        why = no(role=role not in n.ROLES, open_already=self.talk) | self.why_closed()
        if why:
            return why
        self.used = (self.day(), *(self.used[1:] if self.day() <= self.used[0] else (0, 0, 0)))
        _, talks, turns, used = self.used
        midnight = n.DAY - (self.wall + n.ZONES[self.profile] * 60) % n.DAY
        left = min(self.limit("talk_minutes") * 60, self.limit("day_minutes") * 60 - used, midnight)
        more = 0 if self.over(self.more) else self.more[1] - self.powered
        spent = no(cool_down=self.cool > self.powered, conversations=talks >= self.limit("talks"), minutes=left <= 0)
        spent |= no(turns=turns >= self.limit("turns"))
        why = no(cool_down=self.powered == self.started) or (set() if more else spent)
        if not why:
            self.used, self.asked, self.spare = (self.day(), talks + 1, turns, used), False, 0
            self.talk = self.powered, self.powered + (more if spent else max(left, more))
        return why

    def talk_end(self, at=None):
        end = min(self.powered if at is None else at, self.talk[1]) if self.talk else 0
        self.used = (*self.used[:3], self.used[3] + (end - self.talk[0] if self.talk else 0))
        self.talk, self.cool = (), end + self.limit("cool_minutes") * 60 if self.talk else self.cool

    def talk_turn(self, refused):  # G4, G11, G12; what a text is refused for, the history tells
        if refused in ("help", "stop"):
            return "assistant.help" if refused == "help" else self.talk_end()
        turns = self.used[2] + 1 - self.spare
        spent = no(turns=turns > self.limit("turns") and self.over(self.more))
        why = no(closed=not self.talk) or self.stopped() or no(busy=self.asked) or (spent and self.stopped(spent))
        if not why and not refused:
            self.used, self.asked, self.spare = (*self.used[:2], turns, self.used[3]), True, 0
        return why or ({refused} if refused else set())

    def stopped(self, why=None):  # switched off or out of consent in the middle of a talk
        why = why or self.why_closed()
        return (why and self.talk_end()) or why

    def talk_answer(self):
        return no(closed=not (self.talk and self.asked)) or self.stopped()

    def talk_finish(self, nothing):
        why, self.spare, self.asked = no(closed=not self.asked), int(self.asked and nothing) or self.spare, False
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
