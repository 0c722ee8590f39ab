"""A small invented household around one watch: everything that the page's buttons can make happen.

Only acts stand here. What comes of them (decisions, what the child sees, alerts, journal records) is read from the
watch and handed on as codes; the page has the words. Nothing here knows of browsers.
"""

import base64
import datetime
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from firmware.policy.rules.payments import CLASSES
from simulator import publisher
from simulator.watch import DAY, Answer, Guardian, Person, Watch

# Fields that an act may have, with their types; the page sends nothing else.
Fields = dict[str, type]
Entry = dict[str, Any]

ZONE = 480  # minutes east of UTC, of the cn-ccia profile
DISPLAY = (240, 240, False)  # width and height in pixels, round, of a watch without a board
DISPLAY_TENTHS = 277  # of a millimetre: the width of a 1.54 inch square display
BUTTONS = ["a", "b", "c"]
TEXT_LIMIT = 2000  # characters that the page may send; the watch's own limits are lower

_EPOCH = datetime.datetime(2020, 1, 1)
_MINUTE = datetime.timedelta(minutes=1)
_START = datetime.datetime(2026, 11, 19, 16, 0)  # a Thursday, after school
_BIRTH_MONTH = 5
_PAYMENT_PASSWORD, _WRONG_PAYMENT_PASSWORD = "604918", "604919"
_AGREEMENT = hashlib.sha256(b"payment agreement of the simulated household").hexdigest()
_FACE_SECONDS = 600  # for so long the one button still means the last sender
_LONGEST_WAIT = 7 * DAY
_LARGEST = 1 << 30
_KNOWN = 500  # entries kept for a page that is opened later

# id: (role, name in English, name in Chinese, phone number); all of it invented
_PEOPLE = {
    "mother": ("guardian", "Mum", "妈妈", "13900000001"),
    "friend": ("friend", "Otter", "小獭", "13900000101"),
    "bully": ("friend", "Magpie", "小鹊", "13900000102"),
    "stranger": ("stranger", "Stranger", "陌生人", "13900000999"),
}
_CHILD = ("Wren", "小燕")
_SHOPS = ("Corner Kiosk", "街角小店")
_LANGUAGES = ("en", "zh")
_PLACE = (3990415, 11640738, 12, 3)  # where the receiver is: 0.00001 degrees, metres, seconds
_REPORT_KEY = hashlib.sha256(b"reports of the simulated household").hexdigest()
_DAYS_ASSESSED = 300  # for which the assistant's assessment is still good
# What the assistant's provider says, question after question; the watch cuts it into sentences and labels each.
_ANSWERS = {
    "en": ("Sunlight has all colours. ", "The air scatters blue the most, so the sky looks blue."),
    "zh": ("阳光里有各种颜色。", "空气把蓝光散得最开，所以天看起来是蓝的。"),
}
# What comes for the child: (title for the journal, body)
_CONTENT = {
    "story": {"en": "A small boat went slowly over the lake.", "zh": "小船在湖上慢慢走，星星一颗一颗亮起来。"},
    "safety": {"en": "Please update the watch tonight while it charges.", "zh": "请在今晚充电时更新手表。"},
}


class BadAct(ValueError):
    """The page asked for something that does not exist; the words say what."""


class Household:
    """A watch that has been set up, in `folder`, and the people around it. Not for two threads at once.

    FileNotFoundError if there is no MicroPython for that runtime.
    """

    def __init__(
        self,
        folder: Path,
        runtime: str = "cpython",
        language: str = "en",
        age: int = 9,
        board: Any = None,
        new: bool = False,
        seed: str = "household",
    ) -> None:
        """board: of host_tools/boards.py; the watch runs on its chips. new: nobody has set it up, and it is now. seed:
        of the watch's chance, and so of its id and its keys."""
        self.runtime, self.language, self.age = runtime, language, age
        began = datetime.datetime.now(datetime.UTC).replace(tzinfo=None) if new else _START - _MINUTE * ZONE
        now = int((began - _EPOCH).total_seconds())
        self.display, self._tenths, self._buttons = DISPLAY, DISPLAY_TENTHS, BUTTONS
        options: dict[str, Any] = {"display": list(DISPLAY)}
        if board:
            part = board.display
            self.display, self._tenths = (part["width"], part["height"], part["round"]), part["tenths_mm"]
            self._buttons = [row["name"] for row in board.buttons]
            options = {"board": json.loads(board.packed()), "phone": board.telephony != "none"}
        self.watch = Watch(folder, now, runtime, seed=seed, language=language, **options)
        self.people = {id_: _person(id_, language) for id_ in _PEOPLE}
        self.entries: list[Entry] = []
        self.alerts: list[Entry] = []  # that reached the guardian
        self.bill: list[list[Any]] | None = None  # as the guardian last fetched it
        self.online = True
        self.charging = False
        self._guardian = Guardian()
        self._tags: dict[str, str] = {}  # under which the journal knows a person
        self._held: list[tuple[str, Answer]] = []  # envelopes that wait for the network
        self._sender: tuple[int, str] | None = (
            None  # when the last message came through that is no guardian's, and whose
        )
        self._folded: list[int] = []  # numbers of messages that the child has not opened
        self._paying: list[Answer] = []  # what the terminal has asked for and got no answer to
        self._payments = self._items = 0
        self._last = {"after": 0, "denials_after": 0}
        self._has_screen = "data" in self.watch.picture()
        if not new:
            self._begin()

    def close(self) -> None:
        """End the watch's process, if it has one."""
        self.watch.close()

    # --- what the page asks

    def act(self, name: str, given: dict[str, Any]) -> Entry | None:
        """Carry out an act of ACTS. BadAct if there is none of that name or a field is wrong.

        Returns what happened; None if nothing is worth telling, such as a finger on the display."""
        if name not in ACTS:
            raise BadAct("there is no act %r" % name)
        method, fields = ACTS[name]
        if set(given) != set(fields):
            raise BadAct("%s needs the fields %s" % (name, ", ".join(fields) or "of no name"))
        for field, kind in fields.items():
            _check(field, given[field], kind)
        if given.get("person", "mother") not in self.people:
            raise BadAct("there is no person %r" % given["person"])
        return method(self, **given)

    def pass_time(self, seconds: int) -> Entry | None:
        """Let time pass as it does while nobody does anything; the entry if something came of it."""
        self.watch.advance(seconds)
        entry = self._entry("time", "time")
        return entry if _tells(entry) else None

    def cable(self, data: bytes, write: Callable[[bytes], None]) -> Entry | None:
        """Bytes come over the watch's serial line; what it answers is written. The entry if something came of it."""
        answer = self.watch.do("cable", data=data.hex())
        write(bytes.fromhex(answer["data"]))
        if answer["restart"]:  # it was wiped
            self.watch.reboot()
        return self.pass_time(0)

    def picture(self) -> tuple[int, int, bytes] | None:
        """(width, height, RGB565 with the higher byte first) of the display; None on a watch without a screen."""
        if not self._has_screen:
            return None
        shown = self.watch.picture()
        return shown["w"], shown["h"], base64.b64decode(shown["data"])

    def words_shown(self) -> list[str]:
        """What the display shows as text, for who cannot see the picture."""
        return [str(text) for text in self.watch.look().get("texts", [])] if self._has_screen else []

    def cast(self) -> Answer:
        """Who is who, and what the watch is: does not change."""
        people = [
            {"id": id_, "role": role, "names": {"en": english, "zh": chinese}}
            for id_, (role, english, chinese, _) in _PEOPLE.items()
        ]
        return {
            "people": people,
            "child": dict(zip(_LANGUAGES, _CHILD, strict=True)),
            "age": self.age,
            "runtime": self.runtime,
            "language": self.language,
            "zone": ZONE,
            "screen": self._has_screen,
            "display": dict(zip(("w", "h", "round", "tenths"), (*self.display, self._tenths), strict=True)),
            "buttons": self._buttons,
            "classes": list(CLASSES[1:]),
        }

    def clock(self) -> Answer:
        """The true time and what the watch takes for it. Cheap: asked for every second."""
        clock = self.watch.do("clock")
        return {"now": self.watch.now, "wall": clock["wall"], "powered": clock["powered"], "trust": clock["trust"]}

    def status(self) -> Answer:
        """All that changes, but for the entries."""
        state = {language: self.watch.do("state", language=language) for language in _LANGUAGES}
        en = state["en"]
        return {
            **self.clock(),
            "online": self.online,
            "held": [person for person, _ in self._held],
            "charging": self.charging,
            "mode": en["mode"],
            "strict": en["strict"],
            "tampered": bool(en["tampered"]),
            "band": en["band"],
            "usage": self.watch.usage(),
            "grades": {id_: self._grade(person, en["set_up"]) for id_, person in self.people.items()},
            "pending": {language: state[language]["pending"] for language in _LANGUAGES},
            "alerts": self.alerts,
            "bill": self.bill,
            "paying": bool(self._paying),
            "folded": len(self._folded),
            "meant": self._meant(),
            "tags": self._tags,
        }

    def _grade(self, person: Person, set_up: bool) -> Answer:
        """A new watch has no name for anybody yet."""
        return self.watch.grade(person) if set_up else {"who": "stranger", "grade": 0, "blocked": False}

    # --- beginning

    def _begin(self) -> None:
        """A guardian has set the watch up, added the contacts and opened the wallet, if the child is old enough."""
        watch, guardian = self.watch, self._guardian
        mother = self.people["mother"]
        birth = (_START.year - self.age, _BIRTH_MONTH)
        answers = [watch.set_up(guardian, birth, [mother.number], self.language), watch.guardian_login(guardian)]
        for id_, person in self.people.items():
            role = _PEOPLE[id_][0]
            if role == "stranger":
                continue
            added = watch.add_contact(person, role)
            self._tags.update({record[2]: id_ for record in added["records"] if record[1] == "contacts.added"})
            answers.append(added)
            if role == "friend":
                answers.append(watch.agree(person))
        if self.age >= 8:
            answers += self._open_the_wallet()
        answers += self._open_the_rest()
        answers.append(watch.ask("credentials.logout", channel="host"))
        self._entry("set_up", "mother", answers)

    def _open_the_wallet(self) -> list[Answer]:
        """Consent, agreement, password, policy: as a guardian does it after logging in."""
        requests: list[tuple[str, Answer]] = [
            ("consent.give", {"purpose": "payment", "manifest": 1}),
            ("payments.shown", {"version": 1, "digest": _AGREEMENT}),
            ("payments.accept", {"version": 1}),
            ("payments.password", {"password": _PAYMENT_PASSWORD}),
            (
                "administration.policy",
                {"version": 1, "issuer": "owner", "expires": 65535, "values": self._policy()},
            ),
        ]
        return [self.watch.ask(kind, **fields, channel="host") for kind, fields in requests]

    def _policy(self) -> list[list[Any]]:
        """What the guardian has opened beyond the profile."""
        young = [["location.on_request", 1], ["content.stories", 1]]
        return young + ([["payments.enabled", 1], ["assistant.enabled", 1]] if self.age >= 8 else [])

    def _open_the_rest(self) -> list[Answer]:
        """Positions and stories for every child, the assistant from the age of eight."""
        watch = self.watch
        watch.do("place", fix=list(_PLACE))
        watch.do("provider", answers=[list(_ANSWERS[self.language])] * 200)
        requests: list[tuple[str, Answer]] = [
            ("consent.give", {"purpose": "location", "manifest": 1}),
            ("location.key", {"key": _REPORT_KEY}),
        ]
        for who in ("pool", "maker"):
            requests.append(("content.trust", {"publisher": who, "key": publisher.modulus(who)}))
        if self.age >= 8:
            day = watch.do("clock")["day"]
            assessed = {"assessed": day - 1, "expires": day + _DAYS_ASSESSED}
            provider = {"name": "Sample Model Works", "filing": "Sample-AI-1", "role": "knowledge", **assessed}
            requests += [("consent.give", {"purpose": "ai", "manifest": 1}), ("assistant.provider", provider)]
        else:
            policy = {"version": 1, "issuer": "owner", "expires": 65535, "values": self._policy()}
            requests.append(("administration.policy", policy))
        return [watch.ask(kind, **fields, channel="host") for kind, fields in requests]

    # --- people

    def _message(self, person: str, text: str) -> Entry:
        envelope = self.people[person].envelope(text)
        if not self.online:
            self._held.append((person, envelope))
            return self._entry("held", person, said=text)
        return self._entry("message", person, [self._arrives(person, envelope)], said=text)

    def _arrives(self, person: str, envelope: Answer) -> Answer:
        answer = self._service("receive", envelope=envelope)
        if answer["verdict"] == "allow" and _PEOPLE[person][0] != "guardian":
            self._sender = (self._powered(), person)
        return answer

    def _call(self, person: str) -> Entry:
        if not self.online:
            return self._entry("no_call", person)
        return self._entry("call", person, [self.watch.incoming_call(self.people[person].number)])

    # --- the shop

    def _shop(self, amount: int, cls: str) -> Entry:
        """A terminal asks for so many fen. Its key is new each time."""
        self._payments += 1
        key = hashlib.sha256(b"payment %d" % self._payments).hexdigest()[:32]
        named = {"key": key, "merchant": "corner-kiosk"}
        payment = {**named, "name": _SHOPS[_LANGUAGES.index(self.language)], "amount": amount, "class": cls}
        answer = self._service("pay_request", payment=payment)
        if "ask_password" in answer.get("obligations", ()):
            self._paying.append({**named, "amount": amount})
        return self._entry("shop", "shop", [answer], detail={"amount": amount, "class": cls})

    def _password(self, right: bool) -> Entry:
        typed = _PAYMENT_PASSWORD if right else _WRONG_PAYMENT_PASSWORD
        return self._entry("password", "child", [self._service("pay", password=typed)], detail={"right": right})

    def _no_payment(self) -> Entry:
        self.watch.do("pay_cancel")
        return self._entry("no_payment", "child")

    def _terminal_hears(self, told: list[list[Any]]) -> list[Answer]:
        """The terminal hears yes and hands over the goods, or it hears no and forgets the payment."""
        answers = []
        for step, accepted in told:
            if step == "request" and self._paying:
                payment = self._paying.pop(0)
                if accepted:
                    answers.append(self._service("capture", payment=payment))
        return answers

    # --- what is around the watch

    def _network(self, on: bool) -> Entry:
        self.online = on
        self.watch.network(on)
        held, self._held = (self._held, []) if on else ([], self._held)
        answers = [self._arrives(person, envelope) for person, envelope in held]
        return self._entry("network", "world", answers, detail={"on": on, "held": len(held)})

    def _charge(self, on: bool) -> Entry:
        self.charging = on
        self.watch.charge(on)
        return self._entry("charge", "world", detail={"on": on})

    def _battery(self, minutes: int, clock_chip: bool) -> Entry:
        """The battery is out for so long; clock_chip: the battery-backed clock went on."""
        if not 0 < minutes <= _LONGEST_WAIT // 60:
            raise BadAct("the battery can be out for a week at most")
        report = self.watch.reboot(off=minutes * 60, rtc=clock_chip)
        facts = {"minutes": minutes, "clock_chip": clock_chip, "boot": report["status"], "records": report["records"]}
        return self._entry("battery", "world", detail=facts)

    def _wait(self, minutes: int) -> Entry:
        if not 0 < minutes <= _LONGEST_WAIT // 60:
            raise BadAct("at most a week can pass at once")
        return self._wait_until(self.watch.now + minutes * 60)

    def _until(self, time: str) -> Entry:
        """Let time pass until HH:MM in the family's zone comes next."""
        try:
            wanted = datetime.time.fromisoformat(time)
        except ValueError as error:
            raise BadAct("%r is no time such as 22:00" % time) from error
        at = wanted.hour * 3600 + wanted.minute * 60
        left = (at - (self.watch.now + ZONE * 60)) % DAY
        return self._wait_until(self.watch.now + (left or DAY))

    def _wait_until(self, then: int) -> Entry:
        seconds = then - self.watch.now
        self.watch.advance(seconds)
        return self._entry("passed", "time", detail={"seconds": seconds})

    # --- the guardian

    def _clock(self, minutes: int) -> Entry:
        """The guardian sets the watch's clock to the true time and so many minutes."""
        if abs(minutes) > _LONGEST_WAIT // 60:
            raise BadAct("the clock can be moved by a week at most")
        answers = self._as_guardian("administration.clock", wall=self.watch.now + minutes * 60)
        return self._entry("clock", "mother", answers, detail={"minutes": minutes})

    def _child_clock(self, minutes: int) -> Entry:
        """The child tries the same at the watch."""
        wall = self.watch.now + max(min(minutes * 60, _LONGEST_WAIT), -_LONGEST_WAIT)
        answer = self.watch.ask("administration.clock", wall=wall, channel="keypad")
        return self._entry("clock", "child", [answer], detail={"minutes": minutes})

    def _fetch_bill(self) -> Entry:
        watch = self.watch
        answers = [watch.guardian_login(self._guardian)]
        self.bill = watch.do("bill", reader="guardian", channel="host")["lines"]
        answers.append(watch.ask("credentials.logout", channel="host"))
        return self._entry("bill", "mother", answers, detail={"lines": -1 if self.bill is None else len(self.bill)})

    def _look_place(self) -> Entry:
        """The guardian looks where the watch is. The child sees that, and reads it later in a list."""
        answers = [self.watch.guardian_login(self._guardian), self._service("look", channel="host")]
        answers.append(self.watch.ask("credentials.logout", channel="host"))
        return self._entry("look_place", "mother", answers)

    def _deliver(self, what: str) -> Entry:
        """A story of the child pool, or the maker's safety notice, signed by its publisher."""
        if what not in _CONTENT:
            raise BadAct("what is delivered is %s" % " or ".join(_CONTENT))
        who, label = ("maker", "safety") if what == "safety" else ("pool", "plain")
        body = _CONTENT[what][self.language]
        self._items += 1
        item = publisher.item(
            {"id": "item%d" % self._items, "label": label, "body": body}, self.watch.do("clock")["day"]
        )
        signed = {"item": item, "key": publisher.modulus(who), "signature": publisher.signature(who, item)}
        answer = self._service("content.deliver", **signed, body=body)
        return self._entry("deliver", "world", [answer], detail={"what": what})

    def _as_guardian(self, kind: str, **fields: Any) -> list[Answer]:
        """Log in, do one thing, log out. The one thing's answer comes last, as it is what matters."""
        watch = self.watch
        login = watch.guardian_login(self._guardian)
        answer = watch.ask(kind, **fields, channel="host")
        return [login, watch.ask("credentials.logout", channel="host"), answer]

    # --- the child

    def _press(self) -> Entry:
        """The one button of a watch without a screen: it means who wrote last, for ten minutes, as on the face."""
        meant = self._meant()
        if not meant:
            return self._entry("press", "child", detail={"meant": ""})
        answer = self.watch.press(self.people[meant])
        return self._entry("press", "child", [answer], detail={"meant": meant})

    def _meant(self) -> str:
        """Whom the one button means: the last sender of ten minutes that is no guardian, "" if there is none."""
        if self._sender is None:
            return ""
        at, person = self._sender
        return person if self._powered() - at < _FACE_SECONDS else ""

    def _block(self, person: str) -> Entry:
        """The one button, in the conversation with this person."""
        return self._entry("press", "child", [self.watch.press(self.people[person])], detail={"meant": person})

    def _undo(self, person: str) -> Entry:
        answer = self._service("undo", party=self.people[person].address)
        return self._entry("undo", "child", [answer], detail={"meant": person})

    def _write(self, person: str, text: str, confirmed: bool) -> Entry:
        answer = self.watch.write(self.people[person], text, confirmed)
        return self._entry("write", "child", [answer], said=text, detail={"to": person, "confirmed": confirmed})

    def _open(self) -> Entry:
        """The child opens the newest folded message, after its warning."""
        if not self._folded:
            raise BadAct("no message is folded away")
        number = self._folded.pop()
        return self._entry("open", "child", [self.watch.open(number), self.watch.open(number, confirmed=True)])

    def _sos(self) -> Entry:
        self.watch.sos()
        return self._entry("sos", "child")

    def _sos_cancel(self) -> Entry:
        self.watch.sos(cancel=True)
        return self._entry("sos_cancel", "child")

    def _touch(self, x: int, y: int, down: bool) -> Entry | None:
        self.watch.touch(x, y, down)
        return self._on_the_watch()

    def _button(self, name: str, down: bool) -> Entry | None:
        self.watch.button(name, down)
        return self._on_the_watch()

    def _on_the_watch(self) -> Entry | None:
        entry = self._entry("on_the_watch", "child")
        return entry if _tells(entry) else None

    # --- what came of it

    def _service(self, call: str, **arguments: Any) -> Answer:
        return self.watch.do("service", call=call, **{"with": arguments})

    def _powered(self) -> int:
        return int(self.watch.do("clock")["powered"])

    def _entry(
        self,
        act: str,
        who: str,
        answers: list[Answer] | None = None,
        said: str = "",
        detail: Answer | None = None,
    ) -> Entry:
        """What was done, what the watch decided, what the child sees, what guardians got, what was journalled."""
        at = self.watch.now
        self.watch.step()
        seen = self.watch.seen()
        answers = (answers or []) + self._terminal_hears(seen["told"])
        entry: Entry = {
            "number": len(self.entries) + 1,
            "at": at,
            "act": act,
            "who": who,
            "said": said,
            "detail": detail or {},
            "decisions": [_decision(answer) for answer in answers],
            "child": [{"kind": kind, **_shown(fields)} for kind, fields in seen["seen"]],
            "alerts": [{**alert, "at": at} for alert in seen["alerts"]],
            **self._journalled(),
        }
        for notice in entry["child"]:
            if notice["kind"] == "collapsed":
                self._folded = [*self._folded, notice["message"]][-32:]
        self.alerts = (self.alerts + entry["alerts"])[-64:]
        if act not in ("time", "on_the_watch") or _tells(entry):
            self.entries.append(entry)
            del self.entries[: len(self.entries) - _KNOWN]
        return entry

    def _journalled(self) -> Answer:
        """The records since the last look, of both journals."""
        found = self.watch.journal(**self._last)
        for name, last in (("records", "after"), ("denials", "denials_after")):
            if found[name]:
                self._last[last] = found[name][-1][0]
        return found


def _check(field: str, value: Any, kind: type) -> None:
    """BadAct unless the value is of this kind, and small: what the watch itself would say to it is another matter."""
    if type(value) is not kind:
        raise BadAct("%s is no %s" % (field, kind.__name__))
    text = value if isinstance(value, str) else ""
    if len(text) > TEXT_LIMIT or any(0xD800 <= ord(char) < 0xE000 for char in text):
        raise BadAct("%s is no text of at most %d characters" % (field, TEXT_LIMIT))
    if isinstance(value, int) and not -_LARGEST <= value <= _LARGEST:
        raise BadAct("%s is out of bounds" % field)


def _person(id_: str, language: str) -> Person:
    """The person under this id; the address is the id, whatever the name."""
    _, english, chinese, number = _PEOPLE[id_]
    person = Person(id_, number)
    person.name = chinese if language == "zh" else english
    return person


def _decision(answer: Answer) -> Answer:
    if "bad" in answer:
        return {"verdict": "refused", "reason": "", "problem": "%(bad)s %(problem)s" % answer}
    found = {name: answer.get(name) for name in ("verdict", "reason", "wait", "obligations")}
    return {**found, "reason": "" if answer.get("reason") in (None, "ok") else answer["reason"]}


def _shown(fields: Answer) -> Answer:
    """The fields of a notice that a page can show."""
    return {name: value for name, value in fields.items() if isinstance(value, (str, int))}


def _tells(entry: Entry) -> bool:
    return bool(entry["child"] or entry["alerts"] or entry["records"] or entry["denials"] or entry["decisions"])


ACTS: dict[str, tuple[Callable[..., Entry | None], Fields]] = {
    "message": (Household._message, {"person": str, "text": str}),
    "call": (Household._call, {"person": str}),
    "shop": (Household._shop, {"amount": int, "cls": str}),
    "password": (Household._password, {"right": bool}),
    "no_payment": (Household._no_payment, {}),
    "network": (Household._network, {"on": bool}),
    "charge": (Household._charge, {"on": bool}),
    "battery": (Household._battery, {"minutes": int, "clock_chip": bool}),
    "wait": (Household._wait, {"minutes": int}),
    "until": (Household._until, {"time": str}),
    "clock": (Household._clock, {"minutes": int}),
    "child_clock": (Household._child_clock, {"minutes": int}),
    "fetch_bill": (Household._fetch_bill, {}),
    "look_place": (Household._look_place, {}),
    "deliver": (Household._deliver, {"what": str}),
    "press": (Household._press, {}),
    "block": (Household._block, {"person": str}),
    "undo": (Household._undo, {"person": str}),
    "write": (Household._write, {"person": str, "text": str, "confirmed": bool}),
    "open": (Household._open, {}),
    "sos": (Household._sos, {}),
    "sos_cancel": (Household._sos_cancel, {}),
    "touch": (Household._touch, {"x": int, "y": int, "down": bool}),
    "button": (Household._button, {"name": str, "down": bool}),
}
