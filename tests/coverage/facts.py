"""What a scenario uses of the firmware, step by step, on a healthy watch.

A break needs a fact, such as "refuses contacts" or "setting contacts.cap above its lowest": where a run never showed
that fact, the break would change nothing, so it is not tried.
"""

from collections import defaultdict
from collections.abc import Callable
from functools import partial
from typing import Any

from firmware.policy import desk
from firmware.policy.decision import BadRequest
from firmware.policy.engine import Engine
from firmware.policy.settings import Settings
from firmware.services.enforce import discharge
from firmware.text import reading
from tests.coverage.firmware_parts import helpers, parts, users_of
from tests.coverage.patching import Patches

Around = Callable[[Any], Any]


def _then(take: Callable[[Any], Any]) -> Around:
    """Look at what a function answers."""

    def around(old: Any) -> Any:
        def watched(*arguments: Any, **named: Any) -> Any:
            result = old(*arguments, **named)
            take(result)
            return result

        return watched

    return around


def _before(take: Callable[..., Any]) -> Around:
    """Look at what a function is given."""

    def around(old: Any) -> Any:
        def watched(*arguments: Any) -> Any:
            take(*arguments)
            return old(*arguments)

        return watched

    return around


class Facts:
    """`seen` holds for each fact the steps (0: the set-up) in which it was true; `step` is the running one."""

    def __init__(self) -> None:
        self.step = 0
        self.seen: dict[str, set[int]] = defaultdict(set)
        self._rebuilding = 0

    def note(self, fact: str) -> None:
        self.seen[fact].add(self.step)

    def watch(self, patches: Patches) -> None:
        """Look on; nothing is changed."""
        self._watch_decisions(patches)
        self._watch_events(patches)
        self._watch_services(patches)
        patches.wrap(Settings, "__getitem__", self._setting)
        for module, name in users_of(reading.read):
            patches.wrap(module, name, _then(self._read))
        for part, cls, name in helpers():
            patches.wrap(cls, name, _then(partial(self._helped, "%s.%s" % (part, name))))

    # --- decisions

    def _watch_decisions(self, patches: Patches) -> None:
        for part, rule in parts().rules.items():
            patches.wrap(rule, "decide", _then(partial(self._decided, part)))
            patches.wrap(rule, "step", _then(partial(self._stepped, part)))
            patches.wrap(rule, "due", _then(partial(self._timed, part)))
        patches.wrap(desk, "decide", self._desk)
        patches.wrap(Engine, "_gate", _then(partial(self._decided, "engine")))
        patches.wrap(Engine, "ask", self._ask)

    def _decided(self, part: str, decision: Any) -> None:
        if not decision:
            return
        self.note(("allows " if decision.allowed else "refuses ") + part)
        if not decision.allowed:
            self.note("reason %s %s" % (part, decision.reason))
        for kind, _, _, _ in decision.events:
            self.note("made %s %s" % (part, kind))
        for name in decision.obligations:
            self.note("obliges " + part)
            self.note("obligation %s %s" % (part, name))

    def _stepped(self, part: str, decision: Any) -> None:
        self._decided(part, decision)
        self._timed(part, decision)

    def _timed(self, part: str, result: Any) -> None:
        if result is not None:
            self.note("time " + part)

    def _desk(self, old: Any) -> Any:
        def decide(rule: Any, verb: str, request: Any) -> Any:
            decision = old(rule, verb, request)
            self._decided(rule.name, decision)
            return decision

        return decide

    def _ask(self, old: Any) -> Any:
        def ask(engine: Any, request: Any) -> Any:
            try:
                return old(engine, request)
            except BadRequest:
                self.note("bad request")
                raise

        return ask

    # --- events

    def _watch_events(self, patches: Patches) -> None:
        patches.wrap(Engine, "rebuild", self._rebuild)
        patches.wrap(Engine, "_journal", _before(self._journalled))
        for part, rule in parts().rules.items():
            patches.wrap(rule, "apply", _before(partial(self._applied, part)))
            patches.wrap(rule, "restore", _before(partial(self._restored, part)))

    def _rebuild(self, old: Any) -> Any:
        def rebuild(*arguments: Any) -> Any:
            self._rebuilding += 1
            try:
                return old(*arguments)
            finally:
                self._rebuilding -= 1

        return rebuild

    def _journalled(self, engine: Any, events: Any) -> None:
        for kind, _, _, _ in events:
            self.note("event " + kind)

    def _applied(self, part: str, rule: Any, verb: str, record: Any) -> None:
        self.note("applies " + part)
        self.note("applied " + record.kind)
        if self._rebuilding:
            self.note("rebuilds " + part)

    def _restored(self, part: str, rule: Any, blob: Any) -> None:
        self.note("restores " + part)
        self.note("rebuilds " + part)

    # --- services, settings, texts, helpers

    def _watch_services(self, patches: Patches) -> None:
        for module, name in users_of(discharge):
            patches.wrap(module, name, _before(partial(self._discharged, module.__name__.partition(".")[2])))
        for part, service in parts().services.items():
            if hasattr(service, "step"):
                patches.wrap(service, "step", _then(partial(self._timed, part)))

    def _discharged(self, part: str, decision: Any, handlers: Any) -> None:
        for name in decision.obligations if decision.allowed else ():
            self.note("does " + part)
            self.note("doing %s %s" % (part, name))

    def _setting(self, old: Any) -> Any:
        rows = {row.key: row for row in parts().settings}

        def read(settings: Any, key: str) -> Any:
            value = old(settings, key)
            if value > rows[key].lowest:
                self.note("setting %s above its lowest" % key)
            if value < max(rows[key].highest):
                self.note("setting %s below its highest" % key)
            return value

        return read

    def _read(self, found: Any) -> None:
        for name, bit in parts().texts.items():
            if found.classes & bit:
                self.note("reads " + name)
        for kind, _, _ in found.personal:
            self.note("finds " + kind)

    def _helped(self, name: str, result: Any) -> None:
        told = str(result) if result is None or isinstance(result, bool) else "value"
        self.note("%s gives %s" % (name, told))
