"""What happens on the simulated day: a set-up, a stream of messages, and what child, guardian and others do.

Only the acts stand here. Every answer comes from the watch.
"""

import base64
import datetime
from collections.abc import Callable
from pathlib import Path
from typing import Any

from simulator.days.stream import Message, seconds_of
from simulator.days.timeline import Timeline
from simulator.pictures import png, rgb
from simulator.watch import DAY, Answer, Guardian, Person, Watch

CHILD = "Wren"
GUARDIAN = "Mum"
_GUARDIAN_NUMBER = "13900000001"  # invented, like all numbers here
_DATE = datetime.date(2026, 11, 19)  # a Thursday
_BIRTH_MONTH = 5
_ZONE = 480  # minutes: the zone of the cn-ccia profile, in which the story's times are told
_DISPLAY = [240, 240, False]
_CLASS = 0  # the group that is the school chat

MIDNIGHT = (_DATE - datetime.date(2020, 1, 1)).days * DAY - _ZONE * 60


class Story:
    """One day of one watch in `folder`. `messages` arrive at their times; `age` is the child's, in years."""

    def __init__(
        self,
        folder: Path,
        runtime: str,
        language: str,
        age: int,
        messages: list[Message],
        pictures: Path | None = None,
    ) -> None:
        """pictures: a folder that gets a PNG of the display whenever an act has changed what it shows."""
        self.age = age
        self.messages = messages
        self.date = _DATE
        self.outcomes: list[tuple[Message, Answer]] = []
        screen: dict[str, Any] = (
            {"display": _DISPLAY, "language": language, "battery": 80, "dark": True} if pictures else {}
        )
        self.watch = Watch(folder, MIDNIGHT + seconds_of("06:40"), runtime, **screen)
        self._pictures = pictures
        self._shown = ""
        self.timeline = Timeline(self.watch, language, _ZONE)
        self.guardian = Guardian()
        self.names: dict[str, str] = {}  # by the tag under which the journal knows a contact
        self._language = language
        self._people: dict[str, Person] = {}
        self._last: dict[str, int] = {}  # number of the last message of each person that came in
        self._offered = ""  # the first person of whom the watch offered protection

    def person(self, name: str) -> Person:
        """The person of that name; phone numbers are given out in the order of first mention."""
        if name not in self._people:
            self._people[name] = Person(name, "139000001%02d" % len(self._people))
        return self._people[name]

    def friends(self) -> list[Person]:
        """The people who were added, but for the guardian."""
        return [
            person for person in self._people.values() if person.name in self.names.values() and person.name != GUARDIAN
        ]

    def until(self, time: str | int) -> None:
        """Let time pass until HH:MM, or seconds after midnight."""
        at = MIDNIGHT + (seconds_of(time) if isinstance(time, str) else time)
        if at > self.watch.now:
            self.watch.advance(at - self.watch.now)

    def add(self, who: str, what: str, *answers: Answer, **more: Any) -> None:
        entry = self.timeline.add(who, what, *answers, **more)
        if self._pictures:
            self._draw(self._pictures, entry["time"])

    def _draw(self, folder: Path, time: str) -> None:
        """Write what the display shows, if it is something new: NUMBER-HHMM-SCREEN.png."""
        shown = self.watch.do("picture")
        if shown["sha256"] == self._shown:
            return
        self._shown = shown["sha256"]
        rows = rgb(shown["w"], shown["h"], base64.b64decode(shown["data"]))
        name = "%03d-%s-%s.png" % (len(self.timeline.entries), time.replace(":", "")[:4], self.watch.look()["screen"])
        (folder / name).write_bytes(png(shown["w"], shown["h"], b"".join(rows)))

    def last_message(self) -> int:
        """The number of the newest message that came in, 0 if there was none."""
        return max(self._last.values(), default=0)

    # Acts that every day has

    def set_up(self, friends: list[str]) -> None:
        """The guardian sets the watch up and adds the friends, whose own guardians agree."""
        watch, guardian = self.watch, self.guardian
        birth = (_DATE.year - self.age, _BIRTH_MONTH)
        guardian.pin, pin = "123456", guardian.pin
        self.add(
            GUARDIAN,
            "sets the watch up with the PIN 123456",
            watch.set_up(guardian, birth, [_GUARDIAN_NUMBER], self._language),
        )
        guardian.pin = pin
        self.add(GUARDIAN, "chooses a better PIN", watch.set_up(guardian, birth, [_GUARDIAN_NUMBER], self._language))
        self.add(GUARDIAN, "proves the passphrase on a paired computer", watch.guardian_login(guardian))
        mum = Person(GUARDIAN, _GUARDIAN_NUMBER)
        self._people[GUARDIAN] = mum
        self.add(GUARDIAN, "becomes a contact", self._named(mum, watch.add_contact(mum, "guardian")))
        answers = []
        for friend in [self.person(name) for name in friends]:
            answers += [self._named(friend, watch.add_contact(friend)), watch.agree(friend)]
        listed = ", ".join(friends) if len(friends) < 5 else "%d friends" % len(friends)
        self.add(GUARDIAN, "adds %s; their guardians agree" % listed, *answers)

    def _named(self, person: Person, answer: Answer) -> Answer:
        for record in answer.get("records", ()):
            if record[1] == "contacts.added":
                self.names[record[2]] = person.name
        return answer

    def login(self) -> None:
        self.add(GUARDIAN, "logs in", self.watch.guardian_login(self.guardian))

    def logout(self) -> None:
        self.watch.ask("credentials.logout", channel="host")

    def receive(self, message: Message) -> None:
        """A message of the stream arrives."""
        person = self.person(message.sender)
        answer = self.watch.message(person, message.text, _CLASS if message.in_group else None)
        self.outcomes.append((message, answer))
        if answer.get("records"):
            self._last[person.name] = answer["records"][0][0]
        if "offer_protection" in answer.get("obligations", ()) and not self._offered:
            self._offered = person.name
        self.add(person.name, "(class)" if message.in_group else "", answer, said=message.text, arrives=True)

    def run(self, acts: list[tuple[str, Callable[[], None]]]) -> None:
        """Messages and acts in order of time; an act before a message of the same minute."""
        steps: list[tuple[int, int, Callable[[], None]]] = [(seconds_of(time), 0, act) for time, act in acts]
        for message in self.messages:
            steps.append((message.at, 1, lambda message=message: self.receive(message)))  # type: ignore[misc]
        for at, _, act in sorted(steps, key=lambda step: step[:2]):
            self.until(at)
            act()

    def block(self, name: str) -> None:
        """The one button; a message of the same person is already waiting when it is pressed."""
        person = self.person(name)
        before = self._last_denial()[0]
        self.watch.queue(person, "and another thing")
        press = self.watch.press(person)
        self.add(CHILD, "presses the one button on %s" % name, press)
        denial = self._last_denial()
        facts = ["that message: " + denial[5]] if denial[0] > before else []
        for number, _, _, whole in self.watch.do("packages")["packages"]:
            facts.append("evidence package %d: %s" % (number, "opens, complete" if whole else "NOT complete"))
        self.add(name, "had a message waiting when the button was pressed", arrives=True, facts=tuple(facts))

    def _last_denial(self) -> list[Any]:
        """The newest record in the ring of denials: [number, time, powered, "denied", kind, reason, who, count]."""
        denials = self.watch.journal()["denials"]
        return denials[-1] if denials else [0] * 8

    def night(self) -> None:
        """Until the next morning."""
        self.timeline.chapter("Night")
        known = len(self.watch.journal()["records"])
        self.until(DAY + seconds_of("06:30"))
        kinds = [record[3] for record in self.watch.journal()["records"][known:]]
        self.add(
            "night", "passes", facts=("its time is " + self.watch.do("clock")["trust"], "noted: " + ", ".join(kinds))
        )


class SchoolDay(Story):
    """The day of simulator/days/school_day.tsv."""

    def tell(self) -> None:
        """The whole day."""
        self.timeline.chapter("Morning: a new watch")
        self.set_up(["Otter", "Heron", "Magpie"])
        self._school_chat()
        self.run(
            [
                ("07:20", lambda: self.timeline.chapter("Before school")),
                ("07:28", self._ask_for_panda),
                ("07:36", self._approve_panda),
                ("08:00", lambda: self.timeline.chapter("School")),
                ("08:24", self._not_bullying),
                ("09:42", self._tell),
                ("11:07", self._open_folded),
                ("12:10", lambda: self.timeline.chapter("Noon: strangers, all at once")),
                (
                    "12:16",
                    lambda: self.add("a stranger", "calls", self.watch.incoming_call("13900000999"), arrives=True),
                ),
                ("13:00", lambda: self.timeline.chapter("Afternoon: it gets worse")),
                ("13:09", self._block),
                ("14:30", self._network_back),
                ("15:30", lambda: self.timeline.chapter("After school: the child's own words")),
                ("15:42", lambda: self._write("Otter", "Yes! I live at 12 Willow Street")),
                ("15:43", lambda: self._write("Otter", "Then call me on 13900000007")),
                ("15:44", lambda: self._write("Otter", "Yes! Your mum can ask my mum for the way")),
                ("16:10", self._think),
                ("17:00", lambda: self.timeline.chapter("Late afternoon: ways round")),
                ("17:02", self._guess_the_pin),
                ("17:04", self._pull_the_battery),
                ("17:30", self._move_the_clock),
                ("17:50", self._guardian_sets_the_clock),
                ("19:00", lambda: self.timeline.chapter("Evening")),
                ("19:20", lambda: self._write("Heron", "nobody likes me, i want to disappear")),
                (
                    "19:30",
                    lambda: self.add(
                        CHILD, "opens the help page (no record is made)", self.watch.ask("emergency.help")
                    ),
                ),
                ("20:00", self._who_may_read),
                ("20:50", lambda: self._write("Otter", "Good night!")),
            ]
        )
        self.night()

    def _school_chat(self) -> None:
        watch = self.watch
        policy = watch.ask(
            "administration.policy",
            version=1,
            issuer="owner",
            expires=65535,
            values=[["contacts.groups", 4]],
            channel="host",
        )
        self.add(GUARDIAN, "opens group chat for four", policy)
        members = [self.person(name) for name in ("Otter", "Heron", "Magpie")]
        answers = [
            watch.ask("contacts.group_add", group=_CLASS, address=member.address, channel="host") for member in members
        ]
        self.add(GUARDIAN, "puts the three into the school chat", *answers)
        self.logout()

    def _ask_for_panda(self) -> None:
        panda = self.person("Panda")
        self.add(CHILD, "asks for Panda as a friend", self._named(panda, self.watch.ask_for_contact(panda)))

    def _approve_panda(self) -> None:
        panda = self.person("Panda")
        self.login()
        approved = self.watch.ask("contacts.approve", address=panda.address, channel="host")
        self.add(GUARDIAN, "approves Panda, whose guardian agrees", approved, self.watch.agree(panda))
        self.logout()

    def _tell(self) -> None:
        number = self._last.get("Magpie", 0)
        self.add(CHILD, "wants a guardian to know of it", self.watch.ask("alerts.tell", message=number))

    def _not_bullying(self) -> None:
        number = self._last.get("Magpie", 0)
        self.add(CHILD, "says: this was not bullying", self.watch.ask("messages.not_bullying", message=number))

    def _open_folded(self) -> None:
        number = self._last.get("Magpie", 0)
        self.add(CHILD, "taps on the folded message", self.watch.open(number))
        self.add(CHILD, "taps again", self.watch.open(number, confirmed=True))

    def _block(self) -> None:
        self.watch.network(False)
        self.add("network", "is gone")
        self.block("Magpie")
        magpie = self.person("Magpie")
        self.add("Magpie", "calls", self.watch.incoming_call(magpie.number), arrives=True)

    def _network_back(self) -> None:
        self.watch.network(True)
        self.watch.advance(60)
        self.add("network", "is back")

    def _write(self, name: str, text: str) -> None:
        self.add(CHILD, "to " + name, self.watch.write(self.person(name), text), said=text)

    def _think(self) -> None:
        text = "you are so stupid"
        heron = self.person("Heron")
        self._write("Heron", text)
        self.add(CHILD, "wants to send it at once", self.watch.write(heron, text, confirmed=True), said=text)
        self.watch.advance(10)
        self._write("Heron", "Sorry. Next time I will")

    def _guess_the_pin(self) -> None:
        guesses = ("000000", "201705", "888888", "112233", "131415")
        tries = [self.watch.ask("credentials.pin", pin=guess) for guess in guesses]
        self.add(CHILD, "tries the PINs " + ", ".join(guesses), *tries)
        self.add(
            CHILD, "tries the right one, seen over a shoulder", self.watch.ask("credentials.pin", pin=self.guardian.pin)
        )
        self.watch.advance(60)
        self.add(CHILD, "waits a minute and tries 271828", self.watch.ask("credentials.pin", pin="271828"))

    def _move_the_clock(self) -> None:
        ahead = self.watch.now + 3 * 3600
        self.add(
            CHILD,
            "sets the clock three hours ahead",
            self.watch.ask("administration.clock", wall=ahead, channel="keypad"),
        )
        self.add("a network", "says it is three hours later", self.watch.ask("administration.time_hint", wall=ahead))

    def _pull_the_battery(self) -> None:
        report = self.watch.reboot(off=600, rtc=False)
        clock = self.watch.do("clock")
        facts = (
            "boot: %s, %d records replayed" % (report["status"], report["records"]),
            "its time is " + clock["trust"],
        )
        self.add(CHILD, "pulls the battery for ten minutes", facts=facts)
        self.add(CHILD, "tries the right PIN", self.watch.ask("credentials.pin", pin=self.guardian.pin))

    def _guardian_sets_the_clock(self) -> None:
        self.login()
        answer = self.watch.ask("administration.clock", wall=self.watch.now, channel="host")
        self.add(GUARDIAN, "sets the clock", answer, facts=("its time is " + self.watch.do("clock")["trust"],))
        self.logout()

    def _who_may_read(self) -> None:
        watch = self.watch
        message = {
            "what": "message",
            "id": self._last.get("Magpie", 0),
            "exit": "export",
            "reader": "guardian",
            "channel": "host",
        }
        evidence = {**message, "what": "evidence", "id": 1}
        self.login()
        self.add(GUARDIAN, "wants to read Magpie's last message", watch.ask("content_access.read", **message))
        self.add(GUARDIAN, "wants to read the sealed evidence", watch.ask("content_access.read", **evidence))
        self.add(CHILD, "hands the evidence over, on the watch", watch.ask("content_access.hand_over", package=1))
        self.add(GUARDIAN, "reads the evidence", watch.ask("content_access.read", **evidence))
        self.logout()


class OtherDay(Story):
    """A day of messages from a file. Every sender but "?" is a friend; the child takes the first offer to block one."""

    def tell(self) -> None:
        """The whole day."""
        self.timeline.chapter("Morning: a new watch")
        friends = list(dict.fromkeys(message.sender for message in self.messages if not message.stranger))
        self.set_up(friends)
        self.timeline.chapter("The day")
        self.run([])
        self.night()

    def receive(self, message: Message) -> None:
        before = self._offered
        super().receive(message)
        if self._offered != before:
            self.block(self._offered)
