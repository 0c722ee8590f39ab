"""Trying and renewing the guardian's secrets (requirements C15, B15)."""

from hashlib import sha256

from micropython import const

from firmware.policy.decision import BadRequest, allow, deny, event
from firmware.policy.rule import stopped
from firmware.policy.rules.credentials import CHANNELS, DELAYS, HOST, KEYPAD
from firmware.storage import crypto
from firmware.storage.stretch import pbkdf2

WEAK_PIN = "credentials.weak_pin"
_LOCKED = const("credentials.locked")
_WRONG = const("credentials.wrong")

_OWNER = const("owner")
_PIN_ROUNDS = const(4096)
_MIN_SCRAM_ROUNDS = const(4096)  # RFC 7677 section 4
_SALT = const(16)
_KEY = const(32)


def decide(rule, verb, request):
    """pin and scram try a secret; renew replaces both; logout ends a proof."""
    if verb == "pin":
        return _pin(rule, request)
    if verb == "scram":
        return _scram(rule, request)
    if verb == "renew":
        return _renew(rule, request)
    return allow(then=lambda: rule.proofs.pop(request["channel"], None))


def verifier(rule, request):
    """The blob to store for a set-up or a renewal: PIN salt, PIN hash, SCRAM salt, StoredKey, ServerKey, SCRAM rounds.

    None if the PIN is too weak."""
    if request["rounds"] < _MIN_SCRAM_ROUNDS:
        raise BadRequest("rounds", "must be at least %d" % _MIN_SCRAM_ROUNDS)
    if _is_weak(request["pin"]):
        return None
    salt = rule.context.random(_SALT)
    blob = salt + pbkdf2(request["pin"].encode(), salt, _PIN_ROUNDS)
    for name in ("salt", "stored_key", "server_key"):
        blob += bytes.fromhex(request[name])
    return blob + request["rounds"].to_bytes(4, "big")


def _is_weak(pin):
    """True unless the PIN has six to twelve digits that are neither all equal nor a plain run."""
    if len(pin) < 6 or not all("0" <= digit <= "9" for digit in pin):
        return True
    steps = [ord(pin[i + 1]) - ord(pin[i]) for i in range(len(pin) - 1)]
    return len(set(steps)) == 1 and steps[0] in (-1, 0, 1)


def _pin(rule, request):
    secrets = rule.context.secrets()
    salt, known = secrets[:_SALT], secrets[_SALT : _SALT + _KEY]
    return _try(rule, KEYPAD, lambda: crypto.equal(pbkdf2(request["pin"].encode(), salt, _PIN_ROUNDS), known))


def _scram(rule, request):
    channel = request["channel"]
    if channel not in (HOST, "unpaired"):
        raise BadRequest("channel", "must be host or unpaired")
    at = 2 * _SALT + _KEY
    stored = rule.context.secrets()[at : at + _KEY]

    def proof_fits():
        # RFC 5802 section 3: ClientKey = ClientProof XOR HMAC(StoredKey, AuthMessage); its hash must be StoredKey
        signature = crypto.hmac_sha256(stored, request["auth"].encode())
        proof = bytes.fromhex(request["proof"])
        client_key = bytes([proof[i] ^ signature[i] for i in range(_KEY)])
        return crypto.equal(sha256(client_key).digest(), stored)

    return _try(rule, channel, proof_fits)


def _try(rule, channel, fits):
    """One counted try on a channel; while it is locked, nothing is even compared."""
    number = CHANNELS.index(channel)
    now, settings = rule.context.clock.powered, rule.context.settings
    if rule.locked_until[number] > now:
        return stopped(_LOCKED, wait=rule.locked_until[number] - now)
    if fits():
        until = now + settings["credentials.proof_seconds"]
        return allow([event("credentials.passed", channel, _OWNER)], then=lambda: rule.proofs.update({channel: until}))
    fails = rule.fails[number] + 1
    late = fails - settings["credentials.tries"]
    wait = DELAYS[min(late, len(DELAYS) - 1)] if late >= 0 else 0
    return deny(_WRONG, [event("credentials.failed", channel, fails, now + wait)], wait=wait)


def _renew(rule, request):
    if not rule.proved(request):
        return rule.refusal()
    blob = verifier(rule, request)
    if blob is None:
        return stopped(WEAK_PIN)
    return allow([event("credentials.renewed", request["channel"])], then=lambda: rule.context.keep_secrets(blob))
