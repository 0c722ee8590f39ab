"""What guardians do on the watch, and what the child sees of it (requirements D10, D27, D28, I10, I13, B18).

A guardian's act is carried out only when the child has been shown it: no content is handed over before.
"""

import json

from firmware.policy.rules.credentials import KEYPAD
from firmware.policy.settings import STRICT
from firmware.services.enforce import discharge, nothing
from firmware.storage.crypto import Broken
from firmware.texts import text


class Guardians:
    """engine, store (for content), screen.notice(kind, fields). watch: erase() erases what was ordered to be; end()
    ends what the act has closed; updates.repair(): the next start is for repair (B14); reboot()."""

    busy = False  # it keeps nothing

    def __init__(self, engine, store, screen, watch):
        self._engine = engine
        self._store = store
        self._screen = screen
        self._watch = watch

    def act(self, request, opened=None):
        """Decide a guardian's request and carry it out: (decision, content).

        content: for a reading that was allowed and shown to the child, [[address, text], ...], or what opened(what, id)
        makes of it; else empty."""
        reading = request.get("kind") == "content_access.read"
        decision = self._engine.ask(request)

        def tell():
            now = {"time": self._engine.clock.wall}
            if reading:
                self._screen.notice("guardian_read", now)
            else:
                self._screen.notice("emergency_grant", now)

        def mark():
            self._screen.notice("read_for_you", {"what": request["what"], "id": request["id"]})

        done = discharge(
            decision,
            {
                "tell_child": tell,
                "mark_as_read_by_guardian": mark,
                "lock_screen": lambda: self._screen.notice("lock_screen", self.lock_screen()),
                "reboot": self._watch.reboot,
                "erase": self._watch.erase,
                "service": self._repair,
                "show_recovery": lambda: self._screen.notice("recovery", {"seconds": self._recovery()}),
                "recovery_over": lambda: self._screen.notice("recovery_over", {}),
                "show_lock_set": lambda: self._screen.notice("lock_set", {}),
                "show_lock_clear": lambda: self._screen.notice("lock_cleared", {}),
                "ask_other_side": nothing,  # the agreement goes from guardian to guardian, not over the watch
                "show": nothing,
            },
        )
        if decision.allowed:
            self._watch.end()
        guardians = done and reading and request["reader"] == "guardian"
        return decision, (opened or self._content)(request["what"], request["id"]) if guardians else []

    def wipe_here(self, pin):
        """A long gesture and the guardian's PIN, without any host (B19): the Decision. The watch then waits for its
        reboot; a wrong PIN is counted like any other at the keypad."""
        decision = self._engine.ask({"kind": "credentials.pin", "pin": pin})
        if decision.allowed:
            decision, _ = self.act({"kind": "administration.wipe", "channel": KEYPAD})
        return decision

    def _repair(self):
        self._watch.updates.repair()  # its code is loaded for that

    def _recovery(self):
        return self._engine.rules["credentials"].recovery_left()

    def package_key(self, what, number):
        """What `act` hands over instead of the texts of an evidence package: the key that opens it and no other."""
        return self._store.package_key(self._engine.rules["content_access"].package(number)[1], number).hex()

    def _content(self, what, number):
        if what == "message":
            recent = self._engine.recent
            sealed = [self._store.read(recent.place(recent.find(number)))[1]]
        else:
            month = self._engine.rules["content_access"].package(number)[1]
            try:
                sealed = [private for _, private in self._store.package(month, number)]
            except Broken:
                sealed = []  # the package was damaged
        return [json.loads(one) for one in sealed if one]

    # --- what the watch shows all the time

    def banners(self, language):
        """For 30 days: [words, wall time] of every emergency grant and of everything that a guardian has read."""
        told = self._engine.rules["content_access"].told()
        return [[text(_words(what), language), time] for what, _, time in told]

    def lock_screen(self):
        """What the lock screen shows to anybody: whether the watch is lost, the guardian's words to its finder, and the
        emergency card, which holds only what the guardian wrote ("": nothing). recovery: seconds until new secrets
        hold that somebody with the recovery code has asked for, 0 if nobody has."""
        rule = self._engine.rules["administration"]
        return {"lost": rule.lost, "message": rule.message, "card": rule.card, "recovery": self._recovery()}

    def protection(self):
        """The one read-only interface that apps follow (D10): new values each time, and nothing that tells a birthday.

        protected: a guardian has set the watch up; strict: in doubt, the strictest values hold; band: 0, 1, 2 for ages
        3-8, 8-12, 12-14; version: of the policy; profile; lost."""
        settings, rule = self._engine.settings, self._engine.rules["administration"]
        return {
            "protected": rule.is_set_up,
            "strict": settings.strict,
            "band": settings.band,
            "version": rule.version,
            "profile": STRICT if settings.strict else settings.profile,
            "lost": rule.lost,
        }


def _words(what):
    return "notice.emergency_grant" if what == "emergency" else "notice.guardian_read"
