"""What the child may spend (requirements D30-D39, A5). Amounts are whole fen, 0.01 CNY.

A payment has two phases. `authorise` needs the payment password and keeps the money; then the terminal either captures
it, or part of it, or it is void: by the terminal's word or, without one, after half an hour of powered time. Every call
of a terminal carries the terminal's own key for that payment and may be repeated without harm.

The limits count what was authorised, on the day and in the month of the authorisation, however late it is captured.
What is void or was not captured is free again. A refund makes the bill smaller and gives no room back: only the
merchant says that it happened, and a merchant in league with the child would say so every minute.
"""

import struct

from micropython import const

from firmware.loading import forget
from firmware.policy.clock import SET, month_of
from firmware.policy.decision import BadRequest, allow, deny, event
from firmware.policy.request import choice
from firmware.policy.rule import Rule, stopped
from firmware.policy.rules import alerts
from firmware.policy.rules.administration import UNREADABLE
from firmware.policy.table import TAG, Table
from firmware.policy.totals import Totals
from firmware.storage import crypto

# Version of the agreement that guardians are shown. With a new one payments stay off until it is accepted (D30, A8).
AGREEMENT = const(1)

_LOCKED = const("payments.locked")
_CLASS_NEVER = const("payments.class_never")
_TOO_YOUNG = const("payments.too_young")
_AGREEMENT = const("payments.agreement")
_OFF = const("payments.off")
_NO_PASSWORD = const("payments.no_password")
_CLASS_CLOSED = const("payments.class_closed")
_CLOCK = const("payments.clock")
_SINGLE = const("payments.single_limit")
_DAILY = const("payments.daily_limit")
_MONTHLY = const("payments.monthly_limit")
_BUSY = const("payments.busy")
_WRONG = const("payments.wrong_password")
_KEY_USED = const("payments.key_used")
_UNKNOWN = const("payments.unknown")
_TOO_MUCH = const("payments.too_much")
_OVER = const("payments.over")
_NOTHING_PAID = const("payments.nothing_paid")
_WEAK = const("payments.weak_password")
_SAME_AS_PIN = const("payments.same_as_pin")

# Numbered in the snapshot: new ones go to the end.
_WHY = (
    (_LOCKED, _CLASS_NEVER, _TOO_YOUNG, _AGREEMENT, _OFF, _NO_PASSWORD, _CLASS_CLOSED, _CLOCK)
    + (_SINGLE, _DAILY, _MONTHLY, _BUSY, _WRONG, _KEY_USED, _UNKNOWN, _TOO_MUCH, _OVER, _NOTHING_PAID)
)  # fmt: skip
_LOCKS = ("", "tries", "hand", "tamper")
_ORDINARY = ("goods", "food", "transport", "service")
_BY_GUARDIAN = ("in_app", "tip", "red_packet", "gift")  # each has a setting (D38)
_NEVER = ("password_free", "top_up", "stored_value", "auto_renewal", "subscription", "short_code")  # D33-D35
CLASSES = ("unknown",) + _ORDINARY + _BY_GUARDIAN + _NEVER  # what is not known is refused like the last six

_ROUNDS = const(4096)  # of PBKDF2, as for the guardian's PIN
_SALT = const(16)
_MARK = const(4)  # first bytes of the PIN's hash: as long as they are the same, the PIN has not changed
_HOLD_SECONDS = const(1800)
_OPEN_CAP = const(8)
_REFUSALS = const(20)  # with a ledger row and an alert each in 24 hours; the engine counts and folds the rest
_DAY = const(86400)

# The ledger: one row a payment or refusal, oldest first.
_CAP = const(64)
_MERCHANT = const(0)
_SEGMENT = const(8)  # place of the record with the merchant's name in the journal
_OFFSET = const(10)
_TIME = const(14)
_ON_DAY = const(18)
_AMOUNT = const(20)  # authorised
_CAPTURED = const(23)
_MORE = const(26)  # powered time of the end if held, refunded if captured, number of the reason if refused
_CLASS = const(30)
_STATE = const(31)
_WIDTH = const(32)
_MOST = const(0xFFFFFF)

_HELD = const(0)
_PAID = const(1)
_VOID = const(2)
_REFUSED = const(3)
_STATES = ("held", "captured", "void")
_PAYMENT = const("payment")  # a line of the bill

_HEAD = const("<HHBBBIBBB")
_TOTAL = const("<HIII")
_TOTAL_SIZE = const(14)
_SPENT = const(1)  # columns of the totals
_REFUNDED = const(2)


class Payments(Rule):
    """The child's wallet: agreement, payment password, lock, limits and ledger."""

    name = "payments"
    FORMS = """
shown version=i65535 digest=h32 channel?=s8
accept version=i65535 channel?=s8
password password=s12 channel?=s8
lock
unlock channel?=s8
request key=h16 merchant=s40 name=s40 amount=i class=s16
authorise key=h16 merchant=s40 name=s40 amount=i class=s16 password=s12
capture key=h16 merchant=s40 amount=i
void key=h16 merchant=s40
refund key=h16 merchant=s40 total=i
bill reader=s8 channel?=s8
"""

    def __init__(self, context):
        super().__init__(context)
        self._shown = 0  # version of the agreement, 0 for none
        self._accepted = 0
        self._password = b""  # mark of the PIN that it differs from, salt, hash
        self._fails = 0
        self._lock = 0
        self._refused = 0  # refusals in the ledger since that powered time
        self._since = 0
        self._days = Totals(32, _DAY, 2)
        self._months = Totals(13, 31 * _DAY, 2)
        self._rows = Table(_WIDTH, _CAP)

    def decide(self, verb, request):
        if verb in ("request", "authorise"):
            return self._pay(verb, request)
        if verb in ("capture", "void", "refund"):
            return self._settle(verb, request)
        if verb == "lock":
            return allow() if self._lock else allow([event("payments.locked", "hand")])
        if verb == "bill" and choice(request, "reader", ("guardian", "child")) == "child":
            return stopped(_LOCKED) if self._is_locked() else self._bill()
        credentials = self.context.rules["credentials"]
        if not credentials.proved(request):
            return credentials.refusal()
        if verb == "bill":
            return self._bill()
        if verb == "password":
            return self._new_password(request["password"])
        if verb == "unlock":
            return allow([event("payments.unlocked")]) if self._lock or self._fails else allow()
        return self._agreement(verb, request)

    def _is_locked(self):
        administration = self.context.rules["administration"]
        return self._lock or administration.tampered or administration.lost

    # --- the guardian's side

    def _agreement(self, verb, request):
        """The guardian's host shows the agreement, then the guardian accepts what was shown (D30)."""
        version = request["version"]
        if version != AGREEMENT:
            return stopped(_AGREEMENT)
        if verb == "shown":
            return allow([event("payments.shown", version, request["digest"])])
        if self._shown != version or not self.context.rules["consent"].has("payment"):
            return stopped(_AGREEMENT)
        return allow([event("payments.accepted", version)])

    def _new_password(self, password):
        from firmware.policy.desk import credentials

        forget("firmware.policy.desk.credentials")
        forget("firmware.storage.stretch")
        if credentials.is_weak(password):
            return stopped(_WEAK)
        if self._is_pin(password):
            return stopped(_SAME_AS_PIN)
        salt = self.context.random(_SALT)
        private = self._pin_mark() + salt + _stretched(password, salt)
        return allow([event("payments.password", private=private)])

    def _pin_mark(self):
        return self.context.secrets()[_SALT : _SALT + _MARK]

    def _is_pin(self, password):
        """True if the guardian's PIN is the same: the child knows the payment password (D32)."""
        secrets = self.context.secrets()
        return crypto.equal(_stretched(password, secrets[:_SALT]), secrets[_SALT : _SALT + 32])

    # --- first phase

    def _pay(self, verb, request):
        """`request` asks whether the child may be asked for the password, `authorise` brings it."""
        kind, amount = request["class"], request["amount"]
        if not amount and (kind in _ORDINARY or kind in _BY_GUARDIAN):
            raise BadRequest("amount", "must be at least 1")  # how password-free mandates are set up elsewhere
        if self._is_locked():
            return self._refuse(request, _LOCKED)
        row = self._rows.find(self._ref(request))
        if row >= 0:
            return self._again(row, request)
        reason, wait = self._closed(kind), 0
        approved = None
        if not reason:
            reason, wait = self._limited(amount)
            if reason in (_SINGLE, _MONTHLY, _DAILY):
                approved = self._approved(request)
                if approved:
                    reason, wait = self._busy(), 0
        if reason:
            return self._refuse(request, reason, wait)
        return allow((), ("ask_password",)) if verb == "request" else self._authorise(request, approved)

    def _approved(self, request):
        """What a guardian has approved by a code beyond the limits, if it is this payment: one, of at most its amount,
        to its payee; else None."""
        entry = self.context.rules["approval"].allowance("payment")
        fits = entry and request["amount"] <= entry[2] and entry[3] in ("", request["name"])
        return entry if fits else None

    def _again(self, row, request):
        """The terminal repeats itself: the same answer, and no second payment."""
        rows = self._rows
        same = (
            rows.number(row, _AMOUNT, 3) == request["amount"]
            and rows.byte(row, _CLASS) == _class(request)
            and (rows.byte(row, _STATE) == _PAID or self._is_held(row))
        )
        return allow((), ("confirm",)) if same else self._refuse(request, _KEY_USED)

    def _closed(self, kind):
        """Why nothing of this class can be paid now, or ""."""
        context = self.context
        settings = context.settings
        if kind not in _ORDINARY and kind not in _BY_GUARDIAN:
            return _CLASS_NEVER
        if settings.band == 0:  # D39; the setting's bounds say the same
            return _TOO_YOUNG
        if self._accepted != AGREEMENT or not context.rules["consent"].has("payment"):
            return _AGREEMENT
        if not settings["payments.enabled"]:
            return _OFF
        if not self._password:
            return _NO_PASSWORD
        if kind in _BY_GUARDIAN and not settings["payments." + kind]:
            return _CLASS_CLOSED
        return "" if context.clock.trust == SET else _CLOCK

    def _limited(self, amount):
        """(reason, seconds that help) if the amount crosses a limit, else ("", 0)."""
        clock, settings = self.context.clock, self.context.settings
        if amount > settings["payments.single_limit"]:
            return _SINGLE, 0
        if amount > settings["payments.monthly_limit"] - self._months.counted(clock.month(), _SPENT, clock.powered):
            return _MONTHLY, 0
        if amount > settings["payments.daily_limit"] - self._days.counted(clock.day(), _SPENT, clock.powered):
            return _DAILY, _DAY - (clock.wall + clock.zone * 60) % _DAY
        return self._busy(), 0

    def left(self):
        """What one payment may be now: the least that the three limits leave, for the child's screen."""
        clock, settings = self.context.clock, self.context.settings
        month = settings["payments.monthly_limit"] - self._months.counted(clock.month(), _SPENT, clock.powered)
        day = settings["payments.daily_limit"] - self._days.counted(clock.day(), _SPENT, clock.powered)
        return max(min(settings["payments.single_limit"], month, day), 0)

    def _busy(self):
        return _BUSY if len(self._ends()) >= _OPEN_CAP else ""

    def _authorise(self, request, approved):
        password, known = request["password"], self._password
        if not crypto.equal(_stretched(password, known[_MARK : _MARK + _SALT]), known[_MARK + _SALT :]):
            return self._wrong(request)
        mark = self._pin_mark()
        news = []
        if mark != known[:_MARK]:  # the guardian's PIN was renewed meanwhile
            if self._is_pin(password):
                return self._refuse(request, _NO_PASSWORD)  # not why: the child would know the PIN
            news.append(event("payments.pin_differs", private=mark))
        clock = self.context.clock
        held = event(
            "payments.authorised",
            self._ref(request).hex(),
            self._merchant(request).hex(),
            request["class"],
            request["amount"],
            clock.day(),
            clock.powered + _HOLD_SECONDS,
            private=request["name"].encode(),
        )
        news += [held, alerts.raised(alerts.PAYMENT_MADE, b"")]
        if approved:
            news.append(self.context.rules["approval"].used(approved[0]))
        return allow(news, ("confirm",), who="merchant")

    def _wrong(self, request):
        fails = self._fails + 1
        decision = self._refuse(request, _WRONG, fails=fails)
        if fails >= self.context.settings["credentials.tries"]:
            decision.events += [event("payments.locked", "tries"), alerts.raised(alerts.WALLET_LOCKED, b"")]
        return decision

    # --- second phase

    def _settle(self, verb, request):
        """Capture, void or refund: each may be repeated, and none undoes another."""
        rows = self._rows
        amount = request.get("amount", request.get("total", 1))
        if not amount:
            raise BadRequest("total" if verb == "refund" else "amount", "must be at least 1")
        if self._is_locked():
            return self._refuse(request, _LOCKED)
        ref = self._ref(request)
        row = rows.find(ref)
        if row < 0:
            return self._refuse(request, _UNKNOWN)
        paid = rows.byte(row, _STATE) == _PAID
        if verb == "refund":
            return self._refund(request, row, ref.hex()) if paid else self._refuse(request, _NOTHING_PAID)
        if paid:
            same = verb == "capture" and rows.number(row, _CAPTURED, 3) == amount
            return allow((), ("confirm",)) if same else self._refuse(request, _OVER)
        held = self._is_held(row)
        if verb == "void":
            return allow([self._voided(row, "merchant")] if held else (), ("confirm",))
        if not held:
            return self._refuse(request, _OVER)
        rest = rows.number(row, _AMOUNT, 3) - amount
        if rest < 0:
            return self._refuse(request, _TOO_MUCH)
        return allow([event("payments.captured", ref.hex(), amount, rest, rows.number(row, _ON_DAY, 2))], ("confirm",))

    def _refund(self, request, row, ref):
        """`total` is all that has been refunded so far, so that a repeated call refunds nothing twice."""
        rows, total = self._rows, request["total"]
        more = total - rows.number(row, _MORE, 4)
        if total > rows.number(row, _CAPTURED, 3):
            return self._refuse(request, _TOO_MUCH)
        if more <= 0:
            return allow((), ("confirm",))
        return allow([event("payments.refunded", ref, total, more, rows.number(row, _ON_DAY, 2))], ("confirm",))

    def _voided(self, row, why):
        rows = self._rows
        return event(
            "payments.voided",
            rows.tag(row).hex(),
            rows.number(row, _AMOUNT, 3),
            rows.number(row, _ON_DAY, 2),
            why,
        )

    def _is_held(self, row):
        rows = self._rows
        return rows.byte(row, _STATE) == _HELD and rows.number(row, _MORE, 4) > self.context.clock.powered

    # --- every attempt counts

    def _refuse(self, request, reason, wait=0, fails=-1):
        """A refusal with its ledger row and alert (D37). A flood of them is left to the engine, which folds; tries of
        the password are always written down."""
        clock = self.context.clock
        count, since = self._refused, self._since
        if clock.powered - since >= _DAY:
            count, since = 0, clock.powered
        if count >= _REFUSALS and fails < 0:
            return stopped(reason, "merchant", wait)
        news = event(
            "payments.refused",
            reason,
            self._merchant(request).hex(),
            CLASSES[_class(request)],
            min(request.get("amount", request.get("total", 0)), _MOST),
            clock.day(),
            max(fails, self._fails),
            min(count + 1, 255),
            since,
            private=request.get("name", "").encode() or None,
        )
        return deny(reason, [news, alerts.raised(alerts.PAYMENT_REFUSED, b"")], wait=wait, who="merchant")

    def _ref(self, request):
        """The name of a payment: merchant and key together, so that no merchant touches another one's."""
        return self.context.tag("\0" + request["key"] + request["merchant"])

    def _merchant(self, request):
        return self.context.tag("\0" + request["merchant"])

    # --- state

    def apply(self, verb, record):
        fields = record.fields
        if verb == "authorised":
            ref, merchant, kind, amount, day, end = fields
            self._days.add(day, _SPENT, amount, record.powered)
            self._months.add(month_of(day), _SPENT, amount, record.powered)
            self._add(record, bytes.fromhex(ref), merchant, kind, amount, day, end, _HELD)
            self._fails = 0
        elif verb == "refused":
            reason, merchant, kind, amount, day, self._fails, self._refused, self._since = fields
            self._add(record, bytes(TAG), merchant, kind, amount, day, _WHY.index(reason), _REFUSED)
        elif verb in ("captured", "voided", "refunded"):
            self._end(verb, fields)
        elif verb == "locked":
            self._lock = _LOCKS.index(fields[0])
        elif verb == "unlocked":
            self._lock = self._fails = 0
        elif verb == "shown":
            self._shown = fields[0]
        elif verb == "accepted":
            self._accepted = fields[0]
        elif verb == "password":
            self._password, self._fails = record.private, 0
        else:  # pin_differs
            self._password = record.private + self._password[_MARK:]

    def _end(self, verb, fields):
        rows = self._rows
        row = rows.find(bytes.fromhex(fields[0]))
        if verb == "captured":
            _, amount, rest, day = fields
            rows.put_number(row, _CAPTURED, 3, amount)
            rows.put_number(row, _MORE, 4, 0)
            rows.put_byte(row, _STATE, _PAID)
            self._change(day, _SPENT, -rest)
        elif verb == "voided":
            _, amount, day, _ = fields
            rows.put_byte(row, _STATE, _VOID)
            self._change(day, _SPENT, -amount)
        else:
            _, total, more, day = fields
            rows.put_number(row, _MORE, 4, total)
            self._change(day, _REFUNDED, more)

    def _change(self, day, column, amount):
        self._days.change(day, column, amount)
        self._months.change(month_of(day), column, amount)

    def _add(self, record, ref, merchant, kind, amount, day, more, state):
        rows = self._rows
        if len(rows) >= _CAP:
            rows.remove(self._oldest())
        row = rows.add(ref)
        rows.put_field(row, _MERCHANT, bytes.fromhex(merchant))
        rows.put_number(row, _SEGMENT, 2, record.segment)
        rows.put_number(row, _OFFSET, 4, record.offset)
        rows.put_number(row, _TIME, 4, record.t)
        rows.put_number(row, _ON_DAY, 2, day)
        rows.put_number(row, _AMOUNT, 3, amount)
        rows.put_number(row, _MORE, 4, more)
        rows.put_byte(row, _CLASS, CLASSES.index(kind))
        rows.put_byte(row, _STATE, state)

    def _oldest(self):
        """The row that goes when the ledger is full: a refusal, else what has ended; never money that is held."""
        oldest = -1
        for row in range(len(self._rows)):
            state = self._rows.byte(row, _STATE)
            if state == _REFUSED:
                return row
            if oldest < 0 and state != _HELD:
                oldest = row
        return oldest

    # --- time

    def _ends(self):
        """Powered times at which held money becomes void."""
        rows = self._rows
        return [rows.number(row, _MORE, 4) for row in range(len(rows)) if rows.byte(row, _STATE) == _HELD]

    def _must_lock(self):
        """Damage that a guardian will be asked to acknowledge; the wallet needs a look of its own afterwards."""
        tampered = self.context.rules["administration"].tampered
        return tampered and tampered not in UNREADABLE and not self._lock

    def due(self):
        if self._must_lock():
            return self.context.clock.powered
        ends = self._ends()
        return min(ends) if ends else None

    def step(self):
        events = []
        if self._must_lock():
            events.append(event("payments.locked", "tamper"))
            if self._password:  # or nobody uses it
                events.append(alerts.raised(alerts.WALLET_LOCKED, b""))
        rows = self._rows
        for row in range(len(rows)):
            if rows.byte(row, _STATE) == _HELD and not self._is_held(row):
                events.append(self._voided(row, "time"))
        return allow(events) if events else None

    # --- the bill

    def _bill(self):
        decision = allow((), ("show",))
        decision.details = self._lines()
        return decision

    def _lines(self):
        """["month" or "day", number, spent, refunded] and ["payment", wall time, day, class, what became of it, amount,
        refunded, tag of the merchant, segment, offset], oldest first. What became of it: held, captured, void, or the
        reason of a refusal; the amount is what was captured, once it was."""
        for name, totals in (("month", self._months), ("day", self._days)):
            for number, spent, refunded, _ in totals.rows:
                yield [name, number, spent, refunded]
        rows = self._rows
        for row in range(len(rows)):
            state, more = rows.byte(row, _STATE), rows.number(row, _MORE, 4)
            yield [
                _PAYMENT,
                rows.number(row, _TIME, 4),
                rows.number(row, _ON_DAY, 2),
                CLASSES[rows.byte(row, _CLASS)],
                _WHY[more] if state == _REFUSED else _STATES[state],
                rows.number(row, _CAPTURED if state == _PAID else _AMOUNT, 3),
                more if state == _PAID else 0,
                rows.field(row, _MERCHANT, TAG).hex(),
                rows.number(row, _SEGMENT, 2),
                rows.number(row, _OFFSET, 4),
            ]

    # --- snapshot

    def snapshot(self):
        days, months, password = self._days.rows, self._months.rows, self._password
        head = struct.pack(
            _HEAD,
            self._shown,
            self._accepted,
            self._fails,
            self._lock,
            self._refused,
            self._since,
            len(password),
            len(days),
            len(months),
        )
        blob = bytearray(head + password)
        for row in days + months:
            blob.extend(struct.pack(_TOTAL, *row))
        blob.extend(self._rows.dump())
        return bytes(blob)

    def restore(self, blob):
        at = struct.calcsize(_HEAD)
        (
            self._shown,
            self._accepted,
            self._fails,
            self._lock,
            self._refused,
            self._since,
            password,
            days,
            months,
        ) = struct.unpack(_HEAD, blob[:at])
        self._password = blob[at : at + password]
        at += password
        for totals, count in ((self._days, days), (self._months, months)):
            totals.rows = [list(struct.unpack_from(_TOTAL, blob, at + _TOTAL_SIZE * row)) for row in range(count)]
            at += _TOTAL_SIZE * count
        self._rows.load(blob[at:])


RULE = Payments


def _class(request):
    """Number of the request's class. A terminal may send any text: what is no class we know is "unknown"."""
    kind = request.get("class", "")
    return CLASSES.index(kind) if kind in CLASSES else 0


def _stretched(password, salt):
    from firmware.storage.stretch import pbkdf2

    forget("firmware.storage.stretch")
    return pbkdf2(password.encode(), salt, _ROUNDS)
