"""What a rule answers: a verdict, a reason, the events that make it true and the obligations that come with it.

The words are XACML's: an *obligation* must be discharged by the enforcement point or the request is refused. Every
reason is a stable code; its remedy, requirement rows and child texts stand in `firmware/texts/texts.tsv` by that code.
"""

from micropython import const

_ALLOW = const("allow")
_DENY = const("deny")

_OK = const("ok")

# What a reason asks of the child (column `remedy` of texts.tsv).
REMEDIES = ("none", "password", "guardian", "wait", "confirm")


class BadRequest(ValueError):
    """A request that cannot be judged. `field` names the culprit; it is never an allow."""

    def __init__(self, field, problem):
        super().__init__(field + ": " + problem)
        self.field = field
        self.problem = problem


class Decision:
    """The answer to one request.

    verdict      _ALLOW or _DENY
    reason       code of the reason, `_OK` for a plain allow
    events       list of `event(...)`: journalled in one flush before anything is remembered or acted on
    obligations  names that the enforcement point must know and discharge
    wait         seconds of powered time until a second try can succeed, 0 where waiting does not help
    who          class of the other party ("guardian", "contact", "stranger", ""): repeats of a denial fold by it
    evidence     (tag, places) of the messages to seal before the events are journalled, or None
    then         called without arguments after the events are durable: effects outside the journal (a proof, the clock)
    """

    def __init__(self, verdict, reason, events, obligations, wait, who, evidence, then):
        self.verdict = verdict
        self.reason = reason
        self.events = events
        self.obligations = obligations
        self.wait = wait
        self.who = who
        self.evidence = evidence
        self.then = then
        self.urgent = False  # acts in RAM even if the journal cannot be written: the one-button block
        self.wall = None  # set-up and clock: the wall time that is set before the events are journalled
        self.create = None  # set-up: (credentials blob, region, guardian numbers) with which the store is created
        # What the service needs to carry it out, such as a key, a limit or the lines of a bill; never journalled.
        self.details = None
        self.records = ()  # the journal records of this decision, filled in by the engine

    @property
    def allowed(self):
        return self.verdict == _ALLOW


def allow(events=(), obligations=(), reason=_OK, who="", evidence=None, then=None):
    """An allow; `reason` is given where the child should be told something all the same."""
    return Decision(_ALLOW, reason, events, obligations, 0, who, evidence, then)


def deny(reason, events=(), obligations=(), wait=0, who="", then=None):
    """A refusal with its reason code. Denials with events (password tries) are journalled one by one, others fold."""
    return Decision(_DENY, reason, events, obligations, wait, who, None, then)


def event(kind, *fields, private=None, sealed_as="p"):
    """One thing that happened. `fields` (ints and strings, no personal data) are public in the journal; `private`
    (bytes) is sealed under the key class `sealed_as` of the month: "p" for state, "m" for message text, "a" for talks
    with the assistant."""
    return (kind, list(fields), private, sealed_as)
