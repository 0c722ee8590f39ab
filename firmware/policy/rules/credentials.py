"""The guardians' secrets, the tries against them and what each role may do (requirements C15, B15, D7, D14, B6).

Two secrets, neither derived from the other: a passphrase proved with SCRAM-SHA-256 (RFC 5802, RFC 7677; the watch keeps
only StoredKey and ServerKey) and a keypad PIN of at least six digits, stretched with PBKDF2. Tries are counted per
channel, so that a child at the keypad never locks out a paired host. Lock-outs count powered time and survive reboots.

The owner of the set-up may let three more guardians in, each with a passphrase and a role: another owner, a carer, a
viewer. Nobody else can (B6). The PIN is the owners'. Looking at lists and counts needs any role; whatever weakens needs
an owner.

Who has forgotten both secrets needs the recovery code, of which the watch keeps a hash, and patience: new secrets count
after a day of powered time in which the watch shows what goes on and an owner can stop it. There is no other code.
"""

import json
from hashlib import sha256

from micropython import const

from firmware.policy.decision import allow, event
from firmware.policy.rule import Rule, stopped
from firmware.policy.rules import alerts
from firmware.storage.journal import encode

KEYPAD = "keypad"
HOST = "host"
RECOVERY = "recovery"
CHANNELS = (KEYPAD, "payment", HOST, "unpaired", RECOVERY)

_PROOF_NEEDED = const("credentials.proof_needed")

OWNER = "owner"
CARER = "carer"
VIEWER = "viewer"
ROLES = (OWNER, CARER, VIEWER)
# The whole of what a role may do that a request without any proof may not; an owner may do all.
MAY = {CARER: ("administration.lost", "administration.end_grant", "location.look"), VIEWER: ()}

_FRESH = const(60)  # seconds: what I10 asks for is a secret given for this act, not for one some minutes ago
MORE = 3  # guardians beside the owner of the set-up
CODE = 4  # number of the secret that is the recovery code's hash
PENDING = 5  # of the secrets that a running recovery will bring: the owner's two, then the next code's hash
HASH = 32

DELAYS = (60, 300, 900, 3600)  # seconds of powered time after the last allowed try and each further one (B15)

# What a host computes from a passphrase; and the PIN.
_SCRAM = "salt=h16 rounds=i1000000 stored_key=h32 server_key=h32 "
VERIFIER = _SCRAM + "pin=s12"


def mark_of(secret):
    """Four bytes in hexadecimal by which the journal knows a secret that lies with the keys.

    A secret is in force only if it bears the mark that the journal has last: so giving and taking it are one append,
    whatever a power cut leaves among the keys."""
    return sha256(secret).digest()[:4].hex()


class Credentials(Rule):
    """The owner's verifier: PIN salt 16, PIN hash 32, SCRAM salt 16, StoredKey 32, ServerKey 32, SCRAM rounds 4 bytes.
    It is no part of the snapshot: it lies with the keys (secret 0), so that a guardian can still prove a secret when
    the journal was damaged. Secrets 1 to 3 are the other guardians': role 1, length of the name 1, name, then salt,
    StoredKey, ServerKey and rounds as above. They count only with their mark in the state."""

    name = "credentials"
    FORMS = (
        """
pin pin=s12
scram channel=s8 auth=s700 proof=h32
challenge user=s32
logout channel=s8
renew channel=s8 """
        + VERIFIER
        + """
user name=s16 role=s8 """
        + _SCRAM
        + """channel?=s8
remove_user name=s16 channel?=s8
recovery_code hash=h32 channel?=s8
recover code=h15 hash=h32 """
        + VERIFIER
        + """
recovery_cancel channel?=s8
"""
    )

    def __init__(self, context):
        super().__init__(context)
        self.fails = [0] * len(CHANNELS)
        self.locked_until = [0] * len(CHANNELS)
        self.users = [""] * MORE  # marks of the other guardians' secrets
        self.code = ""  # mark of the recovery code's hash, "" if there is none
        self.recovery = [0, "", ""]  # powered time of its end, mark of what will hold then, mark of the next code
        self.recovered = ""  # mark of the secrets that the last recovery brought
        # channel -> (powered time until which it is good, role, since when, secret, its mark); gone after a reboot
        self.proofs = {}

    # --- for the other rules

    def role(self, request):
        """The role of the guardian who has just proved a secret on the channel that the request names, or ""."""
        proof = self.proofs.get(request.get("channel"))
        if not proof or proof[0] <= self.context.clock.powered:
            return ""
        if proof[3] and self.users[proof[3] - 1] != proof[4]:
            return ""  # removed, or given another role, since
        return proof[1]

    def proved(self, request):
        """True if the request names a channel on which an owner has just proved a secret."""
        return self.role(request) == OWNER

    def fresh(self, request):
        """True if an owner has proved a secret within the last minute."""
        return self.proved(request) and self.context.clock.powered - self.proofs[request["channel"]][2] < _FRESH

    def may(self, request):
        """True if the guardian who has just proved a secret may do this: an owner anything, the others by MAY."""
        role = self.role(request)
        return role == OWNER or request["kind"] in MAY.get(role, ())

    def refusal(self, who=""):
        """The answer to a weakening request without a proof."""
        return stopped(_PROOF_NEEDED, who)

    def spend(self, channel):
        """A proof on the watch's own keypad is good for one act, refused or not: the child may be next to hold it."""
        if channel == KEYPAD:
            self.proofs.pop(channel, None)

    def lock(self, powered):
        """After tampering the counters may be lost: all channels but a paired host's wait for the longest delay."""
        for number in range(len(CHANNELS)):
            if CHANNELS[number] != HOST:
                self.locked_until[number] = powered + DELAYS[-1]

    def recovery_left(self):
        """Seconds of powered time until a running recovery's new secrets hold; 0 if none runs."""
        return max(self.recovery[0] - self.context.clock.powered, 1) if self.recovery[0] else 0

    def step(self):
        """Let the new secrets of a recovery take the old ones' place, in one append; the keys follow."""
        until, mark, code = self.recovery
        pending = self.context.secrets(PENDING) if until or self.recovered else b""
        if until and not pending:
            return allow([event("credentials.recovery_ended")])  # the power failed before they were kept
        if until and until <= self.context.clock.powered:
            done = [event("credentials.recovered", mark, code), alerts.raised(alerts.RECOVERED, b"")]
            return allow(done, then=self._settle)
        if not until and pending and mark_of(pending) == self.recovered:
            return allow(then=self._settle)  # a power cut came in between
        return None

    def _settle(self):
        pending = self.context.secrets(PENDING)
        self.context.keep_secrets(pending[:-HASH], 0, ((CODE, pending[-HASH:]), (PENDING, b"")))
        self.proofs = {}  # whoever has proved the old ones

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
        elif verb == "user":
            self.users[record.fields[0] - 1] = record.fields[2]
        elif verb == "user_gone":
            self.users[record.fields[0] - 1] = ""
        elif verb == "recovery_code":
            self.code = record.fields[0]
        elif verb == "recovery":
            self.recovery = list(record.fields)
            self.code = self.recovered = ""  # the code is good for once
        elif verb == "recovered":
            self.recovered, self.code = record.fields
            self.recovery = [0, "", ""]
            self.fails = [0] * len(CHANNELS)
            self.locked_until = [0] * len(CHANNELS)
        elif verb == "recovery_ended":
            self.recovery = [0, "", ""]

    def due(self):
        """While a lock-out or a recovery runs, powered time must be saved every minute: ask to be stepped."""
        now = self.context.clock.powered
        if self.recovery[0]:
            return min(self.recovery[0], now + 60)
        return now + 60 if any(until > now for until in self.locked_until) else None

    def snapshot(self):
        return encode(self.fails + self.locked_until + self.users + [self.code, self.recovered] + self.recovery)

    def restore(self, blob):
        values = json.loads(blob)
        self.fails = values[: len(CHANNELS)]
        self.locked_until = values[len(CHANNELS) : 2 * len(CHANNELS)]
        at = 2 * len(CHANNELS) + MORE
        self.users = values[2 * len(CHANNELS) : at]
        self.code, self.recovered = values[at : at + 2]
        self.recovery = values[at + 2 :]
