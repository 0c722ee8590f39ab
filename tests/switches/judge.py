"""Asks a watch with any settings, and leaves no trace. Runs on CPython and, as a process, on MicroPython.

The settings are put straight into the engine and nothing is journalled: `decide` changes nothing.
"""

import json

from firmware.policy import desk
from firmware.policy.request import check
from simulator.portable.questions import questions
from simulator.portable.rig import Rig


class JudgeRig(Rig):
    """The rig with one more operation: judge."""

    def do(self, command):
        if command["op"] == "judge":
            return {"decisions": self._judge(command)}
        return super().do(command)

    def _judge(self, command):
        """A decision on each of `cases`: [request, wall time, [[key, value], ...]], as [verdict, obligations, wait,
        [[kind, fields], ...]]. The named settings differ from the guardian's policy; doubt: the watch is in doubt of
        its state, as after damage."""
        engine = self.watch.engine
        settings, clock = engine.settings, engine.clock
        chosen, wall = dict(settings.chosen()), clock.wall
        settings.strict = command["doubt"]
        decisions = []
        for request, at, values in command["cases"]:
            for key, value in values:
                settings.choose(key, value)
            settings.refresh()
            clock.wall = at
            decision = _decide(engine, request)
            decisions.append(decision and _told(decision))
            for key, _ in values:
                settings.choose(key, chosen[key])
        settings.strict, clock.wall = False, wall
        settings.refresh()
        return decisions


def _decide(engine, request):
    rule, verb = engine.rules[request["kind"].split(".")[0]], request["kind"].split(".")[1]
    if verb == "step":  # what a rule does by itself, as if nothing had been done today
        rule._stepped = -1
        return rule.step()
    check(request, rule.FORMS, verb)
    return engine._gate(request) or rule.decide(verb, request) or desk.decide(rule, verb, request)


def _told(decision):
    events = [[kind, fields] for kind, fields, _, _ in decision.events]
    return [decision.verdict, list(decision.obligations), decision.wait, events]


def main():
    """A command in, an answer a line out; "watch" says which of several watches is meant."""
    rigs = {}
    for command in questions():
        watch = command["watch"]
        if watch not in rigs:
            rigs[watch] = JudgeRig()
        print(json.dumps(rigs[watch].do(command)))


if __name__ == "__main__":
    main()
