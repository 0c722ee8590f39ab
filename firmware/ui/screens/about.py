"""About this watch: whose it is, how often it was set up, what it runs, until when that is looked after (B6, B20, E1);
and the way to erase it (B19)."""

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
            page.text("about_set_up").replace("{count}", str(self._set_ups())),
            page.text("about_ages").replace("{count}", ("3-8", "8-12", "12-14")[engine.settings.band]),
            page.text("about_rules").replace("{count}", str(rule.version)),
            page.text("about_support"),
        ]
        y = page.heading("info", page.text("about"), page.top, SEA)
        page.paragraph("\n".join(lines), y)
        page.bar(("help", "heart", CARD, ""), ("wipe", "erase", CARD, ""), ("back", "yes", SEA, page.text("good")))

    def _set_ups(self):
        try:
            return self.shell.watch.store.set_ups
        except OSError:
            return 0

    def act(self, name):
        if name == "wipe":
            self.shell.show("wipe")
        return name == "wipe"


SCREEN: type = About
