"""The guardian's secrets and the tries against them (requirements C15, B15, D7).

Two secrets, neither derived from the other: a passphrase proved with SCRAM-SHA-256 (RFC 5802, RFC 7677; the watch keeps
only StoredKey and ServerKey) and a keypad PIN of at least six digits, stretched with PBKDF2. Tries are counted per
channel, so that a child at the keypad never locks out a paired host. Lock-outs count powered time and survive reboots.
"""

import json

from micropython import const

from firmware.policy.rule import Rule, stopped
from firmware.storage.journal import encode

KEYPAD = "keypad"
HOST = "host"
CHANNELS = (KEYPAD, "payment", HOST, "unpaired")

_PROOF_NEEDED = const("credentials.proof_needed")

DELAYS = (60, 300, 900, 3600)  # seconds of powered time after the last allowed try and each further one (B15)

# What the host computed from the passphrase, and the PIN.
VERIFIER = "salt=h16 rounds=i1000000 stored_key=h32 server_key=h32 pin=s12"


class Credentials(Rule):
    """The stored verifier: PIN salt, PIN hash, SCRAM salt, StoredKey, ServerKey, SCRAM rounds. It is no part of the
    snapshot: it lies with the keys, so that a guardian can still prove a secret when the journal was damaged."""

    name = "credentials"
    FORMS = (
        """
pin pin=s12
scram channel=s8 auth=s700 proof=h32
logout channel=s8
renew channel=s8 """
        + VERIFIER
        + "\n"
    )

    def __init__(self, context):
        super().__init__(context)
        self.fails = [0] * len(CHANNELS)
        self.locked_until = [0] * len(CHANNELS)
        self.proofs = {}  # channel -> powered time until which it is good; in RAM only, gone after a reboot

    # --- for the other rules

    def proved(self, request):
        """True if the request names a channel on which the owner has just proved a secret."""
        channel = request.get("channel")
        return self.proofs.get(channel, 0) > self.context.clock.powered

    def refusal(self, who=""):
        """The answer to a weakening request without a proof."""
        return stopped(_PROOF_NEEDED, who)

    def spend(self, channel):
        """A proof given on the watch's own keypad is good for one act: the child may be the next to hold the watch."""
        if channel == KEYPAD:
            self.proofs.pop(channel, None)

    def lock(self, powered):
        """After tampering the counters may be lost: all channels but a paired host's wait for the longest delay."""
        for number in range(len(CHANNELS)):
            if CHANNELS[number] != HOST:
                self.locked_until[number] = powered + DELAYS[-1]

    # --- state

    def apply(self, verb, record):
        if verb == "passed":
            number = CHANNELS.index(record.fields[0])
            self.fails[number] = 0
            self.locked_until[number] = 0
        elif verb == "failed":
            channel, fails, until = record.fields
            number = CHANNELS.index(channel)
            self.fails[number] = fails
            self.locked_until[number] = until

    def due(self):
        """While a lock-out runs, powered time must be saved every minute: ask to be stepped."""
        now = self.context.clock.powered
        return now + 60 if any(until > now for until in self.locked_until) else None

    def snapshot(self):
        return encode(self.fails + self.locked_until)

    def restore(self, blob):
        values = json.loads(blob)
        self.fails = values[: len(CHANNELS)]
        self.locked_until = values[len(CHANNELS) :]
