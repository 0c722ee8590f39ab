"""A guardian's passphrase: SCRAM-SHA-256 (RFC 5802, RFC 7677) from the host's side."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass

from host_tools.link.keys import Keys
from host_tools.link.line import Line, LineError, Refused

ROUNDS = 15000  # of PBKDF2 for a new passphrase, on this host
_CHANGED = (
    "The watch wants the passphrase stretched in another way than before. If a guardian gave it new secrets since, "
    "run: ward setup. If nobody did, it may not be your watch: do not type the passphrase again."
)
_LEAST_ROUNDS = 4096  # RFC 7677 section 4


@dataclass(frozen=True)
class Verifier:
    """What a watch is given of a passphrase; none of it is the passphrase."""

    salt: bytes
    rounds: int
    stored_key: bytes
    server_key: bytes

    def fields(self) -> dict[str, object]:
        """As the fields of a set-up or a renewal."""
        return {
            "salt": self.salt.hex(),
            "rounds": self.rounds,
            "stored_key": self.stored_key.hex(),
            "server_key": self.server_key.hex(),
        }


def _salted(passphrase: str, salt: bytes, rounds: int) -> bytes:
    return hashlib.pbkdf2_hmac("sha256", passphrase.encode(), salt, rounds)


def new_verifier(passphrase: str) -> Verifier:
    """A verifier with a fresh salt."""
    salt = secrets.token_bytes(16)
    salted = _salted(passphrase, salt, ROUNDS)
    client_key = hmac.digest(salted, b"Client Key", "sha256")
    server_key = hmac.digest(salted, b"Server Key", "sha256")
    return Verifier(salt, ROUNDS, hashlib.sha256(client_key).digest(), server_key)


def log_in(line: Line, user: str, passphrase: str, keys: Keys | None = None, watch: bytes = b"") -> None:
    """Prove the passphrase in an open session; good for five minutes. Refused, with the reason, if it is wrong.

    keys: know how this watch stretched it before; LineError if it wants that changed, and nothing is sent then."""
    nonce = secrets.token_hex(16)
    begun = line.call("login.first", user=user, nonce=nonce)
    both, salt, rounds = begun["nonce"], bytes.fromhex(begun["salt"]), begun["rounds"]
    if not both.startswith(nonce) or rounds < _LEAST_ROUNDS:
        raise LineError("The watch asked for a weaker login than it may. Do not type the passphrase again; pair anew.")
    known = keys.login(watch, user) if keys else None
    if known and known != [salt.hex(), rounds]:
        raise LineError(_CHANGED)
    text = _base64(salt)
    auth = "n=%s,r=%s,r=%s,s=%s,i=%d,c=biws,r=%s" % (user, nonce, both, text, rounds, both)
    salted = _salted(passphrase, salt, rounds)
    client_key = hmac.digest(salted, b"Client Key", "sha256")
    signature = hmac.digest(hashlib.sha256(client_key).digest(), auth.encode(), "sha256")
    proof = bytes(one ^ other for one, other in zip(client_key, signature, strict=True))
    answer = line.call("login.final", proof=proof.hex(), timeout=60.0)
    if answer["verdict"] != "allow":
        raise Refused({"code": -32001, "message": answer["reason"], "data": answer})
    server_key = hmac.digest(salted, b"Server Key", "sha256")
    if not hmac.compare_digest(hmac.digest(server_key, auth.encode(), "sha256").hex(), answer["signature"]):
        raise LineError("This watch does not know your passphrase, and yet it says so: it is not your watch.")
    if keys:
        keys.keep_login(watch, user, salt, rounds)


def _base64(data: bytes) -> str:
    import base64

    return base64.b64encode(data).decode()
