"""Plays one history on CPython, step by step beside the reference model, and says what every history must keep to."""

import copy
import shutil
from collections.abc import Iterable
from typing import Any

from simulator.micropython import Process
from tests.histories import people as p
from tests.histories.batch import ENDING, HistoryRig
from tests.histories.world import NOW, Act, World

Json = dict[str, Any]
Steps = Iterable[tuple[str, int, int]]


def copy_flash(source: str, target: str) -> None:
    """The files and the key partition of a watch."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target, copy_function=shutil.copyfile)
    shutil.copyfile(source + ".keys", target + ".keys")


AT_ONCE = 8  # commands a line: a long line would not fit into a small heap


def told(process: Process, root: str, commands: list[Json]) -> list[Json]:
    """The answers of a watch in another process."""
    answers: list[Json] = []
    for at in range(0, len(commands), AT_ONCE):
        answers += process.ask({"root": root, "commands": commands[at : at + AT_ONCE]})["answers"]
    assert len(answers) == len(commands)
    return answers


class Played:
    """One history: its commands and answers, ready to be compared with another runtime's."""

    WORLD: type[World] = World

    def __init__(self, root: str, birth: int = 0, profile: int = 0, steps: Steps = (), start: "Played | None" = None):
        """A watch set up anew, or one that goes on in a copy of what `start` has left on its flash."""
        self.root, self.start = root, start
        self.commands: list[Json] = []
        self.answers: list[Json] = []
        self._rig = HistoryRig()
        self._rtc, self._rtc_runs = NOW, True  # what the battery-backed clock shows, and whether it kept the time
        self._day_from = 0  # powered time at which the day in force may have begun
        self._blocked: set[str] = set()
        if start:
            self._world: World = copy.deepcopy(start._world)
            self._model = self._world.model
            self._model.forget()
            copy_flash(start.root, root)
            self._play([({"op": "new", "root": root, "keep": True, "wall": NOW}, None), ({"op": "clock"}, None)])
            self._play(self._world.login(0, 0))
        else:
            self._world = self.WORLD(root, birth, profile)
            self._model = self._world.model
            self._play(self._world.beginning())
        for step in steps:
            self._play(self._world.steps(*step))
        for command in ENDING:
            self._do(dict(command))
        self._check_ending()

    def _do(self, command: Json) -> Json:
        answer = self._rig.do(command)
        self.commands.append(command)
        self.answers.append(answer)
        return answer

    def _play(self, commands: Iterable[tuple[Json, Act]]) -> None:
        waiting = None  # the model's word on a message that was queued
        for command, act in commands:
            answer = self._do(command)
            if command["op"] in ("advance", "reboot", "clock"):
                self._keep_time(command, answer)
            elif command["op"] == "seen" and waiting:
                self._check_queued(answer, *waiting)
            elif act and act[0] == "bad":
                assert answer.get("bad") == act[1]["field"], (command, answer)
                self._model.tried(command.get("request", {}).get("channel"))
            elif act and act[0] == "floor":
                assert answer["verdict"] == "allow", "the safety floor holds always"
            elif act:
                self._check(command, answer, act)
                waiting = None
            if act and command["op"] == "step":
                waiting = act[1]["party"], self._model.judge(act[0], **act[1])[0]

    def _check(self, command: Json, answer: Json, act: tuple[str, Json]) -> None:
        """Verdict and reason are the model's."""
        if command["op"] == "step":
            return
        fresh = act[0] == "receive" and self._is_from_guardian(act[1])
        allowed, reasons = self._model.judge(act[0], **act[1])
        assert answer["verdict"] == ("allow" if allowed else "deny"), (act, answer, reasons, self._facts())
        assert answer["reason"] in reasons, (act, answer, reasons, self._facts())
        if allowed:
            self._note_message(answer["records"])
            if act[0] == "clock":
                self._rtc, self._rtc_runs = act[1]["wall"], True
        if fresh:
            assert answer["verdict"] == "allow" and answer["obligations"] == ["show"], "guardians are never held back"
        self._check_block(act, allowed)

    def _facts(self) -> Json:
        """The model's state, for whoever reads a failure."""
        return {**vars(self._model), "marks": {party: vars(mark) for party, mark in self._model.marks.items()}}

    def _is_from_guardian(self, given: Json) -> bool:
        known = self._model.contacts.get(given["party"])
        return bool(known and known["role"] == "guardian" and given["genuine"] and given["counter"] > known["counter"])

    def _note_message(self, records: list[list[Any]]) -> None:
        for record in records:
            if record[1] in ("messages.in", "messages.out"):
                self._world.seqs.append(record[0])
                self._model.messages[record[0]] = self._model.last

    def _check_block(self, act: tuple[str, Json], allowed: bool) -> None:
        """A party that was blocked stays out until a slip is undone or a guardian lifts it."""
        name, given = act
        party = given.get("party") or self._model.messages.get(given.get("message"), {}).get("party", "")
        if name == "press" and allowed:
            self._blocked.add(party)
        elif allowed and (name == "undo" or (name == "owner" and given["what"] == "release")):
            self._blocked.discard(party)
        elif name in ("receive", "call", "send") and allowed:
            assert party not in self._blocked, "a blocked party got through"

    def _check_queued(self, answer: Json, party: str, allowed: bool) -> None:
        shown = [
            fields for kind, fields in answer["seen"] if kind in ("message", "collapsed") and fields["from"] == party
        ]
        assert len(shown) == allowed, (party, answer)
        for fields in shown:
            self._world.seqs.append(fields["message"])
            self._model.messages[fields["message"]] = self._model.last
        assert not (allowed and party in self._blocked), "a blocked party got through"

    # --- time

    def _keep_time(self, command: Json, answer: Json) -> None:
        model = self._model
        if command["op"] == "reboot":
            self._rtc += command["off"]
            self._rtc_runs = self._rtc_runs and command["rtc"]
            model.forget()
            return
        before = model.powered
        if command["op"] == "advance":
            self._rtc += command["seconds"]
            model.wall += command["seconds"]
            model.powered += command["seconds"]
        elif self.commands[-2]["op"] in ("reboot", "new"):
            self._adopt(answer)
            model.last_attempt = model.powered
        shown = answer["wall"], answer["powered"], answer["trust"]
        assert shown == (model.wall, model.powered, model.trust), (command, answer, self._facts())
        if model.trust == "set":
            assert answer["day"] == model.day()
        else:  # a new day only after 24 hours of powered time
            assert 0 <= answer["day"] - model.today <= max(model.powered - self._day_from, 0) // 86400, (
                answer,
                self._facts(),
            )
        if answer["day"] > model.today:
            self._day_from = min(before, model.powered)
        model.settle(answer["day"])

    def _adopt(self, answer: Json) -> None:
        """After a boot the watch may have lost time, within the limits of design 3; the model goes on with its word."""
        model = self._model
        must_count = (
            model.trust != "set"
            or any(until > model.powered for until in model.locked.values())
            or model.grants
            or model.counting()
        )
        assert 0 <= model.powered - answer["powered"] <= (59 if must_count else 1 << 31), (answer, self._facts())
        if self._rtc_runs:
            assert (answer["trust"], answer["wall"]) == ("set", self._rtc)
        else:  # until a guardian sets it
            assert answer["trust"] == "stale" and answer["wall"] <= model.wall
        model.wall, model.powered, model.trust = answer["wall"], answer["powered"], answer["trust"]
        model.cut_off()

    # --- the end

    def _check_ending(self) -> None:
        ending = {command["op"]: answer for command, answer in zip(ENDING, self.answers[-len(ENDING) :])}
        assert ending["verify"]["ok"], ending["verify"]
        assert ending["state"]["tampered"] == "" and ending["state"]["set_up"]
        assert ending["rebuild"] == ending["state"], "the state after a boot is the state before it"
        assert not unproved(ending["journal"]["records"])
        assert not overused(ending["journal"]["records"])
        assert not any(word in repr(ending["journal"]) for word in (*p.PARTIES, *p.NUMBERS.values())), "B13"


# Records of acts that only a proof allows; a policy only if it weakened something.
_WEAKENING = (
    "administration.grant", "administration.clock", "administration.floor", "blocking.unmarked", "blocking.removed",
    "content_access.read", "content_access.emergency", "credentials.renewed", "consent.given",
    "payments.shown", "payments.accepted", "payments.password", "payments.unlocked",
    "content_access.read", "content_access.emergency", "credentials.renewed",
    "assistant.extended", "assistant.provider", "consent.given",
)  # fmt: skip


def _needs_proof(kind: str, fields: list[Any]) -> bool:
    return (
        kind in _WEAKENING
        or (kind == "administration.policy" and fields[3] > 0)
        or (kind == "contacts.approved" and fields[1] == 1)
        or (kind == "contacts.added" and fields[2] != 3 and fields[1] == 1)
        or (kind == "blocking.mode" and fields[1] == "guardian")
    )


def unproved(records: list[list[Any]]) -> list[list[Any]]:
    """Records that weaken without a proof of the owner in the five minutes before; a slip may be undone for 10 s."""
    passed = -1000
    pressed: dict[str, int] = {}
    found = []
    for record in records:
        powered, kind, fields = record[2], record[3], record[4:]
        if kind == "credentials.passed":
            passed = powered
        elif kind == "blocking.blocked":
            pressed[fields[0]] = powered
        elif kind == "blocking.released":
            if powered - passed >= 300 and powered - pressed.get(fields[0], -1000) > 10:
                found.append(record)
        elif _needs_proof(kind, fields) and powered - passed >= 300:
            found.append(record)
    return found


def overused(records: list[list[Any]]) -> list[int]:
    """Days of more than 20 questions or 20 minutes with the assistant, the most that any setting here allows, and no
    guardian's extension; by the journal's own powered times, not by what the assistant's rule has counted."""
    turns: dict[int, int] = {}
    seconds: dict[int, int] = {}
    extended = set()
    day = begun = 0
    for record in records:
        powered, kind, fields = record[2], record[3], record[4:]
        if kind == "assistant.began":
            day, begun = fields[0], powered
        elif kind == "assistant.asked":
            turns[day] = turns.get(day, 0) + 1
        elif kind == "assistant.lost":
            turns[day] -= 1
        elif kind == "assistant.ended":
            seconds[day] = seconds.get(day, 0) + powered - begun
        elif kind == "assistant.extended":
            extended |= {day, record[1] // 86400, (record[1] + 50400) // 86400}  # whatever the zone
    return [day for day in seconds if day not in extended and (seconds[day] > 1200 or turns.get(day, 0) > 20)]
