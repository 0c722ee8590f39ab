"""The child pool, safety notices and lessons (requirements C10, D70-D74, F16, F22, A18, I15).

Like the installer it keeps nothing and is loaded for one act (`Watch.content`). Bodies lie in files of their own; each
is checked against the signed hash whenever it is shown.
"""

import hashlib
import json

from micropython import const

from firmware.policy.resting import copy_of
from firmware.services.enforce import discharge
from firmware.texts import text

_MOST = const(2048)  # bytes of a body
_RESERVE = const(131072)  # bytes of the file system that the pool leaves free
_PREFIX = const("item-")


class ContentService:
    """engine, files, screen.notice(kind, fields)."""

    def __init__(self, engine, files, screen):
        self._engine = engine
        self._files = files
        self._screen = screen

    def _rule(self):
        return copy_of(self._engine.rules["content"])

    def pool(self):
        """What there is, in the order in which it may be recommended: see `Content.pool`."""
        return self._rule().pool()

    def topics(self):
        """The topics by which the order is personal, as bits; 0 when nothing is kept (C9)."""
        return self._rule().topics()

    def lesson_waits(self):
        """True while there is a lesson that the child has not opened."""
        return self._rule().lesson() != ""

    # --- from the publishers

    def deliver(self, item, key, signature, body):
        """An item arrives with its body (bytes). None if the body is none that a watch takes."""
        if len(body) > _MOST or self._files.free() < len(body) + _RESERVE:
            return None
        decision = self._engine.ask({"kind": "content.offer", "item": item, "key": key, "signature": signature})

        def keep():
            name = self._rule().tag(json.loads(item)[1]).hex()
            self._files.replace(_PREFIX + name, body)
            self._sweep()  # it may have taken another one's place

        discharge(decision, {"keep": keep, "show_safety": lambda: self._announce(self.pool())})
        return decision

    def withdraw(self, **fields):
        """The publisher's list of items that it takes back: fields of `content.withdraw`."""
        fields["kind"] = "content.withdraw"
        decision = self._engine.ask(fields)
        discharge(decision, {"sweep": self._sweep})
        return decision

    def _announce(self, pool):
        """Safety notices that nobody has read, whatever is switched off."""
        for item in pool:
            if item[2] == "safety" and not item[5]:
                self._screen.notice("safety_notice", {"item": item[0]})

    def _sweep(self):
        """Remove the bodies of items that are gone."""
        known = [_PREFIX + item[0] for item in self.pool()]
        for name in self._files.names():
            if name.startswith(_PREFIX) and name not in known:
                self._files.remove(name)

    # --- to the child

    def wake(self):
        """The child looks at the watch for the first time on a day."""
        decision = self._engine.ask({"kind": "content.wake"})
        discharge(
            decision,
            {
                "show_safety": lambda: self._announce(self.pool()),
                "sweep": self._sweep,
                "offer_lesson": lambda: self._screen.notice("lesson_offered", {}),
            },
        )
        return decision

    def show(self, item, slot):
        """An item (its tag in hexadecimal) for one of the slots of a screen."""
        name = _PREFIX + item
        body = self._files.read(name) if self._files.size(name) >= 0 else b""
        digest = hashlib.sha256(body).digest().hex()
        decision = self._engine.ask({"kind": "content.show", "item": item, "slot": slot, "hash": digest})
        fields = {"item": item, "slot": slot, "text": body.decode() if decision.allowed else ""}
        if not discharge(decision, {"show": lambda: self._screen.notice("content", fields)}):
            self._screen.notice("not_shown", {"reason": decision.reason})
        return decision

    def dismiss(self, item):
        """The child is done with an item."""
        decision = self._engine.ask({"kind": "content.dismiss", "item": item})
        discharge(decision, {"sweep": self._sweep})
        return decision

    def lesson(self):
        """The child opens the lesson that waits. Putting it off needs no request: it comes again."""
        id_ = self._rule().lesson()
        decision = self._engine.ask({"kind": "content.lesson"})
        language = self._engine.rules["administration"].language
        discharge(
            decision,
            {"show_lesson": lambda: self._screen.notice("lesson", {"lesson": id_, "text": text(id_, language)})},
        )
        return decision
