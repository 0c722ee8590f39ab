"""The last seven days of a watch in a few calm lines: what happened, what needs a guardian, and counts by class.

Counts and classes only: what was said stays with the child.
"""

from collections import Counter
from typing import Any

from firmware.text import reading
from firmware.texts import text
from host_tools.console import moment
from host_tools.guardian.journal import since
from host_tools.link.talk import Talk

_WEEK = 7 * 86400
_SOON = 7  # days before its end at which a policy is worth a word
CLASSES = {
    reading.BULLY: "hurtful",
    reading.THREAT: "threats",
    reading.DOXX: "personal data",
    reading.STRANGER: "luring",
    reading.CRY: "signs of distress",
    reading.PRIVATE: "intimate",
}
# What is told as it is, with the words for one and for several.
_HAPPENED = (
    ("emergency.sos", "call for help", "calls for help"),
    ("emergency.called", "emergency call", "emergency calls"),
    ("blocking.blocked", "party blocked by the child", "parties blocked by the child"),
    ("content_access.sealed", "evidence package sealed", "evidence packages sealed"),
    ("content_access.handed_over", "package handed over by the child", "packages handed over by the child"),
    ("messages.in", "message in", "messages in"),
    ("messages.out", "message out", "messages out"),
    ("calls.in", "call in", "calls in"),
    ("calls.out", "call out", "calls out"),
    ("payments.captured", "payment", "payments"),
    ("payments.refused", "payment refused", "payments refused"),
    ("assistant.began", "talk with the assistant", "talks with the assistant"),
    ("location.looked", "look at the position", "looks at the position"),
    ("contacts.added", "contact added or asked for", "contacts added or asked for"),
    ("apps.wanted", "app asked for", "apps asked for"),
    ("administration.policy", "change of the rules", "changes of the rules"),
    ("credentials.failed", "wrong passphrase or PIN", "wrong passphrases or PINs"),
    ("hosts.failed", "wrong pairing code", "wrong pairing codes"),
    ("administration.tampered", "damage found", "damages found"),
)


def week(talk: Talk, status: dict[str, Any]) -> dict[str, Any]:
    """{"happened": [[words, count]], "needs_you": [words], "classes": {class: messages}, "minutes": in seven days}."""
    records = since(talk, status["wall"] - _WEEK)
    kinds = Counter(record[3] for record in records)
    happened = [[one if kinds[kind] == 1 else many, kinds[kind]] for kind, one, many in _HAPPENED if kinds[kind]]
    received = [record[6] for record in records if record[3] == "messages.in"]
    counts = {words: sum(1 for found in received if found & bit) for bit, words in CLASSES.items()}
    used = talk.line.call("usage.read")
    return {
        "happened": happened,
        "classes": {words: count for words, count in counts.items() if count},
        "minutes": sum(seconds for day, seconds, _ in used["days"] if day > used["today"] - 7) // 60,
        "needs_you": _needs(talk, status, used["today"]),
    }


def _needs(talk: Talk, status: dict[str, Any], today: int) -> list[str]:
    found = []
    if status["tampered"]:
        found.append("Something in the watch was changed; the strictest rules hold until you look into it.")
    if status["trust"] != "set":
        found.append("The watch does not know the time for sure: ward clock set")
    if status["expires"] and status["expires"] - today <= _SOON:
        found.append("The rules end in %d days: ward policy apply, with a new end." % max(status["expires"] - today, 0))
    for _, code, _, _, count, wall in talk.read("alerts.read"):
        found.append("%s  %s" % (moment(wall), text("alert." + code, "en").replace("{count}", str(count))))
    waiting = [row[0] for row in talk.read("apps.read") if row[4] == "asked"]
    if waiting:
        found.append("Apps that the child asked for: %s." % ", ".join(waiting))
    handed = [row[0] for row in talk.read("evidence.list") if row[5]]
    if handed:
        found.append("Evidence that the child handed over: %s. See: ward evidence export" % ", ".join(map(str, handed)))
    return found


def words(found: dict[str, Any]) -> str:
    """The summary for people."""
    lines = [
        "This week: %s." % (", ".join("%d %s" % (count, what) for what, count in found["happened"]) or "nothing new")
    ]
    if found["minutes"]:
        lines.append("Minutes of games and apps: %d." % found["minutes"])
    if found["classes"]:
        kinds = ", ".join("%s %d" % one for one in found["classes"].items())
        lines.append("Messages that the watch marked: %s." % kinds)
    lines += (
        ["Needs you:", *("- " + one for one in found["needs_you"])] if found["needs_you"] else ["Nothing needs you."]
    )
    return "\n".join(lines)
