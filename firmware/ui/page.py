"""Lays a screen out for its display: content in the middle, what can be done in a bar of large targets below.

Nine millimetres are about 78 pixels on the displays that can be touched (8.7 pixels a millimetre; a round one of 1.28
inches has 7.4), so the bar is 78 high and has at most three targets. A display narrower than 200 has buttons instead:
flat targets, one in focus.
"""

from micropython import const

from firmware.texts import text
from firmware.ui.calendar import date
from firmware.ui.canvas import CARD, NIGHT, SEA, SOFT, SUN, WHITE
from firmware.ui.font import BODY, CLOCK, TITLE
from firmware.ui.widgets import Box, Icon, Words, label, wrap

FINGER = const(78)
_FLAT = const(44)
_ROUND_FINGER = const(67)
_MARGIN = const(10)
_ARROW = const(32)  # height of the box for the next page, where it can be in focus


class Target:
    """What can be touched or chosen: a name, a rectangle, and the box that shows a press."""

    def __init__(self, name, x, y, w, h, box):
        self.name = name
        self.x, self.y, self.w, self.h = x, y, w, h
        self.box = box


class Page:
    """One page of a screen while it is built, and what was built: items in the order of drawing, and targets."""

    def __init__(self, canvas, language, number):
        self.canvas = canvas
        self.language = language
        self.number = number
        self.items: list = []
        self.targets: list = []
        self.more = False  # there is another page behind this one
        self.touch = canvas.width >= 200
        self.bar_high = FINGER if self.touch else _FLAT
        self.top = 26 if canvas.round else 4
        self._margin = _MARGIN if self.touch else _MARGIN // 3
        self.bottom = canvas.height - self.bar_high - 4

    # --- where there is room

    def span(self, y, high):
        """(x, width) that can be seen of the rows y ... y + high: all but a margin, or the chord of a round display."""
        if not self.canvas.round:
            return self._margin, self.canvas.width - 2 * self._margin
        radius = self.canvas.width // 2
        off = max(abs(y - radius), abs(y + high - radius))
        half = _root(max(radius * radius - off * off, 0)) - 6
        half = max(half, 24)
        return radius - half, 2 * half

    def text(self, id_):
        return text("ui." + id_ if "." not in id_ else id_, self.language)

    def day(self, day):
        """A day since 2020 in words: "19 Nov", or the same in Chinese."""
        _, month, day, _ = date(day)
        if self.language == "zh":
            return "%d月%d日" % (month, day)
        return "%d %s" % (day, self.text("months").split()[month - 1])

    def moment(self, clock, time):
        """A wall time in words, in the guardian's zone."""
        local = time + clock.zone * 60
        return "%s %d:%02d" % (self.day(local // 86400), local % 86400 // 3600, local // 60 % 60)

    # --- parts

    def add(self, item):
        self.items.append(item)
        return item

    def icon(self, name, y, colour, big=True):
        """A picture in the middle, its upper edge at y. Returns where the next part begins."""
        high = 64 if big else 32
        self.add(Icon(name, self.canvas.width // 2, y + high // 2, colour, NIGHT, big))
        return y + high + 2

    def message(self, picture, colour, words):
        """A picture over a text, large where the text then still fits."""
        canvas, data = self.canvas, words.encode()
        y = self.top + 68
        big = not canvas.round and y < self.bottom
        if big:
            high = canvas.sizes[BODY].height
            room = max((self.bottom - y) // high, 1)
            at = wrap(canvas, BODY, data, 0, lambda line: self.span(y + line * high, high)[1], room)[1]
            big = at == len(data)
        self.paragraph(words, self.icon(picture, self.top + 4 if big else self.top, colour, big))

    def title(self, words, y, colour=WHITE):
        """One large line in the middle."""
        x, width = self.span(y, 34)
        self.add(label(self.canvas, words, x, y, width, TITLE, colour))
        return y + 38

    def amount(self, words, y):
        """Money, in the size of the time where it fits. The font has only digits, the sign and the point so large."""
        x, width = self.span(y, 56)
        if self.canvas.measure(CLOCK, words.encode(), 0, len(words.encode())) > width:
            return self.title(words, y)
        self.add(label(self.canvas, words, x, y, width, CLOCK))
        return y + 58

    def heading(self, picture, words, y, colour):
        """A picture over a large line; beside it where the display is low."""
        canvas = self.canvas
        if canvas.round or canvas.height >= 280 or not self.touch:
            return self.title(words, self.icon(picture, y, colour, canvas.height >= 280))
        text = words.encode()
        wide = min(canvas.measure(TITLE, text, 0, len(text)), canvas.width - 52)
        x = (canvas.width - wide - 40) // 2
        self.add(Icon(picture, x + 16, y + 20, colour))
        self.add(label(canvas, words, x + 40, y, wide, TITLE))
        return y + 42

    def line(self, words, y, colour=SOFT):
        """One line of small letters in the middle."""
        x, width = self.span(y, 24)
        self.add(label(self.canvas, words, x, y, width, BODY, colour))
        return y + 26

    def paragraph(self, words, y, colour=WHITE, beyond=False):
        """A text in lines from y on: the part of it that belongs to this page. beyond: something comes behind its
        last page, too."""
        canvas = self.canvas
        data, high = words.encode(), canvas.sizes[BODY].height
        room = max((self.bottom - y) // high, 1)

        def whole(line):
            return self.span(y + line * high, high)[1]

        aside = 64 if self.touch else 0

        def marked(line):  # the last line leaves room for the arrow
            return whole(line) - (aside if line == room - 1 else 0)

        lines, at = wrap(canvas, BODY, data, 0, whole, room)
        pages = beyond or at < len(data)
        if pages:
            if not aside:
                room = max((self.bottom - _ARROW - y) // high, 1)  # the arrow lies under the lines
            lines, at = wrap(canvas, BODY, data, 0, marked, room)
            for _ in range(self.number):
                if at < len(data):
                    lines, at = wrap(canvas, BODY, data, at, marked, room)
        self.more = at < len(data)
        row = y if pages else y + min((room - len(lines)) * high // 2, 24)
        top, placed = row, []
        for begin, end in lines:
            x, width = self.span(row, high)
            placed.append((begin, end, x + (width - canvas.measure(BODY, data, begin, end)) // 2))
            row += high
        self.add(Words(BODY, data, placed, (0, top, canvas.width, row - top), colour, NIGHT, high))
        if pages:
            top, box = y, None
            y += (room - 1) * high
            x, width = self.span(y, high)
            x += width - 16
            if not aside:
                x, y = canvas.width // 2, self.bottom - high + 2
                box = self.add(Box(x - 44, self.bottom - _ARROW, 88, _ARROW, CARD))
            picture = "down" if self.more else "next" if beyond else "up"
            self.add(Icon(picture, x, y + high // 2 - (6 if box else 0), SUN, CARD if box else NIGHT))
            self.target("more", 0, top, canvas.width, self.bottom - top, box)

    def target(self, name, x, y, w, h, box):
        """Something that can be chosen."""
        self.targets.append(Target(name, x, y, w, h, box))

    def bar(self, *acts):
        """The large targets below: (name, icon, colour, words or "") of one to three acts. The last one is the widest
        and has its words beside or under its icon."""
        canvas, count = self.canvas, len(acts)
        top = canvas.height - self.bar_high
        x = 0
        for number in range(count):
            name, picture, colour, words = acts[number]
            if canvas.round and count == 3:
                w = 88 if number == 1 else 76
            elif canvas.round or not self.touch:
                w = canvas.width // count
            else:
                w = FINGER if number < count - 1 else canvas.width - FINGER * (count - 1)
            self._act(name, picture, colour, words, x, top, w)
            x += w

    def _act(self, name, picture, colour, words, x, top, w):
        canvas, h = self.canvas, self.bar_high
        if canvas.round:
            box = self.add(Box(x, top, w - (2 if x + w < canvas.width else 0), h, colour, NIGHT, True))
            middle = x + w // 2
            if w < canvas.width and (x == 0 or x + w == canvas.width):  # away from the rim
                middle += 15 if x == 0 else -15
            left, right = max(x, 120 - 76) + 2, min(x + w, 120 + 76) - 2
            data = words.encode()
            if w <= 88 or canvas.measure(BODY, data, 0, len(data)) > right - left:
                words = ""  # rather than a part of them
            self.add(Icon(picture, middle, top + (20 if words else 26 if w == 76 else 34), WHITE, colour))
            if words:
                self.add(label(canvas, words, left, top + 36, right - left, BODY, WHITE, colour))
        else:
            box = self.add(Box(x + 3, top + 2, w - 6, h - 5, colour, NIGHT))
            if words and w >= 2 * FINGER and self.touch:
                wide = min(canvas.measure(BODY, words.encode(), 0, len(words.encode())), w - 58)
                left = x + (w - wide - 40) // 2
                self.add(Icon(picture, left + 16, top + h // 2, WHITE, colour))
                self.add(label(canvas, words, left + 40, top + h // 2 - 13, w - 56, BODY, WHITE, colour, False))
            elif words and self.touch and canvas.measure(BODY, words.encode(), 0, len(words.encode())) <= w - 10:
                self.add(Icon(picture, x + w // 2, top + 27, WHITE, colour))
                self.add(label(canvas, words, x + 6, top + 46, w - 12, BODY, WHITE, colour))
            else:
                self.add(Icon(picture, x + w // 2, top + h // 2 - 1, WHITE, colour))
        self.target(name, x, top, w, h, box)

    def rows(self, entries, acts):
        """A list: (name, icon, colour of the icon, words, smaller words) of each entry, as many a page as there is
        room for; below it `acts` as in `bar`, and the way to the next page where there is one. Without smaller words
        (None) the words are a sentence in two lines."""
        canvas = self.canvas
        space = self.bottom - self.top + 2
        high = _ROUND_FINGER if canvas.round else FINGER if self.touch else 62
        count = max(space // high, 1)
        high = min(space // count, 96)
        first = self.number * count
        over = min(self._margin, 6)  # of the card, beside its words
        y = self.top
        for name, picture, colour, words, smaller in entries[first : first + count]:
            x, width = self.span(y + 4, high - 10)
            box = self.add(Box(x - over, y, width + 2 * over, high - 4, CARD, NIGHT))
            self.add(Icon(picture, x + 20, y + high // 2 - 2, colour, CARD))
            aside = 44 if self.touch else 38
            left, room = x + aside, width - aside
            middle = y + high // 2 - 2
            data = words.encode()
            if smaller is None or (not smaller and canvas.measure(BODY, data, 0, len(data)) > room):
                self._sentence(words, left, middle, room)
            else:
                self.add(label(canvas, words, left, middle - (28 if smaller else 17), room, TITLE, WHITE, CARD, False))
            if smaller:
                self.add(label(canvas, smaller, left, middle + 5, room, BODY, SOFT, CARD, False))
            self.target(
                name, 0 if self.touch else x - over, y, canvas.width if self.touch else width + 2 * over, high, box
            )
            y += high
        self.more = first + count < len(entries)
        if len(entries) > count:
            acts = list(acts) + [("more", "down" if self.more else "up", CARD, "")]
        self.bar(*acts)

    def _sentence(self, words, x, middle, width):
        """At most two lines of small letters on a card."""
        canvas, data = self.canvas, words.encode()
        high = canvas.sizes[BODY].height
        lines, _ = wrap(canvas, BODY, data, 0, lambda line: width, 2)
        y = middle - len(lines) * high // 2
        box = (x, y, width, high * len(lines))
        self.add(Words(BODY, data, [(begin, end, x) for begin, end in lines], box, WHITE, CARD, high))

    def keys(self, title, left, right, entries):
        """Six large keys in two rows, (name, icon or "", colour, words) each, under a head with a title and the targets
        `left` and `right`: (name, icon), or None. Returns (x, y, width) of the head's second line."""
        canvas, wide = self.canvas, self.canvas.width
        side, high = wide // 3, FINGER if self.touch else 60
        top = canvas.height - 2 * high
        if canvas.round:
            side = high = top = 66
        x, room = self.span(15, 24) if canvas.round else (44, wide - 88) if self.touch else (3, wide - 6)
        self.add(label(canvas, title, x, 10 if canvas.round else 6, room, BODY, SOFT))
        y = 36 if canvas.round else 34
        edge = 34 if canvas.round else 2
        part = wide // 2 if right else wide
        self._corner(left, 0, part, edge, y, top, NIGHT)
        if right:
            self._corner(right, part, wide - part, edge, y, top, SEA)
        for at in range(len(entries)):
            name, picture, colour, words = entries[at]
            x, row = (wide - 3 * side) // 2 + at % 3 * side, top + at // 3 * high
            box = self.add(Box(x + 2, row + 2, side - 4, high - 4, colour, NIGHT))
            self._cap(picture, words, x, row, side, high, colour)
            self.target(name, x, row, side, high, box)
        return (edge + 44, y, wide - 2 * edge - 88) if self.touch else (3, y, wide - 6)

    def _corner(self, act, x, wide, edge, y, high, colour):
        """A target of the head: the way back on the left, what ends the typing on the right."""
        at = edge + 22 if x == 0 else self.canvas.width - edge - 22
        if not self.touch:
            y += 40  # under the line of what was typed
        box = None
        if colour != NIGHT:
            box = self.add(Box(at - 20, y - 3, 40, 34, colour, NIGHT))
        self.add(Icon(act[1], at, y + 14, WHITE if box else SOFT, colour))
        self.target(act[0], x, 0, wide, high, box)

    def _cap(self, picture, words, x, y, wide, high, colour):
        """What a key shows: an icon with a word under it where there is room, or a word."""
        canvas, data = self.canvas, words.encode()
        fits = canvas.measure(BODY, data, 0, len(data)) <= wide - 6
        if not picture:
            size = TITLE if len(data) == 1 else BODY
            under = y + (high - canvas.sizes[size].height) // 2
            self.add(label(canvas, words, x + 2, under, wide - 4, size, WHITE, colour))
        elif words and fits:
            self.add(Icon(picture, x + wide // 2, y + high // 2 - 10, WHITE, colour))
            self.add(label(canvas, words, x + 2, y + high // 2 + 8, wide - 4, BODY, WHITE, colour))
        else:
            self.add(Icon(picture, x + wide // 2, y + high // 2, WHITE, colour))


def _root(value):
    """The whole root of a number."""
    root = 0
    while (root + 1) * (root + 1) <= value:
        root += 1
    return root
