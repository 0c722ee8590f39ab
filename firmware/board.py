"""The board: what a watch has of display, input, clock, power, sound and motion, built from its packed description.

`host_tools/boards.py` packs a description out of `boards/<name>/board.toml`, which has been checked there; here it is
trusted. Only the drivers that a board needs are loaded. The firmware asks of a board:

    name, telephony       "none", "phone" or "modem"
    display               width, height, round, blit(x, y, w, h, buffer) with RGB565, high byte first
    light(on)             the display shows and its light is on, or neither
    poll(taker)           hand over what hands have done since the last time: taker.touch(x, y, down),
                          taker.button(name, down, when), taker.wrist(); `when` in milliseconds of `ticks`
    rtc(), set_rtc(t)     seconds since 2020 from a battery-backed clock, or None where nothing vouches for them
    charging(), percent() a charger is connected; the battery, or -1 where the board cannot tell
    hold_to_off(enabled)  whether the power key may cut the power by itself, after ten seconds
    signal(pattern)       sound and vibrate: pairs of hertz (0: nothing, VIBRATE: no sound) and milliseconds; None: stop
    step(now)             go on with that; milliseconds until the next need, or -1
    rest(milliseconds)    do nothing for so long, or until a button; deeply while the display is dark
"""

from machine import I2C, PWM, SPI, Pin
from micropython import const

VIBRATE = 1
_TICKS = const(0x3FFFFFFF)
_LIT_MS = const(20)  # how often a finger is looked at
_BRIGHT = const(65535)
_CARRIER_HZ = const(20000)  # of the backlight's PWM: not to be heard, nor to be seen


class Hardware:
    """facts: the description; wait(ms); ticks(): milliseconds, wrapping at 2**30; light_sleep(ms)."""

    def __init__(self, facts, wait, ticks, light_sleep):
        self.name, self.telephony = facts["name"], facts["telephony"]
        self.psram = facts["psram"]
        self._wait, self._ticks, self._light_sleep = wait, ticks, light_sleep
        self.radio = False  # whether Wi-Fi is on
        self._i2c = {}
        self._power = self._clock = self._motion = self._motor = self._buzzer = self._battery = self._touch = None
        self._pattern = None
        self._at = self._until = 0
        self._finger = self._touched = False
        self._lit = False
        power = facts["power"]
        if "hold" in power:
            Pin(power["hold"], Pin.OUT, value=1)  # before anything else, or the power goes
        self._vbus = Pin(power["vbus"], Pin.IN) if "vbus" in power else None
        for name, bus in facts["buses"].items():
            if name[0] == "i":
                self._i2c[name] = I2C(int(name[3]), scl=Pin(bus["scl"]), sda=Pin(bus["sda"]), freq=bus["hz"])
        self._rails = power.get("rails", {})
        self._interrupt = None
        if power["driver"] != "none":
            self._interrupt = Pin(power["interrupt"], Pin.IN)
            self._power = _power(power["driver"])(self._i2c[power["bus"]], power["address"])
            for rail in self._rails.values():
                self._power.rail(rail, True)
            wait(5)
        self.display = self._display(facts["display"], facts["buses"])
        self._parts(facts)
        self._buttons = [self._button(row) for row in facts["buttons"]]
        self.one_button = "next" in facts["gestures"]  # "b" and "c" must be made out of "a"
        self._deep = "wake" in facts
        if self._deep:
            Pin(facts["wake"]).irq(trigger=Pin.WAKE_LOW, wake=2)  # machine.SLEEP

    # --- building

    def _display(self, facts, buses):
        bus = buses[facts["bus"]]
        miso = Pin(bus["miso"]) if "miso" in bus else None
        spi = SPI(int(facts["bus"][3]), bus["hz"], sck=Pin(bus["sck"]), mosi=Pin(bus["mosi"]), miso=miso)
        self._backlight = PWM(Pin(facts["backlight"]), freq=_CARRIER_HZ, duty_u16=0)
        reset = Pin(facts["reset"], Pin.OUT, value=1) if "reset" in facts else None
        cs, dc = Pin(facts["cs"], Pin.OUT, value=1), Pin(facts["dc"], Pin.OUT, value=1)
        self._turned = facts["madctl"] & 0xC0 == 0xC0
        return _panel(facts["driver"])(spi, cs, dc, reset, facts, self._wait)

    def _parts(self, facts):
        if "touch" in facts:
            part = facts["touch"]
            reset = Pin(part["reset"], Pin.OUT, value=1) if "reset" in part else None
            self._touch_line = Pin(part["interrupt"], Pin.IN)
            self._touch = _touch(part["driver"])(self._i2c[part["bus"]], part["address"], reset, self._wait)
            self._touch_line.irq(self._touch_interrupt, Pin.IRQ_FALLING)
        if "rtc" in facts and facts["rtc"]["battery_backed"]:
            part = facts["rtc"]
            self._clock = _clock(part["driver"])(self._i2c[part["bus"]], part["address"])
        if "motion" in facts:
            part = facts["motion"]
            self._motion = _motion(part["driver"])(self._i2c[part["bus"]], part["address"], self._wait)
            self._motion.on()
            self._motion.enable_wrist(True)
        if "haptics" in facts:
            self._motor = self._haptics(facts["haptics"])
        if "buzzer" in facts:
            from firmware.drivers.buzzer import Buzzer

            self._buzzer = Buzzer(PWM(Pin(facts["buzzer"]["pin"]), freq=1000, duty_u16=0))
        if "battery" in facts:
            from firmware.drivers.battery import Battery

            self._battery = Battery(facts["battery"]["adc"], facts["battery"]["ratio"])

    def _haptics(self, part):
        if part["driver"] == "motor":
            from firmware.drivers.motor import Motor

            return Motor(Pin(part["pin"], Pin.OUT, value=0))
        from firmware.drivers import drv2605

        return drv2605.Motor(self._i2c[part["bus"]], part["address"])

    def _button(self, row):
        from firmware.drivers.buttons import Button, PowerKey

        if row["source"] == "power":
            return PowerKey(row["name"], self._interrupt, self._power, self._ticks)
        pin = Pin(row["pin"], Pin.IN, Pin.PULL_UP) if row["pull"] else Pin(row["pin"], Pin.IN)
        return Button(row["name"], pin, self._ticks)

    def _touch_interrupt(self, pin):
        self._touched = True

    # --- display

    def light(self, on):
        """The light goes on behind a picture that is there, and off before it goes."""
        if on == self._lit:
            return
        self._lit = on
        if on:
            self.display.on()
            self._rail("backlight", True)
        self._backlight.duty_u16(_BRIGHT if on else 0)
        if not on:
            self._rail("backlight", False)
            self.display.off()

    def _rail(self, consumer, on):
        if consumer in self._rails:
            self._power.rail(self._rails[consumer], on)

    # --- hands

    def poll(self, taker):
        """Buttons first: one of them is the child's call for help."""
        for button in self._buttons:
            while button.changed():
                taker.button(button.name, button.down, button.when)
        touch = self._touch
        if touch and (self._touched or self._finger or not self._lit):  # no interrupt comes in light sleep
            self._touched = False
            down = touch.read()
            x, y = touch.x, touch.y
            if self._turned:
                x, y = self.display.width - 1 - x, self.display.height - 1 - y
            if down != self._finger:
                self._finger = down
                taker.touch(x, y, down)
        if self._motion and not self._lit and self._motion.wrist_raised():
            taker.wrist()

    # --- time and power

    def rtc(self):
        return self._clock.read() if self._clock else None

    def set_rtc(self, seconds):
        if self._clock:
            self._clock.set(seconds)

    def charging(self):
        if self._power:
            return self._power.charging()
        return bool(self._vbus and self._vbus())

    def percent(self):
        part = self._battery or self._power
        return part.percent() if part else -1

    def hold_to_off(self, enabled):
        if self._power:
            self._power.hold_to_off(enabled)

    # --- sound and vibration

    def signal(self, pattern):
        self._pattern = pattern
        self._at = 0
        self._until = self._ticks()
        if pattern is None:
            self._sound(0)

    def _sound(self, hertz):
        if self._buzzer:
            self._buzzer.tone(hertz if hertz != VIBRATE else 0)
        if self._motor:
            self._motor.turn(hertz > 0)

    def step(self, now):
        pattern = self._pattern
        if pattern is None:
            return -1
        left = (self._until - now) & _TICKS
        if 0 < left < 0x20000000:
            return left
        if self._at == len(pattern):
            self.signal(None)
            return -1
        self._sound(pattern[self._at])
        self._until = (now + pattern[self._at + 1]) & _TICKS
        self._at += 2
        return pattern[self._at - 1]

    def rest(self, milliseconds):
        if self._lit or self._finger or self._pattern:
            while milliseconds > 0 and not self.stirred:
                self._wait(min(milliseconds, _LIT_MS))
                milliseconds = 0 if self._finger else milliseconds - _LIT_MS
        elif self._deep and not self.radio and not self.charging():  # light sleep hears no cable and loses Wi-Fi
            self._light_sleep(milliseconds)
        else:
            self._wait(milliseconds)

    @property
    def stirred(self):
        """Whether an interrupt says that `poll` may have something to hand over."""
        if self._touch and self._touched:
            return True
        for button in self._buttons:
            if button.stirred:
                return True
        return False


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
