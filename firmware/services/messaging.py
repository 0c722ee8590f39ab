"""Messages in and out, and the one button (requirements D47, F4, F5, F24)."""

import json

from micropython import const

from firmware.policy.decision import BadRequest
from firmware.policy.rules.usage import SYSTEM
from firmware.services.enforce import discharge, nothing

_INBOX = const(32)
_HELD = const(32)
_RETRY_SECONDS = const(60)
_STORAGE = const("engine.storage")


class Messaging:
    """engine, store (for texts), outbox, carrier (services/transport), screen.notice(kind, fields). others: has the
    services `locator` and `approvals`, which rest."""

    def __init__(self, engine, store, outbox, carrier, screen, others):
        self._engine = engine
        self._store = store
        self._outbox = outbox
        self._carrier = carrier
        self._screen = screen
        self._others = others
        self._inbox = []
        self._listen_at = 0  # powered time before which nothing is taken from the carrier
        self._later = _Later()

    # --- in

    def queue(self, envelope):
        """Take an envelope that is brought in by hand; it is decided in `step`, after whatever the child presses now.

        A full inbox drops the newest: a flood must not push out what came first."""
        if len(self._inbox) < _INBOX:
            self._inbox.append(envelope)

    def step(self):
        """Decide what has arrived, hand over what is to be sent, show what was held back.

        Returns the powered time of the next need, or None."""
        now = self._engine.clock.powered
        while self._inbox:
            self.receive(self._inbox.pop(0))
        more = now >= self._listen_at and self._listen(now)
        for _ in range(len(self._outbox.numbers)):
            if not self._send_waiting():
                break
        if more:
            return now
        if self._outbox.numbers:
            return now + 1
        left, _, wait = self._engine.rules["usage"].left(SYSTEM) if self._later.held else (0, "", 0)
        if left > 0:
            self._show_later()
        return now + wait if wait else None

    def _send_waiting(self):
        """Offer each party's oldest message to the carrier; True if it took one, and the next may follow."""
        taken = [number for number, envelope in self._outbox.offers() if self._carrier.send(envelope)]
        for number in taken:
            self._outbox.drop(number)
        return len(taken) > 0

    def _listen(self, now):
        """Decide what the carrier has, one after the other; it may forget each once that is written down. True if
        there may be more: a flood leaves the child a turn in between."""
        for _ in range(_INBOX):
            envelope = self._carrier.poll()
            if envelope is None:
                return False
            if "locate" in envelope:
                self._others.locator.asked(envelope)
            elif "approve" in envelope:
                self._others.approvals.answered(envelope)
            else:
                decision = self.receive(envelope)
                if decision is not None and decision.reason == _STORAGE:
                    self._listen_at = now + _RETRY_SECONDS  # not lost: it stays with the carrier
                    return False
            self._carrier.done()
        return True

    def _show_later(self):
        """School is over: show what came, but nothing of a party that was blocked meanwhile."""
        recent, blocking = self._engine.recent, self._engine.rules["blocking"]
        for kind, fields in self._later.held:
            entry = recent.find(fields["message"]) if "message" in fields else -1
            if entry >= 0 and blocking.holds(recent.tag(entry)):
                continue
            if kind == "message":
                if not self._store.readable(recent.place(entry)):
                    continue  # a guardian has erased it meanwhile
                fields["text"] = self._text(fields["message"])
            self._screen.notice(kind, fields)
        self._later.held = []

    def receive(self, envelope):
        """Decide one envelope. Malformed ones are dropped: None."""
        try:
            request = dict(envelope)
            request["kind"] = "messages.incoming"
            decision = self._engine.ask(request)
        except (BadRequest, TypeError, ValueError):
            return None
        number = decision.records[0].seq if decision.records else 0
        marked = "mark" in decision.obligations
        screen = self._later if "later" in decision.obligations else self._screen

        def show():
            screen.notice(
                "message", {"message": number, "from": envelope["sender"], "text": envelope["text"], "marked": marked}
            )

        def collapse():
            screen.notice(
                "collapsed",
                {"message": number, "from": envelope["sender"], "reason": decision.reason, "marked": marked},
            )

        discharge(
            decision,
            {
                "show": show,
                "collapse": collapse,
                "mark": nothing,
                "silently": nothing,
                "later": nothing,
                "warn": lambda: screen.notice("warning", {"reason": decision.reason}),
                "offer_help": lambda: screen.notice("offer_help", {}),
                "show_help": lambda: screen.notice("help", {}),
                "offer_protection": lambda: screen.notice("offer_protection", {"from": envelope["sender"]}),
                "ask_child_to_tell": lambda: screen.notice("ask_to_tell", {"message": number}),
            },
        )
        return decision

    # --- out

    def send(self, to, text, confirmed=False, channel=None):
        """The child sends a message; the decision says whether it left the watch's hands."""
        request = {"kind": "messages.outgoing", "to": to, "text": text}
        if confirmed:
            request["confirmed"] = True
        if channel:
            request["channel"] = channel
        decision = self._engine.ask(request)

        if not discharge(
            decision,
            {
                "send": lambda: self._outbox.put(decision.records[0].seq),
                "show_help": lambda: self._screen.notice("help", {}),
            },
        ):
            self._screen.notice("not_sent", {"to": to, "reason": decision.reason, "wait": decision.wait})
        return decision

    # --- the line as a carrier

    def waiting(self, number):
        """Of the oldest envelopes to each party that no carrier has taken yet, the one with this index, or None."""
        offers = self._outbox.offers()
        return offers[number][1] if number < len(offers) else None

    def taken(self, mac):
        """Somebody has carried the envelope with this MAC away."""
        for number, envelope in self._outbox.offers():
            if envelope["mac"] == mac:
                self._outbox.drop(number)

    # --- the one button, and opening what was held back

    def press(self, place, party=None, message=None):
        """The one-button block, from whichever place the child is at. What waits to be sent to the party is dropped."""
        decision = self._engine.ask(_named({"kind": "blocking.press", "place": place}, party, message))

        def hide():
            self._outbox.drop_blocked()
            self._screen.notice("hidden", {"party": party or ""})

        if not discharge(decision, {"hide": hide, "comfort": lambda: self._screen.notice("comfort", {})}):
            self._screen.notice("not_blocked", {"reason": decision.reason})
        return decision

    def undo(self, party=None, message=None):
        """Take a slip of the button back."""
        decision = self._engine.ask(_named({"kind": "blocking.undo"}, party, message))
        discharge(decision, {"show": lambda: self._screen.notice("unblocked", {"party": party or ""})})
        return decision

    def not_bullying(self, message):
        """The child says that a warned or folded message was none: the sender's grade goes back by one."""
        decision = self._engine.ask({"kind": "messages.not_bullying", "message": message})
        discharge(decision, {"show": lambda: self._screen.notice("answered", {})})
        return decision

    def tell(self, message):
        """The child decides that a guardian hears of a message: of its kind, never of its words."""
        decision = self._engine.ask({"kind": "alerts.tell", "message": message})
        discharge(decision, {"show": lambda: self._screen.notice("told", {})})
        return decision

    def open(self, message, confirmed=False):
        """The child opens a message; a collapsed one first answers with a warning."""
        request = {"kind": "content_access.read", "what": "message", "id": message, "exit": "screen", "reader": "child"}
        if confirmed:
            request["confirmed"] = True
        decision = self._engine.ask(request)
        discharge(
            decision, {"show": lambda: self._screen.notice("opened", {"message": message, "text": self._text(message)})}
        )
        return decision

    def _text(self, message):
        recent = self._engine.recent
        return json.loads(self._store.read(recent.place(recent.find(message)))[1])[1]


class _Later:
    """A screen that keeps what comes in school time. The messages are journalled; of more notices the oldest go."""

    def __init__(self):
        self.held = []

    def notice(self, kind, fields):
        fields.pop("text", "")  # it lies sealed in the journal, and in no memory all morning
        self.held = self.held[1 - _HELD :] + [(kind, fields)]


def _named(request, party, message):
    if party is not None:
        request["party"] = party
    if message is not None:
        request["message"] = message
    return request
