"""A guardian's passphrase over the line: SCRAM-SHA-256 without channel binding (RFC 5802, RFC 7677), in two requests.

    login.first  user, nonce            -> nonce (both ends'), salt, rounds
    login.final  proof                  -> signature, by which the host knows that the watch knows the verifier too

The AuthMessage is made here, from the nonces of this session, so that no recorded proof is good a second time.
"""

from binascii import b2a_base64

from firmware.policy.decision import BadRequest


def first(engine, params, random):
    """(answer, AuthMessage) of login.first."""
    user, nonce = _word(params, "user", 32), _word(params, "nonce", 64)
    decision = engine.ask({"kind": "credentials.challenge", "user": user})
    if not decision.allowed:  # a new watch knows nobody
        raise BadRequest("user", "cannot log in: " + decision.reason)
    salt, rounds = decision.details
    both = nonce + random(16).hex()
    text = b2a_base64(bytes.fromhex(salt))[:-1].decode()
    auth = "n=%s,r=%s,r=%s,s=%s,i=%d,c=biws,r=%s" % (user, nonce, both, text, rounds, both)
    return {"nonce": both, "salt": salt, "rounds": rounds}, auth


def final(engine, params, auth):
    """The answer of login.final."""
    decision = engine.ask({"kind": "credentials.scram", "channel": "host", "auth": auth, "proof": params.get("proof")})
    answer = {"verdict": decision.verdict, "reason": decision.reason, "wait": decision.wait}
    if decision.allowed:
        answer["signature"] = decision.details
    return answer


def _word(params, name, most):
    """A text without the signs that part the fields of an AuthMessage."""
    value = params.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= most or value.find(",") >= 0 or value.find("=") >= 0:
        raise BadRequest(name, "must be a text of 1 to %d characters without comma and equals sign" % most)
    return value
