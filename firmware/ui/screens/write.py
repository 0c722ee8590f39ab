"""Writing: ready sentences, or letters one by one (six large keys, then the six letters of one). Only Latin letters can
be put together; Chinese is written with the ready sentences."""

from firmware.texts import remedy
from firmware.ui.canvas import CARD, SEA, SKY, SOFT, SUN
from firmware.ui.font import BODY
from firmware.ui.screen import Screen
from firmware.ui.widgets import label

_GROUPS = ("abcde", "fghij", "klmno", "pqrst", "uvwxyz", " .,?!'")
REPLIES, QUESTIONS = 8, 6
_MOST = 60


class Write(Screen):
    """subject: [address of a contact or None for a question to the assistant, letters of a draft or None]: it lasts
    while a note lies over the screen."""

    def __init__(self, shell, subject):
        super().__init__(shell, subject)
        self._to, draft = subject
        self._letters = draft is not None  # or the ready sentences
        self._group = -1
        self._text = draft or ""
        self._why = ""  # the watch asks to read this again before it goes (F17)

    def build(self, page):
        if self._why:
            page.paragraph(
                page.text(self._why) + "\n" + self._text, page.heading("wait", page.text("stop"), page.top, SUN)
            )
            page.bar(("change", "back", SEA, page.text("change")), ("anyway", "send", CARD, ""))
        elif self._letters:
            self._keys(page)
        else:
            kind, count = ("reply", REPLIES) if self._to else ("question", QUESTIONS)
            entries = [("letters", "pen", SUN, page.text("letters"), None)]
            for number in range(1, count + 1):
                entries.append(("#%d" % number, "message", SKY, page.text("%s_%d" % (kind, number)), None))
            page.rows(entries, [("back", "back", CARD, "")])

    def _keys(self, page):
        if self._group < 0:
            short = not page.touch or page.canvas.round
            entries = []
            for at in range(5):
                group = _GROUPS[at]
                entries.append(("#%d" % at, "", CARD, group[0] + "-" + group[-1] if short else group))
            entries.append(("#5", "space", CARD, ".,?"))
        else:
            entries = [("#" + one, "", CARD, one) for one in _GROUPS[self._group]]
            if len(entries) < 6:
                entries.append(("group", "back", SEA, ""))
        if self._group == 5:
            entries[0] = ("# ", "space", CARD, "")
        text = self._text
        right = ("send", "send") if text.strip() else None
        x, y, width = page.keys(page.text("letters"), ("erase", "erase" if text else "back"), right, entries)
        canvas, shown = page.canvas, text.encode()
        while canvas.measure(BODY, shown, 0, len(shown)) > width:  # the end of it is what is being written
            shown = shown[1:]
        page.add(label(canvas, shown, x, y, width))
        if canvas.height >= 280 and page.touch:
            page.add(label(canvas, "%d" % (_MOST - len(text)), x, y + 30, width, BODY, SOFT))

    def act(self, name):
        shell = self.shell
        if name == "letters":
            self._letters = True
        elif name[0] == "#":
            if not self._letters:
                kind = "reply" if self._to else "question"
                self._text = shell.text("%s_%s" % (kind, name[1:]))
                return self._send(False)
            if self._group < 0:
                self._group = int(name[1:])
            else:
                self._text = (self._text + name[1:])[:_MOST]
                self._group = -1
        elif name in ("send", "anyway"):
            return self._send(name == "anyway")
        elif name == "change":
            self._why = ""
        elif name in ("erase", "group") or (name == "back" and self._letters):
            self._undo(name)
        else:
            return False
        shell.build(0)
        return True

    def _undo(self, name):
        """One step back: out of a group of letters, a letter, out of the letters."""
        if self._why:
            self._why = ""
        elif self._group >= 0:
            self._group = -1
        elif self._text and name == "erase":
            self._text = self._text[:-1]
        else:
            self._letters, self._text = False, ""

    def _send(self, confirmed):
        shell, text = self.shell, self._text.strip()
        if self._to is None:
            shell.back()
            shell.talk = [text, ""]
            shell.build(0)
            shell.watch.assistant.say(text)
            return True
        decision = shell.watch.messaging.send(self._to, text, confirmed)
        if decision.allowed:
            shell.back()
            shell.say("ui.sent", "send")
        elif remedy(decision.reason) == "confirm":
            self._why = decision.reason
            shell.build(0)
        else:
            self.subject[1] = self._text if self._letters else None
            shell.say(decision.reason, "no")
        return True


SCREEN: type = Write
