"""The privacy rules for children: what is kept, why, for how long, and who gets it (A1, A3). Read from the very table
by which the build refuses a collector that is not declared; it needs no network."""

from firmware.texts import declared, edition
from firmware.ui.canvas import CARD, SEA, SOFT
from firmware.ui.screen import Screen

PURPOSES = (
    ("basic", "person"),
    ("location", "pin"),
    ("ai", "robot"),
    ("payment", "coin"),
    ("voice", "signal"),
    ("photo", "eye"),
)


class Privacy(Screen):
    """A list of purposes; then what is kept for one of them, a page each."""

    def __init__(self, shell, subject):
        super().__init__(shell, subject)
        self._purpose = ""
        self._kept: list = []
        self._at = 0

    def build(self, page):
        if not self._purpose:
            rows: list = [(name, picture, SEA, page.text("for_" + name), "") for name, picture in PURPOSES]
            rows.append(("edition", "info", SOFT, page.text("edition"), edition()))
            page.rows(rows, [("back", "back", CARD, "")])
            return
        words, until, who = self._kept[self._at]
        y = page.line("%d/%d %s" % (self._at + 1, len(self._kept), page.text("for_" + self._purpose)), page.top)
        lines = [words, self._until(page, until)]
        for name in who.split(","):
            if name != "watch":
                lines.append(page.text("to_" + name))
        page.paragraph("\n".join(lines), y)
        page.bar(("back", "back", CARD, ""), ("on", "next", SEA, page.text("next")))

    def _until(self, page, until):
        """How long, in words. A setting's key stands for its value on this watch."""
        if until in ("wipe", "remove"):
            return page.text("kept_" + until)
        if "." in until:
            count = self.shell.watch.engine.settings[until]
            unit = until.split("_")[-1]
        else:
            count, unit = int(until), "days"
        if not count:
            return page.text("kept_not")
        return page.text("kept_" + unit).replace("{count}", str(count))

    def act(self, name):
        if name == "back" and self._purpose:
            self._purpose = ""
        elif name == "on":
            self._at = (self._at + 1) % len(self._kept)
        elif name in ("back", "more", "edition"):
            return name == "edition"
        else:
            self._purpose, self._at = name, 0
            self._kept = declared(name, self.shell.language)
        self.shell.build(0)
        return True


SCREEN: type = Privacy
