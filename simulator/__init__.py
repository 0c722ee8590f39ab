"""The watch on a desktop: shims, chip models and virtual time.

`import simulator` before anything of `firmware` makes the firmware importable on CPython: modules that only MicroPython
has (`micropython`, `cryptolib`) are put into `sys.modules`. On MicroPython itself there is nothing to install.
"""

import sys

EPOCH = 1577836800  # Unix time of the watch's second 0: 2020-01-01T00:00Z

if sys.implementation.name != "micropython":
    from simulator.shims import install

    install()
