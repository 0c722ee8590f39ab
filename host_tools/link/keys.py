"""What this computer keeps about watches: its own id, the broker that it used last, and for each watch a pairing key,
the keys for codes and positions, a receipt (receipts.py) and how it stretches passphrases.

One file, `hosts.json` in the user's data folder (platformdirs; WARD_HOME names another one), which only its owner can
read. Where the package `keyring` is installed and works, the keys lie there instead, and the file holds the rest.
"""

import contextlib
import json
import os
import secrets
from pathlib import Path
from typing import Any

import platformdirs

from host_tools.console import Failure

_SERVICE = "wardwatch"
PAIRING = "key"
APPROVAL = "approval"  # computes codes (approve.py)
POSITION = "position"  # opens positions (positions.py)


class Keys:
    """The file. Every change is written at once, wholly or not at all."""

    def __init__(self) -> None:
        self.folder = Path(os.environ.get("WARD_HOME") or platformdirs.user_data_dir("wardwatch", False))
        self._path = self.folder / "hosts.json"
        self._kept: dict[str, Any] = {"host": "", "watches": {}}
        try:
            if self._path.exists():
                self._check_mode()
                self._kept = json.loads(self._path.read_text(encoding="utf-8"))
            self.host = bytes.fromhex(self._kept["host"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise Failure("%s cannot be read (%s). Move it away and pair again." % (self._path, error)) from error
        if not self.host:
            self.host = secrets.token_bytes(8)
            self._kept["host"] = self.host.hex()
            self._save()

    def _check_mode(self) -> None:
        if os.name == "posix" and self._path.stat().st_mode & 0o077:
            raise Failure("Others can read %s; close it with: chmod 600 %s" % (self._path, self._path))

    def key(self, watch: bytes, name: str = PAIRING) -> bytes | None:
        """The pairing key of a watch, or another one of it, or None."""
        entry = self._kept["watches"].get(watch.hex())
        if entry is None or name not in entry:
            return None
        key = entry[name] or (_keyring().get_password(_SERVICE, _place(watch, name)) if _keyring() else None)
        return bytes.fromhex(key) if key else None

    def put(self, watch: bytes, key: bytes, name: str = PAIRING) -> None:
        """Keep a key."""
        ring = _keyring()
        text: str | None = key.hex()
        if ring:
            with contextlib.suppress(Exception):  # a locked or broken keyring: the file is there
                ring.set_password(_SERVICE, _place(watch, name), text)
                if ring.get_password(_SERVICE, _place(watch, name)) == text:
                    text = None
        self._kept["watches"].setdefault(watch.hex(), {})[name] = text
        self._save()

    @property
    def broker(self) -> list[Any]:
        """What host_tools/link/broker.py needs to know of the broker that was named last, or []."""
        return list(self._kept.get("broker", []))

    def keep_broker(self, place: list[Any]) -> None:
        """Remember a broker."""
        if place != self.broker:
            self._kept["broker"] = place
            self._save()

    def watches(self) -> list[bytes]:
        """The ids of all watches that this computer has a key for."""
        return [bytes.fromhex(name) for name in self._kept["watches"]]

    def receipt(self, watch: bytes) -> dict[str, Any] | None:
        """The receipt of the last contact, or None."""
        found: dict[str, Any] | None = self._kept["watches"].get(watch.hex(), {}).get("receipt")
        return found

    def begin(self, watch: bytes, act: str, seq: int, done: list[str]) -> None:
        """An act is asked for ("": none); until `finish` nobody knows whether the watch has it.

        seq: the journal's when the command began; done: the acts that it has carried out since."""
        self._change(watch, "begun", [act, seq, list(done)] if act or done else None)

    def finish(self, watch: bytes) -> None:
        """The command has come to its end."""
        self._change(watch, "begun", None)

    def begun(self, watch: bytes) -> list[Any] | None:
        """[act, sequence number, acts that were done before] of a command that was cut off, or None."""
        found: list[Any] | None = self._kept["watches"].get(watch.hex(), {}).get("begun")
        return found

    def note(self, watch: bytes, receipt: dict[str, Any]) -> None:
        """Keep a receipt of a watch that this computer is paired with."""
        self._change(watch, "receipt", receipt)

    def login(self, watch: bytes, user: str) -> list[Any] | None:
        """[salt in hexadecimal, rounds] with which the watch stretched a guardian's passphrase at the last login that
        went well, or None (RFC 5802 section 9: another salt or fewer rounds would make it cheap to guess)."""
        found: list[Any] | None = self._kept["watches"].get(watch.hex(), {}).get("logins", {}).get(user)
        return found

    def keep_login(self, watch: bytes, user: str, salt: bytes, rounds: int) -> None:
        """After a login that went well."""
        known = self._kept["watches"].get(watch.hex(), {}).get("logins", {})
        self._change(watch, "logins", {**known, user: [salt.hex(), rounds]})

    def forget_logins(self, watch: bytes) -> None:
        """A guardian has said that the secrets are new."""
        self._change(watch, "logins", {})

    def _change(self, watch: bytes, name: str, value: Any) -> None:
        entry = self._kept["watches"].get(watch.hex())
        if entry is not None and entry.get(name) != value:
            entry[name] = value
            self._save()

    def forget(self, watch: bytes) -> None:
        """Forget a watch."""
        if self._kept["watches"].pop(watch.hex(), None) and (ring := _keyring()):
            for name in (PAIRING, APPROVAL, POSITION):
                with contextlib.suppress(Exception):
                    ring.delete_password(_SERVICE, _place(watch, name))
        self._save()

    def _save(self) -> None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            new = self._path.with_suffix(".new")
            new.unlink(missing_ok=True)
            with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
                json.dump(self._kept, file, indent=1)
                file.flush()
                os.fsync(file.fileno())
            os.replace(new, self._path)
        except OSError as error:
            raise Failure("%s cannot be written: %s." % (self._path, error.strerror)) from error


def _place(watch: bytes, name: str) -> str:
    """Where a key lies in the keyring."""
    return watch.hex() + ("" if name == PAIRING else " " + name)


def _keyring() -> Any:
    """The system's keyring, or None if there is none that works."""
    try:
        import keyring
    except ImportError:
        return None
    return keyring if keyring.get_keyring().priority > 0 else None
