"""The safety floor: emergency calls, guardian calls, the time, the help page, SOS (requirements I1, I2, I11, I12).

No policy, no host and no other rule can take it away. It reads no setting and no journal: its own few records
(region and at most four guardian numbers) come from two files of their own. It matches exact digits against a
built-in list, so it is no way round the other rules. It is the one place that fails open.
"""

from micropython import const

from firmware.policy.decision import allow, deny, event
from firmware.policy.rule import Rule

NUMBERS = ("110", "119", "120", "122", "112", "999", "911")
# Helplines, callable like emergency numbers but never written down (12355 is not verified against a source: I12).
HELPLINES = ("12355", "12356", "116111")

_BY_REGION = {"cn": ("110", "120", "12356", "12355"), "eu": ("112", "116111"), "uk": ("999", "112"), "us": ("911",)}
REGIONS = ("cn", "eu", "uk", "us")

_NOT_EMERGENCY = const("emergency.not_a_number")
_NOT_GUARDIAN = const("emergency.not_guardian")


class Emergency(Rule):
    """Its records are read at once, and again when an owner has changed them; reading them never raises."""

    name = "emergency"
    FORMS = """
call number=s24
incoming number=s24
time
help
sos
sos_done delivered=b carrier=s16
"""

    def __init__(self, context):
        super().__init__(context)
        self.region = ""
        self.guardians = []
        self.reload()

    def decide(self, verb, request):
        if verb == "call":
            return self._call(request)
        if verb == "incoming":
            return self._incoming(request)
        if verb == "sos":
            return allow((), ("sos",))
        if verb == "sos_done":
            return self._sos_done(request)
        return allow()  # time and help: opening them leaves no record, counter or sequence gap

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
        return deny(_NOT_EMERGENCY)

    def _incoming(self, request):
        if request["number"] in self.guardians:
            return allow((), ("ring",), who="guardian")
        return deny(_NOT_GUARDIAN)

    def _sos_done(self, request):
        delivered = 1 if request["delivered"] else 0
        return allow([event("emergency.sos", delivered, request["carrier"])])
