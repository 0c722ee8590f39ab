"""The guardian's secrets and the tries against them (requirements C15, B15, D7).

Two secrets, neither derived from the other: a passphrase proved with SCRAM-SHA-256 (RFC 5802, RFC 7677; the watch keeps
only StoredKey and ServerKey) and a keypad PIN of at least six digits, stretched with PBKDF2. Tries are counted per
channel, so that a child at the keypad never locks out a paired host. Lock-outs count powered time and survive reboots.
"""

import json
from hashlib import sha256

from micropython import const

from firmware.policy.decision import BadRequest, allow, deny, event
from firmware.policy.rule import Rule, stopped
from firmware.storage import crypto
from firmware.storage.journal import encode

_KEYPAD = const("keypad")
_HOST = const("host")
CHANNELS = (_KEYPAD, "payment", _HOST, "unpaired")
_OWNER = const("owner")

_LOCKED = const("credentials.locked")
_WRONG = const("credentials.wrong")
WEAK_PIN = "credentials.weak_pin"
_PROOF_NEEDED = const("credentials.proof_needed")

_DELAYS = (60, 300, 900, 3600)  # seconds of powered time after the last allowed try and each further one (B15)
_PIN_ROUNDS = const(4096)
_MIN_SCRAM_ROUNDS = const(4096)  # RFC 7677 section 4
_SALT = const(16)
_KEY = const(32)

# What the host computed from the passphrase, and the PIN.
VERIFIER = "salt=h16 rounds=i1000000 stored_key=h32 server_key=h32 pin=s12"


def _is_weak(pin):
    """True unless the PIN has six to twelve digits that are neither all equal nor a plain run."""
    if len(pin) < 6 or not all("0" <= digit <= "9" for digit in pin):
        return True
    steps = [ord(pin[i + 1]) - ord(pin[i]) for i in range(len(pin) - 1)]
    return len(set(steps)) == 1 and steps[0] in (-1, 0, 1)


class Credentials(Rule):
    """The stored verifier: PIN salt, PIN hash, SCRAM salt, StoredKey, ServerKey, SCRAM rounds. It is no part of the
    snapshot: it lies with the keys, so that a guardian can still prove a secret when the journal was damaged."""

    name = "credentials"
    FORMS = """
pin pin=s12
scram channel=s8 auth=s700 proof=h32
logout channel=s8
renew channel=s8 """ + VERIFIER + "\n"

    def __init__(self, context):
        super().__init__(context)
        self._fails = [0] * len(CHANNELS)
        self._locked_until = [0] * len(CHANNELS)
        self._proofs = {}  # channel -> powered time until which it is good; in RAM only, gone after a reboot

    def decide(self, verb, request):
        if verb == "pin":
            return self._pin(request)
        if verb == "scram":
            return self._scram(request)
        if verb == "renew":
            return self._renew(request)
        return self._logout(request)

    # --- for the other rules

    def proved(self, request):
        """True if the request names a channel on which the owner has just proved a secret."""
        channel = request.get("channel")
        return self._proofs.get(channel, 0) > self.context.clock.powered

    def refusal(self, who=""):
        """The answer to a weakening request without a proof."""
        return stopped(_PROOF_NEEDED, who)

    def spend(self, channel):
        """A proof given on the watch's own keypad is good for one act: the child may be the next to hold the watch."""
        if channel == _KEYPAD:
            self._proofs.pop(channel, None)

    def verifier(self, request):
        """The blob to store for a set-up or renewal request; None if the PIN is too weak."""
        if request["rounds"] < _MIN_SCRAM_ROUNDS:
            raise BadRequest("rounds", "must be at least %d" % _MIN_SCRAM_ROUNDS)
        if _is_weak(request["pin"]):
            return None
        salt = self.context.random(_SALT)
        blob = salt + crypto.pbkdf2(request["pin"].encode(), salt, _PIN_ROUNDS)
        for name in ("salt", "stored_key", "server_key"):
            blob += bytes.fromhex(request[name])
        return blob + request["rounds"].to_bytes(4, "big")

    def lock(self, powered):
        """After tampering the counters may be lost: all channels but a paired host's wait for the longest delay."""
        for number in range(len(CHANNELS)):
            if CHANNELS[number] != _HOST:
                self._locked_until[number] = powered + _DELAYS[-1]

    # --- requests

    def _pin(self, request):
        secrets = self.context.secrets()
        salt, known = secrets[:_SALT], secrets[_SALT : _SALT + _KEY]
        return self._try(_KEYPAD, lambda: crypto.equal(crypto.pbkdf2(request["pin"].encode(), salt, _PIN_ROUNDS), known))

    def _scram(self, request):
        channel = request["channel"]
        if channel not in (_HOST, "unpaired"):
            raise BadRequest("channel", "must be host or unpaired")
        at = 2 * _SALT + _KEY
        stored = self.context.secrets()[at : at + _KEY]

        def proof_fits():
            # RFC 5802 section 3: ClientKey = ClientProof XOR HMAC(StoredKey, AuthMessage); H(ClientKey) must be StoredKey
            signature = crypto.hmac_sha256(stored, request["auth"].encode())
            proof = bytes.fromhex(request["proof"])
            client_key = bytes([proof[i] ^ signature[i] for i in range(_KEY)])
            return crypto.equal(sha256(client_key).digest(), stored)

        return self._try(channel, proof_fits)

    def _try(self, channel, check):
        number = CHANNELS.index(channel)
        now = self.context.clock.powered
        if self._locked_until[number] > now:
            return stopped(_LOCKED, wait=self._locked_until[number] - now)
        if check():
            until = now + self.context.settings["credentials.proof_seconds"]
            return allow([event("credentials.passed", channel, _OWNER)], then=lambda: self._proofs.update({channel: until}))
        fails = self._fails[number] + 1
        late = fails - self.context.settings["credentials.tries"]
        wait = _DELAYS[min(late, len(_DELAYS) - 1)] if late >= 0 else 0
        return deny(_WRONG, [event("credentials.failed", channel, fails, now + wait)], wait=wait)

    def _logout(self, request):
        return allow(then=lambda: self._proofs.pop(request["channel"], None))

    def _renew(self, request):
        if not self.proved(request):
            return self.refusal()
        blob = self.verifier(request)
        if blob is None:
            return stopped(WEAK_PIN)
        return allow([event("credentials.renewed", request["channel"])], then=lambda: self.context.keep_secrets(blob))

    # --- state

    def apply(self, verb, record):
        if verb == "passed":
            number = CHANNELS.index(record.fields[0])
            self._fails[number] = 0
            self._locked_until[number] = 0
        elif verb == "failed":
            channel, fails, until = record.fields
            number = CHANNELS.index(channel)
            self._fails[number] = fails
            self._locked_until[number] = until

    def due(self):
        """While a lock-out runs, powered time must be saved every minute: ask to be stepped."""
        now = self.context.clock.powered
        return now + 60 if any(until > now for until in self._locked_until) else None

    def snapshot(self):
        return encode(self._fails + self._locked_until)

    def restore(self, blob):
        values = json.loads(blob)
        self._fails = values[: len(CHANNELS)]
        self._locked_until = values[len(CHANNELS) :]
