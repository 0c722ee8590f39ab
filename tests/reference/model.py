"""An independent model of the policy engine, written from the design and the requirement rows; it imports no firmware.

Messages, calls, blocks, contents and contacts; secrets, settings and clock are in owner.py, grades in grades.py.
`judge(act, ...)` gives (allowed, reasons): every reason that holds against the act, or the one of its allow; in which
order the engine asks them is its own affair. Whether an envelope is genuine, and how a text reads, the history tells.
"""

from tests.reference import numbers as n
from tests.reference.assistant import Talks
from tests.reference.owner import against


class Model(Talks):
    def role(self, party):  # D21: a stranger until both sides have agreed
        known = self.contacts.get(party)
        return known["role"] if known and not known["missing"] else "stranger"

    def refused(self, party, role, rule):  # by the block (F5), the highest grade (F9), a protective mode (F6, H6)
        mode, mark = self.mode[0], self.marks[party]
        closed = mode == "guardians" or mark.blocked or mark.grade == n.REMOVED
        closed = closed or (role == "stranger" and (mode or self.alarm[1]))
        return against((rule + ".blocked", mark.blocked), (rule + ".closed", closed)) if role != "guardian" else set()

    def attempt(self, role):  # H6: a burst of unknown attempts starts protective mode
        if role == "stranger":
            self.attempts = [at for at in self.attempts if self.powered - at < n.WINDOW] + [self.powered]
            self.last_attempt = self.powered
            if len(self.attempts) >= self.setting("blocking.burst") and not self.alarm[1]:
                self.alarm = (self.wall + n.DAY, self.powered + n.DAY)

    def message(self, party, hit=False, collapsed=False):
        return {"party": party, "hit": hit, "collapsed": collapsed, "month": n.month_of(self.today), "gone": False}

    def receive(self, party, genuine, counter, text):
        role = self.role(party)
        forged = role != "stranger" and (not genuine or counter <= self.contacts[party]["counter"])  # B10
        role = "stranger" if forged else role
        unknown = role == "stranger" and not forged and not self.setting("contacts.unknown")
        closed = role != "guardian" and not self.setting("contacts.messages")
        why = self.refused(party, role, "messages") | against(
            ("contacts.not_verified", forged), ("contacts.unknown", unknown), ("messages.only_guardians", closed)
        )
        shown = why or self.shown(party, role, text)
        self.attempt(role)
        if not why:
            hit = role == "friend" and text["class"] in ("bully", "threat", "lure", "doxx")
            self.last = self.message(party, hit, shown in ("messages.collapsed", "messages.muted"))
            if hit:
                self.marks[party].hit(text["class"] == "doxx", self.today)
            if role != "stranger":
                self.contacts[party]["counter"] = counter
        return shown

    def shown(self, party, role, text):  # F1, F4: warned, collapsed; a guardian's message as it is
        risky = text["severity"] > 0 and text["class"] != "cry"
        if role == "guardian":
            return "ok"
        if role == "stranger" or (risky and text["severity"] >= self.setting("messages.collapse_from")):
            return "messages.collapsed"
        return "messages.muted" if self.marks[party].grade >= n.MUTED else "messages.warned" if risky else "ok"

    def send(self, party, text, confirmed):
        role = self.role(party)
        self.last = self.message(party)
        why = {"contacts.unknown"} if role == "stranger" else self.refused(party, role, "messages")
        if why or role == "guardian" or text["class"] == "cry":
            return why
        if text["leaks"] and (self.unproved or text["leaks"] != "messages.personal"):  # H2, F18
            return {text["leaks"]}
        if text["class"] in ("bully", "threat"):  # F17
            if self.thinking[0] != text["text"]:
                self.thinking, confirmed = (text["text"], self.powered), False
            waited = self.powered - self.thinking[1] >= self.setting("messages.think_seconds")
            return against(("messages.think", not waited or not confirmed))

    def call(self, party, incoming):
        role = self.role(party)
        limited = role == "friend" and self.marks[party].grade >= n.LIMITED
        why = self.refused(party, role, "calls")
        why |= against(("calls.unknown", role == "stranger"), ("calls.limited", limited))
        self.attempt(role if incoming else "")
        return why

    def press(self, party=None, message=None):
        party = self.messages[message]["party"] if message in self.messages else party
        guardian = self.role(party) == "guardian"  # I11
        why = against(("blocking.no_such_message", party is None), ("blocking.is_guardian", guardian))
        if not why and self.marks[party].press(self.today):
            self.slip, self.packages[len(self.packages) + 1] = (party, self.powered), False  # F11
        return why

    def undo(self, party):
        late = self.slip[0] != party or self.powered - self.slip[1] > self.setting("blocking.undo_seconds")
        why = against(("blocking.not_blocked", not self.marks[party].blocked), ("blocking.too_late", late))
        return why or self.marks[party].release(self.today)

    def owner(self, what, party):  # release, unmark, remove: what only a guardian may do (F9, F10)
        guardian, mark = what == "remove" and self.role(party) == "guardian", self.marks[party]
        nothing = (what == "release" and not mark.blocked) or (what == "unmark" and not mark.grade)
        why = against(
            (n.NO_PROOF, self.unproved), ("blocking.not_blocked", nothing), ("blocking.is_guardian", guardian)
        )
        return why or getattr(mark, what)(self.today)

    def not_bullying(self, message):
        if not self.messages.get(message, {}).get("hit"):
            return {"messages.nothing_to_answer" if message in self.messages else "messages.no_such_message"}
        self.messages[message]["hit"] = False
        return self.marks[self.messages[message]["party"]].not_bullying()

    def protect(self, mode):  # H6: whoever started a mode may end it
        by, seconds = "child" if self.unproved else "guardian", n.SHIELD_DAYS * n.DAY if mode == "shield" else 1 << 31
        why = against(("blocking.not_yours", self.mode[1] == "guardian" and self.unproved))
        self.mode = self.mode if why else (mode, by, self.wall + seconds, self.powered + seconds)
        return why

    def protect_end(self):  # the chosen mode; with none, the automatic one, which is not the child's to end
        if not self.mode[0] and not self.alarm[1]:
            return set()
        why = against(("blocking.not_yours", (self.mode[1] != "child" or self.channel) and self.unproved))
        self.alarm = self.alarm if why or self.mode[0] else (0, 0)
        self.mode = self.mode if why else ("", "", 0, 0)
        return why

    def read(self, what, number, reader, confirmed):
        gone = number not in (self.messages if what == "message" else self.packages)
        gone = gone or (what == "message" and self.messages[number]["gone"])
        if reader == "child":
            collapsed = what == "message" and not gone and self.messages[number]["collapsed"]
            if collapsed and confirmed:
                self.messages[number]["collapsed"] = False
            return against(("content_access.gone", gone), ("content_access.warning", collapsed and not confirmed))
        given = (what == "evidence" and self.packages.get(number)) or not self.over(self.emergency)  # F13, I10
        private = not gone and self.private and not given  # D27, D28
        return against((n.NO_PROOF, self.unproved), ("content_access.gone", gone), ("content_access.private", private))

    def hand_over(self, package):
        self.packages.update({package: True} if package in self.packages else {})
        return against(("content_access.gone", package not in self.packages))

    def emergency_read(self):
        stale = self.proofs.get(self.channel, 0) - self.powered <= n.PROOF - n.FRESH  # I10: proved in the last minute
        self.emergency = self.emergency if stale else (self.wall + n.HOUR, self.powered + n.HOUR)
        return against((n.NO_PROOF, stale))

    def add(self, party, role, by_child=False):
        off, blocked = by_child and self.setting("contacts.mode") == 0, self.marks[party].blocked
        why = against(
            (n.NO_PROOF, not by_child and self.unproved),
            ("contacts.off", off),
            ("contacts.blocked", blocked),
            ("contacts.already", party in self.contacts),
        )
        missing = {"other"} if role == "friend" else set()
        missing |= {"this"} if by_child and self.setting("contacts.mode") == 1 else set()
        if not why:
            self.contacts[party] = {"role": role, "missing": missing, "counter": 0, "day": self.today}
        return why

    def approve(self, party, side, genuine=True):  # D21: this side by a proof, the other side by its MAC
        unproved = self.unproved and side == "this"
        why = against(
            ("contacts.unknown", party not in self.contacts),
            (n.NO_PROOF, unproved),
            ("contacts.not_verified", not genuine),
        )
        return why or self.contacts[party]["missing"].discard(side)

    def drop(self, party):
        known = self.contacts.get(party, {"role": ""})
        unproved = self.unproved and known["role"] == "guardian"
        why = against(("contacts.unknown", not known["role"]), (n.NO_PROOF, unproved))
        if not why:
            del self.contacts[party]
        return why

    def settle(self, day):  # what time alone brings
        self.today = max(day, self.today)
        self.grow()
        if self.talk and self.powered >= self.talk[1]:
            self.talk_end()
        self.expired = self.expired or 0 < self.expires <= day
        self.grants = {key: grant for key, grant in self.grants.items() if not self.over(grant)}
        for one in self.messages.values():  # A13: a month's texts go when the last of them has been kept long enough
            one["gone"] = one["gone"] or one["month"] < n.month_of(day - n.KEEP_DAYS)
        calm = self.powered - self.last_attempt >= n.HOUR
        self.alarm = (0, 0) if calm or self.over(self.alarm) else self.alarm
        self.mode = ("", "", 0, 0) if self.mode[0] and self.over(self.mode) else self.mode
        pending = [party for party in self.contacts if self.contacts[party]["missing"]]
        for party in [party for party in pending if self.contacts[party]["day"] <= day - n.PENDING_DAYS]:
            del self.contacts[party]
        for mark in self.marks.values():
            mark.decay(day)
