# Runs first, after a soft reset from the raw REPL too, so it starts nothing: it only prepares what main.py needs.
import micropython

micropython.kbd_intr(-1)  # Ctrl-C on the cable must not stop the watch

import gc
import sys

gc.threshold(8192)  # small blocks are reused before the heap grows into one that nothing large fits into
sys.path[:] = [".frozen", "/base"]  # never the root of the flash: a file dropped there could stand in for a module
