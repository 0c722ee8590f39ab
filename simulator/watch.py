"""A simulated watch and the people around it, under virtual time.

The watch runs in this process on CPython, or in a process of the real MicroPython unix port; both are moved by the same
commands (simulator/portable/rig.py) and must give the same answers. Everything here stands outside the watch: what a
guardian's host computes from a passphrase, how a friend's watch signs a message, how much time passes.
"""

import contextlib
import csv
import hashlib
import hmac
import shutil
from pathlib import Path
from typing import Any

import simulator
from firmware.policy.rules.contacts import agreement_mac, envelope_mac
from simulator import micropython
from simulator.portable.rig import Rig

RUNTIMES = ("cpython", "micropython")
ROOT = Path(simulator.__file__).resolve().parent.parent
DAY = 86400

_TEXTS = ROOT / "firmware" / "texts" / "texts.tsv"
PASSPHRASE = "seven grey herons wade"  # of the guardian in simulations
_ROUNDS = 4096  # of PBKDF2 for the passphrase: the least that RFC 7677 allows
_SALT = bytes(range(16))

Answer = dict[str, Any]


def requirement_rows(code: str) -> list[str]:
    """The requirement rows of a reason, alert or notice, from the text table; empty for a plain "ok"."""
    with _TEXTS.open(encoding="utf-8", newline="") as lines:
        for line in csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
            if line[0] == code:
                return line[2].split(",")
    return []


class Person:
    """Somebody with a watch or phone of their own: an address, the key of the contact, a counter of messages."""

    def __init__(self, name: str, number: str = "") -> None:
        self.name = name
        self.address = name.lower().replace(" ", "-")
        self.number = number
        self.key = hashlib.sha256(b"simulated contact " + self.address.encode()).digest()
        self._counter = 0

    def envelope(self, text: str, group: int | None = None) -> Answer:
        """A signed message, with the next counter."""
        self._counter += 1
        mac = envelope_mac(self.key, self.address, self._counter, text, group)
        envelope = {"sender": self.address, "counter": self._counter, "mac": mac.hex(), "text": text}
        return envelope if group is None else {**envelope, "group": group}

    def agreement(self) -> str:
        """What this person's guardian sends to agree to the contact, in hexadecimal."""
        return agreement_mac(self.key, self.address).hex()


class Guardian:
    """What a guardian's host knows: the passphrase, the PIN, and how to prove the passphrase (RFC 5802, RFC 7677)."""

    def __init__(self, passphrase: str = PASSPHRASE, pin: str = "260719") -> None:
        self.pin = pin
        salted = hashlib.pbkdf2_hmac("sha256", passphrase.encode(), _SALT, _ROUNDS)
        self._client_key = _hmac(salted, b"Client Key")
        self._server_key = _hmac(salted, b"Server Key")
        self._logins = 0

    def verifier(self) -> Answer:
        """The fields of a set-up that hold what the watch may know of the secrets."""
        return {
            "salt": _SALT.hex(),
            "rounds": _ROUNDS,
            "stored_key": hashlib.sha256(self._client_key).hexdigest(),
            "server_key": self._server_key.hex(),
            "pin": self.pin,
        }

    def proof(self) -> Answer:
        """The fields of a login over a paired host."""
        self._logins += 1
        auth = "n=owner,r=simulated%d,r=simulated%d,s=,i=%d,c=biws" % (self._logins, self._logins, _ROUNDS)
        signature = _hmac(hashlib.sha256(self._client_key).digest(), auth.encode())
        proof = bytes(a ^ b for a, b in zip(self._client_key, signature, strict=True))
        return {"channel": "host", "auth": auth, "proof": proof.hex()}


class Watch:
    """One watch in `folder`. `now` is the true time, seconds since 2020-01-01T00:00Z, whatever the watch believes.

    Answers are dicts as in rig.py: {"verdict", "reason", "obligations", "wait", "records"} for a decision,
    {"bad", "problem"} for a malformed request. FileNotFoundError if there is no MicroPython for that runtime.
    """

    def __init__(self, folder: Path, now: int, runtime: str = "cpython", seed: str = "day", **options: Any) -> None:
        """options: more fields of the rig's `new`, such as display=[240, 240, False]."""
        folder.mkdir(parents=True, exist_ok=True)
        self.root = folder / "flash"
        self.seed = seed
        self.now = now
        self._rig: Rig | None = None
        self._process: micropython.Process | None = None
        if runtime == "micropython":
            script = ROOT / "simulator" / "portable" / "process.py"
            self._process = micropython.Process(script, path=ROOT)
        else:
            self._rig = Rig()
        self.boot_report = self.do("new", root=str(self.root), seed=seed, wall=now, **options)

    def do(self, op: str, **fields: Any) -> Answer:
        """One command of the rig."""
        command = {"op": op, **fields}
        if self._process:
            return self._process.ask(command)
        assert self._rig is not None
        return self._rig.do(command)

    def ask(self, kind: str, **fields: Any) -> Answer:
        """One request straight to the policy engine."""
        return self.do("ask", request={"kind": kind, **fields})

    def _service(self, call: str, **arguments: Any) -> Answer:
        return self.do("service", call=call, **{"with": arguments})

    # People

    def set_up(
        self,
        guardian: Guardian,
        birth: tuple[int, int],
        numbers: list[str],
        language: str = "en",
        profile: str = "cn-ccia",
        region: str = "cn",
    ) -> Answer:
        """The first set-up. birth: (year, month); numbers: the guardians' phone numbers for the safety floor."""
        return self.ask(
            "administration.setup",
            **guardian.verifier(),
            wall=self.now,
            birth_year=birth[0],
            birth_month=birth[1],
            profile=profile,
            language=language,
            owner="owner",
            region=region,
            numbers=numbers,
        )

    def guardian_login(self, guardian: Guardian) -> Answer:
        """Prove the passphrase over the paired host; good for some minutes."""
        return self.ask("credentials.scram", **guardian.proof())

    def add_contact(self, person: Person, role: str = "friend") -> Answer:
        """The logged-in guardian adds a contact; a friend's side must agree too (`agree`)."""
        return self.ask("contacts.add", **_card(person), role=role, channel="host")

    def ask_for_contact(self, person: Person) -> Answer:
        """The child asks to add somebody."""
        return self.ask("contacts.ask", **_card(person))

    def agree(self, person: Person) -> Answer:
        """The other side's guardian agrees."""
        return self.ask("contacts.agreed", address=person.address, mac=person.agreement())

    # Messages and calls

    def message(self, sender: Person, text: str, group: int | None = None) -> Answer:
        """A message arrives and is decided at once."""
        return self._service("receive", envelope=sender.envelope(text, group))

    def queue(self, sender: Person, text: str) -> None:
        """A message arrives and waits for the next step, as it does while the child presses a button."""
        self.do("queue", envelope=sender.envelope(text))

    def write(self, to: Person, text: str, confirmed: bool = False) -> Answer:
        """The child writes."""
        return self._service("send", to=to.address, text=text, confirmed=confirmed)

    def press(self, party: Person, place: str = "conversation") -> Answer:
        """The one button, while the screen shows something of this person."""
        return self._service("press", place=place, party=party.address)

    def open(self, message: int, confirmed: bool = False) -> Answer:
        """The child opens a message by its number."""
        return self._service("open", message=message, confirmed=confirmed)

    def call(self, number: str) -> Answer:
        """The child dials."""
        return self._service("call_out", number=number)

    def incoming_call(self, number: str) -> Answer:
        """Somebody calls the watch."""
        return self._service("call_in", number=number)

    def sos(self, cancel: bool = False) -> Answer:
        """The SOS gesture, or the other gesture that stops it."""
        return self.do("sos", cancel=cancel)

    # Apps

    def use(self, cls: str, item: str) -> Answer:
        """The child opens an app or a function of a class."""
        return self._service("use", cls=cls, item=item)

    def leave(self) -> Answer:
        """The child closes what is in the foreground."""
        return self._service("leave")

    def on_call(self, on: bool) -> Answer:
        """The line of a call opens, or closes."""
        return self._service("on_call", on=on)

    def charge(self, on: bool) -> None:
        """The charger is connected, or taken away."""
        self.do("charge", on=on)

    def usage(self) -> Answer:
        """{"mode", "minutes", "next", "why", "front", "used"}: the time, as a screen shows it."""
        return self.do("usage")

    # Time, power, network

    def advance(self, seconds: int) -> Answer:
        """Let time pass. Returns the watch's clock."""
        self.now += seconds
        return self.do("advance", seconds=seconds)

    def step(self) -> None:
        """Let the watch act without any time passing."""
        self.do("step")

    def reboot(self, off: int = 0, rtc: bool = True) -> Answer:
        """Power off for so many seconds; rtc False: the clock chip has lost the time. Returns what the boot found."""
        self.now += off
        return self.do("reboot", off=off, rtc=rtc)

    def start_on_a_copy(self) -> Answer:
        """Copy the flash and go on with the copy, whose folder is `root` from now on; the original stays as it is."""
        copy = self.root.with_name(self.root.name + "-copy")
        shutil.copytree(self.root, copy)
        shutil.copyfile(str(self.root) + ".keys", str(copy) + ".keys")
        self.root = copy
        return self.do("new", root=str(copy), seed=self.seed, wall=self.now, keep=True)

    def network(self, online: bool) -> None:
        """Switch the carrier's network."""
        self.do("network", online=online)

    # The screen and its buttons, on a rig that has them; any other answers {"bad": "op"}

    def touch(self, x: int, y: int, down: bool) -> Answer:
        """A finger on the display, in pixels from its upper left corner, or lifted from it."""
        return self.do("touch", x=x, y=y, down=down)

    def button(self, name: str, down: bool) -> Answer:
        """A button of the case is pressed, or let go."""
        return self.do("button", name=name, down=down)

    def picture(self) -> Answer:
        """{"w", "h", "data"}: what the display shows, base64 of RGB565 with the higher byte first."""
        return self.do("picture")

    def look(self) -> Answer:
        """{"screen", "texts", "targets"}: what the display shows, in words and places to touch."""
        return self.do("look")

    # Looking

    def seen(self) -> Answer:
        """{"seen", "sent", "alerts"} since the last time."""
        return self.do("seen")

    def words(self, code: str, language: str) -> str:
        """The watch's own words for an id."""
        return str(self.do("words", id=code, language=language)["text"])

    def status(self) -> Answer:
        return self.do("state")

    def grade(self, person: Person) -> Answer:
        """{"who", "grade", "blocked"} of a person as the watch knows them."""
        return self.do("grade", party=person.address)

    def journal(self, after: int = 0, denials_after: int = 0) -> Answer:
        """{"records", "denials"}: every record on flash with a higher number."""
        return self.do("journal", after=after, denials_after=denials_after)

    def verify(self) -> Answer:
        """Check all segments, the older ones too."""
        return self.do("verify")

    def files(self) -> list[list[Any]]:
        """[[name, bytes, SHA-256]] of all that is stored."""
        return list(self.do("files")["files"])

    def close(self) -> None:
        """End the MicroPython process, if there is one. Harmless when repeated."""
        if self._process:
            with contextlib.suppress(ValueError):
                self._process.close()

    def __enter__(self) -> "Watch":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def _card(person: Person) -> Answer:
    card = {"name": person.name, "address": person.address, "key": person.key.hex()}
    return {**card, "number": person.number} if person.number else card


def _hmac(key: bytes, data: bytes) -> bytes:
    return hmac.digest(key, data, "sha256")
