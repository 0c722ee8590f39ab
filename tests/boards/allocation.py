"""Runs on MicroPython (test_machine.py): with the heap locked, displays are drawn to, and touch and keys are read."""

import micropython

from firmware.drivers import axp202, axp2101, cst816, ft6x36, gc9a01, st7789


class Quiet:
    """SPI, I2C and pins that take everything and allocate nothing."""

    def __init__(self):
        self.sent = 0

    def write(self, data):
        self.sent += len(data)

    def __call__(self, level):
        pass

    def writeto_mem(self, address, register, data):
        pass

    def readfrom_mem_into(self, address, register, into):
        for at in range(len(into)):
            into[at] = 0x5A


def wait(milliseconds):
    pass


FACTS = {"width": 240, "height": 280, "round": False, "x": 0, "y": 20, "madctl": 0, "invert": True}
bus = Quiet()
panels = [module.Display(bus, bus, bus, bus, FACTS, wait) for module in (st7789, gc9a01)]
touches: list = [cst816.Touch(bus, 0x15, None, wait), ft6x36.Touch(bus, 0x38, None, wait)]
powers: list = [axp202.Power(bus, 0x35), axp2101.Power(bus, 0x34)]
buffer = memoryview(bytearray(240 * 40 * 2))
before = bus.sent
micropython.heap_lock()
for panel in panels:
    for y in range(0, 240, 40):
        panel.blit(0, y, 240, 40, buffer)
for touch in touches:
    touch.read()
for power in powers:
    power.clear()
    power.hold_to_off(True)
    power.charging()
    power.percent()
micropython.heap_unlock()
print(bus.sent - before)
