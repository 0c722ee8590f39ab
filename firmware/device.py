"""The whole watch in the hand: services and screens on a board, from a finger to the picture, moved by `step`.

It decides when the display is on, what is heard and felt, and when the power key may cut the power. With the display
dark it wakes once a second, no more: then it looks at touch and wrist, and lets services do what is due. The one button
wakes it at once, or is counted from its first moment.
"""

from micropython import const

from firmware.board import VIBRATE
from firmware.drivers.buttons import OneButton
from firmware.ui.shell import Shell

_TICKS = const(0x3FFFFFFF)
_LIT_MS = const(15000)  # without a touch
_SOS_LIT_MS = const(120000)
_DARK_MS = const(1000)
_LINE_MS = const(500)  # how often the serial line is looked at while the display is lit
_TALK_MS = const(20)  # and while somebody talks there
_SWAP_MS = const(60000)  # how often battery and charger are looked at
_HELD_MS = const(30000)  # whoever holds the one button for so long means it, whatever the screen thinks
_RESERVE = const(5)  # percent of the battery that are kept for SOS and calls (I8)
_RESERVE_LIT_MS = const(5000)  # then a look is short, and no message lights the display
_STAYS = ("sos", "call")  # lit for longer
_UNDER_WAY = ("counting", "delivered")


class Device:
    """watch: started; hardware: firmware/board.py. It is the screen of services: `notice`."""

    def __init__(self, watch, hardware, language):
        self.watch = watch
        self.hardware = hardware
        self.shell = Shell(watch, hardware.display, language)
        self.shell.telephony = hardware.telephony != "none"
        self.shell.signals = self
        self.shell.lit = False
        self.lit = False
        self.wakes = 0  # steps with the display dark
        self.reserve = False  # what is left in the battery is for help alone
        self._decoder = OneButton(self.shell) if hardware.one_button else None
        self._now = self._used = self._looked = self._held = 0
        self._swallow = self._down = self._may_cut = False
        self._offset = watch.engine.clock.wall - watch.engine.clock.powered
        self._begun = False

    # --- from services

    def notice(self, kind, fields):
        """Something has happened: show it, and let it be heard and felt."""
        self.shell.notice(kind, fields)

    def play(self, vibration, tones):
        """A signal of firmware/ui/signals.py, which lights the display too."""
        pattern = []
        for hertz, milliseconds in tones:
            pattern += [hertz, milliseconds]
        if not tones:  # on and off by turns
            for at in range(len(vibration)):
                pattern += [0 if at & 1 else VIBRATE, vibration[at]]
        self.hardware.signal(pattern)
        if not self.reserve or self.shell.screen in _STAYS:
            self._wake()

    # --- from the board

    def touch(self, x, y, down):
        """A finger that wakes the display does nothing else."""
        if not self.lit:
            self._swallow = True
            self._look()
        self._used = self._now
        if not self._swallow:
            self.shell.touch(x, y, down)
        if not down:
            self._swallow = False

    def button(self, name, down, when):
        """A button, and since when."""
        dark = not self.lit
        self._look()
        if name == "a":
            self._down, self._held = down, when
            self._cut()
            if self._decoder:
                self._decoder.button(down, when)
            else:
                self.shell.button("a", down)
            if down:
                self.shell.step(when)  # the hold counts from there
        elif not dark:
            self.shell.button(name, down)

    def wrist(self):
        """The display was turned up."""
        self._look()

    # --- light

    def _look(self):
        """The child looks at the watch."""
        if not self.lit:
            self.watch.look()
        self._wake()

    def _wake(self):
        self._used = self._now
        if not self.lit:
            self.lit = self.shell.lit = True
            self._swap()
            self.shell.build(0)
            self.shell.step(self._now)
            self.hardware.light(True)

    def _sleep(self):
        self.lit = self.shell.lit = False
        self.hardware.light(False)
        self.shell.put_down()

    # --- time

    def step(self, now):
        """Act at `now` (ticks in milliseconds). Returns the milliseconds until the next need."""
        self._now = now
        if not self._begun:
            self._begun = True
            self._used = self._looked = now
            self._wake()
        self.hardware.poll(self)
        need = self.watch.step(now)
        self._keep_time()
        if self._down and (now - self._held) & _TICKS >= _HELD_MS:
            self._down = False
            if self.watch.sos.state not in _UNDER_WAY:
                self.watch.sos.press(self.watch.engine.clock.powered)
        self._cut()
        if (now - self._looked) & _TICKS >= _SWAP_MS:
            self._swap()
        if self.reserve and self.watch.foreground.item:
            self.watch.foreground.close("ui.reserve", 0)
        sound = self.hardware.step(now)
        if not self.lit:
            self.wakes += 1
            return min(sound if sound >= 0 else _DARK_MS, _TALK_MS if self.watch.talking else _DARK_MS)
        if self._decoder:
            gap = self._decoder.step(now)
            need = min(need, gap) if gap >= 0 else need
        need = min(need, self.shell.step(now), sound if sound >= 0 else need)
        lit = _SOS_LIT_MS if self.shell.screen in _STAYS else _RESERVE_LIT_MS if self.reserve else _LIT_MS
        dark_in = lit - ((now - self._used) & _TICKS)
        if dark_in <= 0 and not self._down:
            self._sleep()
            return _DARK_MS
        return max(min(need, dark_in, _TALK_MS if self.watch.talking else _LINE_MS), 0)

    def _swap(self):
        """Look at battery and charger, and show what has changed."""
        shell, hardware = self.shell, self.hardware
        self._looked = self._now
        battery, charging = hardware.percent(), hardware.charging()
        reserve = 0 <= battery <= _RESERVE and not charging
        if reserve and not self.reserve and shell.screen not in _STAYS:
            shell.say("ui.reserve", "bolt")
        self.reserve = reserve
        if (battery, charging) != (shell.battery, shell.charging):
            shell.battery, shell.charging = battery, charging
            if shell.screen == "dial":
                shell.build(0)

    def _cut(self):
        """While the key is held and while help is called the key alone cuts nothing: a frightened child keeps holding.
        If the firmware hangs before it sees the key, ten seconds switch off what hangs."""
        may_cut = not self._down and self.watch.sos.state == "idle"
        if may_cut != self._may_cut:
            self._may_cut = may_cut
            self.hardware.hold_to_off(may_cut)

    def _keep_time(self):
        """The clock was set: the battery-backed clock follows."""
        clock = self.watch.engine.clock
        offset = clock.wall - clock.powered
        if offset != self._offset:
            self._offset = offset
            if clock.trust == "set":
                self.hardware.set_rtc(clock.wall)
