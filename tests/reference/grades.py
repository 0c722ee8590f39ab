"""The grades of one party, as rows F5, F8-F10 and H8 have them: what raises them, what takes them back, what decays."""

from tests.reference.numbers import DECAY_DAYS, HITS_FOR, MUTED, REMOVED


class Mark:
    def __init__(self):
        self.hits, self.dox, self.grade, self.blocked, self.before, self.day = 0, 0, 0, False, 0, 0

    def hit(self, doxxes, day):
        self.hits, self.dox, self.day = self.hits + 1, self.dox + doxxes, day
        held = max(grade for grade in range(5) if self.hits >= HITS_FOR[grade])
        self.grade = REMOVED if self.dox > 1 else max(self.grade, held)

    def not_bullying(self):
        if self.hits and self.grade < REMOVED:
            self.grade = max(self.grade - 1, 0)
            self.hits = min(self.hits - 1, HITS_FOR[self.grade + 1] - 1)

    def press(self, day):
        """The block; False if it was there before."""
        if self.blocked:
            return False
        self.blocked, self.before, self.grade, self.day = True, self.grade, max(self.grade, MUTED), day
        return True

    def release(self, day):
        self.blocked, self.grade = False, self.before

    def unmark(self, day):
        self.hits = self.dox = self.grade = 0

    def remove(self, day):
        self.grade, self.day = REMOVED, day

    def decay(self, day):
        if 0 < self.grade < REMOVED and not self.blocked and self.day <= day - DECAY_DAYS:
            self.grade, self.hits, self.day = self.grade - 1, HITS_FOR[self.grade - 1], day
