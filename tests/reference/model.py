"""An independent model of the policy engine, written from the design and the requirement rows; it imports no firmware.

`judge(act, ...)` gives (allowed, reasons): every reason that holds against the act, or the one of its allow; the order in
which the engine asks them is its own affair. Whether an envelope is genuine, and how a text reads, the history tells.
"""

from tests.reference import numbers as n


class Model:
    def __init__(self, wall):
        self.wall, self.powered, self.trust, self.today = wall, 0, "none", 0
        self.profile, self.birth, self.band, self.private = "", 0, 0, False  # no profile: not set up
        self.version, self.expires, self.expired = 0, 0, False
        self.policy, self.grants, self.contacts, self.marks = {}, {}, {}, {}  # by key, key, party, party
        self.messages, self.packages, self.fails, self.locked = {}, {}, {}, {}  # by number, number, channel, channel
        self.mode, self.emergency, self.last = ("", "", 0, 0), (0, 0), None
        self.forget()

    def forget(self):  # what a reboot takes away
        self.proofs, self.attempts, self.last_attempt, self.thinking, self.slip = {}, [], self.powered, ("", 0), ("", 0)

    def judge(self, act, channel=None, **given):
        self.last, self.channel, self.proof = None, channel, self.proofs.get(channel, 0) > self.powered
        why = getattr(self, act)(**given) if self.profile or act == "setup" else {"administration.set_up_first"}
        if isinstance(why, set):
            return False, why
        if channel == "keypad" and act not in ("secret", "logout"):
            self.proofs.pop(channel, None)  # a proof on the child's own keypad is good for one act
        return True, {why}

    def setting(self, key, lasting=False):
        _, _, lower, defaults = n.SETTINGS[key]
        strict = self.profile in ("", "strict")
        if strict or self.expired and not lasting:  # D3
            chosen = min(defaults) if lower else max(defaults)
            return self.policy.get(key, defaults[0] if strict else chosen) if lasting else chosen
        chosen = self.policy.get(key, defaults[self.band])
        return chosen if lasting or key not in self.grants else self.grants[key][0]

    def role(self, party):  # D21: a stranger until both sides have agreed
        known = self.contacts.get(party)
        return known["role"] if known and not known["missing"] else "stranger"

    def mark(self, party):
        return self.marks.setdefault(party, {"hits": 0, "dox": 0, "grade": 0, "blocked": False, "before": 0, "day": 0})

    def refused(self, party, role, rule):  # by the block (F5), the highest grade (F9), a protective mode (F6, H6)
        mode, mark = self.mode[0], self.mark(party)
        why = {rule + ".blocked", rule + ".closed"} if mark["blocked"] else set()
        closed = mode == "guardians" or (mode and role == "stranger") or mark["grade"] == n.REMOVED
        return set() if role == "guardian" else why | ({rule + ".closed"} if closed else set())

    def attempt(self, role):  # H6: a burst of unknown attempts starts protective mode
        if role == "stranger":
            self.attempts = [at for at in self.attempts if self.powered - at < n.WINDOW] + [self.powered]
            self.last_attempt = self.powered
            if len(self.attempts) >= self.setting("blocking.burst") and not self.mode[0]:
                self.mode = ("protective", "auto", self.wall + n.DAY, self.powered + n.DAY)

    def receive(self, party, genuine, counter, text):
        role = self.role(party)
        forged = role != "stranger" and (not genuine or counter <= self.contacts[party]["counter"])  # B10
        role = "stranger" if forged else role
        why = self.refused(party, role, "messages") | ({"contacts.not_verified"} if forged else set())
        if role == "stranger" and not forged and not self.setting("contacts.unknown"):
            why.add("contacts.unknown")
        if role != "guardian" and not self.setting("contacts.messages"):
            why.add("messages.only_guardians")
        self.attempt(role)
        return why or self.heard(party, role, counter, text)

    def heard(self, party, role, counter, text):
        risky = role != "guardian" and text["severity"] > 0 and text["class"] != "cry"
        hit, mark, shown = role == "friend" and text["class"] in ("bully", "threat", "lure", "doxx"), self.mark(party), "ok"
        if role == "stranger" or (risky and text["severity"] >= self.setting("messages.collapse_from")):
            shown = "messages.collapsed"
        elif role != "guardian":
            shown = "messages.muted" if mark["grade"] >= n.MUTED else "messages.warned" if risky else "ok"
        if role != "stranger":
            self.contacts[party]["counter"] = counter
        if hit:
            mark["hits"], mark["dox"], mark["day"] = mark["hits"] + 1, mark["dox"] + (text["class"] == "doxx"), self.today
            held = max(grade for grade in range(5) if mark["hits"] >= n.HITS_FOR[grade])
            mark["grade"] = n.REMOVED if mark["dox"] > 1 else max(mark["grade"], held)  # H8
        self.last = {"party": party, "hit": hit, "closed": shown in ("messages.collapsed", "messages.muted")}
        return shown

    def send(self, party, text, confirmed):
        role = self.role(party)
        why = {"contacts.unknown"} if role == "stranger" else self.refused(party, role, "messages")
        if not why and role == "friend" and text["class"] != "cry":
            if text["leaks"] and not (text["leaks"] == "messages.personal" and self.proof):  # H2, F18
                why = {text["leaks"]}
            elif text["class"] in ("bully", "threat"):  # F17
                if self.thinking[0] != text["text"]:
                    self.thinking, confirmed = (text["text"], self.powered), False
                waited = self.powered - self.thinking[1] >= self.setting("messages.think_seconds")
                why = set() if waited and confirmed else {"messages.think"}
        self.last = {"party": party, "hit": False, "closed": False}
        return why or "ok"

    def call(self, party, incoming):
        role = self.role(party)
        why = self.refused(party, role, "calls") | ({"calls.unknown"} if role == "stranger" else set())
        self.attempt(role if incoming else "")
        return why | ({"calls.limited"} if role == "friend" and self.mark(party)["grade"] >= n.LIMITED else set()) or "ok"

    def named(self, party, message):  # a party by address or by one of its messages
        return self.messages[message]["party"] if message in self.messages else party

    def press(self, party=None, message=None):
        party = self.named(party, message)
        if party is None or self.role(party) == "guardian":  # I11
            return {"blocking.is_guardian" if party else "blocking.no_such_message"}
        mark = self.mark(party)
        if not mark["blocked"]:
            mark.update(blocked=True, before=mark["grade"], grade=max(mark["grade"], n.MUTED), day=self.today)
            self.slip, self.packages[len(self.packages) + 1] = (party, self.powered), False  # F11
        return "ok"

    def undo(self, party):
        why = set() if self.mark(party)["blocked"] else {"blocking.not_blocked"}
        late = self.slip[0] != party or self.powered - self.slip[1] > self.setting("blocking.undo_seconds")
        return (why | ({"blocking.too_late"} if late else set())) or self.lift(party)

    def lift(self, party):
        self.mark(party).update(blocked=False, grade=self.mark(party)["before"])
        return "ok"

    def owner(self, what, party):  # what only a guardian may do to a mark (F10)
        why, mark = set() if self.proof else {"credentials.proof_needed"}, self.mark(party)
        if what == "remove":
            why |= {"blocking.is_guardian"} if self.role(party) == "guardian" else set()
        elif not mark["blocked" if what == "release" else "grade"]:
            why.add("blocking.not_blocked")
        if not why:
            self.lift(party) if what == "release" else mark.update(grade=n.REMOVED if what == "remove" else 0, day=self.today)
            mark.update({} if what != "unmark" else {"hits": 0, "dox": 0})
        return why or "ok"

    def not_bullying(self, message):
        if not self.messages.get(message, {}).get("hit"):
            return {"messages.nothing_to_answer" if message in self.messages else "messages.no_such_message"}
        mark, self.messages[message]["hit"] = self.mark(self.messages[message]["party"]), False
        if mark["hits"] and mark["grade"] < n.REMOVED:
            mark["grade"] = max(mark["grade"] - 1, 0)
            mark["hits"] = min(mark["hits"] - 1, n.HITS_FOR[mark["grade"] + 1] - 1)
        return "ok"

    def protect(self, mode):
        if self.mode[1] == "guardian" and not self.proof:
            return {"blocking.not_yours"}
        seconds = n.SHIELD_DAYS * n.DAY if mode == "shield" else 1 << 31
        self.mode = (mode, "guardian" if self.proof else "child", self.wall + seconds, self.powered + seconds)
        return "ok"

    def protect_end(self):
        if self.mode[1] in ("auto", "guardian") and not self.proof:  # H6: whoever started it may end it
            return {"blocking.not_yours"}
        self.mode = ("", "", 0, 0)
        return "ok"

    def read(self, what, number, reader, confirmed):
        found = number in (self.messages if what == "message" else self.packages)
        why = set() if found else {"content_access.gone"}
        if reader == "child":
            if not why and what == "message" and self.messages[number]["closed"]:
                why = set() if confirmed else {"content_access.warning"}
                self.messages[number]["closed"] = not confirmed
            return why or "ok"
        why |= set() if self.proof else {"credentials.proof_needed"}
        given = (what == "evidence" and self.packages.get(number)) or not self.over(self.emergency)  # F13, I10
        return why | ({"content_access.private"} if self.private and not given else set()) or "ok"  # D27, D28

    def hand_over(self, package):
        self.packages.update({package: True} if package in self.packages else {})
        return "ok" if package in self.packages else {"content_access.gone"}

    def emergency_read(self):
        self.emergency = (self.wall + n.HOUR, self.powered + n.HOUR) if self.proof else self.emergency
        return "ok" if self.proof else {"credentials.proof_needed"}

    def add(self, party, role, by_child=False):
        why = set() if by_child or self.proof else {"credentials.proof_needed"}
        why |= {"contacts.off"} if by_child and not self.setting("contacts.mode") else set()
        why |= {"contacts.already"} if party in self.contacts else set()
        why |= {"contacts.blocked"} if self.mark(party)["blocked"] else set()
        missing = ({"this"} if by_child and self.setting("contacts.mode") == 1 else set()) | ({"other"} if role == "friend" else set())
        if not why:
            self.contacts[party] = {"role": role, "missing": missing, "counter": 0, "day": self.today}
        return why or "ok"

    def approve(self, party, side, genuine=True):  # D21: this side by a proof, the other side by its MAC
        if party not in self.contacts:
            return {"contacts.unknown"}
        if not (self.proof if side == "this" else genuine):
            return {"credentials.proof_needed" if side == "this" else "contacts.not_verified"}
        self.contacts[party]["missing"].discard(side)
        return "ok"

    def drop(self, party):
        if party in self.contacts and (self.contacts[party]["role"] == "friend" or self.proof):
            del self.contacts[party]
            return "ok"
        return {"credentials.proof_needed" if party in self.contacts else "contacts.unknown"}

    def secret(self, right):  # B15
        if self.locked.get(self.channel, 0) > self.powered:
            return {"credentials.locked"}
        self.fails[self.channel] = 0 if right else self.fails.get(self.channel, 0) + 1
        if right:
            self.proofs[self.channel] = self.powered + n.PROOF  # D7
            return "ok"
        late = self.fails[self.channel] - n.TRIES
        self.locked[self.channel] = self.powered + (n.DELAYS[min(late, 3)] if late >= 0 else 0)
        return {"credentials.wrong"}

    def logout(self):
        self.proofs.pop(self.channel, None)
        return "ok"

    def set_policy(self, version, expires, values):  # D2, D7
        weaker = any(value != self.setting(key, True) and (value > self.setting(key, True)) == n.SETTINGS[key][2] for key, value in values)
        why = {"administration.old_policy"} if version <= self.version else set()
        why |= {"credentials.proof_needed"} if (weaker or self.expired) and not self.proof else set()
        if not why:
            self.version, self.expires, self.expired = version, expires, False
            self.policy.update(values)
        return why or "ok"

    def grant(self, key, value, minutes):  # D12
        why = set() if self.proof else {"credentials.proof_needed"}
        why |= set() if 1 <= minutes <= self.setting("administration.grant_minutes") else {"administration.grant_too_long"}
        if not why:
            self.grants[key] = (value, self.wall + minutes * 60, self.powered + minutes * 60)
        return why or "ok"

    def clock(self, wall):  # D4
        if self.proof:
            self.wall, self.trust = wall, "set"
            self.today = self.day()
        return "ok" if self.proof else {"administration.clock_not_yours"}

    def setup(self, wall, profile, birth, weak):
        if self.profile or weak:
            return {"administration.already_set_up"} if self.profile else {"credentials.weak_pin"}
        self.wall, self.trust, self.profile, self.birth = wall, "set", profile, birth
        self.settle()
        return "ok"

    # --- time

    def day(self):
        return (self.wall + n.ZONES.get(self.profile, 480) * 60) // n.DAY

    def over(self, span):  # D12: by powered time, or by wall time where that is trusted
        return self.powered >= span[-1] or (self.trust == "set" and self.wall >= span[-2])

    def settle(self, today=None):
        """What time alone brings; `today` where the time is not trusted."""
        day = self.day() if self.trust == "set" else today
        self.today = max(day, self.today)
        months = n.month_of(self.today) - self.birth
        self.private, self.band = self.private or months >= 96, max(self.band, (months > 96) + (months > 144))  # X8
        self.expired = self.expired or 0 < self.expires <= day
        self.grants = {key: grant for key, grant in self.grants.items() if not self.over(grant)}
        calm = self.mode[0] == "protective" and self.powered - self.last_attempt >= n.HOUR
        self.mode = ("", "", 0, 0) if calm or self.mode[0] and self.over(self.mode) else self.mode
        for party in [p for p, c in self.contacts.items() if c["missing"] and c["day"] <= day - n.PENDING_DAYS]:
            del self.contacts[party]
        for mark in self.marks.values():  # F9
            if 0 < mark["grade"] < n.REMOVED and not mark["blocked"] and mark["day"] <= day - n.DECAY_DAYS:
                mark.update(grade=mark["grade"] - 1, hits=n.HITS_FOR[mark["grade"] - 1], day=day)
