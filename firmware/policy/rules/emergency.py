"""The safety floor: emergency calls, guardian calls, the time, the help page, SOS (requirements I1, I2, I11, I12).

No policy, no host and no other rule can take it away. It reads no setting and no journal: its own few records
(region and at most four guardian numbers) come from two files of their own. It matches exact digits against a
built-in list, so it is no way round the other rules. It is the one place that fails open.
"""

from firmware.policy.decision import allow, deny, event
from firmware.policy.rule import Rule

NUMBERS = ("110", "119", "120", "122", "112", "999", "911")
# Helplines, callable like emergency numbers but never written down (12355 is not verified against a source: I12).
HELPLINES = ("12355", "12356", "116111")

_BY_REGION = {"cn": ("110", "120", "12356", "12355"), "eu": ("112", "116111"), "uk": ("999", "112"), "us": ("911",)}
REGIONS = ("cn", "eu", "uk", "us")

NOT_EMERGENCY = "emergency.not_a_number"
NOT_GUARDIAN = "emergency.not_guardian"

_NUMBER = (("number", "s", 24),)


class Emergency(Rule):
    """Its records are read at once, and again when an owner has changed them; reading them never raises."""

    name = "emergency"

    def __init__(self, context):
        super().__init__(context)
        self.region = ""
        self.guardians = []
        self.reload()
        self.requests = {
            "call": (self._call, _NUMBER),
            "incoming": (self._incoming, _NUMBER),
            "time": (self._open, ()),
            "help": (self._open, ()),
            "sos": (self._sos, ()),
            "sos_done": (self._sos_done, (("delivered", "b", 0), ("carrier", "s", 16))),
        }

    def reload(self):
        """Read the floor's own records again."""
        self.region, self.guardians = self.context.load_floor()

    def help_numbers(self):
        """The numbers that the help page shows, for the region; without one, the international list."""
        return _BY_REGION.get(self.region, ("112", "110", "911", "999"))

    def _call(self, request):
        number = request["number"]
        if number in NUMBERS:
            return allow([event("emergency.called", number)], ("dial",))
        if number in HELPLINES:
            return allow((), ("dial",))  # like the help page: no record that a guardian could read
        if number in self.guardians:
            return allow([event("emergency.called", "guardian")], ("dial",), who="guardian")
        return deny(NOT_EMERGENCY)

    def _incoming(self, request):
        if request["number"] in self.guardians:
            return allow((), ("ring",), who="guardian")
        return deny(NOT_GUARDIAN)

    def _open(self, request):
        return allow()  # no event: opening help leaves no record, counter or sequence gap

    def _sos(self, request):
        return allow((), ("sos",))

    def _sos_done(self, request):
        delivered = 1 if request["delivered"] else 0
        return allow([event("emergency.sos", delivered, request["carrier"])])
