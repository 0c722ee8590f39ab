"""Runs on MicroPython (tests/bench/display.py): how long the processor needs for a frame, and for letters.

Prints one JSON object; times are microseconds."""

import json
import sys
import time

import framebuf

from firmware.ui.canvas import NIGHT, WHITE
from firmware.ui.font import BODY
from simulator.portable.rig import Rig

_LETTERS = "See you tomorrow at 8?"


class Quiet:
    """A display that takes what it is sent and keeps nothing."""

    width, height, round = 240, 240, False

    def blit(self, x, y, w, h, buffer):
        pass


def best(act, times):
    """Of one call: the shortest of some runs of ten."""
    shortest = 1 << 60
    for _ in range(times):
        begun = time.time_ns()
        for _ in range(10):
            act()
        shortest = min(shortest, time.time_ns() - begun)
    return shortest / 10000


def main(root):
    rig = Rig()
    rig.do({"op": "new", "root": root, "wall": 217237320, "display": [240, 240, False], "battery": 80})
    shell = rig._lit()
    canvas = shell.canvas
    canvas._display = Quiet()
    found = {}
    for name in ("dial", "help"):
        shell.show(name)
        shell.step(0)
        items = shell._page.items
        found["frame_" + name] = best(lambda: canvas.show(items, 0, 0, 240, 240), 20)
    canvas.prepare(240, 40)
    canvas._frame, _, _, _ = canvas._zones[240 << 10 | 40]
    canvas._x, canvas._y, canvas._w, canvas._h = 0, 0, 240, 40
    text = _LETTERS.encode()
    canvas.text(BODY, text, 0, len(text), 0, 4, WHITE, NIGHT)
    found["text"] = best(lambda: canvas.text(BODY, text, 0, len(text), 0, 4, WHITE, NIGHT), 50)
    frame = framebuf.FrameBuffer(bytearray(240 * 40 * 2), 240, 40, framebuf.RGB565)
    found["framebuf"] = best(lambda: frame.text(_LETTERS, 0, 4, 0xFFFF), 50)
    found["letters"] = len(_LETTERS)
    print(json.dumps(found))


main(sys.argv[1])
