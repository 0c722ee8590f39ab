"""`make scan`: set up many watches and look at every secret of each (requirement B2).

All of them get the same passphrase and the same PIN, which is the worst case. Still no secret may come twice, and none
may be found anywhere that another person can look: in the flash and the key partition as a thief reads them, in the
journal's records, in what crossed the cable, or in what a host exports.
"""

import argparse
import base64
import json
import secrets
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from host_tools.link.line import Line
from host_tools.link.login import log_in, new_verifier
from host_tools.link.recovery_code import code_bytes, new_code
from simulator.watch import Person, Watch
from tests.link.test_whole_watch import START, WatchStream, code_of

PASSPHRASE = "three owls under the bridge"
PIN = "280519"

Secrets = dict[str, bytes]


class Unit:
    """One watch, set up by a host of its own. secrets: by what they are; places: what others may see, by where."""

    def __init__(self, folder: Path) -> None:
        with Watch(folder, START, seed=secrets.token_hex(16)) as watch:
            stream = WatchStream(watch)
            line = Line(stream, secrets.token_bytes(8))
            verifier = new_verifier(PASSPHRASE).fields()
            code, hash_ = new_code()
            _, key = line.pair(lambda: code_of(watch))
            exported = json.dumps(_use(watch, line, verifier, hash_), ensure_ascii=False).encode()
            self.secrets = self._secrets(watch, key, verifier, code, hash_)
            self.places = {
                "flash": b"".join(path.read_bytes() for path in sorted((folder / "flash").iterdir())),
                "key partition": Path(str(folder / "flash") + ".keys").read_bytes(),
                "journal": json.dumps(watch.journal(), ensure_ascii=False).encode(),
                "cable": stream.log,
                "exports": exported,
            }

    @staticmethod
    def _secrets(watch: Watch, key: bytes, verifier: dict[str, Any], code: str, hash_: str) -> Secrets:
        assert watch._rig is not None
        board, store = watch._rig.board, watch._rig.watch.store
        found = {
            "device secret": board.device_secret,
            "pairing key": key,
            "recovery code": code_bytes(code),
            "recovery hash": bytes.fromhex(hash_),
        }
        for name in ("salt", "stored_key", "server_key"):
            found["passphrase " + name] = bytes.fromhex(verifier[name])
        owner = store.credentials()
        found["PIN salt"], found["PIN hash"] = owner[:16], owner[16:48]
        for number, secret in store._keys._secrets.items():
            if chr(number >> 16) != "C":  # verifiers: each part of them is above
                found["key %s%d" % (chr(number >> 16), number & 0xFFFF)] = secret
        return found

    def found_in_the_clear(self) -> Iterator[str]:
        """Each secret that lies somewhere as it is, in hexadecimal, or in base64."""
        typed = {"passphrase": PASSPHRASE.encode(), "PIN": PIN.encode()}
        for name, secret in {**self.secrets, **typed}.items():
            forms = {secret, secret.hex().encode(), base64.b64encode(secret).rstrip(b"=")}
            for place, data in self.places.items():
                if any(form in data for form in forms):
                    yield "%s in %s" % (name, place)


def _use(watch: Watch, line: Line, verifier: dict[str, Any], hash_: str) -> list[Any]:
    """Set up and live through a little of everything that leaves something behind; what a host reads of it."""
    setup: dict[str, Any] = {"wall": START, "birth_year": 2017, "birth_month": 3, "profile": "cn-ccia", "pin": PIN}
    more: dict[str, Any] = {"language": "en", "owner": "mum", "region": "cn", "numbers": ["13900000001"], **verifier}
    lin = Person("Lin")
    card: dict[str, Any] = {"name": "Lin", "address": "lin", "key": lin.key.hex(), "role": "friend"}
    policy: dict[str, Any] = {"version": 1, "issuer": "ward", "expires": 0, "values": [["usage.daily_minutes", 30]]}
    acts: list[tuple[str, dict[str, Any]]] = [
        ("hosts.keep", {"name": "desk"}),
        ("credentials.recovery_code", {"hash": hash_}),
        ("contacts.add", card),
        ("administration.policy", policy),
    ]
    _allowed(line.call("administration.setup", **setup, **more))
    log_in(line, "owner", PASSPHRASE)
    for name, fields in acts:
        _allowed(line.call(name, **fields))
    watch.agree(lin)
    for words in ("hello", "you are stupid"):
        watch.message(lin, words)
    watch.press(lin)
    methods = ("status.read", "settings.read", "contacts.read", "alerts.read", "log.read", "data.copy", "evidence.list")
    return [line.call(method) for method in methods]


def _allowed(answer: dict[str, Any]) -> None:
    if answer["verdict"] != "allow":
        raise RuntimeError(answer["reason"])


def scan(setups: int) -> tuple[list[str], int]:
    """(what is wrong, number of secrets that were compared)."""
    wrong: list[str] = []
    seen: dict[bytes, str] = {}
    for number in range(setups):
        with tempfile.TemporaryDirectory(prefix="scan-") as folder:
            unit = Unit(Path(folder))
        wrong += ["set-up %d: %s" % (number, found) for found in unit.found_in_the_clear()]
        for name, secret in unit.secrets.items():
            if secret in seen:
                wrong.append("set-up %d: %s is also %s" % (number, name, seen[secret]))
            seen[secret] = "%s of set-up %d" % (name, number)
    return wrong, len(seen)


def main() -> int:
    options = argparse.ArgumentParser(description="Look for secrets that are equal or lie in the clear.")
    options.add_argument("--setups", type=int, default=1000)
    chosen = options.parse_args()
    began = time.monotonic()
    wrong, count = scan(chosen.setups)
    print("\n".join(wrong), end="\n" if wrong else "")
    seconds = time.monotonic() - began
    print("%d set-ups, %d different secrets, %d findings, %.0f s" % (chosen.setups, count, len(wrong), seconds))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
