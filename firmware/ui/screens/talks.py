"""Earlier talks with the assistant, the newest first: what was asked, and what a machine answered (G10, G14)."""

from firmware.policy.rules.content_access import CHAT
from firmware.ui.canvas import CARD, SEA, SKY, SOFT
from firmware.ui.screen import Screen


class Talks(Screen):
    """One entry a screen. The texts lie sealed; each is opened when it is shown, as the rule for content says."""

    def __init__(self, shell, subject):
        super().__init__(shell, subject)
        self._at = 0
        self._open()

    def _open(self):
        """The entry, its text and whether a machine made it."""
        shell = self.shell
        chats = shell.watch.engine.rules["content_access"].chats
        self._count = len(chats) // CHAT
        self._by_ai = False
        if self._count:
            begin = len(chats) - (self._at + 1) * CHAT
            number = int.from_bytes(chats[begin : begin + 4], "little")
            decision = shell.watch.assistant.open(number)
            self._by_ai = "label_ai" in decision.obligations
            self._text = shell.opened[1] if shell.opened[0] == number else shell.text(decision.reason)

    def build(self, page):
        if not self._count:
            page.message("robot", SEA, page.text("no_talks"))
            page.bar(("back", "back", CARD, page.text("back")))
            return
        words = page.text("notice.assistant" if self._by_ai else "you")
        if page.touch:  # else there is room for the sign of the machine alone
            words = "%d/%d %s" % (self._at + 1, self._count, words)
        y = page.line(words, page.top, SKY if self._by_ai else SOFT)
        page.paragraph(self._text, y)
        page.bar(("back", "back", CARD, ""), ("forget", "erase", CARD, ""), ("older", "next", SEA, page.text("next")))

    def act(self, name):
        if name == "forget":
            self.shell.watch.assistant.delete()
            return True
        if name == "older":
            self._at = (self._at + 1) % self._count
            self._open()
            self.shell.build(0)
            return True
        return False


SCREEN: type = Talks
