"""Runs on MicroPython, with room for the tables: scores the texts of {"texts": [...]} with the heap locked.

Prints {"sums": [[hurt, bully, stranger, doxx], ...]}; a MemoryError if scoring allocates.
"""

import json
import sys
from array import array

import micropython

from firmware.text import classifier
from firmware.text.fold import fold


def main():
    texts = json.loads(sys.stdin.readline())["texts"]
    folded = [fold(text.encode())[0] for text in texts]
    classifier.score(b"a", 1)  # loads the model
    sums = array("i", [0] * (4 * len(folded)))
    micropython.heap_lock()
    try:
        for i in range(len(folded)):
            classifier.score(folded[i], len(folded[i]))
            for j in range(4):
                sums[4 * i + j] = classifier.sums[j]
    finally:
        micropython.heap_unlock()
    print(json.dumps({"sums": [list(sums[i : i + 4]) for i in range(0, len(sums), 4)]}))


if __name__ == "__main__":
    main()
