"""Lays a screen out for its display: content in the middle, what can be done in a bar of large targets below.

Nine millimetres are about 78 pixels on the displays that can be touched (8.7 pixels a millimetre), so the bar is 78
high and has at most three targets. A display narrower than 200 has buttons instead: flat targets, one in focus.
"""

from micropython import const

from firmware.texts import text
from firmware.ui.canvas import CARD, NIGHT, SOFT, SUN, WHITE
from firmware.ui.font import BODY, TITLE
from firmware.ui.widgets import Box, Icon, Words, label, wrap

FINGER = const(78)
_FLAT = const(44)
_MARGIN = const(10)


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
        self.top = 30 if canvas.round else 4
        self.bottom = canvas.height - self.bar_high - 4

    # --- where there is room

    def span(self, y, high):
        """(x, width) that can be seen of the rows y ... y + high: all but a margin, or the chord of a round display."""
        if not self.canvas.round:
            return _MARGIN, self.canvas.width - 2 * _MARGIN
        radius = self.canvas.width // 2
        off = max(abs(y - radius), abs(y + high - radius))
        half = _root(max(radius * radius - off * off, 0)) - 6
        half = max(half, 24)
        return radius - half, 2 * half

    def text(self, id_):
        return text("ui." + id_ if "." not in id_ else id_, self.language)

    # --- parts

    def add(self, item):
        self.items.append(item)
        return item

    def icon(self, name, y, colour, big=True):
        """A picture in the middle, its upper edge at y. Returns where the next part begins."""
        high = 64 if big else 32
        self.add(Icon(name, self.canvas.width // 2, y + high // 2, colour, NIGHT, big))
        return y + high + 2

    def title(self, words, y, colour=WHITE):
        """One large line in the middle."""
        x, width = self.span(y, 34)
        self.add(label(self.canvas, words, x, y, width, TITLE, colour))
        return y + 38

    def heading(self, picture, words, y, colour):
        """A picture over a large line; beside it where the display is low."""
        canvas = self.canvas
        if canvas.round or canvas.height >= 280 or not self.touch:
            return self.title(words, self.icon(picture, y, colour, not canvas.round))
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

    def paragraph(self, words, y, colour=WHITE):
        """A text in lines from y on: the part of it that belongs to this page."""
        canvas = self.canvas
        data, high = words.encode(), canvas.sizes[BODY].height
        room = max((self.bottom - y) // high, 1)

        def whole(line):
            return self.span(y + line * high, high)[1]

        aside = 64 if self.touch else 0

        def marked(line):  # the last line leaves room for the arrow
            return whole(line) - (aside if line == room - 1 else 0)

        lines, at = wrap(canvas, BODY, data, 0, whole, room)
        pages = at < len(data)
        if pages:
            if not aside and room > 1:
                room -= 1  # the arrow has a line of its own
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
            y += room * high - (high if aside else 0)
            x, width = self.span(y, high)
            x += width - 16 if aside else width // 2
            if not aside:
                box = self.add(Box(x - 44, y - 5, 88, 34, CARD))
            self.add(Icon("down" if self.more else "up", x, y + high // 2, SUN, CARD if box else NIGHT))
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
            words = words if w > 88 else ""
            self.add(Icon(picture, middle, top + (26 if words or w == 76 else 34), WHITE, colour))
            if words:
                left = max(x, 120 - 74) + 4
                right = min(x + w, 120 + 74) - 4
                self.add(label(canvas, words, left, top + 44, right - left, BODY, WHITE, colour))
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
        room for; below it `acts` as in `bar`, and the way to the next page where there is one."""
        canvas = self.canvas
        space = self.bottom - self.top + 2
        high = FINGER if self.touch else 62
        count = max(space // high, 1)
        high = min(space // count, 96)
        first = self.number * count
        y = self.top
        for name, picture, colour, words, smaller in entries[first : first + count]:
            x, width = self.span(y + 4, high - 10)
            box = self.add(Box(x - 6, y, width + 12, high - 4, CARD, NIGHT))
            self.add(Icon(picture, x + 20, y + high // 2 - 2, colour, CARD))
            left, room = x + 44, width - 46
            middle = y + high // 2 - 2
            self.add(label(canvas, words, left, middle - (28 if smaller else 17), room, TITLE, WHITE, CARD, False))
            if smaller:
                self.add(label(canvas, smaller, left, middle + 5, room, BODY, SOFT, CARD, False))
            self.target(name, 0 if self.touch else x - 6, y, canvas.width if self.touch else width + 12, high, box)
            y += high
        self.more = first + count < len(entries)
        if len(entries) > count:
            acts = list(acts) + [("more", "down" if self.more else "up", CARD, "")]
        self.bar(*acts)


def _root(value):
    """The whole root of a number."""
    root = 0
    while (root + 1) * (root + 1) <= value:
        root += 1
    return root
