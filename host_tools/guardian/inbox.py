"""Alerts, calls for help, requests and positions of the watches that this computer is paired with.

They come through a broker that need not be trusted: what is shown was sealed under the pairing key, for this computer
(firmware/services/transport/envelopes.py). Each is written down here before the watch is told that it has arrived, and
only then does the watch let go of it; what a broker repeats, now or in a year, is shown no second time.
"""

import json
import os
import secrets
import shlex
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import paho.mqtt.client as mqtt

from firmware.policy.rules.approval import AI_MINUTES, PAYMENT, UNBLOCK
from firmware.services.transport.envelopes import HOST, WATCH, route, seal, unseal
from firmware.storage.crypto import Broken
from firmware.texts import text
from host_tools.console import NO_WATCH, Failure, moment
from host_tools.guardian.positions import FORGED, GENUINE, Reports
from host_tools.link.broker import Place, client
from host_tools.link.keys import Keys

_KEPT = 512  # ids a watch: more than it can have under way at any time
_HISTORY = 200  # entries that the page of --web shows again

_FIELDS = {
    "alert": ("id", "number", "count", "code", "party", "severity", "time"),
    "sos": ("id", "time"),
    "request": ("id", "request", "what", "value", "minutes", "detail"),
    "position": ("id", "counter", "part", "sealed"),
    "gone": ("since",),
}


class Entry(NamedTuple):
    """What a watch said: kind "alert", "sos", "request" (the child asks for an approval), "position" or "gone" (the
    broker lost it), and its fields by name. Of a position that could be opened: `proof`, as positions.py judges it, and
    its own fields."""

    watch: str
    kind: str
    fields: dict[str, Any]

    def words(self) -> str:
        """One line for a person."""
        fields = self.fields
        if self.kind == "alert":
            what = text("alert." + fields["code"], "en").replace("{count}", str(fields["count"]))
            return "%s  %s" % (moment(fields["time"]), what)
        if self.kind == "sos":
            return "%s  CALL FOR HELP" % moment(fields["time"])
        if self.kind == "request":
            return "The child asks for %s. To agree: ward approve %s --request %06d --send" % (
                *_asked(fields),
                fields["request"],
            )
        return _where(fields) if self.kind == "position" else "The watch has lost its connection."


def _asked(fields: dict[str, Any]) -> tuple[str, str]:
    """What a request is about, in words and as the words of `ward approve`."""
    what, value, detail = fields["what"], fields["value"], str(fields["detail"])
    if what == UNBLOCK:
        return "an end of the block of %s" % detail, "unblock %s" % shlex.quote(detail)
    if what == PAYMENT:
        payee = " --payee %s" % shlex.quote(detail) if detail else ""
        return "a payment of %d.%02d yuan" % divmod(value, 100), "payment %d.%02d%s" % (*divmod(value, 100), payee)
    if what == AI_MINUTES:
        return "%d more minutes with the assistant" % value, "ai-minutes %d" % value
    more = fields["minutes"]
    words = "%s = %d for %d minutes" % (detail, value, more)
    return words, "grant %s %d --minutes %d" % (shlex.quote(detail), value, more)


def _where(fields: dict[str, Any]) -> str:
    """A position in words."""
    if "proof" not in fields:
        return "A position has come; this computer has no key for it. Run: ward keys"
    if fields["word"] == "no_fix":
        place = "no position"
    else:
        place = "%.5f, %.5f to %d m" % (fields["lat"] / 100000, fields["lon"] / 100000, fields["accuracy"])
    doubt = "" if fields["proof"] == GENUINE else " (%s)" % fields["proof"]
    return "%s  %s, %s%s" % (moment(fields["time"]), place, fields["why"], doubt)


class Inbox:
    """What comes for some watches. keys: pairing keys by watch id (hexadecimal); seen: the file of ids that came;
    positions: keys that open positions, by watch id."""

    def __init__(self, keys: dict[str, bytes], seen: Path, positions: dict[str, bytes] | None = None) -> None:
        self._file = seen
        self._keys = keys
        self._routes = {route(key, HOST): (watch, key) for watch, key in keys.items()}
        self._kept: dict[str, Any] = {"seen": {}, "positions": {}}
        if seen.exists():
            self._kept = json.loads(seen.read_text(encoding="utf-8"))
        self._reports = {
            watch: Reports(key, tuple(self._kept["positions"].get(watch, (0, 0))))
            for watch, key in (positions or {}).items()
        }
        self.forged = 0  # what did not open

    @property
    def topics(self) -> list[str]:
        """Where to listen."""
        return [topic.decode() for topic in self._routes]

    def greetings(self) -> list[tuple[str, bytes]]:
        """(topic, payload) for each watch: a guardian is there now."""
        return [self._answer(key, ["here"]) for _, key in self._routes.values()]

    def take(self, topic: str, payload: bytes) -> tuple[Entry | None, tuple[str, bytes] | None]:
        """What came, if it is new and genuine, and the answer to send. When this returns, it is written down."""
        if topic.encode() not in self._routes:
            return None, None
        watch, key = self._routes[topic.encode()]
        try:
            kind, *values = unseal(key, topic.encode(), payload)
            fields = dict(zip(_FIELDS[kind], values, strict=False))
            ident = "gone%d" % fields["since"] if kind == "gone" else str(fields["id"])
            if kind == "position":
                self._open(watch, fields, values[len(_FIELDS[kind]) :])
            entry = Entry(watch, kind, fields)
            entry.words()  # with every field that it needs
        except (Broken, KeyError, TypeError, ValueError):
            self.forged += 1
            return None, None
        answer = None if kind == "gone" else self._answer(key, ["got", ident])
        seen = self._kept["seen"].setdefault(watch, [])
        if ident in seen:
            return None, answer
        seen.append(ident)
        del seen[:-_KEPT]
        if kind != "position":  # where a child was is not written down here
            history = self._kept.setdefault("history", [])
            history.append(list(entry))
            del history[:-_HISTORY]
        self._save()
        return entry, answer

    def history(self) -> list[Entry]:
        """What came before, oldest first, but for positions."""
        return [Entry(*row) for row in self._kept.get("history", [])]

    def _open(self, watch: str, fields: dict[str, Any], plain: list[Any]) -> None:
        """Judge and open a position's report. Broken if it is none of this watch's."""
        reports = self._reports.get(watch)
        if reports is None:
            return
        report = {"counter": fields["counter"], "part": fields["part"], "sealed": fields.pop("sealed")}
        if plain:
            report["fields"] = plain
        judged = reports.judge(report)
        if judged.what == FORGED:
            raise Broken("position")
        fields.update(judged.fields, proof=judged.what)
        self._kept["positions"][watch] = list(reports.last)

    def approval(self, watch: str, number: int, code: str) -> tuple[str, bytes]:
        """(topic, payload) that brings the code for a request to a watch."""
        return self._answer(self._keys[watch], ["approve", number, code])

    def _answer(self, key: bytes, items: list[Any]) -> tuple[str, bytes]:
        topic = route(key, WATCH)
        return topic.decode(), seal(key, topic, secrets.token_bytes, items)

    def _save(self) -> None:
        new = self._file.with_suffix(".new")
        new.unlink(missing_ok=True)
        with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            json.dump(self._kept, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, self._file)


class Connection:
    """A session at the broker that outlives this command: what comes meanwhile waits there.

    OSError if the broker cannot be reached or does not prove itself."""

    def __init__(self, inbox: Inbox, ident: str, place: Place, password: str = "") -> None:
        self._inbox = inbox
        self._show: Callable[[Entry], None] = lambda entry: None
        self._client = client(place, password, ident, clean=False)
        self._client.on_message = self._take
        self._client.on_connect = self._connected
        self._client.connect(place.host, place.port, keepalive=60)

    def run(self, show: Callable[[Entry], None], until: Callable[[], bool]) -> None:
        """Show what comes until it is enough."""
        self._show = show
        while not until():
            if self._client.loop(0.1) != mqtt.MQTT_ERR_SUCCESS:
                time.sleep(1)
                self._client.reconnect()

    def approve(self, watch: str, number: int, code: str) -> None:
        """Send the code for a watch's request."""
        self._client.publish(*self._inbox.approval(watch, number, code), 1)

    def close(self) -> None:
        """Leave; the session stays."""
        self._client.disconnect()

    def _connected(self, client: mqtt.Client, data: Any, flags: Any, reason: Any, properties: Any) -> None:
        if reason.is_failure:
            raise OSError("the broker refused: %s" % reason)
        client.subscribe([(topic, 1) for topic in self._inbox.topics])
        for topic, payload in self._inbox.greetings():
            client.publish(topic, payload, 1)

    def _take(self, client: mqtt.Client, data: Any, message: mqtt.MQTTMessage) -> None:
        entry, answer = self._inbox.take(message.topic, message.payload)
        if entry:
            self._show(entry)
        if answer:
            client.publish(*answer, 1)


def paired(keys: Keys) -> dict[str, bytes]:
    """The pairing keys of all watches of this computer. Failure if there is none."""
    found = {watch.hex(): key for watch in keys.watches() if (key := keys.key(watch))}
    if not found:
        raise Failure("This computer is paired with no watch. Run: ward setup", NO_WATCH)
    return found
