"""The one place that opens microphone and camera (requirements B9, B17, G16, I6), as host_tools/making/audit.py checks.

While a device has power, its sign is on: the sign is switched on, checked and heard before the power, and the power is
off before the sign. What is read goes piece by piece through one buffer to whoever opened the device, and the buffer
is wiped at once. The first piece is a header of four bytes with the device's number: no time, no place, no name.
"""

from micropython import const

from firmware.services.enforce import discharge

_BUFFER = const(512)
_PIECES = const(64)  # at most in one step: a second of sound
_CALL_SECONDS = const(14400)
_NUMBERS = {"mic": 1, "camera": 2}


def header(device):
    """What stands before every recording: "WWC", then the device's number. The rest is raw samples or pixels."""
    return b"WWC" + bytes((_NUMBERS[device],))


class CaptureService:
    """engine; screen.notice; devices: {"mic" or "camera": device}; indicator. On the board:

    device      power(on)              its supply rail
                read(buffer) -> count  raw samples or pixels, as many bytes as there are now; never encoded pictures,
                                       which could carry metadata
    indicator   on(device) -> bool     the visible sign; True once it really is shown. It lies above every screen
                off()
                lit() -> bool
                sound()                the audible sign
    """

    def __init__(self, engine, devices, indicator, screen):
        self._engine = engine
        self._devices = devices
        self._indicator = indicator
        self._screen = screen
        self.owner = ""  # who holds a device now
        self._open: list = []  # the device that has power, and who takes what it gives (or None: it is to be closed)
        self._asked: dict = {}  # whether it may stay open; empty for a call, which nothing but its end closes
        self._until = 0
        self._buffer = bytearray(_BUFFER)
        for name in sorted(devices):
            self._open = [devices[name], None]  # whatever a reboot has left on
            self._shut()

    @property
    def busy(self):
        """True on a board that has something to open: the microphone of an emergency call waits for no code."""
        return self._devices != {} or self._open != []

    def open(self, owner, device, purpose, seconds, take):
        """Open a device for `seconds`; take(memoryview) gets what is read, and copies what it wants to keep."""
        request = {"kind": "capture.open", "owner": owner, "device": device, "purpose": purpose, "seconds": seconds}
        request["held"] = self._open != []
        stay = {"kind": "capture.stay", "owner": owner, "device": device, "purpose": purpose}
        decision = self._engine.ask(request)
        discharge(
            decision,
            {
                "show_voice_card": lambda: self._screen.notice("card_voice", {}),
                "show_photo_card": lambda: self._screen.notice("card_photo", {}),
                "show_indicator": lambda: self._show(device),
                "capture": lambda: self._start(owner, device, seconds, take, stay),
            },
        )
        return decision

    def open_for_call(self, decision, take):
        """The microphone of a call that the rules, or the safety floor, have let pass. It goes before all else.

        True if it is open."""
        if not decision.allowed or decision.obligations not in (("ring",), ("dial",)):
            return False
        self.close()
        self._show("mic")
        self._start("calls", "mic", _CALL_SECONDS, take, {})
        return self.owner == "calls"

    def close(self, owner=""):
        """Close what is open, or only if `owner` holds it. Never refused."""
        if self._open and owner in ("", self.owner):
            self._shut()

    def step(self, now):
        """Hand over what was read; close when time, leave or sign is gone. Returns the next need, or None."""
        if self._open and self.check(now):
            self._hand_over()
        return now + 1 if self._open else None

    def check(self, now):
        """True if what is open may stay so; else it is closed now, as after a guardian's act."""
        if not self._open:
            return False
        stays = self._open[1] is not None and now < self._until and self._indicator.lit()
        if stays and (not self._asked or self._engine.ask(self._asked).allowed):
            return True
        self._shut()
        self._screen.notice("capture_ended", {})
        return False

    def _show(self, device):
        if not self._open and device in self._devices and self._indicator.on(device):
            self._indicator.sound()

    def _start(self, owner, device, seconds, take, asked):
        if self._open:
            return  # its power could not be switched off; its sign stays on
        if device not in self._devices or not self._indicator.lit():
            self._indicator.off()
            self._screen.notice("capture_impossible", {})
            return
        self.owner, self._asked, self._open = owner, asked, [self._devices[device], take]
        self._until = self._engine.clock.powered + seconds
        try:
            self._open[0].power(True)
            take(memoryview(header(device)))
        except Exception:
            self._shut()

    def _hand_over(self):
        """Everything that the device has, a buffer at a time."""
        count = _BUFFER
        pieces = 0
        while count == _BUFFER and pieces < _PIECES:
            pieces += 1
            try:
                count = self._open[0].read(self._buffer)
                if count:
                    self._open[1](memoryview(self._buffer)[:count])
            except Exception:
                count = 0
                self._shut()  # whatever went wrong, in the device or in its owner, nothing stays open
            for at in range(_BUFFER):
                self._buffer[at] = 0

    def _shut(self):
        """Power first, then the sign. Where the power does not go off the sign stays, and `step` tries again."""
        self.owner, self._open[1] = "", None
        try:
            self._open[0].power(False)
        except OSError:
            return
        self._open = []
        self._indicator.off()
