"""Carries a firmware update out, piece by piece, and the other ways into the watch (requirements B14, E1, E2).

What the bytes are worth is judged in firmware/update, whether the watch wants them in rules/firmware.py. There while a
package comes in; otherwise made anew for each act.
"""

from binascii import a2b_base64

from firmware.policy.decision import BadRequest
from firmware.services.enforce import discharge
from firmware.update.package import HEAD
from firmware.update.receive import Receiver, judge
from firmware.update.slots import SERVICE

_HOST = "host"


class Updates:
    """ask(request) -> Decision; slots: firmware/update/slots.py; version: of the code that runs, or the lowest but one
    that may be taken; reboot(): restart after this step."""

    def __init__(self, ask, slots, version, reboot):
        self._ask = ask
        self._slots = slots
        self._version = version
        self._reboot = reboot
        self._head = b""
        self._receiver: Receiver | None = None

    @property
    def busy(self):
        """True while a package comes in."""
        return self._head != b"" or self._receiver is not None

    def started(self, strange):
        """Once after each boot. strange: number of files that could stand in for modules (firmware/guard.py)."""
        request = {"kind": "firmware.started", "version": self._version, "trial": self._slots.trial}
        request["strange"] = min(strange, 255)
        self._ask(request)

    def settle(self, confirmed):
        """This boot has lasted for slots.WELL seconds; and if the journal has this version confirmed, there is no way
        back any more."""
        slots = self._slots
        if slots.tries():
            slots.went_well()
        if slots.trial and confirmed >= self._version:
            manifest = slots.manifest(slots.slot)
            if manifest:
                slots.confirm(manifest)

    # --- what a host asks for

    def state(self, params):
        return {
            "version": self._version,
            "trial": self._slots.trial,
            "board": self._slots.board,
            "least": self._slots.least,
            "wants": self._receiver.wants() if self._receiver else [],
        }

    def head(self, params):
        """The next bytes of a package's head; `at` 0 begins anew."""
        if params.get("at") == 0:
            self._head, self._receiver = b"", None
        elif not self._head:
            raise BadRequest("at", "must be 0 first")
        data = _bytes(params)
        if len(self._head) + len(data) > HEAD:
            self._head = b""
            raise BadRequest("data", "is too long for a head")
        self._head += data
        return {}

    def begin(self, params):
        """Judge the head, ask the rule, and make room; the answer says what the watch wants to have."""
        if not self._head:
            raise BadRequest("at", "must be 0 first")
        head, self._head = self._head, b""
        problem, manifest = judge(self._slots, head, self._version + 1)
        request: dict = {"kind": "firmware.install", "version": 0, "channel": _HOST}
        if problem:
            request["problem"] = problem
        else:
            request["version"] = manifest.version
        decision = self._ask(request)
        receiver = Receiver(self._slots, head, manifest)
        if discharge(decision, {"begin": receiver.begin}):
            self._receiver = receiver
        return _answer(decision)

    def _begun(self):
        if self._receiver is None:
            raise BadRequest("part", "no package was begun")
        return self._receiver

    def piece(self, params):
        """The next bytes of a part. {"taken": False}: they are not the ones that are wanted; see `state`."""
        part, at = params.get("part"), params.get("at")
        return {"taken": self._begun().piece(part, at, _bytes(params))}

    def finish(self, params):
        """Check everything; if it is right, the new version runs on trial after a restart, which is at once."""
        receiver = self._begun()
        self._receiver = None
        problem = receiver.check()
        request = {"kind": "firmware.switch", "version": receiver.manifest.version}
        if problem:
            request["problem"] = problem
        decision = self._ask(request)

        def switch():
            self._slots.take(receiver.manifest)

        if not discharge(decision, {"switch": switch, "reboot": self._reboot}):
            receiver.drop()
        return _answer(decision)

    def confirm(self, params):
        """A guardian at the line has seen that the version on trial works."""
        decision = self._ask({"kind": "firmware.confirm", "channel": _HOST})
        if decision.allowed:
            self.settle(self._version)
        return _answer(decision)

    def repair(self):
        """Restart into 15 minutes of the recovery, which takes signed packages and shows no data."""
        self._slots.order(SERVICE)
        self._reboot()

    def service(self, params):
        """The same for a host."""
        return self._open({"kind": "firmware.service"}, SERVICE)

    def open(self, params):
        """Wipe the watch, then restart with an open prompt ("repl") or in the chip's own loader ("bootloader")."""
        return self._open({"kind": "firmware.open", "what": params.get("what")}, params.get("what"))

    def _open(self, request, what):
        request["channel"] = _HOST
        decision = self._ask(request)

        def carry_out():
            self._slots.order(what)
            self._reboot()

        discharge(decision, {"service": carry_out, "repl": carry_out, "bootloader": carry_out})
        return _answer(decision)


def _answer(decision):
    return {"verdict": decision.verdict, "reason": decision.reason, "wait": decision.wait}


def _bytes(params):
    """`data` of a request, from base64."""
    try:
        return a2b_base64(params["data"])
    except (KeyError, ValueError, TypeError):
        raise BadRequest("data", "must be base64")
