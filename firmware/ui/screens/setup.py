"""A watch that nobody has set up: the language, then what to do. Nothing else is open but help and SOS (C15)."""

from firmware.ui.canvas import CARD, SEA, SKY
from firmware.ui.screen import Screen

_LANGUAGES = (("zh", "中文"), ("en", "English"))


class Setup(Screen):
    """The digits of the pairing come from the line when the guardian's computer asks for them (screens/number.py)."""

    def __init__(self, shell, subject):
        super().__init__(shell, subject)
        self._chosen = False

    def build(self, page):
        if not self._chosen:
            rows = [(name, "next", SEA, words, "") for name, words in _LANGUAGES]
            page.rows(rows, [("help", "heart", SKY, "")])
            return
        y = page.heading("home", page.text("hello"), page.top, SEA)
        page.paragraph(page.text("set_up_1") + "\n" + page.text("set_up_2"), y)
        page.bar(("help", "heart", SKY, ""), ("language", "undo", CARD, page.text("language")))

    def tick(self, now):
        """Once it is set up, the watch speaks as the guardian has chosen."""
        shell = self.shell
        rule = shell.watch.engine.rules["administration"]
        if rule.is_set_up:
            shell.language = rule.language
            shell.home()
        return 1000

    def act(self, name):
        if name in ("zh", "en"):
            self.shell.language = name
        if name in ("zh", "en", "language"):
            self._chosen = name != "language"
            self.shell.build(0)
            return True
        return name == "back"  # nothing lies under it


SCREEN: type = Setup
