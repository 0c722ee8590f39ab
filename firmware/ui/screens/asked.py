"""What I have asked my guardian for: the numbers to read out, while they wait for their code (D12)."""

from firmware.ui.canvas import CARD, SEA, SUN
from firmware.ui.screen import Screen


class Asked(Screen):
    """Entries open screens/number.py."""

    def build(self, page):
        rows = []
        for entry in self.shell.watch.approvals.waiting():
            rows.append(
                (str(entry["request"]), "lock", SUN, "%06d" % entry["request"], page.text("asked_" + entry["what"]))
            )
        if rows:
            page.rows(rows, [("back", "back", CARD, "")])
            return
        page.message("guardian", SEA, page.text("asked_none"))
        page.bar(("back", "back", CARD, page.text("back")))

    def act(self, name):
        if name[0] < ":":
            self.shell.show("number", (int(name), "read_out"))
            return True
        return False


SCREEN: type = Asked
