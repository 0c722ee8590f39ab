"""A guardian's rules and contacts in a file that only the passphrase opens.

Never content, never a counter, never a key: the keys of contacts do not leave the watch, so a restored contact gets a
new one and an invitation for the other side. A restored policy is a new version, never an older one.
"""

import json
import os
import secrets
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from firmware.policy.rules.contacts import agreement_mac
from host_tools.console import WRONG, Failure, Result, write_private
from host_tools.guardian.contacts import invitation_text, people
from host_tools.link.talk import Talk

_MAGIC = b"WARDBACK1\n"
_SALT, _NONCE = 16, 12
_COST = 2**15  # of scrypt (RFC 7914) with r=8, p=1: 32 MB and about 0.1 s for each guess


def _key(passphrase: str, salt: bytes) -> bytes:
    return Scrypt(salt, 32, _COST, 8, 1).derive(passphrase.encode())


def sealed(content: dict[str, Any], passphrase: str) -> bytes:
    """The bytes of a backup file."""
    salt, nonce = os.urandom(_SALT), os.urandom(_NONCE)
    body = json.dumps(content, ensure_ascii=False).encode()
    head = _MAGIC + salt + nonce
    return head + ChaCha20Poly1305(_key(passphrase, salt)).encrypt(nonce, body, head)


def opened(data: bytes, passphrase: str) -> dict[str, Any]:
    """The content of a backup file. Failure if it is none, was changed, or the passphrase is another."""
    size = len(_MAGIC) + _SALT + _NONCE
    head, salt, nonce = data[:size], data[len(_MAGIC) : size - _NONCE], data[size - _NONCE : size]
    if not data.startswith(_MAGIC) or len(data) <= size:
        raise Failure("This is no backup of a watch.")
    try:
        plain = ChaCha20Poly1305(_key(passphrase, salt)).decrypt(nonce, data[size:], head)
    except InvalidTag:
        raise Failure("The passphrase does not open this backup, or the file was changed.", WRONG) from None
    found: dict[str, Any] = json.loads(plain)
    return found


def save(talk: Talk, file: Path) -> Result:
    """The backup itself, for other commands too."""
    talk.log_in()
    chosen = {key: value for key, value, mark in talk.read("settings.read") if mark}
    kept = [{name: one[name] for name in ("name", "address", "number", "guardian")} for one in people(talk)]
    write_private(file, sealed({"settings": chosen, "contacts": kept}, talk.passphrase("Passphrase")))
    return Result(
        {"settings": len(chosen), "contacts": len(kept)},
        "%d settings and %d contacts are in %s. The passphrase of today opens it." % (len(chosen), len(kept), file),
    )


def add_contact(talk: Talk, one: dict[str, Any], folder: Path) -> None:
    """A contact of the backup under a new key; its invitation goes to a new file in the folder."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Failure("%s cannot be made: %s." % (folder, error.strerror)) from error
    key, own = secrets.token_hex(32), talk.line.call("status.read")["address"]
    code = agreement_mac(bytes.fromhex(key), own).hex()
    name = "".join(sign if sign.isalnum() else "-" for sign in one["address"])
    write_private(folder / (name + ".invitation"), invitation_text(own, key, code))
    card = {field: one[field] for field in ("name", "address", "number") if one[field]}
    talk.act("contacts.add", **card, key=key, role="guardian" if one["guardian"] else "friend")
