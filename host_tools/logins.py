"""How each watch stretches a passphrase, as this computer saw it first (RFC 5802 section 9: fewer rounds or a salt of
somebody's own would make a passphrase cheap to guess). One file beside hosts.json; nothing in it is secret."""

import json
import os
from pathlib import Path

import platformdirs

from host_tools.console import Failure
from host_tools.line import LineError

_CHANGED = (
    "The watch wants the passphrase stretched in another way than before. If a guardian gave it new secrets since, "
    "run: ward setup. If nobody did, it may not be your watch: do not type the passphrase again."
)


class Logins:
    """Salt and rounds by watch and guardian."""

    def __init__(self, watch: bytes) -> None:
        self._path = Path(os.environ.get("WARD_HOME") or platformdirs.user_data_dir("wardwatch", False)) / "logins.json"
        self._watch = watch.hex()

    def check(self, user: str, salt: bytes, rounds: int) -> None:
        """LineError if they are others than at the last login that went well."""
        known = self._read().get(self._watch, {}).get(user)
        if known and known != [salt.hex(), rounds]:
            raise LineError(_CHANGED)

    def keep(self, user: str, salt: bytes, rounds: int) -> None:
        """After a login that went well."""
        kept = self._read()
        kept.setdefault(self._watch, {})[user] = [salt.hex(), rounds]
        self._write(kept)

    def forget(self) -> None:
        """A guardian has said that the secrets are new."""
        kept = self._read()
        if kept.pop(self._watch, None):
            self._write(kept)

    def _read(self) -> dict[str, dict[str, list[str | int]]]:
        try:
            found = json.loads(self._path.read_text(encoding="utf-8")) if self._path.exists() else {}
        except (OSError, ValueError) as error:
            raise Failure("%s cannot be read (%s). Move it away." % (self._path, error)) from error
        return found if isinstance(found, dict) else {}

    def _write(self, kept: dict[str, dict[str, list[str | int]]]) -> None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            new = self._path.with_suffix(".new")
            new.write_text(json.dumps(kept, indent=1), encoding="utf-8")
            os.replace(new, self._path)
        except OSError as error:
            raise Failure("%s cannot be written: %s." % (self._path, error.strerror)) from error
