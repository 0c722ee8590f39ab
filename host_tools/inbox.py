"""`ward inbox`: alerts, calls for help and positions' arrival from the watches that this computer is paired with.

They come through a broker that need not be trusted: what is shown was sealed under the pairing key, for this computer
(firmware/services/transport/envelopes.py). Each is written down here before the watch is told that it has arrived, and
only then does the watch let go of it; what a broker repeats, now or in a year, is shown no second time.
"""

import json
import os
import secrets
import ssl
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import click
import paho.mqtt.client as mqtt

from firmware.services.transport.envelopes import HOST, WATCH, route, seal, unseal
from firmware.storage.crypto import Broken
from firmware.texts import text
from host_tools.console import NO_WATCH, Failure, Result, moment, say
from host_tools.keys import Keys

_KEPT = 512  # ids a watch: more than it can have under way at any time

_FIELDS = {
    "alert": ("id", "number", "count", "code", "party", "severity", "time"),
    "sos": ("id", "time"),
    "position": ("id", "counter", "part", "sealed"),
    "gone": ("since",),
}


class Entry(NamedTuple):
    """What a watch said: kind "alert", "sos", "position" or "gone" (the broker lost it), and its fields by name."""

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
        return "A position has come." if self.kind == "position" else "The watch has lost its connection."


class Inbox:
    """What comes for some watches. keys: pairing keys by watch id (hexadecimal); seen: the file of ids that came."""

    def __init__(self, keys: dict[str, bytes], seen: Path) -> None:
        self._file = seen
        self._routes = {route(key, HOST): (watch, key) for watch, key in keys.items()}
        self._seen: dict[str, list[str]] = {}
        if seen.exists():
            self._seen = json.loads(seen.read_text(encoding="utf-8"))
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
            entry = Entry(watch, kind, fields)
            entry.words()  # with every field that it needs
        except (Broken, KeyError, TypeError, ValueError):
            self.forged += 1
            return None, None
        answer = None if kind == "gone" else self._answer(key, ["got", ident])
        seen = self._seen.setdefault(watch, [])
        if ident in seen:
            return None, answer
        seen.append(ident)
        del seen[:-_KEPT]
        self._save()
        return entry, answer

    def _answer(self, key: bytes, items: list[Any]) -> tuple[str, bytes]:
        topic = route(key, WATCH)
        return topic.decode(), seal(key, topic, secrets.token_bytes, items)

    def _save(self) -> None:
        new = self._file.with_suffix(".new")
        new.unlink(missing_ok=True)
        with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            json.dump(self._seen, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, self._file)


class Connection:
    """A session at the broker that outlives this command: what comes meanwhile waits there.

    authority: PEM file of the one authority that counts. OSError if the broker cannot be reached or proves nothing."""

    def __init__(self, inbox: Inbox, client: str, address: tuple[str, int], authority: str, name: str) -> None:
        self._inbox = inbox
        self._show: Callable[[Entry], None] = lambda entry: None
        self._client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client, clean_session=False)
        self._client.on_message = self._take
        self._client.on_connect = self._connected
        context = ssl.create_default_context(cafile=authority)
        self._client.tls_set_context(_Named(context, name) if name else context)  # type: ignore[arg-type]
        self._client.connect(*address, keepalive=60)

    def run(self, show: Callable[[Entry], None], until: Callable[[], bool]) -> None:
        """Show what comes until it is enough."""
        self._show = show
        while not until():
            if self._client.loop(0.1) != mqtt.MQTT_ERR_SUCCESS:
                time.sleep(1)
                self._client.reconnect()

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


class _Named:
    """An SSLContext that expects a certificate for `name`, wherever it connects to."""

    def __init__(self, context: ssl.SSLContext, name: str) -> None:
        self._context = context
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        return getattr(self._context, attribute)

    def wrap_socket(self, sock: Any, server_hostname: str = "", **options: Any) -> ssl.SSLSocket:
        return self._context.wrap_socket(sock, server_hostname=self._name, **options)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--broker", required=True, metavar="HOST:PORT", help="The broker that the watches use.")
@click.option("--authority", required=True, type=click.Path(exists=True), help="PEM file of its one authority.")
@click.option("--name", default="", help="The name in its certificate, if HOST is an address.")
@click.option("--seconds", default=0, type=click.IntRange(0), help="End after so long; 0: with Ctrl-C.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def inbox(broker: str, authority: str, name: str, seconds: int, as_json: bool) -> None:
    """Show alerts and calls for help as they come over the network, and those that waited."""
    keys = Keys()
    paired = {watch.hex(): key for watch in keys.watches() if (key := keys.key(watch))}
    if not paired:
        raise Failure("This computer is paired with no watch. Run: ward setup", NO_WATCH)
    host, _, port = broker.rpartition(":")
    if not port.isdigit():
        raise Failure("--broker needs a host and a port, such as broker.example:8883")
    box = Inbox(paired, keys.folder / "inbox.json")
    until = time.monotonic() + seconds if seconds else None

    def show(entry: Entry) -> None:
        Result({"watch": entry.watch, "kind": entry.kind, **entry.fields}, entry.watch + "  " + entry.words()).write(
            as_json
        )

    try:
        connection = Connection(box, "ward-" + keys.host.hex(), (host, int(port)), authority, name)
        try:
            connection.run(show, lambda: until is not None and time.monotonic() >= until)
        finally:
            connection.close()
    except KeyboardInterrupt:
        pass
    except OSError as error:
        raise Failure("No connection to %s: %s." % (broker, error), NO_WATCH) from error
    if box.forged:
        say("%d messages did not open and were dropped: nobody with a pairing key made them." % box.forged)
