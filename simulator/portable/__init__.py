"""Parts of the simulator that run on CPython and inside the MicroPython process."""
