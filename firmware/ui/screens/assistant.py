"""Talking with the assistant: one question, one answer, under the sign that a machine made it (G10, G11, G13)."""

from firmware.ui.canvas import RED, SEA, SKY, SOFT
from firmware.ui.font import BODY
from firmware.ui.screen import Screen
from firmware.ui.widgets import Icon, label


class Assistant(Screen):
    """While it is open a talk runs; leaving it ends the talk, without another question."""

    def __init__(self, shell, subject):
        super().__init__(shell, subject)
        self._left = shell.watch.assistant.left()

    def build(self, page):
        shell, canvas = self.shell, page.canvas
        words = page.text("notice.assistant")
        y = page.top
        data = words.encode()
        wide = canvas.measure(BODY, data, 0, len(data))
        x, width = page.span(y, 32)
        if wide + 38 > width:  # the words must be read whole: under the picture, where they fit
            y = page.line(words, page.icon("robot", y, SKY, False) - 2, SKY)
        else:
            left = x + (width - wide - 38) // 2
            page.add(Icon("robot", left + 16, y + 16, SKY))
            page.add(label(canvas, words, left + 38, y + 4, wide, BODY, SKY, middle=False))
            y += 34
        question, answer = shell.talk
        if answer:
            page.paragraph(answer, y)
        elif question:
            page.paragraph(question, y, SOFT)
        else:
            counts = page.text("ai_left").replace("{count}", str(self._left[0]))
            counts = counts.replace("{time}", str((self._left[1] + 59) // 60))
            page.paragraph(counts + "\n" + page.text("notice.assistant_reminder"), y)
        page.bar(("stop", "no", RED, page.text("stop")), ("write", "pen", SEA, page.text("ask_ai")))

    def act(self, name):
        if name == "write":
            self.shell.show("write", [None, None])
        elif name in ("stop", "back"):
            self.shell.watch.assistant.end()
            self.shell.close("assistant")
        else:
            return False
        return True


SCREEN: type = Assistant
