"""The ways in which the firmware is broken, one at a time.

A break is small: it turns refusals into allows and leaves everything else as it is, or lets one kind of event go
unheard. Rules, services, settings, reasons, obligations, events and helpers are taken from the firmware and from what a
scenario was seen to use, so a new rule or setting is broken without anybody writing that down. Only what runs through
the whole firmware (journal, clock, keys) is named here.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

from firmware.policy import desk
from firmware.policy.clock import NONE, SET, Clock
from firmware.policy.decision import BadRequest, allow, deny, event
from firmware.policy.engine import Engine
from firmware.policy.settings import Settings
from firmware.services.enforce import discharge, nothing
from firmware.services.messaging import Messaging
from firmware.storage import crypto, opening, verify
from firmware.storage.crypto import Sealer
from firmware.storage.files import Files
from firmware.storage.frames import Record
from firmware.storage.keys import Keys
from firmware.storage.store import Store
from firmware.text import reading
from firmware.texts import _columns
from simulator.portable.board import Recorder
from tests.coverage.facts import Facts
from tests.coverage.firmware_parts import helpers, parts, users_of
from tests.coverage.patching import Endless, Patches

Change = Callable[[Any], Any]

_ENOUGH = 100000  # calls of one helper in one run: more is a loop without end


class Break(NamedTuple):
    """`needs`: a fact of the healthy run without which the break changes nothing, "" for none. `rules`: whose behaviour
    is broken, none for what all rules stand on. `blind`: a check of a step that must not count, because it would only
    read the broken value back. `blunt`: the rule no longer allows anything, which shows that it is there and not that
    it is right. `at_end`: it shows when the flash is searched for plain text at the end, where nothing else does."""

    name: str
    needs: str
    patch: Callable[[Patches], None]
    rules: tuple[str, ...] = ()
    blind: str = ""
    blunt: bool = False
    at_end: bool = False


def breaks(facts: Facts, rule: str = "") -> list[Break]:
    """All breaks that could change a run with these facts, of one rule and of what all rules stand on, or of all rules
    (""): the finest first, the blunt ones last."""
    table = [
        *_of_what_lies_on_flash(), *_of_reasons(facts), *_of_obligations(facts), *_of_services(facts),
        *_of_events(facts), *_of_settings(), *_of_texts(facts), *_of_the_whole(), *_of_rules(), *_of_helpers(facts),
    ]  # fmt: skip
    felt = [entry for entry in table if not entry.needs or any(facts.seen.get(entry.needs, ()))]
    wanted = [entry for entry in felt if not entry.rules or not rule or rule in entry.rules]
    return sorted(wanted, key=lambda entry: entry.blunt)


FORM = "engine: what is malformed or does not exist is allowed"


# --- decisions


def _decisions(change: Change, part: str = "") -> Callable[[Patches], None]:
    """A patch: the decisions of one part (or of all) are changed."""

    def changed(old: Any) -> Any:
        def decide(first: Any, *rest: Any) -> Any:
            decision = old(first, *rest)
            mine = not part or part == getattr(first, "name", "engine")
            return change(decision) if decision and mine else decision

        return decide

    def patch(patches: Patches) -> None:
        for rule in parts().rules.values():
            patches.wrap(rule, "decide", changed)
        patches.wrap(desk, "decide", changed)
        patches.wrap(Engine, "_gate", changed)

    return patch


def _allowed(decision: Any) -> Any:
    return decision if decision.allowed else allow(who=decision.who)


def _denied(decision: Any) -> Any:
    return deny("broken", who=decision.who) if decision.allowed else decision


def _without(decision: Any, name: str = "") -> Any:
    """The decision without one obligation, or without any."""
    decision.obligations = [other for other in decision.obligations if name and other != name]
    return decision


def _named(facts: Facts, prefix: str) -> list[str]:
    return sorted(fact[len(prefix) :] for fact in facts.seen if fact.startswith(prefix))


def _of_reasons(facts: Facts) -> Iterator[Break]:
    for found in _named(facts, "reason "):
        part, _, reason = found.partition(" ")

        def change(decision: Any, reason: str = reason) -> Any:
            return _allowed(decision) if decision.reason == reason else decision

        name = "%s: nothing is refused for %s" % (part, reason)
        yield Break(name, "reason " + found, _decisions(change, part), _rules(part, reason))


def _of_obligations(facts: Facts) -> Iterator[Break]:
    for found in _named(facts, "obligation "):
        part, _, name = found.partition(" ")
        yield Break(
            "%s: %s is never asked for" % (part, name),
            "obligation " + found,
            _decisions(partial(_without, name=name), part),
            _rules(part),
        )


def _rules(*names: str) -> tuple[str, ...]:
    """The rules among the parts, and the rules in whose name a reason, event or setting is given."""
    return tuple(sorted({name.partition(".")[0] for name in names} & set(parts().rules)))


# --- rules


def _quiet(owner: Any, *names: str, result: Any = None) -> Callable[[Patches], None]:
    """A patch: the functions do nothing and answer `result`."""

    def patch(patches: Patches) -> None:
        for name in names:
            patches.wrap(owner, name, lambda old: lambda *arguments, **named: result)

    return patch


def _around(owner: Any, name: str, around: Callable[[Any], Any]) -> Callable[[Patches], None]:
    return lambda patches: patches.wrap(owner, name, around)


def _of_rules() -> Iterator[Break]:
    for name, rule in parts().rules.items():
        own = _rules(name)
        yield Break(name + ": time brings nothing", "time " + name, _quiet(rule, "step", "due"), own)
        yield Break(name + ": the snapshot is lost at a reboot", "restores " + name, _quiet(rule, "restore"), own)
        yield Break(name + ": the state is lost at a reboot", "rebuilds " + name, _forgetting(rule), own)
        yield Break(name + ": events change nothing", "applies " + name, _quiet(rule, "apply"), own)
        yield Break(name + ": no obligations", "obliges " + name, _decisions(_without, name), own)
        yield Break(name + ": refuses nothing", "refuses " + name, _decisions(_allowed, name), own)
        yield Break(name + ": allows nothing", "allows " + name, _decisions(_denied, name), own, blunt=True)
    yield Break("engine: no gate", "refuses engine", _decisions(_allowed, "engine"))


def _forgetting(rule: type) -> Callable[[Patches], None]:
    """A patch: while the engine rebuilds, the rule hears nothing."""

    def patch(patches: Patches) -> None:
        rebuilding: list[bool] = []

        def rebuild(old: Any) -> Any:
            def noted(*arguments: Any) -> Any:
                rebuilding.append(True)
                try:
                    return old(*arguments)
                finally:
                    rebuilding.pop()

            return noted

        patches.wrap(Engine, "rebuild", rebuild)
        for name in ("apply", "restore"):
            patches.wrap(rule, name, lambda old: lambda *given: None if rebuilding else old(*given))

    return patch


def _of_events(facts: Facts) -> Iterator[Break]:
    for kind in _named(facts, "applied "):
        rule = parts().rules[kind.partition(".")[0]]

        def deaf(old: Any, kind: str = kind) -> Any:
            return lambda rule, verb, record: None if record.kind == kind else old(rule, verb, record)

        yield Break(kind + " changes nothing", "applied " + kind, _around(rule, "apply", deaf), _makers(facts, kind))
    for kind in _named(facts, "event "):

        def unwritten(old: Any, kind: str = kind) -> Any:
            def journal(engine: Any, events: Any) -> Any:
                left = [made for made in events if made[0] != kind]
                return old(engine, left) if left else []

            return journal

        patch = _around(Engine, "_journal", unwritten)
        yield Break(kind + " is not journalled", "event " + kind, patch, _makers(facts, kind))


def _makers(facts: Facts, kind: str) -> tuple[str, ...]:
    """The rule of an event, and those that were seen to decide on it."""
    made = [found.split(" ")[0] for found in _named(facts, "made ") if found.endswith(" " + kind)]
    return _rules(kind, *made)


# --- services


def _of_services(facts: Facts) -> Iterator[Break]:
    for found in _named(facts, "doing "):
        part, _, name = found.partition(" ")
        yield Break("%s: %s is not done" % (part, name), "doing " + found, _undone(part, name))
    for name, service in parts().services.items():
        yield Break(name + ": nothing is done", "does " + name, _undone(name))
        if hasattr(service, "step"):
            yield Break(name + ": time brings nothing", "time " + name, _quiet(service, "step"))


def _undone(part: str, without: str = "") -> Callable[[Patches], None]:
    """A patch: a service carries one obligation out by doing nothing, or all of them."""

    def silent(old: Any) -> Any:
        return lambda decision, handlers: old(
            decision, {name: handlers[name] if without and name != without else nothing for name in handlers}
        )

    def patch(patches: Patches) -> None:
        for module, name in users_of(discharge):
            if module.__name__.partition(".")[2] == part:
                patches.wrap(module, name, silent)

    return patch


# --- settings and texts


def _of_settings() -> Iterator[Break]:
    for row in parts().settings:
        low, high = ("strictest", "loosest") if row.stricter == "<" else ("loosest", "strictest")
        if row.stricter == "=":
            low, high = "lowest", "highest"
        above, below = "setting %s above its lowest" % row.key, "setting %s below its highest" % row.key
        own = _rules(row.key)
        yield Break("%s at its %s" % (row.key, high), below, _setting(row.key, row.highest), own, blind="setting")
        yield Break("%s at its %s" % (row.key, low), above, _setting(row.key, [row.lowest]), own, blind="setting")


def _setting(key: str, values: list[int]) -> Callable[[Patches], None]:
    def fixed(old: Any) -> Any:
        def read(settings: Any, wanted: str) -> Any:
            if wanted != key:
                return old(settings, wanted)
            return values[settings.band if len(values) > 1 else 0]

        return read

    return _around(Settings, "__getitem__", fixed)


def _of_texts(facts: Facts) -> Iterator[Break]:
    for name in _named(facts, "reads "):
        yield Break("text: no %s is found" % name, "reads " + name, _reading(_unread(parts().texts[name])))
    for kind in _named(facts, "finds "):
        yield Break("text: no %s is found" % kind, "finds " + kind, _reading(_unfound(kind)))
    yield Break("texts: there are no words", "", _around(_texts_module(), "_columns", lambda old: _no_words))


def _unread(bit: int) -> Change:
    return lambda found: found._replace(classes=found.classes & ~bit)


def _unfound(kind: str) -> Change:
    return lambda found: found._replace(personal=[item for item in found.personal if item[0] != kind])


def _reading(change: Change) -> Callable[[Patches], None]:
    def patch(patches: Patches) -> None:
        for module, name in users_of(reading.read):
            patches.wrap(module, name, lambda old: lambda text: change(old(text)))

    return patch


def _texts_module() -> Any:
    return users_of(_columns)[0][0]


def _no_words(code: str) -> list[str]:
    return [code, "none", "", code, code]


# --- what the parts do for each other


def _of_helpers(facts: Facts) -> Iterator[Break]:
    for part, cls, name in helpers():
        told = "%s.%s" % (part, name)
        given = [result for result in ("None", "True", "False", "value") if told + " gives " + result in facts.seen]
        if given == ["None"]:
            yield Break(told + " does nothing", told + " gives None", _quiet(cls, name), _rules_of(cls, part))
        elif given and not {"None", "value"} & set(given):
            own = _rules_of(cls, part)
            yield Break(told + " is always true", told + " gives False", _answering(cls, name, True), own)
            yield Break(told + " is always false", told + " gives True", _answering(cls, name, False), own)


def _rules_of(cls: type, part: str) -> tuple[str, ...]:
    return _rules(part) if parts().rules.get(part) is cls else ()


def _answering(cls: type, name: str, result: bool) -> Callable[[Patches], None]:
    """A patch: the function does what it does, and answers the same every time."""

    def around(old: Any) -> Any:
        left = [_ENOUGH]

        def answering(*arguments: Any, **named: Any) -> bool:
            left[0] -= 1
            if not left[0]:
                raise Endless  # "while it is true: go on"
            old(*arguments, **named)
            return result

        return answering

    return _around(cls, name, around)


# --- what runs through the whole firmware


def _of_what_lies_on_flash() -> Iterator[Break]:
    yield Break("seals: everything lies in the clear", "", _plain, at_end=True)
    tags = _around(Store, "tag", lambda old: _by_address)
    yield Break("tags: people are named by their addresses", "", tags, at_end=True)


def _of_the_whole() -> Iterator[Break]:
    yield Break(FORM, "bad request", _around(Engine, "ask", _uncritical))
    yield Break("engine: nothing is journalled", "", _around(Engine, "_journal", lambda old: _unwritten))
    yield Break("engine: every refusal is journalled", "engine._fold gives None", _around(Engine, "_fold", _unfolded))
    yield Break("engine: no evidence is sealed", "engine._seal gives value", _quiet(Engine, "_seal", result=[]))
    yield Break("clock: the time is always trusted", "", _property(Clock, "trust", lambda _: SET))
    yield Break("clock: the time is never trusted", "", _property(Clock, "trust", lambda _: NONE))
    yield Break("clock: days and months are those of UTC", "", _property(Clock, "zone", lambda _: 0))
    yield Break("clock: the day never ends", "", _one_day)
    yield Break("clock: time runs twice as fast", "", _around(Clock, "tick", _hasty))
    yield Break("clock: powered time is lost at a reboot", "clock.start gives None", _around(Clock, "start", _young))
    yield Break("keys: nothing is erased", "", _around(Keys, "change", _kept))
    yield Break("keys: wiping erases nothing", "", _quiet(Keys, "wipe"))
    yield Break("keys: no mark is raised", "", _quiet(Keys, "mark"))
    yield Break("files: nothing is removed", "", _quiet(Files, "remove"))
    yield Break("store: nothing expires", "", _quiet(Store, "expire"))
    yield Break("store: no refusal is written", "", _quiet(Store, "deny"))
    yield Break("store: powered time is not saved", "", _quiet(Store, "save_powered"))
    yield Break("journal: older segments are not checked", "", _quiet(Store, "check_next", result=False))
    yield Break("radio: what is read or shown goes out too", "", _gossiping)
    yield Break("radio: alerts quote", "", _around(Recorder, "send_alert", _quoting))
    yield Break("emergency: opening the help page leaves a record", "allows emergency", _telling, _rules("emergency"))
    yield Break("journal: codes are not checked", "", _quiet(verify, "equal", result=True))
    yield Break("journal: a cut or an older copy is not noticed", "", _around(opening, "load", _trusting))
    yield Break("crypto: any code or secret fits", "", _quiet(crypto, "equal", result=True))


def _uncritical(old: Any) -> Any:
    def ask(engine: Any, request: Any) -> Any:
        try:
            return old(engine, request)
        except BadRequest:
            return allow()

    return ask


def _unwritten(engine: Any, events: Any) -> list[Record]:
    """Records for the state, nothing for the flash."""
    records = []
    for kind, fields, private, sealed_as in events:
        head = [engine._store.main.seq, engine.clock.wall, engine.clock.powered, kind]
        record = Record(head + list(fields), b"", 0, 0, 0)
        record.private = None if sealed_as == "m" else private or b""
        records.append(record)
    return records


def _unfolded(old: Any) -> Any:
    def fold(engine: Any, kind: str, reason: str, who: str) -> None:
        if engine._administration.is_set_up:
            clock = engine.clock
            engine._store.deny(clock.wall, clock.powered, engine._administration.version, [kind, reason, who, 1])

    return fold


def _property(cls: type, name: str, value: Change) -> Callable[[Patches], None]:
    """A patch: an attribute reads as value(object), whatever is written to it."""

    def write(target: Any, written: Any) -> None:
        vars(target)[name] = written

    return lambda patches: patches.put(cls, name, property(value, write))


def _one_day(patches: Patches) -> None:
    first: list[int] = []

    def stopped(old: Any) -> Any:
        def day(clock: Any) -> int:
            if not first:
                first.append(old(clock))
            return first[0]

        return day

    patches.wrap(Clock, "day", stopped)


def _hasty(old: Any) -> Any:
    """What must not happen yet, happens."""
    return lambda clock, seconds: old(clock, 2 * seconds)


def _young(old: Any) -> Any:
    return lambda clock, wall, powered, trust: old(clock, wall, 0, trust)


def _kept(old: Any) -> Any:
    """Secrets are replaced, but none is only dropped."""

    def change(keys: Any, drop: Any = (), add: Any = ()) -> None:
        new = [(cls, number) for cls, number, _ in add]
        old(keys, [gone for gone in drop if gone in new], add)

    return change


def _gossiping(patches: Patches) -> None:
    """A patch: whatever comes in or is shown leaves the watch as well."""

    def send_on(old: Any) -> Any:
        def receive(service: Any, envelope: Any) -> Any:
            service._carrier.send(envelope)
            return old(service, envelope)

        return receive

    def show(old: Any) -> Any:
        def notice(board: Any, kind: str, fields: Any) -> Any:
            board.send({"text": kind, **fields})
            return old(board, kind, fields)

        return notice

    patches.wrap(Messaging, "receive", send_on)
    patches.wrap(Recorder, "notice", show)


def _quoting(old: Any) -> Any:
    return lambda carrier, alert: old(carrier, {**alert, "text": "what was written"})


def _telling(patches: Patches) -> None:
    """A patch: the safety floor writes down what it should forget."""

    def decide(old: Any) -> Any:
        def told(rule: Any, verb: str, request: Any) -> Any:
            decision = old(rule, verb, request)
            if decision.allowed and not decision.events:
                decision.events = [event("emergency.called", verb)]
            return decision

        return told

    patches.wrap(parts().rules["emergency"], "decide", decide)


_CLEAR = b"in the clear ..."  # 16 bytes, where the initialisation vector was


def _plain(patches: Patches) -> None:
    """Sealed records of the right size with their content in the clear; what was sealed before can still be read."""

    def seal(old: Any) -> Any:
        def laid(sealer: Any, iv: bytes, plain: bytes, aad: bytes, head: bytes = b"") -> bytearray:
            size = len(old(sealer, iv, plain, aad, head))
            body = head + _CLEAR + len(plain).to_bytes(2, "big") + plain
            return bytearray(body + bytes(size - len(body)))

        return laid

    def unseal(old: Any) -> Any:
        def read(sealer: Any, blob: bytes, aad: bytes, start: int = 0) -> bytes:
            at = start + len(_CLEAR)
            if bytes(blob[start:at]) != _CLEAR:
                return bytes(old(sealer, blob, aad, start))
            return bytes(blob[at + 2 : at + 2 + int.from_bytes(blob[at : at + 2], "big")])

        return read

    patches.wrap(Sealer, "seal", seal)
    patches.wrap(Sealer, "unseal", unseal)


def _by_address(store: Any, address: str) -> bytes:
    return (address.encode() + bytes(8))[:8]


def _trusting(old: Any) -> Any:
    def load(*arguments: Any) -> tuple[str, str]:
        status, code = old(*arguments)
        return ("ok", "") if status == "broken" else (status, code)

    return load
