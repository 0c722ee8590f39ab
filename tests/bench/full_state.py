"""The fullest state a watch can hold, made through real requests; runs on CPython and on MicroPython.

50 contacts, 200 graded accounts, all evidence packages and alerts, 128 messages, and as long a journal as wanted.
"""

from hashlib import sha256

from firmware.policy.engine import Engine
from firmware.policy.rules.contacts import agreement_mac, envelope_mac
from firmware.storage import floor
from firmware.storage.crypto import hmac_sha256
from firmware.storage.files import Files
from firmware.storage.store import Store

WALL = 217000000  # seconds since 2020-01-01: autumn 2026
HOST = "host"
GUARDIAN = 0  # number of the guardian among the contacts
CONTACTS = 50
ACCOUNTS = 200
_GRADED = 39  # contacts 1 to 39 have hurt the child twice; 40 to 49 have a clean slate

CALM = "放学后一起去操场打羽毛球好吗"
RUDE = "你这个废物，大家都讨厌你啊"
PERSONAL = "我的电话是13912345678哦"
QUESTION = "珊瑚礁是怎么长出来的"
ANSWER = "珊瑚礁是很多很小的珊瑚虫一起造出来的，要很多很多年才能长高。"

PIN = "482915"
_SECRET = b"device secret of the test watch "
_CLIENT_KEY = b"client key of an invented phrase"
_AUTH = "n=guardian,r=nonce0123456789,r=nonce0123456789abcdef,s=Wlpa,i=4096,c=biws,r=nonce0123456789abcdef"


class Random:
    """Repeatable bytes, equal on every runtime: SHA-256 over a counter. For tests only."""

    def __init__(self, start):
        self._count = start

    def __call__(self, size):
        out = b""
        while len(out) < size:
            self._count += 1
            out += sha256(b"%d" % self._count).digest()
        return out[:size]


class Device:
    """Engine and storage without services. `seed`: another one after each boot, or random bytes would come twice."""

    def __init__(self, store, load_floor, save_floor, seed):
        self.store = store
        self.files = None  # what is below the store, if that is files
        self.engine = Engine(store, Random(seed + 500000), load_floor, save_floor, lambda wall: None)

    def ask(self, kind, fields):
        """The decision on one request."""
        request = dict(fields)
        request["kind"] = kind
        return self.engine.ask(request)

    def must(self, kind, **fields):
        """The decision on one request that has to be allowed."""
        decision = self.ask(kind, fields)
        if not decision.allowed:
            raise AssertionError(kind + " was refused: " + decision.reason)
        return decision

    def pass_time(self, seconds):
        """Let powered time pass; the engine steps at the next request."""
        self.engine.clock.tick(seconds)


def on_flash(root, partition, seed):
    """A device over a folder and a key partition."""
    files = Files(root)
    store = Store(files, partition, _SECRET, Random(seed))

    def save(region, numbers):
        floor.save(files, _SECRET, region, numbers)

    device = Device(store, lambda: floor.load(files, _SECRET), save, seed)
    device.files = files
    return device


# --- parties: everybody and every number is invented


def address(number):
    return "friend%02d@school.example" % number


def stranger(number):
    return "player%04d@game.example" % number


def phone(number):
    return "139%08d" % (1000 + number)


def _key(number):
    return sha256(b"contact %d" % number).digest()


def card(number):
    """The fields of a new contact."""
    return {"name": "同学%02d" % number, "address": address(number), "number": phone(number), "key": _key(number).hex()}


def agreement(number):
    """The fields by which the other side's guardian agrees."""
    return {"address": address(number), "mac": agreement_mac(_key(number), address(number)).hex()}


def message(number, counter, text):
    """The fields of a genuine message from a contact."""
    sender = address(number)
    mac = envelope_mac(_key(number), sender, counter, text).hex()
    return {"sender": sender, "counter": counter, "mac": mac, "text": text}


def foreign(number, text):
    """The fields of a message from somebody unknown."""
    return {"sender": stranger(number), "counter": 1, "mac": "00" * 16, "text": text}


# --- what a guardian does


def provider(day):
    """The fields of a record of who provides the assistant."""
    return {"name": "提供者", "filing": "备案-0001", "assessed": day, "expires": day + 300, "role": "knowledge"}


def verifier():
    """The fields of the guardian's two secrets."""
    stored = sha256(_CLIENT_KEY).digest().hex()
    return {"salt": "5a" * 16, "rounds": 4096, "stored_key": stored, "server_key": "5b" * 32, "pin": PIN}


def birth():
    """The fields of first set-up: a child of 12, who may have 50 contacts."""
    fields = verifier()
    fields.update(
        {
            "wall": WALL,
            "birth_year": 2014,
            "birth_month": 3,
            "profile": "cn-ccia",
            "language": "zh",
            "owner": "guardian one",
            "region": "cn",
            "numbers": ["13900000000", "13900000001"],
        }
    )
    return fields


def scram():
    """The fields of a proof of the passphrase (RFC 5802: ClientProof = ClientKey XOR HMAC(StoredKey, AuthMessage))."""
    signature = hmac_sha256(sha256(_CLIENT_KEY).digest(), _AUTH.encode())
    return {"channel": HOST, "auth": _AUTH, "proof": bytes([_CLIENT_KEY[i] ^ signature[i] for i in range(32)]).hex()}


def prove(device):
    """The guardian proves the passphrase on the paired host; good for five minutes."""
    device.must("credentials.scram", **scram())


def add(device, number, role="friend"):
    """A contact with both sides' agreement; the guardian has proved the passphrase."""
    device.must("contacts.add", role=role, channel=HOST, **card(number))
    if role == "friend":
        device.must("contacts.agreed", **agreement(number))


# --- the full state


def prepare(device):
    """Everything but a long journal: about 700 records."""
    device.engine.rebuild()
    device.must("administration.setup", **birth())
    prove(device)
    add(device, GUARDIAN, "guardian")
    for number in range(1, CONTACTS):
        add(device, number)
    device.must(
        "administration.policy",
        version=7,
        issuer="owner",
        expires=65000,
        channel=HOST,
        values=[
            ["contacts.unknown", 1],
            ["contacts.mode", 2],
            ["contacts.groups", 8],
            ["messages.keep_days", 20],
            ["blocking.decay_days", 365],
            ["administration.grant_minutes", 240],
        ],
    )
    for number in range(1, _GRADED + 1):
        for counter in (1, 2):
            device.must("messages.incoming", **message(number, counter, RUDE))
        device.pass_time(61)
    for number in range(ACCOUNTS - _GRADED):
        device.pass_time(301)
        device.must("blocking.press", place="contact", party=stranger(number))


def chat(device, records):
    """Messages until the journal has had so many records."""
    counter = device.store.main.seq
    while device.store.main.seq < records:
        counter += 1
        device.must("messages.incoming", **message(1 + counter % (CONTACTS - 1), counter, CALM))
        device.pass_time(10)


def deny(device, records):
    """Refusals until the newest segment of the denial ring has so many records."""
    while device.store.denials.count < records:
        device.pass_time(61)
        device.ask("calls.outgoing", {"number": "13700000000"})


def size(device):
    """What shows that the state is full."""
    rules = device.engine.rules
    graded = 0  # counted one by one: the list of their names would be the largest thing in the heap
    for number in range(ACCOUNTS):
        name = address(number + 1) if number < _GRADED else stranger(number - _GRADED)
        if rules["blocking"].grade(rules["contacts"].party(name).tag):
            graded += 1
    return {
        "contacts": len(rules["contacts"]),
        "graded": graded,
        "alerts": len(rules["alerts"]),
        "packages": len(rules["content_access"].packages()),
        "tampered": rules["administration"].tampered,
    }
