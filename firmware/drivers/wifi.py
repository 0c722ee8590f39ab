"""The chip's Wi-Fi as a station (MicroPython's network.WLAN). Nothing in here waits."""

OFF = "off"
JOINING = "joining"
JOINED = "joined"
FAILED = "failed"


class Wifi:
    """The radio has power from `join` to `leave`, and at no other time. Its driver, which takes memory that the heap
    could have, comes with the first `join`: a watch without a network never needs it."""

    def __init__(self):
        self._station: object = None
        self._on = False
        self._under_way: tuple = ()  # states of the chip that are neither joined nor given up

    def join(self, name, password):
        """Begin to join a network. OSError if the radio does not start."""
        if self._station is None:
            import network

            self._station = network.WLAN(network.STA_IF)
            self._under_way = network.STAT_IDLE, network.STAT_CONNECTING
        self.leave()  # the chip refuses to join while it tries another network
        self._on = True
        self._station.active(True)  # type: ignore[attr-defined]
        self._station.connect(name, password)  # type: ignore[attr-defined]

    @property
    def state(self):
        """OFF, JOINING, JOINED, or FAILED: not this network, not now."""
        if not self._on:
            return OFF
        if self._station.isconnected():  # type: ignore[attr-defined]
            return JOINED
        return JOINING if self._station.status() in self._under_way else FAILED  # type: ignore[attr-defined]

    def leave(self):
        """Let go, and switch the radio off. Harmless when repeated."""
        if self._on:
            self._on = False
            try:
                self._station.disconnect()  # type: ignore[attr-defined]
            except OSError:
                pass  # it never was connected
            self._station.active(False)  # type: ignore[attr-defined]
