"""The help page: always there, leaves no record (I1, I12). Each entry calls."""

from firmware.ui.canvas import CARD, LEAF, RED, SKY
from firmware.ui.screen import Screen


class Help(Screen):
    """SOS first, then the guardians, then the numbers of the region."""

    def build(self, page):
        floor = self.shell.watch.engine.floor
        entries = [("sos", "sos", RED, page.text("sos"), page.text("sos_row"))]
        for number in floor.guardians:
            entries.append(("+" + number, "guardian", SKY, page.text("guardian"), number))
        for number in floor.help_numbers():
            entries.append(("+" + number, "phone", LEAF, number, page.text("help_" + _kind(number))))
        page.rows(entries, [("back", "back", CARD, "")])

    def act(self, name):
        watch = self.shell.watch
        if name == "sos":
            if watch.sos.state in ("idle", "delivered"):
                watch.sos.press(watch.engine.clock.powered)
            else:
                self.shell.show("sos")
        elif name[0] == "+":
            watch.calls.outgoing(name[1:])
        else:
            return False
        return True


def _kind(number):
    """What a number is for."""
    if number in ("120",):
        return "doctor"
    if number in ("12355", "12356", "116111"):
        return "line"
    return "police"


SCREEN: type = Help
