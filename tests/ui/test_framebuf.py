"""The shim of `framebuf` draws what the real MicroPython draws, byte for byte."""

import hashlib
import random
from pathlib import Path

import framebuf

from simulator import micropython

_SCRIPT = """
import framebuf, hashlib, sys
def run(ops, digest):
    memory = bytearray(2 * 41 * 37)
    canvas = framebuf.FrameBuffer(memory, 41, 37, framebuf.RGB565)
    cell = bytearray(6 * 24)
    source = framebuf.FrameBuffer(cell, 22, 24, framebuf.GS2_HMSB)
    levels = framebuf.FrameBuffer(bytearray(8), 4, 1, framebuf.RGB565)
    seen = []
    for op in ops:
        name, args = op[0], op[1:]
        if name == "cell":
            source.pixel(*args)
        elif name == "cell_rect":
            source.fill_rect(*args)
        elif name == "level":
            levels.pixel(args[0], 0, args[1])
        elif name == "blit":
            canvas.blit(source, args[0], args[1], args[2], levels)
        elif name == "get":
            seen.append(canvas.pixel(*args))
        else:
            getattr(canvas, name)(*args)
    digest.update(memory)
    digest.update(cell)
    digest.update(repr(seen).encode())
"""


def _ops(seed: int) -> list[list]:
    """Random drawing, half of it across the edges."""
    dice = random.Random(seed)

    def place() -> int:
        return dice.randint(-30, 60)

    def size() -> int:
        return dice.randint(-3, 45)

    def colour() -> int:
        return dice.randint(0, 0xFFFF)

    ops: list[list] = [["level", i, colour()] for i in range(4)]
    for _ in range(60):
        ops.append(
            dice.choice(
                [
                    lambda: ["fill_rect", place(), place(), size(), size(), colour()],
                    lambda: ["rect", place(), place(), abs(size()), abs(size()), colour(), dice.random() < 0.5],
                    lambda: ["hline", place(), place(), size(), colour()],
                    lambda: ["vline", place(), place(), size(), colour()],
                    lambda: ["pixel", place(), place(), colour()],
                    lambda: ["get", place(), place()],
                    lambda: ["cell", place(), place(), dice.randint(0, 3)],
                    lambda: ["cell_rect", place(), place(), size(), size(), dice.randint(0, 3)],
                    lambda: ["blit", place(), place(), dice.choice([-1, colour()])],
                    lambda: ["level", dice.randint(0, 3), colour()],
                ]
            )()
        )
    return ops


def test_random_drawing_is_equal(micropython_binary: str, tmp_path: Path) -> None:
    rounds = [_ops(seed) for seed in range(150)]
    names: dict = {"framebuf": framebuf, "hashlib": hashlib}
    exec(_SCRIPT.replace("import framebuf, hashlib, sys", ""), names)
    digests = []
    for ops in rounds:
        digest = hashlib.sha256()
        names["run"](ops, digest)
        digests.append(digest.hexdigest())
    script = tmp_path / "draw.py"
    script.write_text(
        _SCRIPT
        + "for ops in %r:\n    digest = hashlib.sha256()\n    run(ops, digest)\n    print(digest.digest().hex())\n"
        % rounds
    )
    done = micropython.run(script, path=None)
    assert done.returncode == 0, done.stdout
    assert done.stdout.split() == digests
    assert len(set(digests)) == len(rounds)
