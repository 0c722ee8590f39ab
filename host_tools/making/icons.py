"""The watch's icons and the corners of its boxes, drawn with circles, lines and polygons on a grid of 32.

Only `host_tools/making/font.py` uses this. An icon is a list of shapes; a colour of 0 cuts out.
"""

from collections.abc import Callable
from typing import Any

NAMES = (
    *("back", "up", "down", "yes", "no", "block", "shield", "phone", "hangup", "message", "warning", "heart", "help"),
    *("lock", "moon", "school", "bolt", "clock", "pin", "erase", "person", "guardian", "sos", "wait", "undo", "eye"),
    *("signal", "empty", "folded", "bell", "next", "home", "menu", "coin", "robot", "book", "info", "pen", "send"),
    *("space",),
)
FIRST = 0xE000  # code point of the first icon; the four corners come behind the icons


def _rounded(pen: Any, box: tuple[float, ...], radius: float, fill: int, s: float) -> None:
    pen.rounded_rectangle([v * s for v in box], radius * s, fill=fill)


def paint(pen: Any, name: str, s: float) -> None:
    """Draw one icon onto a Pillow pen of 32 * s pixels a side, in 255 on 0."""

    def line(*points: float, width: float = 3.4, fill: int = 255) -> None:
        xy = [p * s for p in points]
        pen.line(xy, fill=fill, width=round(width * s), joint="curve")
        for at in range(0, len(xy), 2):
            r = width * s / 2
            pen.ellipse([xy[at] - r, xy[at + 1] - r, xy[at] + r, xy[at + 1] + r], fill=fill)

    def disc(x: float, y: float, r: float, fill: int = 255) -> None:
        pen.ellipse([(x - r) * s, (y - r) * s, (x + r) * s, (y + r) * s], fill=fill)

    def poly(*points: float, fill: int = 255) -> None:
        pen.polygon([p * s for p in points], fill=fill)

    def box(x0: float, y0: float, x1: float, y1: float, r: float = 2, fill: int = 255) -> None:
        _rounded(pen, (x0, y0, x1, y1), r, fill, s)

    def arc(x0: float, y0: float, x1: float, y1: float, a: float, b: float, width: float = 3.4) -> None:
        pen.arc([x0 * s, y0 * s, x1 * s, y1 * s], a, b, fill=255, width=round(width * s))

    def handset() -> None:
        arc(-9, -7, 25, 27, 5, 85, 5)
        disc(24, 9.5, 4)
        disc(21.5, 7, 3.4)
        disc(9.5, 24, 4)
        disc(7, 21.5, 3.4)
        arc(5 - 14, 5 - 14, 5 + 20, 5 + 20, 8, 82, 5)

    def figure(x: float, y: float, k: float) -> None:
        disc(x, y, 4.6 * k)
        pen.pieslice([(x - 8.5 * k) * s, (y + 6 * k) * s, (x + 8.5 * k) * s, (y + 25 * k) * s], 180, 360, fill=255)

    def shield(fill: int = 255, k: float = 1.0) -> None:
        points: list[float] = []
        for x, y in ((16, 3), (27, 7), (27, 15), (25, 21), (21, 26), (16, 29), (11, 26), (7, 21), (5, 15), (5, 7)):
            points += [16 + (x - 16) * k, 16 + (y - 16) * k]
        poly(*points, fill=fill)

    shapes: dict[str, Callable[[], Any]] = {
        "back": lambda: line(20, 6, 10, 16, 20, 26, width=4),
        "next": lambda: line(12, 6, 22, 16, 12, 26, width=4),
        "up": lambda: line(6, 20, 16, 10, 26, 20, width=4),
        "down": lambda: line(6, 12, 16, 22, 26, 12, width=4),
        "yes": lambda: line(6, 17, 13, 24, 26, 9, width=4.4),
        "no": lambda: (line(8, 8, 24, 24, width=4.4), line(24, 8, 8, 24, width=4.4)),
        "block": lambda: (
            poly(10.5, 2, 21.5, 2, 30, 10.5, 30, 21.5, 21.5, 30, 10.5, 30, 2, 21.5, 2, 10.5),
            [line(x, y, x, 18, width=2.9, fill=0) for x, y in ((11.2, 11), (14.6, 8.6), (18, 8.8), (21.4, 11.2))],
            pen.polygon([v * s for v in (9.8, 17, 22.8, 17, 22.8, 21, 20, 25, 13.6, 25, 7.2, 18.6)], fill=0),
            line(8.3, 18.4, 13, 22.6, width=3, fill=0),
        ),
        "shield": lambda: (shield(), line(10.5, 16, 14.5, 20, 21.5, 12, width=3.2, fill=0)),
        "phone": handset,
        "hangup": lambda: (arc(2, 11, 30, 39, 205, 335, 5.4), box(1.6, 16, 9.4, 23, 2.4), box(22.6, 16, 30.4, 23, 2.4)),
        "message": lambda: (
            box(3, 5, 29, 23, 6),
            poly(8, 21, 18, 21, 8, 29),
            disc(10.5, 14, 1.9, 0),
            disc(16, 14, 1.9, 0),
            disc(21.5, 14, 1.9, 0),
        ),
        "warning": lambda: (
            line(16, 6, 28, 26, 4, 26, 16, 6, width=4),
            poly(16, 6, 28, 26, 4, 26),
            line(16, 12.5, 16, 18.5, width=3, fill=0),
            disc(16, 23, 1.9, 0),
        ),
        "heart": lambda: (disc(10.3, 11.5, 6.6), disc(21.7, 11.5, 6.6), poly(4.6, 15, 16, 28.5, 27.4, 15, 16, 9)),
        "help": lambda: (
            disc(16, 16, 13.5),
            disc(16, 16, 5.4, 0),
            [
                line(16 + 6.5 * a, 16 + 6.5 * b, 16 + 11.8 * a, 16 + 11.8 * b, width=2.6, fill=0)
                for a, b in ((0.7, 0.7), (-0.7, 0.7), (0.7, -0.7), (-0.7, -0.7))
            ],
        ),
        "lock": lambda: (
            arc(9, 3, 23, 19, 180, 360, 3.4),
            line(10.6, 11, 10.6, 15),
            line(21.4, 11, 21.4, 15),
            box(5.5, 14, 26.5, 29, 4),
            disc(16, 20, 2.4, 0),
            line(16, 21, 16, 24.5, width=2.2, fill=0),
        ),
        "moon": lambda: (disc(15, 17, 12.5), disc(20.5, 12, 11, 0)),
        "school": lambda: (
            poly(16, 5, 31, 12, 16, 19, 1, 12),
            poly(7, 16.5, 16, 21, 25, 16.5, 25, 23, 16, 27, 7, 23),
            line(28.5, 13, 28.5, 22, width=2.2),
        ),
        "bolt": lambda: poly(18.5, 2, 6, 18.5, 14.5, 18.5, 12.5, 30, 26, 12.5, 17, 12.5),
        "clock": lambda: (disc(16, 16, 13.5), line(16, 9, 16, 16, 21.5, 19, width=3, fill=0)),
        "wait": lambda: (
            box(6, 2.5, 26, 6.5, 2),
            box(6, 25.5, 26, 29.5, 2),
            poly(8, 6, 24, 6, 16.8, 16, 15.2, 16),
            poly(15.2, 16, 16.8, 16, 24, 26, 8, 26),
        ),
        "pin": lambda: (disc(16, 12, 9.5), poly(7.6, 16.5, 24.4, 16.5, 16, 30), disc(16, 12, 3.8, 0)),
        "erase": lambda: (
            poly(11, 6, 29, 6, 29, 26, 11, 26, 2.5, 16),
            line(15, 12, 23, 20, width=2.8, fill=0),
            line(23, 12, 15, 20, width=2.8, fill=0),
        ),
        "person": lambda: figure(16, 10, 1.2),
        "guardian": lambda: (figure(11.5, 9, 1.05), figure(24, 15.5, 0.7)),
        "sos": lambda: (
            disc(16, 16, 14),
            disc(16, 16, 11.6, 0),
            disc(16, 16, 9.6),
            disc(16, 16, 6.8, 0),
            disc(16, 16, 4.6),
        ),
        "undo": lambda: (arc(7, 8, 27, 28, 200, 480, 3.6), poly(3, 8, 15, 8.6, 6.6, 18.6)),
        "eye": lambda: (
            poly(
                *[v for x in range(1, 32) for v in (x, 16 - 10 * (1 - ((x - 16) / 15) ** 2))],
                *[v for x in range(31, 0, -1) for v in (x, 16 + 10 * (1 - ((x - 16) / 15) ** 2))],
            ),
            disc(16, 16, 6.2, 0),
            disc(16, 16, 3.6),
        ),
        "signal": lambda: (disc(16, 24.5, 3), arc(8, 15, 24, 33, 225, 315, 3.4), arc(1.5, 8, 30.5, 40, 225, 315, 3.4)),
        "empty": lambda: (
            disc(16, 16, 13.5),
            disc(16, 16, 10.4, 0),
            line(10.5, 19, 13, 21.2, 19, 21.2, 21.5, 19, width=2.4),
            disc(11.5, 12.5, 1.9),
            disc(20.5, 12.5, 1.9),
        ),
        "folded": lambda: (box(3, 7, 29, 26, 4), line(5, 10, 16, 18.5, 27, 10, width=2.6, fill=0)),
        "bell": lambda: (disc(16, 12.5, 8.6), box(7.4, 12, 24.6, 22, 1), box(4, 20.5, 28, 24.4, 2), disc(16, 26.6, 3)),
        "menu": lambda: [disc(x, y, 3.2) for x in (6, 16, 26) for y in (6, 16, 26)],
        "coin": lambda: (
            disc(16, 16, 14),
            [line(x, 8, 16, 15.5, width=2.6, fill=0) for x in (10.5, 21.5)],
            line(16, 15.5, 16, 24.5, width=2.6, fill=0),
            [line(11, y, 21, y, width=2.2, fill=0) for y in (16.8, 20.6)],
        ),
        "robot": lambda: (
            line(16, 5, 16, 11, width=2.4),
            disc(16, 4.4, 2.6),
            box(4.5, 9.5, 27.5, 28, 6),
            [disc(x, 17, 2.6, 0) for x in (11, 21)],
            line(11.5, 23, 20.5, 23, width=2.4, fill=0),
            [box(x, 15, x + 2.4, 22, 1) for x in (1, 28.6)],
        ),
        "book": lambda: (
            poly(2, 7, 9, 5, 15.2, 8, 15.2, 28, 9, 25, 2, 27),
            poly(30, 7, 23, 5, 16.8, 8, 16.8, 28, 23, 25, 30, 27),
            [line(5.5, y + 0.8, 11.5, y + 1.6, width=1.9, fill=0) for y in (10.5, 15, 19.5)],
            [line(26.5, y + 0.8, 20.5, y + 1.6, width=1.9, fill=0) for y in (10.5, 15, 19.5)],
        ),
        "info": lambda: (disc(16, 16, 13.5), disc(16, 9.6, 2.3, 0), line(16, 15.5, 16, 23, width=3.6, fill=0)),
        "pen": lambda: (
            poly(21, 5, 27, 11, 12.5, 25.5, 6.5, 19.5),
            poly(22.5, 3.5, 24.5, 1.8, 30.2, 7.5, 28.5, 9.5),
            poly(5.4, 21, 11, 26.6, 3, 29),
        ),
        "send": lambda: (poly(2, 4, 31, 16, 2, 28, 7, 16), line(7, 16, 19, 16, width=2.4, fill=0)),
        "space": lambda: line(5, 16, 5, 23, 27, 23, 27, 16, width=3.4),
        "home": lambda: (poly(16, 3, 30, 16, 2, 16), box(6.5, 14, 25.5, 28.5, 2), box(13, 19, 19, 28.5, 1, 0)),
    }
    shapes[name]()
