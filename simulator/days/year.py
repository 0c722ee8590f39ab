"""A year of a child's use with every rule on, in minutes: `ward sim --headless --days 365`, or `make year`.

The watch has its screens and lies on a modelled flash with the real littlefs. A child of eleven, who turns twelve,
gets up, goes to school, chats, plays, pays, asks the assistant and calls; a bully comes and goes; batteries go empty,
clocks are lost, networks fail, PINs are guessed. All of it is drawn from one number, so a year can be lived again.

While it lives, the year is judged by a few sums of its own that share no code with the rules (`_Sums`). What breaks one
of them is a fault, and so is a boot that found damage, a journal that does not verify, a decision that could not be
stored, and a request that nobody understands.
"""

import random
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from firmware.policy.desk.approval import code
from simulator import publisher
from simulator.days.littlefs import mounted
from simulator.portable.flash import Flash, Power
from simulator.watch import DAY, Answer, Guardian, Person, Watch

# Tuesday, 2026-09-01, 06:00 in China: six years of 365 days, two leap days (2020, 2024), and 243 days of 2026.
START = (6 * 365 + 2 + 243) * DAY - 2 * 3600
_BIRTH = (2015, 5)
_ZONE = 8 * 3600
_BLOCKS = 512  # 2 MB of flash
_CODE_KEY, _REPORT_KEY = bytes(range(32)), bytes(range(32, 64))
_PASSWORD = "604918"
_CLASS = 3  # the number of the class chat
# Everything that a guardian may open for this age, with the limits of the age, so that every rule has its turn.
_SETTINGS = {
    "contacts.groups": 8, "usage.games": 1, "usage.school": 1, "payments.enabled": 1, "assistant.enabled": 1,
    "location.on_request": 1, "location.zones": 1, "location.looks_per_hour": 1, "content.stories": 1,
    "content.news": 1, "content.notices": 1, "content.recommendation": 1, "content.push": 1, "apps.games": 1,
}  # fmt: skip
_MINUTES, _PER_DAY, _PER_MONTH, _TURNS = 60, (2000, 5000), (10000, 20000), (10, 20)  # the limits of 8-12 and 12-14
_FRIENDLY = (
    "do we need the atlas tomorrow?", "happy birthday!!", "ok", "come over on Saturday, we have kittens", "good night",
    "i came second in the race!", "guess who i saw at the pool", "this homework is killing me",
    "it is raining, take an umbrella", "can you send me the page again",
    "我在图书馆等你", "今天数学作业是第几页", "哈哈哈哈笑死我了", "外婆做了饺子，明天分你一点", "收到", "在吗",
    "电脑又死机了，等我一下", "明天几点集合", "你借我的跳绳我放在教室了", "我们组今天值日",
)  # fmt: skip
_OF_GUARDIANS = ("晚饭好了", "I am at the gate.", "记得带伞", "Grandma comes on Sunday.", "几点下课？")
_HURTFUL = ("you are such a loser", "没人喜欢你", "nobody likes you, stay away", "你这个废物", "go away you ugly pig")
_QUESTIONS = ("why is the sea salty", "为什么天是蓝的", "how old can a tortoise get", "月亮上有水吗")
_ANSWERS = (["Rivers carry salt into it. ", "It stays there."], ["因为蓝光散得最开。"], ["Some reach 150 years."])
_SPOKEN = ("我家住在阳光路15号3单元", "my number is 13900000000", "you are stupid", "see you at four", "好的，明天见")
_APPS = (
    ("education", "lessons"), ("education", "abacus"), ("exempt", "torch"), ("entertainment", "stories"),
    ("other", "blocks"), ("game_offline", "chess"), ("game_online", "islands"), ("communication", "chat"),
)  # fmt: skip

# Why a friend's message may be kept back: school, or the watch on its charger.
_KEPT_BACK = ("messages.closed", "usage.school", "usage.charging")
_COUNTED = {"decisions", "allow", "deny"}  # what the engine said; the rest of the counts is the life


class _Sums:
    """What was used up, added up from outside: the watch must never give more than the limits."""

    def __init__(self) -> None:
        self.spent: Counter[int] = Counter()  # by day, fen
        self.by_month: Counter[tuple[int, int]] = Counter()
        self.turns: Counter[int] = Counter()
        self.blocked: set[str] = set()


class Year:
    """One year; `live` lives it. `counts` is what happened, `faults` what must not."""

    def __init__(self, folder: Path, days: int = 365, seed: int = 1) -> None:
        self.days = days
        self.flash = Flash(None, _BLOCKS, Power())
        self.counts: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.alerts: Counter[str] = Counter()
        self.screens: Counter[str] = Counter()
        self.faults: list[str] = []
        self.seconds = 0.0  # of this computer
        self.journal: dict[str, int] = {}
        self._folder = folder
        self._chance = random.Random(seed)
        self._sums = _Sums()
        self._day = 0
        self._version = 0
        self._payments = 0
        self._keys_erased = 0

    # --- the frame

    def live(self) -> None:
        """All days. Afterwards everything that the summary prints is there."""
        began = time.monotonic()
        with mounted(self.flash):
            self.watch = Watch(self._folder, START, display=[240, 240, False], battery=80, dark=True)
            self._booted(self.watch.boot_report)
            self._begin()
            for day in range(self.days):
                self._day = day
                self._live_a_day()
            self._end()
        self.seconds = time.monotonic() - began

    def _booted(self, report: Answer) -> None:
        """After each boot: count what the new engine decides."""
        self.counts["boots"] += 1
        if report["status"] not in ("ok", "new"):
            self._fault("a boot found %s (%s)" % (report["status"], report["code"]))
        engine = self.watch._rig.watch.engine  # type: ignore[union-attr]
        ask: Callable[[dict[str, Any]], Any] = engine.ask

        def counted(request: dict[str, Any]) -> Any:
            decision = ask(request)
            self.counts["decisions"] += 1
            self.counts[decision.verdict] += 1
            if decision.verdict != "allow":
                self.refused[decision.reason] += 1
            return decision

        vars(engine)["ask"] = counted

    def _fault(self, what: str) -> None:
        self.faults.append("day %d: %s" % (self._day + 1, what))

    def _done(self, answer: Answer, what: str = "") -> Answer:
        """An answer that must be one. what: and must be yes."""
        if "bad" in answer:
            self._fault("a request was not understood: %s %s" % (answer["bad"], answer["problem"]))
        elif answer.get("reason") in ("engine.storage", "engine.memory"):
            self._fault("a decision could not be stored: " + answer["reason"])
        elif what and answer.get("verdict") != "allow":
            self._fault("%s: %s" % (what, answer.get("reason") or answer["verdict"]))
        return answer

    def _until(self, hour: float) -> None:
        """Let time pass until this hour of the day, in China."""
        at = START + 2 * 3600 - 8 * 3600 + self._day * DAY + int(hour * 3600)
        if at > self.watch.now:
            self.watch.advance(at - self.watch.now)

    @property
    def _date(self) -> tuple[int, int, int]:
        """Year, month and weekday (Monday: 0) of today in China, by the computer's own calendar."""
        found = time.gmtime(1577836800 + self.watch.now + _ZONE)
        return found.tm_year, found.tm_mon, found.tm_wday

    def _limit(self, pair: tuple[int, int]) -> int:
        """What opens at twelve opens at the beginning of the month after the birthday."""
        year, month, _ = self._date
        return pair[1] if (year, month) > (_BIRTH[0] + 12, _BIRTH[1]) else pair[0]

    # --- the people

    def _begin(self) -> None:
        """Set-up, contacts, everything that a guardian can open."""
        watch, self.guardian = self.watch, Guardian()
        self.mother = Person("mama", "13900000001")
        self.friends = [Person(name, "139000001%02d" % at) for at, name in enumerate(("otter", "heron", "wren", "owl"))]
        self.bully = Person("magpie", "13900000199")
        self._done(watch.set_up(self.guardian, _BIRTH, [self.mother.number]), "set-up")
        self._login()
        self._done(watch.add_contact(self.mother, "guardian"), "a guardian becomes a contact")
        for person in (*self.friends, self.bully):
            self._login()
            self._done(watch.add_contact(person), "a friend is added")
            self._done(watch.agree(person), "the other side agrees")
        self._policy(_SETTINGS)
        for person in (*self.friends[:2], self.bully):
            self._as_guardian("contacts.group_add", group=_CLASS, address=person.address)
        for purpose in ("payment", "ai", "location", "voice"):
            self._as_guardian("consent.give", purpose=purpose, manifest=1)
        self._as_guardian("payments.shown", version=1, digest="00" * 32)
        self._as_guardian("payments.accept", version=1)
        self._as_guardian("payments.password", password=_PASSWORD)
        self._as_guardian("location.key", key=_REPORT_KEY.hex())
        self._as_guardian("location.zone", lat=300000, lon=1200000, radius=200, name="school")
        self._as_guardian("approval.key", key=_CODE_KEY.hex())
        self._as_guardian("content.trust", publisher="pool", key=publisher.modulus("pool"))
        self._provider()
        self._drain()

    def _login(self) -> None:
        self._done(self.watch.guardian_login(self.guardian), "a guardian logs in")

    def _as_guardian(self, kind: str, **fields: Any) -> Answer:
        self._login()
        return self._done(self.watch.ask(kind, channel="host", **fields), kind)

    def _policy(self, values: dict[str, int]) -> None:
        self._version += 1
        pairs = [[key, value] for key, value in values.items()]
        self._as_guardian("administration.policy", version=self._version, issuer="owner", expires=0, values=pairs)

    def _provider(self) -> None:
        """Assessed anew before the year of the last assessment is over."""
        day = self.watch.do("clock")["day"]
        record = {"name": "Sample Works", "filing": "Sample-AI-1", "assessed": day - 1, "expires": day + 300}
        self._as_guardian("assistant.provider", role="knowledge", **record)

    # --- a day

    def _live_a_day(self) -> None:
        chance, (_, _, weekday) = self._chance, self._date
        school = weekday < 5
        self._until(6.7)
        self.watch.charge(False)
        self._rare_morning()
        self.watch.do("service", call="wake", **{"with": {}})
        acts: list[tuple[float, Any]] = [(chance.uniform(6.8, 21.4), self._incoming) for _ in range(28)]
        acts += [(chance.uniform(6.9, 21.3), self._write) for _ in range(6)]
        acts += [(chance.uniform(7, 21), self._from_guardian) for _ in range(3)]
        acts += [(chance.uniform(16, 22.6), self._use) for _ in range(5)] + [(chance.uniform(9, 15), self._use)]
        acts += [(chance.uniform(16, 20), self._pay) for _ in range(chance.randrange(3))]
        acts += [(chance.uniform(16.6, 20), self._talk) for _ in range(chance.randrange(3))]
        acts += [(chance.uniform(7, 21), self._call), (chance.uniform(7.5, 20), self._move)]
        if chance.random() < 0.2:
            acts.append((chance.uniform(9, 20), self._stranger))
        if 40 <= self._day % 120 < 55:
            acts += [(chance.uniform(10, 19), self._bullied) for _ in range(2)]
        if chance.random() < 0.1:
            acts.append((chance.uniform(10, 18), self._lose_network))
        if chance.random() < 0.05:
            acts.append((chance.uniform(16, 20), self._guess))
        if chance.random() < 0.02:
            acts.append((chance.uniform(8, 20), self._sos))
        if chance.random() < 0.12:
            acts.append((chance.uniform(17, 19), self._run_empty))
        if school and chance.random() < 0.05:
            acts.append((chance.uniform(8, 15), self._move_the_clock))
        acts.append((chance.uniform(17, 21), self._look_something_up))
        acts.append((21.6, lambda: self.watch.charge(True)))
        for at, act in sorted(acts, key=lambda pair: pair[0]):
            self._until(at)
            act()
            self._drain()
        self._check_the_day()

    def _rare_morning(self) -> None:
        """What a guardian does now and then."""
        day = self._day
        if day % 7 == 3:
            self._deliver()
        if day % 30 == 29:
            self._policy({"messages.think_seconds": 4 + day % 4})
        if day % 250 == 249:
            self._provider()
        if self._sums.blocked and day % 20 == 0:
            for address in sorted(self._sums.blocked):
                self._as_guardian("blocking.release", party=address)
            self._sums.blocked.clear()
        if day % 91 == 60:
            self._lost()

    def _incoming(self) -> None:
        chance = self._chance
        person = chance.choice(self.friends)
        group = _CLASS if person in self.friends[:2] and chance.random() < 0.3 else None
        answer = self._done(self.watch.message(person, chance.choice(_FRIENDLY), group))
        self.counts["messages in"] += 1
        if answer.get("verdict") != "allow" and answer.get("reason") not in _KEPT_BACK:
            self._fault("a friend's message: %s" % answer.get("reason"))

    def _from_guardian(self) -> None:
        self.counts["messages in"] += 1
        self._done(self.watch.message(self.mother, self._chance.choice(_OF_GUARDIANS)), "a guardian's message")

    def _write(self) -> None:
        chance = self._chance
        to = self.mother if chance.random() < 0.2 else chance.choice(self.friends)
        text = chance.choice(_SPOKEN) if chance.random() < 0.3 else chance.choice(_FRIENDLY)
        answer = self._done(self.watch.write(to, text))
        self.counts["messages out"] += 1
        if answer.get("reason") == "messages.think":
            self.watch.advance(answer["wait"] + 1)
            self._done(self.watch.write(to, text, confirmed=True))

    def _bullied(self) -> None:
        answer = self._done(self.watch.message(self.bully, self._chance.choice(_HURTFUL)))
        self.counts["messages in"] += 1
        blocked = self.bully.address in self._sums.blocked
        if blocked and answer.get("verdict") == "allow":
            self._fault("a blocked person's message came through")
        if not blocked and self._chance.random() < 0.2:
            self._done(self.watch.press(self.bully), "the one button")
            self.counts["blocks"] += 1
            self._sums.blocked.add(self.bully.address)

    def _stranger(self) -> None:
        """One, or so many that protection begins."""
        for _ in range(self._chance.choice((1, 1, 1, 8))):
            number = "150%08d" % self._chance.randrange(10**8)
            answer = self._done(self.watch.message(Person("s" + number), "hello, who are you"))
            if answer.get("verdict") == "allow":
                self._fault("a stranger's message came through")
            if self._done(self.watch.incoming_call(number)).get("verdict") == "allow":
                self._fault("a stranger's call came through")
            self.watch.advance(20)

    def _call(self) -> None:
        chance = self._chance
        guardian = chance.random() < 0.5
        person = self.mother if guardian else chance.choice(self.friends)
        call = self.watch.incoming_call if chance.random() < 0.5 else self.watch.call
        answer = self._done(call(person.number), "a guardian's call" if guardian else "")
        self.counts["calls"] += 1
        if answer.get("verdict") == "allow":
            self.watch.on_call(True)
            self.watch.advance(chance.randrange(10, 300))
            self.watch.on_call(False)

    def _use(self) -> None:
        """Something is opened and left after a while, if it has not been closed before."""
        cls, item = self._chance.choice(_APPS)
        answer = self._done(self.watch.use(cls, item))
        self.counts["apps opened"] += 1
        hour = (self.watch.now + _ZONE) % DAY / 3600
        if answer.get("verdict") == "allow" and cls in ("other", "entertainment") and not 6 <= hour < 22:
            self._fault("%s was opened at night" % cls)
        self.watch.advance(self._chance.randrange(60, 1500))
        self._done(self.watch.leave())

    def _pay(self) -> None:
        chance, sums = self._chance, self._sums
        self._payments += 1
        amount = chance.choice((300, 450, 700, 950, 1200, 2600, 60000))
        payment = {"key": "%032x" % self._payments, "merchant": "kiosk", "name": "Kiosk", "amount": amount}
        payment["class"] = chance.choice(("food", "food", "transport", "tip"))
        if self._service("pay_request", payment=payment).get("verdict") != "allow":
            return self._ask_for_more(amount)
        if chance.random() < 0.1:
            self._service("pay", password="111999")
        paid = self._service("pay", password=_PASSWORD)
        self.counts["payments"] += 1
        if paid.get("verdict") != "allow":
            return None
        year, month, _ = self._date
        key = {"key": payment["key"], "merchant": "kiosk"}
        if chance.random() < 0.1:
            self._done(self._service("void", payment=key), "void")
            return None
        self._done(self._service("capture", payment={**key, "amount": amount}), "capture")
        sums.spent[self._day] += amount
        sums.by_month[year, month] += amount
        if chance.random() < 0.05:
            self._done(self._service("refund", payment={**key, "total": amount}), "refund")  # which gives no room back
        return None

    def _ask_for_more(self, amount: int) -> None:
        """Sometimes the child asks a guardian for a code, on the phone; it is not used up here."""
        if amount != 2600 or self._chance.random() < 0.7:
            return
        asked = self._service("ask_approval", what="ai_minutes", value=5)
        waiting = self.watch.do("shown")["approvals"]
        if asked.get("verdict") == "allow" and waiting:
            fields = [waiting[-1][name] for name in ("request", "what", "value", "minutes", "detail")]
            self._done(self._service("enter_code", request=waiting[-1]["request"], code=code(_CODE_KEY, *fields)))
            self.counts["codes"] += 1

    def _service(self, call: str, **arguments: Any) -> Answer:
        return self._done(self.watch.do("service", call=call, **{"with": arguments}))

    def _talk(self) -> None:
        chance = self._chance
        self.watch.do("provider", answers=[list(chance.choice(_ANSWERS)) for _ in range(3)])
        if self._service("chat_begin").get("verdict") != "allow":
            return
        self.counts["talks"] += 1
        for _ in range(chance.randrange(1, 4)):
            text = chance.choice(_QUESTIONS) if chance.random() < 0.9 else chance.choice(_SPOKEN)
            if self._service("chat_say", text=text).get("verdict") == "allow":
                self._sums.turns[self._day] += 1
            self.watch.advance(chance.randrange(5, 60))
        self._service("chat_end")

    def _move(self) -> None:
        """The child is somewhere else; a guardian looks where, now and then."""
        chance = self._chance
        self.watch.do("place", fix=[300000 + chance.randrange(900), 1200000 + chance.randrange(900), 20, 5])
        if chance.random() < 0.1:
            self._login()
            self._done(self._service("look", channel="host"), "a look")
            self.counts["looks"] += 1
            self.watch.advance(90)

    def _lose_network(self) -> None:
        self.watch.network(False)
        self._until((self.watch.now + _ZONE) % DAY / 3600 + self._chance.uniform(0.1, 3))
        self.watch.network(True)

    def _guess(self) -> None:
        """The child tries PINs until the watch no longer listens. None is right."""
        for _ in range(self._chance.randrange(1, 8)):
            answer = self._done(self.watch.ask("credentials.pin", pin="%06d" % self._chance.randrange(260719)))
            if answer.get("verdict") == "allow":
                self._fault("a guessed PIN was right")

    def _sos(self) -> None:
        """Half of them are mistakes."""
        self.watch.sos()
        self.counts["SOS"] += 1
        if self._chance.random() < 0.5:
            self.watch.sos(cancel=True)
            return
        online = self._chance.random() < 0.7
        self.watch.network(online)
        self.watch.advance(10)
        state = self._sos_state()
        if (state == "delivered") != online:
            self._fault("SOS with%s network is %s" % ("" if online else "out", state))
        self.watch.network(True)
        self.watch.advance(120)
        if self._sos_state() != "delivered":
            self._fault("SOS was not delivered when the network came back")
        self.watch.do("sos", end=True)

    def _sos_state(self) -> str:
        return str(self.watch._rig.watch.sos.state)  # type: ignore[union-attr]

    def _run_empty(self) -> None:
        """The battery is empty for some hours; now and then the clock's own cell is too."""
        keeps = self._chance.random() < 0.8
        self._booted(self.watch.reboot(off=self._chance.randrange(600, 7200), rtc=keeps))
        if not keeps:
            self.counts["clocks lost"] += 1
            self._as_guardian("administration.clock", wall=self.watch.now)

    def _move_the_clock(self) -> None:
        """The child, then a network, say that school is over."""
        wall = self.watch.now + 9 * 3600
        for answer in (
            self.watch.ask("administration.clock", wall=wall),
            self.watch.ask("administration.time_hint", wall=wall),
        ):
            self._done(answer)
        if abs(self.watch.do("clock")["wall"] - self.watch.now) > 120:
            self._fault("somebody without a proof moved the clock")

    def _lost(self) -> None:
        self._as_guardian("administration.lost", message=self.mother.number)
        self.watch.advance(600)
        self._done(self.watch.incoming_call(self.mother.number), "a guardian calls a lost watch")
        self._as_guardian("administration.found")

    def _deliver(self) -> None:
        day = self.watch.do("clock")["day"]
        item = publisher.item({"id": "story%d" % self._day, "body": "A small boat went over the lake."}, day)
        signed = {"item": item, "key": publisher.modulus("pool"), "signature": publisher.signature("pool", item)}
        self._service("content.deliver", **signed, body="A small boat went over the lake.")

    def _look_something_up(self) -> None:
        """The child opens a screen or two, and touches what is on the lower left: on most of them the way back."""
        for name in self._chance.sample(("menu", "messages", "help", "privacy", "held", "told", "looks", "about"), 2):
            self.watch.do("open_screen", name=name)
            self.screens[str(self.watch.look()["screen"])] += 1
        for _ in range(6):
            self._touch(30, 205)

    def _touch(self, x: int, y: int) -> None:
        self.watch.touch(x, y, True)
        self.watch.touch(x, y, False)

    def _drain(self) -> None:
        """What left the watch is counted and forgotten."""
        seen = self.watch.seen()
        for alert in seen["alerts"]:
            self.alerts[str(alert["code"])] += 1
        self.counts["notices"] += len(seen["seen"])

    # --- judging

    def _check_the_day(self) -> None:
        sums, day = self._sums, self._day
        year, month, _ = self._date
        used = self.watch.usage()["used"]
        if used > _MINUTES * 60 + 60:
            self._fault("%d seconds of apps" % used)
        for what, found, limit in (
            ("fen in a day", sums.spent[day], self._limit(_PER_DAY)),
            ("fen in a month", sums.by_month[year, month], self._limit(_PER_MONTH)),
            ("questions", sums.turns[day], self._limit(_TURNS)),
        ):
            if found > limit:
                self._fault("%d %s, over %d" % (found, what, limit))
        if day % 30 == 0 and not self.watch.verify()["ok"]:
            self._fault("the journal does not verify")

    def _end(self) -> None:
        """The last boot, with all of the history checked."""
        self._until(24)
        self._booted(self.watch.reboot())
        verified = self.watch.verify()
        if not verified["ok"]:
            self._fault("the journal does not verify at the end: " + verified["code"])
        rig = self.watch._rig
        assert rig is not None
        store = rig.watch.store
        if rig.watch.engine.rules["administration"].tampered:
            self._fault("the watch thinks that it was tampered with")
        segments = [name for name, _, _ in self.watch.files() if name[0] == "j" and name[1:].isdigit()]
        self.journal = {
            "records": store.main.seq, "denials": store.denials.seq, "segment": store.main.segment,
            "kept": len(segments), "bytes": sum(size for _, size, _ in self.watch.files()),
        }  # fmt: skip
        self._keys_erased = rig.board.partition.flash.erases

    def summary(self) -> list[str]:
        """What happened, in lines."""
        counts, journal, flash = self.counts, self.journal, self.flash
        lines = [
            "%d days, lived in %.0f s" % (self.days, self.seconds),
            "decisions   %d: %d allowed, %d refused" % (
                counts["decisions"], counts["allow"], counts["decisions"] - counts["allow"],
            ),
            "life        " + ", ".join("%d %s" % (counts[name], name) for name in sorted(counts.keys() - _COUNTED)),
            "refused     " + ", ".join("%s %d" % pair for pair in self.refused.most_common(8)),
            "journal     %(records)d records and %(denials)d refusals, %(segment)d segments, %(kept)d of them kept, "
            "%(bytes)d bytes" % journal,
            "flash       %d erases of %d blocks (%.2f a record), %d of the four key sectors; %.1f MB programmed" % (
                flash.erases, flash.blocks, flash.erases / (journal["records"] + journal["denials"]),
                self._keys_erased, flash.programmed / 1e6,
            ),
            "alerts      " + (", ".join("%s %d" % pair for pair in self.alerts.most_common()) or "none"),
            "faults      %d" % len(self.faults),
        ]  # fmt: skip
        return lines + ["  " + fault for fault in self.faults[:20]]
