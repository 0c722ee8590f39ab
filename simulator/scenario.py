"""Runs scenario files: the rules' specification as data (docs/scenarios.md tells how to write one).

A scenario becomes commands of `simulator/portable/rig.py`, so the same file runs on any watch that answers commands:
in this process, in a MicroPython process, on a board. Envelopes, agreements and login proofs are computed here, apart
from the firmware's own code, and every answer is kept: two runtimes agree only if all of them are equal.

`python -m simulator.scenario FILE...` runs files or folders in this process.
"""

import hashlib
import hmac
import json
import re
import struct
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from simulator import publisher

Do = Callable[[dict[str, Any]], dict[str, Any]]

EPOCH = datetime(2020, 1, 1)
ZONES = {"eu-uk": 60, "us-coppa": -300}  # minutes east of UTC, as in settings.toml
CHINA = 480

PIN = "280519"
WRONG_PIN = "719204"
PASSPHRASE = "a kettle of green tea"
APPROVAL_KEY = hashlib.sha256(b"key of the guardian's tool").digest()
PAYMENT_PASSWORD, WRONG_PAYMENT_PASSWORD = "604918", "604919"
_ROUNDS = 4096
_DAY = 86400

_ROW = re.compile(r"[A-MX][0-9]{1,2}$")
_SPAN = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$")
_TEMPLATE = re.compile(r"\{([^{}]+)\}$")

_SETUP = {
    "wall": "2026-09-07 08:00", "born": "2017-03", "profile": "cn-ccia", "language": "en", "owner": "owner",
    "region": "cn", "pin": PIN,
}  # fmt: skip


# The provider that `assistant` enters: assessed on 2026-08-01, a year before the assessment is old.
_PROVIDER = {
    "kind": "assistant.provider", "name": "Sample Model Works", "filing": "Sample-AI-2026-0001", "role": "knowledge",
    "assessed": 2404, "expires": 2404 + 365,
}  # fmt: skip


class ScenarioError(ValueError):
    """The file itself is wrong: unknown word, missing rows, bad time."""


class ScenarioFailed(AssertionError):
    """The watch did something else than the file says."""


class ScenarioStopped(ScenarioFailed):
    """Nothing was compared: the watch crashed, or the message to remember does not exist."""


# --- people and secrets: everything is derived from names, nothing is real


class Person:
    """Somebody with a watch or phone of their own. `standing` is friend, guardian, asked or stranger."""

    def __init__(self, name: str, table: dict[str, Any]) -> None:
        digest = hashlib.sha256(("person " + name).encode()).digest()
        self.address: str = table.get("address", name)
        self.name: str = table.get("name", name.capitalize() + " Sample")
        self.key: bytes = bytes.fromhex(table["key"]) if "key" in table else digest
        self.number: str = table.get("number", "139000%05d" % (int.from_bytes(digest[:4], "big") % 100000))
        self.standing: str = table.get("standing", "stranger")
        self.sent = 0
        self.last: dict[str, Any] = {}

    def envelope(self, text: str, counter: int, key: bytes | None = None, group: int | None = None) -> dict[str, Any]:
        """A message as the carrier brings it, signed with this person's key, or with another one."""
        to = b"\0" if group is None else bytes([1, group])
        signed = self.address.encode() + to + counter.to_bytes(4, "big") + text.encode()
        mac = hmac.digest(key or self.key, signed, "sha256")[:16]
        envelope = {"sender": self.address, "counter": counter, "mac": mac.hex(), "text": text}
        return envelope if group is None else {**envelope, "group": group}

    def locate(self, counter: int, key: bytes | None = None) -> dict[str, Any]:
        """A guardian's signed request for the position."""
        signed = b"locate\0" + self.address.encode() + counter.to_bytes(4, "big")
        mac = hmac.digest(key or self.key, signed, "sha256")[:16]
        return {"locate": True, "sender": self.address, "counter": counter, "mac": mac.hex()}

    def agreement(self) -> str:
        """The other side's consent to the contact, in hexadecimal."""
        return hmac.digest(self.key, b"agree\0" + self.address.encode(), "sha256")[:16].hex()


@lru_cache(maxsize=8)
def _salted(passphrase: str) -> bytes:
    """RFC 5802 section 3: SaltedPassword."""
    return hashlib.pbkdf2_hmac("sha256", passphrase.encode(), _salt(passphrase), _ROUNDS)


def _client_key(passphrase: str) -> bytes:
    return hmac.digest(_salted(passphrase), b"Client Key", "sha256")


def _salt(passphrase: str) -> bytes:
    return hashlib.sha256(b"salt " + passphrase.encode()).digest()[:16]


def verifier(passphrase: str, pin: str) -> dict[str, Any]:
    """What the watch is given of the guardian's secrets."""
    return {**scram_verifier(passphrase), "pin": pin}


def scram_verifier(passphrase: str) -> dict[str, Any]:
    """What the watch is given of one passphrase."""
    stored = hashlib.sha256(_client_key(passphrase)).digest()
    return {
        "salt": _salt(passphrase).hex(), "rounds": _ROUNDS, "stored_key": stored.hex(),
        "server_key": hmac.digest(_salted(passphrase), b"Server Key", "sha256").hex(),
    }  # fmt: skip


def _code(word: str) -> tuple[str, str]:
    """(recovery code, what the watch keeps of it), in hexadecimal."""
    code = hashlib.sha256(b"code " + word.encode()).digest()[:15]
    return code.hex(), hashlib.sha256(b"wardwatch recovery " + code).hexdigest()


def passphrase_of(name: str) -> str:
    """The passphrase of another guardian of this name."""
    return "a long phrase of " + name


def login(passphrase: str, channel: str, name: str = "owner", known_as: str = PASSPHRASE) -> dict[str, Any]:
    """The request by which a host proves the passphrase: ClientProof = ClientKey XOR HMAC(StoredKey, AuthMessage).
    known_as: the passphrase that the watch was given under this name."""
    auth = "n=%s,r=nonce,s=salt,i=%d,c=biws" % (name, _ROUNDS)
    known = _client_key(known_as)
    signature = hmac.digest(hashlib.sha256(known).digest(), auth.encode(), "sha256")
    proof = bytes(a ^ b for a, b in zip(_client_key(passphrase), signature, strict=True))
    return {"kind": "credentials.scram", "channel": channel, "auth": auth, "proof": proof.hex()}


def approval_code(key: bytes, number: int, asked: dict[str, Any]) -> str:
    """The guardian's tool, anew: HMAC-SHA-256 over the canonical request, eight digits as in RFC 4226, 5.3."""
    named = [asked["what"], asked.get("value", 0), asked.get("minutes", 0), asked.get("detail", "")]
    text = json.dumps(["wardwatch approval 1", number, *named], ensure_ascii=False, separators=(",", ":"))
    mac = hmac.digest(key, text.encode(), "sha256")
    return "%08d" % (int.from_bytes(mac[mac[-1] & 15 :][:4], "big") % 2**31 % 10**8)


# --- reports of positions

REPORT_KEY = hashlib.sha256(b"key of the reports").digest()
_REPORT = ("format", "time", "trusted", "lat", "lon", "accuracy", "age", "why", "zone", "word")


def opened_report(report: dict[str, Any]) -> dict[str, Any]:
    """The fields of a report, sealed or not ("proved" tells); {"forged": True} if it does not open."""
    if "fields" in report:
        return {**dict(zip(_REPORT, report["fields"], strict=True)), "proved": False}
    blob = bytes.fromhex(report["sealed"])
    bound = b"position" + struct.pack(">IH", report["counter"], report["part"])
    signed = struct.pack(">I", len(bound)) + bound + blob[:-16]
    if not hmac.compare_digest(hmac.digest(_derived(b"authenticate"), signed, "sha256")[:16], blob[-16:]):
        return {"forged": True}
    cipher = Cipher(algorithms.AES(_derived(b"encrypt")), modes.CBC(blob[:16])).decryptor()
    plain = cipher.update(blob[16:-16]) + cipher.finalize()
    return {**dict(zip(_REPORT, json.loads(plain[: -plain[-1]]), strict=True)), "proved": True}


def _derived(use: bytes) -> bytes:
    """HKDF-SHA256 of the key, 32 bytes (RFC 5869)."""
    return hmac.digest(hmac.digest(b"", REPORT_KEY, "sha256"), use + b"\x01", "sha256")


# --- times


def seconds(span: str) -> int:
    """The seconds of "1d2h3m4s"; each part may be left out."""
    found = _SPAN.match(span)
    if not span or not found:
        raise ScenarioError("%r is no span such as 5m, 10s or 1d2h" % span)
    days, hours, minutes, rest = (int(part or 0) for part in found.groups())
    return days * _DAY + hours * 3600 + minutes * 60 + rest


def moment(text: str, zone: int) -> int:
    """Seconds since 2020-01-01T00:00Z of a local time "2026-09-07 08:00", seconds optional."""
    try:
        local = datetime.fromisoformat(text)
    except ValueError as error:
        raise ScenarioError("%r is no time such as 2026-09-07 08:00" % text) from error
    return int((local - EPOCH - timedelta(minutes=zone)).total_seconds())


# --- the file


class Scenario:
    """One file, checked: `title`, `setup` (None for a factory-fresh watch), `people` and `steps`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            table = tomllib.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise ScenarioError("%s: %s" % (path, error)) from error
        self._known(table, {"title", "core", "setup", "people", "step"}, "file")
        self.core = table.get("core", False)
        self.title: str = table.get("title", "")
        self.setup: dict[str, Any] | None = None
        setup = table.get("setup", {})
        self.start: dict[str, Any] = dict(_SETUP)
        if setup is not False:
            self._known(setup, set(_SETUP) | {"numbers", "band"}, "setup")
            self.start.update(setup)
            self.setup = self.start
        self.zone = ZONES.get(self.start["profile"], CHINA)
        self.people: dict[str, dict[str, Any]] = table.get("people", {})
        self.steps: list[dict[str, Any]] = table.get("step", [])
        if not self.title or not self.steps:
            raise ScenarioError("%s: needs a title and steps" % path)
        for person in self.people.values():
            self._known(person, {"address", "name", "key", "number", "standing"}, "person")
        for number, step in enumerate(self.steps, 1):
            self._check_step(number, step)

    def _known(self, table: dict[str, Any], names: set[str], what: str) -> None:
        if set(table) - names:
            raise ScenarioError("%s: %s has unknown words: %s" % (self.path, what, sorted(set(table) - names)))

    def _check_step(self, number: int, step: dict[str, Any]) -> None:
        where = "%s, step %d" % (self.path, number)
        self._known(step, set(ACTIONS) | set(CHECKS) | {"rows", "why", "as", "absent"}, "step %d" % number)
        if len(set(step) & set(ACTIONS)) > 1:
            raise ScenarioError(where + ": has more than one action")
        asserts = bool(set(step) & set(CHECKS))
        rows = step.get("rows", [])
        if asserts != bool(rows) or len(rows) > 3 or not all(_ROW.match(row) for row in rows):
            raise ScenarioError(where + ": a step that checks something names one to three rows, another none")
        if "absent" in step and (step["absent"] is not True or list(step.get("expect", {})) != ["bad"]):
            raise ScenarioError(where + ": absent = true stands beside expect = { bad = ... } only")


def find(folder: Path) -> list[Path]:
    """All scenario files below a folder (or the one file), in a fixed order."""
    return [folder] if folder.is_file() else sorted(folder.rglob("*.toml"))


# --- running one


class HostFiles:
    """The files of a watch whose flash is a folder on this computer: what somebody with the flash in hand can reach."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def names(self) -> list[str]:
        return sorted(path.name for path in self._root.iterdir())

    def read(self, name: str) -> bytes:
        return (self._root / name).read_bytes()

    def write(self, name: str, data: bytes) -> None:
        (self._root / name).write_bytes(data)

    def remove(self, name: str) -> None:
        (self._root / name).unlink()

    def keys(self) -> bytes:
        """The key partition, which no thief of files has."""
        return Path(str(self._root) + ".keys").read_bytes()


class Run:
    """One scenario on one watch. `answers` keeps every answer, `facts` the journal, files and state at the end.

    root: the watch's folder, as the watch knows it; files: where that lies elsewhere, how to get at it."""

    def __init__(self, scenario: Scenario, do: Do, root: Path, files: HostFiles | None = None) -> None:
        self.scenario = scenario
        self.people = {name: Person(name, table) for name, table in scenario.people.items()}
        self.answers: list[Any] = []
        self.reasons: set[str] = set()
        self.facts: dict[str, Any] = {}
        self.texts: list[str] = []  # what must never lie on flash in the clear
        self._do = do
        self._root = root
        self._flash = files or HostFiles(root)
        self._copies: dict[str, dict[str, bytes]] = {}  # of the file system, by name
        self._now = moment(scenario.start["wall"], scenario.zone)  # true time
        self._labels: dict[str, int] = {}
        self._answer: dict[str, Any] = {}
        self._where = ""
        self._version = 0
        self._approvals: dict[str, dict[str, Any]] = {}  # what was asked for by label, with its request number
        self._last_code = ""
        self._reported = (0, 0)  # counter and part of the last position
        self._located: dict[str, Any] = {}  # a guardian's last request for the position
        self._records = 0  # in the journals at the last look
        self._payments: dict[str, dict[str, Any]] = {}  # what shops have asked for, by the name of the key
        self._frames: list[str] = []  # advertised by the radio
        self._items: dict[str, str] = {}  # tag of an item of the pool: its id

    def run(self) -> "Run":
        """Carry out the file. ScenarioFailed at the first difference."""
        self.begin()
        for number in range(1, len(self.scenario.steps) + 1):
            self.step(number)
        self.end()
        return self

    def begin(self) -> None:
        """A new watch, set up as the file says."""
        self._where = "%s, set-up" % self.scenario.path
        new = {"op": "new", "root": str(self._root), "seed": "scenario", "wall": self._now}
        self._send(dict(new, core=True) if self.scenario.core else new)
        if self.scenario.setup:
            self._set_up(self.scenario.setup)

    def end(self) -> None:
        """Gather the facts, and look for what must not lie on flash in the clear."""
        self._where = "%s, end" % self.scenario.path
        self.facts["state"] = self._send({"op": "state"})
        for op in ("journal", "verify", "files") if self.facts["state"]["set_up"] else ("files",):
            self.facts[op] = self._send({"op": op})
        self._require("plain text on flash", [], self._leaks())

    def _send(self, command: dict[str, Any]) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = json.loads(json.dumps(self._do(command)))
        except Exception as crash:
            raise ScenarioStopped("%s\n  the watch crashed in %r: %r" % (self._where, command["op"], crash)) from crash
        self.answers.append([command["op"], answer])
        if answer.get("reason"):
            self.reasons.add(answer["reason"])
        return answer

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        return self._send({"op": "ask", "request": request})

    def _must(self, request: dict[str, Any]) -> None:
        answer = self._ask(request)
        if answer.get("verdict") != "allow":
            raise ScenarioFailed("%s: %s was refused: %s" % (self._where, request["kind"], answer))

    def _set_up(self, setup: dict[str, Any]) -> None:
        """First set-up, then every declared contact, by a host that logs out afterwards."""
        self._must(self.setup_request(setup))
        self._must(login(PASSPHRASE, "host"))
        for person in self.people.values():
            if person.standing == "stranger":
                continue
            card = {"name": person.name, "address": person.address, "number": person.number, "key": person.key.hex()}
            role = "guardian" if person.standing == "guardian" else "friend"
            self._must({"kind": "contacts.add", **card, "role": role, "channel": "host"})
            if person.standing == "friend":
                self._must({"kind": "contacts.agreed", "address": person.address, "mac": person.agreement()})
        self._must({"kind": "credentials.logout", "channel": "host"})
        self._send({"op": "seen"})

    def setup_request(self, setup: dict[str, Any]) -> dict[str, Any]:
        """The request of a first set-up. Guardians' numbers go onto the safety floor."""
        year, month = (int(part) for part in setup["born"].split("-"))
        age = {"band": setup["band"]} if "band" in setup else {"birth_year": year, "birth_month": month}
        guardians = [person.number for person in self.people.values() if person.standing == "guardian"]
        return {
            "kind": "administration.setup", **verifier(PASSPHRASE, setup["pin"]),
            "wall": moment(setup["wall"], self.scenario.zone), **age,
            "profile": setup["profile"], "language": setup["language"], "owner": setup["owner"],
            "region": setup["region"], "numbers": setup.get("numbers", guardians[:4]),
        }  # fmt: skip

    def step(self, number: int, skip: str = "") -> None:
        """Carry out one step, counted from 1; without its check `skip`, if it has that."""
        step = self.scenario.steps[number - 1]
        action = next((name for name in step if name in ACTIONS), "")
        told = "%s = %s" % (action, step[action]) if action else "checks"
        self._where = "%s, step %d (%s)" % (self.scenario.path, number, told)
        if action:
            self._answer = ACTIONS[action](self, step[action]) or {}
            if "as" in step:
                if not self._answer.get("records"):
                    raise ScenarioStopped("%s\n  no record to remember: %s" % (self._where, self._answer))
                self._labels[step["as"]] = self._answer["records"][0][0]
        for name, expected in step.items():
            if name in CHECKS and name != skip:
                CHECKS[name](self, expected)

    def _fail(self, expected: Any, got: Any) -> None:
        raise ScenarioFailed("%s\n  expected %s\n  got      %s" % (self._where, expected, got))

    def _require(self, what: str, expected: Any, got: Any) -> None:
        if expected != got or type(expected) is not type(got):
            self._fail("%s %r" % (what, expected), "%r   (answer: %s)" % (got, self._answer))

    # --- words in braces

    def _fill(self, value: Any) -> Any:
        """Replace "{ming}" and the like in a value, at any depth (docs/scenarios.md lists the forms)."""
        if isinstance(value, dict):
            return {key: self._fill(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._fill(item) for item in value]
        found = _TEMPLATE.match(value) if isinstance(value, str) else None
        return self._filled(found.group(1)) if found else value

    def _filled(self, word: str) -> Any:
        name, _, part = word.partition(".")
        if name in self.people:
            person = self.people[name]
            parts = {"": person.address, "number": person.number, "key": person.key.hex(), "name": person.name}
            return person.agreement() if part == "agreement" else parts[part]
        if word in self._labels:
            return self._labels[word]
        if word.startswith("wall "):
            return moment(word[5:], self.scenario.zone)
        if word.startswith("repeat "):  # {repeat 64 a}: 64 times a
            _, count, text = word.split(" ", 2)
            return text * int(count)
        raise ScenarioError("%s: {%s} is nobody and no message" % (self._where, word))

    # --- actions

    def _advance(self, span: str) -> dict[str, Any]:
        return self._pass(seconds(span))

    def _pass(self, left: int) -> dict[str, Any]:
        if left < 0:
            raise ScenarioError("%s: time only goes forward" % self._where)
        self._now += left
        answer: dict[str, Any] = {}
        while left > 0:  # at most a day at once: ticks wrap after twelve
            answer = self._send({"op": "advance", "seconds": min(left, _DAY)})
            left -= min(left, _DAY)
        return answer

    def _at(self, time: str) -> dict[str, Any]:
        """Let time pass until a local time: "09:30" is the next such time, "2026-09-08 09:30" that one."""
        if "-" in time:
            return self._pass(moment(time, self.scenario.zone) - self._now)
        today = (self._now + self.scenario.zone * 60) // _DAY * _DAY
        midnight = EPOCH + timedelta(seconds=today)
        wanted = moment("%s %s" % (midnight.date().isoformat(), time), self.scenario.zone)
        return self._pass(wanted - self._now if wanted >= self._now else wanted + _DAY - self._now)

    def _message(self, given: dict[str, Any]) -> dict[str, Any]:
        """Somebody's message. forged: signed with another key; replay: the last one again; queued: not decided yet;
        moved_to_group: somebody on the way put it into a group."""
        person = self.people[given["from"]]
        if given.get("replay"):
            envelope = person.last
        else:
            counter = given.get("counter", person.sent + 1)
            text = self._fill(given["text"])
            self.texts.append(text)
            wrong = hashlib.sha256(b"another key").digest() if given.get("forged") else None
            envelope = person.envelope(text, counter, wrong, given.get("group"))
            if "moved_to_group" in given:
                envelope["group"] = given["moved_to_group"]
            if wrong is None:
                person.sent, person.last = counter, envelope
        if given.get("queued"):
            return self._send({"op": "queue", "envelope": envelope})
        return self._send({"op": "service", "call": "receive", "with": {"envelope": envelope}})

    def _flood(self, given: dict[str, Any]) -> dict[str, Any]:
        """`count` messages, one after the other, `every` so often; the answer is the last one's."""
        answer: dict[str, Any] = {}
        one = {key: item for key, item in given.items() if key not in ("count", "every")}
        for _ in range(given["count"]):
            self._pass(seconds(given["every"]) if "every" in given else 0)
            answer = self._message(one)
        return answer

    def _write(self, given: dict[str, Any]) -> dict[str, Any]:
        filled = self._fill(given)
        filled["to"] = self.people[given["to"]].address
        self.texts.append(filled["text"])
        return self._service("send", filled)

    def _service(self, call: str, arguments: dict[str, Any]) -> dict[str, Any]:
        return self._send({"op": "service", "call": call, "with": arguments})

    def _named(self, given: dict[str, Any]) -> dict[str, Any]:
        """The arguments with "party" as an address and "message" as a number."""
        filled = dict(given)
        if "party" in filled:
            filled["party"] = self.people[filled["party"]].address
        if "message" in filled and filled["message"] in self._labels:
            filled["message"] = self._labels[filled["message"]]
        return filled

    def _call(self, call: str, who: str) -> dict[str, Any]:
        return self._service(call, {"number": self.people[who].number if who in self.people else who})

    def _wipe_here(self, given: Any) -> dict[str, Any]:
        """The long gesture for wiping, and a PIN: true the owner's, false a wrong one."""
        pin = {True: PIN, False: WRONG_PIN}.get(given, given)
        return self._send({"op": "service", "call": "wipe_here", "with": {"pin": pin}})

    def _pin(self, given: Any) -> dict[str, Any]:
        return self._ask({"kind": "credentials.pin", "pin": {True: PIN, False: WRONG_PIN}.get(given, given)})

    def _host_login(self, who: Any) -> dict[str, Any]:
        """true: the owner; false: somebody with a wrong passphrase; a name: that guardian; {name, passphrase}."""
        if isinstance(who, bool):
            return self._ask(login(PASSPHRASE if who else "a kettle of black tea", "host"))
        given = {"name": who, "passphrase": who} if isinstance(who, str) else who
        own = PASSPHRASE if given["name"] == "owner" else passphrase_of(given["name"])
        if "recovered" in given:  # the owner's passphrase is the one of a recovery
            own = passphrase_of(given["recovered"])
        tried = PASSPHRASE if given["passphrase"] == "owner" else passphrase_of(given["passphrase"])
        return self._ask(login(tried, "host", given["name"], own))

    def _let_in(self, given: dict[str, Any]) -> dict[str, Any]:
        """Another guardian: {name, role, channel}, with the passphrase that belongs to the name."""
        request = {"kind": "credentials.user", **given, **scram_verifier(passphrase_of(given["name"]))}
        return self._ask(request)

    def _guardian(self, request: dict[str, Any]) -> dict[str, Any]:
        """A guardian's request, carried out by the service."""
        self.texts += [request[name] for name in ("message", "text", "reason") if isinstance(request.get(name), str)]
        return self._send({"op": "guardian", "request": self._fill(request)})

    def _ask_approval(self, given: dict[str, Any]) -> dict[str, Any]:
        """The child asks for a one-time approval: {what, value, minutes, detail, name = "label for its code"}."""
        asked = self._fill({name: item for name, item in given.items() if name != "name"})
        if "name" not in given:
            return self._service("ask_approval", asked)
        before = [item["request"] for item in self._send({"op": "shown"})["approvals"]]
        answer = self._service("ask_approval", asked)
        new = [item for item in self._send({"op": "shown"})["approvals"] if item["request"] not in before]
        if len(new) != 1:
            self._fail("a new request number", answer)
        self._approvals[given["name"]] = {**asked, "request": new[0]["request"]}
        return answer

    def _code(self, given: dict[str, Any]) -> dict[str, Any]:
        """The child types a code: {name, wrong = true, again = true (the last code once more), of = "another's label",
        key = "another key's name", and value, minutes, detail or what that the guardian was told wrongly}."""
        asked = self._approvals[given["name"]]
        told = {**self._approvals[given.get("of", given["name"])]}
        told.update({name: self._fill(given[name]) for name in ("what", "value", "minutes", "detail") if name in given})
        key = hashlib.sha256(given["key"].encode()).digest() if "key" in given else APPROVAL_KEY
        code = self._last_code if given.get("again") else approval_code(key, told["request"], told)
        if given.get("wrong"):
            code = "%08d" % ((int(code) + 1) % 10**8)
        self._last_code = code
        return self._service("enter_code", {"request": asked["request"], "code": code})

    def _approval_key(self, given: dict[str, Any]) -> dict[str, Any]:
        """The guardian's tool gives the watch its key: {channel, key = "another key's name"}."""
        key = hashlib.sha256(given["key"].encode()).digest() if "key" in given else APPROVAL_KEY
        channel = {"channel": given["channel"]} if "channel" in given else {}
        return self._ask({"kind": "approval.key", "key": key.hex(), **channel})

    def _raw(self, request: Any) -> dict[str, Any]:
        return self._ask(self._fill(request))

    def _setup_again(self, changes: dict[str, Any]) -> dict[str, Any]:
        """A request to set the watch up; `changes` to the defaults, of the set-up table or of the request itself."""
        known = set(_SETUP) | {"band"}
        setup = {key: item for key, item in changes.items() if key in known}
        request = self.setup_request({**self.scenario.start, **setup})
        request.update({key: item for key, item in changes.items() if key not in known})
        return self._ask(request)

    def _consent(self, given: dict[str, Any]) -> dict[str, Any]:
        """A guardian's consent to a purpose, to the first manifest: {purpose, channel, manifest}."""
        return self._ask({"kind": "consent.give", "manifest": 1, **given})

    def _open_assistant(self, given: dict[str, Any]) -> dict[str, Any]:
        """All that a guardian must do before the child can talk to the assistant, also at night; {key = value} for
        settings."""
        self._host_login(True)
        self.texts += [str(_PROVIDER[name]) for name in ("name", "filing")]
        values = {"assistant.enabled": 1, "usage.curfew": 0, **given}
        self._policy({"values": values, "channel": "host"})
        self._consent({"purpose": "ai", "channel": "host"})
        answer = self._ask({**_PROVIDER, "channel": "host"})
        self._ask({"kind": "credentials.logout", "channel": "host"})
        self._pass(1)
        return answer

    def _provider(self, given: dict[str, Any]) -> dict[str, Any]:
        """What the assistant's provider will answer: {answers = [[piece, ...], ...], online}."""
        given = self._fill(given)
        self.texts += ["".join(pieces) for pieces in given.get("answers", [])]
        return self._send({"op": "provider", **given})

    def _open_chat(self, place: int) -> dict[str, Any]:
        """The child reads an entry of earlier talks; 0 is the oldest, -1 the newest."""
        return self._service("chat_open", {"number": self._send({"op": "state"})["chats"][place]})

    def _say(self, text: str) -> dict[str, Any]:
        text = self._fill(text)
        self.texts.append(text)
        return self._service("chat_say", {"text": text})

    def _renew(self, given: dict[str, Any]) -> dict[str, Any]:
        """New secrets: {pin, channel}; the passphrase stays."""
        secrets = verifier(PASSPHRASE, given["pin"])
        return self._ask({"kind": "credentials.renew", "channel": given["channel"], **secrets})

    def _recovery_code(self, given: dict[str, Any]) -> dict[str, Any]:
        """A recovery code made from a word takes the place of any other: {code, channel}."""
        request = {"kind": "credentials.recovery_code", "channel": given.get("channel", "host")}
        return self._send({"op": "guardian", "request": {**request, "hash": _code(given["code"])[1]}})

    def _recover(self, given: dict[str, Any]) -> dict[str, Any]:
        """Somebody begins a recovery: {code, name, pin, next}; `name` stands for the new passphrase, `next` is the code
        that will be good afterwards."""
        request = {"kind": "credentials.recover", **verifier(passphrase_of(given["name"]), given.get("pin", PIN))}
        codes = {"code": _code(given["code"])[0], "hash": _code(given.get("next", "next"))[1]}
        return self._send({"op": "guardian", "request": {**request, **codes}})

    # --- publishers

    def _signed(self, given: dict[str, Any], field: str, text: str, name: str) -> dict[str, Any]:
        """The three fields of a signed text. by: who signs; as: whose public key is shown; altered: one byte is not
        what was signed."""
        by = given.get("by", name)
        signed = publisher.signature(by, text)
        if given.get("altered"):
            text = text.replace(given["altered"][0], given["altered"][1])
        return {field: text, "key": publisher.modulus(given.get("as", by)), "signature": signed}

    def _trust(self, given: dict[str, Any]) -> dict[str, Any]:
        """A guardian pins the key of the app store, the pool or the maker: {who, key = another's, channel}."""
        who = given["who"]
        request: dict[str, Any] = {"key": publisher.modulus(given.get("key", who))}
        request["kind"] = "apps.trust" if who == "store" else "content.trust"
        if who != "store":
            request["publisher"] = who
        if "channel" in given:
            request["channel"] = given["channel"]
        return self._ask(request)

    def _package(self, given: dict[str, Any]) -> dict[str, Any]:
        """Somebody asks for a package: {app, version, class, ages, permissions, body, name, source, channel, by}."""
        given = self._fill(given)
        if "app" in given:
            self.texts += [given["app"], given.get("name", "")]
        manifest = given["raw"] if "raw" in given else publisher.manifest(given)
        fields = self._signed(given, "manifest", manifest, "store")
        fields["source"] = given.get("source", "store")
        if "channel" in given:
            fields["channel"] = given["channel"]
        return self._service("apps.ask", fields)

    def _arrive(self, given: dict[str, Any]) -> dict[str, Any]:
        """A package's bytes come and are installed: {app, body, install = false: the power fails before that}."""
        text = self._fill(given.get("body", "a package"))
        install = given.get("install", True)
        return self._send({"op": "package", "app": given["app"], "text": text, "install": install})

    def _item(self, given: dict[str, Any]) -> dict[str, Any]:
        """An item is delivered: {id, channel, label, ages, topic, age_days, keep_days, body, arrives, by, as}."""
        day = (self._now + self.scenario.zone * 60) // _DAY
        given = self._fill(given)
        text = given["raw"] if "raw" in given else publisher.item(given, day)
        default = "maker" if given.get("label") == "safety" else "pool"
        fields = self._signed(given, "item", text, default)
        body = given.get("arrives", given.get("body", "a story"))
        answer = self._service("content.deliver", {**fields, "body": body})
        if "id" in given:
            for tag, *_ in self._send({"op": "delivered"})["pool"]:
                self._items.setdefault(tag, given["id"])
        return answer

    def _item_tag(self, name: str) -> str:
        """The tag by which the watch calls an item that it has, or had."""
        return next((tag for tag, id_ in self._items.items() if id_ == name), "00" * 8)

    def _take_back(self, given: dict[str, Any]) -> dict[str, Any]:
        """A publisher's list of what it takes back: {apps or items, number, by, as}."""
        what = "apps" if "apps" in given else "items"
        ids = given[what] if isinstance(given[what], list) else ["app%d" % n for n in range(given[what])]
        text = given.get("raw") or publisher.written(["wardwatch %s withdrawn" % what, given["number"], *ids])
        fields = self._signed(given, "list", text, "store" if what == "apps" else "pool")
        return self._service(("apps" if what == "apps" else "content") + ".withdraw", fields)

    def _show(self, given: dict[str, Any]) -> dict[str, Any]:
        """The child would see an item in a slot: {id, slot}."""
        return self._service("content.show", {"item": self._item_tag(given["id"]), "slot": given.get("slot", "page")})

    def _check_delivered(self, expected: dict[str, Any]) -> None:
        """apps: [[id, class, version, state, withdrawn]]; permissions: {id: [[name, granted, local time or ""]]};
        pool: ids in the order of recommendation; unread: ids of safety notices; topics: the bits of the tag store."""
        got = self._send({"op": "delivered"})
        local = {row[0]: [[name, granted, self._local(used)] for name, granted, used in row[6]] for row in got["apps"]}
        facts = {
            "apps": [[row[0], *row[2:6]] for row in got["apps"]],
            "permissions": {name: local[name] for name in expected.get("permissions", {})},
            "pool": [self._items.get(row[0], "?") for row in got["pool"]],
            "unread": [self._items.get(row[0], "?") for row in got["pool"] if row[2] == "safety" and not row[5]],
            "topics": got["topics"],
        }
        for name, value in expected.items():
            self._require(name, value, facts[name])

    def _local(self, wall: int) -> str:
        """A wall time as scenarios write it, "" for never."""
        return str(EPOCH + timedelta(seconds=wall, minutes=self.scenario.zone)) if wall else ""

    def _policy(self, given: dict[str, Any]) -> dict[str, Any]:
        """A policy: {values = {key = value}, version = next, expires = never, channel}."""
        self._version = given.get("version", self._version + 1)
        request = {
            "kind": "administration.policy", "version": self._version, "issuer": given.get("issuer", "owner"),
            "expires": given.get("expires", 0), "values": [[key, given["values"][key]] for key in given["values"]],
        }  # fmt: skip
        if "channel" in given:
            request["channel"] = given["channel"]
        return self._ask(request)

    def _reboot(self, given: dict[str, Any]) -> dict[str, Any]:
        off = seconds(given["off"]) if "off" in given else 0
        self._now += off
        return self._send({"op": "reboot", "off": off, "rtc": given.get("rtc", True)})

    def _move_rtc(self, span: str) -> dict[str, Any]:
        moved = -seconds(span[1:]) if span.startswith("-") else seconds(span)
        return self._send({"op": "move_rtc", "seconds": moved})

    def _sos(self, gesture: str) -> dict[str, Any]:
        if gesture not in ("press", "cancel", "end"):
            raise ScenarioError("%s: sos is press, cancel or end" % self._where)
        return self._send({"op": "sos", "cancel": gesture == "cancel", "end": gesture == "end"})

    def _report_key(self, channel: str) -> dict[str, Any]:
        """The guardian gives the watch the key of the reports."""
        return self._ask({"kind": "location.key", "key": REPORT_KEY.hex(), "channel": channel})

    def _place(self, fix: list[int]) -> dict[str, Any]:
        """Where the receiver thinks it is: [lat, lon, accuracy, age]; [] for no fix."""
        self.texts += [str(abs(number)) for number in fix[:2]]
        return self._send({"op": "place", "fix": fix or None})

    def _locate(self, given: dict[str, Any]) -> dict[str, Any]:
        """Somebody's request for the position comes over the carrier: {from, counter, forged, replay}."""
        person = self.people[given["from"]]
        if not given.get("replay"):
            wrong = hashlib.sha256(b"another key").digest() if given.get("forged") else None
            self._located = person.locate(given.get("counter", 1), wrong)
        self._send({"op": "locate", "envelope": self._located})
        return self._send({"op": "step"})

    def _files(self, prefix: str) -> list[str]:
        return [name for name in self._flash.names() if name.startswith(prefix)]

    def _damage(self, prefix: str) -> dict[str, Any]:
        """Somebody flips one byte in the middle of the newest file whose name begins so, with the power off."""
        files = self._files(prefix)
        if not files:
            raise ScenarioError("%s: no such file; there are %s" % (self._where, self._files("")))
        data = bytearray(self._flash.read(files[-1]))
        data[len(data) // 2] ^= 1
        self._flash.write(files[-1], bytes(data))
        return {}

    def _lose(self, prefix: str) -> dict[str, Any]:
        """All files whose names begin so are gone."""
        for name in self._files(prefix):
            self._flash.remove(name)
        return {}

    def _keep(self, name: str) -> dict[str, Any]:
        """Somebody copies the file system (not the key partition)."""
        self._copies[name] = {file: self._flash.read(file) for file in self._flash.names()}
        return {}

    def _put_back(self, name: str) -> dict[str, Any]:
        """... and puts the copy back."""
        self._lose("")
        for file, data in self._copies[name].items():
            self._flash.write(file, data)
        return {}

    # --- payments

    def _wallet(self, given: dict[str, Any]) -> dict[str, Any]:
        """A guardian opens the wallet: consent, agreement, password, policy. `values`: more settings; `without`: steps
        that are left out; `password`: another one."""
        shown = {"version": 1, "digest": hashlib.sha256(b"agreement").hexdigest()}
        requests = {
            "consent": {"kind": "consent.give", "purpose": "payment", "manifest": 1},
            "shown": {"kind": "payments.shown", **shown},
            "accept": {"kind": "payments.accept", "version": 1},
            "password": {"kind": "payments.password", "password": given.get("password", PAYMENT_PASSWORD)},
        }
        self._must(login(PASSPHRASE, "host"))
        answer: dict[str, Any] = {}
        for name, request in requests.items():
            if name not in given.get("without", []):
                answer = self._ask({**request, "channel": "host"})
        if "policy" not in given.get("without", []):
            answer = self._policy({"values": {"payments.enabled": 1, **given.get("values", {})}, "channel": "host"})
        self._must({"kind": "credentials.logout", "channel": "host"})
        return answer

    def _payment(self, given: dict[str, Any]) -> dict[str, Any]:
        """What names one payment: {key, merchant}. The name of the key may be left out: then it is the last one's."""
        name = given.get("key", next(reversed(self._payments), ""))
        if name not in self._payments and "at" not in given:
            raise ScenarioError("%s: no shop has asked for %r" % (self._where, name))
        shop = given["at"] if "at" in given else self._payments[name]["shop"]
        return {"key": hashlib.sha256(b"key " + name.encode()).hexdigest()[:32], "merchant": "shop of " + shop}

    def _shop(self, given: dict[str, Any]) -> dict[str, Any]:
        """A shop's terminal asks for {at, amount, class, key}; the key's name is new if it is left out."""
        given = self._fill(given)
        name = given.get("key", "payment %d" % (len(self._payments) + 1))
        shop = given["at"]
        asked = {"amount": given["amount"], "class": given.get("class", "goods"), "name": shop.capitalize() + " Sample"}
        self._payments.setdefault(name, {"shop": shop, "amount": given["amount"]})
        self.texts += [asked["name"], "shop of " + shop]
        return self._service("pay_request", {"payment": {**self._payment({**given, "key": name}), **asked}})

    def _pay(self, password: Any) -> dict[str, Any]:
        """The child types the payment password: the right one, a wrong one, or this one."""
        typed = {True: PAYMENT_PASSWORD, False: WRONG_PAYMENT_PASSWORD}.get(password, password)
        return self._service("pay", {"password": typed})

    def _buy(self, given: dict[str, Any]) -> dict[str, Any]:
        """A shop asks, and if the child may pay, the password is typed."""
        answer = self._shop(given)
        if answer.get("obligations") == ["ask_password"]:
            answer = self._pay(given.get("password", True))
        return answer

    def _finish(self, call: str, given: dict[str, Any]) -> dict[str, Any]:
        """The terminal's second word on a payment: capture (all of it if no amount is given), void or refund."""
        payment = self._payment(given)
        if call == "capture":
            payment["amount"] = given["amount"] if "amount" in given else self._asked(given)
        elif call == "refund":
            payment["total"] = given["total"]
        return self._service(call, {"payment": payment})

    def _asked(self, given: dict[str, Any]) -> int:
        amount: int = self._payments[given.get("key", next(reversed(self._payments)))]["amount"]
        return amount

    # --- checks

    def _expect(self, expected: dict[str, Any]) -> None:
        """The decision, exactly. Left out: reason "ok" of an allow, no obligations."""
        got = self._answer
        if "bad" in expected:
            self._require("bad request at", expected["bad"], got.get("bad"))
            return
        wanted = {"reason": "ok", "obligations": [], **expected}
        if wanted.get("verdict") == "dropped":
            wanted = {"verdict": "dropped"}
        for name, value in wanted.items():
            if name == "records":
                self._require("records", value, [record[1] for record in got.get("records", [])])
            else:
                self._require(name, value, got.get(name))

    def _subset(self, op: dict[str, Any], expected: dict[str, Any]) -> None:
        """The named facts of an answer, exactly."""
        got = self._send(op)
        for name, value in expected.items():
            self._require(name, value, got.get(name))

    def _check_answer(self, expected: dict[str, Any]) -> None:
        """Facts of the action's own answer, such as what a reboot reports."""
        for name, value in expected.items():
            self._require(name, value, self._answer.get(name))

    def _check_clock(self, expected: dict[str, Any]) -> None:
        wanted = dict(expected)
        if "local" in wanted:
            wanted["wall"] = moment(wanted.pop("local"), self.scenario.zone)
        self._subset({"op": "clock"}, wanted)

    def _check_state(self, expected: dict[str, Any]) -> None:
        self._subset({"op": "state"}, expected)

    def _check_grade(self, expected: dict[str, dict[str, Any]]) -> None:
        for name, facts in expected.items():
            party = self.people[name].address if name in self.people else name
            self._subset({"op": "grade", "party": party}, facts)

    def _check_setting(self, expected: dict[str, int]) -> None:
        for key, value in expected.items():
            self._require(key, value, self._send({"op": "setting", "key": key}).get("value"))

    def _check_seen(self, expected: dict[str, Any]) -> None:
        """What child and guardian got since the last look: notices and alerts by kind, texts shown, messages sent."""
        got = self._send({"op": "seen"})
        facts = {
            "notices": [notice[0] for notice in got["seen"]],
            "alerts": [alert["code"] for alert in got["alerts"]],
            "counts": [alert["count"] for alert in got["alerts"]],
            "reasons": [notice[1]["reason"] for notice in got["seen"] if "reason" in notice[1]],
            "minutes": [notice[1]["minutes"] for notice in got["seen"] if "minutes" in notice[1]],
            "texts": [notice[1]["text"] for notice in got["seen"] if "text" in notice[1]],
            "marked": [notice[1]["marked"] for notice in got["seen"] if "marked" in notice[1]],
            "sent": [envelope["text"] for envelope in got["sent"]],
            "labels": [notice[1]["label"] for notice in got["seen"] if "label" in notice[1]],
            "asked": [question["text"] for question in got["asked"]],
            "told_provider": sorted({key for question in got["asked"] for key in question}),
            "fields": sorted({key for item in got["alerts"] for key in item}),
            "numbers": [notice[1]["numbers"] for notice in got["seen"] if "numbers" in notice[1]],
            "told": got["told"],
            "frames_new": self._frames_are_new([item[1]["frame"] for item in got["seen"] if "frame" in item[1]]),
        }
        self.reasons.update(reason for reason in facts["reasons"] if reason)
        if "words" in expected:  # what the child reads of each reason
            said = {"op": "words", "language": self.scenario.start["language"]}
            facts["words"] = [self._send({**said, "id": reason})["text"] for reason in facts["reasons"] if reason]
        for name, value in expected.items():
            self._require(name, value, facts[name])

    def _check_reports(self, expected: list[dict[str, Any]]) -> None:
        """The positions that reached guardians since the last look: each proved unless it says otherwise, with numbers
        that only rise; the named fields exactly."""
        got = []
        for report in self._send({"op": "seen"})["positions"]:
            fields = opened_report(report)
            if fields.get("proved"):
                self._require("a report's number above", True, (report["counter"], report["part"]) > self._reported)
                self._reported = (report["counter"], report["part"])
            got.append(fields)
        if len(got) != len(expected):
            self._fail("%d reports" % len(expected), got)
        for wanted, fields in zip(expected, got, strict=True):
            for name, value in {"proved": True, **self._fill(wanted)}.items():
                self._require("report's " + name, value, fields.get(name))

    def _check_looks(self, expected: list[list[Any]]) -> None:
        """The child's list of looks: [why, how many, name] of each."""
        got = self._send({"op": "looks"})["looks"]
        self._require("looks", expected, [[why, count, name] for _, count, why, name in got])

    def _frames_are_new(self, frames: list[str]) -> bool:
        """Whether each advertised frame has six bytes and never came before in this scenario."""
        known = set(self._frames)
        self._frames += frames
        return bool(frames) and all(len(frame) == 12 and frame not in known for frame in frames)

    def _check_journal(self, expected: dict[str, Any]) -> None:
        """has, lacks: kinds; count: {kind = n}; new: since the last look; denied: all [kind, reason, who, count]."""
        got = self._send({"op": "journal"})
        new = len(got["records"]) + len(got["denials"]) - self._records
        self._records += new
        self._require("new records", expected.get("new", new), new)
        kinds = [record[3] for record in got["records"]]
        for kind in expected.get("has", []):
            self._require("journal has " + kind, True, kind in kinds)
        for kind in expected.get("lacks", []):
            self._require("journal has " + kind, False, kind in kinds)
        for kind, count in expected.get("count", {}).items():
            self._require("number of " + kind, count, kinds.count(kind))
        whole = json.dumps(got, ensure_ascii=False)
        for text in expected.get("holds_not", []):
            self._require("journal holds %r" % text, False, str(self._fill(text)) in whole)
        if "denied" in expected:
            self._require("denials", expected["denied"], [record[4:] for record in got["denials"]])

    def _check_kept(self, expected: dict[str, int]) -> None:
        """How many entries of each named category the watch tells the child it keeps."""
        got = dict(self._send({"op": "kept", "reader": "child"})["kept"])
        for name, count in expected.items():
            self._require(name, count, got.get(name))

    def _check_lines(self, expected: dict[str, Any]) -> None:
        """Texts that a copy has or lacks; refused = true: there was none."""
        lines = self._answer["lines"]
        self._require("copy refused", expected.get("refused", False), lines is None)
        whole = "\n".join(lines or [])
        for text in expected.get("has", []):
            self._require("copy has %r" % text, True, str(self._fill(text)) in whole)
        for text in expected.get("lacks", []):
            self._require("copy has %r" % text, False, str(self._fill(text)) in whole)

    def _check_packages(self, expected: list[int]) -> None:
        """The number of messages in each evidence package; each must be whole."""
        got = self._send({"op": "packages"})["packages"]
        self._require("packages", [[count, True] for count in expected], [item[2:] for item in got])

    def _check_bill(self, expected: dict[str, Any]) -> None:
        """The bill: payments = [[class, what became of it, amount, refunded, name]], days and months = [["2026-09-07",
        spent, refunded]]; refused = true if it may not be read; for = "guardian" (logged in), else the child."""
        reader = expected.get("for", "child")
        got = self._send({"op": "bill", "reader": reader, "channel": "host" if reader == "guardian" else None})["lines"]
        self._require("bill refused", expected.get("refused", False), got is None)
        facts: dict[str, list[list[Any]]] = {"payments": [], "days": [], "months": []}
        for line in got or []:
            if line[0] == "payment":
                facts["payments"].append([*line[3:7], line[8]])
            elif line[0] == "day":
                facts["days"].append([(EPOCH + timedelta(days=line[1])).date().isoformat(), *line[2:]])
            else:
                facts["months"].append(["%d-%02d" % (2020 + line[1] // 12, line[1] % 12 + 1), *line[2:]])
        for name, found in facts.items():
            if name in expected:
                self._require("bill's " + name, expected[name], found)

    def _check_files(self, expected: dict[str, int]) -> None:
        """How many files there are whose names begin so."""
        for prefix, count in expected.items():
            self._require("files " + prefix, count, len(self._files(prefix)))

    def _check_verify(self, expected: bool) -> None:
        self._require("journal verifies", expected, self._send({"op": "verify"})["ok"])

    def _check_banners(self, expected: list[list[str]]) -> None:
        """What the child is shown of guardians' readings and emergency grants: [[notice, local time], ...]."""
        got = self._send({"op": "shown"})["banners"]
        words = {name: self._send({"op": "words", "id": "notice." + name})["text"] for name, _ in expected}
        self._require("banners", [[words[name], moment(time, self.scenario.zone)] for name, time in expected], got)

    def _check_shown(self, part: str, expected: dict[str, Any]) -> None:
        got = self._send({"op": "shown"})[part]
        for name, value in self._fill(expected).items():
            self._require(part + " " + name, value, got.get(name))

    def _check_approvals(self, expected: list[str]) -> None:
        """Labels of the requests that wait for their code, oldest first."""
        got = [item["request"] for item in self._send({"op": "shown"})["approvals"]]
        self._require("approvals", [self._approvals[name]["request"] for name in expected], got)

    def _check_floor(self, expected: dict[str, Any]) -> None:
        self._subset({"op": "floor"}, self._fill(expected))

    def _leaks(self) -> list[str]:
        """Messages, names, addresses and numbers that stand in the clear on flash (requirements B1, B13)."""
        texts = [text for text in self.texts if len(text.encode()) >= 6]
        for person in self.people.values():
            texts += [person.name, person.number] + ([person.address] if len(person.address) >= 5 else [])
        flash = b"\0".join(self._flash.read(name) for name in self._flash.names())
        flash += self._flash.keys() + json.dumps(self.facts, ensure_ascii=False).encode()
        return sorted({text for text in texts if text.encode() in flash})


ACTIONS: dict[str, Callable[[Run, Any], dict[str, Any] | None]] = {
    "advance": Run._advance, "at": Run._at, "message": Run._message, "flood": Run._flood, "write": Run._write,
    "press": lambda run, given: run._service("press", {"place": "message", **run._named(given)}),
    "undo": lambda run, given: run._service("undo", run._named(given)),
    "open": lambda run, given: run._service("open", run._named(given)),
    "call_in": lambda run, who: run._call("call_in", who), "call_out": lambda run, who: run._call("call_out", who),
    "ask": Run._raw, "pin": Run._pin, "host_login": Run._host_login, "set_up": Run._setup_again,
    "wipe_here": Run._wipe_here,
    "trust": Run._trust, "package": Run._package, "arrive": Run._arrive, "item": Run._item, "show": Run._show,
    "take_back": Run._take_back,
    "dismiss": lambda run, name: run._service("content.dismiss", {"item": run._item_tag(name)}),
    "wake": lambda run, _: run._service("wake", {}), "lesson": lambda run, _: run._service("content.lesson", {}),
    "start": lambda run, app: run._service("apps.open", {"app": app}),
    "give": lambda run, given: run._service("apps.use", given),
    "discard": lambda run, app: run._service("apps.remove", {"app": app}),
    "window": lambda run, given: run._service("window", given),
    "recovery_code": Run._recovery_code, "recover": Run._recover,
    "renew": Run._renew, "policy": Run._policy, "reboot": Run._reboot, "move_rtc": Run._move_rtc, "sos": Run._sos,
    "provider": Run._provider,
    "consent": lambda run, given: run._consent(given), "assistant": Run._open_assistant,
    "talk": lambda run, given: run._service("chat_begin", given), "say": Run._say,
    "stop_button": lambda run, _: run._service("chat_end", {}),
    "extend": lambda run, given: run._service("chat_extend", given),
    "chats": lambda run, act: run._service("chat_" + act, {}),
    "open_chat": Run._open_chat,
    "network": lambda run, online: run._send({"op": "network", "online": online}),
    "use": lambda run, cls: run._service("use", {"cls": cls, "item": cls}),
    "leave": lambda run, _: run._service("leave", {}),
    "on_call": lambda run, on: run._service("on_call", {"on": on}),
    "charge": lambda run, on: run._send({"op": "charge", "on": on}),
    "dark": lambda run, _: run._send({"op": "dark"}),
    "damage": Run._damage, "lose": Run._lose, "keep": Run._keep, "put_back": Run._put_back,
    "step": lambda run, _: run._send({"op": "step"}),
    "privacy": lambda run, given: run._service("privacy", {"request": run._fill(given)}),
    "copy": lambda run, channel: run._send({"op": "copy", "channel": channel}),
    "declare": lambda run, purpose: run._send({"op": "declare", "purpose": purpose}),
    "guardian": Run._guardian, "let_in": Run._let_in, "approval_key": Run._approval_key,
    "ask_approval": Run._ask_approval, "code": Run._code,
    "wallet": Run._wallet, "shop": Run._shop, "pay": Run._pay, "buy": Run._buy,
    "capture": lambda run, given: run._finish("capture", given),
    "void": lambda run, given: run._finish("void", given),
    "refund": lambda run, given: run._finish("refund", given),
    "decline": lambda run, _: run._send({"op": "pay_cancel"}),
    "report_key": Run._report_key, "place": Run._place, "locate": Run._locate,
    "look": lambda run, channel: run._service("look", {"channel": channel} if channel else {}),
    "history": lambda run, channel: run._service("history", {"channel": channel} if channel else {}),
    "clear_positions": lambda run, _: run._service("clear", {}),
    "app_asks": lambda run, app: run._service("for_app", {"app": app}),
    "record": lambda run, given: run._service("record", given),
    "close": lambda run, owner: run._send({"op": "close", "owner": owner}),
    "line": lambda run, connected: run._send({"op": "line", "connected": connected}),
    "sign_works": lambda run, works: run._send({"op": "devices", "works": works}),
}  # fmt: skip

CHECKS: dict[str, Callable[[Run, Any], None]] = {
    "expect": Run._expect, "answer": Run._check_answer, "clock": Run._check_clock, "state": Run._check_state,
    "grade": Run._check_grade, "setting": Run._check_setting, "seen": Run._check_seen, "journal": Run._check_journal,
    "kept": Run._check_kept, "lines": Run._check_lines,
    "reports": Run._check_reports, "looks": Run._check_looks,
    "devices": lambda run, expected: run._subset({"op": "devices"}, expected),
    "packages": Run._check_packages, "verify": Run._check_verify, "floor": Run._check_floor,
    "banners": Run._check_banners, "approvals": Run._check_approvals,
    "lock_screen": lambda run, expected: run._check_shown("lock_screen", expected),
    "protection": lambda run, expected: run._check_shown("protection", expected),
    "usage": lambda run, expected: run._subset({"op": "usage"}, expected),
    "bill": Run._check_bill,
    "delivered": Run._check_delivered, "files": Run._check_files,
}  # fmt: skip


def _problems(paths: list[Path], do: Do, root: Path) -> Iterator[str]:
    """What is wrong with each scenario, "" for nothing."""
    for path in paths:
        try:
            Run(Scenario(path), do, root).run()
            yield ""
        except (ScenarioError, ScenarioFailed) as wrong:
            yield str(wrong)


def main(argv: list[str]) -> int:
    """Run files and folders in this process. 0 if all hold, 1 with the reasons on stderr."""
    from simulator.portable.rig import Rig

    if not argv:
        print("usage: python -m simulator.scenario FILE-OR-FOLDER...", file=sys.stderr)
        return 2
    paths = [path for name in argv for path in find(Path(name))]
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for problem in _problems(paths, Rig().do, Path(folder) / "watch"):
            if problem:
                failed += 1
                print(problem, file=sys.stderr)
    print("%d scenarios, %d failed" % (len(paths), failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
