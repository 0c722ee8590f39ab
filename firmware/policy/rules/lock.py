"""The child's own code for the screen (requirement B16): what is private opens only to whoever knows it.

The child sets it on the watch, or a guardian does; a guardian can always take it away, and the child then sees that it
is gone. It keeps friends and finders from reading, and is no guardian's secret: nothing that weakens a rule asks for
it. The lock closes when the display goes dark and when the watch starts (Context.locked); what then stays open is the
safety floor, calls that come in, and blocking (engine.py).

Tries are counted like those at the PIN, through reboots. The code is kept as a mark under a salt and not stretched:
four digits cannot be hidden from whoever has the keys of the flash, and without them the snapshot does not open.
"""

import json

from micropython import const

from firmware.loading import forget
from firmware.policy.decision import allow, deny, event
from firmware.policy.rule import Rule, stopped
from firmware.policy.rules.credentials import DELAYS
from firmware.storage.crypto import equal, hmac_sha256
from firmware.storage.journal import encode

_WRONG = const("lock.wrong")
_WAIT = const("lock.wait")
_WEAK = const("lock.weak")
_NONE = const("lock.none")
_SAME_AS_PIN = const("lock.same_as_pin")

_LEAST = const(4)  # digits
_SALT = const(16)
_MARK = const(32)


class Lock(Rule):
    """The code's salt and mark, and the tries. Without a code there is no state: an empty snapshot says so."""

    name = "lock"
    FORMS = """
set code=s8 old?=s8 channel?=s8
clear old?=s8 channel?=s8
open code=s8
"""

    def __init__(self, context):
        super().__init__(context)
        self._code = b""
        self._fails = 0
        self._until = 0  # powered time before which no try counts

    def decide(self, verb, request):
        """The child proves the old code, or opens the lock with it; a guardian proves a guardian's secret."""
        if verb != "set" and not self._code:
            return stopped(_NONE)
        guardian = "channel" in request
        if guardian and not self.context.rules["credentials"].proved(request):
            return self.context.rules["credentials"].refusal()
        if verb == "set":
            why = self._unfit(request["code"], guardian)
            if why:
                return stopped(why)
        events = []
        if self._code and not guardian:
            refused = self._refusal(request.get("code" if verb == "open" else "old", ""))
            if refused:
                return refused
            if self._fails:
                events = [event("lock.passed")]
        if verb == "open":
            return allow(events, then=self._open)
        who = "guardian" if guardian else "child"
        told = ("show_lock_" + verb,) if guardian else ()
        if verb == "clear":
            return allow(events + [event("lock.cleared", who)], told, then=self._open)
        salt = self.context.random(_SALT)
        return allow(events + [event("lock.set", who, private=salt + _marked(request["code"], salt))], told)

    def _unfit(self, code, guardian):
        """Why this may not be the code, or "". A guardian must not give the PIN away; the child is not told whether a
        code is the PIN, or it could be guessed here without being counted."""
        steps = [ord(code[i + 1]) - ord(code[i]) for i in range(len(code) - 1)]
        if len(code) < _LEAST or not all("0" <= digit <= "9" for digit in code):
            return _WEAK
        if len(set(steps)) == 1 and steps[0] in (-1, 0, 1):
            return _WEAK
        return _SAME_AS_PIN if guardian and self._is_pin(code) else ""

    def _is_pin(self, code):
        from firmware.policy.desk import credentials

        forget("firmware.policy.desk.credentials")
        forget("firmware.storage.stretch")
        return credentials.is_pin(self.context.secrets(), code)

    def _refusal(self, code):
        """The answer to a wrong code, or to any while tries have to wait; None for the right one."""
        now = self.context.clock.powered
        if self._until > now:
            return stopped(_WAIT, wait=self._until - now)
        if equal(_marked(code, self._code[:_SALT]), self._code[_SALT:]):
            return None
        late = self._fails + 1 - self.context.settings["credentials.tries"]
        wait = DELAYS[min(late, len(DELAYS) - 1)] if late >= 0 else 0
        return deny(_WRONG, [event("lock.failed", self._fails + 1, now + wait)], wait=wait)

    def _open(self):
        self.context.locked = False

    def due(self):
        """While tries wait, powered time is saved: ask to be stepped."""
        return None if self._until <= self.context.clock.powered else self._until

    def apply(self, verb, record):
        if verb == "failed":
            self._fails, self._until = record.fields
            return
        self._fails = self._until = 0
        if verb != "passed":
            self._code = record.private if verb == "set" else b""

    def snapshot(self):
        return self._code + encode([self._fails, self._until]) if self._code else b""

    def restore(self, blob):
        self._code = bytes(blob[: _SALT + _MARK])
        self._fails, self._until = json.loads(blob[_SALT + _MARK :])


def _marked(code, salt):
    return hmac_sha256(salt, code.encode())


RULE = Lock
