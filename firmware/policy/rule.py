"""What every rule is made of, and what it may know."""

from firmware.policy.decision import deny

PIECE = 1024  # bytes of a snapshot that are in memory at once


class Context:
    """What rules share: settings, clock, recent messages, each other, and the few things they may ask of the outside.

    tag(address) -> 8 bytes      the name of a party in the journal: a keyed hash, so that no address is written there
    random(n) -> bytes           injected, so that every runtime gives equal bytes under test
    expire(cls, before_month)    erases the keys of a class of sealed texts, and with them the texts
    readable(place), holds_key(cls, month)   whether what was sealed can still be opened
    secrets(), keep_secrets()    the guardian's verifiers, kept apart from the journal so that they outlive its damage
    load_floor(), save_floor(region, numbers)   the safety floor's own records
    wipe()                       destroys everything, keys first
    start_afresh()               drops damaged journal segments
    """

    def __init__(self, settings, clock, recent, random, store, floor, wipe, start_afresh):
        self.settings = settings
        self.clock = clock
        self.recent = recent
        self.random = random
        self.tag = store.tag
        self.expire = store.expire
        self.readable = store.readable
        self.holds_key = store.holds_key
        self.secrets = store.credentials
        self.keep_secrets = store.set_credentials
        self.load_floor, self.save_floor = floor
        self.wipe = wipe
        self.start_afresh = start_afresh
        self.rules = {}
        self.locked = False  # the child's lock is closed (rules/lock.py); like a proof it is gone after a reboot


class Rule:
    """One kind of request. `decide` changes nothing; `apply` decides nothing."""

    name = ""
    FORMS = ""  # the requests, as request.py reads them
    absent = False  # this board's firmware is the core alone, and does without it: absent.py

    def __init__(self, context):
        self.context = context

    def decide(self, verb, request):
        """The Decision on a request whose form has been checked; None leaves it to the desk (firmware/policy/desk)."""
        return None

    def apply(self, verb, record):
        """Take one of this rule's events into the state. It reads no clock and no setting, so that the state is the
        same whenever it is rebuilt."""

    def step(self):
        """A Decision for what time alone brings (an end, a decay), or None."""
        return None

    def due(self):
        """Powered time at which `step` wants to be asked, or None."""
        return None

    def snapshot(self):
        """The whole state as bytes, or b"" if this rule keeps none."""
        return b""

    def pieces(self):
        """The snapshot in pieces of about PIECE bytes, as each of them is copied to be sealed."""
        blob = self.snapshot()
        for at in range(0, len(blob), PIECE):
            yield blob[at : at + PIECE]

    def restore(self, blob):
        """Take a snapshot's state."""


def stopped(reason, who="", wait=0):
    """Shorthand for a plain refusal."""
    return deny(reason, who=who, wait=wait)
