# Hands over to the base (firmware/update), and never ends at the prompt by itself.
import micropython

micropython.kbd_intr(-1)  # each script opens Ctrl-C anew

import machine  # now: later the guard would refuse it, and there would be no restart

order = ""
try:
    from firmware.start import run

    order = run("/")
finally:
    if order == "bootloader":
        machine.bootloader()
    if order != "repl":  # which comes only once a guardian has ordered it, and that has erased every key
        machine.reset()
