"""The guardian's consent, one purpose at a time, each off until given and revocable by itself (requirements A4-A8).

Refusing never takes away what the watch does without that purpose: time, guardian calls, SOS.
"""

import json

from firmware.policy.decision import allow, event
from firmware.policy.request import choice
from firmware.policy.rule import Rule
from firmware.storage.journal import encode

PURPOSES = ("location", "voice", "photo", "health", "payment", "ai")  # A5

# What is collected for each purpose, and why, is described in a manifest with a number. When that description changes,
# the number goes up, and the purpose stays off until a guardian has agreed to the new one (A8).
MANIFEST = (1, 1, 1, 1, 1, 1)


class Consent(Rule):
    """Knows for which purposes a guardian has agreed, and to which manifest."""

    name = "consent"
    FORMS = """
give purpose=s8 manifest=i65535 channel?=s8
withdraw purpose=s8 channel?=s8
"""

    def __init__(self, context):
        super().__init__(context)
        self._credentials = context.rules["credentials"]
        self._given = [0] * len(PURPOSES)  # number of the manifest that was agreed to, 0 for none

    def has(self, purpose):
        """True if a guardian has agreed to this purpose as it is described today."""
        number = PURPOSES.index(purpose)
        return self._given[number] == MANIFEST[number]

    def decide(self, verb, request):
        purpose = choice(request, "purpose", PURPOSES)
        if verb == "withdraw":
            return allow([event("consent.withdrawn", purpose)])
        if not self._credentials.proved(request):
            return self._credentials.refusal()
        return allow([event("consent.given", purpose, request["manifest"])])

    def apply(self, verb, record):
        self._given[PURPOSES.index(record.fields[0])] = record.fields[1] if verb == "given" else 0

    def snapshot(self):
        return encode(self._given)

    def restore(self, blob):
        self._given = json.loads(blob)
