"""The radio: when it is on, which network it joins, and the carrier that goes over it (requirements B12, D3).

It is off unless something needs it: a message, alert or position that waits, a call for help, a talk with the
assistant, a child who looks at the watch, or the time to look for what has come. Whether it may be on at all is the
rule's to say (`network.radio`). It stays on for half a minute after the last need. The code for a network is on the
heap only of a watch that has somewhere to connect to.
"""

from micropython import const

from firmware.policy.resting import copy_of
from firmware.services.transport.nobody import Nobody

_ONLINE = const("online")
_JOINED = const("joined")
_OFF = const("off")
_MESSAGES = const("messages")

# Why it should be on, by rising weight: the words of policy/rules/network.py.
_WHY = ("check", "wanted", "alert", "sos")

_LINGER = const(30)  # seconds after the last need
_PATIENCE = const(20)  # seconds for joining one network
_ASK = const(60)  # seconds between two questions whether it may be on
_FIRST_PAUSE = const(15)  # after a try that reached nobody, doubled each time
_LONGEST_PAUSE = const(900)
_PAUSES = (_LONGEST_PAUSE, _LONGEST_PAUSE, 60, 5)  # at most, by what waits


class Wireless:
    """A carrier as the contract says. radio: join(name, password), state ("off", "joining", "joined", "failed") and
    leave(), as in drivers/wifi.py; own: this watch's address; client: its id for a broker, which names nobody;
    random(n) -> bytes."""

    name = "wifi"

    def __init__(self, engine, store, radio, own, client, random):
        self._engine = engine
        self._store = store
        self._radio = radio
        radio.leave()  # in case it is not new
        self._own = own
        self._client = client
        self._random = random
        self._carrier = Nobody()
        self._endpoint = None  # of the carrier
        self._known = None  # snapshot of the rule that this was made for
        self._seen = -1  # number of the journal's last record then
        self._changes = 0  # of carriers that were here before
        self._useful = False  # there is a network to join, and somewhere to connect to
        self._now = 0
        self._weight = -1  # of the strongest need since the radio went off
        self._until = 0  # it stays on
        self._check_at = 0  # time to look for what has come
        self._next = self._tried = 0
        self._pause = _FIRST_PAUSE
        self._ask_at = 0
        self._waiting: list = []  # networks to try after this one
        self._join_by = 0
        self._reached = False  # somebody, since the radio is on

    # --- the radio

    @property
    def on(self):
        """Whether the radio has power: a board must not sleep so deeply that it loses the connection."""
        return self._radio.state != _OFF

    @property
    def joined(self):
        """Whether there is a network."""
        return self._radio.state == _JOINED

    def want(self, why):
        """Somebody needs it, now and for a while: "wanted", "alert" or "sos"."""
        self._weight = max(self._weight, _WHY.index(why))
        self._until = self._now + _LINGER

    def reached(self):
        """Somebody answered: the way out works."""
        self._reached = True

    def step(self, now):
        """As the contract says."""
        self._now = now
        self._look()
        if not self._useful:
            self._leave()
            return None
        state = self._radio.state
        if state == _OFF:
            return self._begin(now)
        if state == _JOINED:
            return self._stay(now)
        if state == "failed" or now >= self._join_by:
            return self._join(now)
        return now + 1

    def _begin(self, now):
        """It is off: is there a need, and may it be on?"""
        weight = self._weight
        if weight < 0:
            if self._endpoint is None:
                return None
            if now < self._check_at:
                return self._check_at
            weight = 0
        soonest = min(self._next, self._tried + _PAUSES[weight])
        if now < soonest:
            return soonest
        decision = self._may(weight)
        if not decision.allowed:
            self._weight, self._tried, self._next = -1, now, now + _ASK
            self._check_at = max(self._check_at, self._next)
            return self._next
        self._weight = weight
        self._waiting = list(decision.details)
        self._reached = False
        return self._join(now)

    def _may(self, weight):
        self._ask_at = self._now + _ASK
        return self._engine.ask({"kind": "network.radio", "why": _WHY[weight]})

    def _join(self, now):
        """Try the next network; after the last one wait."""
        while self._waiting:
            name, password = self._waiting.pop(0)
            self._join_by = now + _PATIENCE
            self._until = now + _PATIENCE + _LINGER
            try:
                self._radio.join(name, password)
                return now + 1
            except OSError:
                pass
        self._leave()
        return self._next

    def _stay(self, now):
        """There is a network. Returns the carrier's next need, or when the radio is not needed any more."""
        minutes = self._engine.settings["network.check_minutes"]
        if self._carrier.state == _ONLINE:
            self._reached = True
            self._check_at = now + minutes * 60
        if now >= self._ask_at and not self._may(max(self._weight, 0)).allowed:
            self._leave()
            return self._next
        if now >= self._until and (minutes or self._carrier.state != _ONLINE):
            self._leave()
            return self._next
        due = self._carrier.step(now)
        ends = max(self._until, now + 1) if minutes else self._ask_at
        return ends if due is None else min(due, ends)

    def _leave(self):
        """Switch it off. If nobody was reached, the next try waits longer."""
        if self._radio.state == _OFF:
            return
        self._carrier.close()
        self._radio.leave()
        now = self._now
        self._pause = _FIRST_PAUSE if self._reached else min(self._pause * 2, _LONGEST_PAUSE)
        self._tried, self._next = now, now + (1 if self._reached else self._pause)
        self._check_at = max(self._check_at, self._next)
        self._weight = -1

    # --- where to

    def _look(self):
        """Follow what a guardian has set."""
        if self._store.main.seq == self._seen:
            return
        self._seen = self._store.main.seq
        known = self._engine.rules["network"].snapshot()
        if known == self._known:
            return
        self._known = known
        rule = copy_of(self._engine.rules["network"])
        endpoint = rule.endpoint(_MESSAGES)
        if endpoint != self._endpoint:
            self._changes += self._carrier.changes + 1
            self._carrier.close()
            self._endpoint = endpoint
            self._carrier = self._made(endpoint) if endpoint else Nobody()
        self._useful = len(rule.networks) > 0 and len(rule.endpoints) > 0
        self._next, self._pause, self._check_at = 0, _FIRST_PAUSE, self._now

    def _made(self, endpoint):
        from firmware.services.transport.egress import opened
        from firmware.services.transport.mqtt import Client
        from firmware.services.transport.network import NetworkCarrier

        _, host, port, _, _, account, secret, _ = endpoint
        client, random = self._client.encode(), self._random
        return NetworkCarrier(
            self._engine,
            self._store,
            self._own,
            random,
            lambda last_words: Client(
                lambda: opened(self._engine, _MESSAGES, host, port),
                client,
                account.encode(),
                secret.encode(),
                random,
                last_words,
            ),
        )

    # --- the carrier

    @property
    def state(self):
        """As the contract says."""
        if self.joined and self._endpoint is not None:
            return self._carrier.state
        return "connecting" if self.on else "waiting" if self._useful else _OFF

    @property
    def changes(self):
        """As the contract says."""
        return self._changes + self._carrier.changes

    def send(self, envelope):
        """As the contract says."""
        self.want("wanted")
        return self._carrier.send(envelope)

    def send_alert(self, alert):
        """As the contract says."""
        self.want("alert")
        return self._carrier.send_alert(alert)

    def send_request(self, request):
        """As the contract says."""
        self.want("wanted")
        return self._carrier.send_request(request)

    def send_sos(self, sos):
        """As the contract says."""
        self.want("sos")
        return self._carrier.send_sos(sos)

    def send_position(self, report):
        """As the contract says."""
        self.want("alert")
        return self._carrier.send_position(report)

    def poll(self):
        """As the contract says."""
        envelope = self._carrier.poll()
        if envelope is not None:
            self._until = max(self._until, self._now + _LINGER)
        return envelope

    def done(self):
        """As the contract says."""
        self._carrier.done()
