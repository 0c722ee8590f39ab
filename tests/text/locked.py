"""Runs on MicroPython, with room for the tables: reads the texts of {"texts": [...]} twice, then with the heap locked.

Prints {"readings": [[classes, severity, guessed, hurt, bully, stranger, doxx], ...]}; MemoryError if it allocates.
"""

import json
import sys
from array import array

import micropython

from firmware.text import classifier
from firmware.text.reading import read


def main():
    texts = json.loads(sys.stdin.buffer.read(int(sys.stdin.buffer.readline())))["texts"]
    for text in texts:  # loads all code, and each kind of reading is made once
        read(text)
    numbers = array("i", [0] * (7 * len(texts)))
    at = 0
    micropython.heap_lock()
    try:
        for text in texts:
            found = read(text)
            numbers[at] = found.classes
            numbers[at + 1] = found.severity
            numbers[at + 2] = found.guessed
            for i in range(4):
                numbers[at + 3 + i] = classifier.sums[i]
            at += 7
    finally:
        micropython.heap_unlock()
    print(json.dumps({"readings": [list(numbers[i : i + 7]) for i in range(0, len(numbers), 7)]}))


if __name__ == "__main__":
    main()
