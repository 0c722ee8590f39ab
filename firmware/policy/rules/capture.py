"""When microphone and camera may be opened (requirements B9, C1, C2, A20, G16-G24).

Only by an owner of this table, for its purpose, for a stated time, with a visible and audible sign. There is one owner
at a time. No request of a host or carrier opens anything: the form has no field for a channel. Nothing here or
elsewhere knows faces, voices, fingers, eyes or gaits: such devices, purposes and requests do not exist.

A call's microphone is not asked for here: the call's own decision opens it (services/capture.py), so that an
emergency call needs neither consent nor journal, and a call to a helpline leaves no trace.
"""

import json

from micropython import const

from firmware.policy.decision import allow, deny, event
from firmware.policy.request import choice
from firmware.policy.rule import Rule, stopped
from firmware.policy.rules.administration import LOST
from firmware.policy.rules.usage import COMMUNICATION
from firmware.storage.journal import encode

_NO_OWNER = const("capture.no_owner")
_NO_CONSENT = const("capture.no_consent")
_OFF = const("capture.off")
_CLOSED = const("capture.closed")
_TOO_LONG = const("capture.too_long")
_BUSY = const("capture.busy")

_DEVICES = ("mic", "camera")
_PURPOSES = ("voice_message", "photo")
# Owner, device, purpose, consent, setting with the longest time in seconds, card of the first use.
_OWNERS = (
    ("messages", "mic", "voice_message", "voice", "capture.voice_seconds", "show_voice_card"),
    ("camera", "camera", "photo", "photo", "capture.photo_seconds", "show_photo_card"),
)


class Capture(Rule):
    """Knows which cards the child has seen. What is open stands in the service (`held`): a reboot closes everything."""

    name = "capture"
    FORMS = """
open owner=s16 device=s8 purpose=s16 seconds=i600 held=b
stay owner=s16 device=s8 purpose=s16
"""

    def __init__(self, context):
        super().__init__(context)
        self._carded = [0] * len(_OWNERS)

    def decide(self, verb, request):
        asked = (request["owner"], choice(request, "device", _DEVICES), choice(request, "purpose", _PURPOSES))
        for number in range(len(_OWNERS)):
            if _OWNERS[number][:3] == asked:
                if verb == "stay":
                    return self._stay(number)
                return self._open(number, request["seconds"], request["held"])
        return stopped(_NO_OWNER)

    def _shut(self, number):
        """Why an owner may not have its device now, or ""."""
        settings, rules = self.context.settings, self.context.rules
        if rules["administration"].lost:
            return LOST
        if settings.strict:
            return _CLOSED
        if not rules["consent"].has(_OWNERS[number][3]):
            return _NO_CONSENT
        if not settings[_OWNERS[number][4]]:
            return _OFF
        left, why, _ = rules["usage"].left(COMMUNICATION)  # what is recorded is to be sent
        return why if left <= 0 else ""

    def _stay(self, number):
        """Asked while the device is open: may it stay so? What ends it is written down."""
        why = self._shut(number)
        return deny(why, [event("capture.stopped", _OWNERS[number][1], why)]) if why else allow()

    def _open(self, number, seconds, held):
        owner, device, purpose, _, key, card = _OWNERS[number]
        settings = self.context.settings
        why = self._shut(number)
        if why:
            return stopped(why)
        if not 1 <= seconds <= settings[key]:
            return stopped(_TOO_LONG)
        if held:
            return stopped(_BUSY)
        return allow(
            [event("capture.opened", device, purpose, owner, seconds)],
            (() if self._carded[number] else (card,)) + ("show_indicator", "capture"),
        )

    def apply(self, verb, record):
        if verb == "opened":
            self._carded[_PURPOSES.index(record.fields[1])] = 1

    def snapshot(self):
        return encode(self._carded) if any(self._carded) else b""  # as while it has never been awake

    def restore(self, blob):
        self._carded = json.loads(blob)


RULE = Capture
