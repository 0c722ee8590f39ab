"""Models of the chips on the boards, at their pins and registers. They run on CPython and on MicroPython."""
