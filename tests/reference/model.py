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
