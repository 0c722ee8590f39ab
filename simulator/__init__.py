"""The watch on a desktop: shims, chip models and virtual time.

`import simulator` before anything of `firmware` makes the firmware importable on CPython: modules that only MicroPython
has (`micropython`, `cryptolib`) are put into `sys.modules`. On MicroPython itself there is nothing to install.
"""

import sys

if sys.implementation.name != "micropython":
    from simulator.shims import install

    install()
