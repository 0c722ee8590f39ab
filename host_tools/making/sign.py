"""The maker's keys: RSA with 3,072 bits, by the `cryptography` package; and what they sign (docs/maker.md).

`maker.pem` signs. `maker-next.pem`, if it is there, signs after the next change: every release names it, so that
watches know it before it is needed. Both lie in the user's data folder (WARD_HOME names another), readable by their
owner alone, encrypted under a passphrase if one is given.
"""

import hashlib
import os
from pathlib import Path

import platformdirs
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from host_tools.console import Failure, secret

_BITS, _EXPONENT = 3072, 65537
CURRENT, NEXT = "maker.pem", "maker-next.pem"


def home() -> Path:
    """Where keys lie."""
    return Path(os.environ.get("WARD_HOME") or platformdirs.user_data_dir("wardwatch", False))


def modulus(key: rsa.RSAPrivateKey) -> bytes:
    """The public key as watches take it: 384 bytes, big-endian."""
    return key.public_key().public_numbers().n.to_bytes(_BITS // 8, "big")


def pin(key: rsa.RSAPrivateKey) -> str:
    """The SHA-256 by which a watch knows the key, in hexadecimal."""
    return hashlib.sha256(modulus(key)).hexdigest()


def sign(key: rsa.RSAPrivateKey, text: bytes) -> bytes:
    """RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017, 8.2), which is the same for the same text each time."""
    return key.sign(text, padding.PKCS1v15(), hashes.SHA256())


def load(path: Path, descriptor: int | None = None) -> rsa.RSAPrivateKey:
    """The private key of a file; Failure says what is wrong with it. Its passphrase, if it has one, comes from the file
    descriptor or is asked for."""
    try:
        data = path.read_bytes()
        if os.name == "posix" and path.stat().st_mode & 0o077:
            raise Failure("Others can read %s; close it with: chmod 600 %s" % (path, path))
    except FileNotFoundError as error:
        raise Failure("There is no key to sign with (%s). Make one with: ward keygen" % path) from error
    except OSError as error:
        raise Failure("%s cannot be read: %s." % (path, error.strerror)) from error
    try:
        try:
            key = serialization.load_pem_private_key(data, None)
        except TypeError:  # it is encrypted
            key = serialization.load_pem_private_key(data, _passphrase(path, descriptor).encode())
    except ValueError as error:
        raise Failure("%s is no key, or the passphrase was not right." % path) from error
    if not isinstance(key, rsa.RSAPrivateKey) or key.key_size != _BITS:
        raise Failure("%s is no RSA key of %d bits." % (path, _BITS))
    return key


def _passphrase(path: Path, descriptor: int | None) -> str:
    if descriptor is None:
        return secret("Passphrase of %s" % path.name)
    try:
        with os.fdopen(descriptor, encoding="utf-8", closefd=False) as file:
            return file.readline().rstrip("\r\n")
    except (OSError, ValueError) as error:
        raise Failure("No passphrase can be read from file descriptor %d." % descriptor) from error


def create(path: Path, passphrase: str = "") -> rsa.RSAPrivateKey:
    """A new key in a new file, mode 0600."""
    key = rsa.generate_private_key(_EXPONENT, _BITS)
    protection = (
        serialization.BestAvailableEncryption(passphrase.encode()) if passphrase else serialization.NoEncryption()
    )
    data = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, protection)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError as error:
        raise Failure("%s is there already. A key is never overwritten." % path) from error
    except OSError as error:
        raise Failure("%s cannot be written: %s." % (path, error.strerror)) from error
    return key
