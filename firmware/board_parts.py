"""Puts a board together from its packed description, at the start: pins, buses, drivers. See firmware/board.py."""

from machine import I2C, PWM, SPI, Pin
from micropython import const

_CARRIER_HZ = const(20000)  # of the backlight's PWM: not to be heard, nor to be seen


class Parts:
    """facts: the description; wait(ms); ticks(): milliseconds. A part that the board has not is None."""

    def __init__(self, facts, wait, ticks):
        self._wait, self._ticks = wait, ticks
        power = facts["power"]
        if "hold" in power:
            Pin(power["hold"], Pin.OUT, value=1)  # before anything else, or the power goes
        self.vbus = Pin(power["vbus"], Pin.IN) if "vbus" in power else None
        self._i2c = {}
        for name, bus in facts["buses"].items():
            if name[0] == "i":
                self._i2c[name] = I2C(int(name[3]), scl=Pin(bus["scl"]), sda=Pin(bus["sda"]), freq=bus["hz"])
        self.rails = power.get("rails", {})
        self.power = self._interrupt = None
        if power["driver"] != "none":
            self._interrupt = Pin(power["interrupt"], Pin.IN)
            self.power = _power(power["driver"])(self._i2c[power["bus"]], power["address"])
            for rail in self.rails.values():
                self.power.rail(rail, True)
            wait(5)
        self.display = self._display(facts["display"], facts["buses"])
        self._chips(facts)
        self.buttons = [self._button(row) for row in facts["buttons"]]
        if "wake" in facts:
            Pin(facts["wake"]).irq(trigger=Pin.WAKE_LOW, wake=2)  # machine.SLEEP

    def _display(self, facts, buses):
        bus = buses[facts["bus"]]
        miso = Pin(bus["miso"]) if "miso" in bus else None
        spi = SPI(int(facts["bus"][3]), bus["hz"], sck=Pin(bus["sck"]), mosi=Pin(bus["mosi"]), miso=miso)
        self.backlight = PWM(Pin(facts["backlight"]), freq=_CARRIER_HZ, duty_u16=0)
        reset = Pin(facts["reset"], Pin.OUT, value=1) if "reset" in facts else None
        cs, dc = Pin(facts["cs"], Pin.OUT, value=1), Pin(facts["dc"], Pin.OUT, value=1)
        self.turned = facts["madctl"] & 0xC0 == 0xC0
        return _panel(facts["driver"])(spi, cs, dc, reset, facts, self._wait)

    def _chips(self, facts):
        self.touch = self.clock = self.motion = self.motor = self.buzzer = self.battery = None
        if "touch" in facts:
            part = facts["touch"]
            reset = Pin(part["reset"], Pin.OUT, value=1) if "reset" in part else None
            self.touch_line = Pin(part["interrupt"], Pin.IN)
            self.touch = _touch(part["driver"])(self._i2c[part["bus"]], part["address"], reset, self._wait)
        if "rtc" in facts and facts["rtc"]["battery_backed"]:
            part = facts["rtc"]
            self.clock = _clock(part["driver"])(self._i2c[part["bus"]], part["address"])
        if "motion" in facts:
            part = facts["motion"]
            self.motion = _motion(part["driver"])(self._i2c[part["bus"]], part["address"], self._wait)
            self.motion.on()
            self.motion.enable_wrist(True)
        if "haptics" in facts:
            self.motor = self._haptics(facts["haptics"])
        if "buzzer" in facts:
            from firmware.drivers.buzzer import Buzzer

            self.buzzer = Buzzer(PWM(Pin(facts["buzzer"]["pin"]), freq=1000, duty_u16=0))
        if "battery" in facts:
            from firmware.drivers.battery import Battery

            self.battery = Battery(facts["battery"]["adc"], facts["battery"]["ratio"])

    def _haptics(self, part):
        if part["driver"] == "motor":
            from firmware.drivers.motor import Motor

            return Motor(Pin(part["pin"], Pin.OUT, value=0))
        from firmware.drivers import drv2605

        return drv2605.Motor(self._i2c[part["bus"]], part["address"])

    def _button(self, row):
        from firmware.drivers.buttons import Button, PowerKey

        if row["source"] == "power":
            return PowerKey(row["name"], self._interrupt, self.power, self._ticks)
        pin = Pin(row["pin"], Pin.IN, Pin.PULL_UP) if row["pull"] else Pin(row["pin"], Pin.IN)
        return Button(row["name"], pin, self._ticks)


# --- drivers by name; what a board does not have is not loaded


def _panel(name):
    if name == "gc9a01":
        from firmware.drivers import gc9a01 as module
    else:
        from firmware.drivers import st7789 as module  # type: ignore[no-redef]
    return module.Display


def _touch(name):
    if name == "cst816":
        from firmware.drivers import cst816 as module
    else:
        from firmware.drivers import ft6x36 as module  # type: ignore[no-redef]
    return module.Touch


def _power(name):
    if name == "axp202":
        from firmware.drivers import axp202 as module
    else:
        from firmware.drivers import axp2101 as module  # type: ignore[no-redef]
    return module.Power


def _clock(name):
    if name == "pcf8563":
        from firmware.drivers import pcf8563 as module
    else:
        from firmware.drivers import pcf85063 as module  # type: ignore[no-redef]
    return module.Clock


def _motion(name):
    if name == "bma423":
        from firmware.drivers import bma423 as module
    else:
        from firmware.drivers import qmi8658 as module  # type: ignore[no-redef]
    return module.Sensor
