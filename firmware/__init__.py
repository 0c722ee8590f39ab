"""Wardwatch firmware: everything in this folder goes onto the watch and runs unchanged on MicroPython and CPython."""
