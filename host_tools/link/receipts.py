"""What this computer remembers of a watch's history, so that a flash that was put back as a whole is noticed (D11).

A watch notices a journal that was cut or changed, but not one that was put back together with all keys and marks. A
receipt holds the place, number and MAC of the last record at the last contact. A watch whose journal goes on from there
has that very MAC at that very place; only its own keys could have made it.
"""

from collections.abc import Iterable
from typing import Any

Receipt = dict[str, Any]  # the answer of log.receipt

EXTENDS = ""
GONE = "The record of the last contact is older than what the watch keeps: there is nothing to compare."

UNREADABLE = "The watch cannot read its journal. Restart it; if that does not help, see: ward doctor"
ANEW = "This watch was wiped and set up anew since this computer last saw it."
_COUNT = "This watch counts its set-ups otherwise than at the last contact: its memory was changed or put back."
_SHORTER = (
    "This watch's journal is shorter than at the last contact: its memory was put back to an older state. "
    "What was set, blocked, spent or sealed since then may be gone."
)
_OTHER = (
    "This watch's journal does not go on from the last contact: its memory was put back to an older state and used "
    "since. What was set, blocked, spent or sealed in between may be gone."
)
_POLICY = "This watch has an older policy than at the last contact."


# The record that an act leaves; of the others the name of the rule is enough.
_RECORDED = {
    "administration.policy": "administration.policy",
    "administration.grant": "administration.grant",
    "administration.clock": "administration.clock",
    "administration.lost": "administration.lost",
    "administration.found": "administration.found",
    "alerts.delivered": "alerts.delivered",
    "assistant.extend": "assistant.extended",
    "blocking.release": "blocking.released",
    "blocking.unmark": "blocking.unmarked",
    "consent.give": "consent.given",
    "consent.refuse": "consent.refused",
    "consent.withdraw": "consent.withdrawn",
    "contacts.add": "contacts.added",
    "contacts.agreed": "contacts.approved",
    "contacts.approve": "contacts.approved",
    "contacts.remove": "contacts.removed",
    "content_access.close": "content_access.expired",
    "content_access.emergency": "content_access.emergency",
    "evidence.key": "content_access.read",
    "hosts.keep": "hosts.added",
    "hosts.remove": "hosts.removed",
    "lock.clear": "lock.cleared",
    "network.close": "network.closed",
    "network.endpoint": "network.opened",
    "network.forget": "network.forgotten",
    "network.wifi": "network.known",
    "payments.lock": "payments.locked",
    "payments.unlock": "payments.unlocked",
    "personal_data.erase": "consent.erase",
    "personal_data.rename": "contacts.renamed",
}


def how_often(old: Receipt | None, new: Receipt) -> str:
    """How many set-ups there were since the last contact, in words; "" if there were none."""
    now: int = new["set_ups"]
    before: int = (old or new).get("set_ups", now)
    return "" if before == now else " Set-ups: %d, at the last contact %d." % (now, before)


def was_done(act: str, records: Iterable[list[Any]], before: int = 0) -> bool:
    """Whether the records since a command began hold one more of the kind that an act leaves than the `before` that
    were answered."""
    wanted = _RECORDED.get(act, act)
    return len([record for record in records if record[3] == wanted]) > before


def place(receipt: Receipt | None) -> dict[str, int]:
    """What to ask the watch for, to compare with an older receipt."""
    return {"segment": receipt["segment"], "end": receipt["end"]} if receipt else {}


def judge(old: Receipt | None, new: Receipt) -> str:
    """EXTENDS, GONE, or what is wrong. `new` was asked for with `place(old)`."""
    if old is None:
        return EXTENDS
    if new["set_up"] != old["set_up"]:
        return ANEW
    if new["set_ups"] != old.get("set_ups", new["set_ups"]):
        return _COUNT
    if (new["segment"], new["seq"]) < (old["segment"], old["seq"]) or new["seq"] < old["seq"]:
        return _SHORTER
    if old["segment"] < new["oldest"]:
        return GONE
    if new["asked"] != old["mac"]:
        return _OTHER
    return _POLICY if new["version"] < old["version"] else EXTENDS
