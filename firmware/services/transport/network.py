"""The carrier over Wi-Fi: sealed envelopes through a broker that nobody needs to trust (requirements B7, B12, F24).

A watch that has neither contacts nor paired hosts connects to nothing. Where it listens is one routing id for each
contact and host, so what comes says by its place whose it must be. What does not open there is counted as a refusal
and is nobody's message: a broker can withhold, delay and repeat, and can neither speak as somebody nor mark anybody.
"""

from micropython import const

from firmware.policy.resting import copy_of
from firmware.services.transport import envelopes, mqtt
from firmware.storage.crypto import Broken

_CAP = const(8)  # things on their way out
_FORGET = const(150)  # seconds after which what nobody asks for any more is dropped,
_TAKEN_BACK = const(5)  # and of a message, whose receiver may just have been blocked
_AGAIN = const(60)  # seconds until a guardian's device is told again, doubled each time
_LONGEST = const(3600)
_LONGEST_HELLO = const(240)
_CONFIRMED = const(16)
_SETTLE = const(20)  # seconds after which a broker that is still there has written down what it has acknowledged
_LOOK = const(30)  # seconds between two looks for new contacts and hosts


class _Item:
    """One thing on its way: to one contact, or to every paired host."""

    def __init__(self, ident, body, routes, now):
        self.ident = ident
        self.body = body
        self.routes = routes  # of whom it is for
        self.left = list(routes)  # to whom it has to go out now
        self.due = self.asked = now
        self.delay = _AGAIN
        self.patience = _TAKEN_BACK if body[0] in ("message", "here") else _FORGET


class NetworkCarrier:
    """engine, store; own: this watch's address; random(n) -> n bytes; client(last_words) -> mqtt.Client."""

    name = "mqtt"

    def __init__(self, engine, store, own, random, client):
        self._engine = engine
        self._store = store
        self._own = own
        self._random = random
        self._client = client(self._last_words)
        self._items = []
        self._going: list = []  # the item whose message is on its way
        self._young: list = []  # [body, routes, since, connection] of messages that the broker has taken just now
        self._confirmed = []  # ids that a guardian's device has, or the broker for a contact
        self._listening: list = []  # addresses of contacts whose watches have been heard since the start
        self._routes: dict = {}  # topic where it comes in: (address or "", key, topic of the other direction)
        self._known = b""  # whom `_routes` was made for
        self._seen = -1  # number of the journal's last record then
        self._look_at = 0
        self._news = 0
        self._acknowledged = 0
        self._now = 0

    @property
    def state(self):
        """As the contract says."""
        return self._client.state

    @property
    def changes(self):
        """As the contract says."""
        return self._client.connections + self._news

    def close(self):
        """Leave the broker in peace: the radio goes off. What waits stays."""
        if self._client.state != mqtt.OFF:
            self._client.close()

    # --- time

    def step(self, now):
        """One turn; nothing here waits."""
        self._now = now
        self._look(now)
        if not self._routes:
            self.close()
            return None
        due = self._client.step(now)
        self._items = [item for item in self._items if now - item.asked < item.patience]
        self._after_sending()
        self._settle()
        return now if self._publish(now) else due

    def _look(self, now):
        """Listen for whoever is a contact or a paired host by now."""
        if self._store.main.seq == self._seen or (now < self._look_at and self._routes):
            return
        self._seen, self._look_at = self._store.main.seq, now + _LOOK
        contacts = self._engine.rules["contacts"]
        rows = [row for row in range(len(contacts)) if contacts.address(row)]
        hosts = copy_of(self._engine.rules["hosts"]).table
        known = b"".join([contacts.key(row) for row in rows]) + hosts.dump()
        if known == self._known:
            return
        self._known = known
        self._routes = {}
        for row in rows:
            self._add(contacts.address(row), contacts.key(row), self._own)
        for row in range(len(hosts)):
            self._add("", hosts.field(row, 0, 32), envelopes.WATCH)
        self._client.topics = tuple(self._routes)
        self._client.renew()

    def _add(self, address, key, own):
        self._routes[envelopes.route(key, own)] = address, key, envelopes.route(key, address or envelopes.HOST)

    # --- out

    def send(self, envelope):
        """As the contract says: True once the broker has it. A broker throws away what nobody has subscribed to, so a
        contact's watch that was never heard is greeted first, and gets nothing until it answers."""
        routes = [route for route in self._routes.values() if route[0] and route[0] == envelope["to"]]
        contacts = self._engine.rules["contacts"]
        heard = envelope["to"] in self._listening or contacts.came_before(contacts.party(envelope["to"]).row, 1)
        if not heard:
            return self._offer("h" + envelope["to"], ["hello"], routes)
        body = ["message", envelope["counter"], envelope["mac"], envelope["text"]]
        return self._offer(envelope["mac"], body, routes)

    def send_alert(self, alert):
        """As the contract says. What was counted since it went out makes it another one."""
        ident = "a%d.%d" % (alert["number"], alert["count"])
        body = ["alert", ident] + [alert[name] for name in ("number", "count", "code", "party", "severity", "time")]
        return self._offer(ident, body, self._hosts())

    def send_position(self, report):
        """As the contract says."""
        ident = "p%d.%d" % (report["counter"], report["part"])
        body = ["position", ident, report["counter"], report["part"], report.get("sealed", "")]
        return self._offer(ident, body + report.get("fields", []), self._hosts())

    def send_request(self, request):
        """As the contract says."""
        ident = "q%d" % request["request"]
        body = ["request", ident] + [request[name] for name in ("request", "what", "value", "minutes", "detail")]
        return self._offer(ident, body, self._hosts())

    def send_sos(self, sos):
        """As the contract says. One call for help has one id, however often it is tried."""
        for item in self._items:
            if item.body[0] == "sos":
                return self._offer(item.ident, item.body, item.routes)
        ident = "s" + self._random(4).hex()
        return self._offer(ident, ["sos", ident, sos["time"]], self._hosts())

    def _hosts(self):
        return [route for route in self._routes.values() if not route[0]]

    def _offer(self, ident, body, routes):
        """True once it is confirmed; else it is on its way, or there is no room or nobody to send it to."""
        if ident in self._confirmed:
            self._confirmed.remove(ident)
            self._items = [item for item in self._items if item.ident != ident]
            return True
        for item in self._items:
            if item.ident == ident:
                item.asked = self._now
                return False
        if routes and (len(self._items) < _CAP or body[0] == "sos"):
            item = _Item(ident, body, routes, self._now)
            if body[0] == "sos":
                self._items = [item] + self._items[: _CAP - 1]  # help waits for nothing else
            else:
                self._items.append(item)
            self._publish(self._now)
        return False

    def _publish(self, now):
        """Hand the next thing to the client; True if it took one."""
        if self._client.busy or self._client.state != mqtt.ONLINE:
            return False
        for item in self._items:
            if not item.left and now >= item.due and item.ident not in self._confirmed:
                item.left = list(item.routes)
            if item.left:
                _, key, topic = item.left.pop(0)
                self._going = [item]
                return self._client.publish(topic, envelopes.seal(key, topic, self._random, item.body))
        return False

    def _after_sending(self):
        """The broker has taken what was on its way: for a contact that is all, a guardian's device must say so."""
        if self._client.acknowledged == self._acknowledged:
            return
        self._acknowledged = self._client.acknowledged
        item = self._going.pop()
        if item.body[0] == "message":
            young = [item.body, item.routes, self._now, self._client.connections]
            self._young = self._young[1 - _CAP :] + [young]
        if not item.ident:  # its patience may have ended meanwhile
            self._items = [other for other in self._items if other is not item]
        elif item.body[0] in ("message", "here"):
            self._confirm(item.ident)
        elif not item.left:
            item.due = self._now + item.delay
            item.delay = min(item.delay * 2, _LONGEST_HELLO if item.body[0] == "hello" else _LONGEST)

    def _settle(self):
        """A broker that dies right after its acknowledgement may have forgotten the message: what it took less than a
        moment before the connection broke goes out again. Its counter makes a second one harmless."""
        if self._client.state != mqtt.ONLINE:
            return
        young, self._young = self._young, []
        for body, routes, since, connection in young:
            if connection != self._client.connections:
                item = _Item("", body, routes, self._now)
                item.patience = _FORGET
                self._items.append(item)
            elif self._now - since < _SETTLE:
                self._young.append([body, routes, since, connection])

    def _confirm(self, ident):
        for item in self._items:
            if item.ident == ident and ident not in self._confirmed:
                item.left = []
                self._confirmed = self._confirmed[1 - _CONFIRMED :] + [ident]
                self._news += 1

    def _last_words(self):
        for _, key, topic in self._hosts():
            return topic, envelopes.seal(key, topic, self._random, ["gone", self._now])
        return b"", b""

    # --- in

    def poll(self):
        """As the contract says. What is for this carrier alone, came before, or does not open, is done with here."""
        if self._client.message is not None:
            topic, payload = self._client.message
            envelope = self._opened(topic, payload)
            if envelope is not None:
                return envelope
            self._client.done()
        return None

    def done(self):
        """As the contract says."""
        self._client.done()

    def _opened(self, topic, payload):
        if topic not in self._routes:
            self._client.leave(topic)  # a contact or host of earlier days
            return None
        address, key, _ = self._routes[topic]
        try:
            items = envelopes.unseal(key, topic, payload)
            return self._from_contact(address, items) if address else self._from_host(items)
        except (Broken, IndexError, TypeError):
            self._engine.ask({"kind": "hosts.refused", "what": "envelope"})
            return None

    def _from_contact(self, address, items):
        self._hears(address, items[0] == "hello")
        kind, counter, mac = items[:3] if len(items) > 2 else ("", 0, "")
        if kind == "locate":
            return {"locate": True, "sender": address, "counter": counter, "mac": mac}
        contacts = self._engine.rules["contacts"]
        if kind != "message" or contacts.came_before(contacts.party(address).row, counter):
            return None  # a broker may deliver twice what counts once
        envelope = {"sender": address, "counter": counter, "mac": mac, "text": items[3]}
        if len(items) > 4:
            envelope["group"] = items[4]
        return envelope

    def _hears(self, address, asks):
        """Something of this contact has come, so its watch listens. The answer to a greeting is the same for all."""
        if address not in self._listening:
            self._listening.append(address)
            self._items = [item for item in self._items if item.ident != "h" + address]
            self._news += 1
        if asks:
            self._offer("r" + address, ["here"], [route for route in self._routes.values() if route[0] == address])

    def _from_host(self, items):
        if items[0] == "got":
            self._confirm(items[1])
        elif items[0] == "here":
            for item in self._items:
                item.due, item.delay = self._now, _AGAIN
            self._news += 1
        elif items[0] == "approve":
            return {"approve": items[1], "code": items[2]}
        return None
