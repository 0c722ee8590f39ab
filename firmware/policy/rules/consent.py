"""The guardian's consent, one purpose at a time, each off until given and revocable by itself (requirements A4-A8).

Refusing or withdrawing never takes away what the watch does without that purpose: time, guardian calls, SOS (A6).
"""

import json

from firmware.policy.rule import Rule
from firmware.storage.journal import encode

PURPOSES = ("location", "voice", "photo", "health", "payment", "ai")  # A5

# What can be erased: what was kept for a purpose whose consent is withdrawn (A14), and two kinds that need none.
HELD = PURPOSES + ("messages", "evidence")

# What is collected for each purpose, and why, is declared in firmware/texts/collected.tsv. When a declaration changes,
# its number here goes up, and the purpose stays off until a guardian has agreed to the new one (A8).
MANIFEST = [1, 1, 1, 1, 1, 1]


class Consent(Rule):
    """Knows for which purposes a guardian has agreed, and to which declaration. The decisions are the desk's."""

    name = "consent"
    FORMS = """
prompt purpose=s8
give purpose=s8 manifest=i65535 channel?=s8
refuse purpose=s8 channel?=s8
withdraw purpose=s8 channel?=s8
erased what=s8
"""

    def __init__(self, context):
        super().__init__(context)
        self.credentials = context.rules["credentials"]
        self.given = [0] * len(PURPOSES)  # number of the declaration that was agreed to, 0 for none
        self.quiet_until = [0] * len(PURPOSES)  # day from which the watch may ask again by itself
        self.to_erase = [0] * len(HELD)  # 1: still to be erased, also after a power cut

    def has(self, purpose):
        """True if a guardian has agreed to this purpose as it is declared today."""
        number = PURPOSES.index(purpose)
        return self.given[number] == MANIFEST[number]

    def apply(self, verb, record):
        number = HELD.index(record.fields[0])
        if verb == "given":
            self.given[number], self.quiet_until[number] = record.fields[1], 0
        elif verb in ("refused", "withdrawn"):
            self.given[number], self.quiet_until[number] = 0, record.fields[1]
        if verb in ("withdrawn", "erase"):
            self.to_erase[number] = 1
        elif verb == "erased":
            self.to_erase[number] = 0

    def snapshot(self):
        return encode(self.given + self.quiet_until + self.to_erase)

    def restore(self, blob):
        values, size = json.loads(blob), len(PURPOSES)
        self.given, self.quiet_until = values[:size], values[size : 2 * size]
        self.to_erase = values[2 * size :]
