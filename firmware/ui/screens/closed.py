"""Something is closed for now: why, and when it comes back (D41-D50, E12)."""

from firmware.policy.clock import SET
from firmware.ui.canvas import CARD, DUSK, LEAF, SEA, SKY, SUN
from firmware.ui.screen import Screen

_LOOKS = {
    "limit": ("clock", SEA),
    "rest": ("eye", LEAF),
    "curfew": ("moon", DUSK),
    "period": ("clock", SEA),
    "school": ("school", SKY),
    "charging": ("bolt", SUN),
    "reserve": ("bolt", SUN),
    "lost_mode": ("pin", SUN),
    "game_hours": ("moon", DUSK),
}


class Closed(Screen):
    """subject: (reason, seconds until it opens again or 0)."""

    def build(self, page):
        reason, wait = self.subject
        kind = reason.split(".")[1]
        picture, colour = _LOOKS.get(kind, ("lock", SEA))
        clock = self.shell.watch.engine.clock
        if wait and clock.trust == SET:
            at = (clock.wall + wait + clock.zone * 60) % 86400
            again = page.text("again").replace("{time}", _time(at))
            page.paragraph(page.text(reason), page.heading(picture, again, page.top, colour))
        else:
            page.message(picture, colour, page.text(reason))
        page.bar(("help", "heart", CARD, ""), ("back", "yes", SEA, page.text("good")))


def _time(seconds):
    return "%d:%02d" % (seconds // 3600, seconds // 60 % 60)


SCREEN: type = Closed
