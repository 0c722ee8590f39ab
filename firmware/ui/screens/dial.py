"""The time, the date, what is unread and the battery. The time is part of the safety floor (I1)."""

from firmware.policy.clock import SET
from firmware.ui.calendar import date
from firmware.ui.canvas import CARD, LEAF, NIGHT, RED, SEA, SKY, SOFT, SUN, WHITE
from firmware.ui.font import BODY, CLOCK, TITLE
from firmware.ui.screen import Screen
from firmware.ui.widgets import Box, Digits, Icon, label


class Dial(Screen):
    """Each digit is an item of its own, so that most minutes send one."""

    place = "lock"

    def build(self, page):
        canvas, shell = page.canvas, self.shell
        clock = shell.watch.engine.clock
        narrow = canvas.width < 200
        top = page.top + (2 if canvas.round else 30 if not narrow else 34)
        pitch = 44
        now = (clock.wall + clock.zone * 60) % 86400 // 60
        free = page.bottom - top - 34
        y = top + max((free - 58) // 2, 0)
        middle = canvas.width // 2
        if narrow:  # the hours above the minutes
            places = ((middle - 42, y - 40, WHITE), (middle - 42, y + 22, SUN))
            pitch = 42
            y += 84
        else:
            colon = label(canvas, ":", middle - 11, y + 8, 22, TITLE)
            page.add(colon)
            places = ((middle - 12 - 2 * pitch, y, WHITE), (middle + 12, y, WHITE))
            y += 62
        self.moving = []
        for x, at, colour in places:
            for place in (x, x + pitch):
                digit = Digits(CLOCK, 1, place, at, 44, 56, colour, NIGHT, 44)
                page.add(digit)
                self.moving.append(digit)
        self._set(now)
        self._day = clock.day()
        page.line(_words(page, self._day) if clock.trust == SET else page.text("time_unsure"), y)
        self._battery(page, canvas, shell)
        self._banner(page, canvas, y + 26)
        count = len(shell.unread)
        words = str(count) if count else ""
        if narrow and count and not shell.charging:
            page.add(label(canvas, words, 12, page.top - 2, 40, BODY, SUN, NIGHT, False))
        acts = (("help", "heart", SKY, ""), ("menu", "menu", CARD, ""))
        page.bar(acts[0], acts[1], ("messages", "message", LEAF if count else SEA, words))

    def _banner(self, page, canvas, y):
        """For 30 days a sign that a guardian has read something; the words are one tap away (I10)."""
        if not self.shell.watch.guardians.banners(page.language):
            return
        if page.bottom - y >= 26 and page.touch:
            width = page.span(y, 26)[1]
            words = page.text("banner").encode()
            wide = min(canvas.measure(BODY, words, 0, len(words)), width - 38)
            left = canvas.width // 2 - (wide + 38) // 2
            page.add(Icon("eye", left + 16, y + 13, SUN))
            page.add(label(canvas, words, left + 38, y + 1, width, BODY, SUN, NIGHT, False))
        else:
            page.add(Icon("eye", 160 if canvas.round else 26 if page.touch else 60, 30 if canvas.round else 15, SUN))

    def _battery(self, page, canvas, shell):
        if shell.battery < 0:
            return
        x = canvas.width // 2 - 15 if canvas.round else canvas.width - 42
        y = page.top - 14 if canvas.round else page.top + 4
        colour = RED if shell.battery < 20 else WHITE
        page.add(Box(x, y, 30, 15, SOFT, NIGHT, True))
        page.add(Box(x + 30, y + 4, 3, 7, SOFT, NIGHT, True))
        page.add(Box(x + 2, y + 2, 26, 11, NIGHT, NIGHT, True))
        page.add(Box(x + 3, y + 3, 24 * shell.battery // 100, 9, colour, NIGHT, True))
        if shell.charging:
            page.add(Icon("bolt", x - 20 if page.touch else 22, y + 10, SUN))
        elif page.touch and not canvas.round:
            page.add(label(canvas, "%d%%" % shell.battery, x - 58, y - 5, 52, BODY, SOFT))

    def _set(self, minutes):
        """Put the digits in, and draw those that have changed."""
        time = minutes // 60 * 100 + minutes % 60
        for digit, unit in zip(self.moving, (1000, 100, 10, 1)):
            if digit.set(0, 48 + time // unit % 10):
                self.shell.draw(digit)

    def tick(self, now):
        clock = self.shell.watch.engine.clock
        if clock.day() != self._day:
            self.shell.build(0)
        local = (clock.wall + clock.zone * 60) % 86400
        self._set(local // 60)
        return (60 - local % 60) * 1000

    def act(self, name):
        if name in ("messages", "menu"):
            self.shell.show(name)
        return name in ("messages", "menu", "back", "more")


def _words(page, day):
    """Such as "Sat 21 Nov", or the same in Chinese."""
    name = page.text("weekdays").split()[date(day)[3]]
    words = (page.day(day), name) if page.language == "zh" else (name, page.day(day))
    return "%s %s" % words


SCREEN: type = Dial
