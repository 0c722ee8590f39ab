"""The end of the day: what the guardian is shown, what the journal proves, and what becomes of a changed one."""

from typing import Any

from firmware.text import reading
from simulator.days.story import CHILD, Story
from simulator.days.timeline import Entry, Printer, pad
from simulator.watch import Person

__all__ = ["CHILD", "as_json", "make", "write"]

_CLASSES = (
    (reading.BULLY, "bullying"),
    (reading.THREAT, "threat"),
    (reading.DOXX, "doxxing"),
    (reading.STRANGER, "risky request"),
    (reading.CRY, "cry for help"),
    (reading.PRIVATE, "intimate"),
)
_OUTCOMES = ("shown", "warned", "folded", "refused", "dropped")
_STRANGERS = "strangers"


def make(story: Story) -> dict[str, Any]:
    """Everything that is told after the day. At the end the watch runs on a damaged copy of its flash."""
    reading = _guardian_reads(story)
    journal = story.watch.journal()
    found: dict[str, Any] = {
        "messages": _messages(story),
        "contacts": _contacts(story, journal["records"]),
        "guardian_reads": reading,
        "denied": _denied(journal["denials"]),
        "proof": _proof(story, journal),
    }
    found["verified"] = found["proof"]["verified"]
    found["tampering"] = _tamper(story)
    return found


def _outcome(answer: dict[str, Any]) -> str:
    if answer["verdict"] != "allow":
        return "dropped" if answer["verdict"] == "dropped" else "refused"
    if "collapse" in answer["obligations"]:
        return "folded"
    return "warned" if "warn" in answer["obligations"] else "shown"


def _messages(story: Story) -> dict[str, dict[str, int]]:
    """By label (or "all"), how many messages had which outcome."""
    table: dict[str, dict[str, int]] = {}
    for message, answer in story.outcomes:
        row = table.setdefault("label " + message.label if message.label else "all", dict.fromkeys(_OUTCOMES, 0))
        row[_outcome(answer)] += 1
    return dict(sorted(table.items()))


def _contacts(story: Story, records: list[list[Any]]) -> dict[str, dict[str, int]]:
    """The guardian's view: per contact the messages in and out, and how many that came in were of which class."""
    table: dict[str, dict[str, int]] = {}
    for _, _, _, kind, *fields in records:
        if kind not in ("messages.in", "messages.out"):
            continue
        row = table.setdefault(story.names.get(fields[0], _STRANGERS), {"in": 0, "out": 0})
        row[kind[9:]] += 1
        if kind == "messages.in":
            for bit, name in _CLASSES:
                if fields[2] & bit:
                    row[name] = row.get(name, 0) + 1
    return table


def _guardian_reads(story: Story) -> dict[str, Any]:
    """What the watch answers to a guardian who wants the text of the newest message."""
    story.watch.guardian_login(story.guardian)
    answer = story.watch.ask(
        "content_access.read", what="message", id=story.last_message(), exit="export", reader="guardian", channel="host"
    )
    return {key: answer[key] for key in ("verdict", "reason", "obligations")}


def _denied(denials: list[list[Any]]) -> dict[str, int]:
    """How often which reason was given, from the ring of denials; repeats are counted there."""
    counts: dict[str, int] = {}
    for _, _, _, _, _, reason, _, count in denials:
        counts[reason] = counts.get(reason, 0) + count
    return dict(sorted(counts.items()))


def _proof(story: Story, journal: dict[str, Any]) -> dict[str, Any]:
    """Verify all segments after a reboot, and measure."""
    boot = story.watch.reboot()
    checked = story.watch.verify()
    files = story.watch.files()
    return {
        "verified": boot["status"] == "ok" and checked["ok"],
        "code": boot["code"] or checked.get("code", ""),
        "records": len(journal["records"]),
        "denials": len(journal["denials"]),
        "segments": sum(name[0] == "j" for name, _, _ in files),
        "head": boot["seq"],
        "bytes": sum(size for _, size, _ in files),
    }


def _tamper(story: Story) -> list[Entry]:
    """Flip one bit of the newest segment in a copy of the flash, start a watch on it, and return what happens then."""
    watch, timeline = story.watch, story.timeline
    before = len(timeline.entries)
    watch.start_on_a_copy()
    name = max(name for name, _, _ in watch.files() if name[0] == "j")
    data = bytearray((watch.root / name).read_bytes())
    data[len(data) // 2] ^= 1
    (watch.root / name).write_bytes(data)
    boot = watch.reboot()
    state = watch.status()
    facts = (
        "boot: %s, %s" % (boot["status"], boot["code"]),
        "settings: " + ("strict" if state["strict"] else "NOT strict"),
    )
    timeline.add("somebody", "flips one bit of %d in a copy of its flash" % (len(data) * 8), facts=facts)
    friend = (story.friends() or [Person("Somebody")])[0]
    timeline.add(friend.name, "", watch.message(friend, "Hello?"), said="Hello?", arrives=True)
    timeline.add(CHILD, "dials 110", watch.call("110"))
    watch.sos()
    watch.advance(6)
    timeline.add(CHILD, "makes the SOS gesture")
    made = timeline.entries[before:]
    del timeline.entries[before:]
    return made


def as_json(story: Story, found: dict[str, Any], runtime: str) -> dict[str, Any]:
    """The whole day as one JSON-able object."""
    return {"runtime": runtime, "age": story.age, "timeline": story.timeline.entries, **found}


def write(found: dict[str, Any], printer: Printer) -> None:
    """Print what `make` found."""
    printer.heading("What the guardian is shown, from the journal: classes and counts")
    for name, row in found["contacts"].items():
        classes = ", ".join("%s %d" % item for item in row.items() if item[0] not in ("in", "out"))
        printer.line(" %s %3d in  %3d out   %s" % (pad(name, 12), row["in"], row["out"], classes))
    reads = found["guardian_reads"]
    why = [reads["reason"]] if reads["reason"] != "ok" else reads["obligations"]
    printer.line(" the text of a message: %s (%s)" % (reads["verdict"], ", ".join(why)))
    if not printer.brief:
        printer.heading("What the watch refused")
        for reason, count in found["denied"].items():
            printer.line(" %s %3d" % (pad(reason, 34), count))
    printer.heading("Messages of the day, as the watch judged them")
    printer.line(" " * 13 + "".join("%9s" % outcome for outcome in _OUTCOMES))
    for name, row in found["messages"].items():
        printer.line(" %s" % pad(name, 12) + "".join("%9d" % row[outcome] for outcome in _OUTCOMES))
    printer.heading("And if somebody changes the flash?")
    printer.entries(found["tampering"])
    proof = found["proof"]
    printer.line("")
    if proof["verified"]:
        printer.line(
            "Journal verified: %(records)d records and %(denials)d of refusals, head %(head)d, segments %(segments)d, "
            "%(bytes)d bytes on flash." % proof
        )
    else:
        printer.line("Journal NOT verified: %s." % proof["code"])
