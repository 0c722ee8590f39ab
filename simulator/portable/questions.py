"""How a program inside the MicroPython process is asked (simulator/micropython.py)."""

import json
import sys


def questions():
    """Each request: a line with its length in bytes, then so many bytes of JSON. By the length, because the unix port
    reads a line byte by byte, each with a system call of its own."""
    stream = sys.stdin.buffer
    while True:
        size = stream.readline()
        if not size:
            return
        yield json.loads(stream.read(int(size)))
