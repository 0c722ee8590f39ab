"""Runs on both runtimes (test_machine.py): what `machine.Signal` makes of a pin. One answer a line."""

import sys

if sys.implementation.name == "micropython":
    import machine

    Base: type = machine.PinBase
else:
    from simulator import machine

    Base = object


class Pin(Base):
    """A pin that remembers."""

    def __init__(self, level):
        self.level = level

    def value(self, level=None):
        if level is None:
            return self.level
        self.level = level
        return None


for invert in (False, True, 0, 1):
    for level in (0, 1):
        pin = Pin(level)
        signal = machine.Signal(pin, invert=invert)
        print(invert, level, signal.value(), signal())
        signal.on()
        print(int(pin.level), signal.value())
        signal.off()
        print(int(pin.level), signal.value())
        for value in (0, 1, True, False, 7):
            signal.value(value)
            print(value, int(pin.level))
            signal(value)
            print(value, int(pin.level))
for wrong in ("value", "on"):
    try:
        getattr(machine.Signal(Pin(0)), wrong)(1, 2, 3)
    except TypeError:
        print(wrong, "takes no three")
