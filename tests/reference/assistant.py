"""The assistant's part of the reference model: who may talk, how often, how long (rows G3-G5, G7, G8, G11, G17, X1)."""

from tests.reference import numbers as n

ROLES = ("knowledge", "tutor", "translator")


def against(*pairs):
    return {reason for reason, holds in pairs if holds}


class Talks:
    agreed, record, talk = False, (), ()  # consent; days from and before which the record holds; (began, until)
    counted, asked, spare = (0, 0, 0, 0), False, 0  # day, talks, turns, seconds
    cool, more, started = 0, (0, 0), 0  # next talk; end of the extension by wall and powered time; last boot

    def consent(self, give):  # G8
        self.agreed = self.agreed if self.unproved else give
        return against((n.NO_PROOF, self.unproved))

    def provider(self, role, record):  # G7, G17
        absent = self.profile != "cn-ccia"  # X1
        why = against(("assistant.role", role not in ROLES), ("assistant.absent", absent), (n.NO_PROOF, self.unproved))
        self.record = self.record if why else record
        return why

    def shut(self):
        old = self.record and not self.record[0] <= self.day() < self.record[1]
        why = against(("assistant.absent", self.profile != "cn-ccia"), ("assistant.too_young", not self.band))
        why |= against(("assistant.off", not self.setting("assistant.enabled")), ("assistant.provider_expired", old))
        why |= against(("assistant.no_consent", not self.agreed), ("assistant.no_provider", not self.record))
        return why | against(("assistant.no_time", self.trust != "set"))

    def talk_begin(self, role):
        day, *used = self.counted if self.day() <= self.counted[0] else (0, 0, 0, 0)
        why = against(("assistant.role", role not in ROLES), ("assistant.open_already", self.talk)) | self.shut()
        if why:
            return why
        self.counted = (self.day(), *self.counted[1:]) if day > self.day() else self.counted
        midnight = n.DAY - (self.wall + n.ZONES[self.profile] * 60) % n.DAY
        left = min(self.setting("assistant.talk_minutes") * 60, self.setting("assistant.day_minutes") * 60 - used[2])
        left, more = min(left, midnight), 0 if self.over(self.more) else self.more[1] - self.powered
        spent = against(("assistant.cool_down", self.cool > self.powered), ("assistant.minutes", left <= 0))
        spent |= against(("assistant.conversations", used[0] >= self.setting("assistant.talks")))
        spent |= against(("assistant.turns", used[1] >= self.setting("assistant.turns")))
        why = against(("assistant.cool_down", self.powered == self.started)) or (spent if not more else set())
        if not why:
            self.counted, self.asked, self.spare = (self.day(), used[0] + 1, *used[1:]), False, 0
            self.talk = self.powered, self.powered + (more if spent else max(left, more))
        return why

    def talk_end(self, at=None):
        if self.talk:
            end = min(self.powered if at is None else at, self.talk[1])
            self.counted = (*self.counted[:3], self.counted[3] + end - self.talk[0])
            self.talk, self.cool = (), end + self.setting("assistant.cool_minutes") * 60

    def talk_turn(self, refused):  # G4, G11, G12; what a text is refused for, the history tells
        if refused in ("help", "stop"):
            return {"help": "assistant.help"}.get(refused) or self.talk_end()
        turns = self.counted[2] + 1 - self.spare
        over = turns > self.setting("assistant.turns") and self.over(self.more)
        why = against(("assistant.closed", not self.talk)) or self.stopped() or against(("assistant.busy", self.asked))
        if not why and over:
            self.talk_end()
            why = {"assistant.turns"}
        if not why and not refused:
            self.counted, self.asked, self.spare = (*self.counted[:2], turns, self.counted[3]), True, 0
        return why or against((refused, refused))

    def stopped(self):  # switched off or out of consent in the middle of a talk
        why = self.shut()
        return (why and self.talk_end()) or why

    def talk_answer(self):
        return against(("assistant.closed", not (self.talk and self.asked))) or self.stopped()

    def talk_finish(self, nothing):
        why, self.spare = against(("assistant.closed", not self.asked)), 1 if self.asked and nothing else self.spare
        self.asked = False
        return why

    def extend(self, minutes):  # D12
        long, seconds = not 1 <= minutes <= self.setting("assistant.extend_minutes"), minutes * 60
        why = self.shut() | against((n.NO_PROOF, self.unproved), ("assistant.too_long", long))
        self.more = self.more if why else (self.wall + seconds, self.powered + seconds)
        self.talk = (self.talk[0], max(self.talk[1], self.more[1])) if self.talk and not why else self.talk
        return why

    def counting(self):  # while it counts, a power cut takes a minute at most (D48)
        return bool(self.talk) or max(self.cool, self.more[1]) > self.powered

    def cut_off(self):  # D5
        self.started = self.powered
        self.talk_end(self.started)
