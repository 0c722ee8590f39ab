"""What a screen is made of. An item has x, y, w, h and draw(canvas); `under` is the plain colour it lies on."""

from firmware.ui.canvas import NIGHT, WHITE
from firmware.ui.font import BIG_ICON, BODY, ICON, TITLE, code_at

_CLOSING = "，。？！：；、）》”’,.!?:;)".encode()
_FIRST_ICON = 0xE000
# The order of host_tools/making/icons.py.
ICONS = (
    "back up down yes no block shield phone hangup message warning heart help lock moon school bolt clock pin erase "
    "person guardian sos wait undo eye signal empty folded bell next home menu coin robot book info pen send space"
)


def icon(name):
    """The code point of an icon."""
    return _FIRST_ICON + ICONS.split().index(name)


class Box:
    """A rectangle with round corners, or plain ones. `marked`: with a thick frame, as it is pressed or in focus; no
    colour has to tell it."""

    def __init__(self, x, y, w, h, colour, under=NIGHT, plain=False):
        self.x, self.y, self.w, self.h = x, y, w, h
        self.colour = colour
        self._under = under
        self._plain = plain
        self.marked = False

    def draw(self, canvas):
        x, y = self.x, self.y
        w, h = self.w, self.h
        if self._plain:
            canvas.fill(x, y, w, h, WHITE if self.marked else self.colour)
            if self.marked:
                canvas.fill(x + 4, y + 4, w - 8, h - 8, self.colour)
        elif self.marked:
            canvas.box(x, y, w, h, WHITE, self._under)
            canvas.box(x + 3, y + 3, w - 6, h - 6, self.colour, WHITE)
        else:
            canvas.box(x, y, w, h, self.colour, self._under)


class Icon:
    """A picture of 32 or 64 pixels with its middle at x, y."""

    def __init__(self, name, x, y, colour=WHITE, under=NIGHT, big=False):
        self._size = BIG_ICON if big else ICON
        self.w = self.h = 64 if big else 32
        self.x, self.y = x - self.w // 2, y - self.h // 2
        self.colour, self.under = colour, under
        self._code = icon(name)

    def draw(self, canvas):
        canvas.glyph(self._size, self._code, self.x, self.y, self.colour, self.under)


class Words:
    """Lines of text that were laid out when the screen was built: (start, end, x) of each, one under the other."""

    def __init__(self, size, text, lines, box, colour, under, high):
        self.x, self.y, self.w, self.h = box
        self._size = size
        self.text = text
        self._lines = lines
        self.colour, self.under = colour, under
        self._high = high

    def draw(self, canvas):
        y = self.y
        for start, end, x in self._lines:
            canvas.text(self._size, self.text, start, end, x, y, self.colour, self.under)
            y += self._high

    def words(self):
        """What it says, for the tests and for the page of the simulator."""
        return self.text[self._lines[0][0] : self._lines[-1][1]].decode() if self._lines else ""


class Digits:
    """A few characters of fixed width that change while the screen is open: `set` says whether they did."""

    def __init__(self, size, count, x, y, w, h, colour, under, pitch):
        self.x, self.y, self.w, self.h = x, y, w, h
        self._size, self._pitch = size, pitch
        self._shown = bytearray(count)
        self.colour, self.under = colour, under

    def set(self, at, character):
        """Put a character in; True if it is another one than before."""
        if self._shown[at] == character:
            return False
        self._shown[at] = character
        return True

    def draw(self, canvas):
        x = self.x
        for code in self._shown:
            if code:
                canvas.glyph(self._size, code, x, self.y, self.colour, self.under)
            x += self._pitch

    def words(self):
        return bytes([code for code in self._shown if code]).decode()


def wrap(canvas, size, text, start, wide, most):
    """[(start, end)] of at most `most` lines of text from a byte on; wide(line) -> pixels of a line. And where it
    stopped. Latin breaks at spaces, Chinese anywhere but before a closing mark."""
    lines: list = []
    at, length = start, len(text)
    letters = canvas.sizes[size]
    while at < length and len(lines) < most:
        room, begin, end, used = wide(len(lines)), at, at, 0
        stop = -1  # where the line may end, behind a space or a Chinese character
        while end < length:
            code = code_at(text, end)
            if text[end] == 10:
                stop = end
                break
            used += letters.advance(code >> 3)
            if used > room and not (stop == end and code >> 3 == 32):
                break
            end += code & 7
            if code >> 3 == 32 or (code >> 3 > 0x2E7F and not _closes(text, end)):
                stop = end
        if end < length and text[end : end + 1] != b"\n":
            end = stop if stop > begin else end
            at = max(end, begin + 1)
        else:
            at = end + 1
        lines.append((begin, _trimmed(text, begin, end)))
    return lines, min(at, length)


def _closes(text, at):
    if at >= len(text):
        return False
    code = code_at(text, at)
    return text[at : at + (code & 7)] in _CLOSING


def _trimmed(text, begin, end):
    while end > begin and text[end - 1] == 32:
        end -= 1
    return end


def label(canvas, text, x, y, w, size=BODY, colour=WHITE, under=NIGHT, middle=True):
    """One line, cut with "…" where it does not fit. A title that the large letters lack is set in the small ones."""
    text = text.encode() if isinstance(text, str) else text
    if size == TITLE and (not _covered(canvas, text) or canvas.measure(TITLE, text, 0, len(text)) > w):
        y += (canvas.sizes[TITLE].height - canvas.sizes[BODY].height) // 2
        size = BODY
    if canvas.measure(size, text, 0, len(text)) > w:
        end, used = 0, canvas.measure(size, "…".encode(), 0, 3)
        while used + canvas.measure(size, text, end, end + (code_at(text, end) & 7)) <= w:
            step = code_at(text, end) & 7
            used += canvas.measure(size, text, end, end + step)
            end += step
        text = text[: _trimmed(text, 0, end)] + "…".encode()
    wide = canvas.measure(size, text, 0, len(text))
    left = x + (w - wide) // 2 if middle else x
    high = canvas.sizes[size].height
    return Words(size, text, [(0, len(text), left)], (x, y, w, high), colour, under, high)


def _covered(canvas, text):
    at = 0
    while at < len(text):
        code = code_at(text, at)
        if not canvas.sizes[TITLE].has(code >> 3):
            return False
        at += code & 7
    return True
