"""The fullest state a watch can hold, made through real requests; portable, no file system or process of its own.

50 contacts, 200 graded accounts, all evidence packages and alerts, 128 recent messages, and a journal of thousands of
records in all the segments that are kept.
"""

from hashlib import sha256

from firmware.policy.engine import Engine
from firmware.policy.rules.contacts import agreement_mac, envelope_mac
from firmware.storage import floor
from firmware.storage.files import Files
from firmware.storage.store import Store

WALL = 217000000  # seconds since 2020-01-01: autumn 2026
SECRET = b"device secret of the test watch "
GUARDIAN = "guardian@family.example"
PASSPHRASE_KEY = b"client key of an invented phrase"
CONTACTS = 50
ACCOUNTS = 200
HOST = "host"


class Random:
    """Repeatable bytes, equal on every runtime: SHA-256 over a counter. For tests only."""

    def __init__(self, seed=0):
        self._count = seed

    def __call__(self, size):
        out = b""
        while len(out) < size:
            self._count += 1
            out += sha256(b"%d" % self._count).digest()
        return out[:size]


class Device:
    """Engine and storage, without services, over a folder and a key partition."""

    def __init__(self, root, partition, seed=0):
        files = Files(root)
        self.store = Store(files, partition, SECRET, Random(seed))
        self.engine = Engine(self.store, Random(seed + 1000000), lambda: floor.load(files, SECRET),
                             lambda region, numbers: floor.save(files, SECRET, region, numbers))

    def ask(self, kind, **fields):
        """One request; the decision."""
        fields["kind"] = kind
        return self.engine.ask(fields)

    def must(self, kind, **fields):
        """One request that has to be allowed."""
        decision = self.ask(kind, **fields)
        if not decision.allowed:
            raise AssertionError(kind + " was refused: " + decision.reason)
        return decision

    def pass_time(self, seconds):
        """Let time pass; the engine steps at the next request."""
        self.engine.clock.tick(seconds)


def address(number):
    return "friend%02d@school.example" % number


def stranger(number):
    return "player%03d@game.example" % number


def key(number):
    return sha256(b"contact %d" % number).digest()


def set_up(device, birth_year=2014):
    """First set-up by the guardian; the default is a child of 12, so that 50 contacts are allowed."""
    device.must("administration.setup", wall=WALL, birth_year=birth_year, birth_month=3, profile="cn-ccia", language="zh",
                owner="guardian one", region="cn", numbers=["13900000000", "13900000001"], salt="5a" * 16, rounds=4096,
                stored_key=sha256(PASSPHRASE_KEY).digest().hex(), server_key="5b" * 32, pin="482915")


def prove(device, channel=HOST):
    """The guardian proves the passphrase by SCRAM, good for five minutes."""
    device.must("credentials.scram", channel=channel, auth=AUTH, proof=proof().hex())


AUTH = "n=guardian,r=nonce0123456789,r=nonce0123456789abcdef,s=WlpaWg==,i=4096,c=biws,r=nonce0123456789abcdef"


def proof():
    """ClientProof of RFC 5802 for AUTH."""
    from firmware.storage.crypto import hmac_sha256

    signature = hmac_sha256(sha256(PASSPHRASE_KEY).digest(), AUTH.encode())
    return bytes([PASSPHRASE_KEY[i] ^ signature[i] for i in range(32)])


def add_contact(device, number, role="friend"):
    """A contact, with the other side's agreement. The owner has proved a secret."""
    name = address(number) if role == "friend" else GUARDIAN
    device.must("contacts.add", name="同学%02d" % number, address=name, number="139%08d" % (1000 + number),
                key=key(number).hex(), role=role, channel=HOST)
    if role == "friend":
        device.must("contacts.agreed", address=name, mac=agreement_mac(key(number), name).hex())


def message(number, counter, text):
    """The fields of a verified message from a contact."""
    name = address(number)
    return {"sender": name, "counter": counter, "mac": envelope_mac(key(number), name, counter, text).hex(), "text": text}


CALM = "放学后一起去操场打羽毛球好吗"  # 14 characters
RUDE = "你真笨，没人想跟你这笨蛋玩"


def fill(device, records=3000):
    """All of it. Returns the number of journal records made; the engine rotates on its way."""
    set_up(device)
    prove(device)
    add_contact(device, 0, "guardian")
    for number in range(1, CONTACTS):
        add_contact(device, number)
    device.must("administration.policy", version=7, issuer="owner", expires=65000, channel=HOST,
                values=[["contacts.unknown", 1], ["contacts.mode", 2], ["messages.keep_days", 20], ["blocking.decay_days", 60]])
    for number in range(1, CONTACTS):
        for counter in (1, 2):
            device.must("messages.incoming", **message(number, counter, RUDE))
        device.pass_time(61)
    for number in range(ACCOUNTS - CONTACTS + 1):
        device.pass_time(301)
        device.must("blocking.press", place="contact", party=stranger(number))
    made = counter = device.store.main.seq
    while made < records:
        counter += 1
        made = device.must("messages.incoming", **message(1 + counter % (CONTACTS - 1), counter, CALM)).records[-1].seq
        if made % 4 == 0:
            device.pass_time(30)
    return made


def facts(device):
    """What shows that the state is full."""
    rules = device.engine.rules
    return {"contacts": len(rules["contacts"]), "graded": len(rules["blocking"]._table), "packages": len(rules["content_access"].packages()),
            "alerts": len(rules["alerts"].pending), "seq": device.store.main.seq, "segments": len(device.store.main.segments()),
            "tampered": rules["administration"].tampered}
