"""The board: what a watch has of display, input, clock, power, sound and motion, built from its packed description.

`host_tools/boards.py` packs a description out of `boards/<name>/board.toml`, which has been checked there; here it is
trusted. `board_parts.py` loads only the drivers that a board needs. The firmware asks of a board:

    name, telephony       "none", "phone" or "modem"
    core                  it runs the core of the firmware alone
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

from machine import Pin
from micropython import const

from firmware.loading import forget

VIBRATE = 1
_TICKS = const(0x3FFFFFFF)
_LIT_MS = const(20)  # how often a finger is looked at
_BRIGHT = const(65535)


class Hardware:
    """facts: the description; wait(ms); ticks(): milliseconds, wrapping at 2**30; light_sleep(ms)."""

    def __init__(self, facts, wait, ticks, light_sleep):
        self.name, self.telephony = facts["name"], facts["telephony"]
        self.psram = facts["psram"]
        self.core = facts["parts"] == "core"
        self._wait, self._ticks, self._light_sleep = wait, ticks, light_sleep
        self.radio = False  # whether Wi-Fi is on
        self._pattern = None
        self._at = self._until = 0
        self._finger = self._touched = False
        self._lit = False
        self._deep = "wake" in facts
        self.one_button = "next" in facts["gestures"]  # "b" and "c" must be made out of "a"
        parts = _parts(facts, wait, ticks)
        self.display, self._backlight, self._turned = parts.display, parts.backlight, parts.turned
        self._power, self._rails, self._vbus, self._battery = parts.power, parts.rails, parts.vbus, parts.battery
        self._clock, self._motion, self._motor, self._buzzer = parts.clock, parts.motion, parts.motor, parts.buzzer
        self._buttons, self._touch = parts.buttons, parts.touch
        if self._touch:
            parts.touch_line.irq(self._touch_interrupt, Pin.IRQ_FALLING)

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


def _parts(facts, wait, ticks):
    """What the board is made of; the code that puts it together is not kept."""
    from firmware.board_parts import Parts

    forget("firmware.board_parts")
    return Parts(facts, wait, ticks)
