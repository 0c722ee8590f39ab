"""The rights to what the watch knows: list, copy, correct, erase (requirements A9-A12, X10, X21; PIPL 45, 47, RPMO 34).

The child may always see what is kept. A guardian gets categories, counts and everything but message texts, which from
the eighth birthday on leave only by `content_access`. Erasing everything is `administration.wipe`.
"""

from micropython import const

from firmware.policy.decision import allow, event
from firmware.policy.request import choice
from firmware.policy.rule import Rule, stopped
from firmware.policy.rules.contacts import UNKNOWN
from firmware.storage.journal import encode

_CASE_OPEN = const("personal_data.case_open")

_READERS = ("child", "guardian")
_KINDS = ("messages", "evidence")


class PersonalData(Rule):
    """Keeps nothing itself. What is still to be erased stands in `consent`, so that a power cut forgets none of it."""

    name = "personal_data"
    FORMS = """
list reader=s8 channel?=s8
copy channel?=s8
rename address=s64 name=s20 number?=s16 channel?=s8
erase what=s8 confirmed?=b channel?=s8
"""

    def decide(self, verb, request):
        if verb == "list" and choice(request, "reader", _READERS) == "child":
            return allow((), ("list",))
        kind = choice(request, "what", _KINDS) if verb == "erase" else ""
        credentials = self.context.rules["credentials"]
        if not credentials.proved(request):
            return credentials.refusal()
        if verb == "list":
            return allow((), ("list",))
        if verb == "copy":
            return allow([event("personal_data.copied", self.context.clock.day())], ("copy", "tell_child"))
        if verb == "rename":
            return self._rename(request)
        return self._erase(request, kind)

    def _rename(self, request):
        contacts = self.context.rules["contacts"]
        tag = contacts.tag_of(request["address"])
        if not contacts.knows(tag):
            return stopped(UNKNOWN)
        number = request.get("number", "")
        private = encode([request["name"], number])
        number_tag = self.context.tag("#" + number).hex() if number else ""
        return allow([event("contacts.renamed", tag.hex(), number_tag, private=private)])

    def _erase(self, request, kind):
        events = [event("consent.erase", kind)]
        if kind == "evidence":
            if not request.get("confirmed"):
                return stopped(_CASE_OPEN)  # X10: evidence goes only when the guardian says that the case is closed
            for package in self.context.rules["content_access"].packages():
                events.append(event("content_access.expired", package[0]))
        return allow(events, ("erase",))


RULE = PersonalData
