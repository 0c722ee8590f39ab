"""A passive buzzer at a pin: a square wave is a tone."""

from micropython import const

_HALF = const(32768)  # half of the time high: the loudest


class Buzzer:
    """pwm: machine.PWM on the buzzer's pin."""

    def __init__(self, pwm):
        self._pwm = pwm

    def tone(self, hertz):
        """A tone until the next call; 0 is silence."""
        if hertz:
            self._pwm.freq(hertz)
        self._pwm.duty_u16(_HALF if hertz else 0)
