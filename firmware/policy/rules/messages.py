"""What happens to a message, in and out (requirements F1, F3, F4, F7, F17, F18, H1-H3, B10).

Hidden is collapsed: the child can open it after a warning, nothing is destroyed. Guardians are never hidden, graded or
muted, and nothing outgoing to a guardian is stopped. A cry for help is never blocked.
"""

from hashlib import sha256

from micropython import const

from firmware.policy.decision import allow, deny, event
from firmware.policy.recent import ANSWERED, COLLAPSED, HIT, OUTGOING, WARNED
from firmware.policy.rule import Rule, stopped
from firmware.policy.rules import alerts
from firmware.policy.rules.blocking import LIMITED, MUTED
from firmware.policy.rules.contacts import GUARDIAN, NOT_VERIFIED, STRANGER, UNKNOWN
from firmware.storage.journal import encode
from firmware.text import MAX_SPANS
from firmware.text import reading as text_reading

_BLOCKED = const("messages.blocked")
_CLOSED = const("messages.closed")
_ONLY_GUARDIANS = const("messages.only_guardians")
_NOT_IN_GROUP = const("messages.not_in_group")
_PERSONAL = const("messages.personal")
_PERSONAL_NEVER = const("messages.personal_never")
_PRIVATE = const("messages.private")
_DOXXING = const("messages.doxxing")
_THINK = const("messages.think")
_COLLAPSED_REASON = const("messages.collapsed")
_WARNED_REASON = const("messages.warned")
_MUTED_REASON = const("messages.muted")

# An ID number or a home address is never sent to anyone but a guardian, whoever allows it (H2).
_NEVER = ("id", "address")
_HURTS = text_reading.BULLY | text_reading.THREAT
_CLEAR = const(2)  # severities
_GRAVE = const(3)


class Messages(Rule):
    """Verdict and obligations from the sender's standing and a reading of the text."""

    name = "messages"
    FORMS = """
incoming sender=s64 counter=i mac=h16 text=s1000 group?=i3
outgoing to=s64 text=s1000 confirmed?=b channel?=s8
not_bullying message=i
"""

    def __init__(self, context):
        super().__init__(context)
        self._credentials = context.rules["credentials"]
        self._contacts = context.rules["contacts"]
        self._blocking = context.rules["blocking"]
        self._usage = context.rules["usage"]
        self._recent = context.recent
        self._thinking = (b"", 0)  # hash of the text under the "wait and think" screen and since when (powered)

    def decide(self, verb, request):
        if verb == "incoming":
            return self._incoming(request)
        return self._outgoing(request) if verb == "outgoing" else None

    # --- in

    def _incoming(self, request):
        sender, text = request["sender"], request["text"]
        party, why = self._contacts.sender(sender, request["counter"], request["mac"], text, request.get("group"))
        if party.who == GUARDIAN:
            return allow([self._received(request, party, 0, 0, 0)], ("show",), who=GUARDIAN)
        refused = self._refused(request, party, why)
        if refused:
            return self._blocking.tried(stopped(refused, party.who), party)
        return self._blocking.tried(self._judged(request, party), party)

    def _refused(self, request, party, why):
        """The reason to refuse a message unread, or ""."""
        settings = self.context.settings
        if self._blocking.is_blocked(party):
            return _BLOCKED
        if self._blocking.refuses(party):
            return _CLOSED
        if party.who == STRANGER and (why == NOT_VERIFIED or settings["contacts.unknown"] == 0):
            return why
        if settings["contacts.messages"] == 0:
            return _ONLY_GUARDIANS
        if "group" in request and not self._contacts.in_group(request["group"], party.tag):
            return _NOT_IN_GROUP
        return ""

    def _judged(self, request, party):
        """The decision on a message that may be read: its text, the sender's grade."""
        settings = self.context.settings
        reading = text_reading.read(request["text"])
        grade = self._blocking.grade(party.tag)
        # What only looks like somebody's details is no hit, and is shown like anything else.
        risky = reading.classes & ~text_reading.CRY & ~(reading.guessed & text_reading.DOXX) != 0
        sure = reading.classes & ~reading.guessed
        doxxes = _doxxes(reading)
        # Children ask each other for photos too: only a grave sign of stranger danger counts against a contact.
        grave = sure & text_reading.STRANGER != 0 and reading.severity > 1
        hit = doxxes or grave or reading.classes & _HURTS != 0
        guessed = sure & ~text_reading.CRY == 0
        flags, reason, obligations = 0, "ok", ["show"]
        if party.who == STRANGER or (risky and not guessed and reading.severity >= settings["messages.collapse_from"]):
            flags, reason, obligations = COLLAPSED, _COLLAPSED_REASON, ["collapse", "offer_help"]
        elif grade >= MUTED:
            flags, reason, obligations = COLLAPSED, _MUTED_REASON, ["collapse"]
        elif risky:
            flags, reason, obligations = WARNED, _WARNED_REASON, ["warn", "show"]
        elif grade >= LIMITED:
            obligations = ["show", "silently"]
        if grade:
            obligations.append("mark")
        if reading.classes & text_reading.CRY:
            obligations.append("show_help")
        elif self._usage.quiet(party.tag):
            obligations.append("later")
        events = []
        rises, alone = False, False
        if hit and party.who != STRANGER:
            flags |= HIT
            raised, offer = self._blocking.hit(party.tag, 1 if doxxes else 0, reading.severity, guessed)
            events.append(raised)
            rises = raised[1][4] > grade
            alone = reading.classes == text_reading.BULLY and self._blocking.is_alone(raised[1][4], party.tag)
            if offer:
                obligations.append("offer_protection")
        if risky:
            least = settings["alerts.severity_from"]
            if least == _CLEAR and alone:
                least = _GRAVE  # one insult nudges: the child is asked; a second one, or somebody else's, is told
            # What may be wrong is the guardian's business once it has happened often enough to count.
            if reading.severity >= least and (not guessed or rises):
                events.append(alerts.raised(alerts.code_for(reading.classes), party.tag, reading.severity))
            else:
                obligations.append("ask_child_to_tell")
        return allow(
            [self._received(request, party, reading.classes, reading.severity, flags)] + events,
            obligations,
            reason,
            who=party.who,
        )

    def _received(self, request, party, classes, severity, flags):
        counter = request["counter"] if party.who != STRANGER else 0
        return event(
            "messages.in",
            party.tag.hex(),
            counter,
            classes,
            severity,
            flags,
            private=encode([request["sender"], request["text"]]),
            sealed_as="m",
        )

    # --- out

    def _outgoing(self, request):
        party = self._contacts.party(request["to"])
        text = request["text"]
        if party.who == GUARDIAN:
            return self._sent(request, party, 0, ("send",))
        if party.who == STRANGER:
            return stopped(UNKNOWN, STRANGER)
        if self._blocking.is_blocked(party):
            return stopped(_BLOCKED, party.who)
        if self._blocking.refuses(party):
            return stopped(_CLOSED, party.who)
        reading = text_reading.read(text)
        if reading.classes & text_reading.CRY:
            return self._sent(request, party, reading.classes, ("send", "show_help"))
        quiet = self._usage.quiet(party.tag)
        if quiet:
            return stopped(quiet, party.who)
        stop = self._leak(request, reading)
        if stop:
            return stopped(stop, party.who)
        if reading.classes & (_HURTS | reading.guessed & text_reading.DOXX):
            digest = sha256(text.encode()).digest()
            now, wait = self.context.clock.powered, self.context.settings["messages.think_seconds"]
            if digest != self._thinking[0]:
                return deny(_THINK, wait=wait, who=party.who, then=lambda: self._think(digest, now))
            if now - self._thinking[1] < wait or not request.get("confirmed"):
                return stopped(_THINK, party.who, wait=max(wait - (now - self._thinking[1]), 0))
        return self._sent(request, party, reading.classes, ("send",))

    def _think(self, digest, now):
        self._thinking = (digest, now)

    def _leak(self, request, reading):
        """The reason why this text must not leave, or "" (H1, H2, F18)."""
        if len(reading.personal) >= MAX_SPANS:
            return _PERSONAL_NEVER  # there may be more than the reading lists
        for kind, _, _ in reading.personal:
            if kind in _NEVER:
                return _PERSONAL_NEVER
        if reading.classes & text_reading.PRIVATE:
            return _PRIVATE
        if reading.personal:
            return "" if self._credentials.proved(request) else _PERSONAL
        return _DOXXING if reading.classes & ~reading.guessed & text_reading.DOXX else ""

    def _sent(self, request, party, classes, obligations):
        counter = self._contacts.next_counter(party.row)
        return allow(
            [
                event(
                    "messages.out",
                    party.tag.hex(),
                    counter,
                    classes,
                    private=encode([request["to"], request["text"]]),
                    sealed_as="m",
                )
            ],
            obligations,
            who=party.who,
        )

    # --- state

    def apply(self, verb, record):
        fields = record.fields
        if verb == "in":
            tag = bytes.fromhex(fields[0])
            self._recent.add(record, tag, fields[2], fields[4])
            self._contacts.heard(tag, fields[1])
        elif verb == "out":
            tag = bytes.fromhex(fields[0])
            self._recent.add(record, tag, fields[2], OUTGOING)
            self._contacts.wrote(tag, fields[1])
        elif verb == "answered":
            entry = self._recent.find(fields[0])
            if entry >= 0:
                self._recent.add_flag(entry, ANSWERED)
            if fields[2] >= 0:
                self._blocking.put_back(bytes.fromhex(fields[1]), fields[2], fields[3])

    def snapshot(self):
        return self._recent.dump()

    def restore(self, blob):
        self._recent.load(blob)


def _doxxes(reading):
    """True for an offer to search people, or someone's data beside an insult or a threat. A friend who just gives an
    address is warned about and collapsed like others, but is no doxxer (F9 asks for rules that are fair)."""
    return reading.classes & ~reading.guessed & text_reading.DOXX != 0 and (
        not reading.personal or reading.classes & _HURTS != 0
    )
