"""About this watch: whose it is, what it runs, and until when that is looked after (B20, E1)."""

from firmware.ui.canvas import CARD, SEA
from firmware.ui.screen import Screen


class About(Screen):
    """Everything in one text."""

    def build(self, page):
        engine = self.shell.watch.engine
        rule = engine.rules["administration"]
        lines = [
            "Wardwatch " + self.shell.watch.VERSION,
            page.text("about_owner") + " " + rule.owner,
            page.text("about_ages").replace("{count}", ("3-8", "8-12", "12-14")[engine.settings.band]),
            page.text("about_rules").replace("{count}", str(rule.version)),
            page.text("about_support"),
        ]
        y = page.heading("info", page.text("about"), page.top, SEA)
        page.paragraph("\n".join(lines), y)
        page.bar(("help", "heart", CARD, ""), ("back", "yes", SEA, page.text("good")))


SCREEN: type = About
