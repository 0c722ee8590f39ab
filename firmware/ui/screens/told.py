"""What my guardian is told, word for word, and what a guardian has read (F3, I10, D13)."""

from firmware.ui.canvas import CARD, SEA, SKY
from firmware.ui.screen import Screen


class Told(Screen):
    """First what has happened, the newest first; then what is told in general."""

    def build(self, page):
        watch = self.shell.watch
        lines = []
        for words, time in reversed(watch.guardians.banners(page.language)):
            lines.append(page.moment(watch.engine.clock, time) + " " + words)
        for words in watch.alerts.waiting(page.language):
            lines.append(words + " " + page.text("told_waits"))
        private = watch.engine.rules["administration"].is_private
        lines += [page.text("told_private" if private else "told_young"), page.text("told_kinds")]
        page.paragraph("\n".join(lines), page.heading("guardian", page.text("told_title"), page.top, SKY))
        page.bar(("help", "heart", CARD, ""), ("back", "yes", SEA, page.text("good")))


SCREEN: type = Told
