"""Talking with a generative assistant: one question, one streamed answer, sentence by sentence past the policy.

A provider is any object with:

    question(q) -> bool     q: dict text, language, train (always False: no training on it, G14). No name,
                            number, place or earlier question goes with it. True once it is on its way
    poll() -> str or None   the next piece of the answer as it comes; "" when it is complete; None if nothing has come.
                            OSError: there is no connection, or it is gone, and nothing more will come
    cancel()                forget the answer; nothing more of it comes

What the provider says counts for nothing: limits, filter, label and end are the watch's own (G4, G6, G11, G13).
"""

import json

from micropython import const

from firmware.loading import forget
from firmware.policy.decision import BadRequest
from firmware.policy.resting import copy_of
from firmware.services.enforce import discharge

_SENTENCE = const(200)  # characters; what has no end by then is cut
_ANSWER = const(1000)  # characters shown of one answer
_TAKEN = const(4000)  # characters looked at, shown or not: a provider may not keep the watch reading
_BEFORE = const(60)  # characters of context with each sentence, so that none is judged by half
_ENDS = "。！？!?\n"
_LABEL = "ai"
_WARNING = const(60)  # seconds before the end
_CLOSED = const("assistant.closed")
_ITEM = "assistant"  # what stands in the foreground while a talk runs, and its class
_CLASS = const("other")


class AssistantService:
    """engine, store (for the texts of earlier talks), provider, screen.notice(kind, fields), foreground: a talk counts
    as time in front of the screen, and ends when that does. `answering`: an answer is still to come."""

    def __init__(self, engine, store, provider, screen, foreground):
        self._engine = engine
        self._store = store
        self._provider = provider
        self._screen = screen
        self._foreground = foreground
        self.answering = False
        self._piece = ""  # of a sentence
        self._shown = ""
        self._taken = 0
        self._next = 0  # powered time of the warning or the end; 0: no talk
        self._warned = False

    @property
    def busy(self):
        """True while a talk runs or an answer comes."""
        return self.answering or self._next > 0

    def _ask(self, verb, **fields):
        fields["kind"] = "assistant." + verb
        return self._engine.ask(fields)

    def _remind(self):
        self._screen.notice("assistant_reminder", {})

    def _refused(self, decision):
        self._screen.notice("assistant_kept_back", {"reason": decision.reason, "wait": decision.wait})

    def _timed(self, left):
        """The talk may last `left` more seconds: when to warn, when to look again."""
        self._warned = self._warned and left <= _WARNING
        self._next = self._engine.clock.powered + (left if self._warned or left <= _WARNING else left - _WARNING)

    def left(self):
        """(questions, seconds) that the child still has today; in a talk the seconds until its end."""
        return copy_of(self._engine.rules["assistant"]).left()

    # --- begin, ask, end

    def begin(self, role=None):
        """The child opens the assistant."""
        timed = self._foreground.start(_CLASS, _ITEM)
        if not timed.allowed:
            return timed
        decision = self._ask("begin", role=role) if role else self._ask("begin")
        if discharge(decision, {"open": lambda: self._screen.notice("assistant_open", {}), "remind_ai": self._remind}):
            self._warned = False
            self._timed(decision.wait)
        else:
            if not self._next:
                self._foreground.stop()
            self._refused(decision)
        return decision

    def say(self, text):
        """The child asks, or says one of the words that end the talk at once, also in the middle of an answer."""
        decision = self._ask("turn", text=text)
        question = [text]

        def clean():
            from firmware.text.cleaning import without_personal

            forget("firmware.text.cleaning")
            question[0] = without_personal(text)

        done = discharge(
            decision,
            {
                "ask_provider": lambda: self._send(question[0]),
                "clean": clean,
                "remind_ai": self._remind,
                "comfort": lambda: self._screen.notice("comfort", {}),
                "show_help": lambda: self._screen.notice("help", {}),
                "close": lambda: self._close(decision),
            },
        )
        if not done:
            self._refused(decision)
        return decision

    def _send(self, text):
        self.answering, self._piece, self._shown, self._taken = True, "", "", 0
        language = self._engine.rules["administration"].language
        try:
            taken = self._provider and self._provider.question({"text": text, "language": language, "train": False})
        except OSError:
            taken = False
        if not taken:
            self._lost()

    def end(self):
        """The button. Nothing asks whether the child is sure (G11)."""
        decision = self._ask("end")
        discharge(decision, {"close": lambda: self._close(decision)})
        return decision

    def extend(self, minutes, channel=None):
        """A guardian gives some minutes over the limits."""
        fields = {"minutes": minutes}
        if channel:
            fields["channel"] = channel
        decision = self._ask("extend", **fields)
        if decision.allowed and self._next:
            self._timed(self._ask("check").wait)
        return decision

    def _close(self, decision):
        """The talk is over; what was shown of a cut-off answer is kept like a whole one."""
        if self.answering:
            self._cut()  # first of all: nothing more comes
            self._finish()
        if self._next:
            self._screen.notice("assistant_closed", {"reason": decision.reason})
        self._next = 0

    def _finish(self, lost=False):
        self.answering = False
        self._ask("finish", text=self._shown, lost=lost)

    def _cut(self):
        if self._provider:
            self._provider.cancel()

    def _lost(self):
        self._finish(True)
        self._screen.notice("assistant_lost", {})

    # --- the answer

    def step(self, now):
        """Take what has come of an answer, warn, and notice the end. Returns the powered time of the next need."""
        if self._next and self._foreground.item != _ITEM:
            self.end()
        while self.answering:
            try:
                piece = self._provider.poll()
                if piece is None:
                    break
                if piece:
                    self._take(piece)
                else:
                    self._sentence(self._piece)
                    if self.answering:
                        self._finish()
            except (OSError, TypeError, BadRequest):  # no text, or none that UTF-8 can hold, is like no connection
                self._cut()
                self._lost()
        if self._next and now >= self._next:
            self._look(self._ask("check"))
        if self.answering:
            return now + 1
        return self._next or None

    def check(self):
        """A guardian's act may have closed the assistant: then the talk ends now."""
        if self._next:
            self._look(self._ask("check"))

    def _look(self, decision):
        """What time alone brings: the last minute, the end."""
        if not decision.wait:
            self._close(decision)
            return
        if decision.wait <= _WARNING and not self._warned:
            self._screen.notice("assistant_last_minute", {})
            self._warned = True
        self._timed(decision.wait)

    def _take(self, piece):
        """Show whole sentences as they are complete."""
        if not isinstance(piece, str):
            raise TypeError
        for at in range(len(piece)):
            self._piece += piece[at]
            if piece[at] in _ENDS or len(self._piece) >= _SENTENCE or self._piece[-2:] == ". ":
                self._sentence(self._piece)
                if not self.answering:
                    return
                self._piece = ""

    def _sentence(self, text):
        if not text.strip():
            return
        self._taken += len(text)
        if len(self._shown) + len(text) > _ANSWER or self._taken > _TAKEN:
            self._cut()
            self._finish()
            return
        decision = self._ask("answer", text=text, before=self._shown[-_BEFORE:])
        fields = {"text": text}
        if discharge(
            decision,
            {"label_ai": lambda: fields.update(label=_LABEL), "show": lambda: self._screen.notice("assistant", fields)},
        ):
            self._shown += text
            return
        self._refused(decision)
        if not self._ask("check").wait:
            self._close(decision)

    # --- earlier talks

    def open(self, number):
        """The child reads an entry of an earlier talk."""
        decision = self._engine.ask(
            {"kind": "content_access.read", "what": "chat", "id": number, "exit": "screen", "reader": "child"}
        )
        fields = {"chat": number}

        def show():
            fields["text"] = self._text(number)
            self._screen.notice("chat", fields)

        discharge(decision, {"label_ai": lambda: fields.update(label=_LABEL), "show": show})
        return decision

    def _text(self, number):
        from firmware.policy.desk.content_access import chat

        forget("firmware.policy.desk.content_access")
        return json.loads(self._store.read(chat(self._engine.rules["content_access"], number)[0])[1])[0]

    def hand_over(self):
        """The child lets a guardian read and copy what was said so far."""
        decision = self._engine.ask({"kind": "content_access.hand_over_chats"})
        discharge(decision, {"show": lambda: self._screen.notice("chats_handed_over", {})})
        return decision

    def delete(self):
        """The child deletes all talks."""
        decision = self._engine.ask({"kind": "content_access.delete_chats"})
        discharge(decision, {"show": lambda: self._screen.notice("chats_deleted", {})})
        return decision
