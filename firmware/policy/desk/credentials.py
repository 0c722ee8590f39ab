"""Trying and renewing the guardians' secrets, letting guardians in and out, recovery (C15, B15, D14, B6)."""

from hashlib import sha256

from micropython import const

from firmware.policy.decision import BadRequest, allow, deny, event
from firmware.policy.request import choice
from firmware.policy.rule import stopped
from firmware.policy.rules import alerts
from firmware.policy.rules.credentials import (
    CHANNELS,
    CODE,
    DELAYS,
    HASH,
    HOST,
    KEYPAD,
    MORE,
    OWNER,
    PENDING,
    RECOVERY,
    ROLES,
    mark_of,
)
from firmware.storage import crypto
from firmware.storage.stretch import pbkdf2

WEAK_PIN = "credentials.weak_pin"
_LOCKED = const("credentials.locked")
_WRONG = const("credentials.wrong")
_FULL = const("credentials.full")
_NOBODY = const("credentials.nobody")
_NO_CODE = const("credentials.no_code")
_RECOVERING = const("credentials.recovering")
_NOT_RECOVERING = const("credentials.not_recovering")

_PIN_ROUNDS = const(4096)
_MIN_SCRAM_ROUNDS = const(4096)  # RFC 7677 section 4
_SALT = const(16)
_KEY = const(32)
_RECOVERY_SECONDS = const(86400)  # of powered time, in which an owner can stop it


def decide(rule, verb, request):
    """pin and scram try a secret, challenge says how it was salted; renew replaces the owner's two; user and
    remove_user are for the other guardians; the recovery's three; logout ends a proof."""
    if verb == "pin":
        return _pin(rule, request)
    if verb == "scram":
        return _scram(rule, request)
    if verb == "challenge":
        return _challenge(rule, request)
    if verb == "renew":
        return _renew(rule, request)
    if verb == "user":
        return _user(rule, request)
    if verb == "remove_user":
        return _remove_user(rule, request)
    if verb == "recovery_code":
        return _recovery_code(rule, request)
    if verb == "recover":
        return _recover(rule, request)
    if verb == "recovery_cancel":
        return _recovery_cancel(rule, request)
    return allow(then=lambda: rule.proofs.pop(request["channel"], None))


def verifier(rule, request):
    """The blob to store for a set-up or a renewal: PIN salt, PIN hash, SCRAM salt, StoredKey, ServerKey, SCRAM rounds.

    None if the PIN is too weak."""
    scram = _scram_verifier(request)
    if is_weak(request["pin"]):
        return None
    salt = rule.context.random(_SALT)
    return salt + pbkdf2(request["pin"].encode(), salt, _PIN_ROUNDS) + scram


def _scram_verifier(request):
    """SCRAM salt, StoredKey, ServerKey, SCRAM rounds."""
    if request["rounds"] < _MIN_SCRAM_ROUNDS:
        raise BadRequest("rounds", "must be at least %d" % _MIN_SCRAM_ROUNDS)
    blob = b""
    for name in ("salt", "stored_key", "server_key"):
        blob += bytes.fromhex(request[name])
    return blob + request["rounds"].to_bytes(4, "big")


def is_weak(pin):
    """True unless the PIN has six to twelve digits that are neither all equal nor a plain run."""
    if len(pin) < 6 or not all("0" <= digit <= "9" for digit in pin):
        return True
    steps = [ord(pin[i + 1]) - ord(pin[i]) for i in range(len(pin) - 1)]
    return len(set(steps)) == 1 and steps[0] in (-1, 0, 1)


def is_pin(secrets, digits):
    """True if these digits are the PIN of an owner's verifier."""
    return crypto.equal(pbkdf2(digits.encode(), secrets[:_SALT], _PIN_ROUNDS), secrets[_SALT : _SALT + _KEY])


def _pin(rule, request):
    secrets = _owner(rule)
    return _try(rule, KEYPAD, lambda: is_pin(secrets, request["pin"]))


def _owner(rule):
    """The owner's verifier: the one of the last recovery, even if power failed before it was put in its place."""
    pending = rule.context.secrets(PENDING) if rule.recovered else b""
    return pending[:-HASH] if pending and mark_of(pending) == rule.recovered else rule.context.secrets()


def _verifier_of(rule, name):
    """(number, role, SCRAM salt | StoredKey | ServerKey | rounds) of a guardian; whoever is none of the others is tried
    as the owner."""
    number = _number_of(rule, name)
    blob = rule.context.secrets(number) if number else _owner(rule)
    if number:
        return number, ROLES[blob[0]], blob[2 + blob[1] :]
    return 0, OWNER, blob[_SALT + _KEY :]


def _challenge(rule, request):
    """Salt in hexadecimal and rounds, for the host that stretches the passphrase (RFC 5802 section 3)."""
    blob = _verifier_of(rule, request["user"])[2]
    decision = allow()
    decision.details = blob[:_SALT].hex(), int.from_bytes(blob[_SALT + 2 * _KEY : _SALT + 2 * _KEY + 4], "big")
    return decision


def _scram(rule, request):
    channel = request["channel"]
    if channel not in (HOST, "unpaired"):
        raise BadRequest("channel", "must be host or unpaired")
    # RFC 5802 section 3: AuthMessage begins with the client's first message, n=name,r=nonce.
    name = request["auth"][2:].split(",")[0] if request["auth"][:2] == "n=" else ""
    secret, role, blob = _verifier_of(rule, name)
    stored, server = blob[_SALT : _SALT + _KEY], blob[_SALT + _KEY : _SALT + 2 * _KEY]

    def proof_fits():
        # RFC 5802 section 3: ClientKey = ClientProof XOR HMAC(StoredKey, AuthMessage); its hash must be StoredKey
        signature = crypto.hmac_sha256(stored, request["auth"].encode())
        proof = bytes.fromhex(request["proof"])
        client_key = bytes([proof[i] ^ signature[i] for i in range(_KEY)])
        return crypto.equal(sha256(client_key).digest(), stored)

    decision = _try(rule, channel, proof_fits, secret, role)
    if decision.allowed:
        decision.details = crypto.hmac_sha256(server, request["auth"].encode()).hex()  # ServerSignature
    return decision


def _try(rule, channel, fits, secret=0, role=OWNER):
    """One counted try on a channel; while it is locked, nothing is even compared."""
    number = CHANNELS.index(channel)
    now, settings = rule.context.clock.powered, rule.context.settings
    if rule.locked_until[number] > now:
        return stopped(_LOCKED, wait=rule.locked_until[number] - now)
    if fits():
        mark = rule.users[secret - 1] if secret else ""
        proof = now + settings["credentials.proof_seconds"], role, now, secret, mark
        who = "%s %d" % (role, secret) if secret else role
        return allow([event("credentials.passed", channel, who)], then=lambda: rule.proofs.update({channel: proof}))
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

    def keep():
        rule.context.keep_secrets(blob, 0, ((PENDING, b""),))
        for channel in CHANNELS:  # whoever has seen the old secrets may have proved them elsewhere just now
            if channel != request["channel"]:
                rule.proofs.pop(channel, None)

    events = [event("credentials.renewed", request["channel"])]
    if rule.recovery[0]:
        events.append(event("credentials.recovery_ended"))  # whoever knows the secrets needs no recovery
    return allow(events, then=keep)


def _number_of(rule, name):
    """The number of another guardian's secret, 1 to 3, or 0 if nobody of that name is let in."""
    for number in range(1, MORE + 1):
        blob = _secret(rule, number)
        if blob and blob[2 : 2 + blob[1]] == name.encode():
            return number
    return 0


def _secret(rule, number):
    """Another guardian's secret, b"" if there is none or it is not the one that the journal has last."""
    blob = rule.context.secrets(number)
    return blob if blob and rule.users[number - 1] == mark_of(blob) else b""


def _user(rule, request):
    """Let a guardian in, or give one who is in another role or passphrase."""
    name, role = request["name"], choice(request, "role", ROLES)
    taken = (OWNER, rule.context.rules["administration"].owner)
    if not name or "," in name or "=" in name or name in taken:
        raise BadRequest("name", "must be free, not empty, and without comma or equals sign")
    blob = bytes((ROLES.index(role), len(name.encode()))) + name.encode() + _scram_verifier(request)
    if not rule.proved(request):
        return rule.refusal()
    number = _number_of(rule, name)
    if not number:
        free = [number for number in range(1, MORE + 1) if not _secret(rule, number)]
        if not free:
            return stopped(_FULL)
        number = free[0]
    return allow(
        [event("credentials.user", number, role, mark_of(blob))],
        then=lambda: rule.context.keep_secrets(blob, number),
    )


def _remove_user(rule, request):
    if not rule.proved(request):
        return rule.refusal()
    number = _number_of(rule, request["name"])
    if not number:
        return stopped(_NOBODY)
    return allow([event("credentials.user_gone", number)], then=lambda: rule.context.keep_secrets(b"", number))


# --- recovery


def recovery_hash(code):
    """What the watch keeps of a recovery code (15 bytes): with 120 bits of chance it needs no stretching."""
    return sha256(b"wardwatch recovery " + code).digest()


def _recovery_code(rule, request):
    """A new code in place of any other: it is a way in, so it takes an owner."""
    if not rule.proved(request):
        return rule.refusal()
    blob = bytes.fromhex(request["hash"])
    return allow(
        [event("credentials.recovery_code", mark_of(blob))],
        then=lambda: rule.context.keep_secrets(blob, CODE),
    )


def _recover(rule, request):
    """Begin a recovery with the code: new secrets, and the hash of the next code, hold after a day."""
    if rule.recovery[0]:
        return stopped(_RECOVERING, wait=rule.recovery_left())
    known = rule.context.secrets(CODE)
    if not rule.code or mark_of(known) != rule.code:
        return stopped(_NO_CODE)
    if is_weak(request["pin"]):
        return stopped(WEAK_PIN)
    decision = _try(rule, RECOVERY, lambda: crypto.equal(recovery_hash(bytes.fromhex(request["code"])), known))
    if not decision.allowed:
        return decision
    hash_ = bytes.fromhex(request["hash"])
    pending = verifier(rule, request) + hash_

    until = rule.context.clock.powered + _RECOVERY_SECONDS
    begun = event("credentials.recovery", until, mark_of(pending), mark_of(hash_))
    return allow(
        decision.events + [begun, alerts.raised(alerts.RECOVERY, b"")],
        ("show_recovery",),
        then=lambda: rule.context.keep_secrets(pending, PENDING, ((CODE, b""),)),
    )


def _recovery_cancel(rule, request):
    if not rule.proved(request):
        return rule.refusal()
    if not rule.recovery[0]:
        return stopped(_NOT_RECOVERING)
    return allow(
        [event("credentials.recovery_ended")],
        ("recovery_over",),
        then=lambda: rule.context.keep_secrets(b"", PENDING),
    )
