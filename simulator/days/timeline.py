"""Telling what happened: every word of a decision, a screen or an alert comes from the watch."""

import os
import sys
import textwrap
import unicodedata
from typing import Any

from simulator.watch import Answer, Watch, requirement_rows

WIDTH = 108
_INDENT = 20  # where the second column begins
_GRADES = ("none", "watch", "limited", "muted", "removed")
_SHOWN = "(the message)"
_SHOWN_OBLIGATIONS = ("tell_child", "mark_as_read_by_guardian")  # others show themselves by what the child sees
_STYLES = {"dim": "2", "bold": "1", "allow": "32", "deny": "33"}

Entry = dict[str, Any]


def clock_time(wall: int, zone_minutes: int) -> str:
    """HH:MM in the guardian's zone."""
    minutes = wall // 60 + zone_minutes
    return "%02d:%02d" % (minutes // 60 % 24, minutes % 60)


class Timeline:
    """Collects entries; each says who did what, what the watch decided, what the child saw, what guardians are told."""

    def __init__(self, watch: Watch, language: str, zone_minutes: int) -> None:
        self.entries: list[Entry] = []
        self._watch = watch
        self._language = language
        self._zone = zone_minutes
        self._waiting: list[str] = []
        self._mode = ""
        self._words: dict[str, str] = {}

    def chapter(self, title: str) -> None:
        """A part of the day begins."""
        self.entries.append({"chapter": title})

    def add(
        self, who: str, what: str, *answers: Answer, said: str = "", arrives: bool = False, facts: tuple[str, ...] = ()
    ) -> Entry:
        """Something was done; the watch answered.

        `said`: a message's text; `arrives`: it came from outside; `facts`: what was read from the watch."""
        self._watch.step()
        seen = self._watch.seen()
        entry: Entry = {
            "time": clock_time(self._watch.now, self._zone),
            "who": who,
            "what": what,
            "said": said,
            "arrives": arrives,
            "decisions": [self._decision(answer) for answer in answers],
            "child": [line for kind, fields in seen["seen"] for line in self._on_screen(kind, fields)],
            "guardian": self._told(seen["alerts"]),
            "facts": [*facts, *self._changes()],
            "journal": [record[:2] for answer in answers for record in answer.get("records", ())],
        }
        self.entries.append(entry)
        return entry

    def _decision(self, answer: Answer) -> Answer:
        if "bad" in answer:
            return {
                "verdict": "refused",
                "reason": "bad request",
                "rows": ["E8"],
                "words": answer["bad"] + " " + answer["problem"],
            }
        reason = answer.get("reason", "")
        told = reason not in ("", "ok")
        return {
            "verdict": answer["verdict"],
            "reason": reason,
            "rows": requirement_rows(reason),
            "words": self.words(reason) if told else "",
            "wait": answer.get("wait", 0),
            "obligations": answer.get("obligations", []),
            "facts": [fact for record in answer.get("records", ()) for fact in _facts(record)]
            + ["obligation " + name for name in answer.get("obligations", ()) if name in _SHOWN_OBLIGATIONS],
        }

    def _on_screen(self, kind: str, fields: dict[str, Any]) -> list[str]:
        """What a notice puts on the watch's screen."""
        if kind == "message":
            return [_SHOWN]
        if kind == "opened":
            return ["(opens) " + fields["text"]]
        if fields.get("reason"):
            return [self.words(fields["reason"])]
        return [self.words("notice." + kind)]

    def _told(self, delivered: list[Answer]) -> list[str]:
        """Alerts that have just been delivered, and new ones that wait for the network."""
        lines = [self.words("alert." + alert["code"]).replace("{count}", str(alert["count"])) for alert in delivered]
        state = self._watch.do("state", language=self._language)
        lines += ["(waits for the network) " + words for words in state["pending"] if words not in self._waiting]
        self._waiting = state["pending"]
        return lines

    def _changes(self) -> list[str]:
        """A mode that began or ended since the last entry."""
        mode = self._watch.status()["mode"]
        before, self._mode = self._mode, mode
        if mode == before:
            return []
        return [mode + " mode begins" if mode else before + " mode has ended"]

    def words(self, code: str) -> str:
        """The watch's words for an id, in the language of the day."""
        if code not in self._words:
            self._words[code] = self._watch.words(code, self._language)
        return self._words[code]


def _facts(record: list[Any]) -> list[str]:
    """What a journal record says in plain words, for the kinds that matter to a reader."""
    kind, fields = record[1], record[2:]
    if kind == "blocking.hit":
        return ["grade " + _GRADES[fields[4]]] if fields[4] else []
    if kind == "blocking.blocked":
        return ["blocked, grade " + _GRADES[fields[3]]]
    if kind == "messages.answered":
        return ["grade back to " + _GRADES[fields[3]]] if fields[3] >= 0 else []
    if kind == "content_access.sealed":
        return ["evidence package %d: %d messages sealed" % (fields[0], fields[3])]
    if kind == "administration.set_up":
        return ["profile %s, age band %s" % (fields[0], ("3-8", "8-12", "12-14")[fields[1]])]
    return []


class Printer:
    """Writes a timeline for a person. Colour only on a terminal, and not where NO_COLOR is set (no-color.org)."""

    def __init__(self, stream: Any = None, colour: bool | None = None, brief: bool = False) -> None:
        self._stream = stream or sys.stdout
        self._colour = self._stream.isatty() and not os.environ.get("NO_COLOR") if colour is None else colour
        self.brief = brief

    def heading(self, text: str) -> None:
        self.line("")
        self.line(self._style("bold", text))

    def line(self, text: str) -> None:
        print(text.rstrip(), file=self._stream)

    def entries(self, entries: list[Entry]) -> None:
        """The whole timeline; brief leaves out whatever was simply allowed, and the journal's records."""
        chapter = ""
        for entry in entries:
            if "chapter" in entry:
                chapter = entry["chapter"]
            elif not (self.brief and _is_plain(entry)):
                if chapter:
                    self.heading(chapter)
                    chapter = ""
                self._entry(entry)

    def _entry(self, entry: Entry) -> None:
        said = "“%s”" % entry["said"] if entry["said"] else ""
        text = " ".join(part for part in (entry["what"], said) if part)
        short = _short(entry)
        if short and width(text) + _INDENT + width(short) + 2 <= WIDTH:
            gap = " " * (WIDTH - _INDENT - width(text) - width(short))
            self.line(
                pad(self._who(entry), _INDENT)
                + text
                + gap
                + self._style("allow" if _is_plain(entry) else "deny", short)
            )
            return
        self._column(self._who(entry), text)
        for decision in _folded(entry["decisions"]):
            self._decision(decision, entry)
        for label, lines in (
            ("watch", entry["facts"]),
            ("child sees", entry["child"]),
            ("guardian", entry["guardian"]),
        ):
            for number, line in enumerate(lines):
                self._column(" " * 8 + (label if not number else ""), line)
        if entry["journal"] and not self.brief:
            self._column(" " * 8 + "journal", _kinds(entry["journal"]), style="dim")

    def _who(self, entry: Entry) -> str:
        room = _INDENT - 9  # beside the time
        who = entry["who"] if width(entry["who"]) <= room else wrap(entry["who"], room - 1)[0] + "…"
        return " %s  %s" % (entry["time"], who)

    def _decision(self, decision: Answer, entry: Entry) -> None:
        verdict = self._style("allow" if decision["verdict"] == "allow" else "deny", "→ " + decision["verdict"])
        parts = []
        if decision["reason"] not in ("", "ok"):
            parts.append(decision["reason"] + ("  [%s]" % " ".join(decision["rows"]) if decision["rows"] else ""))
        if decision.get("wait"):
            parts.append("again in %d s" % decision["wait"])
        parts += decision.get("facts", [])
        if decision["times"] > 1:
            parts.append("%d times" % decision["times"])
        if decision["verdict"] != "allow" and entry["arrives"] and not entry["child"]:
            parts.append("the child sees nothing of it")
        gap = " " * max(_INDENT - 10 - len(decision["verdict"]), 1)
        self.line(" " * 8 + verdict + gap + "; ".join(parts))
        if decision["words"] and not entry["arrives"] and not entry["child"] and not self.brief:
            self._column(" " * 8 + "in words", decision["words"])

    def _column(self, label: str, text: str, style: str = "") -> None:
        for number, part in enumerate(wrap(text, WIDTH - _INDENT)):
            self.line(
                (pad(label, _INDENT) if not number else " " * _INDENT) + (self._style(style, part) if style else part)
            )

    def _style(self, style: str, text: str) -> str:
        return "\033[%sm%s\033[0m" % (_STYLES[style], text) if self._colour else text


def _is_plain(entry: Entry) -> bool:
    """True if the watch did what was asked and there is no more to say."""
    return (
        bool(entry["decisions"])
        and all(
            decision["verdict"] == "allow" and decision["reason"] == "ok" and not decision["facts"]
            for decision in entry["decisions"]
        )
        and not entry["facts"]
        and not entry["guardian"]
        and all(line == _SHOWN for line in entry["child"])
    )


def _short(entry: Entry) -> str:
    """The end of a line that says all of an entry: what was simply allowed, or refused without a sound; else ""."""
    if _is_plain(entry):
        return "→ allow"
    silent = (
        entry["arrives"]
        and len(entry["decisions"]) == 1
        and not (entry["child"] or entry["guardian"] or entry["facts"])
    )
    if silent and entry["decisions"][0]["verdict"] != "allow":
        decision = entry["decisions"][0]
        return "→ %s  %s  [%s]" % (decision["verdict"], decision["reason"], " ".join(decision["rows"]))
    return ""


def _folded(decisions: list[Answer]) -> list[Answer]:
    """Equal decisions in a row become one, with the number of times."""
    found: list[Answer] = []
    for decision in decisions:
        if found and {**found[-1], "times": 1} == {**decision, "times": 1}:
            found[-1]["times"] += 1
        else:
            found.append({**decision, "times": 1})
    return found


def _kinds(records: list[list[Any]]) -> str:
    """Numbers and kinds of journal records: `12 messages.in, 13-17 credentials.failed`."""
    runs: list[list[Any]] = []
    for number, kind in records:
        if runs and runs[-1][2] == kind and runs[-1][1] == number - 1:
            runs[-1][1] = number
        else:
            runs.append([number, number, kind])
    return ", ".join(
        "%s %s" % (first if first == last else "%d-%d" % (first, last), kind) for first, last, kind in runs
    )


def width(text: str) -> int:
    """Columns on a terminal: Chinese characters take two."""
    return sum(
        2 if unicodedata.east_asian_width(char) in "WF" else 0 if unicodedata.combining(char) else 1 for char in text
    )


def pad(text: str, columns: int) -> str:
    return text + " " * max(columns - width(text), 1)


def wrap(text: str, columns: int) -> list[str]:
    """Lines of at most so many columns; Chinese breaks anywhere, English between words."""
    text = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    if width(text) == len(text):
        return textwrap.wrap(text, columns) or [""]
    lines = [""]
    for char in text:
        if width(lines[-1] + char) > columns:
            lines.append("")
        lines[-1] += char
    return lines
