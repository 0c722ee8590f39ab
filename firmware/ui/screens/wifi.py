"""Whether the watch is online (B12). What it may join and where to is the guardian's: `ward wifi`."""

from firmware.ui.canvas import CARD, SEA, SOFT
from firmware.ui.screen import Screen

_WORDS = {"off": "wifi_off", "waiting": "wifi_waiting", "connecting": "wifi_connecting", "online": "wifi_online"}
_LOOK_MS = 500


class Wifi(Screen):
    """The state in words; a wish to be online now."""

    def __init__(self, shell, subject):
        super().__init__(shell, subject)
        self._state = ""

    def build(self, page):
        self._state = self.shell.watch.carrier.state
        page.message("signal", SEA if self._state == "online" else SOFT, page.text(_WORDS[self._state]))
        if self._state == "waiting":
            page.bar(("back", "back", CARD, ""), ("now", "signal", SEA, page.text("wifi_now")))
        else:
            page.bar(("back", "back", CARD, page.text("back")))

    def act(self, name):
        if name == "now":
            self.shell.watch.reach()
        return name == "now"

    def tick(self, now):
        if self.shell.watch.carrier.state != self._state:
            self.shell.build(0)
        return _LOOK_MS


SCREEN: type = Wifi
