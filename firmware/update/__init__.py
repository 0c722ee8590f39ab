"""How new firmware comes onto a watch: signed packages, two slots, and what stands outside both of them.

This package, with what it needs of the rest, is also the *base*: the part of the flash that no update touches. At boot
it checks the slot in force and starts it, or stays, as the recovery, when there is none that may run.
"""
