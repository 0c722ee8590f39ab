"""What a fuzzer says to the watch: three kinds of frames, made from a seeded source of chance.

noise     does not arrive as a frame: cut off, flipped, too long, a wrong checksum, plain garbage
stranger  arrives, and was sealed by nobody who may: JSON of all sorts, sealed frames that are old, foreign or changed
session   arrives sealed by a paired host, with parameters that are good, nearly good or absurd
"""

import json
from random import Random
from typing import Any

import simulator  # noqa: F401  makes the firmware importable
from firmware.link import methods
from firmware.link.frames import LIMIT, frame
from firmware.policy.request import forms
from firmware.policy.resident import RULES
from firmware.policy.settings import Settings
from tests.good_requests import good_value

LINK = ("link.hello", "link.open", "link.code", "link.pair")
LOGIN = ("login.first", "login.final")
METHODS = (*LINK, *LOGIN, *methods.IN_HAND, *methods.ACTS.split(), *methods.READS)

_SLOW = (*LINK[2:], "credentials.recover", "credentials.renew", "administration.setup", "administration.wipe")
_MOST = 2990  # bytes of a body that still fits into a frame when it is sealed
_NUMBERS = (0, 1, 2, 3, 5, 12, 60, 255, 256, 1440, 65535, 65536, 2**30 - 1, 2**30, 2**31, 2**63, 10**30, -1, -(2**31))
_TEXTS = ("", "x", "lin", "ming", "owner", "oma", "host", "keypad", "messages", "ai", "en", "长" * 40, "\x00", "\x1e",
          "a" * 3000, "é🐛", "'\"\\", "contacts.cap", "usage.daily_minutes")  # fmt: skip
_BYTES = (b"[" * 200, b"{" * 50, b'"', b"\\ud800", b"\\u0000", b"1e999", b"~", b"\xff")
# Where one good value would leave most of the code unreached.
_LIKELY: dict[str, tuple[Any, ...]] = {
    "reader": ("guardian",),
    "exit": ("cable", "export"),
    "what": ("message", "evidence", "chat", "messages"),
    "name": ("oma", "opa", "Lin", "desk"),
    "user": ("owner", "oma", "mum"),
    "role": ("owner", "carer", "viewer", "friend", "guardian"),
    "address": ("lin", "ming"),
    "party": ("lin", "ming"),
    "purpose": ("ai", "location", "payments", "voice"),
    "host": ("00" * 8, "01" * 8, "02" * 8, "03" * 8, "04" * 8, b"fuzzhost".hex()),
    "band": (0, 1, 2),
}
_ODD: tuple[Any, ...] = (None, True, False, [], {}, [[]], {"a": {}}, 1.5, -0.0, 1e308, [None] * 70, ["x"] * 65)


def fields_of(rules: dict[str, Any]) -> dict[str, list[tuple[str, str, int]]]:
    """The fields of every act by its name; of the other methods what they read."""
    found: dict[str, list[tuple[str, str, int]]] = {}
    for method in [*methods.ACTS.split(), "credentials.recover"]:
        name, _, verb = method.partition(".")
        found[method] = [field for field in forms(rules[name].FORMS)[verb] if not field[0].startswith("channel")]
    found["hosts.keep"] = [("name", "s", 32)]
    found["link.hello"] = [("host", "h", 8), ("nonce", "h", 16)]
    found["link.open"] = [("proof", "h", 16)]
    found["link.pair"] = [("host", "h", 8), ("nonce", "h", 16), ("public", "h", 256), ("proof", "h", 16)]
    found["login.first"] = [("user", "s", 32), ("nonce", "s", 64)]
    found["login.final"] = [("proof", "h", 32)]
    for method in methods.READS:
        found[method] = [("after" if method == "log.read" else "from?", "i", 100)]
    return found


class Frames:
    """Makes bodies and lines. chance: what decides; fields: as fields_of gives them."""

    def __init__(self, chance: Random, fields: dict[str, list[tuple[str, str, int]]]) -> None:
        self._chance = chance
        self._fields = fields
        self._keys = Settings().keys()
        self.heard: list[bytes] = []  # bodies that went over the line before, both ways
        self.number = 0

    # --- requests

    def request(self, method: str = "") -> bytes:
        """The body of a request, well-formed or nearly so."""
        chance = self._chance
        self.number += 1
        if not method:
            method = chance.choice(METHODS)
            if method in _SLOW and chance.random() < 0.97:
                method = chance.choice(METHODS[4:])
        request: dict[str, Any] = {
            "jsonrpc": "2.0",
            "id": self.number,
            "method": method,
            "params": self._params(method),
        }
        if chance.random() < 0.06:
            self._spoil(request)
        body = json.dumps(request, ensure_ascii=chance.random() < 0.1, separators=(",", ":")).encode("utf-8", "replace")
        if chance.random() < 0.06:
            body = self.changed(body)
        return body[:_MOST].replace(b"\n", b" ").replace(b"\x1e", b" ")

    def _params(self, method: str) -> dict[str, Any]:
        chance = self._chance
        params = {}
        for name, form, limit in self._fields.get(method, ()):
            optional = name.endswith("?")
            name = name.rstrip("?")
            if chance.random() < (0.5 if optional else 0.02):
                continue
            lot = chance.random()
            if lot < 0.70:
                params[name] = self._good(method, name, form, limit)
            elif lot < 0.95:
                params[name] = self._near(form, limit)
            else:
                params[name] = chance.choice((*_ODD, *_TEXTS, *_NUMBERS))
        if chance.random() < 0.03:
            params[chance.choice(("kind", "channel", "extra", "", "from", "长"))] = self._near("s", 8)
        return params

    def _good(self, method: str, name: str, form: str, limit: int) -> Any:
        chance = self._chance
        if name == "values":
            keys = [chance.choice(self._keys) for _ in range(chance.randrange(4))]
            return [[key, chance.choice(_NUMBERS[:10])] for key in keys]
        if name == "key" and form == "s":
            return chance.choice(self._keys)
        if name in ("id", "from", "after", "version", "day") and form == "i":
            return chance.randrange(12)
        if name in _LIKELY and chance.random() < 0.8:
            return chance.choice(_LIKELY[name])
        return good_value(method, name, form, limit)

    def _near(self, form: str, limit: int) -> Any:
        """A value of the right type or nearly so: at the borders, or beyond them."""
        chance = self._chance
        if form in "iz":
            return chance.choice((limit, limit + 1, limit - 1, -limit, chance.choice(_NUMBERS)))
        if form == "s":
            return chance.choice(
                (chance.choice(_TEXTS), "y" * limit, "z" * (limit + 1), chr(chance.randrange(1, 0xD800)))
            )
        if form == "h":
            size = 2 * limit + chance.choice((0, 0, 0, 1, -1, 2))
            return "".join(chance.choice("0123456789abcdef") for _ in range(size))
        if form == "b":
            return chance.choice((True, False, 0, 1, "true"))
        return [chance.choice((*_ODD, *_TEXTS, *_NUMBERS)) for _ in range(chance.choice((1, 2, limit % 100, 65)))]

    def _spoil(self, request: dict[str, Any]) -> None:
        """Break the envelope of a request."""
        chance = self._chance
        name = chance.choice(("jsonrpc", "id", "method", "params"))
        if chance.random() < 0.4:
            del request[name]
        else:
            request[name] = chance.choice((*_ODD, *_TEXTS, *_NUMBERS))

    def changed(self, data: bytes) -> bytes:
        """The bytes with a few changes: flipped, cut out, doubled, put in."""
        chance, out = self._chance, bytearray(data)
        for _ in range(chance.choice((1, 1, 1, 2, 8))):
            at = chance.randrange(len(out) + 1)
            what = chance.randrange(5)
            if what == 0 and at < len(out):
                out[at] ^= 1 << chance.randrange(8)
            elif what == 1:
                del out[at : at + chance.choice((1, 1, 2, 40))]
            elif what == 2:
                out[at:at] = out[at : at + chance.choice((1, 4, 60))]
            elif what == 3:
                out[at:at] = bytes(chance.randrange(256) for _ in range(chance.choice((1, 3))))
            else:
                out[at:at] = chance.choice(
                    (b"[" * 200, b"{" * 50, b'"', b"\\ud800", b"\\u0000", b"1e999", b"~", b"\xff")
                )
        return bytes(out)

    # --- lines

    def noise(self) -> bytes:
        """A line that must not arrive as a frame."""
        chance = self._chance
        what = chance.randrange(6)
        good = frame(self._fit(self._old() if chance.random() < 0.5 else self.request()))
        short = len(good) - 9  # what garbage may follow must not happen to be the rest
        if what == 0:  # cut off
            return good[: chance.randrange(max(short, 1))]
        if what == 1:  # a flipped bit behind RS: the checksum no longer fits
            at = chance.randrange(1, len(good) - 1)
            return good[:at] + bytes([good[at] ^ 1 << chance.randrange(8)]) + good[at + 1 :]
        if what == 2:  # another checksum
            return good[:1] + b"%08x" % chance.getrandbits(32) + good[9:]
        if what == 3:  # without end, or much too long
            return good[:-1] + b"x" * chance.choice((1, 100, LIMIT, 3 * LIMIT))
        if what == 4:  # one begins inside another
            at = chance.randrange(1, max(short, 2))
            return good[:at] + good[: chance.randrange(max(short, 1))]
        return bytes(chance.randrange(256) for _ in range(chance.choice((1, 20, 300)))).replace(b"\x1e", b"")

    def stranger(self) -> bytes:
        """The body of a frame that arrives and opens nothing."""
        chance = self._chance
        what = chance.randrange(8)
        if what < 3:
            return self._fit(self.request(chance.choice(LINK) if what == 0 and chance.random() < 0.1 else ""))
        if what == 3:
            return self._fit(bytes(chance.randrange(256) for _ in range(chance.choice((0, 1, 8, 200)))))
        if what == 4:
            return self._fit(b"~" + self.changed(self._old()))
        if what == 5:
            return self._fit(self._old())  # the very same frame again, whoever said it
        if what == 6:
            return self._fit(self.changed(self._old()))
        return self._fit(self.request(chance.choice(("link.hello", "link.open", "login.first", "status.read"))))

    def _old(self) -> bytes:
        return self._chance.choice(self.heard) if self.heard else self.request()

    @staticmethod
    def _fit(body: bytes) -> bytes:
        return body[: LIMIT - 8].replace(b"\n", b" ").replace(b"\x1e", b" ")


def all_rules() -> dict[str, Any]:
    """The rules' classes by name, for their forms."""
    from firmware.policy import resting

    return {rule.name: rule for rule in (*RULES, *(resting._load(name) for name in resting.NAMES))}
