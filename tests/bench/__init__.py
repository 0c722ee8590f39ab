"""Measurements: time, memory and flash per request (`make bench`), and the full state that tests of the heap use."""
