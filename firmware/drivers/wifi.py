"""The chip's Wi-Fi as a station (MicroPython's network.WLAN). Nothing in here waits."""

import network

OFF = "off"
JOINING = "joining"
JOINED = "joined"
FAILED = "failed"


class Wifi:
    """The radio has power from `join` to `leave`, and at no other time. Its driver, which takes memory
    that the heap could have, comes with the first `join`: a watch without a network never needs it."""

    def __init__(self):
        self._station: network.WLAN | None = None
        self._on = False

    def join(self, name, password):
        """Begin to join a network. OSError if the radio does not start."""
        if self._station is None:
            self._station = network.WLAN(network.STA_IF)
        self.leave()  # the chip refuses to join while it tries another network
        self._on = True
        self._station.active(True)
        self._station.connect(name, password)

    @property
    def state(self):
        """OFF, JOINING, JOINED, or FAILED: not this network, not now."""
        if not self._on or self._station is None:
            return OFF
        if self._station.isconnected():
            return JOINED
        # Positive and zero numbers are on the way; the chip's own reasons for giving up are not, nor are the drivers'
        # of other ports, which count below zero.
        return JOINING if self._station.status() in (network.STAT_IDLE, network.STAT_CONNECTING) else FAILED

    def leave(self):
        """Let go, and switch the radio off."""
        if self._on and self._station is not None:
            self._on = False
            try:
                self._station.disconnect()
            except OSError:
                pass  # it never was connected
            self._station.active(False)
