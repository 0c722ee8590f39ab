"""Rules whose code is in memory only while they are asked.

Paying, talking to an assistant or changing the list of apps happens a few times a day, while each of these rules would
take as much heap as the child's messages do. Such a rule rests as the bytes of its snapshot; a request, one of its
records or its own deadline wakes it, and the engine lets it rest again before it returns.

A rule that rests keeps nothing that its snapshot does not hold, and no other rule holds on to it: it may use the rules
that stay, they never use it. Where a megabyte of heap is free (firmware/loading.py) all rules stay awake.
"""

import sys

from firmware import loading
from firmware.policy.decision import BadRequest
from firmware.policy.rule import Rule

NAMES = (
    "hosts",
    "network",
    "personal_data",
    "payments",
    "assistant",
    "location",
    "capture",
    "apps",
    "content",
    "firmware",
    "lock",
)

# What the core of the firmware does without, for boards without PSRAM (docs/add-a-board.md).
BEYOND_CORE = ("payments", "assistant", "location", "capture", "apps", "content")


def rules(context, core):
    """All resting rules, in order: asleep where heap is short, else the rules themselves. core: some are absent."""
    return [_rule(context, name, core) for name in NAMES]


def _rule(context, name, core):
    if core and name in BEYOND_CORE:
        from firmware.policy.absent import Absent

        return Absent(context, name)
    return _load(name)(context) if loading.ROOMY else Resting(context, name)


def _load(name):
    """The class of a rule, its module named RULE. A new rule: its name above and two lines here."""
    if name == "hosts":
        import firmware.policy.rules.hosts
    elif name == "network":
        import firmware.policy.rules.network
    elif name == "personal_data":
        import firmware.policy.rules.personal_data
    elif name == "payments":
        import firmware.policy.rules.payments
    elif name == "assistant":
        import firmware.policy.rules.assistant
    elif name == "location":
        import firmware.policy.rules.location
    elif name == "capture":
        import firmware.policy.rules.capture
    elif name == "apps":
        import firmware.policy.rules.apps
    elif name == "firmware":
        import firmware.policy.rules.firmware
    elif name == "lock":
        import firmware.policy.rules.lock
    else:
        import firmware.policy.rules.content
    return sys.modules["firmware.policy.rules." + name].RULE


def copy_of(rule):
    """A resting rule as it is now, for a service to read and drop; what is asked of it changes nothing. BadRequest if
    it is absent."""
    if rule.absent:
        raise BadRequest(rule.name, "is beyond the core, which is all that this board runs")
    copy = _load(rule.name)(rule.context)
    blob = rule.snapshot()
    if blob:
        copy.restore(blob)
    loading.forget("firmware.policy.rules." + rule.name)
    return copy


class Resting(Rule):
    """Stands for one rule, awake or not."""

    def __init__(self, context, name):
        super().__init__(context)
        self.name = name
        self._rule = None
        self._blob = b""
        self._due = None

    def _wake(self):
        if self._rule is None:
            rule = _load(self.name)(self.context)
            if self._blob:
                rule.restore(self._blob)
            self._rule = rule
        return self._rule

    def settle(self):
        """After the state has been rebuilt: learn when the rule wants to be asked, then let it rest."""
        self._wake()
        self.rest()

    def rest(self):
        """Let the code go. Without room for the snapshot the rule stays awake, so that nothing is lost."""
        if self._rule is None:
            return
        try:
            self._blob = self._rule.snapshot()
            self._due = self._rule.due()
        except MemoryError:
            return
        self._rule = None
        loading.forget("firmware.policy.rules." + self.name)

    @property
    def FORMS(self):  # type: ignore[override]
        return self._wake().FORMS

    def decide(self, verb, request):
        return self._wake().decide(verb, request)

    def apply(self, verb, record):
        self._wake().apply(verb, record)

    def due(self):
        return self._rule.due() if self._rule else self._due

    def step(self):
        due = self.due()
        if due is None or due > self.context.clock.powered:
            return None
        return self._wake().step()

    def snapshot(self):
        return self._rule.snapshot() if self._rule else self._blob

    def restore(self, blob):
        self._rule = None
        self._blob = blob
