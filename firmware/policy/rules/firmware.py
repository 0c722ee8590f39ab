"""Which firmware runs, and who may open the watch to a workshop (requirements B14, E1, E2, E11).

An update is the maker's work, shown by its signature, and an owner's wish, shown by a proof. What the bytes are worth
is judged where they lie (firmware/update); `problem` brings that judgement here, so that every refusal has its reason
and its record. A version that a guardian or a day has confirmed is never left for an older one.
"""

import json

from micropython import const

from firmware.policy.decision import BadRequest, allow, event
from firmware.policy.request import choice
from firmware.policy.rule import Rule, stopped
from firmware.policy.rules.credentials import HOST
from firmware.storage.journal import encode

_FORM = const("firmware.form")
_KEY = const("firmware.key")
_SIGNATURE = const("firmware.signature")
_BOARD = const("firmware.board")
_OLD = const("firmware.old")
_BIG = const("firmware.big")
_PATH = const("firmware.path")
_DAMAGED = const("firmware.damaged")
_ON_TRIAL = const("firmware.on_trial")
_NO_TRIAL = const("firmware.no_trial")
_TOO_EARLY = const("firmware.too_early")
_PASSPHRASE = const("firmware.passphrase")

_PROBLEMS = (_FORM, _KEY, _SIGNATURE, _BOARD, _OLD, _BIG, _PATH, _DAMAGED)
OPENINGS = ("repl", "bootloader")
TRIAL_SECONDS = 86400  # of powered time
_WELL_SECONDS = const(60)  # firmware/update/slots.py


class Firmware(Rule):
    """The version in force, and the one on trial."""

    name = "firmware"
    FORMS = """
install version=i65535 problem?=s9 channel?=s8
switch version=i65535 problem?=s9
started version=i65535 trial=b strange=i255
confirm channel?=s8
service channel?=s8
open what=s10 channel?=s8
"""

    def __init__(self, context):
        super().__init__(context)
        self._credentials = context.rules["credentials"]
        self.version = 0  # the highest that was confirmed
        self.trial = 0  # the version on trial, or 0
        self.since = 0  # powered time at which the trial began

    def decide(self, verb, request):
        if verb in ("install", "switch"):
            return self._take(verb, request)
        if verb == "started":
            return self._started(request)
        if verb == "confirm":
            return self._confirm()
        if not self._credentials.proved(request):
            return self._credentials.refusal()
        if verb == "service":
            return allow([event("firmware.service")], ("service",))
        what = choice(request, "what", OPENINGS)
        if request["channel"] != HOST:  # digits can be tried out by hand: no PIN opens a watch (B14)
            return stopped(_PASSPHRASE)
        # Whoever reads what the prompt lets read finds no key any more: the watch is new, and open.
        return allow((), (what,), then=self.context.wipe)

    def _take(self, verb, request):
        """Begin to receive a package, or let it run on trial after it has come wholly."""
        if request.get("problem"):
            return self._refuse(request["problem"])
        if self.trial:
            return stopped(_ON_TRIAL, wait=max(self.since + TRIAL_SECONDS - self.context.clock.powered, 0))
        if request["version"] <= self.version:
            return stopped(_OLD)
        if verb == "switch":
            return allow([event("firmware.switched", request["version"])], ("switch", "reboot"))
        if not self._credentials.proved(request):
            return self._credentials.refusal()
        return allow((), ("begin",))

    def _refuse(self, problem):
        for reason in _PROBLEMS:
            if reason == "firmware." + problem:
                return stopped(reason)
        raise BadRequest("problem", "is none of the known ones")

    def _started(self, request):
        """What has come up after a boot: an older version than the confirmed one, or files that could stand in for
        modules, are damage, and no guardian has to look for it."""
        version, events = request["version"], []
        if version < self.version:
            events.append(event("administration.tampered", "firmware"))
        elif request["strange"]:
            events.append(event("administration.tampered", "files"))
        if request["trial"] and version not in (self.trial, self.version):  # the latter: confirmed, then a power cut
            events.append(event("firmware.trial", version))
        elif not request["trial"] and self.trial:
            events.append(event("firmware.ended", version, 1 if version == self.trial else 0))
        elif not request["trial"] and version > self.version:
            events.append(event("firmware.ended", version, 1))
        return allow(events)

    def _confirm(self):
        if not self.trial:
            return stopped(_NO_TRIAL)
        clock = self.context.clock
        well = clock.started + _WELL_SECONDS
        if clock.powered < well:
            return stopped(_TOO_EARLY, wait=well - clock.powered)
        return allow([event("firmware.ended", self.trial, 1)])

    def step(self):
        due = self.due()
        if due is None or self.context.clock.powered < due:
            return None
        return allow([event("firmware.ended", self.trial, 1)])

    def due(self):
        return self.since + TRIAL_SECONDS if self.trial else None

    def apply(self, verb, record):
        if verb == "trial":
            self.trial, self.since = record.fields[0], record.powered
        elif verb == "ended":
            self.trial = 0
            if record.fields[1]:
                self.version = max(self.version, record.fields[0])

    def snapshot(self):
        return encode([self.version, self.trial, self.since])

    def restore(self, blob):
        self.version, self.trial, self.since = json.loads(blob)


RULE = Firmware
