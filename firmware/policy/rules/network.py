"""Where this watch may connect to: Wi-Fi networks and endpoints that a guardian has set, and nothing else (requirements
B7, B12, A22).

There is one endpoint for messages (an MQTT broker) and one for the assistant. Each is a host, a port, the name in its
certificate and the one authority that counts. Without an authority there is no connection, but for the watch's own
loopback, where a simulated watch meets a server on the same computer: what goes there leaves nothing.

A guardian's proof is needed to close one, too: alerts leave by it.
"""

import json
from binascii import a2b_base64, b2a_base64

from micropython import const

from firmware.policy.clock import SET
from firmware.policy.decision import BadRequest, allow, event
from firmware.policy.request import choice
from firmware.policy.rule import Rule, stopped
from firmware.storage.journal import encode

_NOT_LISTED = const("network.not_listed")
_NONE = const("network.none")
_RESTS = const("network.rests")
_TOO_MANY = const("network.too_many")
_UNKNOWN = const("network.unknown")

MESSAGES = "messages"
ASSISTANT = "assistant"
PURPOSES = (MESSAGES, ASSISTANT)

# Why the radio should be on; help and alerts do not wait for the end of the night.
CHECK = "check"
WANTED = "wanted"
ALERT = "alert"
SOS = "sos"
WHY = (CHECK, WANTED, ALERT, SOS)

CAP = const(4)  # networks
_LOOPBACK = "127.0.0.1"
_LEAST = const(8)  # characters of a WPA2 passphrase (IEEE 802.11, annex J.4.1)
_SSID = const(32)  # bytes


class Network(Rule):
    """networks: [[name, passphrase], ...], the newest first. endpoints: [[purpose, host, port, name in the certificate,
    authority's certificate in base64 of DER, account, secret, path], ...]."""

    name = "network"
    FORMS = """
wifi name=s32 password=s63 channel?=s8
forget name=s32 channel?=s8
endpoint purpose=s9 host=s64 port=i65535 name=s64 authority=s2400 account=s64 secret=s200 path=s96 channel?=s8
close purpose=s9 channel?=s8
radio why=s6
connect purpose=s9 host=s64 port=i65535
"""

    def __init__(self, context):
        super().__init__(context)
        self._credentials = context.rules["credentials"]
        self.networks: list = []
        self.endpoints: list = []

    def endpoint(self, purpose):
        """[purpose, host, port, ...] as above, or None."""
        for entry in self.endpoints:
            if entry[0] == purpose:
                return entry
        return None

    def decide(self, verb, request):
        if verb == "radio":
            return self._radio(choice(request, "why", WHY))
        if verb == "connect":
            return self._connect(request)
        if verb == "endpoint":
            private = self._checked(request)
        elif verb == "wifi":
            private = _network(request)
        elif verb == "close":
            choice(request, "purpose", PURPOSES)
        if not self._credentials.proved(request):
            return self._credentials.refusal()
        if verb == "endpoint":
            return allow([event("network.opened", request["purpose"], private=private)])
        if verb == "close":
            known = self.endpoint(request["purpose"])
            return allow([event("network.closed", request["purpose"])]) if known else stopped(_UNKNOWN)
        known = request["name"] in [name for name, _ in self.networks]
        if verb == "forget":
            forgotten = event("network.forgotten", private=encode([request["name"]]))
            return allow([forgotten]) if known else stopped(_UNKNOWN)
        if not known and len(self.networks) >= CAP:
            return stopped(_TOO_MANY)
        return allow([event("network.known", private=private)])

    def _checked(self, request):
        """What is sealed of an endpoint. BadRequest unless it can prove itself, or is the loopback."""
        choice(request, "purpose", PURPOSES)
        for name in ("host", "name", "account", "secret", "path"):
            data = request[name].encode()
            if data and (min(data) <= 32 or max(data) > 126):  # they stand in the head of an HTTP request
                raise BadRequest(name, "must be plain ASCII without spaces")
        if not request["host"] or not request["port"]:
            raise BadRequest("host", "and port are needed")
        if request["authority"] and not (_is_certificate(request["authority"]) and request["name"]):
            raise BadRequest("authority", "must be a certificate in base64 of DER, with the name in the server's")
        if not request["authority"] and request["host"] != _LOOPBACK:
            raise BadRequest("authority", "is needed: no connection goes without TLS")
        if request["path"][:1] not in ("", "/"):
            raise BadRequest("path", "must begin with /")
        names = ("host", "port", "name", "authority", "account", "secret", "path")
        return encode([request[name] for name in names])

    def _radio(self, why):
        """May the radio be on? Allowed with what it may join."""
        if not self.networks or not self.endpoints:
            return stopped(_NONE)
        context = self.context
        clock, settings = context.clock, context.settings
        begin, end = settings["network.off_from"], settings["network.off_to"]
        if clock.trust == SET and why in (CHECK, WANTED) and begin != end:
            minute = (clock.wall // 60 + clock.zone) % 1440
            if (minute - begin) % 1440 < (end - begin) % 1440:
                return stopped(_RESTS, wait=(end - minute) % 1440 * 60 - clock.wall % 60)
        decision = allow()
        decision.details = self.networks
        return decision

    def _connect(self, request):
        """The one door out. Allowed with [name in the certificate, authority in DER]."""
        purpose = choice(request, "purpose", PURPOSES)
        entry = self.endpoint(purpose)
        if entry is None or entry[1:3] != [request["host"], request["port"]]:
            return stopped(_NOT_LISTED, purpose)
        decision = allow()
        decision.details = [entry[3], a2b_base64(entry[4])]
        return decision

    # --- state

    def apply(self, verb, record):
        if verb == "known":
            entry = json.loads(record.private)
            self.networks = [entry] + [other for other in self.networks if other[0] != entry[0]]
        elif verb == "forgotten":
            name = json.loads(record.private)[0]
            self.networks = [other for other in self.networks if other[0] != name]
        else:
            purpose = record.fields[0]
            self.endpoints = [entry for entry in self.endpoints if entry[0] != purpose]
            if verb == "opened":
                self.endpoints.append([purpose] + json.loads(record.private))

    def snapshot(self):
        values: list = [len(self.networks)]
        for entry in self.networks + self.endpoints:
            values += entry
        return encode(values) if self.networks or self.endpoints else b""

    def restore(self, blob):
        values = json.loads(blob)
        at = 1 + 2 * values[0]
        self.networks = [values[start : start + 2] for start in range(1, at, 2)]
        self.endpoints = [values[start : start + 8] for start in range(at, len(values), 8)]


def _is_certificate(text):
    """Whether this is base64 of a DER sequence, in the one way of writing it."""
    try:
        data = a2b_base64(text)
    except ValueError:
        return False
    return data[:1] == b"\x30" and b2a_base64(data).strip() == text.encode()


def _network(request):
    """What is sealed of a Wi-Fi network."""
    if not 1 <= len(request["name"].encode()) <= _SSID:
        raise BadRequest("name", "must have 1 to 32 bytes")
    if len(request["password"]) < _LEAST:
        raise BadRequest("password", "must have 8 to 63 characters: open networks are not joined")
    return encode([request["name"], request["password"]])


RULE = Network
