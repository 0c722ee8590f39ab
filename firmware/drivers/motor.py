"""A vibration motor at a pin."""


class Motor:
    """On and off."""

    def __init__(self, pin):
        self._pin = pin

    def turn(self, on):
        self._pin(1 if on else 0)
